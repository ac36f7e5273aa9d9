-- The archive, version 7: legal holds, and what is left of messages that were disposed of. Once released, this file never changes.

-- Orders to keep. A message that fits an open one is not disposed of, whenever it arrived.
CREATE TABLE holds (
    hold         INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant       TEXT NOT NULL,
    reason       TEXT NOT NULL,
    person       TEXT,
    conversation TEXT,
    sent_from    INTEGER,
    sent_before  INTEGER,
    placed_at    INTEGER NOT NULL,
    placed_by    TEXT NOT NULL,
    released_at  INTEGER,
    released_by  TEXT,
    release_note TEXT,
    CHECK ((released_at IS NULL) = (released_by IS NULL))
) STRICT;

CREATE INDEX holds_open ON holds (tenant) WHERE released_at IS NULL;

-- When the clock was doubted last.
CREATE INDEX log_entries_of_clock ON log_entries (leaf, place) WHERE kind IN ('clock-doubted', 'clock-trusted');

-- What is left of a message: its number, to which its tag in `identities` leads, and why it went. Nothing of what it said, who
-- wrote it, or where.
CREATE TABLE disposals (
    message     INTEGER PRIMARY KEY,
    disposed_at INTEGER NOT NULL,
    disposed_by TEXT NOT NULL,
    leaf        INTEGER NOT NULL,
    place       INTEGER NOT NULL,
    said        TEXT NOT NULL CHECK (json_type(said) = 'object')
) STRICT;
