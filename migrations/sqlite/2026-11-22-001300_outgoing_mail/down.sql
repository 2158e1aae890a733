DROP TABLE instance_secrets;
ALTER TABLE contacts DROP COLUMN survey_consent_at;
ALTER TABLE contacts DROP COLUMN survey_consent;
CREATE TABLE mails_before (
    id              INTEGER PRIMARY KEY NOT NULL,
    alert_id        INTEGER NOT NULL REFERENCES alerts (id),
    user_id         INTEGER NOT NULL REFERENCES users (id),
    run_id          INTEGER NOT NULL REFERENCES runs (id),
    message_id      TEXT NOT NULL CONSTRAINT mails_message_id_key UNIQUE,
    in_reply_to     TEXT,
    to_address      TEXT NOT NULL,
    to_name         TEXT NOT NULL,
    language        TEXT NOT NULL,
    subject         TEXT NOT NULL,
    text            TEXT NOT NULL,
    html            TEXT NOT NULL,
    status          TEXT NOT NULL,
    attempts        INTEGER NOT NULL DEFAULT 0,
    trying_since    INTEGER,
    next_attempt_at INTEGER NOT NULL,
    lease_until     INTEGER,
    last_error      TEXT,
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL,
    sent_at         INTEGER,
    CONSTRAINT mails_once_key UNIQUE (alert_id, user_id, run_id)
) STRICT;
INSERT INTO mails_before
SELECT id, alert_id, user_id, run_id, message_id, in_reply_to, to_address, to_name, language, subject, text, html, status,
       attempts, trying_since, next_attempt_at, lease_until, last_error, created_at, updated_at, sent_at
FROM mails WHERE kind = 'alert';
DROP TABLE mails;
ALTER TABLE mails_before RENAME TO mails;
CREATE INDEX mails_due_idx ON mails (status, next_attempt_at);
CREATE INDEX mails_user_idx ON mails (user_id);
CREATE INDEX mails_run_idx ON mails (run_id);
