//! The query of an order to keep, and whether a message fits it.
//!
//! It asks for what stands in a message alone, so that what fits it once fits it always: nothing is noted of a message, and none that arrives later can be
//! passed over. Where nobody knows whether a message fits, it fits: it is kept.

use crate::terms::beside;
use proviso_model::Message;
use proviso_model::time::{NotAZone, Zone};
use proviso_search::query::QueryError;
use proviso_search::{Examiner, Prepared, Query};

/// A query of an order to keep: 1 to [`QUERY_BYTES_MAX`](proviso_search::query::QUERY_BYTES_MAX) bytes that
/// [`Query::parse_lasting`] reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HoldQuery {
    text: String,
    zone: String,
}

/// No query of an order to keep.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum NoHoldQuery {
    /// It cannot be read, or asks for what may change.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// No zone of that name.
    #[error(transparent)]
    Zone(#[from] NotAZone),
}

impl HoldQuery {
    /// Reads one. Its days and months are those of the zone; UTC where none is named.
    pub fn new(text: String, zone: Option<&str>) -> Result<Self, NoHoldQuery> {
        Query::parse_lasting(&text)?;
        let zone = zone.map_or_else(|| Ok(Zone::utc()), Zone::named)?;
        let zone = zone.name().to_owned();
        Ok(Self { text, zone })
    }

    /// One that was read when it was stored.
    pub(crate) fn stored(text: String, zone: String) -> Self {
        Self { text, zone }
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The name of its zone.
    pub fn zone(&self) -> &str {
        &self.zone
    }

    /// False of a message that it certainly does not find. True also where this program cannot read what another stored.
    pub(crate) fn may_fit(&self, message: &Message) -> bool {
        let (Ok(query), Ok(zone)) = (Query::parse_lasting(&self.text), Zone::named(&self.zone)) else {
            return true;
        };
        Examiner::default().may_find(&Prepared::new(&query, &zone), message, beside(message).as_deref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sqlite::support::message;

    fn fits(query: &str, message: &Message) -> bool {
        HoldQuery::new(query.to_owned(), None).unwrap().may_fit(message)
    }

    #[test]
    fn a_message_fits_by_what_stands_in_it() {
        let mut one = message("m1", 1);
        one.text = "猎鹰项目下周签".to_owned();
        let sender = format!("from:{}", one.sender.id.to_uppercase());
        for (query, expected) in [
            ("猎鹰", true),
            ("老鹰", false),
            ("-老鹰", true),
            ("-猎鹰", false),
            (sender.as_str(), true),
            ("猎鹰 from:nobody", false),
            ("猎鹰 OR from:nobody", true),
        ] {
            assert_eq!(fits(query, &one), expected, "{query}");
        }
    }

    /// Of a message that may not be stored whole nobody knows what it said, and what it did not.
    #[test]
    fn what_is_not_known_fits_unless_all_that_is_known_says_no() {
        let mut one = message("m1", 1);
        (one.text, one.raw) = (String::new(), "".into());
        for (query, expected) in [
            ("猎鹰", true),
            ("-猎鹰", true),
            ("entity:bank-card", true),
            ("猎鹰 from:nobody", false),
            ("猎鹰 OR from:nobody", true),
            ("-(猎鹰 OR kind:text)", false),
            ("from:nobody", false),
        ] {
            assert_eq!(fits(query, &one), expected, "{query}");
        }
    }

    /// What the source could not take over stands in its own bytes: it may be said, and may be no part of what a person reads.
    #[test]
    fn what_was_not_taken_over_may_be_in_the_message() {
        let mut one = message("m1", 1);
        one.text = "see below".to_owned();
        one.notes = vec!["nested content kept raw".to_owned()];
        one.raw = serde_json::json!({ "item": "{\"content\":\"\\u730e\\u9e70\"}" })
            .to_string()
            .into();
        for (query, expected) in [
            ("猎鹰", true),
            ("-猎鹰", true),
            ("老鹰", false),
            ("-老鹰", true),
            ("-below", false),
        ] {
            assert_eq!(fits(query, &one), expected, "{query}");
        }
        one.raw = "{\"cut".into();
        assert!(fits("老鹰", &one) && fits("-老鹰", &one), "its bytes cannot be read");
        one.notes.clear();
        assert!(!fits("老鹰", &one), "all of it is in its text");
    }

    #[test]
    fn what_another_program_stored_and_this_one_cannot_read_fits() {
        let one = message("m1", 1);
        for (text, zone) in [
            ("mood:angry", "UTC"),
            ("is:kept", "UTC"),
            ("nothing-of-it", "Mars/Olympus"),
            ("(", "UTC"),
        ] {
            assert!(
                HoldQuery::stored(text.to_owned(), zone.to_owned()).may_fit(&one),
                "{text} {zone}"
            );
        }
    }

    #[test]
    fn days_are_those_of_the_zone() {
        let mut one = message("m1", 1);
        one.sent_at = proviso_model::Timestamp::from_rfc3339("2026-01-31T23:30:00Z").unwrap();
        let fits = |zone| HoldQuery::new("since:2026-02".to_owned(), zone).unwrap().may_fit(&one);
        assert!(!fits(None) && fits(Some("Asia/Shanghai")));
        assert!(matches!(
            HoldQuery::new("x".to_owned(), Some("Mars/Olympus")),
            Err(NoHoldQuery::Zone(_))
        ));
    }
}
