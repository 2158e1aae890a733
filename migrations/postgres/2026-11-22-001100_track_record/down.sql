DROP VIEW bi_alert_outcomes;
DROP VIEW bi_track_record;
DROP TABLE alert_outcomes;
DROP TABLE run_scores;
