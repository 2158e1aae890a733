DROP TABLE plan_customers;
DROP TABLE plans;
DROP TABLE what_if_customers;
DROP TABLE what_ifs;
ALTER TABLE link_risks DROP COLUMN terms;
