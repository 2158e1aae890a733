-- Alerts of the newer rules, and mails that have no customer, have no place in the older tables.
DROP INDEX customers_merged_into_idx;
ALTER TABLE customers DROP COLUMN merged_into_id;
ALTER TABLE contacts DROP COLUMN mail_failure;
ALTER TABLE contacts DROP COLUMN mail_failed_at;
ALTER TABLE users DROP COLUMN mail_failure;
ALTER TABLE users DROP COLUMN mail_failed_at;
ALTER TABLE users DROP COLUMN nonce;
ALTER TABLE users DROP COLUMN roll_up_on;
ALTER TABLE users DROP COLUMN weekly_on;
ALTER TABLE users DROP COLUMN daily_on;
ALTER TABLE users DROP COLUMN roll_up;
ALTER TABLE users DROP COLUMN mail_budget;
ALTER TABLE users DROP COLUMN digest_weekday;
ALTER TABLE users DROP COLUMN digest_at;
ALTER TABLE users DROP COLUMN quiet_until;
ALTER TABLE users DROP COLUMN quiet_from;
ALTER TABLE users DROP COLUMN time_zone;
ALTER TABLE users DROP COLUMN mail_low;
ALTER TABLE users DROP COLUMN mail_medium;
ALTER TABLE users DROP COLUMN mail_high;
DROP TABLE digest_entries;
DROP TABLE mail_images;
DROP TABLE alert_rules;
DROP TABLE alert_events;
DROP VIEW bi_alert_outcomes;
CREATE TABLE alerts_before (
    id          INTEGER PRIMARY KEY NOT NULL,
    customer_id INTEGER NOT NULL REFERENCES customers (id),
    reason      TEXT NOT NULL,
    severity    TEXT NOT NULL,
    state       TEXT NOT NULL,
    run_id      INTEGER NOT NULL REFERENCES runs (id),
    probability REAL NOT NULL,
    previous    REAL,
    mailed_probability REAL,
    facts       TEXT NOT NULL,
    resolution  TEXT,
    version     INTEGER NOT NULL DEFAULT 1,
    opened_at   INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL,
    resolved_at INTEGER
) STRICT;
INSERT INTO alerts_before (id, customer_id, reason, severity, state, run_id, probability, previous, mailed_probability, facts, resolution, version, opened_at, updated_at, resolved_at)
SELECT id, customer_id, reason, severity, CASE state WHEN 'snoozed' THEN 'acknowledged' ELSE state END, run_id, measure, measure_before, measure_mailed,
       json_extract(facts, '$.risk'), resolution, version, opened_at, updated_at, resolved_at FROM alerts WHERE reason IN ('churn_level', 'churn_rise') AND run_id IS NOT NULL;
