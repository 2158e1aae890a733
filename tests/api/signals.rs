//! What the rules look at: every reader with and without data, from inserted rows.

use chrono::{Days, NaiveDate, TimeDelta};
use chrono_tz::Tz;
use hawser::alerts::facts::{DepartmentFact, NamedCustomer, ScoreAndMoney, Warning};
use hawser::alerts::model::AlertReason;
use hawser::alerts::signals::{Data, Readings, RunContext, Signal, of_run, of_today};
use hawser::assessment::model::CascadeTerm;
use hawser::db::select::{Statement, Value as Bind};
use hawser::db::{DbError, UtcTime};
use hawser::ids::RunId;
use hawser::network::measures::BusinessBasis;
use serde_json::{Value, json};

use crate::TestApp;
use crate::harness::on_each_database;

on_each_database!(
    without_data_every_rule_says_what_it_wants,
    what_comes_through_a_partner_is_told_with_its_path,
    unsatisfied_departments_are_told_where_something_is_known_of_them,
    a_fall_is_told_where_it_is_more_than_noise_and_the_same_departments_count,
    recorded_departments_that_nobody_heard_are_told_with_the_days,
    business_is_compared_with_the_same_weeks_a_year_before,
    complaints_are_told_past_their_deadline_and_when_they_come_back,
    promises_are_told_before_their_day_and_when_broken,
    contracts_are_told_before_their_end_unless_something_replaces_them,
    talk_that_rests_on_one_person_is_told_as_of_the_day,
    payments_that_come_later_are_told_beyond_their_noise,
    imports_are_told_when_they_are_later_than_usual,
);

/// Values by column.
type Row<'a> = Vec<(&'a str, Bind)>;

/// The day on which the test server's clock stands.
const TODAY: &str = "2026-03-02";

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// So many days before the day of the test, or behind it where negative.
fn ago(days: i64) -> NaiveDate {
    day(TODAY) - TimeDelta::days(days)
}

fn int(value: i64) -> Bind {
    Bind::Int(value)
}

fn text(value: &str) -> Bind {
    Bind::Text(value.to_owned())
}

fn at(app: &TestApp, hours_ago: i64) -> Bind {
    let now = app.state.clock.now();
    Bind::Time(UtcTime::from(now - TimeDelta::hours(hours_ago)))
}

fn insert(app: &TestApp, table: &str, row: Row<'_>) {
    let (names, values): (Vec<&str>, Vec<Bind>) = row.into_iter().unzip();
    let mut sql = Statement::new(&format!(
        "INSERT INTO {table} ({}) VALUES (",
        names.join(", ")
    ));
    sql.bind_list(values).push(")");
    app.state.db.write_now(|conn| sql.execute(conn)).unwrap();
}

fn execute(app: &TestApp, sql: &str) {
    let sql = Statement::new(sql);
    app.state.db.write_now(|conn| sql.execute(conn)).unwrap();
}

/// `row`, with some of its values told otherwise.
fn but<'a>(mut row: Row<'a>, more: Row<'a>) -> Row<'a> {
    row.retain(|(name, _)| more.iter().all(|(other, _)| other != name));
    row.extend(more);
    row
}

fn customer(app: &TestApp, id: i64) {
    let name = format!("Customer {id}");
    let row = vec![
        ("id", int(id)),
        ("name", text(&name)),
        ("search_name", text("x")),
        ("match_name", text("x")),
        ("created_at", at(app, 0)),
        ("updated_at", at(app, 0)),
    ];
    insert(app, "customers", row);
}

fn delete_customer(app: &TestApp, id: i64) {
    let mut sql = Statement::new("UPDATE customers SET deleted_at = ");
    let Bind::Time(now) = at(app, 0) else {
        unreachable!()
    };
    sql.bind(Bind::Time(now)).push(" WHERE id = ").bind(int(id));
    app.state.db.write_now(|conn| sql.execute(conn)).unwrap();
}

fn run(app: &TestApp, id: i64, as_of: &str) {
    let row = vec![
        ("id", int(id)),
        ("as_of", Bind::Date(day(as_of))),
        ("horizon_weeks", int(13)),
        ("window_days", int(365)),
        ("status", text("done")),
        ("model_version", text("1")),
        ("business_basis", text("revenue")),
        ("actor", text("cli")),
        ("started_at", at(app, 0)),
    ];
    insert(app, "runs", row);
}

