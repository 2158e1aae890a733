-- Customers are organisations; departments and contacts belong to them.

CREATE TABLE customers (
    id          INTEGER PRIMARY KEY NOT NULL,
    name        TEXT NOT NULL,
    search_name TEXT NOT NULL,                 -- lower case, without accents
    match_name  TEXT NOT NULL,                 -- search_name without legal forms, to recognise it by
    country     TEXT,                          -- ISO 3166-1 alpha-2
    parent_id   INTEGER REFERENCES customers (id),  -- the group it belongs to
    team_id     INTEGER REFERENCES teams (id),
    status      TEXT NOT NULL DEFAULT 'active',
    tags        TEXT NOT NULL DEFAULT '[]',    -- JSON list of words
    version     INTEGER NOT NULL DEFAULT 1,
    created_at  INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL,
    deleted_at  INTEGER,
    CONSTRAINT customers_parent_is_another CHECK (parent_id <> id)
) STRICT;
CREATE INDEX customers_match_name_idx ON customers (match_name);
CREATE INDEX customers_search_name_idx ON customers (search_name);
CREATE INDEX customers_parent_idx ON customers (parent_id);
CREATE INDEX customers_team_idx ON customers (team_id);
CREATE INDEX customers_updated_idx ON customers (updated_at, id);

CREATE TABLE departments (
    id          INTEGER PRIMARY KEY NOT NULL,
    customer_id INTEGER NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
    kind        TEXT NOT NULL,                 -- purchasing, planning, …, other
    name        TEXT NOT NULL,
    weight      REAL NOT NULL DEFAULT 1,     -- 0 or more; share in the account's score
    required    INTEGER NOT NULL DEFAULT 1,  -- whether the account needs it satisfied
    version     INTEGER NOT NULL DEFAULT 1,
    created_at  INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL,
    deleted_at  INTEGER,
    CONSTRAINT departments_weight_not_negative CHECK (weight >= 0)
) STRICT;
CREATE UNIQUE INDEX departments_name_key ON departments (customer_id, name) WHERE deleted_at IS NULL;
CREATE INDEX departments_updated_idx ON departments (updated_at, id);

CREATE TABLE contacts (
    id            INTEGER PRIMARY KEY NOT NULL,
    customer_id   INTEGER NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
    department_id INTEGER REFERENCES departments (id),
    name          TEXT NOT NULL,
    email         TEXT,
    phone         TEXT,
    language      TEXT,                        -- BCP 47
    buying_role   TEXT,                        -- decider, buyer, influencer, user, gatekeeper
    version       INTEGER NOT NULL DEFAULT 1,
    created_at    INTEGER NOT NULL,
    updated_at    INTEGER NOT NULL,
    deleted_at    INTEGER
) STRICT;
CREATE INDEX contacts_customer_idx ON contacts (customer_id);
CREATE INDEX contacts_department_idx ON contacts (department_id);
CREATE INDEX contacts_updated_idx ON contacts (updated_at, id);
