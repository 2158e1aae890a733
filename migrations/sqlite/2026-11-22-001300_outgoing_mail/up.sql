-- Mail goes to our own people and to customers' contacts: about alerts, surveys and complaints.

CREATE TABLE mails_anew (
    id              INTEGER PRIMARY KEY NOT NULL,
    kind            TEXT NOT NULL,              -- alert, survey, survey_reminder, complaint
    customer_id     INTEGER NOT NULL REFERENCES customers (id),  -- that it is about
    alert_id        INTEGER REFERENCES alerts (id),
    user_id         INTEGER REFERENCES users (id),      -- one of our own people, or
    contact_id      INTEGER REFERENCES contacts (id),   -- a person at the customer
    run_id          INTEGER REFERENCES runs (id),       -- that wrote it, for alerts
    about_id        INTEGER,                      -- the invitation or the complaint, by kind
    message_id      TEXT NOT NULL CONSTRAINT mails_message_id_one_key UNIQUE,
    in_reply_to     TEXT,                      -- the first mail of the thread
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
    CONSTRAINT mails_alert_once_key UNIQUE (alert_id, user_id, run_id),
    CONSTRAINT mails_has_one_recipient CHECK ((user_id IS NULL) <> (contact_id IS NULL))
) STRICT;
INSERT INTO mails_anew (id, kind, customer_id, alert_id, user_id, run_id, message_id, in_reply_to, to_address, to_name,
                        language, subject, text, html, status, attempts, trying_since, next_attempt_at, lease_until,
                        last_error, created_at, updated_at, sent_at)
SELECT m.id, 'alert', a.customer_id, m.alert_id, m.user_id, m.run_id, m.message_id, m.in_reply_to, m.to_address, m.to_name,
       m.language, m.subject, m.text, m.html, m.status, m.attempts, m.trying_since, m.next_attempt_at, m.lease_until,
       m.last_error, m.created_at, m.updated_at, m.sent_at
FROM mails m JOIN alerts a ON a.id = m.alert_id;
DROP TABLE mails;
ALTER TABLE mails_anew RENAME TO mails;
CREATE INDEX mails_due_idx ON mails (status, next_attempt_at);
CREATE INDEX mails_user_idx ON mails (user_id);
CREATE INDEX mails_run_idx ON mails (run_id);
CREATE INDEX mails_customer_idx ON mails (customer_id);
CREATE INDEX mails_contact_idx ON mails (contact_id) WHERE contact_id IS NOT NULL;
CREATE INDEX mails_about_idx ON mails (kind, about_id) WHERE about_id IS NOT NULL;

-- Whether a contact may be asked for an opinion; NULL: nobody has said.
ALTER TABLE contacts ADD COLUMN survey_consent TEXT;  -- given, refused
ALTER TABLE contacts ADD COLUMN survey_consent_at INTEGER;

-- What the instance signs with; made at random when first needed.
CREATE TABLE instance_secrets (
    name       TEXT PRIMARY KEY NOT NULL,
    value      TEXT NOT NULL,                  -- base64
    created_at INTEGER NOT NULL
) STRICT;