/// What run 2 says of a customer: there for three years, with enough evidence.
fn risk(app: &TestApp, customer: i64, parts: Value, more: Row<'_>) {
    let churn: f64 = parts
        .as_array()
        .unwrap()
        .iter()
        .map(|part| part["probability"].as_f64().unwrap())
        .sum();
    let row = vec![
        ("run_id", int(2)),
        ("customer_id", int(customer)),
        ("role", text("shipper")),
        ("own_churn", Bind::Real(0.1)),
        ("churn_probability", Bind::Real(churn)),
        ("p_alive", Bind::Real(0.9)),
        ("expected_days", Bind::Real(5.0)),
        ("shipping_days", int(40)),
        ("recency_weeks", Bind::Real(1.0)),
        ("age_weeks", Bind::Real(150.0)),
        ("last_on", Bind::Date(ago(7))),
        ("is_new", Bind::Bool(false)),
        ("evidence", text("enough")),
        ("business", Bind::Real(1e6)),
        ("business_at_risk", Bind::Real(0.1)),
        ("value", Bind::Real(1e6)),
        ("value_at_risk", Bind::Real(1e5)),
        ("blast_radius", Bind::Real(0.0)),
        ("save_value", Bind::Real(0.0)),
        ("partners", int(3)),
        ("partners_silent", int(0)),
        ("parts", text(&parts.to_string())),
        ("followers", text("[]")),
    ];
    insert(app, "customer_risks", but(row, more));
}

fn own(probability: f64) -> Value {
    json!({"kind": "own", "probability": probability})
}

fn through(partner: i64, probability: f64) -> Value {
    json!({"kind": "partner", "customer_id": partner, "share": 0.5, "probability": probability})
}

/// Silent for a whole horizon, and hardly alive.
fn gone() -> Row<'static> {
    vec![
        ("recency_weeks", Bind::Real(13.0)),
        ("own_churn", Bind::Real(0.9)),
    ]
}

fn context() -> RunContext {
    RunContext {
        run: RunId(2),
        as_of: day(TODAY),
        horizon_weeks: 13,
        window_days: 365,
        business_basis: BusinessBasis::Revenue,
        cascade_term: CascadeTerm::Supported,
        before: Some((RunId(1), day("2026-02-23"))),
        zone: Tz::UTC,
    }
}

fn runs(app: &TestApp) {
    run(app, 1, "2026-02-23");
    run(app, 2, TODAY);
}

fn read_run(app: &TestApp, context: &RunContext) -> Vec<Readings> {
    app.state
        .db
        .read_now::<_, DbError>(|conn| of_run(conn, context))
        .unwrap()
}

fn read_today(app: &TestApp) -> Vec<Readings> {
    let now = app.state.clock.now().into();
    app.state
        .db
        .read_now::<_, DbError>(|conn| of_today(conn, now, day(TODAY), Tz::UTC))
        .unwrap()
}

fn pick(all: Vec<Readings>, reason: AlertReason) -> Readings {
    let mut found = all.into_iter().filter(|one| one.reason == reason);
    let one = found.next().unwrap();
    assert!(found.next().is_none(), "{reason} twice");
    one
}

/// Customer, subject, measure and certainty of each signal, after a check that there is data.
#[track_caller]
fn told(readings: &Readings) -> Vec<(Option<i64>, &str, f64, bool)> {
    assert_eq!(readings.data, Data::There, "{}", readings.reason);
    let short = |signal: &Signal| signal.customer.map(|id| id.0);
    readings
        .signals
        .iter()
        .map(|one| {
            let rounded = (one.measure * 1e9).round() / 1e9;
            (short(one), one.subject.as_str(), rounded, one.certain)
        })
        .collect()
}

async fn without_data_every_rule_says_what_it_wants(app: TestApp) {
    run(&app, 2, TODAY);
    let mut alone = context();
    alone.before = None;
    let mut all = read_run(&app, &alone);
    all.extend(read_today(&app));
    let found: Vec<(&str, &str)> = all
        .iter()
        .map(|one| {
            assert!(one.signals.is_empty());
            let want = match one.data {
                Data::There => "",
                Data::Missing { want } => want,
            };
            (one.reason.word(), want)
        })
        .collect();
    let expected = [
        // A run without customers is a run all the same.
        ("partner_risk", ""),
        ("department_unsatisfied", "no_answers"),
        ("satisfaction_fall", "no_earlier_run"),
        ("department_unheard", "no_answers"),
        ("score_and_money", "no_year_of_shipments"),
        ("volume_drop", "no_year_of_shipments"),
        ("key_person", "no_interactions"),
        ("payment_fall", "no_paid_invoices"),
        ("complaint_overdue", "no_complaints"),
        ("complaint_reopened", "no_complaints"),
        ("promise_due", "no_promises"),
        ("promise_broken", "no_promises"),
        ("contract_ending", "no_contracts"),
        ("data_stale", "too_few_imports"),
    ];
    assert_eq!(found, expected);
    let with_before = read_run(&app, &context());
    let fall = pick(with_before, AlertReason::SatisfactionFall);
    assert_eq!(fall.data, Data::Missing { want: "no_answers" });
}

