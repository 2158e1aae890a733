-- Alerts of every kind, their life, and how people want to be told.

DROP VIEW bi_alert_outcomes;
CREATE TABLE alerts_anew (
    id              INTEGER PRIMARY KEY NOT NULL,
    customer_id     INTEGER REFERENCES customers (id),  -- NULL: about our own data
    reason          TEXT NOT NULL,             -- the rule that opened it
    subject         TEXT NOT NULL DEFAULT 'customer',  -- what of the customer: customer, partner:7, complaint:3, import:KIND …
    severity        TEXT NOT NULL,             -- high, medium, low
    state           TEXT NOT NULL,             -- open, acknowledged, snoozed, resolved
    owner_id        INTEGER REFERENCES users (id),      -- who is at it
    snoozed_until   INTEGER,
    run_id          INTEGER REFERENCES runs (id),       -- that wrote it last; NULL: the daily check did
    measure         REAL NOT NULL,           -- what the rule measures, in the rule's unit; larger is worse
    measure_before  REAL,                    -- in the run before
    measure_mailed  REAL,                    -- in the last mail: a step up from it warns again
    facts           TEXT NOT NULL,             -- JSON: what the mail says
    resolution      TEXT,                      -- by a person: acted, false_alarm, lost, expired; by rule: recovered, superseded, customer_deleted, merged
    reopened        INTEGER NOT NULL DEFAULT 0,  -- how often it was opened again
    nonce           TEXT NOT NULL DEFAULT '',  -- of the links in its mails
    version         INTEGER NOT NULL DEFAULT 1,
    opened_at       INTEGER NOT NULL,
    acknowledged_at INTEGER,
    updated_at      INTEGER NOT NULL,
    resolved_at     INTEGER,
    came_back_at    INTEGER                    -- its measure was below the level again, after a person had resolved it
) STRICT;
INSERT INTO alerts_anew (id, customer_id, reason, subject, severity, state, run_id, measure, measure_before, measure_mailed, facts,
                         resolution, version, opened_at, updated_at, resolved_at)
SELECT id, customer_id, reason, 'customer', severity, state, run_id, probability, previous, mailed_probability, json_object('as_of', json_extract(facts, '$.as_of'), 'customer_name', json_extract(facts, '$.customer_name'),
       'team', json_extract(facts, '$.team'), 'next_step', json_extract(facts, '$.next_step'), 'due', json_extract(facts, '$.due'),
       'warning', CASE reason WHEN 'churn_rise' THEN json_object('reason', reason, 'step', json_extract(facts, '$.limit'),
       'from', json_extract(facts, '$.rose_from')) ELSE json_object('reason', reason, 'level', json_extract(facts, '$.limit')) END,
       'risk', json(facts), 'course', json_array()), resolution, version, opened_at, updated_at, resolved_at
