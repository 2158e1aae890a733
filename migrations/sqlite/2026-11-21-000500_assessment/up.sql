-- An assessment run and its snapshots: written once, never changed.
-- Probabilities and scores are in [0, 1]; amounts in minor units over the horizon.

CREATE TABLE runs (
    id             INTEGER PRIMARY KEY NOT NULL,
    as_of          TEXT NOT NULL,            -- what was known before this day counts
    horizon_weeks  INTEGER NOT NULL,
    window_days    INTEGER NOT NULL,
    status         TEXT NOT NULL,              -- running, done, failed
    model_version  TEXT NOT NULL,
    business_basis TEXT,                       -- revenue, weight or shipments
    value_basis    TEXT,                       -- margin, revenue or none
    customers      INTEGER NOT NULL DEFAULT 0,
    links          INTEGER NOT NULL DEFAULT 0,
    expected_loss  REAL,                     -- of value over the horizon
    parameters     TEXT,                       -- JSON: churn fits, strengths, solver, targets
    timings        TEXT,                       -- JSON: milliseconds per step
    inputs_at      INTEGER,                     -- newest change among the shipments used
    error          TEXT,
    actor          TEXT NOT NULL,
    started_at     INTEGER NOT NULL,
    finished_at    INTEGER
) STRICT;
CREATE INDEX runs_latest_idx ON runs (status, as_of, id);

CREATE TABLE customer_risks (
    run_id            INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    customer_id       INTEGER NOT NULL REFERENCES customers (id),
    role              TEXT NOT NULL,           -- shipper, consignee, both
    own_churn         REAL NOT NULL,
    churn_probability REAL NOT NULL,         -- own and cascade
    p_alive           REAL NOT NULL,
    expected_days     REAL NOT NULL,         -- shipping days expected over the horizon
    shipping_days     INTEGER NOT NULL,          -- seen in the statistics' window
    recency_weeks     REAL NOT NULL,         -- since the last shipping day
    age_weeks         REAL NOT NULL,         -- since the first shipping day
    last_on           TEXT NOT NULL,
    is_new            INTEGER NOT NULL,         -- younger than 8 weeks: no colour
    evidence          TEXT NOT NULL,           -- enough, low
    business          REAL NOT NULL,         -- over the window, in the run's basis
    business_at_risk  REAL NOT NULL,         -- share of it, in [0, 1]
    value             REAL NOT NULL,         -- over the horizon
    value_at_risk     REAL NOT NULL,         -- expected loss on its links
    blast_radius      REAL NOT NULL,
    save_value        REAL NOT NULL,
    partners          INTEGER NOT NULL,
    partners_silent   INTEGER NOT NULL,          -- without a shipment in the last horizon
    parts             TEXT NOT NULL,           -- JSON: what the probability is made of
    followers         TEXT NOT NULL,           -- JSON: who would follow
    PRIMARY KEY (run_id, customer_id)
) STRICT;
CREATE INDEX customer_risks_watch_idx ON customer_risks (run_id, save_value, customer_id);
CREATE INDEX customer_risks_customer_idx ON customer_risks (customer_id);

CREATE TABLE link_risks (
    run_id            INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    shipper_id        INTEGER NOT NULL REFERENCES customers (id),
    consignee_id      INTEGER NOT NULL REFERENCES customers (id),
    shipments         INTEGER NOT NULL,
    business          REAL NOT NULL,
    value             REAL NOT NULL,
    loss_probability  REAL NOT NULL,
    satisfaction      REAL NOT NULL,         -- of both parties
    satisfaction_low  REAL NOT NULL,
    satisfaction_high REAL NOT NULL,
    imbalance         REAL NOT NULL,         -- shipper's score less the consignee's
    last_on           TEXT NOT NULL,
    PRIMARY KEY (run_id, shipper_id, consignee_id)
) STRICT;
CREATE INDEX link_risks_consignee_idx ON link_risks (run_id, consignee_id);

CREATE TABLE account_satisfactions (
    run_id      INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    customer_id INTEGER NOT NULL REFERENCES customers (id),
    score       REAL NOT NULL,
    low         REAL NOT NULL,               -- 90 % interval
    high        REAL NOT NULL,
    p_all       REAL NOT NULL,               -- that every required department is satisfied
    light       TEXT NOT NULL,                 -- green, amber, red, unknown
    weakest     TEXT NOT NULL,                 -- department
    coverage    REAL NOT NULL,               -- share of required departments with data
    evidence    TEXT NOT NULL,                 -- enough, low, none
    kpis        TEXT NOT NULL,                 -- JSON: observed values with counts and intervals
    PRIMARY KEY (run_id, customer_id)
) STRICT;
CREATE INDEX account_satisfactions_customer_idx ON account_satisfactions (customer_id);

CREATE TABLE department_satisfactions (
    run_id        INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    customer_id   INTEGER NOT NULL REFERENCES customers (id),
    department    TEXT NOT NULL,               -- name; the kind where none is recorded
    kind          TEXT NOT NULL,
    department_id INTEGER REFERENCES departments (id),  -- NULL: standard department, not recorded
    score         REAL NOT NULL,
    low           REAL NOT NULL,
    high          REAL NOT NULL,
    kpi_score     REAL,                      -- NULL: no fact observed
    kpi_coverage  REAL NOT NULL,
    answers       REAL NOT NULL,             -- effective number of respondents
    weight        REAL NOT NULL,
    required      INTEGER NOT NULL,
    PRIMARY KEY (run_id, customer_id, department)
) STRICT;
CREATE INDEX department_satisfactions_department_idx ON department_satisfactions (department_id) WHERE department_id IS NOT NULL;
CREATE INDEX department_satisfactions_customer_idx ON department_satisfactions (customer_id);
