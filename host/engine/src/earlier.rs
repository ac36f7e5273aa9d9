//! The preceding messages of one that is judged, as far as policies may see them.

use crate::dispatch::Coverage;
use crate::generation::{Generation, Scratch};
use crate::input::Input;
use crate::judged::Scope;
use crate::policy::Policy;
use crate::view::PrecedingView;
use proviso_model::limits;
use proviso_model::message::Addressed;
use proviso_scan::Hit;
use std::sync::Arc;

/// A preceding message as policies may see it.
pub(crate) struct Earlier<'a> {
    pub(crate) message: &'a Addressed,
    pub(crate) text: &'a str,
    pub(crate) hits: Vec<Hit>,
    /// The `[[apply]]` tables whose scope covers it: a policy sees of a conversation what it may judge of it.
    pub(crate) coverage: Arc<Coverage>,
}

impl Generation {
    /// The last `count` preceding messages, cut so that all of them keep to their limit: the nearest one is cut last.
    pub(crate) fn earlier<'a>(
        &self,
        input: &'a Input,
        count: usize,
        scope: Scope,
        scratch: &mut Scratch,
    ) -> Vec<Earlier<'a>> {
        let first = input.preceding.len() - count.min(limits::PRECEDING_MESSAGES_MAX).min(input.preceding.len());
        let mut left = limits::PRECEDING_TEXT_BYTES_MAX;
        let mut earlier: Vec<Earlier<'a>> = input.preceding[first..]
            .iter()
            .rev()
            .map(|message| {
                let text = &message.text[..message.text.floor_char_boundary(left)];
                left -= text.len();
                self.matcher.scan(text, &mut scratch.scan, &mut scratch.hits);
                Earlier {
                    message,
                    text,
                    hits: scratch.hits.clone(),
                    coverage: self.coverage(message, scope, scratch),
                }
            })
            .collect();
        earlier.reverse();
        earlier
    }
}

impl Policy {
    /// The last of the preceding messages, as the policy sees them.
    pub(crate) fn preceding_of<'a>(&self, earlier: &[Earlier<'a>]) -> Vec<PrecedingView<'a>> {
        let last = &earlier[earlier.len() - self.preceding.min(earlier.len())..];
        last.iter()
            .filter(|earlier| earlier.coverage.has(self.apply))
            .map(|earlier| {
                let mut hits = Vec::new();
                self.hits_of(&earlier.hits, &mut hits);
                PrecedingView {
                    message: earlier.message,
                    text: earlier.text,
                    hits,
                }
            })
            .collect()
    }
}
