DROP TABLE mail_paces;
