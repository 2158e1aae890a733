//! The outbox against a real SMTP server that fails, a database that fails, and clocks that jump.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, TimeZone as _, Utc};
use hawser::access::Teams;
use hawser::access::store::{UserInput, insert_user};
use hawser::config::{Config, SmtpConfig, SmtpSecurity};
use hawser::db::select::Statement;
use hawser::db::{Db, Target, UtcTime};
use hawser::ids::{MailId, UserId};
use hawser::mail::outbox::store::{self, Mail, NewImage, NewMail};
use hawser::mail::outbox::{Delivered, Post, Worker, deliver_due};
use hawser::state::{AppState, Bell, Clock};
use tempfile::TempDir;

use crate::server::{self, Certificates, Server};
use crate::{PASSWORD, USER};

/// A database with one reader, Anna, and a clock that stands at 2026-03-02 08:00 UTC.
pub struct House {
    folder: TempDir,
    pub db: Db,
    pub clock: Clock,
    pub anna: i64,
}

impl House {
    /// On a SQLite file of its own.
    pub fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let target = Target::Sqlite(folder.path().join("hawser.db"));
        Self::at(folder, &target)
    }

    /// On a database that is there.
    pub fn at(folder: TempDir, target: &Target) -> Self {
        let db = Db::open(target, 4).unwrap();
        let clock = Clock::stopped(Utc.with_ymd_and_hms(2026, 3, 2, 8, 0, 0).unwrap());
        let anna = UserInput::new("Anna".to_owned(), "anna@firm.example".to_owned());
        let now = UtcTime::from(clock.now());
        let UserId(anna) = (db.write_now(|conn| insert_user(conn, &anna, now)))
            .unwrap()
            .id;
        Self {
            folder,
            db,
            clock,
            anna,
        }
    }

    fn now(&self) -> UtcTime {
        self.clock.now().into()
    }

    fn later(&self, time: TimeDelta) {
        self.clock.set(self.clock.now() + time);
    }

    /// Queues a mail to Anna, changed as told.
    pub fn queue<'a>(&self, id: &'a str, change: impl FnOnce(&mut NewMail<'a>)) -> MailId {
        let mut mail = NewMail {
            kind: "alert",
            user_id: Some(self.anna),
            message_id: id,
            to_address: "anna@firm.example",
            to_name: "Anna",
            language: "en",
            subject: "Subject",
            text: "Text\n",
            html: "<p>Text</p>\n",
            ..NewMail::default()
        };
        change(&mut mail);
        let now = self.now();
        (self.db.write_now(|conn| store::queue(conn, &mail, now)))
            .unwrap()
            .unwrap()
    }

    fn mail(&self, id: MailId) -> Mail {
        (self
            .db
            .read_now(|conn| store::find(conn, id.0, &Teams::All)))
        .unwrap()
        .unwrap()
    }

    fn due(&self) -> Vec<MailId> {
        let now = self.now();
        (self.db.read_now(|conn| store::due(conn, now, 1000))).unwrap()
    }

    fn deliver(&self, post: &Post) -> Delivered {
        deliver_due(&self.db, post, &self.clock, u64::MAX).unwrap()
    }

    fn execute(&self, sql: &str) {
        let sql = Statement::new(sql);
        self.db.write_now(|conn| sql.execute(conn)).unwrap();
    }

    fn state(&self, settings: &[(&str, &str)]) -> AppState {
        let lookup = |key: &str| {
            let found = settings.iter().find(|(name, _)| *name == key);
            found.map(|(_, value)| (*value).to_owned())
        };
        AppState {
            db: self.db.clone(),
            clock: self.clock.clone(),
            config: Arc::new(Config::from_lookup(lookup).unwrap()),
            bell: Bell::default(),
        }
    }

    /// The binary, on this database.
    fn hawser(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hawser"));
        command
            .env("HAWSER_DATABASE_URL", self.url())
            .current_dir(self.folder.path());
        command
    }

    fn url(&self) -> String {
        format!(
            "sqlite://{}",
            self.folder.path().join("hawser.db").display()
        )
    }
}

