-- The archive, version 6: the log of everything that was written, in which nothing can be altered unseen. Once released, this file
-- never changes.

-- One row for each transaction that has something to tell. What a message's first judgement says in the log is made again from the
-- message's own rows: places 0 to `messages` of the leaf are those of `first_message` and the ones behind it.
CREATE TABLE log_leaves (
    leaf          INTEGER PRIMARY KEY CHECK (leaf >= 0),
    data          BLOB NOT NULL CHECK (length(data) = 45),
    first_message INTEGER,
    messages      INTEGER NOT NULL CHECK ((messages = 0) = (first_message IS NULL))
) STRICT;

CREATE INDEX log_leaves_by_message ON log_leaves (first_message) WHERE first_message IS NOT NULL;

-- Entries that nothing else holds, and what is left of erased ones: their commitment. `message` is the one that an entry is about.
CREATE TABLE log_entries (
    leaf       INTEGER NOT NULL REFERENCES log_leaves,
    place      INTEGER NOT NULL,
    kind       TEXT NOT NULL,
    message    INTEGER,
    commitment BLOB NOT NULL CHECK (length(commitment) = 32),
    salt       BLOB CHECK (length(salt) = 16),
    entry      BLOB CHECK ((entry IS NULL) = (salt IS NULL)),
    PRIMARY KEY (leaf, place)
) STRICT, WITHOUT ROWID;

CREATE INDEX log_entries_by_message ON log_entries (message, leaf, place) WHERE message IS NOT NULL;
CREATE INDEX log_entries_of_keys ON log_entries (leaf) WHERE kind = 'log-key';

-- Full tiles of the log's tree (C2SP tlog-tiles).
CREATE TABLE log_tiles (
    level  INTEGER NOT NULL,
    place  INTEGER NOT NULL,
    hashes BLOB NOT NULL CHECK (length(hashes) = 8192),
    PRIMARY KEY (level, place)
) STRICT;
