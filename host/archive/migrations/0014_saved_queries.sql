-- The archive, version 14: queries that were saved under a name. Once released, this file never changes.

-- Each belongs to a tenant, and to who saved it. What it asks for is sealed under a key of its own; both go when it is deleted. `digest` is
-- SHA-256 of what was sealed, and stays.
CREATE TABLE saved_queries (
    saved       INTEGER PRIMARY KEY,
    tenant      TEXT NOT NULL,
    name        TEXT NOT NULL CHECK (length(name) > 0),
    saved_at    INTEGER NOT NULL,
    saved_by    TEXT NOT NULL,
    digest      BLOB NOT NULL CHECK (length(digest) = 32),
    key_version INTEGER,
    key         BLOB CHECK (key IS NULL OR length(key) = 40),
    sealed      BLOB,
    deleted_at  INTEGER,
    deleted_by  TEXT,
    CHECK ((deleted_at IS NULL) = (deleted_by IS NULL)),
    CHECK ((sealed IS NULL) = (deleted_at IS NOT NULL) AND (key IS NULL) = (sealed IS NULL) AND (key_version IS NULL) = (key IS NULL))
) STRICT;

-- A name is that of one query of a tenant, until that is deleted.
CREATE UNIQUE INDEX saved_queries_name ON saved_queries (tenant, name) WHERE deleted_at IS NULL;
