-- The archive, version 1. Documented table by table in docs/archive-schema.md. Once released, this file never changes:
-- later versions add files beside it. Times are milliseconds since 1970-01-01T00:00:00Z.

-- Names that many rows share.

CREATE TABLE streams (
    stream  INTEGER PRIMARY KEY,
    tenant  TEXT NOT NULL,
    channel TEXT NOT NULL,
    UNIQUE (tenant, channel)
) STRICT;

CREATE TABLE policies (
    policy INTEGER PRIMARY KEY,
    pack   TEXT NOT NULL,
    name   TEXT NOT NULL,
    UNIQUE (pack, name)
) STRICT;

CREATE TABLE pack_lists (
    pack_list INTEGER PRIMARY KEY,
    digests   TEXT NOT NULL UNIQUE CHECK (json_type(digests) = 'array')
) STRICT;

CREATE TABLE statute_lists (
    statute_list INTEGER PRIMARY KEY,
    statutes     TEXT NOT NULL UNIQUE CHECK (json_type(statutes) = 'array')
) STRICT;

-- Generations, and what was done with them.

CREATE TABLE generations (
    generation     INTEGER PRIMARY KEY,
    digest         TEXT NOT NULL UNIQUE,
    recorded_at    INTEGER NOT NULL,
    engine_version TEXT NOT NULL,
    packs          TEXT NOT NULL CHECK (json_type(packs) = 'array'),
    set_file       TEXT NOT NULL,
    set_text       TEXT NOT NULL,
    set_json       TEXT NOT NULL CHECK (json_type(set_json) = 'object')
) STRICT;

CREATE TABLE generation_history (
    entry      INTEGER PRIMARY KEY AUTOINCREMENT,
    at         INTEGER NOT NULL,
    outcome    TEXT NOT NULL CHECK (outcome IN ('activated', 'failed')),
    cause      TEXT NOT NULL CHECK (cause IN ('start', 'reload', 'rollback')),
    generation INTEGER REFERENCES generations,
    who        TEXT NOT NULL,
    why        TEXT NOT NULL,
    changed    TEXT NOT NULL,
    set_file   TEXT,
    set_text   TEXT,
    problems   TEXT NOT NULL CHECK (json_type(problems) = 'array'),
    CHECK (outcome = 'failed' OR generation IS NOT NULL)
) STRICT;

-- Messages, in the order of their arrival.

CREATE TABLE messages (
    message           INTEGER PRIMARY KEY AUTOINCREMENT,
    stream            INTEGER NOT NULL REFERENCES streams,
    native            TEXT NOT NULL,
    digest            BLOB NOT NULL CHECK (length(digest) = 32),
    received_at       INTEGER NOT NULL,
    sent_at           INTEGER NOT NULL,
    kind              TEXT NOT NULL,
    native_kind       TEXT NOT NULL,
    direction         TEXT NOT NULL CHECK (direction IN ('internal', 'outbound', 'inbound', 'unknown')),
    sender            TEXT NOT NULL,
    sender_class      TEXT NOT NULL CHECK (sender_class IN ('employee', 'external', 'robot', 'unknown')),
    sender_department TEXT NOT NULL,
    conversation      TEXT NOT NULL,
    recalls           TEXT,
    amount            ANY,
    currency          TEXT CHECK ((currency IS NULL) = (amount IS NULL)),
    recipients        TEXT NOT NULL,
    attachments       TEXT NOT NULL,
    links             TEXT NOT NULL,
    notes             TEXT NOT NULL,
    text              TEXT NOT NULL,
    raw               TEXT NOT NULL,
    UNIQUE (stream, native)
) STRICT;

CREATE INDEX messages_by_conversation ON messages (stream, conversation);
CREATE INDEX messages_by_recalled ON messages (stream, recalls) WHERE recalls IS NOT NULL;

CREATE TABLE consent_events (
    message INTEGER PRIMARY KEY REFERENCES messages,
    stream  INTEGER NOT NULL REFERENCES streams,
    party   TEXT NOT NULL,
    state   TEXT NOT NULL CHECK (state IN ('agree', 'disagree', 'default-agree')),
    at      INTEGER NOT NULL
) STRICT;

CREATE INDEX consent_events_by_party ON consent_events (stream, party, at);

CREATE TABLE conflicts (
    conflict       INTEGER PRIMARY KEY,
    message        INTEGER NOT NULL REFERENCES messages,
    kept_digest    BLOB NOT NULL CHECK (length(kept_digest) = 32),
    refused_digest BLOB NOT NULL CHECK (length(refused_digest) = 32),
    refused_raw    TEXT NOT NULL,
    source         TEXT NOT NULL,
    file           TEXT NOT NULL,
    line           INTEGER NOT NULL,
    at             INTEGER NOT NULL,
    UNIQUE (message, refused_digest)
) STRICT;

-- What the policies said.

CREATE TABLE verdicts (
    message    INTEGER PRIMARY KEY REFERENCES messages,
    generation INTEGER NOT NULL REFERENCES generations,
    pack_list  INTEGER NOT NULL REFERENCES pack_lists,
    fuel       INTEGER NOT NULL,
    held       INTEGER NOT NULL CHECK (held IN (0, 1)),
    withheld   TEXT CHECK (withheld IN ('consent-refused', 'consent-missing')),
    input      BLOB NOT NULL CHECK (length(input) = 32),
    verdict    TEXT NOT NULL
) STRICT;

