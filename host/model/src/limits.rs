//! Every limit of the host, each with its unit. None can be switched off; those that a manifest or a configuration may
//! set are capped by the figure here.

use std::time::Duration;

/// Text of one message that policies see, in bytes of UTF-8. A longer text is kept whole and cut for policies.
pub const MESSAGE_TEXT_BYTES_MAX: usize = 1 << 20;
/// One line, or one value, of a native source, in bytes.
pub const SOURCE_VALUE_BYTES_MAX: usize = 8 << 20;
/// Nodes of nested content (forwarded records, mixed messages) that are unpacked from one message.
pub const NESTED_NODES_MAX: usize = 200;
/// Depth of nested content that is unpacked from one message.
pub const NESTED_DEPTH_MAX: usize = 8;
/// Identifier of a message, a party or a tenant, in bytes.
pub const ID_BYTES_MAX: usize = 256;
/// Identifier of a conversation, in bytes.
pub const CONVERSATION_BYTES_MAX: usize = 512;
/// Recipients of one message that policies see.
pub const RECIPIENTS_MAX: usize = 1_000;
/// Attachments of one message, and separately links, that policies see.
pub const ATTACHMENTS_MAX: usize = 200;

/// Messages in one call of a plugin.
pub const BATCH_MESSAGES_MAX: usize = 256;
/// Text in one call of a plugin, in bytes; a single longer message is a batch of its own.
pub const BATCH_TEXT_BYTES_MAX: usize = 1 << 20;
/// Earlier messages of the conversation that a policy may see.
pub const PRECEDING_MESSAGES_MAX: usize = 5;
/// Text of all preceding messages together, in bytes.
pub const PRECEDING_TEXT_BYTES_MAX: usize = 4 << 10;
/// Hits of one message that one policy sees.
pub const HITS_MAX: usize = 4_096;
/// Steps that the patterns of one pack may take in the text of one message, for each begun KiB of it, where nothing else is
/// said. A step is a byte that a search looks at, weighted by the search's engine: one to three nanoseconds.
pub const SCAN_STEPS_PER_KIB_DEFAULT: u64 = 1 << 20;
/// Steps that a manifest may grant for each begun KiB of a text, at most.
pub const SCAN_STEPS_PER_KIB_MAX: u64 = SCAN_STEPS_MAX;
/// Steps that the patterns of one pack may take in one text, however short it is.
pub const SCAN_STEPS_MIN: u64 = 16 << 20;
/// Steps that the patterns of one pack may take in one text, at most. The slowest searches that use all of them up take 1.0
/// to 1.5 s (measured in release builds with the tables of `host/scan/tests/steps.rs`, on a text of 1 MiB; the usual ones
/// 0.1 to 0.5 s).
pub const SCAN_STEPS_MAX: u64 = 128 << 20;

/// Linear memory of one instance, in bytes.
pub const GUEST_MEMORY_BYTES_MAX: usize = 64 << 20;
/// Elements of one table of an instance.
pub const GUEST_TABLE_ELEMENTS_MAX: usize = 20_000;
/// Instances of modules inside one component. A language's runtime that is linked from shared libraries has one for each of them, and
/// a few between them; componentize-py makes 38.
pub const GUEST_INSTANCES_MAX: u32 = 64;
/// Memories, and separately tables, inside one component. They cost address space and page tables, instances hardly anything.
pub const GUEST_MEMORIES_MAX: u32 = 16;
/// Stack of one call, in bytes.
pub const GUEST_STACK_BYTES_MAX: usize = 512 << 10;
/// Wall time of one call. The guard behind fuel: fuel decides, this stops what fuel cannot see.
pub const CALL_DEADLINE: Duration = Duration::from_secs(1);
/// Wall time of `configure` together with the snapshot.
pub const CONFIGURE_DEADLINE: Duration = Duration::from_secs(30);
/// Interval of the ticker that deadlines are counted in.
pub const EPOCH_TICK: Duration = Duration::from_millis(10);
/// Fuel that a manifest may grant for each begun KiB of input, at most.
pub const FUEL_PER_KIB_MAX: u64 = 500_000_000;
/// Fuel for each begun KiB of input where the manifest says nothing.
pub const FUEL_PER_KIB_DEFAULT: u64 = 50_000_000;
/// Fuel of one call, at most, whatever the input's size.
pub const FUEL_PER_CALL_MAX: u64 = 2_000_000_000;
/// Fuel of `configure`.
pub const FUEL_CONFIGURE: u64 = 5_000_000_000;
/// One answer of a plugin, in bytes, as the host counts its strings and lists.
pub const ANSWER_BYTES_MAX: usize = 1 << 20;
/// Findings of one policy for one message.
pub const FINDINGS_PER_MESSAGE_MAX: usize = 64;
/// Spans of one finding.
pub const SPANS_PER_FINDING_MAX: usize = 16;
/// One reason text, in bytes.
pub const REASON_BYTES_MAX: usize = 1_024;
/// Name of a rule, signal, list or tag, in bytes.
pub const NAME_BYTES_MAX: usize = 64;
/// Retention proposals of one policy for one message.
pub const PROPOSALS_PER_MESSAGE_MAX: usize = 16;
/// Factors of one score.
pub const FACTORS_PER_SCORE_MAX: usize = 32;
/// Key of a fold's subject, in bytes.
pub const FOLD_KEY_BYTES_MAX: usize = 1_024;
/// State of a fold for one subject, in bytes.
pub const FOLD_STATE_BYTES_MAX: usize = 4 << 10;
/// One line that a plugin logs, in bytes.
pub const LOG_LINE_BYTES_MAX: usize = 1_024;
/// Lines that a plugin logs in one call.
pub const LOG_LINES_PER_CALL_MAX: usize = 64;

