//! The command line: one file per command.

mod alert_rules;
mod alerts;
mod assess;
mod backtest;
mod calc;
mod complaints;
mod customers;
mod demo;
mod engagement;
mod exit;
mod explain;
mod export;
mod import;
mod interactions;
mod key;
mod measure;
mod migrate;
mod model;
mod openapi;
mod out;
mod outbox;
mod owners;
mod plan;
mod plays;
mod promises;
mod report;
mod satisfaction;
mod sentiment;
mod serve;
mod spread;
mod surveys;
mod surveys_send;
mod team;
mod track;
mod user;
mod watchlist;
mod webhooks;
mod what_if;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Parser, Subcommand};

pub use exit::Failure;
use out::Out;

use crate::config::Config;
use crate::db::Db;
use crate::state::{AppState, Bell, Clock};

/// Keeps a logistics firm moored to both ends of every shipment.
#[derive(Debug, Parser)]
#[command(name = "hawser", version, about, max_term_width = 100)]
struct Cli {
    /// Settings file (default: hawser.toml, if it exists)
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Where the data live: <sqlite://PATH> or <postgres://USER@HOST/DATABASE>
    #[arg(long, global = true, value_name = "URL")]
    database_url: Option<String>,
    /// What is logged: error, warn, info, debug, or a filter
    #[arg(long, global = true, value_name = "FILTER")]
    log: Option<String>,
    /// Print results as JSON
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Answer requests and send mails until stopped
    Serve(serve::Args),
    /// Make a generated network, assess it, serve it and say what to try
    Demo(demo::Args),
    /// Bring the database's schema up to date
    Migrate,
    /// Assess every customer at a date: risk, cascade, satisfaction, alerts
    Assess(assess::Args),
    /// Put past predictions beside what happened: own churn, cascade, plain baselines
    Backtest(backtest::Args),
    /// Show whom to save first
    Watchlist(watchlist::Args),
    /// Show one customer's numbers, and why they are what they are
    Explain(explain::Args),
    /// Show how satisfied a customer or a link is, why, and what would turn it green
    Satisfaction(satisfaction::Args),
    /// Show what own churn rests on, or fit a model to a file
    #[command(subcommand)]
    Model(model::Command),
    /// Ask what would follow if a customer left, stayed, or a link changed
    #[command(name = "what-if")]
    WhatIf(what_if::Args),
    /// Choose whom to visit under a budget
    Plan(plan::Args),
    /// Show who may be won next, and because of whom: a hypothesis
    Spread(spread::Args),
    /// Make, list and revoke API keys
    #[command(subcommand)]
    Key(key::Command),
    /// Add, list and remove users, who receive alerts
    #[command(subcommand)]
    User(user::Command),
    /// Add, list and remove teams
    #[command(subcommand)]
    Team(team::Command),
    /// Read alerts, and say what is done about them
    #[command(subcommand)]
    Alerts(alerts::Command),
    /// List, send and retry the mails that carry alerts
    #[command(subcommand)]
    Outbox(outbox::Command),
    /// Tell other systems what happens here; list what they were told, tell it again
    #[command(subcommand)]
    Webhooks(webhooks::Command),
    /// Import files of shipments, list imports and take them back
    #[command(subcommand)]
    Import(import::Command),
    /// Merge customers
    #[command(subcommand)]
    Customers(customers::Command),
    /// Import files of contracts
    #[command(subcommand)]
    Contracts(engagement::Command),
    /// Import files of invoices and their payments
    #[command(subcommand)]
    Invoices(engagement::Command),
    /// Ask customers for their opinion, take answers, see what they come to
    #[command(subcommand)]
    Surveys(surveys::Command),
    /// List complaints, count what came of them, import files of them
    #[command(subcommand)]
    Complaints(complaints::Command),
    /// Look after customers by plays: list, begin, do, end them, see what they come to
    #[command(subcommand)]
    Plays(plays::Command),
    /// List promises, check those that are due, count those kept, import files of them
    #[command(subcommand)]
    Promises(promises::Command),
    /// Import files of what was said, and mailboxes
    #[command(subcommand)]
    Interactions(interactions::Command),
    /// Score texts, learn from the own ones, score again
    #[command(subcommand)]
    Sentiment(sentiment::Command),
    /// Say who looks after a customer
    #[command(subcommand)]
    Owners(owners::Command),
    /// List what the next owner of a customer must know
    HandOver(owners::HandOverArgs),
    /// Write shipments to standard output; the file can be imported again
    #[command(subcommand)]
    Export(export::Command),
    /// Apply the published formulas to values from a file, without a database
    Calc(calc::Args),
    /// Write a report of an assessment run to standard output
    Report(report::Args),
    /// Show what became of past predictions and alerts
    TrackRecord(track::Args),
    /// Write the description of the API (OpenAPI 3.1) to standard output
    Openapi,
}

