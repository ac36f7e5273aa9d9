//! The segments of a message's text, shown to policies as the hits of a list of the host's own.
//!
//! The contract has no place for segments of its own, and needs none: a policy that names the list sees each segment
//! as the match of a pattern that is named as its role. One that does not name it pays nothing.

use crate::lists::MatcherOfLists;
use proviso_model::message::Message;
use proviso_model::segment::{self, Segment};
use proviso_scan::Hit;

/// A segment that is longer is shown as several hits that touch, so that a text which is judged in pieces has each of them in one.
const HIT_BYTES_MAX: usize = 2 << 10;

impl MatcherOfLists {
    /// Adds the segments in the first `text_bytes` of a message's text to its other hits, which begin at `first`, and sorts
    /// them together.
    pub(crate) fn add_segments(
        &self,
        message: &Message,
        text_bytes: usize,
        segments: &mut Vec<Segment>,
        first: usize,
        hits: &mut Vec<Hit>,
    ) {
        let Some(list) = self.segments.filter(|_| text_bytes > 0) else {
            return;
        };
        segment::of(message, segments);
        let found = hits.len();
        for segment in segments.iter() {
            let end = segment.end.min(text_bytes);
            let mut at = segment.start;
            while at < end {
                let to = message.text.floor_char_boundary(at + HIT_BYTES_MAX).min(end);
                hits.push(Hit {
                    list,
                    term: segment.role as u32,
                    start: at as u32,
                    end: to as u32,
                });
                at = to;
            }
        }
        if hits.len() > found {
            hits[first..].sort_unstable_by_key(|hit| (hit.start, hit.end, hit.list, hit.term));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proviso_model::canonical::{Defaults, from_json};
    use proviso_scan::{ListId, MatcherBuilder};
    use std::sync::Arc;

    fn hits_in(text: &str, text_bytes: usize) -> Vec<(u32, u32, u32)> {
        let json = serde_json::json!({
            "tenant": "t", "channel": "mail", "id": "m", "sent_at": "2026-03-02T10:00:00Z", "conversation": "c",
            "kind": "email", "text": text,
        });
        let message = from_json(&json.to_string(), &Defaults::default()).unwrap();
        let lists = MatcherOfLists {
            matcher: Arc::new(MatcherBuilder::new().build().unwrap()),
            count: 1,
            segments: Some(ListId(0)),
        };
        let mut hits = vec![Hit {
            list: ListId(7),
            term: 0,
            start: 9,
            end: 12,
        }];
        lists.add_segments(&message, text_bytes, &mut Vec::new(), 0, &mut hits);
        assert!(hits.is_sorted_by_key(|hit| (hit.start, hit.end)));
        hits.retain(|hit| hit.list == ListId(0));
        hits.iter().map(|hit| (hit.start, hit.end, hit.term)).collect()
    }

    #[test]
    fn a_long_segment_is_several_hits_that_touch() {
        let quoted = format!("好\n> {}\n", "问".repeat(1_500));
        let hits = hits_in(&quoted, quoted.len());
        let role = segment::Role::Quotation as u32;
        assert_eq!(hits.first().map(|hit| (hit.0, hit.2)), Some((4, role)));
        assert_eq!(hits.last().map(|hit| hit.1 as usize), Some(quoted.len()));
        assert!(hits.windows(2).all(|pair| pair[0].1 == pair[1].0));
        assert!(hits.iter().all(|hit| (hit.1 - hit.0) as usize <= HIT_BYTES_MAX));
        assert!(hits.len() > 2);
    }

    #[test]
    fn a_segment_ends_where_the_text_is_cut() {
        let text = "no\n> is it?\n";
        assert_eq!(hits_in(text, 8), [(3, 8, segment::Role::Quotation as u32)]);
        assert_eq!(hits_in(text, 3), []);
        assert_eq!(hits_in("nothing\nquoted", 14), []);
    }
}