async fn what_comes_through_a_partner_is_told_with_its_path(app: TestApp) {
    runs(&app);
    for id in 1..=7 {
        customer(&app, id);
    }
    risk(
        &app,
        1,
        json!([own(0.1), through(2, 0.3), through(6, 0.2)]),
        vec![],
    );
    risk(&app, 2, json!([own(0.05), through(3, 0.4)]), vec![]);
    // More of its own than through anybody: there the path ends.
    risk(
        &app,
        3,
        json!([own(0.5), through(1, 0.2)]),
        vec![("evidence", text("low"))],
    );
    risk(&app, 4, json!([own(0.1), through(3, 0.9)]), gone());
    risk(&app, 5, json!([own(0.1), through(3, 0.5)]), vec![]);
    risk(&app, 6, json!([own(0.4)]), vec![]);
    risk(
        &app,
        7,
        json!([own(0.1), through(3, 0.3)]),
        vec![("is_new", Bind::Bool(true))],
    );
    delete_customer(&app, 5);
    delete_customer(&app, 6);
    let found = pick(read_run(&app, &context()), AlertReason::PartnerRisk);
    assert_eq!(
        told(&found),
        [
            (Some(1), "partner:2", 0.3, true),
            (Some(2), "partner:3", 0.4, true),
            // Little evidence; and a new customer.
            (Some(3), "partner:1", 0.2, false),
            (Some(7), "partner:3", 0.3, false),
        ]
    );
    let named = |id| NamedCustomer {
        customer_id: Some(id),
        name: None,
    };
    let expected = Warning::PartnerRisk {
        partner: named(2),
        share: 0.5,
        partner_churn: 0.45,
        probability: 0.3,
        path: vec![named(3)],
    };
    assert_eq!(found.signals[0].warning, expected);
    let mut unproven = context();
    unproven.cascade_term = CascadeTerm::Hypothesis;
    let found = pick(read_run(&app, &unproven), AlertReason::PartnerRisk);
    assert!(told(&found).iter().all(|(.., certain)| !certain));
}

/// A department as run 2 saw it.
fn department(app: &TestApp, customer: i64, kind: &str, score: f64, more: Row<'_>) {
    let row = vec![
        ("run_id", int(2)),
        ("customer_id", int(customer)),
        ("department", text(kind)),
        ("kind", text(kind)),
        ("score", Bind::Real(score)),
        ("low", Bind::Real(score - 0.2)),
        ("high", Bind::Real(score + 0.2)),
        ("kpi_coverage", Bind::Real(0.0)),
        ("answers", Bind::Real(0.0)),
        ("weight", Bind::Real(1.0)),
        ("required", Bind::Bool(true)),
    ];
    insert(app, "department_satisfactions", but(row, more));
}

/// A department that somebody entered.
fn recorded(app: &TestApp, id: i64, customer: i64, kind: &str, required: bool) {
    let row = vec![
        ("id", int(id)),
        ("customer_id", int(customer)),
        ("kind", text(kind)),
        ("name", text(&format!("The {kind}"))),
        ("weight", Bind::Real(1.0)),
        ("required", Bind::Bool(required)),
        ("created_at", at(app, 0)),
        ("updated_at", at(app, 0)),
    ];
    insert(app, "departments", row);
}

async fn unsatisfied_departments_are_told_where_something_is_known_of_them(app: TestApp) {
    runs(&app);
    for id in 1..=2 {
        customer(&app, id);
    }
    recorded(&app, 70, 1, "quality", true);
    recorded(&app, 71, 1, "finance", true);
    let id = |id| ("department_id", int(id));
    // Surely below 0.6, heard or not: 0.35 + 0.2.
    department(&app, 1, "quality", 0.35, vec![id(70)]);
    // Perhaps below, and nobody was heard; heard by an answer; by words; by too few words.
    department(&app, 1, "planning", 0.45, vec![]);
    department(
        &app,
        1,
        "purchasing",
        0.45,
        vec![("answers", Bind::Real(1.0))],
    );
    department(
        &app,
        1,
        "warehouse",
        0.5,
        vec![("sentiment", Bind::Real(-0.4))],
    );
    department(
        &app,
        1,
        "management",
        0.45,
        vec![("sentiment_texts", int(1))],
    );
    // Heard and content; and one that was removed since.
    department(&app, 1, "sales", 0.95, vec![("answers", Bind::Real(1.0))]);
    department(&app, 1, "finance", 0.1, vec![id(71)]);
    department(&app, 2, "quality", 0.1, vec![]);
    execute(
        &app,
        "UPDATE departments SET deleted_at = created_at WHERE id = 71",
    );
    delete_customer(&app, 2);
    let found = pick(
        read_run(&app, &context()),
        AlertReason::DepartmentUnsatisfied,
    );
    assert_eq!(
        told(&found),
        [
            (Some(1), "department:purchasing", 0.55, false),
            (Some(1), "department:70", 0.65, true),
            (Some(1), "department:warehouse", 0.5, false),
        ]
    );
    let Warning::DepartmentUnsatisfied {
        department,
        high,
        target,
        ..
    } = &found.signals[1].warning
    else {
        panic!("{found:?}")
    };
    assert_eq!((department.department_id, *target), (Some(70), 0.6));
    assert!((high - 0.55).abs() < 1e-12);
}

