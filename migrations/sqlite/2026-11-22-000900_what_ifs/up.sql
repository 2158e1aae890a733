-- What people ask of a run: what-ifs and retention plans. They rest on the run's snapshots alone.

-- Freight terms of most of the link's shipments: prepaid, collect, third_party, unknown. They choose
-- the strength of the cascade on the link. NULL: the run was made before they were kept.
ALTER TABLE link_risks ADD COLUMN terms TEXT;

CREATE TABLE what_ifs (
    id         INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,  -- an id that was deleted never comes back
    run_id     INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    name       TEXT,                -- what its maker calls it
    loss_before REAL NOT NULL,  -- expected loss over the horizon, in the run's value basis
    loss_after REAL NOT NULL,   -- with all changes
    changes    TEXT NOT NULL,       -- JSON: what was taken to be otherwise
    result     TEXT NOT NULL,       -- JSON: what followed
    actor      TEXT NOT NULL,       -- key:ID or cli
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX what_ifs_run_idx ON what_ifs (run_id);

-- Customers whose fate or links it changes: who may not see all of them may not see the what-if.
CREATE TABLE what_if_customers (
    what_if_id  INTEGER NOT NULL REFERENCES what_ifs (id) ON DELETE CASCADE,
    customer_id INTEGER NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
    PRIMARY KEY (what_if_id, customer_id)
) STRICT;
CREATE INDEX what_if_customers_customer_idx ON what_if_customers (customer_id);

CREATE TABLE plans (
    id         INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,  -- an id that was deleted never comes back
    run_id     INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    name       TEXT,                -- what its maker calls it
    budget     INTEGER NOT NULL CONSTRAINT plans_budget_not_negative CHECK (budget >= 0),  -- minor units
    cost       INTEGER NOT NULL,     -- minor units
    saved      REAL NOT NULL,      -- expected, over the horizon, in the run's value basis
    result     TEXT NOT NULL,       -- JSON: whom to visit, what it costs and saves
    actor      TEXT NOT NULL,       -- key:ID or cli
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX plans_run_idx ON plans (run_id);

-- Customers that it weighed: who may not see all of them may not see the plan.
CREATE TABLE plan_customers (
    plan_id     INTEGER NOT NULL REFERENCES plans (id) ON DELETE CASCADE,
    customer_id INTEGER NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
    PRIMARY KEY (plan_id, customer_id)
) STRICT;
CREATE INDEX plan_customers_customer_idx ON plan_customers (customer_id);
