//! What a report says to people, in English and in Chinese. The program and the page print what stands here, and say nothing else.

mod chinese;
mod report;

pub use report::{Said, json_of, json_of_not_an_export, said, said_of_not_an_export};

/// The language of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// English.
    English,
    /// Chinese, in simplified characters.
    Chinese,
}

impl Language {
    /// Both.
    pub const ALL: [Language; 2] = [Language::English, Language::Chinese];

    /// As HTML names it.
    pub const fn tag(self) -> &'static str {
        match self {
            Language::English => "en",
            Language::Chinese => "zh",
        }
    }

    /// A sentence of this crate in the language: the English itself, and where no Chinese is known.
    pub fn sentence(self, english: &str) -> String {
        let translated = match self {
            Language::English => None,
            Language::Chinese => chinese::sentence(english),
        };
        translated.unwrap_or_else(|| english.to_owned())
    }
}