FROM alerts;
CREATE TABLE mails_anew (
    id              INTEGER PRIMARY KEY NOT NULL,
    kind            TEXT NOT NULL,              -- alert, digest, roll_up, survey, survey_reminder, complaint
    customer_id     INTEGER REFERENCES customers (id),  -- that it is about; NULL: about several, or our own data
    alert_id        INTEGER REFERENCES alerts_anew (id),
    user_id         INTEGER REFERENCES users (id),      -- one of our own people, or
    contact_id      INTEGER REFERENCES contacts (id),   -- a person at the customer
    run_id          INTEGER REFERENCES runs (id),       -- that wrote it, for alerts
    about_id        INTEGER,                      -- the invitation or the complaint, by kind
    message_id      TEXT NOT NULL CONSTRAINT mails_message_id_unique_key UNIQUE,
    in_reply_to     TEXT,                      -- the mail before it in the thread
    reply_chain     TEXT,                      -- all mails before it in the thread, the first one first, for References
    to_address      TEXT NOT NULL,
    to_name         TEXT NOT NULL,
    language        TEXT NOT NULL,
    subject         TEXT NOT NULL,
    text            TEXT NOT NULL,
    html            TEXT NOT NULL,
    unsubscribe_url TEXT,                      -- for List-Unsubscribe (RFC 8058)
    status          TEXT NOT NULL,             -- queued, sent, dead
    attempts        INTEGER NOT NULL DEFAULT 0,
    trying_since    INTEGER,                    -- first attempt; a mail that fails for too long is given up
    next_attempt_at INTEGER NOT NULL,
    lease_until     INTEGER,                    -- a worker has it until then
    last_error      TEXT,
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL,
    sent_at         INTEGER,
    bounced_at      INTEGER,                    -- a delivery status notification said it did not arrive
    bounce          TEXT,                      -- what that said
    CONSTRAINT mails_to_one_recipient CHECK ((user_id IS NULL) <> (contact_id IS NULL))
) STRICT;
INSERT INTO mails_anew (id, kind, customer_id, alert_id, user_id, contact_id, run_id, about_id, message_id, in_reply_to, to_address, to_name, language, subject, text, html, unsubscribe_url, status, attempts, trying_since, next_attempt_at, lease_until, last_error, created_at, updated_at, sent_at)
SELECT id, kind, customer_id, alert_id, user_id, contact_id, run_id, about_id, message_id, in_reply_to, to_address, to_name, language, subject, text, html, unsubscribe_url, status, attempts, trying_since, next_attempt_at, lease_until, last_error, created_at, updated_at, sent_at FROM mails;
CREATE TABLE alert_outcomes_anew (
    run_id            INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    customer_id       INTEGER NOT NULL REFERENCES customers (id),
    outcome           TEXT NOT NULL,           -- right, wrong, missed
    alert_id          INTEGER REFERENCES alerts_anew (id),  -- NULL: missed
    reason            TEXT,                    -- of the alert, and so the next two
    severity          TEXT,
    opened_on         TEXT,
    churn_probability REAL NOT NULL,  -- in the run
    last_on           TEXT NOT NULL,           -- last shipping day that the run knew
    silent_on         TEXT,                    -- last_on and a horizon: from then the loss is certain
    warning_days      INTEGER,                  -- from opened_on to silent_on
    PRIMARY KEY (run_id, customer_id)
) STRICT;
INSERT INTO alert_outcomes_anew SELECT * FROM alert_outcomes;
DROP TABLE alert_outcomes;
DROP TABLE mails;
DROP TABLE alerts;
ALTER TABLE alerts_anew RENAME TO alerts;
ALTER TABLE mails_anew RENAME TO mails;
ALTER TABLE alert_outcomes_anew RENAME TO alert_outcomes;
CREATE UNIQUE INDEX alerts_one_open_key ON alerts (COALESCE(customer_id, 0), reason, subject) WHERE state <> 'resolved';
CREATE INDEX alerts_customer_idx ON alerts (customer_id);
CREATE INDEX alerts_updated_idx ON alerts (updated_at, id);
CREATE INDEX alerts_run_idx ON alerts (run_id);
CREATE INDEX alerts_owner_idx ON alerts (owner_id) WHERE owner_id IS NOT NULL;
CREATE INDEX mails_due_idx ON mails (status, next_attempt_at);
CREATE INDEX mails_user_idx ON mails (user_id);
CREATE INDEX mails_run_idx ON mails (run_id);
CREATE INDEX mails_alert_idx ON mails (alert_id) WHERE alert_id IS NOT NULL;
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

CREATE TABLE alert_events (
    id       INTEGER PRIMARY KEY NOT NULL,
    alert_id INTEGER NOT NULL REFERENCES alerts (id),
    at       INTEGER NOT NULL,
    actor    TEXT NOT NULL,                    -- run:7, check, cli, key:3, user:5
    deed     TEXT NOT NULL,                    -- opened, updated, worsened, reopened, acknowledged, snoozed, woken, assigned, resolved, merged
    state    TEXT NOT NULL,                    -- after it
    severity TEXT NOT NULL,
    measure  REAL,
    run_id   INTEGER REFERENCES runs (id),
    detail   TEXT                              -- JSON: until when, to whom, why
) STRICT;
CREATE INDEX alert_events_alert_idx ON alert_events (alert_id, id);
CREATE INDEX alert_events_run_idx ON alert_events (run_id) WHERE run_id IS NOT NULL;

