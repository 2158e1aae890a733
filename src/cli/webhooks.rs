//! `hawser webhooks`: who is told what happens here, and what came of it.

use chrono::{DateTime, Utc};
use serde_json::json;

use super::out::table;
use super::{Context, Failure};
use crate::access::Teams;
use crate::access::audit::Actor;
use crate::db::select::{self, Filter, Listing, Op, Value};
use crate::i18n::line::single_line;
use crate::state::AppState;
use crate::webhooks::edit::{self, Endpoint, EndpointInput, Wanted, Writer};
use crate::webhooks::model::{DeliveryStatus, Envelope, EventType};
use crate::webhooks::store::deliveries::{DELIVERIES, Delivery};
use crate::webhooks::store::endpoints::{ENDPOINTS, Row};

/// What to do with webhooks.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// List webhooks
    List,
    /// Make a webhook; its secret is shown this once
    #[command(
        after_help = "Example:\n  hawser webhooks add CRM https://crm.firm.example/hooks/hawser --event alert.opened --event alert.resolved"
    )]
    Add {
        /// What people call it
        name: String,
        /// Where it is: `https://…`, on a public address
        url: String,
        /// A type of events it wants; may be given again (default: all)
        #[arg(long = "event", value_name = "TYPE", value_parser = event_type)]
        events: Vec<EventType>,
        /// plain or cloudevents
        #[arg(long, default_value = "plain", value_parser = envelope)]
        envelope: Envelope,
        /// The team whose customers it is told of (default: it is told everything)
        #[arg(long, value_name = "TEAM_ID")]
        team: Option<i64>,
    },
    /// Give a webhook a new secret, shown this once; the one before signs as well for a while
    Rotate {
        /// The webhook's number
        id: i64,
        /// Hours for which the secret before signs as well
        #[arg(long, default_value_t = 24, value_name = "HOURS")]
        overlap: i64,
    },
    /// Send a webhook an event of type webhook.test
    #[command(
        after_help = "The running server sends it; `hawser webhooks deliveries ID` shows what came of it."
    )]
    Test {
        /// The webhook's number
        id: i64,
    },
    /// List what a webhook was sent or is to be sent, the newest first
    #[command(after_help = "Example:\n  hawser webhooks deliveries 1 --status dead")]
    Deliveries {
        /// The webhook's number
        id: i64,
        /// queued, delivered or dead
        #[arg(long, value_parser = status)]
        status: Option<DeliveryStatus>,
    },
    /// Queue a webhook's dead deliveries of events since a time, or one delivery, anew
    #[command(
        after_help = "Examples:\n  hawser webhooks replay 1 --since 2026-03-01T00:00:00Z\n  hawser webhooks replay --delivery 7"
    )]
    Replay {
        /// The webhook's number
        #[arg(required_unless_present = "delivery", requires = "since")]
        id: Option<i64>,
        /// Events from then on
        #[arg(long, value_name = "TIME")]
        since: Option<DateTime<Utc>>,
        /// A single delivery, dead or delivered
        #[arg(long, value_name = "DELIVERY_ID", conflicts_with_all = ["id", "since"])]
        delivery: Option<i64>,
    },
}

fn event_type(word: &str) -> Result<EventType, String> {
    EventType::parse(word).ok_or_else(|| format!("expected one of {}", EventType::WORDS.join(", ")))
}

fn envelope(word: &str) -> Result<Envelope, String> {
    Envelope::parse(word).ok_or_else(|| format!("expected one of {}", Envelope::WORDS.join(", ")))
}

fn status(word: &str) -> Result<DeliveryStatus, String> {
    DeliveryStatus::parse(word)
        .ok_or_else(|| format!("expected one of {}", DeliveryStatus::WORDS.join(", ")))
}

fn writer(state: &AppState) -> Writer {
    Writer {
        teams: Teams::All,
        actor: Actor::cli(),
        now: state.clock.now().into(),
        allow_private: state.config.webhooks.allow_private,
    }
}

/// Runs the command.
pub fn run(context: &Context, command: Command) -> Result<(), Failure> {
    let state = context.state()?;
    let writer = writer(&state);
    match command {
        Command::List => list(context, &state),
        Command::Add {
            name,
            url,
            events,
            envelope,
            team,
        } => {
            let input = EndpointInput {
                name,
                url,
                events,
                envelope,
                team_id: team,
                status: Wanted::Active,
            };
            edit::check_name(&input.url, writer.allow_private)?;
            let made = (state.db).write_now(|conn| edit::create(conn, &writer, &input))?;
            show_secret(context, made)
        }
        Command::Rotate { id, overlap } => {
            use crate::api::etag::IfMatch::Absent;
            let of = (id, &Absent);
            let made =
                (state.db).write_now(|conn| edit::rotate(conn, &writer, of, Some(overlap)))?;
            show_secret(context, made)
        }
        Command::Test { id } => {
            let sent = (state.db).write_now(|conn| edit::test(conn, &writer, id))?;
            show_queued(context, &sent)
        }
        Command::Deliveries { id, status } => list_deliveries(context, &state, id, status),
        Command::Replay {
            delivery: Some(id), ..
        } => {
            let queued = (state.db).write_now(|conn| edit::replay(conn, &writer, id))?;
            show_queued(context, &queued)
        }
        Command::Replay { id, since, .. } => {
            let (id, since) = (id.unwrap_or_default(), since.unwrap_or_default().into());
            let replayed =
                (state.db).write_now(|conn| edit::replay_since(conn, &writer, id, since))?;
            let answer = json!({ "replayed": replayed });
            let lines = |_: &_| vec![format!("{replayed} deliveries are queued anew.")];
            Ok(context.out.show(&answer, lines)?)
        }
    }
}