/// What a run says of a customer's satisfaction, with the half of its interval.
fn account(app: &TestApp, run: i64, customer: i64, score: f64, half: f64, more: Row<'_>) {
    let row = vec![
        ("run_id", int(run)),
        ("customer_id", int(customer)),
        ("score", Bind::Real(score)),
        ("low", Bind::Real(score - half)),
        ("high", Bind::Real(score + half)),
        ("p_all", Bind::Real(0.5)),
        ("light", text("amber")),
        ("weakest", text("quality")),
        ("coverage", Bind::Real(1.0)),
        ("evidence", text("enough")),
        ("kpis", text("[]")),
        ("departments_heard", int(0)),
        ("departments_required", int(6)),
    ];
    insert(app, "account_satisfactions", but(row, more));
}

async fn a_fall_is_told_where_it_is_more_than_noise_and_the_same_departments_count(app: TestApp) {
    runs(&app);
    for id in 1..=7 {
        customer(&app, id);
    }
    department(&app, 1, "quality", 0.5, vec![("answers", Bind::Real(1.0))]);
    let heard = || vec![("departments_heard", int(1))];
    let pair = |id, before, now, (earlier, later): (Vec<_>, Vec<_>)| {
        account(&app, 1, id, before, 0.1, earlier);
        account(&app, 2, id, now, 0.1, later);
    };
    // Intervals apart: 0.79 ± 0.1 and 0.55 ± 0.1, nobody heard.
    pair(1, 0.79, 0.55, (vec![], vec![]));
    // They touch: 0.24 - 0.2 < 0; heard both times, 0.12 > 0.086.
    pair(2, 0.79, 0.67, (heard(), heard()));
    pair(3, 0.79, 0.67, (heard(), vec![]));
    // Within one standard error.
    pair(4, 0.79, 0.71, (heard(), heard()));
    // Other departments count; a rise; and a customer that is deleted.
    pair(
        5,
        0.79,
        0.4,
        (vec![("departments_required", int(1))], vec![]),
    );
    pair(6, 0.4, 0.79, (vec![], vec![]));
    pair(7, 0.79, 0.4, (vec![], vec![("evidence", text("low"))]));
    let falls = || pick(read_run(&app, &context()), AlertReason::SatisfactionFall);
    assert_eq!(
        told(&falls()),
        [
            (Some(1), "customer", 0.24, true),
            (Some(2), "customer", 0.12, true),
            (Some(7), "customer", 0.39, false),
        ]
    );
    delete_customer(&app, 7);
    let found = falls();
    assert_eq!(told(&found).len(), 2);
    let expected = Warning::SatisfactionFall {
        score: 0.55,
        before: 0.79,
        before_as_of: day("2026-02-23"),
        weakest: Some("quality".to_owned()),
    };
    assert_eq!(found.signals[0].warning, expected);
}

/// An interaction of a customer with one of our people.
fn talk(app: &TestApp, customer: i64, user: i64, days_ago: i64, number: i64) {
    let row = vec![
        ("system", text("test")),
        (
            "external_id",
            text(&format!("{customer}-{user}-{days_ago}-{number}")),
        ),
        ("customer_id", int(customer)),
        ("user_id", int(user)),
        ("channel", text("call")),
        ("direction", text("inbound")),
        ("at", at(app, 24 * days_ago)),
        ("created_at", at(app, 0)),
        ("updated_at", at(app, 0)),
    ];
    insert(app, "interactions", row);
}

async fn user(app: &TestApp, name: &str) -> i64 {
    let email = format!("{}@firm.example", name.to_lowercase());
    let input = json!({"name": name, "email": email, "language": "en"});
    let made = app.post("/users", input).await.expect(201);
    made["id"].as_i64().unwrap()
}

async fn recorded_departments_that_nobody_heard_are_told_with_the_days(app: TestApp) {
    runs(&app);
    for id in 1..=4 {
        customer(&app, id);
    }
    let parts = || json!([own(0.1)]);
    risk(&app, 1, parts(), vec![]);
    risk(&app, 2, parts(), gone());
    // Four weeks old: 28 days are too few to miss anybody.
    risk(&app, 3, parts(), vec![("age_weeks", Bind::Real(4.0))]);
    risk(&app, 4, parts(), vec![]);
    let ids = [
        (10, 1, "quality", true),
        (11, 1, "finance", true),
        (12, 1, "planning", false),
        (13, 1, "warehouse", true),
        (14, 1, "purchasing", true),
        (20, 2, "quality", true),
        (30, 3, "quality", true),
        (40, 4, "quality", true),
    ];
    for (id, customer, kind, required) in ids {
        recorded(&app, id, customer, kind, required);
        let heard = match id {
            10 => vec![("last_heard_on", Bind::Date(ago(200)))],
            13 => vec![("last_heard_on", Bind::Date(ago(29)))],
            _ => vec![],
        };
        department(
            &app,
            customer,
            kind,
            0.5,
            but(vec![("department_id", int(id))], heard),
        );
    }
    // A standard department, and one that was removed since.
    department(&app, 1, "management", 0.5, vec![]);
    execute(
        &app,
        "UPDATE departments SET deleted_at = created_at WHERE id = 14",
    );
    delete_customer(&app, 4);
    let unheard = || pick(read_run(&app, &context()), AlertReason::DepartmentUnheard);
    // As long as nobody was ever heard anywhere, silence says nothing of a department.
    assert_eq!(unheard().data, Data::Missing { want: "no_answers" });
    let ann = user(&app, "Ann").await;
    // Somebody of the customer first spoke 500 days ago; what we said before counts for nothing.
    talk(&app, 1, ann, 500, 0);
    talk(&app, 1, ann, 600, 1);
    execute(
        &app,
        "UPDATE interactions SET direction = 'outbound' WHERE external_id LIKE '%-600-1'",
    );
    let found = unheard();
    assert_eq!(
        told(&found),
        [
            (Some(1), "department:10", 200.0, true),
            (Some(1), "department:11", 500.0, true),
        ]
    );
    let expected = Warning::DepartmentUnheard {
        department: DepartmentFact {
            department_id: Some(11),
            kind: "finance".to_owned(),
            name: "The finance".to_owned(),
        },
        last_heard_on: None,
        days: 500,
    };
    assert_eq!(found.signals[1].warning, expected);
}

