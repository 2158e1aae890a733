//! Reports: what a run left, whole, in every format, for those who may see it.

use std::collections::BTreeSet;

use chrono::{NaiveDate, TimeDelta};
use diesel::sql_types::{BigInt, Bool, Date, Double, Nullable, Text};
use hawser::access::audit::Actor;
use hawser::access::{Scope, Teams};
use hawser::assessment::run;
use hawser::db::DbError;
use hawser::db::select::Statement;
use hawser::reports::PAGE;
use hawser::reports::datasets::{Column, Dataset, Runs, Source, Type};
use hawser::text;
use reqwest::Method;
use serde_json::{Value, json};

use crate::TestApp;
use crate::harness::{Reply, on_each_database};

on_each_database!(
    satisfaction_has_a_row_per_customer_and_department,
    risk_agrees_with_its_snapshot,
    links_agree_with_their_snapshot,
    every_format_says_the_same,
    formulas_are_neutralised_in_csv_alone,
    filters_narrow,
    wrong_parameters_are_named,
    an_as_of_chooses_its_newest_run,
    without_a_run_there_is_no_report,
    a_bi_key_reads_reports_and_nothing_else,
    a_limited_key_gets_its_customers_only,
    an_unchanged_report_costs_nothing,
    head_answers_like_get_without_a_body,
    the_datasets_describe_what_they_hold,
    the_views_say_the_same_numbers,
    what_was_said_is_told_as_it_was_known,
    a_report_longer_than_a_page_is_whole,
);

const NAMES: [&str; 3] = [
    "=HYPERLINK(\"http://x\"), \"Söhne\"",
    "-Bäckerei Blau",
    "Cargo",
];

/// Three customers in two teams and none, their shipments, a department.
struct World {
    ids: [i64; 3],
    north: i64,
    south: i64,
}

async fn world(app: &TestApp) -> World {
    let north = app
        .post("/teams", json!({"name": "North"}))
        .await
        .expect(201)["id"]
        .clone();
    let south = app
        .post("/teams", json!({"name": "=South"}))
        .await
        .expect(201)["id"]
        .clone();
    let teams = [north.clone(), south.clone(), Value::Null];
    let mut ids = [0; 3];
    for (place, key) in ["A", "B", "C"].iter().enumerate() {
        let customer = json!({
            "name": NAMES[place], "team_id": teams[place], "country": (["DE", "FR", "DE"][place]),
            "external_ids": [{"system": "tms", "id": key}, {"system": "erp", "id": key}],
        });
        let made = app.post("/customers", customer).await.expect(201);
        ids[place] = made["id"].as_i64().unwrap();
    }
    app.post(
        "/customers/ext:erp:C/departments",
        json!({"kind": "warehouse", "name": "+Lager, Nord", "weight": 0.5}),
    )
    .await
    .expect(201);
    // A ships to B every week and to C every second; B ships to C.
    let mut batch = Vec::new();
    for week in 0..8_u32 {
        for (from, to, every) in [("A", "B", 1), ("A", "C", 2), ("B", "C", 3)] {
            if week % every == 0 {
                batch.push(shipment(from, to, week));
            }
        }
    }
    app.post("/shipments:batch", json!(batch)).await.expect(200);
    World {
        ids,
        north: north.as_i64().unwrap(),
        south: south.as_i64().unwrap(),
    }
}

/// What A's warehouse says of its link with B: an answer and a complaint, confirmed and reopened.
async fn voices(app: &TestApp, world: &World) {
    let [a, b, _] = world.ids;
    let now = app.state.clock.now();
    let set = |text: &str| app.state.clock.set(text.parse().unwrap());
    set("2026-02-10T08:00:00Z");
    let made = |reply: Reply| reply.expect(201)["id"].as_i64().unwrap();
    let warehouse = app
        .post(
            &format!("/customers/{a}/departments"),
            json!({"kind": "warehouse"}),
        )
        .await;
    let contact = json!({
        "name": "Ada", "email": "ada@a.example", "department_id": made(warehouse),
    });
    let contact = app.post(&format!("/customers/{a}/contacts"), contact).await;
    let contact = made(contact);
    let questions = json!([{
        "code": "condition", "scale": "lsq5", "dimension": "order_condition",
        "text": {"en": "Undamaged?", "zh": "完好？"},
    }]);
    let survey = json!({
        "name": "Spring", "questions": questions, "about": "link",
        "closes_at": "2026-04-01T00:00:00Z",
    });
    let survey = made(app.post("/surveys", survey).await);
    let path = format!("/surveys/{survey}:open");
    app.post(&path, json!({})).await.expect(200);
    let entry = json!([{
        "contact": {"id": contact}, "partner": {"id": b}, "side": "shipper",
        "answers": [{"question": "condition", "value": 2}],
    }]);
    let path = format!("/surveys/{survey}/answers:batch");
    let report = app.post(&path, entry).await.expect(200);
    assert_eq!(report["created"], 1);

    let complaint = json!({
        "customer": {"id": a}, "contact_id": contact, "partner": {"id": b}, "channel": "call",
        "severity": "high", "cause": "damage", "subject": "Crushed",
    });
    let complaint = made(app.post("/complaints", complaint).await);
    for (at, step, body) in [
        ("2026-02-10T10:00:00Z", "acknowledge", json!({})),
        ("2026-02-12T08:00:00Z", "answer", json!({"text": "Sorry"})),
        (
            "2026-02-20T08:00:00Z",
            "confirm",
            json!({"evidence": "She called"}),
        ),
        ("2026-03-02T07:00:00Z", "reopen", json!({"reason": "Again"})),
    ] {
        set(at);
        let path = format!("/complaints/{complaint}:{step}");
        app.post(&path, body).await.expect(200);
    }
    app.state.clock.set(now);
}

