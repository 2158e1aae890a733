//! What customers said in a run's window: answers and complaints, one row each.

use super::Party::{Customer, Partner};
use super::Type::{Boolean, Date, Integer, Number, Text};
use super::columns::{
    AS_OF, BY_CAUSE, BY_COUNTRY, BY_ID, BY_KIND, BY_SURVEY, BY_TEAM, COUNTRY, CURRENCY,
    CUSTOMER_ID, CUSTOMER_NAME, EXTERNAL_ID, SHARE, TEAM, TEAM_ID, WINDOW, WINDOW_RUN, column,
};
use super::{Dataset, Runs};

/// Answers to surveys.
pub const SURVEY_ANSWERS: Dataset = Dataset {
    name: "survey_answers",
    summary: "One row per answered question in the run's window",
    view: "bi_survey_answers",
    key: &["run_id", "answer_id"],
    filters: &[BY_TEAM, BY_COUNTRY, BY_KIND, BY_SURVEY, BY_ID],
    of: &[Customer],
    runs: Runs::Window,
    columns: &[
        WINDOW_RUN,
        AS_OF,
        WINDOW,
        column("answer_id", Integer, "The answer"),
        column("survey_id", Integer, "The survey"),
        column("survey", Text, "Its name"),
        CUSTOMER_ID,
        CUSTOMER_NAME,
        EXTERNAL_ID,
        COUNTRY,
        TEAM_ID,
        TEAM,
        column(
            "department",
            Text,
            "The department that the person was in when asked",
        )
        .nullable(),
        column("kind", Text, "What it does").nullable(),
        column("contact_id", Integer, "Who answered"),
        column(
            "side",
            Text,
            "shipper or consignee, where a link or shipment was asked about",
        )
        .nullable(),
        column(
            "partner_id",
            Integer,
            "The other end of the link that was asked about",
        )
        .of(Partner),
        column("partner_team_id", Integer, "The team it belongs to today").of(Partner),
        column("question", Text, "Its code in the survey"),
        column("dimension", Text, "What it is about").nullable(),
        column("scale", Text, "csat5, nps, …, or text"),
        column("value", Number, "As answered, on the scale").nullable(),
        column("score", Number, "The same, 1 is best")
            .unit(SHARE)
            .nullable(),
        column(
            "polarity",
            Number,
            "Of a comment; missing where there is none or it was not scored",
        )
        .unit("-1 to 1")
        .nullable(),
        column("answered_on", Date, "When, UTC"),
    ],
};

/// Complaints.
pub const COMPLAINTS: Dataset = Dataset {
    name: "complaints",
    summary: "One row per complaint received in the run's window, as known at its as-of date",
    view: "bi_complaints",
    key: &["run_id", "complaint_id"],
    filters: &[BY_TEAM, BY_COUNTRY, BY_KIND, BY_CAUSE, BY_ID],
    of: &[Customer],
    runs: Runs::Window,
    columns: &[
        WINDOW_RUN,
        AS_OF,
        WINDOW,
        column("complaint_id", Integer, "The complaint"),
        CUSTOMER_ID,
        CUSTOMER_NAME,
        EXTERNAL_ID,
        COUNTRY,
        TEAM_ID,
        TEAM,
        column("department", Text, "The department that complained").nullable(),
        column("kind", Text, "What it does").nullable(),
        column("partner_id", Integer, "The other end of the link").of(Partner),
        column("partner_team_id", Integer, "The team it belongs to today").of(Partner),
        column("shipment_id", Integer, "The shipment").nullable(),
        column(
            "channel",
            Text,
            "mail, call, visit, chat, portal, letter or other",
        ),
        column("severity", Text, "low, medium, high or critical"),
        column("cause", Text, "Code of the cause today, from the own list").nullable(),
        column("cause_en", Text, "Its name in English").nullable(),
        column("cause_zh", Text, "Its name in Chinese").nullable(),
        column("justified", Boolean, "Our judgement by then; missing: none").nullable(),
        column("received_on", Date, "When, UTC"),
        column("response_hours", Number, "To the first response")
            .unit("hours")
            .nullable(),
        column("answer_hours", Number, "To the first answer")
            .unit("hours")
            .nullable(),
        column(
            "confirmation_hours",
            Number,
            "To the customer's word that it is settled",
        )
        .unit("hours")
        .nullable(),
        column(
            "is_closed",
            Boolean,
            "The customer had said that it is settled",
        ),
        column(
            "was_reopened",
            Boolean,
            "The customer had said that it was not",
        ),
        column("claim_amount", Integer, "What is claimed, as told today")
            .unit("minor units")
            .nullable(),
        CURRENCY,
    ],
};