/// What went from a customer to customer 99 in a month.
fn month(app: &TestApp, shipper: i64, month: &str, shipments: i64, revenue: i64) {
    let first = day(month);
    let zeros = [
        "margin",
        "margin_known",
        "weight_known",
        "goods_value",
        "late",
        "late_known",
        "damaged",
        "damaged_known",
        "in_full",
        "in_full_known",
        "prepaid",
        "collect",
        "third_party",
    ];
    let mut row = vec![
        ("shipper_id", int(shipper)),
        ("consignee_id", int(99)),
        ("month", Bind::Date(first)),
        ("shipments", int(shipments)),
        ("revenue", int(revenue)),
        ("revenue_known", int(shipments)),
        ("weight_kg", Bind::Real(0.0)),
        ("first_on", Bind::Date(first)),
        ("last_on", Bind::Date(first + Days::new(26))),
    ];
    row.extend(zeros.map(|name| (name, int(0))));
    insert(app, "link_months", row);
}

async fn business_is_compared_with_the_same_weeks_a_year_before(app: TestApp) {
    runs(&app);
    for id in (1..=8).chain([99]) {
        customer(&app, id);
    }
    // Customer, shipments then and now, revenue then and now: January of either year.
    let cases = [
        (1, (40, 10), (4000, 1000)), // three quarters less
        (2, (10, 3), (1000, 300)),   // P(X <= 3 of 13) = 378/8192 = 0.046: chance
        (3, (20, 60), (1000, 2500)), // more
        (4, (40, 10), (4000, 1000)), // gone
        (5, (40, 10), (4000, 1000)), // here for less than 65 weeks
        (6, (40, 10), (4000, 1000)), // deleted
        (7, (9, 0), (900, 0)),       // too few then
        (8, (40, 10), (4000, 1000)), // in no run
    ];
    for (id, (then, now), (revenue_then, revenue)) in cases {
        month(&app, id, "2025-01-01", then, revenue_then);
        if now > 0 {
            month(&app, id, "2026-01-01", now, revenue);
        }
    }
    let parts = || json!([own(0.1)]);
    risk(&app, 1, parts(), vec![]);
    risk(&app, 2, parts(), vec![]);
    risk(&app, 3, parts(), vec![]);
    risk(&app, 4, parts(), gone());
    risk(&app, 5, parts(), vec![("age_weeks", Bind::Real(64.9))]);
    risk(&app, 6, parts(), vec![]);
    risk(&app, 7, parts(), vec![]);
    delete_customer(&app, 6);
    account(&app, 2, 1, 0.8, 0.1, vec![("light", text("green"))]);
    account(
        &app,
        2,
        3,
        0.4,
        0.1,
        vec![("light", text("red")), ("evidence", text("low"))],
    );
    let drops = || pick(read_run(&app, &context()), AlertReason::VolumeDrop);
    // The oldest shipment lies within the weeks of the year before: nobody knows what came earlier.
    assert_eq!(
        drops().data,
        Data::Missing {
            want: "no_year_of_shipments"
        }
    );
    month(&app, 99, "2024-12-01", 1, 1);
    execute(
        &app,
        "UPDATE link_months SET consignee_id = 1 WHERE shipper_id = 99",
    );
    // Nothing came in the last two weeks: it is our own data that is missing.
    assert_eq!(
        drops().data,
        Data::Missing {
            want: "no_recent_shipments"
        }
    );
    month(&app, 2, "2026-02-01", 0, 0);
    let found = drops();
    assert_eq!(told(&found), [(Some(1), "customer", 0.75, true)]);
    let expected = Warning::VolumeDrop {
        shipments: 10,
        shipments_before: 40,
        weeks: 13,
        change: -0.75,
    };
    assert_eq!(found.signals[0].warning, expected);
    let found = pick(read_run(&app, &context()), AlertReason::ScoreAndMoney);
    assert_eq!(
        told(&found),
        [
            (Some(1), "customer", 0.75, true),
            (Some(3), "customer", 1.5, false)
        ]
    );
    let expected = Warning::ScoreAndMoney {
        direction: ScoreAndMoney::UnsatisfiedButMore,
        score: 0.4,
        change: 1.5,
    };
    assert_eq!(found.signals[1].warning, expected);
    // In shipments it is another share: 60/20.
    let mut shipments = context();
    shipments.business_basis = BusinessBasis::Shipments;
    let found = pick(read_run(&app, &shipments), AlertReason::ScoreAndMoney);
    assert!((told(&found)[1].2 - 2.0).abs() < 1e-9);
}

