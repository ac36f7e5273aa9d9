//! Something said, linked or attached.

use proviso_sdk::Message;

/// Any of these in one message.
#[derive(Debug)]
pub(crate) struct Mention {
    pub(crate) lists: Vec<u16>,
    /// In lower case.
    pub(crate) domains: Vec<String>,
    /// In lower case.
    pub(crate) name_words: Vec<String>,
}

impl Mention {
    pub(crate) fn is_in(&self, message: &Message) -> bool {
        message.hits.iter().any(|hit| self.lists.contains(&hit.list))
            || (!self.domains.is_empty() && message.links.iter().any(|link| self.is_linked(link)))
            || (!self.name_words.is_empty()
                && message
                    .attachments
                    .iter()
                    .any(|attachment| self.is_named(&attachment.name)))
    }

    fn is_linked(&self, link: &str) -> bool {
        let link = link.to_lowercase();
        proviso_sdk::host_of(&link)
            .is_some_and(|host| self.domains.iter().any(|domain| proviso_sdk::is_below(host, domain)))
    }

    fn is_named(&self, name: &str) -> bool {
        let name = name.to_lowercase();
        self.name_words.iter().any(|word| name.contains(word.as_str()))
    }
}
