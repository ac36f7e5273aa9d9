-- The archive, version 18: people who sign in, what they may do, and their sessions. Once released, this file never changes.

-- A name is given once. What changes of a user stands in rows of its own.
CREATE TABLE users (
    user          INTEGER PRIMARY KEY,
    name          TEXT NOT NULL UNIQUE CHECK (length(name) > 0),
    display       TEXT NOT NULL CHECK (length(display) > 0),
    person_tenant TEXT,
    person        TEXT,
    added_at      INTEGER NOT NULL,
    added_by      TEXT NOT NULL,
    CHECK ((person_tenant IS NULL) = (person IS NULL))
) STRICT;

-- Passwords as they were set. The last one counts, and it alone has its hash; `digest` is SHA-256 of that, and stays.
CREATE TABLE user_passwords (
    password    INTEGER PRIMARY KEY,
    user        INTEGER NOT NULL REFERENCES users (user),
    digest      BLOB NOT NULL CHECK (length(digest) = 32),
    hash        TEXT,
    must_change INTEGER NOT NULL CHECK (must_change IN (0, 1)),
    set_at      INTEGER NOT NULL,
    set_by      TEXT NOT NULL
) STRICT;
CREATE INDEX user_passwords_user ON user_passwords (user);

-- Each time that a user was disabled or enabled. The last row counts; without any the user is enabled.
CREATE TABLE user_states (
    state      INTEGER PRIMARY KEY,
    user       INTEGER NOT NULL REFERENCES users (user),
    disabled   INTEGER NOT NULL CHECK (disabled IN (0, 1)),
    changed_at INTEGER NOT NULL,
    changed_by TEXT NOT NULL
) STRICT;
CREATE INDEX user_states_user ON user_states (user);

-- Roles as they were given: for a tenant or for all, and within a tenant for departments, a list as JSON; empty: for all of them.
CREATE TABLE user_roles (
    given       INTEGER PRIMARY KEY,
    user        INTEGER NOT NULL REFERENCES users (user),
    role        TEXT NOT NULL,
    tenant      TEXT,
    departments TEXT NOT NULL,
    given_at    INTEGER NOT NULL,
    given_by    TEXT NOT NULL,
    ended_at    INTEGER,
    ended_by    TEXT,
    CHECK ((ended_at IS NULL) = (ended_by IS NULL))
) STRICT;
CREATE INDEX user_roles_user ON user_roles (user) WHERE ended_at IS NULL;

-- Second factors: secrets of time-based codes, each sealed under a key of its own; both go when it is removed. `digest` is SHA-256 of what
-- was sealed, and stays.
CREATE TABLE user_totp (
    totp        INTEGER PRIMARY KEY,
    user        INTEGER NOT NULL REFERENCES users (user),
    set_at      INTEGER NOT NULL,
    set_by      TEXT NOT NULL,
    digest      BLOB NOT NULL CHECK (length(digest) = 32),
    key_version INTEGER,
    key         BLOB CHECK (key IS NULL OR length(key) = 40),
    sealed      BLOB,
    removed_at  INTEGER,
    removed_by  TEXT,
    CHECK ((removed_at IS NULL) = (removed_by IS NULL)),
    CHECK ((sealed IS NULL) = (removed_at IS NOT NULL) AND (key IS NULL) = (sealed IS NULL) AND (key_version IS NULL) = (key IS NULL))
) STRICT;
CREATE UNIQUE INDEX user_totp_user ON user_totp (user) WHERE removed_at IS NULL;

-- The time step of the last code that counted, so that none counts twice.
CREATE TABLE totp_steps (
    user INTEGER PRIMARY KEY REFERENCES users (user),
    step INTEGER NOT NULL
) STRICT;

-- Sessions: `token` is SHA-256 of what the browser has. One ends by a row's own columns, or when its time is over.
CREATE TABLE sessions (
    session   INTEGER PRIMARY KEY,
    token     BLOB NOT NULL UNIQUE CHECK (length(token) = 32),
    user      INTEGER NOT NULL REFERENCES users (user),
    opened_at INTEGER NOT NULL,
    ends_at   INTEGER NOT NULL,
    ended_at  INTEGER,
    ended_by  TEXT,
    why       TEXT,
    CHECK ((ended_at IS NULL) = (ended_by IS NULL) AND (ended_at IS NULL) = (why IS NULL))
) STRICT;
CREATE INDEX sessions_user ON sessions (user, opened_at);
