DROP TABLE survey_answers;
DROP TABLE survey_invitations;
DROP TABLE surveys;
DROP TABLE survey_templates;
