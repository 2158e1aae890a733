//! The API, spoken to over HTTP: every test on each database.
//!
//! A test is an async function that takes a [`TestApp`]; [`on_each_database!`] makes two tests of
//! it, `sqlite::name` and `postgres::name`, each with a server of its own on a free port and a
//! fresh database. PostgreSQL is the server that `HAWSER_TEST_POSTGRES_URL` names.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::too_many_lines,
    clippy::needless_pass_by_value,
    clippy::similar_names,
    clippy::unused_async,
    missing_docs,
    reason = "clippy does not know helper functions in tests as tests; a scenario may be long"
)]

mod access;
mod alert_life;
mod alert_pages;
mod alert_rules;
mod alerts;
mod backtest;
mod bounces;
mod complaints;
mod customer_merge;
mod customers;
mod demo;
mod digests;
mod engagement;
mod harness;
mod imports;
mod interactions;
mod key_people;
mod mail_pace;
mod mail_preferences;
mod migrations;
mod network;
mod openapi;
mod own_churn;
mod plays;
mod promises;
mod reports;
mod satisfaction;
mod shipments;
mod signals;
mod survey_pages;
mod surveys;
mod track;
mod webhooks;
mod what_ifs;

use harness::TestApp;
