DROP TABLE invoices;
DROP TABLE contracts;
