# Pages for people.

## The page of a record, while there is no dashboard
ui-alert = Alert { $id }
ui-customer = Customer { $id }
ui-no-dashboard = This page shows no data: it does not know who you are, and Hawser has no dashboard to log in to yet. There are two ways to read the record, if there is one.
ui-by-command = On the machine that runs Hawser
ui-by-api = With an API key
ui-key-note = Your Hawser administrator makes keys. Opening this page changed nothing.
