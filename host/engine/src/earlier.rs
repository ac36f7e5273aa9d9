//! The preceding messages of one that is judged, as far as policies may see them.

use crate::dispatch::Coverage;
use crate::generation::{Generation, Scratch};
use crate::input::Input;
use crate::judged::Scope;
use crate::policy::Policy;
use crate::view::PrecedingView;
use proviso_model::limits;
use proviso_model::message::Addressed;
use proviso_scan::{Hit, ListId, Token};
use std::sync::Arc;

/// A preceding message as policies may see it.
pub(crate) struct Earlier<'a> {
    pub(crate) message: &'a Addressed,
    pub(crate) text: &'a str,
    pub(crate) scan: Arc<TextScan>,
    /// The `[[apply]]` tables whose scope covers it: a policy sees of a conversation what it may judge of it.
    pub(crate) coverage: Arc<Coverage>,
}

/// What a scan found in the beginning of a text, kept with its message: a conversation's messages are looked back on again
/// and again, and each was judged itself before.
pub(crate) struct TextScan {
    /// By which matcher.
    token: Token,
    /// Of how many bytes.
    bytes: usize,
    pub(crate) hits: Box<[Hit]>,
    /// Lists of which there may be more hits.
    pub(crate) out_of_steps: Box<[ListId]>,
}

/// Hits that are kept with a message, at most: 4 KiB of them.
const KEPT_HITS_MAX: usize = 256;

impl Generation {
    /// Keeps what was found in a message's whole text, where some policy may look back on it. At most 4 KiB with a message,
    /// and only with one whose whole text a policy may see as preceding.
    pub(crate) fn keep_scan(&self, message: &Addressed, hits: &[Hit]) {
        if message.text.len() <= limits::PRECEDING_TEXT_BYTES_MAX && hits.len() <= KEPT_HITS_MAX {
            message.remember(Arc::new(TextScan {
                token: self.token.clone(),
                bytes: message.text.len(),
                hits: hits.into(),
                out_of_steps: Box::default(),
            }));
        }
    }

    /// The hits in a text that is the beginning of a message's, from what was kept if it is of this text and this matcher.
    fn scan_of(&self, message: &Addressed, text: &str, scratch: &mut Scratch) -> Arc<TextScan> {
        let kept = message.remembered::<TextScan>();
        if let Some(kept) = kept.filter(|kept| kept.bytes == text.len() && kept.token == self.token) {
            return kept;
        }
        let scanned = self.lists.matcher.scan(text, &mut scratch.scan, &mut scratch.hits);
        let out_of_steps = scanned.out_of_steps.into();
        self.lists
            .add_segments(message, text.len(), &mut scratch.segments, 0, &mut scratch.hits);
        let scan = Arc::new(TextScan {
            token: self.token.clone(),
            bytes: text.len(),
            out_of_steps,
            hits: scratch.hits.as_slice().into(),
        });
        if scan.hits.len() <= KEPT_HITS_MAX {
            message.remember(Arc::clone(&scan));
        }
        scan
    }

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
                Earlier {
                    message,
                    text,
                    scan: self.scan_of(message, text, scratch),
                    coverage: self.coverage(message, input, scope, scratch),
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
                self.hits_of(&earlier.scan.hits, earlier.text.len(), &mut hits);
                PrecedingView {
                    message: earlier.message,
                    text: earlier.text,
                    hits,
                }
            })
            .collect()
    }

    /// A list that the policy sees and of which a preceding message may have more hits than were found.
    pub(crate) fn unsure_of_preceding(&self, earlier: &[Earlier<'_>]) -> Option<ListId> {
        let last = &earlier[earlier.len() - self.preceding.min(earlier.len())..];
        let unsure = last
            .iter()
            .filter(|earlier| earlier.coverage.has(self.apply))
            .flat_map(|earlier| &earlier.scan.out_of_steps);
        unsure.copied().find(|list| self.sees(*list))
    }
}