CREATE TABLE mails_before (
    id              INTEGER PRIMARY KEY NOT NULL,
    kind            TEXT NOT NULL,
    customer_id     INTEGER NOT NULL REFERENCES customers (id),
    alert_id        INTEGER REFERENCES alerts_before (id),
    user_id         INTEGER REFERENCES users (id),
    contact_id      INTEGER REFERENCES contacts (id),
    run_id          INTEGER REFERENCES runs (id),
    about_id        INTEGER,
    message_id      TEXT NOT NULL CONSTRAINT mails_message_id_one_key UNIQUE,
    in_reply_to     TEXT,
    to_address      TEXT NOT NULL,
    to_name         TEXT NOT NULL,
    language        TEXT NOT NULL,
    subject         TEXT NOT NULL,
    text            TEXT NOT NULL,
    html            TEXT NOT NULL,
    unsubscribe_url TEXT,
    status          TEXT NOT NULL,
    attempts        INTEGER NOT NULL DEFAULT 0,
    trying_since    INTEGER,
    next_attempt_at INTEGER NOT NULL,
    lease_until     INTEGER,
    last_error      TEXT,
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL,
    sent_at         INTEGER,
    CONSTRAINT mails_alert_once_key UNIQUE (alert_id, user_id, run_id),
    CONSTRAINT mails_has_one_recipient CHECK ((user_id IS NULL) <> (contact_id IS NULL))
) STRICT;
INSERT INTO mails_before (id, kind, customer_id, alert_id, user_id, contact_id, run_id, about_id, message_id, in_reply_to, to_address, to_name, language, subject, text, html, unsubscribe_url, status, attempts, trying_since, next_attempt_at, lease_until, last_error, created_at, updated_at, sent_at)
SELECT id, kind, customer_id, alert_id, user_id, contact_id, run_id, about_id, message_id, in_reply_to, to_address, to_name, language, subject, text, html, unsubscribe_url, status, attempts, trying_since, next_attempt_at, lease_until, last_error, created_at, updated_at, sent_at FROM mails
WHERE customer_id IS NOT NULL AND (alert_id IS NULL OR alert_id IN (SELECT id FROM alerts_before));
CREATE TABLE alert_outcomes_before (
    run_id            INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    customer_id       INTEGER NOT NULL REFERENCES customers (id),
    outcome           TEXT NOT NULL,
    alert_id          INTEGER REFERENCES alerts_before (id),
    reason            TEXT,
    severity          TEXT,
    opened_on         TEXT,
    churn_probability REAL NOT NULL,
    last_on           TEXT NOT NULL,
    silent_on         TEXT,
    warning_days      INTEGER,
    PRIMARY KEY (run_id, customer_id)
) STRICT;
INSERT INTO alert_outcomes_before SELECT * FROM alert_outcomes WHERE alert_id IS NULL OR alert_id IN (SELECT id FROM alerts_before);
DROP TABLE alert_outcomes;
DROP TABLE mails;
DROP TABLE alerts;
ALTER TABLE alerts_before RENAME TO alerts;
ALTER TABLE mails_before RENAME TO mails;
ALTER TABLE alert_outcomes_before RENAME TO alert_outcomes;
CREATE UNIQUE INDEX alerts_one_open_key ON alerts (customer_id, reason) WHERE state <> 'resolved';
CREATE INDEX alerts_updated_idx ON alerts (updated_at, id);
CREATE INDEX alerts_run_idx ON alerts (run_id);
CREATE INDEX mails_due_idx ON mails (status, next_attempt_at);
CREATE INDEX mails_user_idx ON mails (user_id);
CREATE INDEX mails_run_idx ON mails (run_id);
CREATE INDEX mails_customer_idx ON mails (customer_id);
CREATE INDEX mails_contact_idx ON mails (contact_id) WHERE contact_id IS NOT NULL;
CREATE INDEX mails_about_idx ON mails (kind, about_id) WHERE about_id IS NOT NULL;
CREATE INDEX alert_outcomes_customer_idx ON alert_outcomes (customer_id);
CREATE INDEX alert_outcomes_alert_idx ON alert_outcomes (alert_id) WHERE alert_id IS NOT NULL;
CREATE VIEW bi_alert_outcomes AS
SELECT o.run_id, r.as_of, r.horizon_weeks, s.in_time, o.customer_id, c.name AS customer_name,
       (SELECT e.system || ':' || e.external_id FROM customer_external_ids e
        WHERE e.customer_id = o.customer_id ORDER BY e.system, e.external_id LIMIT 1) AS external_id,
       c.country, k.role, c.team_id, t.name AS team,
       o.outcome, o.alert_id, o.reason, o.severity, o.opened_on,
       o.churn_probability, o.last_on, o.silent_on, o.warning_days
FROM alert_outcomes o
JOIN runs r ON r.id = o.run_id AND r.status = 'done'
JOIN run_scores s ON s.run_id = o.run_id AND s.slice = 'all'
JOIN customers c ON c.id = o.customer_id
JOIN customer_risks k ON k.run_id = o.run_id AND k.customer_id = o.customer_id
LEFT JOIN teams t ON t.id = c.team_id;
