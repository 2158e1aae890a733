//! What a demo tells the person who started it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use chrono::NaiveDate;
use serde::Serialize;

use super::store::{self, Counts, Watched};
use crate::assessment::store as assessment;
use crate::cli::Failure;
use crate::cli::exit::SOFTWARE;
use crate::state::AppState;

/// What was prepared.
#[derive(Clone, Debug, Serialize)]
pub struct Facts {
    /// Where the server answers.
    address: String,
    /// The key, shown this once.
    key: String,
    /// Where the data live, without any password.
    database: String,
    /// Whether the database held the demo already.
    kept: bool,
    /// As of which day the newest run is.
    as_of: NaiveDate,
    #[serde(flatten)]
    counts: Counts,
    /// The head of the watch list.
    watch: Option<Watched>,
    /// What to try next.
    next: Vec<Step>,
}

/// Something to try.
#[derive(Clone, Debug, Serialize)]
struct Step {
    /// What it shows.
    shows: String,
    /// The line to type.
    line: String,
}

impl Facts {
    /// Reads what there is.
    pub fn read(
        state: &AppState,
        address: SocketAddr,
        key: String,
        kept: bool,
    ) -> Result<Self, Failure> {
        let (counts, as_of, watch) = state.db.read_now(|conn| {
            let counts = store::counts(conn)?;
            let run = assessment::latest(conn, None)?;
            let (Some(counts), Some(run)) = (counts, run) else {
                return Err(Failure::new(SOFTWARE, "the demo was not assessed"));
            };
            let watch = store::most_worth_saving(conn, run.id)?;
            Ok((counts, run.as_of, watch))
        })?;
        let address = format!("http://{}", reachable(address));
        let next = steps(&address, &key, watch.as_ref());
        Ok(Self {
            address,
            key,
            database: state.db.target().shown(),
            kept,
            as_of,
            counts,
            watch,
            next,
        })
    }

    /// The same for people.
    pub fn lines(&self, serving: bool) -> Vec<String> {
        let Counts {
            customers,
            links,
            shipments,
            alerts,
            ..
        } = self.counts;
        let state = if self.kept { "kept in" } else { "made in" };
        let mut lines = vec![
            format!(
                "Demo {state} {}: {customers} customers, {links} links, {shipments} shipments; \
                 assessed as of {}: {alerts} alerts.",
                self.database, self.as_of
            ),
            String::new(),
            format!("Address  {}", self.address),
            format!("API key  {}  (a new one at each start)", self.key),
            String::new(),
        ];
        lines.push(if serving {
            "Three things to try in another terminal:".to_owned()
        } else {
            format!(
                "Start the server with `hawser serve --database-url {}`, then try:",
                self.database
            )
        });
        for step in &self.next {
            lines.extend([
                String::new(),
                format!("# {}", step.shows),
                step.line.clone(),
            ]);
        }
        if serving {
            lines.extend([String::new(), "Ctrl-C stops it.".to_owned()]);
        }
        lines
    }
}

fn steps(address: &str, key: &str, watch: Option<&Watched>) -> Vec<Step> {
    let get =
        |path: &str| format!("curl -s -H 'Authorization: Bearer {key}' '{address}/api/v1{path}'");
    let mut steps = vec![Step {
        shows: "the five customers most worth a call".to_owned(),
        line: get("/watchlist?limit=5"),
    }];
    if let Some(watch) = watch {
        steps.push(Step {
            shows: format!("why {} may leave, and who would follow", watch.name),
            line: get(&format!("/customers/{}/risk", watch.id)),
        });
    }
    steps.push(Step {
        shows: "how satisfied each department of each customer is, for a spreadsheet".to_owned(),
        line: get("/reports/satisfaction?format=csv"),
    });
    steps
}

/// The address to type: a server that listens everywhere is reached here, too.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(match address.ip() {
            IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    address
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_listens_everywhere_is_reached_at_home() {
        for (bound, typed) in [
            ("0.0.0.0:8080", "127.0.0.1:8080"),
            ("[::]:80", "[::1]:80"),
            ("10.0.0.7:80", "10.0.0.7:80"),
        ] {
            assert_eq!(reachable(bound.parse().unwrap()).to_string(), typed);
        }
    }
}
