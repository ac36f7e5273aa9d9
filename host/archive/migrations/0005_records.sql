-- The archive, version 5: a message is a record of two halves, the envelope in columns and the content in bytes of its own, so
-- that each text stands once and can go without what must outlive it. Once released, this file never changes.
--
-- Rows of `messages`, `verdicts`, `retention`, `earlier_verdicts`, `findings`, `fold_steps`, `consent_events` and `conflicts` are
-- moved by the program after this file, and their tables dropped: bytes are beyond SQL.

ALTER TABLE messages RENAME TO old_messages;
ALTER TABLE verdicts RENAME TO old_verdicts;
ALTER TABLE retention RENAME TO old_retention;
ALTER TABLE earlier_verdicts RENAME TO old_earlier_verdicts;
ALTER TABLE findings RENAME TO old_findings;
ALTER TABLE fold_steps RENAME TO old_fold_steps;
ALTER TABLE fold_states RENAME TO old_fold_states;
ALTER TABLE scores RENAME TO old_scores;
ALTER TABLE consent_events RENAME TO old_consent_events;
ALTER TABLE conflicts RENAME TO old_conflicts;
ALTER TABLE faults RENAME TO old_faults;
ALTER TABLE held_messages RENAME TO old_held_messages;
DROP VIEW message_list;
DROP VIEW finding_list;
DROP VIEW risk_list;
DROP INDEX messages_by_conversation;
DROP INDEX messages_by_recalled;
DROP INDEX consent_events_by_party;
DROP INDEX findings_by_message;
DROP INDEX findings_by_rule;
DROP INDEX faults_by_message;
DROP INDEX held_messages_open;
DROP INDEX fold_steps_by_message;
DROP INDEX scores_by_value;
DROP INDEX earlier_verdicts_by_message;

-- Names that many rows share.