/// Settings of one policy as JSON, in bytes.
pub const SETTINGS_BYTES_MAX: usize = 64 << 10;
/// Terms of one lexicon.
pub const LEXICON_TERMS_MAX: usize = 200_000;
/// One term of a lexicon, in bytes.
pub const TERM_BYTES_MAX: usize = 1_024;
/// Regular expressions of one pattern file.
pub const PATTERNS_MAX: usize = 1_000;
/// One regular expression, in bytes.
pub const PATTERN_BYTES_MAX: usize = 4 << 10;
/// A pack with all its parts, in bytes.
pub const PACK_BYTES_MAX: usize = 64 << 20;
/// Files of a pack.
pub const PACK_FILES_MAX: usize = 2_000;
/// Policies of a pack.
pub const POLICIES_PER_PACK_MAX: usize = 64;
/// Packs of a policy set.
pub const PACKS_PER_SET_MAX: usize = 200;
/// Problems of one file that are told one by one; of the others, only how many there are.
pub const PROBLEMS_PER_FILE_MAX: usize = 1_000;
/// A policy set file, in bytes.
pub const SET_FILE_BYTES_MAX: usize = 1 << 20;

/// Messages that wait between two stages of the pipeline; in the daemon, of HTTP requests and of spools each.
pub const QUEUE_MESSAGES_MAX: usize = 4_096;
/// Messages in one transaction of the archive.
pub const TRANSACTION_MESSAGES_MAX: usize = 512;
/// Body of one HTTP request, in bytes.
pub const HTTP_BODY_BYTES_MAX: usize = 16 << 20;
/// Bodies of all requests that are being read, judged or committed, in bytes; and separately what spools have read.
pub const INTAKE_BYTES_MAX: usize = 64 << 20;
/// Open connections of the HTTP interface, unless the configuration says fewer or more.
pub const HTTP_CONNECTIONS_DEFAULT: usize = 1_024;
/// File descriptors that connections leave to the archive, the spools and the watches.
pub const DESCRIPTORS_RESERVED: usize = 256;
/// From a connection's opening, or the end of its last request, until the head of the next request is there.
pub const HTTP_HEAD_DEADLINE: Duration = Duration::from_secs(10);
/// Head of one request, in bytes.
pub const HTTP_HEAD_BYTES_MAX: usize = 64 << 10;
/// How far a body may fall behind its pace.
pub const HTTP_BODY_GRACE: Duration = Duration::from_secs(5);
/// The pace of a body, in bytes a second.
pub const HTTP_BODY_BYTES_PER_SECOND_MIN: usize = 64 << 10;
/// How long a request waits until there is memory for its body.
pub const HTTP_BODY_WAIT: Duration = Duration::from_secs(2);
/// One answer about the archive, in bytes: a message and the five before it, each with a text of 8 MiB and its raw bytes beside.
pub const HTTP_ANSWER_BYTES_MAX: usize = 160 << 20;
/// One answer about the archive that holds no message's text, in bytes.
pub const HTTP_LIST_BYTES_MAX: usize = 32 << 20;
/// Terms of an order to keep.
pub const HOLD_TERMS_MAX: usize = 64;
/// Bytes of each of them, from 1.
pub const HOLD_TERM_BYTES_MAX: usize = 256;
/// Answers about the archive that are being read or sent, in bytes.
pub const HTTP_ANSWERS_BYTES_MAX: usize = 320 << 20;
/// How long a request about the archive waits until there is memory for its answer.
pub const HTTP_ANSWER_WAIT: Duration = Duration::from_secs(30);
/// Held messages that one answer lists.
pub const HELD_LISTED_MAX: u32 = 1_000;
/// Accounts on one line of a directory.
pub const ACCOUNTS_PER_LINE_MAX: usize = 64;
/// Lines of a ledger of facts that one answer lists.
pub const LINES_LISTED_MAX: u32 = 10_000;
/// Steps of a sample that one answer lists.
pub const SAMPLE_LISTED_MAX: u32 = 10_000;
/// Lines of one request that are no message and are told one by one; of the others, only how many there are.
pub const LINE_ERRORS_TOLD_MAX: usize = 1_000;
/// Name of a principal, in bytes.
pub const PRINCIPAL_NAME_BYTES_MAX: usize = 256;