fn shipment(from: &str, to: &str, week: u32) -> Value {
    let booked = NaiveDate::from_ymd_opt(2026, 1, 1).unwrap() + TimeDelta::weeks(week.into());
    let day = |days: i64| format!("{}T08:00:00Z", booked + TimeDelta::days(days));
    json!({
        "external_id": {"system": "tms", "id": format!("{from}{to}{week}")},
        "shipper": {"external_id": {"system": "erp", "id": from}},
        "consignee": {"external_id": {"system": "erp", "id": to}},
        "booked_at": day(0), "promised_to": day(2), "delivered_at": day(1 + i64::from(week % 3)),
        "revenue": 10_000 + i64::from(week), "direct_cost": 7_500, "in_full": true,
    })
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// Assesses at a date; the run's id.
fn assess(app: &TestApp, as_of: &str) -> i64 {
    run::assess(&app.state, day(as_of), &Actor::cli(), &mut |_, _| Ok(()))
        .unwrap()
        .id
        .0
}

async fn rows(app: &TestApp, path: &str) -> Vec<Value> {
    let json = app.get(&format!("/reports/{path}")).await.expect(200);
    json.as_array().unwrap().clone()
}

async fn with_key(app: &TestApp, key: &str, path: &str) -> Reply {
    let request = app.bare(Method::GET, &format!("/api/v1{path}"));
    app.send(request.bearer_auth(key)).await
}

fn load<T>(app: &TestApp, sql: &str) -> Vec<T>
where
    T: diesel::QueryableByName<diesel::sqlite::Sqlite> + hawser::db::select::ForPostgres + 'static,
{
    let statement = Statement::new(sql);
    app.state.db.read_now(|conn| statement.load(conn)).unwrap()
}

fn execute(app: &TestApp, statements: &[String]) {
    for statement in statements {
        let statement = Statement::new(statement);
        app.state
            .db
            .write_now(|conn| statement.execute(conn).map(drop))
            .map_err(|error: DbError| error)
            .unwrap();
    }
}

/// Whether a number read from JSON is this one, to the last bit but one: `serde_json` reads no
/// better as it is built here.
fn near(left: &Value, right: f64) -> bool {
    left.as_f64()
        .is_some_and(|left| (left - right).abs() <= f64::EPSILON * right.abs())
}

async fn satisfaction_has_a_row_per_customer_and_department(app: TestApp) {
    #[derive(diesel::QueryableByName)]
    struct Stored {
        #[diesel(sql_type = BigInt)]
        customer_id: i64,
        #[diesel(sql_type = Text)]
        department: String,
        #[diesel(sql_type = Double)]
        score: f64,
        #[diesel(sql_type = Nullable<Double>)]
        kpi_score: Option<f64>,
        #[diesel(sql_type = Bool)]
        required: bool,
    }
    let world = world(&app).await;
    let run = assess(&app, "2026-03-01");
    let stored: Vec<Stored> = load(
        &app,
        "SELECT * FROM department_satisfactions ORDER BY run_id, customer_id, department",
    );
    let rows = rows(&app, "satisfaction").await;
    assert_eq!(rows.len(), stored.len());
    for (row, stored) in rows.iter().zip(&stored) {
        assert_eq!(row["run_id"], run);
        assert_eq!(row["as_of"], "2026-03-01");
        assert_eq!(row["customer_id"], stored.customer_id);
        assert_eq!(row["department"], stored.department);
        assert!(near(&row["score"], stored.score), "{row}");
        match stored.kpi_score {
            Some(score) => assert!(near(&row["kpi_score"], score), "{row}"),
            None => assert!(row["kpi_score"].is_null()),
        }
        assert_eq!(row["required"], stored.required);
    }
    // C has one department of its own, the others the standard ones.
    let of_c: Vec<_> = rows
        .iter()
        .filter(|row| row["customer_id"] == world.ids[2])
        .collect();
    assert_eq!(of_c.len(), 1);
    let row = of_c[0];
    assert_eq!(row["customer_name"], "Cargo");
    assert_eq!(row["external_id"], "erp:C");
    assert_eq!(row["country"], "DE");
    assert_eq!(row["role"], "consignee");
    assert_eq!(row["team"], Value::Null);
    assert_eq!(row["department"], "+Lager, Nord");
    assert_eq!(row["kind"], "warehouse");
    assert!(row["department_id"].is_i64());
    assert!(near(&row["weight"], 0.5));
    assert_eq!(row["weakest"], "+Lager, Nord");
    // One department alone is the account.
    assert_eq!(row["score"], row["account_score"]);
}

async fn risk_agrees_with_its_snapshot(app: TestApp) {
    #[derive(diesel::QueryableByName)]
    struct Risk {
        #[diesel(sql_type = BigInt)]
        customer_id: i64,
        #[diesel(sql_type = Double)]
        churn_probability: f64,
        #[diesel(sql_type = Date)]
        last_on: NaiveDate,
        #[diesel(sql_type = Bool)]
        is_new: bool,
    }
    let north = world(&app).await.north;
    assess(&app, "2026-03-01");
    let stored: Vec<Risk> = load(&app, "SELECT * FROM customer_risks ORDER BY customer_id");
    let risks = rows(&app, "risk").await;
    assert_eq!(risks.len(), 3);
    for (row, stored) in risks.iter().zip(&stored) {
        assert_eq!(row["customer_id"], stored.customer_id);
        assert!(near(&row["churn_probability"], stored.churn_probability));
        assert_eq!(row["last_on"], stored.last_on.to_string());
        assert_eq!(row["is_new"], stored.is_new);
    }
    let first = &risks[0];
    assert_eq!(first["customer_name"], NAMES[0]);
    assert_eq!(
        (&first["team_id"], &first["team"]),
        (&json!(north), &json!("North"))
    );
    // 8 shipments to B and 4 to C: 12 times 100.00 and 0+1+…+7 + 0+2+4+6 = 40 minor units more.
    assert!(near(&first["business"], 120_040.0), "{first}");
    assert_eq!(first["business_basis"], "revenue");
    assert_eq!(first["value_basis"], "margin");
    assert_eq!(first["currency"], "EUR");
    assert_eq!(first["role"], "shipper");
    assert_eq!(first["partners"], 2);
}

async fn links_agree_with_their_snapshot(app: TestApp) {
    #[derive(diesel::QueryableByName)]
    struct Link {
        #[diesel(sql_type = BigInt)]
        shipper_id: i64,
        #[diesel(sql_type = BigInt)]
        consignee_id: i64,
        #[diesel(sql_type = Double)]
        loss_probability: f64,
    }
    let ids = world(&app).await.ids;
    assess(&app, "2026-03-01");
    let stored: Vec<Link> = load(
        &app,
        "SELECT * FROM link_risks ORDER BY shipper_id, consignee_id",
    );
    let links = rows(&app, "links").await;
    let ends = |row: &Value| (row["shipper_id"].as_i64(), row["consignee_id"].as_i64());
    let [a, b, c] = ids.map(Some);
    assert_eq!(
        links.iter().map(ends).collect::<Vec<_>>(),
        [(a, b), (a, c), (b, c)]
    );
    for (row, stored) in links.iter().zip(&stored) {
        assert_eq!(
            ends(row),
            (Some(stored.shipper_id), Some(stored.consignee_id))
        );
        assert!(near(&row["loss_probability"], stored.loss_probability));
    }
    assert_eq!(links[1]["shipments"], 4);
    assert_eq!(links[1]["shipper_name"], NAMES[0]);
    assert_eq!(links[1]["consignee_name"], NAMES[2]);
    assert_eq!(links[1]["consignee_role"], "consignee");
    assert_eq!(
        links[1]["last_on"], "2026-02-12",
        "the sixth week after 2026-01-01"
    );
}

/// A cell of CSV as JSON would have it.
fn cell_as_json(column: &Column, cell: &str) -> Value {
    if cell.is_empty() {
        return Value::Null;
    }
    match column.kind {
        Type::Integer => json!(cell.parse::<i64>().unwrap()),
        Type::Number => json!(cell.parse::<f64>().unwrap()),
        Type::Boolean => json!(cell.parse::<bool>().unwrap()),
        Type::Text => json!(text::recover(cell)),
        Type::Date => json!(day(cell).to_string()),
    }
}

/// The rows of a report in CSV, every number to the last bit.
fn parse_csv(dataset: &Dataset, text: &str) -> Vec<Value> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let head: Vec<_> = dataset.columns.iter().map(|column| column.name).collect();
    assert_eq!(reader.headers().unwrap(), head);
    let row = |record: csv::Result<csv::StringRecord>| {
        let record = record.unwrap();
        let cells = dataset.columns.iter().zip(&record);
        cells
            .map(|(column, cell)| (column.name.to_owned(), cell_as_json(column, cell)))
            .collect()
    };
    reader.records().map(row).collect()
}

