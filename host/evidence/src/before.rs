//! The last messages of the conversation at hand, in the order of an export: those that the next one may have been judged with.

use proviso_model::limits::PRECEDING_MESSAGES_MAX;
use proviso_model::{Message, Verdict};
use std::collections::VecDeque;

/// How many are remembered. A message is judged with some of the last [`PRECEDING_MESSAGES_MAX`] whose content policies saw; which policies
/// saw may have changed since, by judging again.
const REMEMBERED: usize = 16;
const _: () = assert!(REMEMBERED > PRECEDING_MESSAGES_MAX);

/// What is remembered of each, by its number in the order of arrival and its identifier.
pub struct Before<T> {
    conversation: Option<(String, String, String)>,
    last: VecDeque<(i64, String, T)>,
}

impl<T> Default for Before<T> {
    fn default() -> Self {
        Self {
            conversation: None,
            last: VecDeque::new(),
        }
    }
}

impl<T> Before<T> {
    /// Forgets all if the message is of another conversation than the last.
    pub fn begin(&mut self, message: &Message) {
        let (tenant, channel, conversation) = (&message.id.tenant, &message.id.channel, &message.conversation);
        let is_same = self
            .conversation
            .as_ref()
            .is_some_and(|known| (&known.0, &known.1, &known.2) == (tenant, channel, conversation));
        if !is_same {
            self.last.clear();
            self.conversation = Some((tenant.clone(), channel.clone(), conversation.clone()));
        }
    }

    /// Those of these identifiers, each with its number; `None` if one is not remembered.
    pub fn named(&self, natives: &[String]) -> Option<Vec<(i64, &T)>> {
        let found = natives.iter().map(|native| {
            let (number, _, value) = self.last.iter().find(|(_, known, _)| known == native)?;
            Some((*number, value))
        });
        found.collect()
    }

    /// Remembers a message of the conversation, behind the others, if policies saw its content.
    pub fn add(&mut self, number: i64, message: &Message, verdict: &Verdict, value: impl FnOnce() -> T) {
        if verdict.withheld.is_some() {
            return;
        }
        if self.last.len() == REMEMBERED {
            self.last.pop_front();
        }
        self.last.push_back((number, message.id.native.clone(), value()));
    }
}
