//! Rows that entries of the log tell of, by their numbers.

use super::digests::of_row;
use proviso_model::Digest;
use sqlx::SqliteConnection;

/// Rows of one table that an entry tells of, each when it is written.
pub(in crate::sqlite) struct Rows {
    /// The kind of the entries.
    pub(in crate::sqlite) kind: &'static str,
    /// The field of the log's first entry that says how many there were before the log.
    pub(super) before: &'static str,
    /// One row, with all that it refers to.
    sql: &'static str,
    /// How many there are.
    count: &'static str,
}

/// What was done with generations, and the generations themselves.
pub(in crate::sqlite) const HISTORY: Rows = Rows {
    kind: "generation",
    before: "before-generation",
    sql: "SELECT h.entry, h.at, h.outcome, h.cause, h.who, h.why, h.changed, h.set_file, h.set_text, h.problems, g.digest,
                 g.recorded_at, g.engine_version, g.packs, g.set_file, g.set_text, g.set_json
          FROM generation_history h LEFT JOIN generations g USING (generation) WHERE h.entry = ?",
    count: "SELECT count(*) FROM generation_history",
};
/// Trust files.
pub(in crate::sqlite) const TRUST: Rows = Rows {
    kind: "trust",
    before: "before-trust",
    sql: "SELECT entry, at, file, text FROM trust_history WHERE entry = ?",
    count: "SELECT count(*) FROM trust_history",
};
/// Older versions that may go live again.
pub(in crate::sqlite) const DOWNGRADES: Rows = Rows {
    kind: "downgrade",
    before: "before-downgrade",
    sql: "SELECT downgrade, at, pack, version, after, who, note FROM downgrades WHERE downgrade = ?",
    count: "SELECT count(*) FROM downgrades",
};
/// Policies that are called no more.
pub(in crate::sqlite) const QUARANTINES: Rows = Rows {
    kind: "quarantine",
    before: "before-quarantine",
    sql: "SELECT q.quarantine, q.at, g.digest, p.pack, p.name, q.faults, q.messages
          FROM quarantines q JOIN generations g USING (generation) JOIN policies p USING (policy) WHERE q.quarantine = ?",
    count: "SELECT count(*) FROM quarantines",
};
/// Policies that were tried again.
pub(in crate::sqlite) const RETRIES: Rows = Rows {
    kind: "retry",
    before: "before-retry",
    sql: "SELECT quarantine, retried_at, retried_by FROM quarantines
          WHERE quarantine = ? AND coalesce(retried_at, retried_by) IS NOT NULL",
    count: "SELECT count(*) FROM quarantines WHERE coalesce(retried_at, retried_by) IS NOT NULL",
};
/// Messages whose waiting ended.
pub(in crate::sqlite) const RELEASES: Rows = Rows {
    kind: "released",
    before: "before-released",
    sql: "SELECT message, released_at, released_by, release_note FROM held_messages
          WHERE message = ? AND coalesce(released_at, released_by, release_note) IS NOT NULL",
    count: "SELECT count(*) FROM held_messages WHERE coalesce(released_at, released_by, release_note) IS NOT NULL",
};
/// Verdicts that another took the place of.
pub(in crate::sqlite) const EARLIER: Rows = Rows {
    kind: "rejudged",
    before: "before-rejudged",
    sql: "SELECT r.earlier, r.message, g.digest, l.digests, r.round, r.judgement, r.rejudged_at, r.rejudged_by, r.note
          FROM earlier_judgements r JOIN generations g USING (generation) JOIN pack_lists l USING (pack_list)
          WHERE r.earlier = ?",
    count: "SELECT count(*) FROM earlier_judgements",
};
/// What came under a message's identifier with another content.
pub(in crate::sqlite) const CONFLICTS: Rows = Rows {
    kind: "conflict",
    before: "before-conflict",
    sql: "SELECT conflict, message, refused_digest, refused_raw, source, file, line, at FROM conflicts WHERE conflict = ?",
    count: "SELECT count(*) FROM conflicts",
};
/// What contacts said about being archived, in messages.
pub(in crate::sqlite) const CONSENTS: Rows = Rows {
    kind: "consent",
    before: "before-consent",
    sql: "SELECT consent, message, tenant, channel, party, state, at, holds FROM consents
          WHERE consent = ? AND message IS NOT NULL",
    count: "SELECT count(*) FROM consents WHERE message IS NOT NULL",
};
/// What somebody handed in of what others said, or were told.
pub(in crate::sqlite) const STATEMENTS: Rows = Rows {
    kind: "statement",
    before: "before-statement",
    sql: "SELECT consent, tenant, channel, party, state, at, holds, source, version, heard_at, who FROM consents
          WHERE consent = ? AND message IS NULL",
    count: "SELECT count(*) FROM consents WHERE message IS NULL",
};
/// Versions of the directory; the digest in them is over all that they say.
pub(in crate::sqlite) const DIRECTORIES: Rows = Rows {
    kind: "directory",
    before: "before-directory",
    sql: "SELECT version, digest, at, who, file, employments FROM directory_versions WHERE version = ?",
    count: "SELECT count(*) FROM directory_versions",
};
/// Ends of relationships and contracts.
pub(in crate::sqlite) const ENDINGS: Rows = Rows {
    kind: "ending",
    before: "before-ending",
    sql: "SELECT ending, tenant, channel, customer, conversation, what, reference, ended_on, source, heard_at, who
          FROM endings WHERE ending = ?",
    count: "SELECT count(*) FROM endings",
};

/// All of them.
pub(super) const ALL: [&Rows; 12] = [
    &HISTORY,
    &TRUST,
    &DOWNGRADES,
    &QUARANTINES,
    &RETRIES,
    &RELEASES,
    &EARLIER,
    &CONFLICTS,
    &CONSENTS,
    &STATEMENTS,
    &DIRECTORIES,
    &ENDINGS,
];

impl Rows {
    /// The digest of a row; `None` if it is not there.
    pub(super) async fn digest(
        &self,
        connection: &mut SqliteConnection,
        number: i64,
    ) -> Result<Option<Digest>, sqlx::Error> {
        let row = sqlx::query(self.sql).bind(number).fetch_optional(connection).await?;
        row.as_ref().map(of_row).transpose()
    }

    /// How many rows there are.
    pub(super) async fn count(&self, connection: &mut SqliteConnection) -> Result<i64, sqlx::Error> {
        sqlx::query_scalar(self.count).fetch_one(connection).await
    }
}
