//! Mails a second: the outbox against a bare loop of the mail library, the same messages to the same
//! server in the same run.
//!
//! `cargo bench --bench outbox [-- MAILS]`; on PostgreSQL too if `HAWSER_TEST_POSTGRES_URL` names a
//! database that may be filled. The server is a thread of this process that takes everything.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    missing_docs,
    reason = "a bench"
)]

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use hawser::access::store::{UserInput, insert_user};
use hawser::config::{SmtpConfig, SmtpSecurity};
use hawser::db::{Db, DbError, Target, UtcTime};
use hawser::ids::UserId;
use hawser::mail::outbox::store::{NewMail, queue};
use hawser::mail::outbox::{Post, deliver_due};
use hawser::state::Clock;
use lettre::{SmtpTransport, Transport as _};

const HTML: &str = "<!DOCTYPE html>\n<p>Three of seven consignees are silent.</p>\n";

fn main() {
    let mails = std::env::args()
        .skip(1)
        .find_map(|word| word.parse().ok())
        .unwrap_or(2000_u64);
    let port = sink();
    println!("{mails} mails of about 11 kB to a server that takes everything");
    let bare = rate(mails, || bare_loop(port, mails));
    println!("bare loop, one connection      {bare:>8.0} mails/s");
    let folder = tempfile::tempdir().unwrap();
    for connections in [1, 2, 4] {
        let path = folder.path().join(format!("{connections}.db"));
        outbox(
            "SQLite",
            &Target::Sqlite(path),
            (port, mails),
            connections,
            bare,
        );
    }
    if let Ok(url) = std::env::var("HAWSER_TEST_POSTGRES_URL") {
        let target = Target::parse(&url).unwrap();
        for connections in [1, 2, 4] {
            outbox("PostgreSQL", &target, (port, mails), connections, bare);
        }
    }
}

fn outbox(name: &str, target: &Target, (port, mails): (u16, u64), connections: u32, bare: f64) {
    let db = Db::open(target, 8).unwrap();
    let way = post(port, connections);
    fill(&db, mails);
    let rate = rate(mails, || {
        let delivered = deliver_due(&db, &way, &Clock::System, u64::MAX).unwrap();
        assert_eq!(delivered.sent, mails, "{delivered:?}");
    });
    let share = 100.0 * rate / bare;
    println!("{name:<10} {connections} connection(s)     {rate:>8.0} mails/s  {share:>4.0} %");
}

fn rate(mails: u64, work: impl FnOnce()) -> f64 {
    let begin = Instant::now();
    work();
    mails as f64 / begin.elapsed().as_secs_f64()
}

fn post(port: u16, connections: u32) -> Post {
    Post::of(&SmtpConfig {
        host: "127.0.0.1".to_owned(),
        port,
        security: SmtpSecurity::None,
        credentials: None,
        from: "Hawser <hawser@firm.example>".to_owned(),
        ca_file: None,
        timeout: Duration::from_secs(20),
        connections,
        rate_per_minute: 0,
        dkim: None,
    })
    .unwrap()
}

fn text() -> String {
    "Brandt GmbH: the churn probability rose from 31 % to 68 %.\n".repeat(180)
}

fn fill(db: &Db, mails: u64) {
    let now = UtcTime::from(Clock::System.now());
    let text = text();
    db.write_now(|conn| {
        let email = format!("anna{}@firm.example", now.0.timestamp_micros());
        let input = UserInput::new("Anna".to_owned(), email.clone());
        let UserId(user) = insert_user(conn, &input, now)?.id;
        for number in 0..mails {
            let id = format!("<bench-{}.{number}@firm.example>", now.0.timestamp_micros());
            let mail = NewMail {
                kind: "alert",
                user_id: Some(user),
                message_id: &id,
                to_address: &email,
                to_name: "Anna",
                language: "en",
                subject: "[Hawser] HIGH: Brandt GmbH",
                text: &text,
                html: HTML,
                ..NewMail::default()
            };
            queue(conn, &mail, now)?;
        }
        Ok::<_, DbError>(())
    })
    .unwrap();
}

fn bare_loop(port: u16, mails: u64) {
    use lettre::message::{Message, MultiPart};
    let transport = SmtpTransport::builder_dangerous("127.0.0.1")
        .port(port)
        .build();
    let text = text();
    for number in 0..mails {
        let message = Message::builder()
            .message_id(Some(format!("<bare-{number}@firm.example>")))
            .from("Hawser <hawser@firm.example>".parse().unwrap())
            .to("Anna <anna@firm.example>".parse().unwrap())
            .subject("[Hawser] HIGH: Brandt GmbH")
            .multipart(MultiPart::alternative_plain_html(
                text.clone(),
                HTML.to_owned(),
            ))
            .unwrap();
        transport.send(&message).unwrap();
    }
}

/// A server that takes everything.
fn sink() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let stream = stream.unwrap();
            std::thread::spawn(move || converse(stream));
        }
    });
    port
}

fn converse(stream: TcpStream) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let (mut out, mut lines) = (stream.try_clone().ok()?, BufReader::new(stream));
    let mut line = Vec::new();
    out.write_all(b"220 sink\r\n").ok()?;
    loop {
        line.clear();
        if lines.read_until(b'\n', &mut line).ok()? == 0 {
            return Some(());
        }
        if line.starts_with(b"DATA") {
            out.write_all(b"354 go on\r\n").ok()?;
            while line != b".\r\n" {
                line.clear();
                lines.read_until(b'\n', &mut line).ok()?;
            }
        }
        out.write_all(b"250 OK\r\n").ok()?;
    }
}
