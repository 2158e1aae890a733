-- Back-tests: past predictions beside what happened; and what they say of the cascade's strengths.

CREATE TABLE backtests (
    id            INTEGER PRIMARY KEY NOT NULL,
    from_on       TEXT NOT NULL,           -- first as-of date
    to_on         TEXT NOT NULL,           -- none lies after this day
    every_days    INTEGER NOT NULL,           -- from one as-of date to the next
    horizon_weeks INTEGER NOT NULL,           -- what was predicted, weeks ahead
    window_days   INTEGER NOT NULL,           -- over which business was summed
    status        TEXT NOT NULL,              -- running, done, failed
    model_version TEXT NOT NULL,
    dates         INTEGER NOT NULL DEFAULT 0, -- as-of dates
    observations  INTEGER NOT NULL DEFAULT 0, -- customers judged, summed over the dates
    events        INTEGER NOT NULL DEFAULT 0, -- of those, silent over the horizon
    result        TEXT,                       -- JSON: figures, curves, verdicts
    error         TEXT,
    actor         TEXT NOT NULL,
    started_at    INTEGER NOT NULL,
    finished_at   INTEGER,
    CONSTRAINT backtests_to_before_from CHECK (to_on >= from_on),
    CONSTRAINT backtests_every_no_day CHECK (every_days >= 1)
) STRICT;

-- Strengths of the cascade as learnt from a history, for assessments that come after it.
CREATE TABLE calibrations (
    id          INTEGER PRIMARY KEY NOT NULL,
    history_to  TEXT NOT NULL,             -- no outcome of this day or later was used
    verdict     TEXT NOT NULL,                -- one of the calibration's words
    strengths   TEXT NOT NULL,                -- JSON: kappa by role and control of the routing, [0, 1)
    classes     TEXT NOT NULL,                -- JSON: figures of each class
    backtest_id INTEGER REFERENCES backtests (id) ON DELETE CASCADE, -- NULL: not of a back-test
    created_at  INTEGER NOT NULL
) STRICT;
CREATE INDEX calibrations_latest_idx ON calibrations (history_to, id);
CREATE INDEX calibrations_backtest_idx ON calibrations (backtest_id) WHERE backtest_id IS NOT NULL;