/// Checks that rows read from JSON are those read from CSV.
#[track_caller]
fn assert_same(from_json: &[Value], from_csv: &[Value]) {
    assert_eq!(from_json.len(), from_csv.len());
    for (left, right) in from_json.iter().zip(from_csv) {
        let (left, right) = (left.as_object().unwrap(), right.as_object().unwrap());
        assert!(left.keys().eq(right.keys()));
        for (name, value) in left {
            let other = &right[name];
            let same = if other.is_f64() {
                near(value, other.as_f64().unwrap())
            } else {
                value == other
            };
            assert!(same, "{name}: {value} and {other}");
        }
    }
}

async fn every_format_says_the_same(app: TestApp) {
    voices(&app, &world(&app).await).await;
    assess(&app, "2026-03-01");
    for dataset in Dataset::ALL {
        let name = dataset.name;
        let reply = app.get(&format!("/reports/{name}?format=csv")).await;
        assert_eq!(reply.header("content-type"), "text/csv; charset=utf-8");
        assert_eq!(
            reply.header("content-disposition"),
            format!("attachment; filename=\"hawser-{name}-2026-03-01.csv\"")
        );
        let parsed = parse_csv(dataset, &reply.text);
        // The horizon of this run has not passed: nothing is judged.
        let least = match (dataset.runs, name) {
            (Runs::Scored, _) => 0,
            (Runs::Window, _) | (_, "dimensions") => 1,
            (Runs::Finished, _) => 3,
        };
        assert_eq!(parsed.is_empty(), least == 0, "{name}");
        assert!(parsed.len() >= least, "{name}");
        assert_same(&rows(&app, name).await, &parsed);

        let reply = app.get(&format!("/reports/{name}?format=ndjson")).await;
        assert_eq!(reply.header("content-type"), "application/x-ndjson");
        let lines = reply.text.lines();
        let lines: Vec<Value> = lines
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_same(&lines, &parsed);
    }
    let accept = |accept: &str, query: &str| {
        let path = format!("/api/v1/reports/risk{query}");
        app.send(app.request(Method::GET, &path).header("accept", accept))
    };
    for (header, query, expected) in [
        ("text/csv", "", "text/csv; charset=utf-8"),
        ("text/csv", "?format=json", "application/json"),
        (
            "application/x-ndjson, */*;q=0.1",
            "",
            "application/x-ndjson",
        ),
        ("text/html", "", "application/json"),
    ] {
        let reply = accept(header, query).await;
        assert_eq!(reply.header("content-type"), expected, "{header}{query}");
    }
}