CREATE TABLE findings (
    finding   INTEGER PRIMARY KEY,
    message   INTEGER NOT NULL REFERENCES messages,
    policy    INTEGER NOT NULL REFERENCES policies,
    rule      TEXT NOT NULL,
    severity  TEXT NOT NULL CHECK (severity IN ('low', 'medium', 'high', 'critical')),
    shadow    INTEGER NOT NULL CHECK (shadow IN (0, 1)),
    spans     TEXT NOT NULL,
    text      TEXT NOT NULL,
    reason_zh TEXT,
    reason_en TEXT
) STRICT;

CREATE INDEX findings_by_message ON findings (message);
CREATE INDEX findings_by_rule ON findings (policy, rule, severity, shadow);

CREATE TABLE faults (
    fault   INTEGER PRIMARY KEY,
    message INTEGER NOT NULL REFERENCES messages,
    policy  INTEGER NOT NULL REFERENCES policies,
    cause   TEXT NOT NULL,
    detail  TEXT NOT NULL
) STRICT;

CREATE INDEX faults_by_message ON faults (message);

CREATE TABLE held_messages (
    message      INTEGER PRIMARY KEY REFERENCES messages,
    released_at  INTEGER,
    released_by  TEXT,
    release_note TEXT,
    CHECK ((released_at IS NULL) = (released_by IS NULL))
) STRICT;

CREATE INDEX held_messages_open ON held_messages (message) WHERE released_at IS NULL;

CREATE TABLE retention (
    message      INTEGER PRIMARY KEY REFERENCES messages,
    statute_list INTEGER NOT NULL REFERENCES statute_lists,
    keep_until   TEXT,
    decision     TEXT NOT NULL
) STRICT;

-- Folds.

CREATE TABLE fold_states (
    fold    INTEGER PRIMARY KEY,
    tenant  TEXT NOT NULL,
    policy  INTEGER NOT NULL REFERENCES policies,
    key     TEXT NOT NULL,
    message INTEGER NOT NULL REFERENCES messages,
    state   BLOB NOT NULL,
    UNIQUE (tenant, policy, key)
) STRICT;

CREATE TABLE fold_steps (
    step         INTEGER PRIMARY KEY,
    message      INTEGER NOT NULL REFERENCES messages,
    policy       INTEGER NOT NULL REFERENCES policies,
    key          TEXT NOT NULL,
    state_before BLOB NOT NULL
) STRICT;

CREATE INDEX fold_steps_by_message ON fold_steps (message);

CREATE TABLE scores (
    score   INTEGER PRIMARY KEY,
    tenant  TEXT NOT NULL,
    policy  INTEGER NOT NULL REFERENCES policies,
    key     TEXT NOT NULL,
    message INTEGER NOT NULL REFERENCES messages,
    value   REAL NOT NULL CHECK (value BETWEEN 0 AND 100),
    factors TEXT NOT NULL,
    UNIQUE (tenant, policy, key)
) STRICT;

CREATE INDEX scores_by_value ON scores (value);

-- Sources.

CREATE TABLE source_offsets (
    source     TEXT NOT NULL,
    file       TEXT NOT NULL,
    offset     INTEGER NOT NULL,
    line       INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (source, file)
) STRICT, WITHOUT ROWID;

CREATE TABLE source_errors (
    error  INTEGER PRIMARY KEY,
    source TEXT NOT NULL,
    file   TEXT NOT NULL,
    line   INTEGER NOT NULL,
    reason TEXT NOT NULL,
    at     INTEGER NOT NULL
) STRICT;

CREATE TABLE source_duplicates (
    source     TEXT PRIMARY KEY,
    duplicates INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- For people with a SQL shell.

CREATE VIEW message_list AS
SELECT m.message, s.tenant, s.channel, m.native, m.kind, m.direction, m.sender, m.conversation,
       strftime('%Y-%m-%dT%H:%M:%fZ', m.sent_at / 1000.0, 'unixepoch') AS sent,
       strftime('%Y-%m-%dT%H:%M:%fZ', m.received_at / 1000.0, 'unixepoch') AS received,
       v.held, v.withheld, g.digest AS generation, m.text
FROM messages m
JOIN streams s USING (stream)
JOIN verdicts v USING (message)
JOIN generations g USING (generation);

CREATE VIEW finding_list AS
SELECT f.message, s.tenant, s.channel, m.native, p.pack, p.name AS policy, f.rule, f.severity, f.shadow, f.spans, f.text,
       f.reason_zh, f.reason_en, m.sender, m.conversation,
       strftime('%Y-%m-%dT%H:%M:%fZ', m.sent_at / 1000.0, 'unixepoch') AS sent
FROM findings f
JOIN messages m USING (message)
JOIN streams s USING (stream)
JOIN policies p USING (policy);

CREATE VIEW risk_list AS
SELECT r.tenant, p.pack, p.name AS policy, r.key, r.value, r.factors, m.native AS message,
       strftime('%Y-%m-%dT%H:%M:%fZ', m.sent_at / 1000.0, 'unixepoch') AS sent
FROM scores r
JOIN policies p USING (policy)
JOIN messages m ON m.message = r.message;
