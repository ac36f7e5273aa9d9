-- The archive, version 12: segments of the search's index. All of it can be built anew from the messages. Once released, this file never
-- changes.

-- A segment: messages of one tenant that were sent in one month and are kept until one month, under a key of its own. `month` and `ends`
-- count months from the year 0 on; `ends` is absent where no end was decided on when it was built.
CREATE TABLE search_segments (
    segment       INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant        TEXT NOT NULL,
    month         INTEGER NOT NULL,
    ends          INTEGER,
    first_message INTEGER NOT NULL,
    last_message  INTEGER NOT NULL CHECK (last_message >= first_message),
    messages      INTEGER NOT NULL CHECK (messages > 0),
    pages         INTEGER NOT NULL CHECK (pages BETWEEN 1 AND 65536),
    key_version   INTEGER NOT NULL,
    key           BLOB NOT NULL CHECK (length(key) = 40)
) STRICT;

-- Its pages, each sealed. `place` is 65,536 times the segment's number, and the page's.
CREATE TABLE search_pages (
    place  INTEGER PRIMARY KEY,
    sealed BLOB NOT NULL
) STRICT;

-- Up to which message all are in a segment, or in `search_pending`, or were disposed of.
CREATE TABLE search_progress (
    progress INTEGER PRIMARY KEY CHECK (progress = 1),
    message  INTEGER NOT NULL
) STRICT;
INSERT INTO search_progress (progress, message) VALUES (1, 0);

-- Messages up to there that are in no segment: theirs went with another message's disposal, or they could not be opened.
CREATE TABLE search_pending (
    message    INTEGER PRIMARY KEY,
    unreadable INTEGER NOT NULL CHECK (unreadable IN (0, 1))
) STRICT;
CREATE INDEX search_pending_readable ON search_pending (message) WHERE unreadable = 0;
