DROP TABLE mails;
DROP TABLE alerts;