async fn formulas_are_neutralised_in_csv_alone(app: TestApp) {
    world(&app).await;
    assess(&app, "2026-03-01");
    let csv = app.get("/reports/satisfaction?format=csv").await.text;
    assert!(csv.contains(",\"'=HYPERLINK(\"\"http://x\"\"), \"\"Söhne\"\"\","));
    assert!(csv.contains(",'-Bäckerei Blau,"));
    assert!(csv.contains(",'=South,"));
    assert!(csv.contains(",\"'+Lager, Nord\","));
    for record in csv::Reader::from_reader(csv.as_bytes()).records() {
        for cell in &record.unwrap() {
            let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
            assert!(!formula || cell.parse::<f64>().is_ok(), "{cell}");
        }
    }
    let json = rows(&app, "satisfaction").await;
    assert!(json.iter().any(|row| row["customer_name"] == NAMES[1]));
}

async fn filters_narrow(app: TestApp) {
    let World { ids, north, south } = world(&app).await;
    assess(&app, "2026-03-01");
    let [a, b, c] = ids;
    for (query, expected) in [
        (format!("team_id={north}"), vec![a]),
        ("country=DE".into(), vec![a, c]),
        ("country=de&role=consignee".into(), vec![c]),
        ("role=both".into(), vec![b]),
        (format!("customer_id={b}"), vec![b]),
        (format!("customer_id={b}&country=DE"), vec![]),
        ("team_id=999".into(), vec![]),
    ] {
        for report in ["risk", "satisfaction"] {
            let rows = rows(&app, &format!("{report}?{query}")).await;
            let found: BTreeSet<i64> = rows
                .iter()
                .map(|row| row["customer_id"].as_i64().unwrap())
                .collect();
            assert_eq!(
                found,
                expected.iter().copied().collect(),
                "{report} {query}"
            );
        }
    }
    let kinds = rows(&app, "satisfaction?department=warehouse").await;
    assert!(kinds.iter().all(|row| row["kind"] == "warehouse") && !kinds.is_empty());
    // One party of the link must match every filter.
    for (query, expected) in [
        (format!("team_id={south}"), vec![(a, b), (b, c)]),
        (format!("customer_id={c}"), vec![(a, c), (b, c)]),
        ("role=shipper&country=DE".into(), vec![(a, b), (a, c)]),
        ("role=shipper&country=FR".into(), vec![]),
    ] {
        let links = rows(&app, &format!("links?{query}")).await;
        let ends: Vec<_> = links
            .iter()
            .map(|row| {
                let end = |name: &str| row[name].as_i64().unwrap();
                (end("shipper_id"), end("consignee_id"))
            })
            .collect();
        assert_eq!(ends, expected, "{query}");
    }
    let empty = app.get("/reports/risk?team_id=999&format=csv").await;
    assert_eq!(empty.text.lines().count(), 1, "the head line stands alone");
}

