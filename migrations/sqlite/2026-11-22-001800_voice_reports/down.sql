DROP INDEX survey_answers_answered_idx;
DROP VIEW bi_complaints;
DROP VIEW bi_survey_answers;
DROP VIEW bi_kpis;
DROP VIEW bi_dimensions;
DROP VIEW bi_links;
CREATE VIEW bi_links AS
SELECT l.run_id, r.as_of, r.horizon_weeks, r.window_days,
       l.shipper_id, s.name AS shipper_name,
       (SELECT e.system || ':' || e.external_id FROM customer_external_ids e
        WHERE e.customer_id = l.shipper_id ORDER BY e.system, e.external_id LIMIT 1) AS shipper_external_id,
       s.country AS shipper_country, ks.role AS shipper_role,
       s.team_id AS shipper_team_id, ts.name AS shipper_team,
       l.consignee_id, c.name AS consignee_name,
       (SELECT e.system || ':' || e.external_id FROM customer_external_ids e
        WHERE e.customer_id = l.consignee_id ORDER BY e.system, e.external_id LIMIT 1) AS consignee_external_id,
       c.country AS consignee_country, kc.role AS consignee_role,
       c.team_id AS consignee_team_id, tc.name AS consignee_team,
       l.shipments, l.last_on, l.business, r.business_basis, l.value, r.value_basis,
       l.loss_probability, l.satisfaction, l.satisfaction_low, l.satisfaction_high, l.imbalance
FROM link_risks l
JOIN runs r ON r.id = l.run_id AND r.status = 'done'
JOIN customers s ON s.id = l.shipper_id
JOIN customers c ON c.id = l.consignee_id
LEFT JOIN customer_risks ks ON ks.run_id = l.run_id AND ks.customer_id = l.shipper_id
LEFT JOIN customer_risks kc ON kc.run_id = l.run_id AND kc.customer_id = l.consignee_id
LEFT JOIN teams ts ON ts.id = s.team_id
LEFT JOIN teams tc ON tc.id = c.team_id;
DROP VIEW bi_satisfaction;
CREATE VIEW bi_satisfaction AS
SELECT d.run_id, r.as_of, d.customer_id, c.name AS customer_name,
       (SELECT e.system || ':' || e.external_id FROM customer_external_ids e
        WHERE e.customer_id = d.customer_id ORDER BY e.system, e.external_id LIMIT 1) AS external_id,
       c.country, k.role, c.team_id, t.name AS team,
       d.department, d.kind, d.department_id,
       d.score, d.low, d.high, d.kpi_score, d.kpi_coverage, d.answers, d.weight, d.required,
       a.score AS account_score, a.low AS account_low, a.high AS account_high,
       a.coverage AS account_coverage, a.p_all, a.light, a.weakest, a.evidence
FROM department_satisfactions d
JOIN runs r ON r.id = d.run_id AND r.status = 'done'
JOIN customers c ON c.id = d.customer_id
JOIN account_satisfactions a ON a.run_id = d.run_id AND a.customer_id = d.customer_id
LEFT JOIN customer_risks k ON k.run_id = d.run_id AND k.customer_id = d.customer_id
LEFT JOIN teams t ON t.id = c.team_id;