async fn complaints_are_told_past_their_deadline_and_when_they_come_back(app: TestApp) {
    for id in 1..=2 {
        customer(&app, id);
    }
    let complaint = |id: i64, customer: i64, status: &str, more: Row<'static>| {
        let row = vec![
            ("id", int(id)),
            ("system", text("test")),
            ("external_id", text(&id.to_string())),
            ("customer_id", int(customer)),
            ("channel", text("mail")),
            ("severity", text("low")),
            ("subject", text("Late again")),
            ("status", text(status)),
            ("received_at", at(&app, 100)),
            ("acknowledge_due_at", at(&app, 36)),
            ("answer_due_at", at(&app, -24)),
            ("nonce", text("n")),
            ("created_at", at(&app, 100)),
            ("updated_at", at(&app, 100)),
        ];
        insert(&app, "complaints", but(row, more));
    };
    complaint(1, 1, "received", vec![]);
    complaint(2, 1, "acknowledged", vec![]);
    complaint(3, 1, "acknowledged", vec![("answer_due_at", at(&app, 12))]);
    complaint(4, 1, "answered", vec![("answer_due_at", at(&app, 12))]);
    complaint(5, 1, "received", vec![("deleted_at", at(&app, 1))]);
    complaint(6, 2, "received", vec![]);
    let again = || vec![("reopened", int(2)), ("reopened_at", at(&app, 5))];
    let in_time = ("acknowledge_due_at", at(&app, -1));
    complaint(7, 1, "reopened", [again(), vec![in_time]].concat());
    complaint(8, 1, "acknowledged", again());
    complaint(9, 1, "answered", again());
    delete_customer(&app, 2);
    let found = pick(read_today(&app), AlertReason::ComplaintOverdue);
    assert_eq!(
        told(&found),
        [
            (Some(1), "complaint:1", 1.5, true),
            (Some(1), "complaint:3", 0.5, true)
        ]
    );
    let Bind::Time(due_at) = at(&app, 36) else {
        unreachable!()
    };
    let expected = Warning::ComplaintOverdue {
        complaint_id: 1,
        subject: "Late again".to_owned(),
        unacknowledged: true,
        due_at,
    };
    assert_eq!(found.signals[0].warning, expected);
    let found = pick(read_today(&app), AlertReason::ComplaintReopened);
    assert_eq!(
        told(&found),
        [
            (Some(1), "complaint:7", 2.0, true),
            (Some(1), "complaint:8", 2.0, true)
        ]
    );
}

async fn promises_are_told_before_their_day_and_when_broken(app: TestApp) {
    for id in 1..=2 {
        customer(&app, id);
    }
    let promise = |id: i64, days: i64, status: &str, more: Row<'static>| {
        let row = vec![
            ("id", int(id)),
            ("system", text("test")),
            ("external_id", text(&id.to_string())),
            ("customer_id", int(1)),
            ("text", text("On time")),
            ("made_on", Bind::Date(ago(400))),
            ("from_on", Bind::Date(ago(400))),
            ("due_on", Bind::Date(ago(-days))),
            ("status", text(status)),
            ("created_at", at(&app, 0)),
            ("updated_at", at(&app, 0)),
        ];
        insert(&app, "promises", but(row, more));
    };
    let measured = || vec![("kpi", text("otif")), ("level", Bind::Real(0.9))];
    promise(1, 3, "open", vec![]);
    promise(2, 30, "open", vec![]);
    promise(3, 31, "open", vec![]);
    promise(4, -5, "open", vec![]);
    // Decided by itself in the next days; and not, for want of deliveries.
    promise(5, -5, "open", measured());
    promise(6, -8, "open", measured());
    promise(7, 0, "open", vec![("customer_id", int(2))]);
    promise(8, 0, "kept", vec![]);
    let decided = |days: i64| ("decided_at", at(&app, 24 * days));
    let value = ("value", Bind::Real(0.7));
    promise(
        10,
        -20,
        "broken",
        [measured(), vec![decided(89), value]].concat(),
    );
    promise(11, -20, "broken", vec![decided(91)]);
    promise(12, -20, "broken", vec![decided(2), ("renewed_by", int(1))]);
    promise(
        13,
        -20,
        "broken",
        vec![decided(2), ("weight", Bind::Real(0.0))],
    );
    promise(
        14,
        -20,
        "broken",
        vec![decided(2), ("weight", Bind::Real(2.5))],
    );
    promise(15, -20, "broken", vec![decided(2), ("customer_id", int(2))]);
    delete_customer(&app, 2);
    let found = pick(read_today(&app), AlertReason::PromiseDue);
    assert_eq!(
        told(&found),
        [
            (Some(1), "promise:1", -3.0, true),
            (Some(1), "promise:2", -30.0, true),
            (Some(1), "promise:4", 5.0, true),
            (Some(1), "promise:6", 8.0, true),
        ]
    );
    let found = pick(read_today(&app), AlertReason::PromiseBroken);
    assert_eq!(
        told(&found),
        [
            (Some(1), "promise:10", 1.0, true),
            (Some(1), "promise:14", 2.5, true)
        ]
    );
    let expected = Warning::PromiseBroken {
        promise_id: 10,
        text: "On time".to_owned(),
        due_on: ago(20),
        value: Some(0.7),
        level: Some(0.9),
    };
    assert_eq!(found.signals[0].warning, expected);
}