async fn wrong_parameters_are_named(app: TestApp) {
    for (path, pointer, detail) in [
        (
            "risk?colour=red",
            "colour",
            "unknown parameter; expected one of format, as_of, team_id, country, role, customer_id",
        ),
        ("risk?department=sales", "department", "unknown parameter"),
        (
            "satisfaction?department=cellar",
            "department",
            "expected one of purchasing",
        ),
        (
            "risk?role=none",
            "role",
            "expected one of shipper, consignee, both",
        ),
        ("risk?team_id=North", "team_id", "expected a whole number"),
        ("risk?country=Germany", "country", "ISO 3166-1"),
        ("risk?as_of=today", "as_of", "expected a date such as"),
        (
            "risk?format=xml",
            "format",
            "expected one of csv, json, ndjson",
        ),
        ("risk?country=DE&country=FR", "country", "it is given twice"),
    ] {
        let problem = app
            .get(&format!("/reports/{path}"))
            .await
            .expect_problem(400, "bad_parameter");
        assert_eq!(problem["errors"][0]["pointer"], pointer);
        let said = problem["errors"][0]["detail"].as_str().unwrap();
        assert!(said.contains(detail), "{said}");
    }
}

async fn an_as_of_chooses_its_newest_run(app: TestApp) {
    world(&app).await;
    let late = assess(&app, "2026-03-01");
    assess(&app, "2026-02-01");
    let early = assess(&app, "2026-02-01");
    let run_of = async |query: &str| {
        let rows = rows(&app, &format!("risk{query}")).await;
        rows[0]["run_id"].as_i64().unwrap()
    };
    assert_eq!(run_of("").await, late, "the latest by as-of, not by id");
    assert_eq!(run_of("?as_of=2026-02-01").await, early);
    let known = rows(&app, "risk?as_of=2026-02-01").await;
    // A's shipments of 1, 8, 15, 22 and 29 January.
    assert_eq!(known[0]["shipping_days"], 5);
}

async fn without_a_run_there_is_no_report(app: TestApp) {
    for dataset in Dataset::ALL {
        let path = format!("/reports/{}", dataset.name);
        let problem = app.get(&path).await.expect_problem(404, "no_run");
        assert_eq!(problem["detail"], "there is no finished assessment run yet");
    }
    world(&app).await;
    let run = assess(&app, "2026-03-01");
    let problem = app
        .get("/reports/risk?as_of=2026-02-28")
        .await
        .expect_problem(404, "no_run");
    assert_eq!(
        problem["detail"],
        "there is no finished assessment run as of 2026-02-28"
    );
    execute(
        &app,
        &[format!(
            "UPDATE runs SET status = 'failed' WHERE id = {run}"
        )],
    );
    app.get("/reports/risk").await.expect_problem(404, "no_run");
}

async fn a_bi_key_reads_reports_and_nothing_else(app: TestApp) {
    world(&app).await;
    assess(&app, "2026-03-01");
    let bi = app.make_key(&[Scope::Bi], Teams::All, None);
    for path in [
        "/reports",
        "/reports/satisfaction",
        "/reports/risk",
        "/reports/links",
    ] {
        with_key(&app, &bi, path).await.expect(200);
    }
    for path in ["/customers", "/shipments", "/teams", "/links"] {
        with_key(&app, &bi, path)
            .await
            .expect_problem(403, "forbidden");
    }
    let read = app.make_key(&[Scope::Read], Teams::All, None);
    with_key(&app, &read, "/reports/risk").await.expect(200);
    let write = app.make_key(&[Scope::Write], Teams::All, None);
    for path in ["/reports", "/reports/risk"] {
        with_key(&app, &write, path)
            .await
            .expect_problem(403, "forbidden");
    }
    let nobody = app.bare(Method::GET, "/api/v1/reports/risk");
    app.send(nobody).await.expect_problem(401, "key_missing");
}

