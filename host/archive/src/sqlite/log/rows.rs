//! Rows that entries of the log tell of, by their numbers.

use super::digests::of_row;
use crate::disposal;
use proviso_model::Digest;
use proviso_proof::certificate::DISPOSAL;
use sqlx::SqliteConnection;

/// Rows of one table that an entry tells of, each when it is written.
pub(in crate::sqlite) struct Rows {
    /// The kind of the entries.
    pub(in crate::sqlite) kind: &'static str,
    /// The field of the log's first entry that says how many there were before the log.
    pub(in crate::sqlite) before: &'static str,
    /// One row, with all that it refers to.
    sql: &'static str,
    /// How many there are.
    count: &'static str,
    /// How many of a message there are that no entry of the kind tells of; `None` where they do not go with it.
    of_message: Option<&'static str>,
}

/// What was done with generations, and the generations themselves.
pub(in crate::sqlite) const HISTORY: Rows = Rows {
    kind: "generation",
    before: "before-generation",
    sql: "SELECT h.entry, h.at, h.outcome, h.cause, h.who, h.why, h.changed, h.set_file, h.set_text, h.problems, g.digest,
                 g.recorded_at, g.engine_version, g.packs, g.set_file, g.set_text, g.set_json
          FROM generation_history h LEFT JOIN generations g USING (generation) WHERE h.entry = ?",
    count: "SELECT count(*) FROM generation_history",
    of_message: None,
};
/// Trust files.
pub(in crate::sqlite) const TRUST: Rows = Rows {
    kind: "trust",
    before: "before-trust",
    sql: "SELECT entry, at, file, text FROM trust_history WHERE entry = ?",
    count: "SELECT count(*) FROM trust_history",
    of_message: None,
};
/// Older versions that may go live again.
pub(in crate::sqlite) const DOWNGRADES: Rows = Rows {
    kind: "downgrade",
    before: "before-downgrade",
    sql: "SELECT downgrade, at, pack, version, after, who, note FROM downgrades WHERE downgrade = ?",
    count: "SELECT count(*) FROM downgrades",
    of_message: None,
};
/// Policies that are called no more.
pub(in crate::sqlite) const QUARANTINES: Rows = Rows {
    kind: "quarantine",
    before: "before-quarantine",
    sql: "SELECT q.quarantine, q.at, g.digest, p.pack, p.name, q.faults, q.messages
          FROM quarantines q JOIN generations g USING (generation) JOIN policies p USING (policy) WHERE q.quarantine = ?",
    count: "SELECT count(*) FROM quarantines",
    of_message: None,
};
/// Policies that were tried again.
pub(in crate::sqlite) const RETRIES: Rows = Rows {
    kind: "retry",
    before: "before-retry",
    sql: "SELECT quarantine, retried_at, retried_by FROM quarantines
          WHERE quarantine = ? AND coalesce(retried_at, retried_by) IS NOT NULL",
    count: "SELECT count(*) FROM quarantines WHERE coalesce(retried_at, retried_by) IS NOT NULL",
    of_message: None,
};
/// Messages whose waiting ended.
pub(in crate::sqlite) const RELEASES: Rows = Rows {
    kind: "released",
    before: "before-released",
    sql: "SELECT message, released_at, released_by, release_note FROM held_messages
          WHERE message = ? AND coalesce(released_at, released_by, release_note) IS NOT NULL",
    count: "SELECT count(*) FROM held_messages WHERE coalesce(released_at, released_by, release_note) IS NOT NULL",
    of_message: Some(
        "SELECT (SELECT count(*) FROM held_messages WHERE message = ?1 AND coalesce(released_at, released_by, release_note) IS NOT NULL)
                - (SELECT count(*) FROM log_entries WHERE message = ?1 AND kind = ?2)",
    ),
};
/// Verdicts that another took the place of.
pub(in crate::sqlite) const EARLIER: Rows = Rows {
    kind: "rejudged",
    before: "before-rejudged",
    sql: "SELECT r.earlier, r.message, g.digest, l.digests, r.round, r.judgement, r.rejudged_at, r.rejudged_by, r.note,
                 r.directory, r.basis IS NULL, b.applied
          FROM earlier_judgements r JOIN generations g USING (generation) JOIN pack_lists l USING (pack_list)
          LEFT JOIN bases b USING (basis) WHERE r.earlier = ?",
    count: "SELECT count(*) FROM earlier_judgements",
    of_message: Some(
        "SELECT (SELECT count(*) FROM earlier_judgements WHERE message = ?1)
                - (SELECT count(*) FROM log_entries WHERE message = ?1 AND kind = ?2)",
    ),
};
/// What came under a message's identifier with another content.
pub(in crate::sqlite) const CONFLICTS: Rows = Rows {
    kind: "conflict",
    before: "before-conflict",
    sql: "SELECT conflict, message, refused_digest, refused_raw, source, file, line, at FROM conflicts WHERE conflict = ?",
    count: "SELECT count(*) FROM conflicts",
    of_message: Some(
        "SELECT (SELECT count(*) FROM conflicts WHERE message = ?1)
                - (SELECT count(*) FROM log_entries WHERE message = ?1 AND kind = ?2)",
    ),
};
/// What contacts said about being archived, in messages.
pub(in crate::sqlite) const CONSENTS: Rows = Rows {
    kind: "consent",
    before: "before-consent",
    sql:
        "SELECT consent, message, tenant, channel, party, state, at, holds, source, version, heard_at, who FROM consents
          WHERE consent = ? AND message IS NOT NULL",
    count: "SELECT count(*) FROM consents WHERE message IS NOT NULL",
    of_message: None,
};
/// What somebody handed in of what others said, or were told.
pub(in crate::sqlite) const STATEMENTS: Rows = Rows {
    kind: "statement",
    before: "before-statement",
    sql: "SELECT consent, tenant, channel, party, state, at, holds, source, version, heard_at, who FROM consents
          WHERE consent = ? AND message IS NULL",
    count: "SELECT count(*) FROM consents WHERE message IS NULL",
    of_message: None,
};
/// Versions of the directory; the digest in them is over all that they say.
pub(in crate::sqlite) const DIRECTORIES: Rows = Rows {
    kind: "directory",
    before: "before-directory",
    sql: "SELECT version, digest, at, who, file, employments FROM directory_versions WHERE version = ?",
    count: "SELECT count(*) FROM directory_versions",
    of_message: None,
};
/// Ends of relationships and contracts.
pub(in crate::sqlite) const ENDINGS: Rows = Rows {
    kind: "ending",
    before: "before-ending",
    sql: "SELECT ending, tenant, channel, customer, conversation, what, reference, ended_on, source, heard_at, who
          FROM endings WHERE ending = ?",
    count: "SELECT count(*) FROM endings",
    of_message: None,
};

