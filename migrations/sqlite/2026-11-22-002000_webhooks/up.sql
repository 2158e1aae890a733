-- Webhooks (Standard Webhooks 1.0): who is told of what, and what came of it.

CREATE TABLE webhook_endpoints (
    id               INTEGER PRIMARY KEY NOT NULL,
    name             TEXT NOT NULL,
    url              TEXT NOT NULL,
    events           TEXT NOT NULL,            -- JSON: types it wants; empty: all
    envelope         TEXT NOT NULL,            -- plain, cloudevents
    team_id          INTEGER REFERENCES teams (id),     -- hears of this team's customers only; NULL: of all
    secret           TEXT NOT NULL,            -- whsec_…
    old_secret       TEXT,                     -- signs as well until old_secret_until
    old_secret_until INTEGER,
    status           TEXT NOT NULL,            -- active, paused, disabled
    disabled_reason  TEXT,                     -- why it was disabled: gone, failing
    failing_since    INTEGER,                   -- every attempt since then failed
    version          INTEGER NOT NULL DEFAULT 1,
    created_at       INTEGER NOT NULL,
    updated_at       INTEGER NOT NULL,
    deleted_at       INTEGER
) STRICT;
CREATE INDEX webhook_endpoints_team_idx ON webhook_endpoints (team_id);
CREATE INDEX webhook_endpoints_updated_idx ON webhook_endpoints (updated_at, id);

CREATE TABLE webhook_events (
    id          INTEGER PRIMARY KEY NOT NULL,
    uid         TEXT NOT NULL CONSTRAINT webhook_events_uid_key UNIQUE,  -- webhook-id, the same in every attempt
    type        TEXT NOT NULL,                 -- alert.opened, run.done …
    customer_id INTEGER REFERENCES customers (id),
    team_id     INTEGER REFERENCES teams (id),   -- the customer's when it happened
    data        TEXT NOT NULL,                 -- JSON
    occurred_at INTEGER NOT NULL
) STRICT;
CREATE INDEX webhook_events_customer_idx ON webhook_events (customer_id) WHERE customer_id IS NOT NULL;
CREATE INDEX webhook_events_team_idx ON webhook_events (team_id) WHERE team_id IS NOT NULL;
CREATE INDEX webhook_events_occurred_idx ON webhook_events (occurred_at);

CREATE TABLE webhook_deliveries (
    id              INTEGER PRIMARY KEY NOT NULL,
    event_id        INTEGER NOT NULL REFERENCES webhook_events (id) ON DELETE CASCADE,
    endpoint_id     INTEGER NOT NULL REFERENCES webhook_endpoints (id),
    status          TEXT NOT NULL,             -- queued, delivered, dead
    attempts        INTEGER NOT NULL DEFAULT 0,
    trying_since    INTEGER,
    next_attempt_at INTEGER NOT NULL,
    lease_until     INTEGER,
    last_error      TEXT,
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL,
    delivered_at    INTEGER,
    CONSTRAINT webhook_deliveries_once_key UNIQUE (event_id, endpoint_id)
) STRICT;
CREATE INDEX webhook_deliveries_due_idx ON webhook_deliveries (status, next_attempt_at);
CREATE INDEX webhook_deliveries_endpoint_idx ON webhook_deliveries (endpoint_id, id);
-- Whether somebody is at an endpoint: asked for every delivery that is due.
CREATE INDEX webhook_deliveries_leased_idx ON webhook_deliveries (endpoint_id) WHERE lease_until IS NOT NULL;

CREATE TABLE webhook_attempts (
    id          INTEGER PRIMARY KEY NOT NULL,
    delivery_id INTEGER NOT NULL REFERENCES webhook_deliveries (id) ON DELETE CASCADE,
    at          INTEGER NOT NULL,
    code        INTEGER,                         -- HTTP status; NULL: no answer came
    millis      INTEGER NOT NULL,                -- how long it took
    error       TEXT,
    answer      TEXT                           -- the beginning of what came back
) STRICT;
CREATE INDEX webhook_attempts_delivery_idx ON webhook_attempts (delivery_id, id);
