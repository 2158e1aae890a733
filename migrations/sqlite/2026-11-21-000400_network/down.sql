DROP TABLE counters;
DROP TABLE link_months;