/// Orders to keep, as they were given.
pub(in crate::sqlite) const HOLDS: Rows = Rows {
    kind: "hold-placed",
    before: "before-hold-placed",
    sql: "SELECT hold, tenant, reason, person, conversation, sent_from, sent_before, placed_at, placed_by, texts, query, zone FROM holds
          WHERE hold = ?",
    count: "SELECT count(*) FROM holds",
    of_message: None,
};
/// Orders to keep that ended.
pub(in crate::sqlite) const RELEASED_HOLDS: Rows = Rows {
    kind: "hold-released",
    before: "before-hold-released",
    sql: "SELECT hold, released_at, released_by, release_note FROM holds
          WHERE hold = ? AND coalesce(released_at, released_by, release_note) IS NOT NULL",
    count: "SELECT count(*) FROM holds WHERE coalesce(released_at, released_by, release_note) IS NOT NULL",
    of_message: None,
};
/// What is left of messages that were disposed of, with what each is known by.
pub(in crate::sqlite) const DISPOSALS: Rows = Rows {
    kind: DISPOSAL,
    before: "before-disposal",
    sql: "SELECT d.message, d.disposed_at, d.disposed_by, d.leaf, d.place, d.said, i.tag
          FROM disposals d LEFT JOIN identities i USING (message) WHERE d.message = ? AND d.said ->> 'again' IS NULL",
    count: "SELECT count(*) FROM disposals WHERE said ->> 'again' IS NULL",
    of_message: None,
};
/// The same, of disposals that were carried out again after a restoration.
pub(in crate::sqlite) const DISPOSED_AGAIN: Rows = Rows {
    kind: disposal::DISPOSED_AGAIN,
    before: "before-disposed-again",
    sql: "SELECT d.message, d.disposed_at, d.disposed_by, d.leaf, d.place, d.said, i.tag
          FROM disposals d LEFT JOIN identities i USING (message) WHERE d.message = ? AND d.said ->> 'again' IS NOT NULL",
    count: "SELECT count(*) FROM disposals WHERE said ->> 'again' IS NOT NULL",
    of_message: None,
};
/// Tombstones of messages that were never here.
pub(in crate::sqlite) const DISPOSED_ELSEWHERE: Rows = Rows {
    kind: disposal::DISPOSED_ELSEWHERE,
    before: "before-disposed-elsewhere",
    sql: "SELECT number, record, recorded_at, recorded_by, leaf, place, said FROM disposed_elsewhere WHERE number = ?",
    count: "SELECT count(*) FROM disposed_elsewhere",
    of_message: None,
};

