-- Satisfaction with answers, complaints and sentiment beside the facts, and what it is measured against.

CREATE TABLE kpi_targets (
    id           INTEGER PRIMARY KEY NOT NULL,
    customer_id  INTEGER NOT NULL REFERENCES customers (id),
    contract_id  INTEGER REFERENCES contracts (id),  -- while it is in force; NULL: always
    kpi          TEXT NOT NULL,
    unacceptable REAL NOT NULL,
    target       REAL NOT NULL,
    version      INTEGER NOT NULL DEFAULT 1,
    created_at   INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL,
    deleted_at   INTEGER,
    CONSTRAINT kpi_targets_apart CHECK (unacceptable <> target)
) STRICT;
CREATE UNIQUE INDEX kpi_targets_one_key ON kpi_targets (customer_id, kpi, COALESCE(contract_id, 0)) WHERE deleted_at IS NULL;
CREATE INDEX kpi_targets_contract_idx ON kpi_targets (contract_id) WHERE contract_id IS NOT NULL;
CREATE INDEX kpi_targets_updated_idx ON kpi_targets (updated_at, id);

ALTER TABLE department_satisfactions ADD COLUMN survey_score REAL;      -- mean of the answers, in [0, 1]
ALTER TABLE department_satisfactions ADD COLUMN respondents INTEGER NOT NULL DEFAULT 0;
ALTER TABLE department_satisfactions ADD COLUMN gap REAL;               -- feeling less facts
ALTER TABLE department_satisfactions ADD COLUMN agreement REAL;         -- r_wg of the respondents, in [0, 1]
ALTER TABLE department_satisfactions ADD COLUMN sentiment REAL;         -- index, in [-1, 1]
ALTER TABLE department_satisfactions ADD COLUMN sentiment_texts INTEGER NOT NULL DEFAULT 0;
ALTER TABLE department_satisfactions ADD COLUMN last_heard_on TEXT;     -- answer or inbound words
ALTER TABLE department_satisfactions ADD COLUMN parts TEXT;               -- JSON: what prior, KPIs, answers and sentiment add
ALTER TABLE account_satisfactions ADD COLUMN departments_heard INTEGER NOT NULL DEFAULT 0;    -- of the required ones, in the window
ALTER TABLE account_satisfactions ADD COLUMN departments_required INTEGER NOT NULL DEFAULT 0;
ALTER TABLE account_satisfactions ADD COLUMN sentiment REAL;
ALTER TABLE account_satisfactions ADD COLUMN sentiment_low REAL;
ALTER TABLE account_satisfactions ADD COLUMN sentiment_high REAL;
ALTER TABLE account_satisfactions ADD COLUMN sentiment_texts INTEGER NOT NULL DEFAULT 0;
ALTER TABLE account_satisfactions ADD COLUMN to_green TEXT;               -- JSON: the smallest change of one input that passes the gate
ALTER TABLE account_satisfactions ADD COLUMN changes TEXT;                -- JSON: since the run before, by input
ALTER TABLE link_risks ADD COLUMN shipper_satisfaction REAL;
ALTER TABLE link_risks ADD COLUMN shipper_satisfaction_low REAL;
ALTER TABLE link_risks ADD COLUMN shipper_satisfaction_high REAL;
ALTER TABLE link_risks ADD COLUMN consignee_satisfaction REAL;
ALTER TABLE link_risks ADD COLUMN consignee_satisfaction_low REAL;
ALTER TABLE link_risks ADD COLUMN consignee_satisfaction_high REAL;
ALTER TABLE link_risks ADD COLUMN shipper_answers REAL;                 -- voices about this link
ALTER TABLE link_risks ADD COLUMN consignee_answers REAL;
ALTER TABLE link_risks ADD COLUMN one_sided INTEGER;

-- What each customer's KPIs were in a run; for reports.
CREATE TABLE kpi_values (
    run_id       INTEGER NOT NULL REFERENCES runs (id),
    customer_id  INTEGER NOT NULL REFERENCES customers (id),
    kpi          TEXT NOT NULL,
    value        REAL NOT NULL,
    low          REAL,
    high         REAL,
    observations INTEGER NOT NULL,
    desirability REAL NOT NULL,               -- in [0, 1]
    unacceptable REAL NOT NULL,
    target       REAL NOT NULL,
    target_from  TEXT NOT NULL,                 -- default, customer, contract, year_before
    PRIMARY KEY (run_id, customer_id, kpi)
) STRICT;
CREATE INDEX kpi_values_customer_idx ON kpi_values (customer_id);

-- Answers by Logistics Service Quality dimension (Mentzer, Flint, Hult 2001) in a run; for reports.
CREATE TABLE dimension_satisfactions (
    run_id      INTEGER NOT NULL REFERENCES runs (id),
    customer_id INTEGER NOT NULL REFERENCES customers (id),
    department  TEXT NOT NULL,
    dimension   TEXT NOT NULL,
    score       REAL NOT NULL,                -- in [0, 1]
    answers     INTEGER NOT NULL,
    PRIMARY KEY (run_id, customer_id, department, dimension)
) STRICT;
CREATE INDEX dimension_satisfactions_customer_idx ON dimension_satisfactions (customer_id);
