-- The archive, version 10: what was permitted, as it changed. Once released, this file never changes.

-- Each is what a subject may do from then on; nothing where there is no such subject any more.
CREATE TABLE permission_history (
    entry   INTEGER PRIMARY KEY AUTOINCREMENT,
    at      INTEGER NOT NULL,
    subject TEXT NOT NULL,
    state   TEXT CHECK (state IS NULL OR json_type(state) = 'object'),
    who     TEXT NOT NULL
) STRICT;

CREATE INDEX permission_history_subject ON permission_history (subject, entry);