fn smtp(port: u16) -> SmtpConfig {
    SmtpConfig {
        // The certificates are made out to this name.
        host: "localhost".to_owned(),
        port,
        security: SmtpSecurity::None,
        credentials: None,
        from: "Hawser <hawser@firm.example>".to_owned(),
        ca_file: None,
        timeout: Duration::from_secs(1),
        connections: 1,
        rate_per_minute: 0,
        dkim: None,
    }
}

fn post(port: u16) -> Post {
    Post::of(&smtp(port)).unwrap()
}

fn counts(delivered: &Delivered) -> (u64, u64, u64) {
    (delivered.sent, delivered.retried, delivered.dead)
}

/// Waits for something that another thread or process does.
fn wait_for(what: &str, mut is_so: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !is_so() {
        assert!(begin.elapsed() < Duration::from_secs(120), "never: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_greylisting_server_gets_the_mail_at_the_third_attempt() {
    let server = Server::start(&["--fault", "busy-twice"]);
    let (house, post) = (House::new(), post(server.port));
    let id = house.queue("<1@firm.example>", |_| {});
    for attempt in 1..=2 {
        assert_eq!(counts(&house.deliver(&post)), (0, 1, 0));
        let mail = house.mail(id);
        assert_eq!((mail.attempts, mail.status.as_str()), (attempt, "queued"));
        let words = mail.last_error.unwrap();
        assert!(
            words.contains("451") && words.contains("try again later"),
            "{words}"
        );
        // At most half a minute, then a minute.
        let pause = mail.next_attempt_at.0 - house.clock.now();
        assert!(pause <= TimeDelta::seconds(30 * attempt), "{pause}");
        house.later(TimeDelta::seconds(61));
    }
    assert_eq!(counts(&house.deliver(&post)), (1, 0, 0));
    assert_eq!((server.count(), house.mail(id).attempts), (1, 3));
    assert_eq!(house.mail(id).last_error, None);
}

#[test]
fn mails_wait_while_the_server_is_away_busy_or_broken() {
    for fault in ["closing", "busy", "drop-in-data", "hang"] {
        let server = Server::start(&["--fault", fault]);
        let house = House::new();
        let id = house.queue("<1@firm.example>", |_| {});
        let delivered = house.deliver(&post(server.port));
        assert_eq!(counts(&delivered), (0, 1, 0), "{fault}: {delivered:?}");
        assert_eq!(house.mail(id).status, "queued", "{fault}");
        assert_eq!(server.count(), 0, "{fault}");
    }
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = nobody.local_addr().unwrap().port();
    drop(nobody);
    let house = House::new();
    let ids: Vec<_> = (0..9)
        .map(|n| {
            house.queue(
                Box::leak(format!("<{n}@firm.example>").into_boxed_str()),
                |_| {},
            )
        })
        .collect();
    let delivered = house.deliver(&post(port));
    // After three failures the others would fail too: they wait without an attempt.
    assert_eq!(counts(&delivered), (0, 3, 0), "{delivered:?}");
    assert!(delivered.stopped_by.is_some());
    let attempts: i64 = ids.iter().map(|id| house.mail(*id).attempts).sum();
    assert_eq!(attempts, 3);
}

#[test]
fn mails_the_server_refuses_are_dead_letters_at_once() {
    for (fault, words) in [("no-such-user", "550"), ("too-big", "552")] {
        let server = Server::start(&["--fault", fault]);
        let house = House::new();
        let id = house.queue("<1@firm.example>", |_| {});
        assert_eq!(
            counts(&house.deliver(&post(server.port))),
            (0, 0, 1),
            "{fault}"
        );
        let mail = house.mail(id);
        assert_eq!((mail.status.as_str(), mail.attempts), ("dead", 1));
        assert!(mail.last_error.unwrap().contains(words), "{fault}");
    }
}

#[test]
fn a_wrong_password_or_certificate_stops_the_round_and_costs_no_mail() {
    let certificates = Certificates::make();
    let security = [
        "--security",
        "starttls",
        "--user",
        USER,
        "--password",
        PASSWORD,
    ];
    let server = Server::start(&[&security[..], &certificates.server()[..]].concat());
    let mut untrusted = smtp(server.port);
    untrusted.security = SmtpSecurity::StartTls;
    untrusted.credentials = Some((USER.to_owned(), PASSWORD.to_owned()));
    let mut wrong = untrusted.clone();
    wrong.ca_file = Some(certificates.authority());
    wrong.credentials = Some((USER.to_owned(), "wrong".to_owned()));
    let mut right = wrong.clone();
    right.credentials = Some((USER.to_owned(), PASSWORD.to_owned()));
    let house = House::new();
    let ids = ["<1@firm.example>", "<2@firm.example>"].map(|id| house.queue(id, |_| {}));
    for (smtp, words) in [(untrusted, "certificate"), (wrong, "5.7.8")] {
        let delivered = house.deliver(&Post::of(&smtp).unwrap());
        assert_eq!(counts(&delivered), (0, 1, 0), "{delivered:?}");
        assert!(delivered.stopped_by.unwrap().contains(words));
        house.later(TimeDelta::seconds(61));
    }
    assert_eq!(server.count(), 0);
    assert_eq!(
        counts(&house.deliver(&Post::of(&right).unwrap())),
        (2, 0, 0)
    );
    assert!(ids.iter().all(|id| house.mail(*id).status == "sent"));
}

#[test]
fn a_mail_that_was_taken_before_the_database_failed_comes_again_with_its_id() {
    let server = Server::start(&[]);
    let (house, post) = (House::new(), post(server.port));
    let id = house.queue("<1@firm.example>", |_| {});
    house.execute(
        "CREATE TRIGGER broken BEFORE UPDATE OF sent_at ON mails WHEN NEW.sent_at IS NOT NULL \
         BEGIN SELECT RAISE(ABORT, 'disk full'); END",
    );
    let error = deliver_due(&house.db, &post, &house.clock, 10).unwrap_err();
    assert!(error.to_string().contains("disk full"), "{error}");
    assert_eq!(
        (server.count(), house.mail(id).status.as_str()),
        (1, "queued")
    );
    house.execute("DROP TRIGGER broken");
    assert_eq!(counts(&house.deliver(&post)), (0, 0, 0), "its lease holds");
    house.later(post.lease() + TimeDelta::seconds(1));
    assert_eq!(counts(&house.deliver(&post)), (1, 0, 0));
    assert_eq!(server.count(), 2);
    let ids = [1, 2].map(|number| {
        let mail = server.mail(number);
        server::header(&mail, "Message-ID")[0].to_owned()
    });
    assert_eq!(ids, ["<1@firm.example>"; 2]);
}

#[test]
fn clocks_that_jump_lose_no_mail() {
    let server = Server::start(&["--fault", "busy-twice"]);
    let (house, post) = (House::new(), post(server.port));
    let right = house.clock.now();
    let claim = |id| {
        let now = house.now();
        let lease = UtcTime::from(now.0 + post.lease());
        let taken = house
            .db
            .write_now(|conn| store::claim(conn, id, now, lease));
        taken.unwrap().is_some()
    };
    // Written and put off while the clock was a year ahead.
    house.clock.set(right + TimeDelta::days(365));
    let written_ahead = house.queue("<1@firm.example>", |_| {});
    assert_eq!(counts(&house.deliver(&post)), (0, 1, 0));
    // Leased while it was: by a worker that died.
    let leased_ahead = house.queue("<2@firm.example>", |_| {});
    assert!(claim(leased_ahead));
    house.clock.set(right);
    assert_eq!(house.due(), [leased_ahead, written_ahead]);
    assert!(claim(leased_ahead));
    assert!(!claim(leased_ahead), "a lease of today holds");
    assert_eq!(
        counts(&house.deliver(&post)),
        (0, 1, 0),
        "busy for the second time"
    );
    // A small step back makes nobody wait longer than the step.
    house.clock.set(right - TimeDelta::minutes(10));
    assert_eq!(house.due(), []);
    house.clock.set(right + TimeDelta::minutes(10));
    assert_eq!(counts(&house.deliver(&post)), (2, 0, 0));
    assert_eq!(house.due(), []);
    assert_eq!(server.count(), 2);
}

#[test]
fn two_instances_over_two_connections_each_send_every_mail_once() {
    let server = Server::start(&[]);
    let house = House::new();
    let names: Vec<String> = (0..60).map(|n| format!("<{n}@firm.example>")).collect();
    let ids: Vec<_> = names.iter().map(|name| house.queue(name, |_| {})).collect();
    let mut smtp = smtp(server.port);
    smtp.connections = 2;
    let other = Db::open(house.db.target(), 4).unwrap();
    let sent: Vec<u64> = std::thread::scope(|scope| {
        let instances = [&house.db, &other].map(|db| {
            let post = Post::of(&smtp).unwrap();
            let clock = &house.clock;
            scope.spawn(move || deliver_due(db, &post, clock, u64::MAX).unwrap().sent)
        });
        instances.map(|instance| instance.join().unwrap()).to_vec()
    });
    assert_eq!(sent.iter().sum::<u64>(), 60, "{sent:?}");
    assert_eq!(server.count(), 60);
    assert!(ids.iter().all(|id| house.mail(*id).attempts == 1));
}

#[test]
fn what_is_no_address_is_a_dead_letter_and_names_add_nothing() {
    let server = Server::start(&[]);
    let (house, post) = (House::new(), post(server.port));
    let bad = [
        "",
        " ",
        "anna",
        "anna@",
        "a@b\r\nRCPT TO:<all@evil.example>",
        "a@b, c@d",
    ];
    let names: Vec<String> = (0..bad.len())
        .map(|n| format!("<bad{n}@firm.example>"))
        .collect();
    let ids: Vec<_> = (names.iter().zip(bad))
        .map(|(name, address)| house.queue(name, |mail| mail.to_address = address))
        .collect();
    assert_eq!(counts(&house.deliver(&post)), (0, 0, 6));
    for id in ids {
        let mail = house.mail(id);
        assert!(mail.last_error.unwrap().contains("not a mail address"));
    }
    assert_eq!(server.count(), 0);

    let endless = "安🚚".repeat(150_000);
    let evil = "x\r\nBcc: all@evil.example\r\n\r\n.\r\n";
    let people = [
        ("שלום עולם", "שלום עולם"),
        ("مريم 👩🏽‍🚀 🚚", "مريم 👩🏽‍🚀 🚚"),
        (evil, "x Bcc: all@evil.example ."),
        (endless.as_str(), ""),
    ];
    let names: Vec<String> = (0..4).map(|n| format!("<good{n}@firm.example>")).collect();
    for (name, (person, _)) in names.iter().zip(people) {
        house.queue(name, |mail| {
            mail.to_name = person;
            mail.subject = person;
        });
    }
    assert_eq!(counts(&house.deliver(&post)), (4, 0, 0));
    for (number, (_, shown)) in (1..).zip(people) {
        let mail = server.mail(number);
        assert_eq!(mail["rcpt_tos"], serde_json::json!(["anna@firm.example"]));
        assert_eq!(mail["defects"], serde_json::json!([]));
        assert_eq!(server::header(&mail, "Bcc"), [] as [&str; 0]);
        // Python leaves a space between the encoded words of a long name.
        let name = mail["to_name"].as_str().unwrap();
        if shown.is_empty() {
            assert!(
                name.starts_with("安🚚安") && name.replace(' ', "").chars().count() == 100,
                "{name}"
            );
        } else {
            assert_eq!(name, shown);
            assert_eq!(server::header(&mail, "Subject"), [shown]);
        }
    }
}

#[test]
fn queued_pictures_go_with_their_mail() {
    let server = Server::start(&[]);
    let (house, post) = (House::new(), post(server.port));
    let id = house.queue("<1@firm.example>", |_| {});
    let images = [("b@firm.example", 2), ("a@firm.example", 1)].map(|(id, byte)| NewImage {
        content_id: id.to_owned(),
        alt: format!("picture {byte}"),
        png: vec![byte; 3],
    });
    (house.db.write_now(|conn| store::attach(conn, id, &images))).unwrap();
    house.queue("<2@firm.example>", |_| {});
    assert_eq!(counts(&house.deliver(&post)), (2, 0, 0));
    let shown: Vec<_> = [1, 2]
        .map(|number| {
            let mail = server.mail(number);
            let parts = mail["parts"].as_array().unwrap().clone();
            let pictures = parts.iter().skip(2);
            let shown = pictures.map(|part| (part["id"].clone(), part["body"].clone()));
            shown.collect::<Vec<_>>()
        })
        .to_vec();
    let expected = |id: &str, body: &str| (format!("<{id}>").into(), body.into());
    // base64 of 01 01 01 and 02 02 02.
    let first = vec![
        expected("a@firm.example", "AQEB"),
        expected("b@firm.example", "AgIC"),
    ];
    assert_eq!(shown, [first, vec![]]);
}

#[test]
fn a_worker_that_waits_for_its_turn_holds_no_mail_and_stops() {
    let server = Server::start(&[]);
    let house = House::new();
    let ids = ["<1@firm.example>", "<2@firm.example>"].map(|id| house.queue(id, |_| {}));
    let mut smtp = smtp(server.port);
    smtp.rate_per_minute = 1;
    smtp.connections = 2;
    let worker = Worker::start(house.state(&[]), Post::of(&smtp).unwrap()).unwrap();
    let sent = || {
        ids.iter()
            .filter(|id| house.mail(**id).status == "sent")
            .count()
    };
    wait_for("the first mail", || sent() == 1);
    drop(worker);
    assert_eq!(sent(), 1);
    let waits = house.due();
    assert_eq!(waits.len(), 1, "nobody has the other");
    assert_eq!(house.mail(waits[0]).attempts, 0);
}

/// A running `hawser serve`.
struct Serving {
    process: Child,
    address: String,
}

impl Serving {
    fn start(house: &House, settings: &[(&str, String)]) -> Self {
        let port = {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            listener.local_addr().unwrap().port()
        };
        let address = format!("127.0.0.1:{port}");
        let process = house
            .hawser()
            .args(["serve", "--bind", &address])
            .envs(settings.iter().map(|(key, value)| (*key, value)))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let serving = Self { process, address };
        wait_for("the server", || {
            TcpStream::connect(&serving.address).is_ok()
        });
        serving
    }

    /// The status line and the rest of an answer.
    fn ask(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn a_mail_server_that_hangs_keeps_no_request_waiting() {
    let mut server = Server::start(&[]);
    let house = House::new();
    let made = house
        .hawser()
        .args([
            "--json",
            "key",
            "create",
            "--name",
            "t",
            "--scopes",
            "read,write,admin",
        ])
        .output()
        .unwrap();
    let made: serde_json::Value = serde_json::from_slice(&made.stdout).unwrap();
    let key = made["secret"].as_str().unwrap();
    server.hold("rcpt");
    let id = house.queue("<1@firm.example>", |_| {});
    let settings = [
        ("HAWSER_SMTP_HOST", "127.0.0.1".to_owned()),
        ("HAWSER_SMTP_PORT", server.port.to_string()),
        ("HAWSER_SMTP_SECURITY", "none".to_owned()),
        ("HAWSER_SMTP_FROM", "hawser@firm.example".to_owned()),
        ("HAWSER_SMTP_TIMEOUT_SECONDS", "600".to_owned()),
    ];
    let serving = Serving::start(&house, &settings);
    // From here the mail server says nothing until it is told to.
    assert_eq!(server.held(), "held rcpt");
    let body = r#"{"name":"North"}"#;
    let write = format!(
        "POST /api/v1/teams HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    let written = serving.ask(&write);
    assert!(written.starts_with("HTTP/1.1 201"), "{written}");
    let read = serving.ask(&format!(
        "GET /api/v1/mails HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\nConnection: close\r\n\r\n"
    ));
    assert!(read.starts_with("HTTP/1.1 200"), "{read}");
    assert_eq!(
        (server.count(), house.mail(id).status.as_str()),
        (0, "queued")
    );
    server.release();
    wait_for("the mail", || house.mail(id).status == "sent");
}

/// A delivery status notification on a mail.
fn notification(message_id: &str, address: &str, status: &str) -> String {
    let action = if status.starts_with('5') {
        "failed"
    } else {
        "delayed"
    };
    format!(
        "From: MAILER-DAEMON@firm.example\r\nDate: Mon, 02 Mar 2026 08:01:00 +0000\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; firm.example\r\n\r\nFinal-Recipient: rfc822; {address}\r\nAction: {action}\r\nStatus: {status}\r\n\r\n--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {message_id}\r\n\r\n--b--\r\n"
    )
}

#[test]
#[expect(clippy::too_many_lines, reason = "one course of events")]
fn mails_that_came_back_are_found_in_a_maildir_and_in_an_mbox() {
    let server = Server::start(&[]);
    let (house, post) = (House::new(), post(server.port));
    let ids = ["<1@firm.example>", "<2@firm.example>"].map(|id| house.queue(id, |_| {}));
    assert_eq!(counts(&house.deliver(&post)), (2, 0, 0));
    let maildir = house.folder.path().join("Maildir");
    for name in ["new", "cur", "tmp"] {
        std::fs::create_dir_all(maildir.join(name)).unwrap();
    }
    let delayed = notification("<1@firm.example>", "anna@firm.example", "4.4.1");
    std::fs::write(maildir.join("new/1"), delayed).unwrap();
    // The clock of this process is the machine's: it is later than the mails were written.
    let bounces = |path: &PathBuf| {
        let output = house
            .hawser()
            .args(["--json", "outbox", "bounces"])
            .arg(path)
            .output()
            .unwrap();
        let found: Vec<serde_json::Value> = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
        let outcome = |one: &serde_json::Value| one["outcome"].as_str().unwrap().to_owned();
        found.iter().map(outcome).collect::<Vec<_>>()
    };
    assert_eq!(bounces(&maildir), ["noted"]);
    assert!(bounces(&maildir).is_empty());
    assert!(maildir.join("cur/1:2,S").exists());
    assert!(
        house
            .mail(ids[0])
            .bounce
            .unwrap()
            .starts_with("delayed 4.4.1")
    );

    let mbox = house.folder.path().join("mbox");
    let failed = notification("<2@firm.example>", "Anna@firm.example", "5.1.1");
    let forged = notification("<3@firm.example>", "anna@firm.example", "5.1.1");
    let other = notification("<1@firm.example>", "bob@firm.example", "5.1.1");
    let text = format!(
        "From x\r\nSubject: Spam\r\n\r\nx\r\n\r\nFrom x\r\n{forged}\r\nFrom x\r\n{other}\r\nFrom x\r\n{failed}"
    );
    std::fs::write(&mbox, &text).unwrap();
    let first = ["no_report", "unknown", "other_recipient", "marked"];
    assert_eq!(bounces(&mbox), first);
    assert_eq!(
        bounces(&mbox),
        ["no_report", "unknown", "other_recipient", "known"]
    );
    assert_eq!(std::fs::read_to_string(&mbox).unwrap(), text);

    // Nothing goes to the address until the mark is taken away.
    let next = house.queue("<4@firm.example>", |_| {});
    assert_eq!(counts(&house.deliver(&post)), (0, 0, 1));
    let words = house.mail(next).last_error.unwrap();
    assert!(
        words.contains("come back") && words.contains("5.1.1"),
        "{words}"
    );
    let clear = || {
        let mut clear = house.hawser();
        clear.args(["outbox", "clear", "anna@FIRM.example"]);
        clear.output().unwrap().status.success()
    };
    assert!(clear());
    assert!(!clear(), "nothing is marked any more");
    house.queue("<5@firm.example>", |_| {});
    assert_eq!(counts(&house.deliver(&post)), (1, 0, 0));
}

#[test]
fn the_server_looks_into_the_mailbox_by_itself() {
    let (server, house) = (Server::start(&[]), House::new());
    let id = house.queue("<1@firm.example>", |_| {});
    house.deliver(&post(server.port));
    let mbox = house.folder.path().join("mbox");
    let failed = notification("<1@firm.example>", "anna@firm.example", "5.1.1");
    std::fs::write(&mbox, format!("From x\n{failed}")).unwrap();
    let state = house.state(&[("bounce_mailbox", mbox.to_str().unwrap())]);
    let watch = hawser::mail::bounce::watch(state).unwrap();
    wait_for("the mark", || house.mail(id).bounced_at.is_some());
    drop(watch);
    assert!(
        hawser::mail::bounce::watch(house.state(&[]))
            .unwrap()
            .is_none()
    );
    let at: DateTime<Utc> = house.mail(id).bounced_at.unwrap().0;
    assert!(at >= house.mail(id).created_at.0);
}
