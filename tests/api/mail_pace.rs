//! The rate of a mail server, which all who send through it share.

use std::net::TcpListener;
use std::sync::Barrier;
use std::time::Duration;

use chrono::TimeDelta;
use hawser::config::{SmtpConfig, SmtpSecurity};
use hawser::db::Db;
use hawser::db::select::Statement;
use hawser::mail::outbox::store::{NewMail, queue};
use hawser::mail::outbox::{Place, Post, deliver_due};
use hawser::state::Clock;

use crate::TestApp;
use crate::harness::on_each_database;
use crate::mail_preferences::user;

on_each_database!(
    two_instances_share_the_rate_of_a_server,
    of_several_at_once_one_gets_the_place,
    each_server_has_a_rate_of_its_own,
    clocks_that_differ_or_jump_neither_lose_nor_block_places,
    without_a_limit_nothing_is_written,
    an_attempt_takes_a_place,
);

fn post(host: &str, port: u16, per_minute: u32) -> Post {
    let smtp = SmtpConfig {
        host: host.to_owned(),
        port,
        security: SmtpSecurity::None,
        credentials: None,
        from: "Hawser <hawser@firm.example>".to_owned(),
        ca_file: None,
        timeout: Duration::from_secs(5),
        connections: 1,
        rate_per_minute: per_minute,
        dkim: None,
    };
    Post::of(&smtp).unwrap()
}

/// Another instance's own connections to the database.
fn again(app: &TestApp) -> Db {
    Db::connect(app.state.db.target(), 2).unwrap()
}

/// A clock of its own that shows what the server's shows, and so much more.
fn clock(app: &TestApp, ahead: TimeDelta) -> Clock {
    Clock::stopped(app.state.clock.now() + ahead)
}

fn count(app: &TestApp, from: &str) -> i64 {
    #[derive(diesel::QueryableByName)]
    struct Count {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        n: i64,
    }
    let sql = Statement::new(&format!("SELECT COUNT(*) AS n FROM {from}"));
    let rows: Vec<Count> = app.state.db.read_now(|conn| sql.load(conn)).unwrap();
    rows[0].n
}

async fn two_instances_share_the_rate_of_a_server(app: TestApp) {
    // 30 a minute: one every two seconds, for the two together.
    let own = [
        (post("relay.firm.example", 25, 30), app.state.db.clone()),
        (post("Relay.Firm.Example", 25, 30), again(&app)),
    ];
    let begun = app.state.clock.now();
    let mut taken = [Vec::new(), Vec::new()];
    for step in 0..120_i32 {
        let since = TimeDelta::milliseconds(500) * step;
        app.state.clock.set(begun + since);
        // Now the one is first, now the other.
        let first = usize::from(step % 8 >= 4);
        for who in [first, 1 - first] {
            let (post, db) = &own[who];
            match post.place(db, &app.state.clock).unwrap() {
                Place::Taken => taken[who].push(since.num_milliseconds()),
                Place::In(wait) => {
                    let left = 2000 - since.num_milliseconds() % 2000;
                    assert_eq!(wait, TimeDelta::milliseconds(left), "at {since}");
                }
            }
        }
    }
    let every_four_seconds = |from: i64| (0..15).map(|n| from + n * 4000).collect::<Vec<_>>();
    assert_eq!(taken, [every_four_seconds(0), every_four_seconds(2000)]);

    // A place that nobody took is not made up for.
    app.state.clock.set(begun + TimeDelta::hours(1));
    let (post, db) = &own[0];
    assert_eq!(post.place(db, &app.state.clock).unwrap(), Place::Taken);
    assert_ne!(post.place(db, &app.state.clock).unwrap(), Place::Taken);
}

async fn of_several_at_once_one_gets_the_place(app: TestApp) {
    let instances: Vec<_> = (0..4)
        .map(|_| (post("relay", 25, 6000), again(&app)))
        .collect();
    let begun = app.state.clock.now();
    for round in 0..10_i32 {
        app.state
            .clock
            .set(begun + TimeDelta::milliseconds(10) * round);
        let start = Barrier::new(instances.len());
        let places: Vec<Place> = std::thread::scope(|scope| {
            let asking: Vec<_> = instances
                .iter()
                .map(|(post, db)| {
                    scope.spawn(|| {
                        start.wait();
                        post.place(db, &app.state.clock).unwrap()
                    })
                })
                .collect();
            asking.into_iter().map(|one| one.join().unwrap()).collect()
        });
        let taken = places.iter().filter(|place| **place == Place::Taken);
        assert_eq!(taken.count(), 1, "round {round}: {places:?}");
    }
}

async fn each_server_has_a_rate_of_its_own(app: TestApp) {
    let (db, clock) = (&app.state.db, &app.state.clock);
    for (host, port) in [("one", 25), ("one", 587), ("other", 25)] {
        let post = post(host, port, 30);
        assert_eq!(
            post.place(db, clock).unwrap(),
            Place::Taken,
            "{host}:{port}"
        );
        let next = post.place(db, clock).unwrap();
        assert_eq!(next, Place::In(TimeDelta::seconds(2)), "{host}:{port}");
    }
    assert_eq!(count(&app, "mail_paces WHERE server = 'one:587'"), 1);
}

async fn clocks_that_differ_or_jump_neither_lose_nor_block_places(app: TestApp) {
    let (one, other) = (post("relay", 25, 30), post("relay", 25, 30));
    let db = &app.state.db;
    let right = clock(&app, TimeDelta::zero());
    let slow = clock(&app, TimeDelta::seconds(-1));
    let tomorrow = clock(&app, TimeDelta::days(1));

    // A clock a second behind sees a place three seconds ahead, and does not hold it for a mistake.
    assert_eq!(one.place(db, &right).unwrap(), Place::Taken);
    let waits = other.place(db, &slow).unwrap();
    assert_eq!(waits, Place::In(TimeDelta::seconds(3)));

    // One a day ahead takes a place, and nobody waits a day for the next.
    assert_eq!(other.place(db, &tomorrow).unwrap(), Place::Taken);
    assert_eq!(one.place(db, &right).unwrap(), Place::Taken);
    let next = one.place(db, &right).unwrap();
    assert_eq!(next, Place::In(TimeDelta::seconds(2)));
}

async fn without_a_limit_nothing_is_written(app: TestApp) {
    let post = post("relay", 25, 0);
    for _ in 0..100 {
        let place = post.place(&app.state.db, &app.state.clock).unwrap();
        assert_eq!(place, Place::Taken);
    }
    assert_eq!(count(&app, "mail_paces"), 0);
}

async fn an_attempt_takes_a_place(app: TestApp) {
    let anna = user(&app, "anna", serde_json::json!({})).await;
    let mail = NewMail {
        kind: "digest",
        user_id: Some(anna),
        message_id: "<1@firm.example>",
        to_address: "anna@firm.example",
        to_name: "Anna",
        language: "en",
        subject: "x",
        text: "x",
        html: "x",
        ..NewMail::default()
    };
    let now = app.state.clock.now().into();
    let queued = app.state.db.write_now(|conn| queue(conn, &mail, now));
    queued.unwrap();
    // Nobody listens there any more.
    let port = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    let post = post("127.0.0.1", port.unwrap().port(), 30);
    let (db, clock) = (&app.state.db, &app.state.clock);
    let delivered = deliver_due(db, &post, clock, 10).unwrap();
    assert_eq!((delivered.sent, delivered.retried), (0, 1));
    let next = post.place(db, clock).unwrap();
    assert_eq!(next, Place::In(TimeDelta::seconds(2)));
}
