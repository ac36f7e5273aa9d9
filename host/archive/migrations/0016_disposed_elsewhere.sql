-- The archive, version 16: messages that were disposed of after the backup that this archive was restored from. Once released, this file
-- never changes.

-- Tombstones of messages that were never here: what the log that told of their disposal calls each, which is made of its tag. A message
-- that is delivered again is known by it.
CREATE TABLE disposed_elsewhere (
    number      INTEGER PRIMARY KEY,
    record      BLOB NOT NULL UNIQUE CHECK (length(record) = 32),
    recorded_at INTEGER NOT NULL,
    recorded_by TEXT NOT NULL,
    leaf        INTEGER NOT NULL,
    place       INTEGER NOT NULL,
    said        TEXT NOT NULL CHECK (json_type(said) = 'object')
) STRICT;

-- What a restoration left unknown is looked for each time that the archive is opened.
CREATE INDEX log_entries_of_restorations ON log_entries (leaf) WHERE kind = 'restored';
