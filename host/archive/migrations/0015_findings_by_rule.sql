-- The archive, version 15: the messages that a rule found something in, between two of them. Once released, this file never changes.

-- With the message, so that no row is read for it.
DROP INDEX findings_by_rule;
CREATE INDEX findings_by_rule ON findings (policy, rule, severity, shadow, message);