/// Acts that were asked for.
pub(in crate::sqlite) const REQUESTS: Rows = Rows {
    kind: "request",
    before: "before-request",
    sql: "SELECT request, tenant, act, digest, reason, second_person, asked_at, asked_by, not_before, ends_at FROM requests
          WHERE request = ?",
    count: "SELECT count(*) FROM requests",
    of_message: None,
};
/// What somebody decided on them.
pub(in crate::sqlite) const REQUESTS_DECIDED: Rows = Rows {
    kind: "request-decided",
    before: "before-request-decided",
    sql: "SELECT request, approved, decided_at, decided_by, decision_note FROM requests
          WHERE request = ? AND coalesce(approved, decided_at, decided_by, decision_note) IS NOT NULL",
    count: "SELECT count(*) FROM requests WHERE coalesce(approved, decided_at, decided_by, decision_note) IS NOT NULL",
    of_message: None,
};
/// Those that ran.
pub(in crate::sqlite) const REQUESTS_RUN: Rows = Rows {
    kind: "request-run",
    before: "before-request-run",
    sql: "SELECT request, run_at, run_by FROM requests WHERE request = ? AND coalesce(run_at, run_by) IS NOT NULL",
    count: "SELECT count(*) FROM requests WHERE coalesce(run_at, run_by) IS NOT NULL",
    of_message: None,
};

/// Those that were in force and ended.
pub(in crate::sqlite) const REQUESTS_ENDED: Rows = Rows {
    kind: "request-ended",
    before: "before-request-ended",
    sql: "SELECT request, ended_at, ended_by, note FROM request_ends WHERE request = ?",
    count: "SELECT count(*) FROM request_ends",
    of_message: None,
};

/// What was permitted, as it changed.
pub(in crate::sqlite) const PERMISSIONS: Rows = Rows {
    kind: "permission",
    before: "before-permission",
    sql: "SELECT entry, at, about, permits, who FROM permission_history WHERE entry = ?",
    count: "SELECT count(*) FROM permission_history",
    of_message: None,
};

/// Queries that were saved under a name: what each asks for by the digest of what was sealed, which outlives it.
pub(in crate::sqlite) const SAVED_QUERIES: Rows = Rows {
    kind: "query-saved",
    before: "before-query-saved",
    sql: "SELECT saved, tenant, name, saved_at, saved_by, digest FROM saved_queries WHERE saved = ?",
    count: "SELECT count(*) FROM saved_queries",
    of_message: None,
};
/// Those that were deleted.
pub(in crate::sqlite) const DELETED_QUERIES: Rows = Rows {
    kind: "query-deleted",
    before: "before-query-deleted",
    sql: "SELECT saved, deleted_at, deleted_by FROM saved_queries
          WHERE saved = ? AND coalesce(deleted_at, deleted_by) IS NOT NULL",
    count: "SELECT count(*) FROM saved_queries WHERE coalesce(deleted_at, deleted_by) IS NOT NULL",
    of_message: None,
};

