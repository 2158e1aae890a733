DROP TABLE department_satisfactions;
DROP TABLE account_satisfactions;
DROP TABLE link_risks;
DROP TABLE customer_risks;
DROP TABLE runs;
