-- What own churn rests on: each model of a run, and each step of a customer's and a link's number.
-- Probabilities are in [0, 1]. NULL in a step: the step was not taken.

CREATE TABLE model_fits (
    run_id         BIGINT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    component      TEXT NOT NULL,              -- shipping_days, rfm, service, renewal, season
    segment        TEXT NOT NULL,              -- all, shippers, consignees, links
    model          TEXT NOT NULL,              -- such as MBG/CNBD-2
    parameters     TEXT NOT NULL,              -- JSON: by name; times in weeks
    log_likelihood DOUBLE PRECISION,                       -- without the prior
    entities       BIGINT NOT NULL,           -- customers, links, rows or contracts fitted
    events         BIGINT NOT NULL,           -- repeated shipping days, or departures
    evidence       TEXT NOT NULL,              -- enough, low, none
    pooled         BOOLEAN NOT NULL,           -- took its parent's parameters
    drift          TEXT,                       -- JSON: change since the run before
    PRIMARY KEY (run_id, component, segment)
);

ALTER TABLE customer_risks ADD COLUMN shipping_churn DOUBLE PRECISION;   -- by shipping days alone
ALTER TABLE customer_risks ADD COLUMN rfm_churn DOUBLE PRECISION;        -- by the logit of recency, frequency and value
ALTER TABLE customer_risks ADD COLUMN service_churn DOUBLE PRECISION;    -- after the service covariates
ALTER TABLE customer_risks ADD COLUMN contract_ends_on DATE; -- the next end within the horizon
ALTER TABLE customer_risks ADD COLUMN contract_loss DOUBLE PRECISION;    -- probability that it is not renewed then
ALTER TABLE customer_risks ADD COLUMN volume_risk DOUBLE PRECISION;      -- expected share of volume lost, contract included

ALTER TABLE link_risks ADD COLUMN raw_churn DOUBLE PRECISION;            -- probability that the link stays silent, by itself
ALTER TABLE link_risks ADD COLUMN own_churn DOUBLE PRECISION;            -- the same, coherent with both ends
ALTER TABLE link_risks ADD COLUMN expected_days DOUBLE PRECISION;        -- shipping days expected over the horizon

ALTER TABLE runs ADD COLUMN cascade_term TEXT;               -- supported, not_supported, hypothesis: what history says of it
ALTER TABLE runs ADD COLUMN seasonal BOOLEAN;                -- whether the season was known; if not, quiet months count as silence