/// People who sign in.
pub(in crate::sqlite) const USERS: Rows = Rows {
    kind: "user",
    before: "before-user",
    sql: "SELECT user, name, display, person_tenant, person, added_at, added_by FROM users WHERE user = ?",
    count: "SELECT count(*) FROM users",
    of_message: None,
};
/// Their passwords, each by the digest of its hash, which outlives it.
pub(in crate::sqlite) const USER_PASSWORDS: Rows = Rows {
    kind: "user-password",
    before: "before-user-password",
    sql: "SELECT password, user, digest, must_change, set_at, set_by FROM user_passwords WHERE password = ?",
    count: "SELECT count(*) FROM user_passwords",
    of_message: None,
};
/// Each time that one was disabled or enabled.
pub(in crate::sqlite) const USER_STATES: Rows = Rows {
    kind: "user-state",
    before: "before-user-state",
    sql: "SELECT state, user, disabled, changed_at, changed_by FROM user_states WHERE state = ?",
    count: "SELECT count(*) FROM user_states",
    of_message: None,
};
/// Roles as they were given.
pub(in crate::sqlite) const GIVEN_ROLES: Rows = Rows {
    kind: "role-given",
    before: "before-role-given",
    sql: "SELECT given, user, role, tenant, departments, given_at, given_by FROM user_roles WHERE given = ?",
    count: "SELECT count(*) FROM user_roles",
    of_message: None,
};
/// Those that ended.
pub(in crate::sqlite) const ENDED_ROLES: Rows = Rows {
    kind: "role-ended",
    before: "before-role-ended",
    sql: "SELECT given, ended_at, ended_by FROM user_roles WHERE given = ? AND coalesce(ended_at, ended_by) IS NOT NULL",
    count: "SELECT count(*) FROM user_roles WHERE coalesce(ended_at, ended_by) IS NOT NULL",
    of_message: None,
};
/// Second factors, each by the digest of what was sealed, which outlives it.
pub(in crate::sqlite) const USER_TOTP: Rows = Rows {
    kind: "totp-set",
    before: "before-totp-set",
    sql: "SELECT totp, user, set_at, set_by, digest FROM user_totp WHERE totp = ?",
    count: "SELECT count(*) FROM user_totp",
    of_message: None,
};
/// Those that were removed.
pub(in crate::sqlite) const REMOVED_TOTP: Rows = Rows {
    kind: "totp-removed",
    before: "before-totp-removed",
    sql: "SELECT totp, removed_at, removed_by FROM user_totp
          WHERE totp = ? AND coalesce(removed_at, removed_by) IS NOT NULL",
    count: "SELECT count(*) FROM user_totp WHERE coalesce(removed_at, removed_by) IS NOT NULL",
    of_message: None,
};
/// Sessions as they were opened.
pub(in crate::sqlite) const OPENED_SESSIONS: Rows = Rows {
    kind: "session-opened",
    before: "before-session-opened",
    sql: "SELECT session, token, user, opened_at, ends_at FROM sessions WHERE session = ?",
    count: "SELECT count(*) FROM sessions",
    of_message: None,
};
/// Those that ended before their time.
pub(in crate::sqlite) const ENDED_SESSIONS: Rows = Rows {
    kind: "session-ended",
    before: "before-session-ended",
    sql: "SELECT session, ended_at, ended_by, why FROM sessions
          WHERE session = ? AND coalesce(ended_at, ended_by, why) IS NOT NULL",
    count: "SELECT count(*) FROM sessions WHERE coalesce(ended_at, ended_by, why) IS NOT NULL",
    of_message: None,
};

/// What became of alerts, each review with what its alert is about. It outlives the message.
pub(in crate::sqlite) const REVIEWS: Rows = Rows {
    kind: "review",
    before: "before-review",
    sql: "SELECT r.review, r.alert, r.version, r.at, r.who, r.act, r.decision, r.reason, r.assignee, r.severity, r.comment,
                 a.message, s.tenant, s.channel, a.kind, p.pack, p.name, a.rule, a.department, a.sent_at, a.opened_at, a.due_at
          FROM reviews r JOIN alerts a USING (alert) JOIN streams s USING (stream) LEFT JOIN policies p USING (policy)
          WHERE r.review = ?",
    count: "SELECT count(*) FROM reviews",
    of_message: None,
};

/// All of them.
pub(in crate::sqlite) const ALL: [&Rows; 34] = [
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
    &HOLDS,
    &RELEASED_HOLDS,
    &DISPOSALS,
    &DISPOSED_AGAIN,
    &DISPOSED_ELSEWHERE,
    &REQUESTS,
    &REQUESTS_DECIDED,
    &REQUESTS_RUN,
    &REQUESTS_ENDED,
    &PERMISSIONS,
    &SAVED_QUERIES,
    &DELETED_QUERIES,
    &USERS,
    &USER_PASSWORDS,
    &USER_STATES,
    &GIVEN_ROLES,
    &ENDED_ROLES,
    &USER_TOTP,
    &REMOVED_TOTP,
    &OPENED_SESSIONS,
    &ENDED_SESSIONS,
    &REVIEWS,
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

    /// How many rows of a message there are that the log tells nothing of: from before it.
    pub(in crate::sqlite) async fn untold(
        &self,
        connection: &mut SqliteConnection,
        message: i64,
    ) -> Result<i64, sqlx::Error> {
        let Some(of_message) = self.of_message else {
            return Ok(0);
        };
        sqlx::query_scalar(of_message)
            .bind(message)
            .bind(self.kind)
            .fetch_one(connection)
            .await
    }

    /// How many rows there are.
    pub(super) async fn count(&self, connection: &mut SqliteConnection) -> Result<i64, sqlx::Error> {
        sqlx::query_scalar(self.count).fetch_one(connection).await
    }
}