async fn a_limited_key_gets_its_customers_only(app: TestApp) {
    let world = world(&app).await;
    voices(&app, &world).await;
    let World { ids, north, south } = world;
    assess(&app, "2026-03-01");
    let [a, b, c] = ids;
    let key = app.make_key(&[Scope::Bi], Teams::Only(vec![north]), None);
    let get = async |path: &str| {
        let path = format!("/reports/{path}");
        let json = with_key(&app, &key, &path).await.expect(200);
        json.as_array().unwrap().clone()
    };
    for report in ["risk", "satisfaction"] {
        let rows = get(report).await;
        assert!(!rows.is_empty() && rows.iter().all(|row| row["customer_id"] == a));
        assert!(get(&format!("{report}?customer_id={b}")).await.is_empty());
        assert!(get(&format!("{report}?team_id={south}")).await.is_empty());
    }
    let links = get("links").await;
    assert_eq!(links.len(), 2, "A to B and A to C, not B to C");
    for link in &links {
        assert_eq!(link["shipper_id"], a);
        assert!(link["loss_probability"].is_f64());
        for (name, value) in link.as_object().unwrap() {
            assert!(
                !name.starts_with("consignee_") || value.is_null(),
                "{name}: {value}"
            );
        }
    }
    for report in ["survey_answers", "complaints"] {
        let rows = get(report).await;
        assert_eq!(rows.len(), 1, "{report}");
        assert_eq!(rows[0]["customer_id"], a);
        assert!(rows[0]["partner_id"].is_null() && rows[0]["partner_team_id"].is_null());
    }
    // No filter tells who the other side is.
    for query in [
        format!("customer_id={b}"),
        format!("customer_id={c}"),
        format!("team_id={south}"),
        "country=FR".into(),
        "role=both".into(),
    ] {
        assert!(get(&format!("links?{query}")).await.is_empty(), "{query}");
    }
    let none = app.make_key(&[Scope::Bi], Teams::Only(vec![]), None);
    for dataset in Dataset::ALL {
        let reply = with_key(&app, &none, &format!("/reports/{}", dataset.name)).await;
        assert_eq!(reply.expect(200), json!([]));
    }
}

async fn an_unchanged_report_costs_nothing(app: TestApp) {
    let World { north, .. } = world(&app).await;
    assess(&app, "2026-03-01");
    let path = "/api/v1/reports/risk";
    let etag = app.get("/reports/risk").await.header("etag").to_owned();
    assert!(etag.starts_with('"'), "it is strong: {etag}");
    let status = async |path: &str, known: &str, key: &str| {
        let request = app.bare(Method::GET, path).bearer_auth(key);
        let reply = app.send(request.header("if-none-match", known)).await;
        if reply.status == 304 {
            assert!(reply.text.is_empty());
            assert_eq!(reply.header("etag"), etag);
        }
        reply.status.as_u16()
    };
    let key = app.key.clone();
    assert_eq!(status(path, &etag, &key).await, 304);
    assert_eq!(status(path, &format!("\"x\", W/{etag}"), &key).await, 304);
    assert_eq!(status(path, "*", &key).await, 304);
    assert_eq!(status(path, "\"x\"", &key).await, 200);
    for other in ["?format=csv", "?country=DE", "?role=both"] {
        assert_eq!(status(&format!("{path}{other}"), &etag, &key).await, 200);
    }
    assert_eq!(status("/api/v1/reports/links", &etag, &key).await, 200);
    let limited = app.make_key(&[Scope::Bi], Teams::Only(vec![north]), None);
    assert_eq!(status(path, &etag, &limited).await, 200);
    // More shipments change no run; a new name changes the report.
    app.post("/shipments", shipment("C", "A", 1))
        .await
        .expect(201);
    assert_eq!(status(path, &etag, &key).await, 304);
    app.patch("/customers/ext:erp:C", json!({"name": "Carga"}))
        .await
        .expect(200);
    let renamed = app.get("/reports/risk").await;
    assert_ne!(renamed.header("etag"), etag);
    assert_eq!(renamed.json[2]["customer_name"], "Carga");
    let now = renamed.header("etag").to_owned();
    assess(&app, "2026-03-01");
    let newer = app.get("/reports/risk").await;
    assert_ne!(newer.header("etag"), now);
}

async fn head_answers_like_get_without_a_body(app: TestApp) {
    world(&app).await;
    let path = |name: &str| format!("/api/v1/reports/{name}?format=csv");
    let head = async |path: String| app.send(app.request(Method::HEAD, &path)).await;
    assert_eq!(head(path("risk")).await.status, 404);
    assess(&app, "2026-03-01");
    for dataset in Dataset::ALL {
        let get = app
            .send(app.request(Method::GET, &path(dataset.name)))
            .await;
        let head = head(path(dataset.name)).await;
        assert_eq!(head.status, 200);
        assert!(head.text.is_empty());
        for name in [
            "etag",
            "content-type",
            "content-disposition",
            "cache-control",
            "vary",
        ] {
            assert_eq!(head.header(name), get.header(name), "{name}");
        }
        let known = app.request(Method::HEAD, &path(dataset.name));
        let known = known.header("if-none-match", get.header("etag"));
        assert_eq!(app.send(known).await.status, 304);
    }
    let posted = app.post("/reports/risk", json!({})).await;
    assert_eq!(posted.header("allow"), "GET, HEAD");
    posted.expect_problem(405, "method_not_allowed");
}

