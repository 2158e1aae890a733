DROP TABLE play_steps;
DROP TABLE plays;
DROP TABLE play_templates;
