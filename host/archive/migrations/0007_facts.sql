-- The archive, version 7: facts that people hand in. Once released, this file never changes.

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
