//! Two servers that send, killed again and again: every mail arrives, and none more often than the
//! kills explain.
//!
//! `HAWSER_TEST_KILL_MAILS` (default 150) and `HAWSER_TEST_KILLS` (default 12) set the size,
//! `HAWSER_TEST_KILL_URL` another database than a SQLite file of its own; it must be empty.

use std::collections::BTreeMap;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use hawser::db::select::Statement;
use hawser::db::{Db, Target};
use tempfile::TempDir;

use crate::outbox::House;
use crate::server::{Server, header};

/// Mails that one process has in flight at most: the most that a kill can make arrive twice.
const CONNECTIONS: i64 = 2;
/// When a process is killed: at a step of the conversation, or at whatever it is doing.
const MOMENTS: [&str; 5] = ["rcpt", "data", "stored", "any", "claimed"];

#[derive(diesel::QueryableByName)]
struct Row {
    #[diesel(sql_type = diesel::sql_types::Text)]
    message_id: String,
    #[diesel(sql_type = diesel::sql_types::Text)]
    status: String,
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    attempts: i64,
}

fn number(variable: &str, default: usize) -> usize {
    std::env::var(variable).map_or(default, |text| text.parse().unwrap())
}

fn rows(db: &Db, condition: &str) -> Vec<Row> {
    let mut sql = Statement::new("SELECT message_id, status, attempts FROM mails WHERE ");
    sql.push(condition);
    db.read_now(|conn| sql.load(conn)).unwrap()
}

/// Two processes and the server that they send to.
struct Race {
    target: String,
    port: u16,
    workers: Vec<Child>,
    kills: i64,
    by_moment: BTreeMap<&'static str, i64>,
}

impl Race {
    fn spawn(&self) -> Child {
        Command::new(env!("CARGO_BIN_EXE_hawser"))
            .args(["serve", "--bind", "127.0.0.1:0"])
            .env("HAWSER_DATABASE_URL", &self.target)
            .env("HAWSER_SMTP_HOST", "127.0.0.1")
            .env("HAWSER_SMTP_PORT", self.port.to_string())
            .env("HAWSER_SMTP_SECURITY", "none")
            .env("HAWSER_SMTP_FROM", "hawser@firm.example")
            .env("HAWSER_SMTP_TIMEOUT_SECONDS", "600")
            .env("HAWSER_SMTP_CONNECTIONS", CONNECTIONS.to_string())
            .env("HAWSER_SMTP_RATE_PER_MINUTE", "0")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    }

    /// SIGKILL.
    fn kill(&mut self, worker: usize, moment: &'static str) {
        let mut process = self.workers.swap_remove(worker);
        process.kill().unwrap();
        process.wait().unwrap();
        self.kills += 1;
        *self.by_moment.entry(moment).or_default() += 1;
    }

    fn start(&mut self) {
        while self.workers.len() < 2 {
            let worker = self.spawn();
            self.workers.push(worker);
        }
    }

    /// With every process dead the time that their leases have left is over.
    fn end_leases(&mut self, db: &Db, moment: &'static str) {
        while !self.workers.is_empty() {
            self.kill(0, moment);
        }
        let sql = Statement::new("UPDATE mails SET lease_until = NULL WHERE status = 'queued'");
        db.write_now(|conn| sql.execute(conn)).unwrap();
    }
}

impl Drop for Race {
    fn drop(&mut self) {
        for worker in &mut self.workers {
            let _ = worker.kill();
            let _ = worker.wait();
        }
    }
}

fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !is_so() {
        assert!(begin.elapsed() < Duration::from_secs(120), "never: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn killed_servers_lose_no_mail_and_repeat_none_without_a_kill() {
    let mails = number("HAWSER_TEST_KILL_MAILS", 150);
    let rounds = number("HAWSER_TEST_KILLS", 12);
    let mut sink = Server::start(&[]);
    let folder = TempDir::new().unwrap();
    let url = std::env::var("HAWSER_TEST_KILL_URL")
        .unwrap_or_else(|_| format!("sqlite://{}", folder.path().join("hawser.db").display()));
    let house = House::at(folder, &Target::parse(&url).unwrap());
    let ids: Vec<String> = (0..mails)
        .map(|n| format!("<kill-{n}@firm.example>"))
        .collect();
    for id in &ids {
        house.queue(id, |_| {});
    }
    let mut race = Race {
        target: url,
        port: sink.port,
        workers: Vec::new(),
        kills: 0,
        by_moment: BTreeMap::new(),
    };
    race.start();
    for round in 0..rounds {
        // The kills are spread over the whole batch.
        let enough = mails * (round + 1) / (rounds + 2);
        until("progress", || sink.count() >= enough);
        let moment = MOMENTS[round % MOMENTS.len()];
        match moment {
            "any" => {}
            "claimed" => until("a claim", || {
                !rows(&house.db, "status = 'queued' AND lease_until IS NOT NULL").is_empty()
            }),
            step => {
                sink.hold(step);
                assert_eq!(sink.held(), format!("held {step}"));
            }
        }
        // Every other time both: the one that is at the step is then among them.
        if round % 2 == 0 {
            race.end_leases(&house.db, moment);
        } else {
            race.kill(round / 2 % 2, moment);
        }
        sink.release();
        race.start();
    }
    until("the free mails", || {
        rows(&house.db, "status = 'queued' AND lease_until IS NULL").is_empty()
    });
    race.end_leases(&house.db, "end");
    race.start();
    until("the last mails", || {
        rows(&house.db, "status = 'queued'").is_empty()
    });
    show_and_check(&house, &sink, &race, &ids);
}

fn show_and_check(house: &House, sink: &Server, race: &Race, ids: &[String]) {
    let mut arrivals: BTreeMap<String, i64> = BTreeMap::new();
    for number in 1..=sink.count() {
        let mail = sink.mail(number);
        let id = header(&mail, "Message-ID")[0].to_owned();
        *arrivals.entry(id).or_default() += 1;
    }
    let rows = rows(&house.db, "1 = 1");
    let of = |times: fn(i64) -> bool| arrivals.values().filter(|count| times(**count)).count();
    let extra_attempts: i64 = rows.iter().map(|row| row.attempts - 1).sum();
    let repeats: i64 = arrivals.values().map(|count| count - 1).sum();
    println!("mails                        {:>6}", ids.len());
    for (moment, kills) in &race.by_moment {
        println!("killed: {moment:<20} {kills:>6}");
    }
    println!("kills                        {:>6}", race.kills);
    println!(
        "arrived not at all           {:>6}",
        ids.len() - arrivals.len()
    );
    println!("arrived once                 {:>6}", of(|count| count == 1));
    println!("arrived twice                {:>6}", of(|count| count == 2));
    println!("arrived more often           {:>6}", of(|count| count > 2));
    println!("repeats                      {repeats:>6}");
    println!("attempts that kills ended    {extra_attempts:>6}");
    println!(
        "most that kills can explain  {:>6}",
        race.kills * CONNECTIONS
    );

    assert_eq!(rows.len(), ids.len());
    assert!(
        ids.iter().all(|id| arrivals.contains_key(id)),
        "a mail is lost"
    );
    assert_eq!(arrivals.len(), ids.len());
    for row in &rows {
        assert_eq!(row.status, "sent", "{}", row.message_id);
        // An arrival takes an attempt, and each attempt after the first takes a kill.
        assert!(
            arrivals[&row.message_id] <= row.attempts,
            "{}",
            row.message_id
        );
    }
    assert!(extra_attempts <= race.kills * CONNECTIONS);
    assert!(extra_attempts > 0, "no kill hit a mail");
}