async fn the_datasets_describe_what_they_hold(app: TestApp) {
    world(&app).await;
    assess(&app, "2026-03-01");
    let described = app.get("/reports").await.expect(200);
    assert_eq!(described["currency"], "EUR");
    assert_eq!(described["currency_digits"], 2);
    let datasets = described["data"].as_array().unwrap();
    assert_eq!(datasets.len(), 9);
    for dataset in datasets {
        let rows = rows(&app, dataset["name"].as_str().unwrap()).await;
        let columns = dataset["columns"].as_array().unwrap();
        let mut keys = BTreeSet::new();
        for row in &rows {
            assert_eq!(row.as_object().unwrap().len(), columns.len());
            for column in columns {
                let value = &row[column["name"].as_str().unwrap()];
                let fits = match column["type"].as_str().unwrap() {
                    "integer" => value.is_i64(),
                    "number" => value.is_number(),
                    "boolean" => value.is_boolean(),
                    "text" => value.is_string(),
                    "date" => value
                        .as_str()
                        .is_some_and(|text| text.parse::<NaiveDate>().is_ok()),
                    other => panic!("{other}"),
                };
                assert!(
                    fits || (value.is_null() && column["nullable"] == true),
                    "{column}: {value}"
                );
            }
            let key = dataset["key"].as_array().unwrap().iter();
            let key: Vec<_> = key
                .map(|name| row[name.as_str().unwrap()].to_string())
                .collect();
            assert!(keys.insert(key), "keys are unique");
        }
    }
}

/// A column of a view, in the order of the report, as JSON.
fn view_column(app: &TestApp, dataset: &Dataset, column: &Column) -> Vec<Value> {
    macro_rules! read {
        ($sql_type:ty, $type:ty) => {{
            #[derive(diesel::QueryableByName)]
            struct Row {
                #[diesel(sql_type = Nullable<$sql_type>)]
                v: Option<$type>,
            }
            let (name, view) = (column.name, dataset.view);
            let sql = format!(
                "SELECT {name} AS v FROM {view} ORDER BY {}",
                dataset.key.join(", ")
            );
            let rows: Vec<Row> = load(app, &sql);
            rows.into_iter().map(|row| json!(row.v)).collect()
        }};
    }
    match column.kind {
        Type::Integer => read!(BigInt, i64),
        Type::Number => read!(Double, f64),
        Type::Text => read!(Text, String),
        Type::Boolean => read!(Bool, bool),
        Type::Date => read!(Date, NaiveDate),
    }
}

async fn what_was_said_is_told_as_it_was_known(app: TestApp) {
    let world = world(&app).await;
    voices(&app, &world).await;
    assess(&app, "2026-03-01");
    let [a, b, _] = world.ids;
    let answers = rows(&app, "survey_answers").await;
    let answer = &answers[0];
    assert!(near(&answer["value"], 2.0) && near(&answer["score"], 0.25));
    assert_eq!(
        (&answer["kind"], &answer["side"]),
        (&json!("warehouse"), &json!("shipper"))
    );
    assert_eq!(
        (&answer["partner_id"], &answer["answered_on"]),
        (&json!(b), &json!("2026-02-10"))
    );
    let dimensions = rows(&app, "dimensions?team_id=1").await;
    let dimension = &dimensions[0];
    assert_eq!(
        (
            &dimension["customer_id"],
            &dimension["dimension"],
            &dimension["score"]
        ),
        (&json!(a), &json!("order_condition"), &json!(0.25))
    );
    // Reopened a day after the as-of date: it was closed then.
    let complaints = rows(&app, "complaints?cause=damage").await;
    let complaint = &complaints[0];
    assert_eq!(complaint["is_closed"], true);
    assert_eq!(complaint["was_reopened"], false);
    assert_eq!(complaint["cause_zh"], "货损");
    for (name, hours) in [
        ("response_hours", 2.0),
        ("answer_hours", 48.0),
        ("confirmation_hours", 240.0),
    ] {
        assert!(near(&complaint[name], hours), "{name}: {complaint}");
    }
    app.state.clock.set("2026-03-04T08:00:00Z".parse().unwrap());
    assess(&app, "2026-03-03");
    let complaints = rows(&app, "complaints").await;
    assert_eq!(complaints[0]["is_closed"], false);
    assert_eq!(complaints[0]["was_reopened"], true);
    assert!(complaints[0]["confirmation_hours"].is_null());
}

