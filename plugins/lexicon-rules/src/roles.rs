//! Which parts of a text count, by who speaks in them.
//!
//! The host's own list `segments` has a hit for each part of a text that is not its sender's own words; the hit's pattern is the
//! part's role. A policy that names the list judges own and forwarded words alone, unless its settings name other roles.

use proviso_sdk::{Hit, Lists, Problems, Span};

/// The name of the host's list.
const SEGMENTS: &str = "segments";
/// What counts where the settings say nothing.
const DEFAULT: [&str; 2] = ["own", "forwarded"];

/// The roles that a rule counts, one bit for each pattern of the host's list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Roles(u32);

/// The host's list, as a policy knows it.
#[derive(Debug, Clone)]
pub(crate) struct Segments {
    list: u16,
    names: Vec<String>,
}

impl Segments {
    /// `None` where the policy does not name the list.
    pub(crate) fn of(lists: &Lists) -> Option<Self> {
        let list = lists.index(SEGMENTS)?;
        Some(Self {
            list,
            names: lists.get(list)?.pattern_names.clone(),
        })
    }

    /// True of a hit that is a segment.
    pub(crate) fn has(&self, hit: &Hit) -> bool {
        hit.list == self.list
    }

    /// The roles of these names; the default where none are given.
    fn roles<'n>(&self, names: impl Iterator<Item = &'n str>) -> Roles {
        let bit = |name: &str| {
            self.names
                .iter()
                .position(|known| known == name)
                .map_or(0, |at| 1 << at)
        };
        Roles(names.map(bit).sum())
    }

    /// Those of `hits` that count: each that has its first or its last byte in a part of one of the roles.
    pub(crate) fn counted(&self, hits: &[Hit], roles: Roles) -> Vec<Hit> {
        let parts: Vec<&Hit> = hits.iter().filter(|hit| self.has(hit)).collect();
        let role_at = |at: u32| {
            let behind = parts.partition_point(|part| part.span.start <= at);
            let part = behind.checked_sub(1).map(|last| parts[last]);
            // What no segment covers is the sender's own, which is the first role.
            part.filter(|part| at < part.span.end).map_or(0, |part| part.term)
        };
        let counts = |span: Span| roles.has(role_at(span.start)) || roles.has(role_at(span.end.saturating_sub(1)));
        let counted = hits.iter().filter(|hit| !self.has(hit) && counts(hit.span));
        counted.copied().collect()
    }
}

impl Roles {
    /// True if the sender's own words count.
    pub(crate) fn has_own(self) -> bool {
        self.has(0)
    }

    fn has(self, role: u32) -> bool {
        self.0 >> role & 1 == 1
    }

    /// Compiles a `roles` key: the rule's, else the settings', else the default.
    pub(crate) fn compile(
        named: Option<&[String]>,
        segments: Option<&Segments>,
        pointer: &str,
        problems: &mut Problems,
    ) -> Option<Self> {
        let Some(segments) = segments else {
            if named.is_some() {
                problems.push(
                    pointer,
                    "the policy's `lists` do not name \"segments\", which says who speaks: add it there",
                );
            }
            return None;
        };
        let Some(named) = named else {
            return Some(segments.roles(DEFAULT.into_iter()));
        };
        if named.is_empty() {
            problems.push(pointer, "empty: name a role or leave the key out");
        }
        for (at, name) in named
            .iter()
            .enumerate()
            .filter(|(_, name)| !segments.names.contains(name))
        {
            problems.push(
                format!("{pointer}/{at}"),
                format!("no role \"{name}\": there are {}", segments.names.join(", ")),
            );
        }
        Some(segments.roles(named.iter().map(String::as_str)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hit(list: u16, term: u32, start: u32, end: u32) -> Hit {
        Hit {
            list,
            term,
            span: Span::new(start, end),
        }
    }

    #[test]
    fn a_hit_counts_by_the_part_that_it_begins_or_ends_in() {
        let segments = Segments {
            list: 1,
            names: ["own", "quotation", "forwarded"].map(str::to_owned).to_vec(),
        };
        // 0-10 own, 10-30 quotation in two hits, 30-40 own, 40-50 forwarded.
        let hits = [
            hit(0, 0, 2, 5),
            hit(0, 0, 8, 12),
            hit(1, 1, 10, 20),
            hit(0, 0, 12, 18),
            hit(0, 0, 15, 25),
            hit(1, 1, 20, 30),
            hit(0, 0, 28, 31),
            hit(0, 0, 30, 33),
            hit(1, 2, 40, 50),
            hit(0, 0, 42, 44),
        ];
        let counted = |names: &[&str]| -> Vec<u32> {
            let roles = segments.roles(names.iter().copied());
            segments
                .counted(&hits, roles)
                .iter()
                .map(|hit| hit.span.start)
                .collect()
        };
        assert_eq!(counted(&DEFAULT), [2, 8, 28, 30, 42]);
        assert_eq!(counted(&["own"]), [2, 8, 28, 30]);
        assert_eq!(counted(&["quotation"]), [8, 12, 15, 28]);
        assert!(counted(&[]).is_empty());
    }
}
