//! Alerts and their reviews.
//!
//! `open` makes alerts of what was judged and ends those that end by themselves; `state` says how an alert stands after its reviews; `review` writes
//! one, and `many` the same for many alerts at once; `filter` says which alerts a list has, `list` and `item` read them, `overview` counts, and `check`
//! is what an audit asks.

mod check;
mod filter;
mod item;
mod list;
mod many;
mod open;
mod overview;
mod review;
mod state;

pub(super) use check::{is_whole, wrong};
pub(super) use many::review_many;
pub(super) use open::{disposed, intake, judged, judged_again, released};
pub(super) use review::review;

/// What makes alerts of what was found before there were any, and counts what arrived: the end of migration 19, for archives whose messages were moved
/// behind it.
pub(super) const OF_BEFORE: [&str; 3] = [
    "INSERT INTO alerts (message, stream, kind, policy, rule, severity, conversation, sender, sent_at, opened_at, due_at)
SELECT f.message, e.stream, 'finding', f.policy, f.rule,
       max(CASE f.severity WHEN 'medium' THEN 2 WHEN 'high' THEN 3 ELSE 4 END),
       e.conversation, e.sender, e.sent_at, e.received_at, e.received_at + 86400000
FROM findings f JOIN envelopes e USING (message) WHERE f.shadow = 0 AND f.severity <> 'low'
GROUP BY f.message, f.policy, f.rule ORDER BY f.message, f.policy, f.rule",
    "INSERT INTO alerts (message, stream, kind, severity, conversation, sender, sent_at, opened_at, due_at)
SELECT h.message, e.stream, 'held', 0, e.conversation, e.sender, e.sent_at, e.received_at, e.received_at + 86400000
FROM held_messages h JOIN envelopes e USING (message) WHERE h.released_at IS NULL ORDER BY h.message",
    "INSERT INTO intake (hour, stream, messages)
SELECT received_at / 3600000, stream, count(*) FROM envelopes GROUP BY 1, 2",
];

/// Milliseconds of an hour.
const HOUR_MS: i64 = 3_600_000;

#[cfg(test)]
mod tests {
    use super::OF_BEFORE;

    #[test]
    fn what_is_made_of_before_is_what_the_migration_makes() {
        let migration = include_str!("../../../migrations/0019_alerts.sql");
        let end = OF_BEFORE.map(|sql| [sql, ";\n\n"].concat()).concat();
        let at = migration.find(OF_BEFORE[0]).expect("the migration makes alerts");
        assert_eq!(migration[at..].trim_end(), end.trim_end());
    }
}