async fn the_views_say_the_same_numbers(app: TestApp) {
    #[derive(diesel::QueryableByName)]
    struct Run {
        #[diesel(sql_type = BigInt)]
        run_id: i64,
        #[diesel(sql_type = Date)]
        as_of: NaiveDate,
    }
    world(&app).await;
    let first = assess(&app, "2026-02-01");
    let second = assess(&app, "2026-03-01");
    for dataset in Dataset::ALL {
        let mut all = Vec::new();
        for query in ["as_of=2026-02-01", "as_of=2026-03-01"] {
            let path = format!("/reports/{}?format=csv&{query}", dataset.name);
            all.extend(parse_csv(dataset, &app.get(&path).await.text));
        }
        for column in dataset.columns {
            if column.source == Source::Currency {
                continue;
            }
            let expected: Vec<_> = all.iter().map(|row| row[column.name].clone()).collect();
            let found = view_column(&app, dataset, column);
            assert_eq!(found, expected, "{}.{}", dataset.view, column.name);
        }
    }
    let runs: Vec<Run> = load(&app, "SELECT * FROM bi_runs ORDER BY run_id");
    let runs: Vec<_> = runs.iter().map(|run| (run.run_id, run.as_of)).collect();
    assert_eq!(
        runs,
        [(first, day("2026-02-01")), (second, day("2026-03-01"))]
    );
    // What is not done is not shown.
    execute(
        &app,
        &[format!(
            "UPDATE runs SET status = 'running' WHERE id = {first}"
        )],
    );
    let left: Vec<Run> = load(&app, "SELECT run_id, as_of FROM bi_risk");
    assert!(!left.is_empty() && left.iter().all(|row| row.run_id == second));
}

/// Writes a run with so many customers, each with as many departments as its id divides by 2 and 3.
fn many(app: &TestApp, customers: usize) {
    let numbers = format!(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {customers})"
    );
    let now = match app.state.db.target() {
        hawser::db::Target::Sqlite(_) => "1767225600000000",
        #[cfg(feature = "postgres")]
        hawser::db::Target::Postgres(_) => "CAST('2026-01-01T00:00:00Z' AS TIMESTAMPTZ)",
    };
    let yes = match app.state.db.target() {
        hawser::db::Target::Sqlite(_) => "1",
        #[cfg(feature = "postgres")]
        hawser::db::Target::Postgres(_) => "TRUE",
    };
    let departments = |name: &str, divisor: usize| {
        format!(
            "{numbers} INSERT INTO department_satisfactions (run_id, customer_id, department, kind, \
             score, low, high, kpi_coverage, answers, weight, required) \
             SELECT 1, i, '{name}', 'other', 0.5, 0.4, 0.6, 0, 0, 1, {yes} FROM n WHERE i % {divisor} = 0"
        )
    };
    execute(
        app,
        &[
            format!(
                "INSERT INTO runs (id, as_of, horizon_weeks, window_days, status, model_version, actor, started_at) \
                 VALUES (1, '2026-02-01', 13, 365, 'done', '1', 'cli', {now})"
            ),
            format!(
                "{numbers} INSERT INTO customers (id, name, search_name, match_name, created_at, updated_at) \
                 SELECT i, 'Customer', 'customer', 'customer', {now}, {now} FROM n"
            ),
            format!(
                "{numbers} INSERT INTO account_satisfactions (run_id, customer_id, score, low, high, p_all, \
                 light, weakest, coverage, evidence, kpis) \
                 SELECT 1, i, 0.5, 0.4, 0.6, 0.5, 'amber', 'x', 0, 'none', '[]' FROM n"
            ),
            departments("Zwei", 2),
            departments("Ärger", 3),
            departments("a", 1),
        ],
    );
}

async fn a_report_longer_than_a_page_is_whole(app: TestApp) {
    // 1,200 + 600 + 400 rows, a page and a bit; then 2,182 + 1,091 + 727, two pages exactly.
    for (customers, expected) in [(1_200, PAGE + 200), (2_182, 2 * PAGE)] {
        execute(
            &app,
            &[
                "DELETE FROM department_satisfactions".into(),
                "DELETE FROM account_satisfactions".into(),
                "DELETE FROM runs".into(),
                "DELETE FROM customers".into(),
            ],
        );
        many(&app, customers);
        for format in ["json", "csv", "ndjson"] {
            let reply = app
                .get(&format!("/reports/satisfaction?format={format}"))
                .await;
            let keys: BTreeSet<(i64, String)> = match format {
                "csv" => csv::Reader::from_reader(reply.text.as_bytes())
                    .records()
                    .map(|record| {
                        let record = record.unwrap();
                        (record[2].parse().unwrap(), record[9].to_owned())
                    })
                    .collect(),
                "json" => keys(reply.json.as_array().unwrap()),
                _ => {
                    let lines = reply.text.lines();
                    let rows: Vec<Value> = lines
                        .map(|line| serde_json::from_str(line).unwrap())
                        .collect();
                    assert_eq!(rows.len(), expected);
                    keys(&rows)
                }
            };
            assert_eq!(keys.len(), expected, "{format}");
        }
    }
}

fn keys(rows: &[Value]) -> BTreeSet<(i64, String)> {
    let key = |row: &Value| {
        (
            row["customer_id"].as_i64().unwrap(),
            row["department"].as_str().unwrap().to_owned(),
        )
    };
    rows.iter().map(key).collect()
}
