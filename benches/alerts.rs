//! What raising the alerts of a run costs: reading, deciding, and writing mails with their pictures, all
//! in the run's transaction; and what the next run costs, which finds the same.
//!
//! `cargo bench --bench alerts [-- CUSTOMERS]`; on PostgreSQL too if `HAWSER_TEST_POSTGRES_URL` names an
//! empty database that may be filled. Every fiftieth customer is about to leave. Two people hear of
//! each, by as many mails as people start with a month, and by digests.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    missing_docs,
    reason = "a bench"
)]

use std::time::{Duration, Instant};

use chrono::{Days, NaiveDate};
use hawser::access::store::{UserInput, insert_user};
use hawser::alerts::pictures::{Neighbour, Point, course, neighbourhood};
use hawser::alerts::{AlertError, RaiseSettings, Raised, raise};
use hawser::config::Config;
use hawser::db::select::{Statement, Value};
use hawser::db::{Db, DbError, Target, UtcTime};
use hawser::ids::RunId;
use hawser::state::Clock;

/// One of so many customers is about to leave.
const LEAVING: i64 = 50;
/// Runs before the one that finds them.
const EARLIER: i64 = 8;

fn main() {
    let customers = std::env::args()
        .skip(1)
        .find_map(|word| word.parse().ok())
        .unwrap_or(100_000_i64);
    pictures();
    println!(
        "{customers} customers, of whom {} are about to leave",
        customers / LEAVING
    );
    let folder = tempfile::tempdir().unwrap();
    measure(
        "SQLite",
        &Target::Sqlite(folder.path().join("bench.db")),
        customers,
    );
    if let Ok(url) = std::env::var("HAWSER_TEST_POSTGRES_URL") {
        measure("PostgreSQL", &Target::parse(&url).unwrap(), customers);
    }
}

fn measure(name: &str, target: &Target, customers: i64) {
    let db = Db::open(target, 8).unwrap();
    fill(&db, customers);
    let now = UtcTime::from(Clock::System.now());
    for (what, run) in [("finds them", EARLIER + 1), ("finds the same", EARLIER + 2)] {
        db.write_now(|conn| a_run(conn, run, now)).unwrap();
        let begin = Instant::now();
        let raised = raise_from(&db, RunId(run));
        let took = begin.elapsed().as_secs_f64();
        println!("{name:<10} a run that {what:<15} {took:>7.2} s  {raised}");
    }
}

fn raise_from(db: &Db, run: RunId) -> Raised {
    let settings = RaiseSettings::of(&Config::from_lookup(|_| None).unwrap()).unwrap();
    let now = UtcTime::from(Clock::System.now());
    db.write_now(|conn| raise(conn, run, &settings, now).map_err(told))
        .unwrap()
}

fn told(error: AlertError) -> DbError {
    DbError::corrupt("the bench", error)
}

/// Time and size of the two pictures of a mail.
fn pictures() {
    let day = |week: u64| NaiveDate::from_ymd_opt(2026, 1, 5).unwrap() + Days::new(7 * week);
    let points: Vec<Point> = (0..26)
        .map(|week| Point {
            on: day(week),
            churn: 0.1 + 0.02 * week as f64,
        })
        .collect();
    let partners: Vec<Neighbour> = (1..=12)
        .map(|place| Neighbour {
            share: Some(0.5 / f64::from(place)),
            churn: Some(0.06 * f64::from(place)),
            value: Some(1_000_000 * i64::from(place)),
        })
        .collect();
    let drawn = || {
        let drawings = [
            course(&points, Some(0.6)).unwrap().unwrap(),
            neighbourhood(0.7, &partners).unwrap().unwrap(),
        ];
        drawings.map(|drawing| drawing.png.len())
    };
    let sizes = drawn();
    let begin = Instant::now();
    let times = 50_u32;
    for _ in 0..times {
        std::hint::black_box(drawn());
    }
    let each: Duration = begin.elapsed() / times;
    println!(
        "both pictures of a mail: {:.1} ms, {sizes:?} bytes",
        each.as_secs_f64() * 1e3
    );
}

