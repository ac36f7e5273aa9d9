-- The archive, version 4: how many changes were committed, and what tells a stored verdict from one that was altered. Once
-- released, this file never changes.

-- One row. The file `<archive>.writes` beside this one says the same, so that a write-ahead log that is gone is missed.
CREATE TABLE writes (
    only   INTEGER PRIMARY KEY CHECK (only = 1),
    writes INTEGER NOT NULL CHECK (writes >= 0)
) STRICT;

INSERT INTO writes (only, writes) VALUES (1, 0);

-- `form` is the version of the stored verdict's JSON. `digest` is absent in rows of before.
ALTER TABLE verdicts ADD COLUMN form INTEGER NOT NULL DEFAULT 1;
ALTER TABLE verdicts ADD COLUMN digest BLOB CHECK (length(digest) = 32);
ALTER TABLE earlier_verdicts ADD COLUMN form INTEGER NOT NULL DEFAULT 1;
ALTER TABLE earlier_verdicts ADD COLUMN digest BLOB CHECK (length(digest) = 32);
