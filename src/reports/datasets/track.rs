//! What became of predictions.

use super::Party::Customer;
use super::Type::{Boolean, Date, Integer, Number, Text};
use super::columns::{
    AS_OF, BY_COUNTRY, BY_ID, BY_ROLE, BY_TEAM, COUNTRY, CUSTOMER_ID, CUSTOMER_NAME, EXTERNAL_ID,
    HORIZON, ROLE, SHARE, TEAM, TEAM_ID, column,
};
use super::{Column, Dataset, Runs};

const IN_TIME: Column = column(
    "in_time",
    Boolean,
    "Whether the run was made by a week after its as-of date; else it is a back-test",
);

/// What became of the predictions of each run, and of each team's customers.
pub const TRACK_RECORD: Dataset = Dataset {
    name: "track_record",
    summary: "One row per judged run and slice of its customers: what became of its predictions",
    view: "bi_track_record",
    key: &["run_id", "slice"],
    filters: &[BY_TEAM],
    of: &[Customer],
    runs: Runs::Scored,
    columns: &[
        column("run_id", Integer, "The assessment run that is judged"),
        AS_OF,
        HORIZON,
        column(
            "slice",
            Text,
            "Whose figures: all, no_team, or team: and its id",
        ),
        column(
            "team_id",
            Integer,
            "The team, as customers belonged when the run was scored",
        )
        .nullable(),
        column("team", Text, "The name of that team").nullable(),
        IN_TIME,
        column("customers", Integer, "Predictions judged").unit("customers"),
        column(
            "gone",
            Integer,
            "Customers that had left already, and are not judged",
        )
        .unit("customers"),
        column(
            "lost",
            Integer,
            "Judged ones without a shipping day in the horizon",
        )
        .unit("customers"),
        column(
            "expected_lost",
            Number,
            "Sum of the churn probabilities of the judged",
        )
        .unit("customers"),
        column(
            "auc",
            Number,
            "Probability that a lost customer had the higher churn probability of the two",
        )
        .unit(SHARE)
        .nullable(),
        column(
            "brier",
            Number,
            "Mean squared difference of churn probability and outcome",
        )
        .unit(SHARE)
        .nullable(),
        column(
            "brier_skill",
            Number,
            "1 less Brier over that of the base rate; above 0 is better than it",
        )
        .nullable(),
        column(
            "calibration_error",
            Number,
            "Mean distance of predicted and observed shares by bins",
        )
        .unit(SHARE)
        .nullable(),
        column(
            "alerts_right",
            Integer,
            "Customers with an alert that were lost",
        )
        .unit("customers"),
        column(
            "alerts_wrong",
            Integer,
            "Customers with an alert that were not",
        )
        .unit("customers"),
        column("missed", Integer, "Customers lost without an alert").unit("customers"),
        column(
            "warning_days_median",
            Number,
            "Median of the days of warning of the alerts that were right",
        )
        .unit("days")
        .nullable(),
    ],
};

/// What became of each alert, and who was lost without one.
pub const ALERT_OUTCOMES: Dataset = Dataset {
    name: "alert_outcomes",
    summary: "One row per judged run and customer that had an alert or was lost without one",
    view: "bi_alert_outcomes",
    key: &["run_id", "customer_id"],
    filters: &[BY_TEAM, BY_COUNTRY, BY_ROLE, BY_ID],
    of: &[Customer],
    runs: Runs::Scored,
    columns: &[
        column("run_id", Integer, "The assessment run that is judged"),
        AS_OF,
        HORIZON,
        IN_TIME,
        CUSTOMER_ID,
        CUSTOMER_NAME,
        EXTERNAL_ID,
        COUNTRY,
        ROLE,
        TEAM_ID,
        TEAM,
        column(
            "outcome",
            Text,
            "right (alert, lost), wrong (alert, not lost) or missed (lost, no alert)",
        ),
        column(
            "alert_id",
            Integer,
            "The alert that stood when the run was done",
        )
        .nullable(),
        column("reason", Text, "What opened it: churn_level or churn_rise").nullable(),
        column("severity", Text, "How urgent it is: high or medium").nullable(),
        column("opened_on", Date, "When it was opened").nullable(),
        column("churn_probability", Number, "The customer's in the run").unit(SHARE),
        column("last_on", Date, "Its last shipping day that the run knew"),
        column(
            "silent_on",
            Date,
            "That day and a horizon: from then on the loss was certain; missing if not lost",
        )
        .nullable(),
        column(
            "warning_days",
            Integer,
            "From opened_on to silent_on; negative if the alert came later",
        )
        .unit("days")
        .nullable(),
    ],
};
