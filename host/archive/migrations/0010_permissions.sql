-- The archive, version 10: what was permitted, as it changed. Once released, this file never changes.

-- Each is what is permitted from then on; nothing where there is no such permission any more.
CREATE TABLE permission_history (
    entry   INTEGER PRIMARY KEY AUTOINCREMENT,
    at      INTEGER NOT NULL,
    about   TEXT NOT NULL,
    permits TEXT CHECK (permits IS NULL OR json_type(permits) = 'object'),
    who     TEXT NOT NULL
) STRICT;

CREATE INDEX permission_history_about ON permission_history (about, entry);
