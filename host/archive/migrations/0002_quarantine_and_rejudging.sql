-- The archive, version 2: policies that were quarantined, and verdicts that a later one took the place of. Once released,
-- this file never changes.

CREATE TABLE quarantines (
    quarantine INTEGER PRIMARY KEY AUTOINCREMENT,
    at         INTEGER NOT NULL,
    generation INTEGER NOT NULL REFERENCES generations,
    policy     INTEGER NOT NULL REFERENCES policies,
    faults     INTEGER NOT NULL,
    messages   INTEGER NOT NULL,
    retried_at INTEGER,
    retried_by TEXT,
    CHECK ((retried_at IS NULL) = (retried_by IS NULL))
) STRICT;

-- The columns of `verdicts` and `retention` as they were, and who asked for another verdict.
CREATE TABLE earlier_verdicts (
    earlier      INTEGER PRIMARY KEY AUTOINCREMENT,
    message      INTEGER NOT NULL REFERENCES messages,
    generation   INTEGER NOT NULL REFERENCES generations,
    pack_list    INTEGER NOT NULL REFERENCES pack_lists,
    fuel         INTEGER NOT NULL,
    held         INTEGER NOT NULL CHECK (held IN (0, 1)),
    withheld     TEXT CHECK (withheld IN ('consent-refused', 'consent-missing')),
    input        BLOB NOT NULL CHECK (length(input) = 32),
    verdict      TEXT NOT NULL,
    statute_list INTEGER REFERENCES statute_lists,
    keep_until   TEXT,
    decision     TEXT,
    rejudged_at  INTEGER NOT NULL,
    rejudged_by  TEXT NOT NULL,
    note         TEXT NOT NULL,
    CHECK ((statute_list IS NULL) = (decision IS NULL))
) STRICT;

CREATE INDEX earlier_verdicts_by_message ON earlier_verdicts (message);
