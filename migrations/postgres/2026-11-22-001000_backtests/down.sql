DROP TABLE calibrations;
DROP TABLE backtests;
