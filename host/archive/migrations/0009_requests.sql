-- The archive, version 9: acts that one person may not do alone, or not at once. Once released, this file never changes.

-- Each is the exact act with its digest, a reason and an end. It is decided on once, and runs once.
CREATE TABLE requests (
    request       INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant        TEXT NOT NULL,
    act           TEXT NOT NULL CHECK (json_type(act) = 'object'),
    digest        BLOB NOT NULL CHECK (length(digest) = 32),
    reason        TEXT NOT NULL,
    second_person INTEGER NOT NULL CHECK (second_person IN (0, 1)),
    asked_at      INTEGER NOT NULL,
    asked_by      TEXT NOT NULL,
    not_before    INTEGER NOT NULL,
    ends_at       INTEGER NOT NULL,
    approved      INTEGER CHECK (approved IN (0, 1)),
    decided_at    INTEGER,
    decided_by    TEXT,
    decision_note TEXT,
    run_at        INTEGER,
    run_by        TEXT,
    CHECK (asked_at <= not_before AND not_before < ends_at),
    CHECK ((approved IS NULL) = (decided_at IS NULL) AND (decided_at IS NULL) = (decided_by IS NULL)),
    CHECK ((run_at IS NULL) = (run_by IS NULL)),
    CHECK (approved IS NOT 1 OR decided_by <> asked_by),
    CHECK (run_at IS NULL OR approved IS 1 OR approved IS NULL AND second_person = 0)
) STRICT;

CREATE INDEX requests_open ON requests (ends_at) WHERE run_at IS NULL AND approved IS NOT 0;
