DROP TABLE customer_owners;
DROP TABLE sentiment_models;
DROP TABLE interactions;
