DROP TABLE import_changes;
DROP TABLE shipments;
DROP TABLE customer_external_ids;
DROP TABLE import_customers;
DROP TABLE import_rejects;
DROP TABLE import_mappings;
DROP TABLE imports;