CREATE TABLE kinds (
    kind INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE parties (
    party  INTEGER PRIMARY KEY,
    stream INTEGER NOT NULL REFERENCES streams,
    id     TEXT NOT NULL,
    UNIQUE (stream, id)
) STRICT;

CREATE TABLE conversations (
    conversation INTEGER PRIMARY KEY,
    stream       INTEGER NOT NULL REFERENCES streams,
    id           TEXT NOT NULL,
    UNIQUE (stream, id)
) STRICT;

CREATE TABLE proposals (
    proposal INTEGER PRIMARY KEY,
    json     TEXT NOT NULL UNIQUE CHECK (json_type(json) = 'object')
) STRICT;

-- Messages, in the order of their arrival.

CREATE TABLE envelopes (
    message      INTEGER PRIMARY KEY AUTOINCREMENT,
    stream       INTEGER NOT NULL REFERENCES streams,
    received_at  INTEGER NOT NULL,
    sent_at      INTEGER NOT NULL,
    kind         INTEGER NOT NULL REFERENCES kinds,
    direction    INTEGER NOT NULL CHECK (direction BETWEEN 0 AND 3),
    sender       INTEGER NOT NULL REFERENCES parties,
    conversation INTEGER NOT NULL REFERENCES conversations,
    generation   INTEGER NOT NULL REFERENCES generations,
    pack_list    INTEGER NOT NULL REFERENCES pack_lists,
    held         INTEGER NOT NULL CHECK (held IN (0, 1)),
    withheld     TEXT CHECK (withheld IN ('consent-refused', 'consent-missing')),
    statute_list INTEGER REFERENCES statute_lists,
    why          INTEGER CHECK ((why IS NULL) = (statute_list IS NULL)),
    keep_until   INTEGER CHECK (keep_until IS NULL OR statute_list IS NOT NULL)
) STRICT;

CREATE INDEX envelopes_by_conversation ON envelopes (conversation);

-- Under a key of its own, which a tenant's key of that version wraps. `round` counts how often it was judged again.
CREATE TABLE contents (
    message     INTEGER PRIMARY KEY REFERENCES envelopes,
    key_version INTEGER NOT NULL,
    key         BLOB NOT NULL CHECK (length(key) = 40),
    content     BLOB NOT NULL,
    round       INTEGER NOT NULL,
    judgement   BLOB NOT NULL
) STRICT;

-- Keys of the archive's own, wrapped like those of records. `identity` is the one that identifiers are known by.
CREATE TABLE archive_keys (
    purpose     TEXT PRIMARY KEY,
    key_version INTEGER NOT NULL,
    key         BLOB NOT NULL CHECK (length(key) = 40)
) STRICT;

-- What a message is known by when it comes again: a keyed digest of its identifier.
CREATE TABLE identities (
    tag     BLOB NOT NULL CHECK (length(tag) = 16),
    message INTEGER NOT NULL,
    PRIMARY KEY (tag)
) STRICT, WITHOUT ROWID;

CREATE TABLE recalls (
    recalled BLOB NOT NULL CHECK (length(recalled) = 16),
    message  INTEGER NOT NULL REFERENCES envelopes,
    PRIMARY KEY (recalled, message)
) STRICT, WITHOUT ROWID;

CREATE TABLE earlier_judgements (
    earlier      INTEGER PRIMARY KEY AUTOINCREMENT,
    message      INTEGER NOT NULL REFERENCES envelopes,
    generation   INTEGER NOT NULL REFERENCES generations,
    pack_list    INTEGER NOT NULL REFERENCES pack_lists,
    round        INTEGER NOT NULL,
    judgement    BLOB NOT NULL,
    rejudged_at  INTEGER NOT NULL,
    rejudged_by  TEXT NOT NULL,
    note         TEXT NOT NULL
) STRICT;

CREATE INDEX earlier_judgements_by_message ON earlier_judgements (message);

CREATE TABLE findings (
    finding  INTEGER PRIMARY KEY,
    message  INTEGER NOT NULL REFERENCES envelopes,
    policy   INTEGER NOT NULL REFERENCES policies,
    rule     TEXT NOT NULL,
    severity TEXT NOT NULL CHECK (severity IN ('low', 'medium', 'high', 'critical')),
    shadow   INTEGER NOT NULL CHECK (shadow IN (0, 1))
) STRICT;

CREATE INDEX findings_by_message ON findings (message);
CREATE INDEX findings_by_rule ON findings (policy, rule, severity, shadow);

CREATE TABLE faults (
    fault   INTEGER PRIMARY KEY,
    message INTEGER NOT NULL REFERENCES envelopes,
    policy  INTEGER NOT NULL REFERENCES policies,
    cause   TEXT NOT NULL,
    detail  TEXT NOT NULL
) STRICT;

CREATE INDEX faults_by_message ON faults (message);

CREATE TABLE held_messages (
    message      INTEGER PRIMARY KEY REFERENCES envelopes,
    released_at  INTEGER,
    released_by  TEXT,
    release_note TEXT,
    CHECK ((released_at IS NULL) = (released_by IS NULL))
) STRICT;

CREATE INDEX held_messages_open ON held_messages (message) WHERE released_at IS NULL;

-- What contacts said about being archived outlives the message that said it.
CREATE TABLE consent_events (
    event   INTEGER PRIMARY KEY,
    message INTEGER NOT NULL,
    stream  INTEGER NOT NULL REFERENCES streams,
    party   TEXT NOT NULL,
    state   TEXT NOT NULL CHECK (state IN ('agree', 'disagree', 'default-agree')),
    at      INTEGER NOT NULL,
    holds   INTEGER NOT NULL
) STRICT;

CREATE INDEX consent_events_by_party ON consent_events (stream, party, holds, state);

CREATE TABLE conflicts (
    conflict       INTEGER PRIMARY KEY,
    message        INTEGER NOT NULL REFERENCES envelopes,
    refused_digest BLOB NOT NULL CHECK (length(refused_digest) = 32),
    refused_raw    BLOB NOT NULL,
    source         TEXT NOT NULL,
    file           TEXT NOT NULL,
    line           INTEGER NOT NULL,
    at             INTEGER NOT NULL,
    UNIQUE (message, refused_digest)
) STRICT;

-- Folds. States and scores outlive the message after which they stand.

CREATE TABLE fold_states (
    fold    INTEGER PRIMARY KEY,
    tenant  TEXT NOT NULL,
    policy  INTEGER NOT NULL REFERENCES policies,
    key     TEXT NOT NULL,
    message INTEGER NOT NULL,
    state   BLOB,
    UNIQUE (tenant, policy, key)
) STRICT;

CREATE TABLE fold_steps (
    message      INTEGER NOT NULL REFERENCES envelopes,
    fold         INTEGER NOT NULL REFERENCES fold_states,
    state_before BLOB NOT NULL,
    PRIMARY KEY (message, fold)
) STRICT, WITHOUT ROWID;

CREATE INDEX fold_steps_by_fold ON fold_steps (fold, message);

CREATE TABLE scores (
    score   INTEGER PRIMARY KEY,
    tenant  TEXT NOT NULL,
    policy  INTEGER NOT NULL REFERENCES policies,
    key     TEXT NOT NULL,
    message INTEGER NOT NULL,
    value   REAL NOT NULL CHECK (value BETWEEN 0 AND 100),
    factors TEXT NOT NULL,
    UNIQUE (tenant, policy, key)
) STRICT;

CREATE INDEX scores_by_value ON scores (value);

-- For people with a SQL shell. What was said stands in the contents, and `proviso archive show` reads it.

CREATE VIEW message_list AS
SELECT e.message, s.tenant, s.channel, k.name AS kind,
       CASE e.direction WHEN 1 THEN 'internal' WHEN 2 THEN 'outbound' WHEN 3 THEN 'inbound' ELSE 'unknown' END AS direction,
       p.id AS sender, c.id AS conversation,
       strftime('%Y-%m-%dT%H:%M:%fZ', e.sent_at / 1000.0, 'unixepoch') AS sent,
       strftime('%Y-%m-%dT%H:%M:%fZ', e.received_at / 1000.0, 'unixepoch') AS received,
       e.held, e.withheld, date(e.keep_until * 86400, 'unixepoch') AS keep_until, g.digest AS generation
FROM envelopes e
JOIN streams s USING (stream)
JOIN kinds k USING (kind)
JOIN parties p ON p.party = e.sender
JOIN conversations c USING (conversation)
JOIN generations g USING (generation);

CREATE VIEW finding_list AS
SELECT f.message, s.tenant, s.channel, p.pack, p.name AS policy, f.rule, f.severity, f.shadow, w.id AS sender, c.id AS conversation,
       strftime('%Y-%m-%dT%H:%M:%fZ', e.sent_at / 1000.0, 'unixepoch') AS sent
FROM findings f
JOIN envelopes e USING (message)
JOIN streams s USING (stream)
JOIN parties w ON w.party = e.sender
JOIN conversations c USING (conversation)
JOIN policies p USING (policy);

CREATE VIEW risk_list AS
SELECT r.tenant, p.pack, p.name AS policy, r.key, r.value, r.factors, r.message,
       strftime('%Y-%m-%dT%H:%M:%fZ', e.sent_at / 1000.0, 'unixepoch') AS sent
FROM scores r
JOIN policies p USING (policy)
LEFT JOIN envelopes e ON e.message = r.message;