async fn contracts_are_told_before_their_end_unless_something_replaces_them(app: TestApp) {
    for id in 1..=3 {
        customer(&app, id);
    }
    let contract = |id: i64, days: i64, more: Row<'static>| {
        let row = vec![
            ("id", int(id)),
            ("system", text("test")),
            ("external_id", text(&id.to_string())),
            ("customer_id", int(1)),
            ("starts_on", Bind::Date(ago(400))),
            ("ends_on", Bind::Date(ago(-days))),
            ("renewals", int(0)),
            ("auto_renews", Bind::Bool(false)),
            ("created_at", at(&app, 0)),
            ("updated_at", at(&app, 0)),
        ];
        insert(&app, "contracts", but(row, more));
    };
    let notice = |days| {
        vec![
            ("auto_renews", Bind::Bool(true)),
            ("notice_days", int(days)),
        ]
    };
    contract(
        1,
        40,
        vec![("partner_id", int(3)), ("value_per_year", int(500))],
    );
    contract(2, 180, vec![]);
    contract(3, 181, vec![]);
    contract(4, -1, vec![]);
    contract(5, 200, notice(90));
    contract(6, 80, notice(90));
    contract(7, 40, vec![("outcome", text("renewed"))]);
    contract(8, 400, vec![("deleted_at", at(&app, 0))]);
    contract(9, 400, vec![]);
    contract(10, 40, vec![("renewed_by", int(9))]);
    contract(11, 40, vec![("renewed_by", int(8))]);
    contract(12, 40, vec![("customer_id", int(2))]);
    delete_customer(&app, 2);
    let found = pick(read_today(&app), AlertReason::ContractEnding);
    assert_eq!(
        told(&found),
        [
            (Some(1), "contract:1", -40.0, true),
            (Some(1), "contract:2", -180.0, true),
            (Some(1), "contract:5", -110.0, true),
            // Its next one was deleted.
            (Some(1), "contract:11", -40.0, true),
        ]
    );
    let expected = Warning::ContractEnding {
        contract_id: 1,
        ends_on: ago(-40),
        auto_renews: false,
        notice_by: None,
        value_per_year: Some(500),
        partner: Some(NamedCustomer {
            customer_id: Some(3),
            name: None,
        }),
    };
    assert_eq!(found.signals[0].warning, expected);
    let Warning::ContractEnding { notice_by, .. } = found.signals[2].warning else {
        panic!("{found:?}")
    };
    assert_eq!(notice_by, Some(ago(-110)));
}

async fn talk_that_rests_on_one_person_is_told_as_of_the_day(app: TestApp) {
    runs(&app);
    for id in 1..=3 {
        customer(&app, id);
    }
    let (ann, bob) = (user(&app, "Ann").await, user(&app, "Bob").await);
    // A half-life of 180 days before the run's day, which begins eight hours before the clock's time:
    // 24 talks with Ann and 6 with Bob are 12 and 3.
    let fading = |customer, user, count| {
        for number in 0..count {
            let row = vec![
                ("system", text("test")),
                ("external_id", text(&format!("{customer}-{user}-{number}"))),
                ("customer_id", int(customer)),
                ("user_id", int(user)),
                ("channel", text("call")),
                ("direction", text("inbound")),
                ("at", at(&app, 24 * 180 + 8)),
                ("created_at", at(&app, 0)),
                ("updated_at", at(&app, 0)),
            ];
            insert(&app, "interactions", row);
        }
    };
    fading(1, ann, 24);
    fading(1, bob, 6);
    // Half and half; and a customer that is deleted.
    fading(2, ann, 12);
    fading(2, bob, 12);
    fading(3, ann, 24);
    delete_customer(&app, 3);
    // What is said on the day of the run or later was not known then.
    for number in 0..50 {
        talk(&app, 1, bob, 0, number);
    }
    let found = pick(read_run(&app, &context()), AlertReason::KeyPerson);
    let subject = format!("user:{ann}");
    assert_eq!(told(&found), [(Some(1), subject.as_str(), 0.8, true)]);
    let Warning::KeyPerson {
        user_id,
        user,
        interactions,
        may_leave,
        ..
    } = &found.signals[0].warning
    else {
        panic!("{found:?}")
    };
    assert_eq!((*user_id, user.as_str(), *may_leave), (ann, "Ann", 0));
    assert!((interactions - 15.0).abs() < 1e-9, "{interactions}");
}