/// What a command works with.
struct Context {
    config: Config,
    out: Out,
}

impl Context {
    /// Opens the database, its schema brought up to date, with everything a server has.
    fn state(&self) -> Result<AppState, Failure> {
        Ok(AppState {
            db: Db::open(&self.config.database, self.config.db_connections)?,
            clock: Clock::System,
            config: Arc::new(self.config.clone()),
            bell: Bell::default(),
        })
    }
}

/// Runs the command that the arguments name.
pub fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are answers; everything else is wrong usage.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { exit::USAGE } else { 0 });
        }
    };
    match dispatch(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

fn dispatch(cli: Cli) -> Result<(), Failure> {
    // The calculator needs no settings, so that wrong ones are none of its business.
    if let Command::Calc(args) = &cli.command {
        return calc::run(args);
    }
    let mut flags = BTreeMap::new();
    if let Some(url) = cli.database_url {
        flags.insert("database_url", url);
    }
    if let Some(log) = cli.log {
        flags.insert("log", log);
    }
    // A command tells what went wrong itself; logs would say it twice.
    let usual_log = if matches!(cli.command, Command::Serve(_)) {
        "info"
    } else {
        "error"
    };
    match &cli.command {
        Command::Serve(args) => args.flags(&mut flags),
        Command::Demo(args) => args.flags(&mut flags),
        _ => {}
    }
    let mut context = Context {
        config: Config::load(cli.config.as_deref(), &flags, usual_log)?,
        out: Out { json: cli.json },
    };
    crate::telemetry::start_logs(&context.config);
    run_command(&mut context, cli.command)
}

fn run_command(context: &mut Context, command: Command) -> Result<(), Failure> {
    match command {
        Command::Serve(_) => serve::run(context),
        Command::Demo(args) => demo::run(context, &args),
        Command::Migrate => migrate::run(context),
        Command::Assess(args) => assess::run(context, &args),
        Command::Backtest(args) => backtest::run(context, &args),
        Command::Watchlist(args) => watchlist::run(context, &args),
        Command::Explain(args) => explain::run(context, &args),
        Command::Satisfaction(args) => satisfaction::run(context, &args),
        Command::Model(command) => model::run(context, &command),
        Command::WhatIf(args) => what_if::run(context, &args),
        Command::Plan(args) => plan::run(context, &args),
        Command::Spread(args) => spread::run(context, &args),
        Command::Key(command) => key::run(context, command),
        Command::User(command) => user::run(context, command),
        Command::Team(command) => team::run(context, command),
        Command::Alerts(command) => alerts::run(context, command),
        Command::Outbox(command) => outbox::run(context, &command),
        Command::Webhooks(command) => webhooks::run(context, command),
        Command::Import(command) => import::run(context, command),
        Command::Customers(command) => customers::run(context, &command),
        Command::Contracts(command) => {
            engagement::run::<crate::engagement::store::contracts::Values>(context, &command)
        }
        Command::Invoices(command) => {
            engagement::run::<crate::engagement::store::invoices::Values>(context, &command)
        }
        Command::Surveys(command) => surveys::run(context, &command),
        Command::Complaints(command) => complaints::run(context, command),
        Command::Plays(command) => plays::run(context, command),
        Command::Promises(command) => promises::run(context, command),
        Command::Interactions(command) => interactions::run(context, command),
        Command::Sentiment(command) => sentiment::run(context, command),
        Command::Owners(command) => owners::run(context, command),
        Command::HandOver(args) => owners::hand_over(context, &args),
        Command::Export(command) => export::run(context, command),
        Command::Calc(args) => calc::run(&args),
        Command::Report(args) => report::run(context, &args),
        Command::TrackRecord(args) => track::run(context, &args),
        Command::Openapi => openapi::run(context),
    }
}
