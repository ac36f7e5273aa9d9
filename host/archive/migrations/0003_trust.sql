-- The archive, version 3: whom the operator trusted with packs, and older versions that were allowed again. Once released,
-- this file never changes.

-- The trust files that generations were admitted under, in order; `file` is absent where there was none.
CREATE TABLE trust_history (
    entry INTEGER PRIMARY KEY AUTOINCREMENT,
    at    INTEGER NOT NULL,
    file  TEXT,
    text  TEXT NOT NULL
) STRICT;

-- From `after` on, an entry of `generation_history`, `version` of `pack` may go live although a newer one did before.
CREATE TABLE downgrades (
    downgrade INTEGER PRIMARY KEY AUTOINCREMENT,
    at        INTEGER NOT NULL,
    pack      TEXT NOT NULL,
    version   TEXT NOT NULL,
    after     INTEGER NOT NULL,
    who       TEXT NOT NULL,
    note      TEXT NOT NULL
) STRICT;