fn fill(db: &Db, customers: i64) {
    let now = UtcTime::from(Clock::System.now());
    db.write_now(|conn| {
        for (name, language) in [("Anna", "en"), ("Bo", "zh")] {
            let mut input = UserInput::new(
                name.to_owned(),
                format!("{name}@firm.example").to_lowercase(),
            );
            language.clone_into(&mut input.language);
            insert_user(conn, &input, now)?;
        }
        let mut sql = Statement::new(
            "INSERT INTO customers (id, name, search_name, match_name, created_at, updated_at) \
             WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ",
        );
        sql.bind(Value::Int(customers))
            .push(") SELECT i, 'Firm ' || i, 'firm ' || i, 'firm ' || i, ")
            .bind(Value::Time(now))
            .push(", ")
            .bind(Value::Time(now))
            .push(" FROM n");
        sql.execute(conn)?;
        for run in 1..=EARLIER {
            a_run(conn, run, now)?;
        }
        Ok::<_, DbError>(())
    })
    .unwrap();
}

/// A run by which nobody leaves; after [`EARLIER`] runs, every [`LEAVING`]th.
fn a_run(conn: &mut hawser::db::Conn, run: i64, now: UtcTime) -> Result<(), DbError> {
    let weeks = Days::new(7 * u64::try_from(run).unwrap());
    let as_of = NaiveDate::from_ymd_opt(2026, 1, 5).unwrap() + weeks;
    let mut sql = Statement::new(
        "INSERT INTO runs (id, as_of, horizon_weeks, window_days, status, model_version, \
         business_basis, value_basis, actor, started_at) VALUES (",
    );
    sql.bind_list([Value::Int(run), Value::Date(as_of)])
        .push(", 13, 365, 'done', '1', 'revenue', 'margin', 'cli', ")
        .bind(Value::Time(now))
        .push(")");
    sql.execute(conn)?;
    let leaving = if run > EARLIER {
        format!("CASE WHEN id % {LEAVING} = 0 THEN 0.7 ELSE 0.1 END")
    } else {
        "0.1".to_owned()
    };
    let parts = "'[{\"kind\":\"own\",\"probability\":' || own || '},{\"kind\":\"partner\",\"customer_id\":' \
                 || (id % 1000 + 1) || ',\"share\":0.5,\"probability\":' || rest || '}]'";
    let followers = "'[{\"customer_id\":' || (id % 997 + 1) || ',\"churn_probability\":0.1,\
                     \"churn_if_lost\":0.3,\"value\":150000.0},{\"customer_id\":' || (id % 991 + 1) || \
                     ',\"churn_probability\":0.2,\"churn_if_lost\":0.4,\"value\":90000.0}]'";
    let mut sql = Statement::new(&format!(
        "INSERT INTO customer_risks (run_id, customer_id, role, own_churn, churn_probability, p_alive, \
         expected_days, shipping_days, recency_weeks, age_weeks, last_on, is_new, evidence, business, \
         business_at_risk, value, value_at_risk, blast_radius, save_value, partners, partners_silent, \
         parts, followers) \
         SELECT {run}, id, 'shipper', own, own + rest, 0.9, 5.0, 40, 1.0, 150.0, "
    ));
    sql.bind(Value::Date(as_of))
        .push(", ")
        .bind(Value::Bool(false))
        .push(&format!(
            ", 'enough', 1000000.0, 0.1, 1000000.0, 100000.0 + id, 0.0, 0.0, 7, 2, {parts}, {followers} \
             FROM (SELECT id, {leaving} - 0.05 AS own, 0.05 AS rest FROM customers) AS c"
        ));
    sql.execute(conn)?;
    Ok(())
}