async fn payments_that_come_later_are_told_beyond_their_noise(app: TestApp) {
    runs(&app);
    for id in 1..=6 {
        customer(&app, id);
    }
    let mut number = 0;
    let mut invoice = |customer: i64, due: i64, late: Option<i64>, more: Row<'static>| {
        number += 1;
        let row = vec![
            ("system", text("test")),
            ("external_id", text(&number.to_string())),
            ("customer_id", int(customer)),
            ("issued_on", Bind::Date(ago(due + 30))),
            ("due_on", Bind::Date(ago(due))),
            ("amount", int(100)),
            ("disputed", Bind::Bool(false)),
            ("created_at", at(&app, 0)),
            ("updated_at", at(&app, 0)),
        ];
        let paid = late.map(|late| ("paid_on", Bind::Date(ago(due - late))));
        insert(
            &app,
            "invoices",
            but(row, [paid.into_iter().collect(), more].concat()),
        );
    };
    // Paid 0 to 4 days late, then 20 to 24: the mean rises from 2 to 22.
    let habit = |invoice: &mut dyn FnMut(i64, i64, Option<i64>, Row<'static>), customer| {
        for late in 0..5 {
            invoice(customer, 200 + late, Some(late), vec![]);
        }
    };
    for customer in [1, 2, 3, 4, 5] {
        habit(&mut invoice, customer);
    }
    for late in 20..25 {
        invoice(1, 60, Some(late), vec![]);
        invoice(5, 60, Some(late), vec![]);
    }
    // Not paid: late up to the day of the run. Due 20 to 24 days ago. One was paid on that day.
    for late in 20..24 {
        invoice(2, late, None, vec![]);
    }
    invoice(2, 24, Some(24), vec![]);
    // Four invoices are too few; those that do not count do not make them five.
    for late in 20..24 {
        invoice(3, 60, Some(late), vec![]);
    }
    invoice(3, 60, Some(24), vec![("disputed", Bind::Bool(true))]);
    invoice(3, 60, Some(24), vec![("amount", int(-5))]);
    invoice(3, 60, Some(24), vec![("deleted_at", at(&app, 0))]);
    invoice(3, 60, Some(24), vec![("issued_on", Bind::Date(ago(59)))]);
    invoice(3, 0, None, vec![]);
    invoice(3, -1, None, vec![]);
    // One very late invoice is noise: 2, 2, 2, 4 and 90 days have the mean 20.
    for late in [2, 2, 2, 4] {
        invoice(4, 85, Some(late), vec![]);
    }
    invoice(4, 90, None, vec![]);
    invoice(4, 91, Some(0), vec![]);
    delete_customer(&app, 5);
    let found = pick(read_run(&app, &context()), AlertReason::PaymentFall);
    assert_eq!(
        told(&found),
        [
            (Some(1), "customer", 20.0, true),
            (Some(2), "customer", 20.0, true)
        ]
    );
    let expected = Warning::PaymentFall {
        days_late: 22.0,
        days_late_before: 2.0,
        invoices: 5,
        since: ago(90),
    };
    assert_eq!(found.signals[0].warning, expected);
}

async fn imports_are_told_when_they_are_later_than_usual(app: TestApp) {
    let import = |days: i64, more: Row<'static>| {
        let row = vec![
            ("kind", text("shipments")),
            ("file_name", text("a.csv")),
            ("mapping", text("")),
            ("dry_run", Bind::Bool(false)),
            ("status", text("done")),
            ("created", int(5)),
            ("actor", text("cli")),
            ("created_at", at(&app, 24 * days)),
            ("finished_at", at(&app, 24 * days)),
        ];
        insert(&app, "imports", but(row, more));
    };
    let stale = || pick(read_today(&app), AlertReason::DataStale);
    // A history, file by file on one day, is no pace.
    for _ in 0..12 {
        import(26, vec![]);
    }
    import(20, vec![]);
    import(15, vec![]);
    assert_eq!(
        stale().data,
        Data::Missing {
            want: "too_few_imports"
        }
    );
    // Gaps of 6, 5 and 4 days; none of the later ones brought anything that stands.
    import(11, vec![]);
    import(2, vec![("dry_run", Bind::Bool(true))]);
    import(2, vec![("status", text("failed"))]);
    import(
        2,
        vec![("status", text("reverted")), ("reverted_at", at(&app, 1))],
    );
    import(2, vec![("created", int(0))]);
    let found = stale();
    assert_eq!(told(&found), [(None, "import:shipments", 2.0, true)]);
    let Bind::Time(last_at) = at(&app, 24 * 11) else {
        unreachable!()
    };
    let expected = Warning::DataStale {
        kind: "shipments".to_owned(),
        last_at,
        usual_days: 5.0,
        days: 11.0,
    };
    assert_eq!(found.signals[0].warning, expected);
    // Gaps of 6, 5, 4 and 5 days; six days after the last it is as late as it was before.
    import(6, vec![("created", int(0)), ("changed", int(1))]);
    assert_eq!(told(&stale()), []);
}
