//! Which columns each file has, in the language of Parquet's schemas. A column that is there keeps its name, type and meaning; new ones come last.

/// The file with a row for each message.
pub const MESSAGES: &str = "messages.parquet";
/// The file with a row for each finding.
pub const FINDINGS: &str = "findings.parquet";
/// The file with a row for each rule of law that decided on a message.
pub const RETENTION: &str = "retention.parquet";
/// The file that says what the others are.
pub const MANIFEST: &str = "manifest.json";

/// Columns of [`MESSAGES`].
pub(crate) const MESSAGES_SCHEMA: &str = "message messages {
    REQUIRED BYTE_ARRAY message (UTF8);
    REQUIRED BYTE_ARRAY tenant (UTF8);
    REQUIRED BYTE_ARRAY channel (UTF8);
    REQUIRED BYTE_ARRAY kind (UTF8);
    REQUIRED BYTE_ARRAY direction (UTF8);
    REQUIRED BYTE_ARRAY sender (UTF8);
    REQUIRED BYTE_ARRAY conversation (UTF8);
    REQUIRED INT64 sent_at (TIMESTAMP(MILLIS,true));
    REQUIRED INT64 received_at (TIMESTAMP(MILLIS,true));
    REQUIRED BOOLEAN held;
    REQUIRED BOOLEAN waiting;
    OPTIONAL BYTE_ARRAY withheld (UTF8);
    OPTIONAL BYTE_ARRAY permits (UTF8);
    REQUIRED BYTE_ARRAY generation (UTF8);
    OPTIONAL INT64 directory;
}";

/// Columns of [`FINDINGS`].
pub(crate) const FINDINGS_SCHEMA: &str = "message findings {
    REQUIRED BYTE_ARRAY message (UTF8);
    REQUIRED BYTE_ARRAY pack (UTF8);
    REQUIRED BYTE_ARRAY policy (UTF8);
    REQUIRED BYTE_ARRAY rule (UTF8);
    REQUIRED BYTE_ARRAY severity (UTF8);
    REQUIRED BOOLEAN shadow;
}";

/// Columns of [`RETENTION`].
pub(crate) const RETENTION_SCHEMA: &str = "message retention {
    REQUIRED BYTE_ARRAY message (UTF8);
    OPTIONAL BYTE_ARRAY ground (UTF8);
    OPTIONAL INT32 keep_until (DATE);
    OPTIONAL BYTE_ARRAY rule (UTF8);
    OPTIONAL BYTE_ARRAY law (UTF8);
    OPTIONAL BYTE_ARRAY article (UTF8);
}";