fn show_secret(context: &Context, (endpoint, secret): (Endpoint, String)) -> Result<(), Failure> {
    let answer = json!({ "id": endpoint.id, "url": endpoint.url, "secret": secret });
    context.out.show(&answer, |_| {
        let mut lines = vec![
            format!("Webhook {} to {}", endpoint.id, single_line(&endpoint.url)),
            format!("Its secret, shown this once: {secret}"),
        ];
        if let Some(until) = endpoint.old_secret_until {
            let until = until.0.format("%Y-%m-%dT%H:%M:%SZ");
            lines.push(format!("The secret before signs as well until {until}."));
        }
        lines
    })?;
    Ok(())
}

fn show_queued(context: &Context, delivery: &Delivery) -> Result<(), Failure> {
    context.out.show(delivery, |delivery| {
        vec![format!(
            "Delivery {} of {} is queued; the running server sends it.",
            delivery.id, delivery.kind
        )]
    })?;
    Ok(())
}

fn list(context: &Context, state: &AppState) -> Result<(), Failure> {
    let listing = Listing::all(&ENDPOINTS);
    let endpoints = state.db.read_now(|conn| {
        let rows: Vec<Row> = select::page(conn, &ENDPOINTS, &listing, |_| {})?;
        let endpoints = rows.into_iter().map(Endpoint::of);
        endpoints.collect::<Result<Vec<_>, _>>()
    })?;
    context.out.show(&endpoints, |endpoints| {
        let rows: Vec<_> = endpoints.iter().map(row).collect();
        table(
            &["webhook", "status", "name", "team", "events", "address"],
            &rows,
        )
    })?;
    Ok(())
}

fn row(endpoint: &Endpoint) -> Vec<String> {
    let reason = endpoint
        .disabled_reason
        .map(|reason| format!(" ({reason})"));
    let events: Vec<&str> = endpoint.events.iter().map(|event| event.word()).collect();
    vec![
        endpoint.id.to_string(),
        format!("{}{}", endpoint.status, reason.unwrap_or_default()),
        single_line(&endpoint.name),
        endpoint
            .team_id
            .map_or("all".to_owned(), |id| id.to_string()),
        if events.is_empty() {
            "all".to_owned()
        } else {
            events.join(" ")
        },
        single_line(&endpoint.url),
    ]
}

fn list_deliveries(
    context: &Context,
    state: &AppState,
    id: i64,
    status: Option<DeliveryStatus>,
) -> Result<(), Failure> {
    let mut listing = Listing::all(&DELIVERIES);
    if let (Some(status), Some(field)) = (status, DELIVERIES.field("status")) {
        listing.filters.push(Filter {
            field,
            op: Op::Eq,
            values: vec![Value::Text(status.word().to_owned())],
        });
    }
    let deliveries: Vec<Delivery> = state.db.read_now(|conn| {
        edit::find(conn, id, &Teams::All)?;
        let scope = |sql: &mut select::Statement| {
            sql.push(" AND d.endpoint_id = ").bind(Value::Int(id));
        };
        Ok::<_, crate::error::Error>(select::page(conn, &DELIVERIES, &listing, scope)?)
    })?;
    context.out.show(&deliveries, |deliveries| {
        let rows: Vec<_> = deliveries.iter().map(delivery_row).collect();
        let head = [
            "delivery",
            "status",
            "tries",
            "event",
            "id",
            "next try",
            "last error",
        ];
        table(&head, &rows)
    })?;
    Ok(())
}

fn delivery_row(delivery: &Delivery) -> Vec<String> {
    let queued = delivery.status == DeliveryStatus::Queued.word();
    let next = delivery.next_attempt_at.0.format("%Y-%m-%dT%H:%M:%SZ");
    vec![
        delivery.id.to_string(),
        delivery.status.clone(),
        delivery.attempts.to_string(),
        delivery.kind.clone(),
        delivery.event_id.clone(),
        if queued {
            next.to_string()
        } else {
            String::new()
        },
        single_line(delivery.last_error.as_deref().unwrap_or_default()),
    ]
}
