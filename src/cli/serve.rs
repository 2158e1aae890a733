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
    crate::imports::run::abandoned::keep_recovering(&state.db, &state.clock)?;
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
    let post = super::outbox::post(&state.config)?;
    if post.is_none() {
        tracing::warn!("No mail server is configured (HAWSER_SMTP_HOST): mails wait");
    }
    // Dropped at the end, after the server.
    let mut workers = Workers::default();
    if let Some(post) = post {
        workers.add(Worker::start(state.clone(), post)?);
    }
    if let Some(bounces) = crate::mail::bounce::watch(state.clone())? {
        workers.add(bounces);
    }
    workers.add(crate::track::worker::Worker::start(state.clone())?);
    workers.add(crate::surveys::reminders::Worker::start(state.clone())?);
    workers.add(crate::alerts::digest::worker::Worker::start(state.clone())?);
    workers.add(crate::plays::worker::Worker::start(state.clone())?);
    workers.add(crate::webhooks::worker::Worker::start(&state)?);
    workers.add(crate::promises::worker::Worker::start(state.clone())?);
    workers.add(crate::alerts::check::Worker::start(state.clone())?);
    actix_web::rt::System::new()
        .block_on(async move { crate::app::start(state, listener)?.await })
        .map_err(|error| Failure::new(SOFTWARE, error))
}

/// What works beside the server. Each part waits for its own end when it is dropped: dropped one after
/// the other, the last would only hear of it when the others have ended.
#[derive(Default)]
struct Workers(Vec<Box<dyn Send>>);

impl Workers {
    fn add(&mut self, worker: impl Send + 'static) {
        self.0.push(Box::new(worker));
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        std::thread::scope(|scope| {
            for worker in self.0.drain(..) {
                let end = std::thread::Builder::new().spawn_scoped(scope, move || drop(worker));
                if let Err(error) = end {
                    // It was dropped here instead.
                    tracing::warn!(error.cause = %error, "A worker was waited for: {error}");
                }
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
    use std::time::Duration;

    use super::*;

    /// Ends when its partner is told to end, too.
    struct Partner(SyncSender<()>, Receiver<()>);

    impl Drop for Partner {
        fn drop(&mut self) {
            self.0.send(()).unwrap();
            self.1.recv_timeout(Duration::from_secs(60)).unwrap();
        }
    }

    #[test]
    fn all_are_told_to_stop_before_any_is_waited_for() {
        let ((one, heard), (other, answered)) = (sync_channel(1), sync_channel(1));
        let mut workers = Workers::default();
        workers.add(Partner(one, answered));
        workers.add(Partner(other, heard));
        drop(workers);
    }
}
