DROP TABLE contacts;
DROP TABLE departments;
DROP TABLE customers;
