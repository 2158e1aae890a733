DROP INDEX contacts_email_idx;
DROP TABLE customer_owners;
DROP TABLE sentiment_models;
DROP TABLE interactions;
