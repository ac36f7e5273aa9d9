//! What records have in common, for zstd: files that never change once something was packed by them.

/// A dictionary with its number, which stands in the header of what was packed by it.
#[derive(Debug, Clone, Copy)]
pub struct Dictionary {
    /// From 1; no two share one.
    pub number: u32,
    /// The dictionary of zstd.
    pub bytes: &'static [u8],
}

/// What messages have in common that channels deliver, and sentences.
pub const CONTENT: Dictionary = Dictionary {
    number: 3,
    bytes: include_bytes!("content-v2.dictionary"),
};
/// The one before it: contents that were packed by it are there.
pub const CONTENT_BEFORE: Dictionary = Dictionary {
    number: 1,
    bytes: include_bytes!("content-v1.dictionary"),
};
/// What judgements have in common.
pub const JUDGEMENT: Dictionary = Dictionary {
    number: 2,
    bytes: include_bytes!("judgement-v1.dictionary"),
};
/// All of them.
pub const ALL: [Dictionary; 3] = [CONTENT, CONTENT_BEFORE, JUDGEMENT];
