//! `hawser serve`: the server, until it is told to stop.

use std::collections::BTreeMap;
use std::net::TcpListener;

use super::exit::{CONFIG, SOFTWARE, UNAVAILABLE};
use super::{Context, Failure};
use crate::access::ticket::Signer;
use crate::alerts::RaiseSettings;
use crate::error::Error;
use crate::mail::outbox::Worker;
use crate::state::AppState;

/// Arguments of the command.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  hawser serve --bind 0.0.0.0:8080 --public-url https://hawser.firm.example"
)]
pub struct Args {
    /// Address to listen on
    #[arg(long, value_name = "ADDRESS:PORT")]
    bind: Option<String>,
    /// Where people reach this instance; stands in mails
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
}

impl Args {
    /// The settings that these arguments outweigh.
    pub fn flags(&self, flags: &mut BTreeMap<&str, String>) {
        if let Some(bind) = &self.bind {
            flags.insert("bind", bind.clone());
        }
        if let Some(url) = &self.public_url {
            flags.insert("public_url", url.clone());
        }
    }
}

/// Runs the command.
pub fn run(context: &Context) -> Result<(), Failure> {
    let state = context.state()?;
    crate::imports::run::keep_recovering(&state.db, &state.clock)?;
    let listener = listen(context)?;
    tracing::info!(
        address = %context.config.bind,
        database = context.config.database.kind(),
        "Listening on http://{}",
        context.config.bind
    );
    until_stopped(state, listener)
}

/// Takes the configured address.
pub fn listen(context: &Context) -> Result<TcpListener, Failure> {
    TcpListener::bind(context.config.bind).map_err(|error| {
        Failure::new(
            UNAVAILABLE,
            format!("cannot listen on {}: {error}", context.config.bind),
        )
    })
}

/// Answers requests, sends mails, keeps surveys going, decides promises, checks alerts and scores past runs until the
/// process is told to stop; requests in
/// flight, the mail being sent and the run being scored are finished.
pub fn until_stopped(state: AppState, listener: TcpListener) -> Result<(), Failure> {
    // Known now rather than at the first alert.
    RaiseSettings::of(&state.config).map_err(|error| Failure::new(CONFIG, error))?;
    // Made now, as looking at a page makes nothing.
    let now = state.clock.now().into();
    (state.db)
        .write_now(|conn| Signer::of(conn, now))
        .map_err(|error| Failure::from(Error::from(error)))?;
    // Dropped at the end, after the server.
    let post = super::outbox::post(&state.config)?;
    if post.is_none() {
        tracing::warn!("No mail server is configured (HAWSER_SMTP_HOST): mails wait");
    }
    let _worker = post
        .map(|post| Worker::start(state.clone(), post))
        .transpose()?;
    let _bounces = crate::mail::bounce::watch(state.clone())?;
    let _keeper = crate::track::worker::Worker::start(state.clone())?;
    let _asker = crate::surveys::reminders::Worker::start(state.clone())?;
    let _digests = crate::alerts::digest::worker::Worker::start(state.clone())?;
    let _plays = crate::plays::worker::Worker::start(state.clone())?;
    let _hooks = crate::webhooks::worker::Worker::start(&state)?;
    let _promises = crate::promises::worker::Worker::start(state.clone())?;
    let _alerts = crate::alerts::check::Worker::start(state.clone())?;
    actix_web::rt::System::new()
        .block_on(async move { crate::app::start(state, listener)?.await })
        .map_err(|error| Failure::new(SOFTWARE, error))
}
