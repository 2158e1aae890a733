-- How fast mails go to each mail server, whatever the number of instances.

CREATE TABLE mail_paces (
    server  TEXT PRIMARY KEY NOT NULL,         -- HOST:PORT, lower case
    free_at INTEGER NOT NULL                   -- the next mail may go from then on
) STRICT;