-- What a team set otherwise than the defaults; team_id NULL: for everybody.
CREATE TABLE alert_rules (
    id             INTEGER PRIMARY KEY NOT NULL,
    team_id        INTEGER REFERENCES teams (id),
    reason         TEXT NOT NULL,
    enabled        INTEGER NOT NULL,
    level          REAL NOT NULL,            -- opens from here
    high           REAL NOT NULL,            -- severity high from here
    step           REAL NOT NULL,            -- a worsening that is told again
    hysteresis     REAL NOT NULL,            -- how far below the level it ends
    cool_down_days INTEGER NOT NULL,             -- no new alert for so long after one was resolved
    version        INTEGER NOT NULL DEFAULT 1,
    created_at     INTEGER NOT NULL,
    updated_at     INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX alert_rules_one_key ON alert_rules (COALESCE(team_id, 0), reason);
CREATE INDEX alert_rules_team_idx ON alert_rules (team_id);

-- Pictures that stand in a mail, sent along with it.
CREATE TABLE mail_images (
    mail_id    INTEGER NOT NULL REFERENCES mails (id) ON DELETE CASCADE,
    content_id TEXT NOT NULL,                  -- without its angle brackets
    alt        TEXT NOT NULL,
    png        BLOB NOT NULL,
    PRIMARY KEY (mail_id, content_id)
) STRICT;

-- What a person's next digest is to tell.
CREATE TABLE digest_entries (
    id         INTEGER PRIMARY KEY NOT NULL,
    user_id    INTEGER NOT NULL REFERENCES users (id),
    alert_id   INTEGER NOT NULL REFERENCES alerts (id),
    deed       TEXT NOT NULL,                  -- opened, worsened, reopened
    frequency  TEXT NOT NULL,                  -- daily, weekly: the digest that it waits for
    why        TEXT NOT NULL,                  -- preference, budget, bounced
    severity   TEXT NOT NULL,
    measure    REAL NOT NULL,
    created_at INTEGER NOT NULL,
    mail_id    INTEGER REFERENCES mails (id)     -- the digest that told it
) STRICT;
CREATE INDEX digest_entries_waiting_idx ON digest_entries (user_id) WHERE mail_id IS NULL;
CREATE INDEX digest_entries_alert_idx ON digest_entries (alert_id);
CREATE INDEX digest_entries_mail_idx ON digest_entries (mail_id) WHERE mail_id IS NOT NULL;

ALTER TABLE users ADD COLUMN mail_high TEXT NOT NULL DEFAULT 'real_time';  -- never, real_time, daily, weekly
ALTER TABLE users ADD COLUMN mail_medium TEXT NOT NULL DEFAULT 'real_time';
ALTER TABLE users ADD COLUMN mail_low TEXT NOT NULL DEFAULT 'daily';
ALTER TABLE users ADD COLUMN time_zone TEXT;  -- IANA name; NULL: the instance's
ALTER TABLE users ADD COLUMN quiet_from INTEGER;  -- minute of the day
ALTER TABLE users ADD COLUMN quiet_until INTEGER;
ALTER TABLE users ADD COLUMN digest_at INTEGER NOT NULL DEFAULT 420;  -- minute of the day
ALTER TABLE users ADD COLUMN digest_weekday INTEGER NOT NULL DEFAULT 1;  -- 1 Monday to 7 Sunday
ALTER TABLE users ADD COLUMN mail_budget INTEGER DEFAULT 30;  -- real-time mails a calendar month; NULL: no limit
ALTER TABLE users ADD COLUMN roll_up TEXT NOT NULL DEFAULT 'never';  -- of the team: never, daily, weekly
ALTER TABLE users ADD COLUMN daily_on TEXT;  -- the last day whose digest was looked for
ALTER TABLE users ADD COLUMN weekly_on TEXT;
ALTER TABLE users ADD COLUMN roll_up_on TEXT;
ALTER TABLE users ADD COLUMN nonce TEXT NOT NULL DEFAULT '';  -- of the links that end mails
ALTER TABLE users ADD COLUMN mail_failed_at INTEGER;  -- mails to the address come back since
ALTER TABLE users ADD COLUMN mail_failure TEXT;
ALTER TABLE contacts ADD COLUMN mail_failed_at INTEGER;
ALTER TABLE contacts ADD COLUMN mail_failure TEXT;
-- The customer that it was merged into; it is deleted then.
ALTER TABLE customers ADD COLUMN merged_into_id INTEGER REFERENCES customers (id);
CREATE INDEX customers_merged_into_idx ON customers (merged_into_id) WHERE merged_into_id IS NOT NULL;
