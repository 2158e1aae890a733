DROP TABLE promises;
DROP TABLE complaint_events;
DROP TABLE complaints;
DROP TABLE complaint_causes;
