-- The track record: what became of the predictions of a run, once its horizon has passed.
-- Written when that is so, and anew on demand; shipments that come late change it.

CREATE TABLE run_scores (
    run_id              BIGINT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    slice               TEXT NOT NULL,         -- all, no_team, team:ID
    team_id             BIGINT REFERENCES teams (id),  -- as customers belonged when it was scored
    in_time             BOOLEAN NOT NULL,      -- the run was made by a week after its as-of date
    customers           BIGINT NOT NULL,       -- judged: all of the run but those in `gone`
    gone                BIGINT NOT NULL,       -- had left already on the as-of date
    lost                BIGINT NOT NULL,       -- judged ones without a shipping day in the horizon
    expected_lost       DOUBLE PRECISION NOT NULL,  -- sum of the churn probabilities of the judged
    auc                 DOUBLE PRECISION,      -- NULL: only losses, or none
    brier               DOUBLE PRECISION,
    brier_skill         DOUBLE PRECISION,      -- against the base rate
    calibration_error   DOUBLE PRECISION,
    calibration         TEXT NOT NULL,         -- JSON: bins
    alerts_right        BIGINT NOT NULL,       -- customers with an alert that were lost
    alerts_wrong        BIGINT NOT NULL,       -- customers with an alert that were not
    missed              BIGINT NOT NULL,       -- lost without an alert
    warning_days_median DOUBLE PRECISION,      -- of the alerts that were right
    scored_at           TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (run_id, slice)
);
CREATE INDEX run_scores_team_idx ON run_scores (team_id) WHERE team_id IS NOT NULL;

CREATE TABLE alert_outcomes (
    run_id            BIGINT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    customer_id       BIGINT NOT NULL REFERENCES customers (id),
    outcome           TEXT NOT NULL,           -- right, wrong, missed
    alert_id          BIGINT REFERENCES alerts (id),  -- NULL: missed
    reason            TEXT,                    -- of the alert, and so the next two
    severity          TEXT,
    opened_on         DATE,
    churn_probability DOUBLE PRECISION NOT NULL,  -- in the run
    last_on           DATE NOT NULL,           -- last shipping day that the run knew
    silent_on         DATE,                    -- last_on and a horizon: from then the loss is certain
    warning_days      BIGINT,                  -- from opened_on to silent_on
    PRIMARY KEY (run_id, customer_id)
);
CREATE INDEX alert_outcomes_customer_idx ON alert_outcomes (customer_id);
CREATE INDEX alert_outcomes_alert_idx ON alert_outcomes (alert_id) WHERE alert_id IS NOT NULL;

CREATE VIEW bi_track_record AS
SELECT s.run_id, r.as_of, r.horizon_weeks, s.slice, s.team_id, t.name AS team, s.in_time,
       s.customers, s.gone, s.lost, s.expected_lost,
       s.auc, s.brier, s.brier_skill, s.calibration_error,
       s.alerts_right, s.alerts_wrong, s.missed, s.warning_days_median
FROM run_scores s
JOIN runs r ON r.id = s.run_id AND r.status = 'done'
LEFT JOIN teams t ON t.id = s.team_id;

CREATE VIEW bi_alert_outcomes AS
SELECT o.run_id, r.as_of, r.horizon_weeks, s.in_time, o.customer_id, c.name AS customer_name,
       (SELECT e.system || ':' || e.external_id FROM customer_external_ids e
        WHERE e.customer_id = o.customer_id ORDER BY e.system COLLATE "C", e.external_id COLLATE "C" LIMIT 1) AS external_id,
       c.country, k.role, c.team_id, t.name AS team,
       o.outcome, o.alert_id, o.reason, o.severity, o.opened_on,
       o.churn_probability, o.last_on, o.silent_on, o.warning_days
FROM alert_outcomes o
JOIN runs r ON r.id = o.run_id AND r.status = 'done'
JOIN run_scores s ON s.run_id = o.run_id AND s.slice = 'all'
JOIN customers c ON c.id = o.customer_id
JOIN customer_risks k ON k.run_id = o.run_id AND k.customer_id = o.customer_id
LEFT JOIN teams t ON t.id = c.team_id;
