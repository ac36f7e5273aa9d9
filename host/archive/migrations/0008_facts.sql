-- The archive, version 8: facts that people hand in. Once released, this file never changes.

-- Each import makes a version, unless it says what the last one said. `digest` is over all rows of the version.
CREATE TABLE directory_versions (
    version     INTEGER PRIMARY KEY AUTOINCREMENT,
    digest      BLOB NOT NULL CHECK (length(digest) = 32),
    at          INTEGER NOT NULL,
    who         TEXT NOT NULL,
    file        TEXT NOT NULL,
    employments INTEGER NOT NULL
) STRICT;

-- What holds of a person over a time, in the versions from `since` on and before `until`: rows that two versions share stand once.
CREATE TABLE employments (
    employment INTEGER PRIMARY KEY,
    since      INTEGER NOT NULL REFERENCES directory_versions,
    until      INTEGER REFERENCES directory_versions,
    tenant     TEXT NOT NULL,
    person     TEXT NOT NULL,
    holds_from TEXT,
    holds_to   TEXT,
    accounts   TEXT NOT NULL CHECK (json_type(accounts) = 'array'),
    department TEXT NOT NULL,
    post       TEXT NOT NULL CHECK (post IN ('ordinary', 'sensitive')),
    manager    TEXT
) STRICT;

CREATE INDEX employments_by_tenant ON employments (tenant) WHERE until IS NULL;

-- The version that a verdict's message was judged by; absent where there was none.
ALTER TABLE envelopes ADD COLUMN directory INTEGER;
ALTER TABLE earlier_judgements ADD COLUMN directory INTEGER;

-- What everybody said of being archived, or was told of it, by messages and by files. Lines are added, never changed and never
-- taken out. `channel` is empty where `party` is the number of a person. `holds` is when it counts from: a statement from the
-- future counts when it was heard.
CREATE TABLE consents (
    consent  INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant   TEXT NOT NULL,
    channel  TEXT NOT NULL,
    party    TEXT NOT NULL,
    state    TEXT NOT NULL CHECK (state IN ('agree', 'disagree', 'default-agree', 'unknown', 'withdraw')),
    at       INTEGER NOT NULL,
    holds    INTEGER NOT NULL,
    source   TEXT NOT NULL,
    version  TEXT NOT NULL,
    message  INTEGER,
    heard_at INTEGER NOT NULL,
    who      TEXT NOT NULL
) STRICT;

-- The log tells of each by its number. Of a message that was disposed of, when it came is not known any more.
INSERT INTO consents (consent, tenant, channel, party, state, at, holds, source, version, message, heard_at, who)
SELECT c.event, s.tenant, s.channel, c.party, c.state, c.at, c.holds, 'message', '', c.message,
       coalesce(e.received_at, c.holds), 'system:intake'
FROM consent_events c JOIN streams s USING (stream) LEFT JOIN envelopes e USING (message) ORDER BY c.event;

DROP TABLE consent_events;

CREATE INDEX consents_by_party ON consents (tenant, channel, party, holds);
-- A file that is handed in again adds nothing.
CREATE UNIQUE INDEX consents_imported ON consents (tenant, channel, party, at, state, source, version) WHERE message IS NULL;
CREATE TRIGGER consents_never_change BEFORE UPDATE ON consents
BEGIN SELECT raise(ABORT, 'a line of consents never changes'); END;
CREATE TRIGGER consents_never_go BEFORE DELETE ON consents
BEGIN SELECT raise(ABORT, 'a line of consents is never taken out'); END;

-- The lawful bases that applied, each with what it permitted.
CREATE TABLE bases (
    basis   INTEGER PRIMARY KEY,
    permits TEXT NOT NULL CHECK (permits IN ('judge', 'sealed', 'metadata')),
    applied TEXT NOT NULL UNIQUE CHECK (json_type(applied) = 'object')
) STRICT;

ALTER TABLE envelopes ADD COLUMN basis INTEGER REFERENCES bases;
ALTER TABLE earlier_judgements ADD COLUMN basis INTEGER REFERENCES bases;

-- Ends of relationships, contracts, products and disputes, by customer or by conversation. Lines are added, never changed and never
-- taken out; the last one on the same thing holds. `ended_on` counts days since 1970, and is absent while no end is known.
CREATE TABLE endings (
    ending       INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant       TEXT NOT NULL,
    channel      TEXT NOT NULL,
    customer     TEXT,
    conversation TEXT,
    what         TEXT NOT NULL CHECK (what IN ('relationship', 'contract', 'product', 'dispute')),
    reference    TEXT NOT NULL,
    ended_on     INTEGER,
    source       TEXT NOT NULL,
    heard_at     INTEGER NOT NULL,
    who          TEXT NOT NULL,
    CHECK ((customer IS NULL) <> (conversation IS NULL))
) STRICT;

CREATE INDEX endings_by_thing ON endings (tenant, channel, customer, conversation, what, reference, ending);
CREATE TRIGGER endings_never_change BEFORE UPDATE ON endings
BEGIN SELECT raise(ABORT, 'a line of endings never changes'); END;
CREATE TRIGGER endings_never_go BEFORE DELETE ON endings
BEGIN SELECT raise(ABORT, 'a line of endings is never taken out'); END;

-- Which clocks a message's proposals have beside its own time, as bits. What was written before is opened to be sure.
ALTER TABLE envelopes ADD COLUMN clocks INTEGER NOT NULL DEFAULT 0;
UPDATE envelopes SET clocks = 15 WHERE statute_list IS NOT NULL;
CREATE INDEX envelopes_by_clock ON envelopes (stream) WHERE clocks > 0;
