-- The track record: what became of the predictions of a run, once its horizon has passed.
-- Written when that is so, and anew on demand; shipments that come late change it.

CREATE TABLE run_scores (
    run_id              INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    slice               TEXT NOT NULL,         -- all, no_team, team:ID
    team_id             INTEGER REFERENCES teams (id),  -- as customers belonged when it was scored
    in_time             INTEGER NOT NULL,      -- the run was made by a week after its as-of date
    customers           INTEGER NOT NULL,       -- judged: all of the run but those in `gone`
    gone                INTEGER NOT NULL,       -- had left already on the as-of date
    lost                INTEGER NOT NULL,       -- judged ones without a shipping day in the horizon
    expected_lost       REAL NOT NULL,  -- sum of the churn probabilities of the judged
    auc                 REAL,      -- NULL: only losses, or none
    brier               REAL,
    brier_skill         REAL,      -- against the base rate
    calibration_error   REAL,
    calibration         TEXT NOT NULL,         -- JSON: bins
    alerts_right        INTEGER NOT NULL,       -- customers with an alert that were lost
    alerts_wrong        INTEGER NOT NULL,       -- customers with an alert that were not
    missed              INTEGER NOT NULL,       -- lost without an alert
    warning_days_median REAL,      -- of the alerts that were right
    scored_at           INTEGER NOT NULL,
    PRIMARY KEY (run_id, slice)
) STRICT;
CREATE INDEX run_scores_team_idx ON run_scores (team_id) WHERE team_id IS NOT NULL;

CREATE TABLE alert_outcomes (
    run_id            INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    customer_id       INTEGER NOT NULL REFERENCES customers (id),
    outcome           TEXT NOT NULL,           -- right, wrong, missed
    alert_id          INTEGER REFERENCES alerts (id),  -- NULL: missed
    reason            TEXT,                    -- of the alert, and so the next two
    severity          TEXT,
    opened_on         TEXT,
    churn_probability REAL NOT NULL,  -- in the run
    last_on           TEXT NOT NULL,           -- last shipping day that the run knew
    silent_on         TEXT,                    -- last_on and a horizon: from then the loss is certain
    warning_days      INTEGER,                  -- from opened_on to silent_on
    PRIMARY KEY (run_id, customer_id)
) STRICT;
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
        WHERE e.customer_id = o.customer_id ORDER BY e.system, e.external_id LIMIT 1) AS external_id,
       c.country, k.role, c.team_id, t.name AS team,
       o.outcome, o.alert_id, o.reason, o.severity, o.opened_on,
       o.churn_probability, o.last_on, o.silent_on, o.warning_days
FROM alert_outcomes o
JOIN runs r ON r.id = o.run_id AND r.status = 'done'
JOIN run_scores s ON s.run_id = o.run_id AND s.slice = 'all'
JOIN customers c ON c.id = o.customer_id
JOIN customer_risks k ON k.run_id = o.run_id AND k.customer_id = o.customer_id
LEFT JOIN teams t ON t.id = c.team_id;
