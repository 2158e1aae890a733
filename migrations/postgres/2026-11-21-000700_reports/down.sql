DROP VIEW bi_links;
DROP VIEW bi_risk;
DROP VIEW bi_satisfaction;
DROP VIEW bi_runs;
