-- What customers say, for BI tools: the same columns and numbers as the reports.
-- Answers and complaints are records of a run's window, in days of UTC. What happened to a complaint is told by
-- its events before the as-of date; cause and claim are those of today.

DROP VIEW bi_satisfaction;
CREATE VIEW bi_satisfaction AS
SELECT d.run_id, r.as_of, d.customer_id, c.name AS customer_name,
       (SELECT e.system || ':' || e.external_id FROM customer_external_ids e
        WHERE e.customer_id = d.customer_id ORDER BY e.system, e.external_id LIMIT 1) AS external_id,
       c.country, k.role, c.team_id, t.name AS team,
       d.department, d.kind, d.department_id,
       d.score, d.low, d.high, d.kpi_score, d.kpi_coverage, d.answers, d.respondents, d.survey_score, d.gap, d.agreement, d.sentiment, d.sentiment_texts,
       d.last_heard_on, d.weight, d.required,
       a.score AS account_score, a.low AS account_low, a.high AS account_high,
       a.coverage AS account_coverage, a.p_all, a.light, a.weakest,
       a.departments_heard, a.departments_required, a.sentiment AS account_sentiment, a.evidence
FROM department_satisfactions d
JOIN runs r ON r.id = d.run_id AND r.status = 'done'
JOIN customers c ON c.id = d.customer_id
JOIN account_satisfactions a ON a.run_id = d.run_id AND a.customer_id = d.customer_id
LEFT JOIN customer_risks k ON k.run_id = d.run_id AND k.customer_id = d.customer_id
LEFT JOIN teams t ON t.id = c.team_id;

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
       l.loss_probability, l.satisfaction, l.satisfaction_low, l.satisfaction_high, l.imbalance,
       l.shipper_satisfaction, l.shipper_satisfaction_low, l.shipper_satisfaction_high, l.shipper_answers,
       l.consignee_satisfaction, l.consignee_satisfaction_low, l.consignee_satisfaction_high, l.consignee_answers,
       l.one_sided
FROM link_risks l
JOIN runs r ON r.id = l.run_id AND r.status = 'done'
JOIN customers s ON s.id = l.shipper_id
JOIN customers c ON c.id = l.consignee_id
LEFT JOIN customer_risks ks ON ks.run_id = l.run_id AND ks.customer_id = l.shipper_id
LEFT JOIN customer_risks kc ON kc.run_id = l.run_id AND kc.customer_id = l.consignee_id
LEFT JOIN teams ts ON ts.id = s.team_id
LEFT JOIN teams tc ON tc.id = c.team_id;

CREATE VIEW bi_dimensions AS
SELECT d.run_id, r.as_of, d.customer_id, c.name AS customer_name,
       (SELECT e.system || ':' || e.external_id FROM customer_external_ids e
        WHERE e.customer_id = d.customer_id ORDER BY e.system, e.external_id LIMIT 1) AS external_id,
       c.country, k.role, c.team_id, t.name AS team,
       d.department, d.dimension, d.score, d.answers
FROM dimension_satisfactions d
JOIN runs r ON r.id = d.run_id AND r.status = 'done'
JOIN customers c ON c.id = d.customer_id
LEFT JOIN customer_risks k ON k.run_id = d.run_id AND k.customer_id = d.customer_id
LEFT JOIN teams t ON t.id = c.team_id;

CREATE VIEW bi_kpis AS
SELECT v.run_id, r.as_of, v.customer_id, c.name AS customer_name,
       (SELECT e.system || ':' || e.external_id FROM customer_external_ids e
        WHERE e.customer_id = v.customer_id ORDER BY e.system, e.external_id LIMIT 1) AS external_id,
       c.country, k.role, c.team_id, t.name AS team,
       v.kpi, v.value, v.low, v.high, v.observations, v.desirability, v.unacceptable, v.target, v.target_from
FROM kpi_values v
JOIN runs r ON r.id = v.run_id AND r.status = 'done'
JOIN customers c ON c.id = v.customer_id
LEFT JOIN customer_risks k ON k.run_id = v.run_id AND k.customer_id = v.customer_id
LEFT JOIN teams t ON t.id = c.team_id;

CREATE VIEW bi_survey_answers AS
SELECT r.id AS run_id, r.as_of, r.window_days, a.id AS answer_id, i.survey_id, s.name AS survey,
       i.customer_id, c.name AS customer_name,
       (SELECT e.system || ':' || e.external_id FROM customer_external_ids e
        WHERE e.customer_id = i.customer_id ORDER BY e.system, e.external_id LIMIT 1) AS external_id,
       c.country, c.team_id, t.name AS team, d.name AS department, d.kind, i.contact_id, i.side, i.partner_id,
       (SELECT p.team_id FROM customers p WHERE p.id = i.partner_id) AS partner_team_id,
       a.question, a.dimension, a.scale, a.value, a.score, a.polarity, date(a.answered_at / 1000000, 'unixepoch') AS answered_on
