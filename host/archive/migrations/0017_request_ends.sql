-- The archive, version 17: the end of requests that are in force from their approval on. Once released, this file never changes.

-- How a request that was in force ended: by a person, or when its time was over.
CREATE TABLE request_ends (
    request  INTEGER PRIMARY KEY REFERENCES requests (request),
    ended_at INTEGER NOT NULL,
    ended_by TEXT NOT NULL,
    note     TEXT NOT NULL
) STRICT;
