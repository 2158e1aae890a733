-- Who may do what: teams and users of our own, API keys, the audit log, remembered answers.
-- Times are UTC (microseconds since 1970 where the column is an integer).

CREATE TABLE teams (
    id          INTEGER PRIMARY KEY NOT NULL,
    name        TEXT NOT NULL CONSTRAINT teams_name_key UNIQUE,
    version     INTEGER NOT NULL DEFAULT 1,      -- goes up with every change; the ETag
    created_at  INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL,
    deleted_at  INTEGER
) STRICT;

-- Our own people, who receive alerts. A user without a team hears of every customer.
CREATE TABLE users (
    id          INTEGER PRIMARY KEY NOT NULL,
    name        TEXT NOT NULL,
    email       TEXT NOT NULL CONSTRAINT users_email_key UNIQUE,  -- lower case
    language    TEXT NOT NULL,                 -- BCP 47: en or zh
    team_id     INTEGER REFERENCES teams (id),
    mail_alerts INTEGER NOT NULL DEFAULT 1,  -- whether alert mails are sent at all
    version     INTEGER NOT NULL DEFAULT 1,
    created_at  INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL,
    deleted_at  INTEGER
) STRICT;
CREATE INDEX users_team_idx ON users (team_id);

CREATE TABLE api_keys (
    id           INTEGER PRIMARY KEY NOT NULL,
    name         TEXT NOT NULL,
    prefix       TEXT NOT NULL,                -- first characters, to recognise it by
    hash         TEXT NOT NULL CONSTRAINT api_keys_hash_key UNIQUE,  -- SHA-256 of the whole key, hex
    scopes       TEXT NOT NULL,                -- words with commas: read, write, admin, bi
    team_ids     TEXT,                         -- JSON list of team ids; NULL: every customer
    expires_at   INTEGER,
    revoked_at   INTEGER,
    last_used_at INTEGER,                       -- to the minute
    created_at   INTEGER NOT NULL
) STRICT;

CREATE TABLE audit_log (
    id          INTEGER PRIMARY KEY NOT NULL,
    at          INTEGER NOT NULL,
    actor       TEXT NOT NULL,                 -- key:ID or cli
    action      TEXT NOT NULL,                 -- created, updated, deleted, imported, …
    entity      TEXT NOT NULL,
    entity_id   INTEGER,
    request_id  TEXT,
    detail      TEXT                           -- JSON
) STRICT;
CREATE INDEX audit_log_entity_idx ON audit_log (entity, entity_id);
CREATE INDEX audit_log_at_idx ON audit_log (at);

-- Answers remembered for repeated POSTs, 24 hours long.
CREATE TABLE idempotency_keys (
    key_id       INTEGER NOT NULL REFERENCES api_keys (id) ON DELETE CASCADE,
    idem_key     TEXT NOT NULL,
    fingerprint  TEXT NOT NULL,                -- SHA-256 of method, path and body, hex
    status       INTEGER,                        -- NULL while the first request is in flight
    content_type TEXT,
    location     TEXT,
    body         TEXT,
    created_at   INTEGER NOT NULL,
    PRIMARY KEY (key_id, idem_key)
) STRICT;
CREATE INDEX idempotency_keys_created_idx ON idempotency_keys (created_at);
