-- Warnings, and the mails that carry them: written together with their cause.

CREATE TABLE alerts (
    id          INTEGER PRIMARY KEY NOT NULL,
    customer_id INTEGER NOT NULL REFERENCES customers (id),
    reason      TEXT NOT NULL,                 -- churn_level, churn_rise
    severity    TEXT NOT NULL,                 -- high, medium
    state       TEXT NOT NULL,                 -- open, acknowledged, resolved
    run_id      INTEGER NOT NULL REFERENCES runs (id),  -- that wrote it last
    probability REAL NOT NULL,               -- churn probability in that run
    previous    REAL,                        -- in the run before
    mailed_probability REAL,                 -- in the last mail: a step up from it warns again
    facts       TEXT NOT NULL,                 -- JSON: what the mail says
    resolution  TEXT,                          -- by a person: acted, false_alarm, lost, expired; by rule: recovered, superseded, customer_deleted
    version     INTEGER NOT NULL DEFAULT 1,
    opened_at   INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL,
    resolved_at INTEGER
) STRICT;
CREATE UNIQUE INDEX alerts_one_open_key ON alerts (customer_id, reason) WHERE state <> 'resolved';
CREATE INDEX alerts_updated_idx ON alerts (updated_at, id);
CREATE INDEX alerts_run_idx ON alerts (run_id);

CREATE TABLE mails (
    id              INTEGER PRIMARY KEY NOT NULL,
    alert_id        INTEGER NOT NULL REFERENCES alerts (id),
    user_id         INTEGER NOT NULL REFERENCES users (id),
    run_id          INTEGER NOT NULL REFERENCES runs (id),
    message_id      TEXT NOT NULL CONSTRAINT mails_message_id_key UNIQUE,
    in_reply_to     TEXT,                      -- the first mail of the alert's thread
    to_address      TEXT NOT NULL,
    to_name         TEXT NOT NULL,
    language        TEXT NOT NULL,
    subject         TEXT NOT NULL,
    text            TEXT NOT NULL,
    html            TEXT NOT NULL,
    status          TEXT NOT NULL,             -- queued, sent, dead
    attempts        INTEGER NOT NULL DEFAULT 0,
    trying_since    INTEGER,                    -- first attempt; a mail that fails for too long is given up
    next_attempt_at INTEGER NOT NULL,
    lease_until     INTEGER,                    -- a worker has it until then
    last_error      TEXT,
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL,
    sent_at         INTEGER,
    CONSTRAINT mails_once_key UNIQUE (alert_id, user_id, run_id)
) STRICT;
CREATE INDEX mails_due_idx ON mails (status, next_attempt_at);
CREATE INDEX mails_user_idx ON mails (user_id);
CREATE INDEX mails_run_idx ON mails (run_id);