FROM runs r
JOIN survey_answers a ON a.answered_at < CAST(strftime('%s', r.as_of) AS INTEGER) * 1000000 AND a.answered_at >= CAST(strftime('%s', r.as_of, '-' || r.window_days || ' days') AS INTEGER) * 1000000
JOIN survey_invitations i ON i.id = a.invitation_id
JOIN surveys s ON s.id = i.survey_id
JOIN customers c ON c.id = i.customer_id
LEFT JOIN departments d ON d.id = i.department_id
LEFT JOIN teams t ON t.id = c.team_id
WHERE r.status = 'done';

CREATE VIEW bi_complaints AS
SELECT r.id AS run_id, r.as_of, r.window_days, x.id AS complaint_id, x.customer_id, c.name AS customer_name,
       (SELECT e.system || ':' || e.external_id FROM customer_external_ids e
        WHERE e.customer_id = x.customer_id ORDER BY e.system, e.external_id LIMIT 1) AS external_id,
       c.country, c.team_id, t.name AS team, d.name AS department, d.kind, x.partner_id,
       (SELECT p.team_id FROM customers p WHERE p.id = x.partner_id) AS partner_team_id, x.shipment_id,
       x.channel, x.severity, x.cause, q.name_en AS cause_en, q.name_zh AS cause_zh,
       (SELECT e.kind FROM complaint_events e
        WHERE e.complaint_id = x.id AND e.at < CAST(strftime('%s', r.as_of) AS INTEGER) * 1000000 AND e.kind IN ('justified', 'unjustified')
        ORDER BY e.at DESC, e.id DESC LIMIT 1) = 'justified' AS justified,
       date(x.received_at / 1000000, 'unixepoch') AS received_on,
       CASE WHEN x.acknowledged_at < CAST(strftime('%s', r.as_of) AS INTEGER) * 1000000 THEN (x.acknowledged_at - x.received_at) / 3600000000.0 END AS response_hours,
       CASE WHEN x.first_answered_at < CAST(strftime('%s', r.as_of) AS INTEGER) * 1000000 THEN (x.first_answered_at - x.received_at) / 3600000000.0 END AS answer_hours,
       (SELECT (f.at - x.received_at) / 3600000000.0 FROM complaint_events f
        WHERE f.complaint_id = x.id AND f.kind = 'confirmed' AND f.at < CAST(strftime('%s', r.as_of) AS INTEGER) * 1000000
          AND NOT EXISTS (SELECT 1 FROM complaint_events n WHERE n.complaint_id = x.id AND n.kind = 'reopened'
                          AND n.at < CAST(strftime('%s', r.as_of) AS INTEGER) * 1000000 AND (n.at > f.at OR (n.at = f.at AND n.id > f.id)))
        ORDER BY f.at, f.id LIMIT 1) AS confirmation_hours,
       COALESCE((SELECT e.kind FROM complaint_events e
        WHERE e.complaint_id = x.id AND e.at < CAST(strftime('%s', r.as_of) AS INTEGER) * 1000000 AND e.kind IN ('confirmed', 'reopened')
        ORDER BY e.at DESC, e.id DESC LIMIT 1) = 'confirmed', 0) AS is_closed,
       EXISTS (SELECT 1 FROM complaint_events e WHERE e.complaint_id = x.id AND e.kind = 'reopened' AND e.at < CAST(strftime('%s', r.as_of) AS INTEGER) * 1000000) AS was_reopened,
       x.claim_amount
FROM runs r
JOIN complaints x ON x.received_at < CAST(strftime('%s', r.as_of) AS INTEGER) * 1000000 AND x.received_at >= CAST(strftime('%s', r.as_of, '-' || r.window_days || ' days') AS INTEGER) * 1000000
JOIN customers c ON c.id = x.customer_id
LEFT JOIN complaint_causes q ON q.code = x.cause
LEFT JOIN departments d ON d.id = x.department_id
LEFT JOIN teams t ON t.id = c.team_id
WHERE r.status = 'done' AND x.deleted_at IS NULL
  AND NOT EXISTS (SELECT 1 FROM complaint_events e WHERE e.complaint_id = x.id AND e.kind = 'withdrawn' AND e.at < CAST(strftime('%s', r.as_of) AS INTEGER) * 1000000);
CREATE INDEX survey_answers_answered_idx ON survey_answers (answered_at);
