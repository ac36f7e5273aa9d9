-- The archive, version 19: what people are to look at, and what they said of it. Once released, this file never changes.

-- One row for each message and rule, or for a message that waits. Rows never go: who decided what, and when, outlives the message.
-- `severity` is 1 (low) to 4 (critical), and 0 of a held message. What would say who wrote, and where, goes with the message.
CREATE TABLE alerts (
    alert        INTEGER PRIMARY KEY,
    message      INTEGER NOT NULL,
    stream       INTEGER NOT NULL REFERENCES streams,
    kind         TEXT NOT NULL CHECK (kind IN ('finding', 'held')),
    policy       INTEGER REFERENCES policies,
    rule         TEXT,
    severity     INTEGER NOT NULL CHECK (severity BETWEEN 0 AND 4),
    department   TEXT,
    conversation INTEGER REFERENCES conversations,
    sender       INTEGER REFERENCES parties,
    sent_at      INTEGER NOT NULL,
    opened_at    INTEGER NOT NULL,
    due_at       INTEGER NOT NULL CHECK (due_at >= opened_at),
    state        TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'closed')),
    escalated    INTEGER NOT NULL DEFAULT 0 CHECK (escalated IN (0, 1)),
    superseded   INTEGER NOT NULL DEFAULT 0 CHECK (superseded IN (0, 1)),
    assignee     TEXT,
    decision     TEXT CHECK (decision IN ('no-issue', 'violation', 'false-positive', 'escalate', 'unclear')),
    decided_by   TEXT,
    decided_at   INTEGER,
    version      INTEGER NOT NULL DEFAULT 0,
    CHECK ((kind = 'finding') = (policy IS NOT NULL) AND (policy IS NULL) = (rule IS NULL) AND (kind = 'held') = (severity = 0)),
    CHECK ((decision IS NULL) = (decided_by IS NULL) AND (decision IS NULL) = (decided_at IS NULL))
) STRICT;

CREATE UNIQUE INDEX alerts_by_message ON alerts (message, coalesce(policy, 0), coalesce(rule, ''));
-- What the lists ask for stands in this one: all of it is counted without a look at the rows.
CREATE INDEX alerts_by_due ON alerts (state, due_at, alert, stream, kind, severity, escalated, assignee, department, policy, rule,
                                      conversation, sent_at, opened_at);
CREATE INDEX alerts_by_opened ON alerts (state, opened_at, alert);
CREATE INDEX alerts_by_severity ON alerts (state, severity DESC, due_at, alert);
CREATE INDEX alerts_decided ON alerts (conversation, policy, rule, decided_at) WHERE decision IS NOT NULL;

CREATE TRIGGER alerts_stay BEFORE UPDATE OF alert, message, stream, kind, policy, rule, department, sent_at, opened_at, due_at ON alerts
BEGIN SELECT raise(ABORT, 'what an alert is about never changes'); END;
CREATE TRIGGER alerts_never_go BEFORE DELETE ON alerts
BEGIN SELECT raise(ABORT, 'an alert is never taken out'); END;

-- What became of alerts. `version` counts those of one alert, from 1; `severity` is what it had then; `comment` is SHA-256 of the comment as
-- it was sealed.
CREATE TABLE reviews (
    review   INTEGER PRIMARY KEY,
    alert    INTEGER NOT NULL REFERENCES alerts,
    version  INTEGER NOT NULL,
    at       INTEGER NOT NULL,
    who      TEXT NOT NULL,
    act      TEXT NOT NULL CHECK (act IN ('assigned', 'decided', 'escalated', 'undone', 'commented', 'reopened', 'released',
                                          'withdrawn', 'disposed')),
    decision TEXT CHECK (decision IN ('no-issue', 'violation', 'false-positive', 'escalate', 'unclear')),
    reason   TEXT,
    assignee TEXT,
    severity INTEGER NOT NULL,
    comment  BLOB CHECK (comment IS NULL OR length(comment) = 32),
    UNIQUE (alert, version),
    CHECK ((act IN ('decided', 'escalated')) = (decision IS NOT NULL) AND (act = 'escalated') = (decision IS 'escalate'))
) STRICT;

CREATE TRIGGER reviews_never_change BEFORE UPDATE ON reviews
BEGIN SELECT raise(ABORT, 'a review never changes'); END;
CREATE TRIGGER reviews_never_go BEFORE DELETE ON reviews
BEGIN SELECT raise(ABORT, 'a review is never taken out'); END;

-- What reviewers wrote, each under the key of the message, and gone with it.
CREATE TABLE review_comments (
    review  INTEGER PRIMARY KEY REFERENCES reviews,
    message INTEGER NOT NULL REFERENCES envelopes,
    sealed  BLOB NOT NULL
) STRICT;

CREATE INDEX review_comments_by_message ON review_comments (message);

-- How many messages arrived, by hours since 1970. Disposals take nothing from it.
CREATE TABLE intake (
    hour     INTEGER NOT NULL,
    stream   INTEGER NOT NULL REFERENCES streams,
    messages INTEGER NOT NULL,
    PRIMARY KEY (hour, stream)
) STRICT, WITHOUT ROWID;

-- What was found before, as it would have been: from medium on, and to be answered within a day. Archives of before version 5 have no findings
-- here yet; the program does the same for them when they are moved.
INSERT INTO alerts (message, stream, kind, policy, rule, severity, conversation, sender, sent_at, opened_at, due_at)
SELECT f.message, e.stream, 'finding', f.policy, f.rule,
       max(CASE f.severity WHEN 'medium' THEN 2 WHEN 'high' THEN 3 ELSE 4 END),
       e.conversation, e.sender, e.sent_at, e.received_at, e.received_at + 86400000
FROM findings f JOIN envelopes e USING (message) WHERE f.shadow = 0 AND f.severity <> 'low'
GROUP BY f.message, f.policy, f.rule ORDER BY f.message, f.policy, f.rule;

INSERT INTO alerts (message, stream, kind, severity, conversation, sender, sent_at, opened_at, due_at)
SELECT h.message, e.stream, 'held', 0, e.conversation, e.sender, e.sent_at, e.received_at, e.received_at + 86400000
FROM held_messages h JOIN envelopes e USING (message) WHERE h.released_at IS NULL ORDER BY h.message;

INSERT INTO intake (hour, stream, messages)
SELECT received_at / 3600000, stream, count(*) FROM envelopes GROUP BY 1, 2;
