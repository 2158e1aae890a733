//! Two customers that become one, with everything that points to them.

use hawser::access::{Scope, Teams};
use hawser::alerts::{RaiseSettings, raise};
use hawser::db::UtcTime;
use hawser::db::select::{Statement, Value as Bind};
use hawser::error::Error;
use hawser::ids::RunId;
use reqwest::Method;
use serde_json::{Value, json};

use crate::TestApp;
use crate::alert_life::{alert, batch, customer, deeds, execute, team, user};
use crate::harness::on_each_database;

on_each_database!(
    everything_that_points_to_the_one_points_to_the_other,
    departments_and_people_that_both_have_become_one,
    two_open_alerts_become_one_and_a_later_run_goes_on_with_it,
    what_makes_no_sense_is_refused,
    a_limited_key_merges_what_it_sees,
    what_imports_kept_names_the_customer_that_stays,
);

/// Every column that names a customer, without those of runs and their like, which stay as they were.
const NAMING: [(&str, &str); 23] = [
    ("customers", "parent_id"),
    ("customers", "merged_into_id"),
    ("customer_external_ids", "customer_id"),
    ("departments", "customer_id"),
    ("contacts", "customer_id"),
    ("shipments", "shipper_id"),
    ("shipments", "consignee_id"),
    ("shipments", "payer_id"),
    ("link_months", "shipper_id"),
    ("link_months", "consignee_id"),
    ("contracts", "customer_id"),
    ("contracts", "partner_id"),
    ("invoices", "customer_id"),
    ("complaints", "customer_id"),
    ("complaints", "partner_id"),
    ("promises", "customer_id"),
    ("promises", "partner_id"),
    ("interactions", "customer_id"),
    ("survey_invitations", "customer_id"),
    ("survey_invitations", "partner_id"),
    ("mails", "customer_id"),
    ("plays", "customer_id"),
    ("alerts", "customer_id"),
];

fn number(app: &TestApp, sql: &str) -> i64 {
    #[derive(diesel::QueryableByName)]
    struct Count {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        count: i64,
    }
    let sql = Statement::new(&format!("SELECT CAST(({sql}) AS BIGINT) AS count"));
    let rows: Vec<Count> = app.state.db.read_now(|conn| sql.load(conn)).unwrap();
    rows[0].count
}

fn key(system: &str, id: &str) -> Value {
    json!({"system": system, "id": id})
}

fn shipment(id: &str, shipper: i64, consignee: i64, day: &str) -> Value {
    json!({
        "external_id": key("tms", id), "shipper": {"id": shipper}, "consignee": {"id": consignee},
        "booked_at": format!("{day}T08:00:00Z"), "revenue": 10_000, "weight_kg": 100.0,
    })
}

async fn merge(app: &TestApp, from: i64, into: i64) -> crate::harness::Reply {
    app.post(&format!("/customers/{from}:merge"), json!({"into": into}))
        .await
}

/// A row with these columns, written straight into the database.
fn row(app: &TestApp, table: &str, values: &[(&str, Bind)]) {
    let columns: Vec<&str> = values.iter().map(|(name, _)| *name).collect();
    let mut sql = Statement::new(&format!(
        "INSERT INTO {table} ({}) VALUES (",
        columns.join(", ")
    ));
    sql.bind_list(values.iter().map(|(_, value)| value.clone()))
        .push(")");
    execute(app, sql);
}

fn text(value: &str) -> Bind {
    Bind::Text(value.to_owned())
}

fn now(app: &TestApp) -> Bind {
    Bind::Time(UtcTime::from(app.state.clock.now()))
}

fn day(text: &str) -> Bind {
    Bind::Date(text.parse().unwrap())
}

/// Records of `customer` that need no other, and of others about the link with it.
fn records(app: &TestApp, customer: i64, other: i64, tag: &str) {
    let both = [(customer, None, "a"), (other, Some(customer), "b")];
    for (owner, partner, letter) in both {
        let key = format!("{tag}{letter}");
        for table in ["contracts", "promises", "complaints"] {
            let mut values = vec![
                ("system", text("erp")),
                ("external_id", text(&key)),
                ("customer_id", Bind::Int(owner)),
                ("created_at", now(app)),
                ("updated_at", now(app)),
            ];
            if let Some(partner) = partner {
                values.push(("partner_id", Bind::Int(partner)));
            }
            values.extend(match table {
                "contracts" => vec![
                    ("starts_on", day("2026-01-01")),
                    ("auto_renews", Bind::Bool(false)),
                    ("renewals", Bind::Int(0)),
                ],
                "promises" => vec![
                    ("text", text("Call back")),
                    ("made_on", day("2026-01-01")),
                    ("from_on", day("2026-01-01")),
                    ("due_on", day("2026-06-01")),
                    ("weight", Bind::Real(1.0)),
                    ("status", text("open")),
                ],
                _ => vec![
                    ("channel", text("mail")),
                    ("severity", text("low")),
                    ("subject", text("Late")),
                    ("status", text("received")),
                    ("received_at", now(app)),
                    ("acknowledge_due_at", now(app)),
                    ("answer_due_at", now(app)),
                    ("nonce", text("n")),
                ],
            });
            row(app, table, &values);
        }
    }
    row(
        app,
        "invoices",
        &[
            ("system", text("erp")),
            ("external_id", text(tag)),
            ("customer_id", Bind::Int(customer)),
            ("issued_on", day("2026-01-01")),
            ("due_on", day("2026-02-01")),
            ("amount", Bind::Int(100)),
            ("disputed", Bind::Bool(false)),
            ("created_at", now(app)),
            ("updated_at", now(app)),
        ],
    );
    row(
        app,
        "interactions",
        &[
            ("system", text("crm")),
            ("external_id", text(tag)),
            ("customer_id", Bind::Int(customer)),
            ("channel", text("call")),
            ("direction", text("inbound")),
            ("at", now(app)),
            ("created_at", now(app)),
            ("updated_at", now(app)),
        ],
    );
}

async fn everything_that_points_to_the_one_points_to_the_other(app: TestApp) {
    let (goes, stays) = (
        customer(&app, "G", None).await,
        customer(&app, "S", None).await,
    );
    let (third, child) = (
        customer(&app, "T", None).await,
        customer(&app, "C", None).await,
    );
    app.patch(&format!("/customers/{child}"), json!({"parent_id": goes}))
        .await
        .expect(200);
    let all = json!([
        shipment("1", goes, third, "2026-01-05"),
        shipment("2", goes, third, "2026-01-20"),
        shipment("3", stays, third, "2026-01-06"),
        shipment("4", third, goes, "2026-02-06"),
        shipment("5", third, child, "2026-02-06"),
    ]);
    app.post("/shipments:batch", all).await.expect(200);
    batch(
        &app,
        &format!("UPDATE shipments SET payer_id = {goes} WHERE external_id = '5'"),
    );
    records(&app, goes, third, "g");
    records(&app, stays, third, "s");
    alert(&app, 1, Some(goes), "churn_level", "customer");
    // A customer that was merged into the one before.
    let earlier = customer(&app, "E", None).await;
    merge(&app, earlier, goes).await.expect(200);

    let merged = merge(&app, goes, stays).await.expect(200);
    let moved = &merged["moved"];
    for (what, count) in [
        ("external_ids", 2),
        ("shipments", 4),
        ("contracts", 2),
        ("promises", 2),
        ("complaints", 2),
        ("invoices", 1),
        ("interactions", 1),
        ("children", 1),
        ("alerts", 1),
        ("alerts_joined", 0),
    ] {
        assert_eq!(moved[what], count, "{what}: {moved}");
    }
    for (table, column) in NAMING {
        let left = number(
            &app,
            &format!("SELECT COUNT(*) FROM {table} WHERE {column} = {goes}"),
        );
        assert_eq!(left, 0, "{table}.{column}");
    }
    assert_eq!(
        number(
            &app,
            &format!("SELECT COUNT(*) FROM customers WHERE merged_into_id = {stays}")
        ),
        2
    );
    // Sums by hand: January to the third 1, 2 and 3 at 10,000 each; February from it 4.
    let cell = |what: &str, shipper: i64, consignee: i64| {
        number(
            &app,
            &format!(
                "SELECT SUM({what}) FROM link_months WHERE shipper_id = {shipper} AND consignee_id = {consignee}"
            ),
        )
    };
    assert_eq!(
        (
            cell("shipments", stays, third),
            cell("revenue", stays, third)
        ),
        (3, 30_000)
    );
    assert_eq!(
        (
            cell("shipments", third, stays),
            cell("revenue", third, stays)
        ),
        (1, 10_000)
    );
    assert_eq!(number(&app, "SELECT COUNT(*) FROM link_months"), 3);

    app.get(&format!("/customers/{goes}"))
        .await
        .expect_problem(404, "not_found");
    for id in ["G", "S", "E"] {
        let found = app
            .get(&format!("/customers/ext:tms:{id}"))
            .await
            .expect(200);
        assert_eq!(found["id"], stays);
    }
    let put = json!({"name": "Firm S", "external_ids": [key("tms", "G"), key("tms", "S"), key("tms", "E")]});
    let written = app.put("/customers/ext:tms:G", put).await.expect(200);
    assert_eq!(written["id"], stays);
    // A shipment that names it by the old key goes to the one that stays.
    let mut late = shipment("6", third, third, "2026-03-01");
    late["shipper"] = json!({"external_id": key("tms", "G")});
    assert_eq!(
        app.post("/shipments", late).await.expect(201)["shipper_id"],
        stays
    );
    let audit = app.all("/audit?entity=customer&sort=id").await;
    let last = |action: &str| {
        audit
            .iter()
            .rfind(|line| line["action"] == action)
            .unwrap()
            .clone()
    };
    assert_eq!(
        (&last("merged")["entity_id"], &last("absorbed")["entity_id"]),
        (&json!(goes), &json!(stays))
    );
    assert!(
        last("merged")["detail"]
            .as_str()
            .unwrap()
            .contains("\"shipments\":4")
    );
    merge(&app, goes, stays)
        .await
        .expect_problem(404, "not_found");
}

async fn departments_and_people_that_both_have_become_one(app: TestApp) {
    let (goes, stays) = (
        customer(&app, "G", None).await,
        customer(&app, "S", None).await,
    );
    let department = async |customer: i64, kind: &str, name: &str| {
        let body = json!({"kind": kind, "name": name});
        let made = app
            .post(&format!("/customers/{customer}/departments"), body)
            .await
            .expect(201);
        made["id"].as_i64().unwrap()
    };
    let sales = department(stays, "sales", "Sales").await;
    department(stays, "other", "Yard").await;
    let theirs = department(goes, "sales", "Verkauf").await;
    department(goes, "quality", "Yard").await;
    let contact = async |customer: i64, body: Value| {
        let made = app
            .post(&format!("/customers/{customer}/contacts"), body)
            .await
            .expect(201);
        made["id"].as_i64().unwrap()
    };
    let own = contact(
        stays,
        json!({"name": "Eva", "email": "eva@x.example", "survey_consent": "given"}),
    )
    .await;
    let same = contact(goes, json!({"name": "Eva B", "email": "eva@x.example", "phone": "+49 1", "department_id": theirs, "survey_consent": "refused"})).await;
    let other = contact(goes, json!({"name": "Max", "department_id": theirs})).await;
    let anna = user(&app, "Anna", "en", None).await;
    for (customer, from) in [(goes, "2026-01-01"), (stays, "2026-02-01")] {
        row(
            &app,
            "customer_owners",
            &[
                ("customer_id", Bind::Int(customer)),
                ("user_id", Bind::Int(anna)),
                ("from_on", day(from)),
                ("actor", text("cli")),
                ("created_at", now(&app)),
            ],
        );
    }
    row(
        &app,
        "surveys",
        &[
            ("id", Bind::Int(1)),
            ("name", text("S")),
            ("questions", text("[]")),
            ("about", text("experience")),
            ("status", text("open")),
            ("closes_at", now(&app)),
            ("reminder_days", Bind::Int(1)),
            ("reminders", Bind::Int(0)),
            ("created_at", now(&app)),
            ("updated_at", now(&app)),
        ],
    );
    row(
        &app,
        "surveys",
        &[
            ("id", Bind::Int(2)),
            ("name", text("T")),
            ("questions", text("[]")),
            ("about", text("experience")),
            ("status", text("open")),
            ("closes_at", now(&app)),
            ("reminder_days", Bind::Int(1)),
            ("reminders", Bind::Int(0)),
            ("created_at", now(&app)),
            ("updated_at", now(&app)),
        ],
    );
    // Both were asked by the first survey, only the one that goes by the second.
    for (id, survey, customer, person) in
        [(1, 1, stays, own), (2, 1, goes, same), (3, 2, goes, same)]
    {
        row(
            &app,
            "survey_invitations",
            &[
                ("id", Bind::Int(id)),
                ("survey_id", Bind::Int(survey)),
                ("customer_id", Bind::Int(customer)),
                ("contact_id", Bind::Int(person)),
                ("source", text("mail")),
                ("language", text("en")),
                ("nonce", text("n")),
                ("status", text("answered")),
                ("confidence", Bind::Real(1.0)),
                ("invited_at", now(&app)),
                ("created_at", now(&app)),
                ("updated_at", now(&app)),
            ],
        );
    }
    batch(
        &app,
        &format!("UPDATE survey_invitations SET department_id = {theirs} WHERE id > 1"),
    );
    alert(
        &app,
        1,
        Some(goes),
        "department_unheard",
        &format!("department:{theirs}"),
    );

    let moved = merge(&app, goes, stays).await.expect(200)["moved"].clone();
    for (what, count) in [
        ("departments", 1),
        ("departments_joined", 1),
        ("contacts", 1),
        ("contacts_joined", 1),
        ("invitations", 2),
    ] {
        assert_eq!(moved[what], count, "{what}: {moved}");
    }
    let departments = app
        .all(&format!("/customers/{stays}/departments?sort=id"))
        .await;
    let names: Vec<&str> = departments
        .iter()
        .map(|found| found["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["Sales", "Yard", "Yard (2)"]);
    let people = app
        .all(&format!("/customers/{stays}/contacts?sort=id"))
        .await;
    let ids: Vec<i64> = people
        .iter()
        .map(|found| found["id"].as_i64().unwrap())
        .collect();
    assert_eq!(ids, [own, other]);
    assert_eq!(
        (&people[0]["name"], &people[0]["phone"]),
        (&json!("Eva"), &json!("+49 1"))
    );
    // A word against surveys holds.
    assert_eq!(people[0]["survey_consent"], "refused");
    assert_eq!(
        (&people[0]["department_id"], &people[1]["department_id"]),
        (&json!(sales), &json!(sales))
    );
    let asked = |id: i64, column: &str| {
        number(
            &app,
            &format!("SELECT {column} FROM survey_invitations WHERE id = {id}"),
        )
    };
    assert_eq!(
        [
            asked(1, "contact_id"),
            asked(2, "contact_id"),
            asked(3, "contact_id")
        ],
        [own, same, own]
    );
    assert_eq!(
        [asked(2, "customer_id"), asked(2, "department_id")],
        [stays, sales]
    );
    let found = app.get("/alerts/1").await.expect(200);
    assert_eq!(
        (&found["customer_id"], &found["subject"]),
        (&json!(stays), &json!(format!("department:{sales}")))
    );
    assert_eq!(
        number(
            &app,
            "SELECT COUNT(*) FROM customer_owners WHERE until_on IS NULL"
        ),
        1
    );
}

/// Inserts a run that is done, in which a customer leaves with this probability.
fn run(app: &TestApp, id: i64, as_of: &str, customer: i64, churn: f64) {
    row(
        app,
        "runs",
        &[
            ("id", Bind::Int(id)),
            ("as_of", day(as_of)),
            ("horizon_weeks", Bind::Int(13)),
            ("window_days", Bind::Int(365)),
            ("status", text("done")),
            ("model_version", text("1")),
            ("business_basis", text("revenue")),
            ("value_basis", text("margin")),
            ("actor", text("cli")),
            ("started_at", now(app)),
        ],
    );
    let parts = json!([{"kind": "own", "probability": churn}]).to_string();
    let real = |name, value| (name, Bind::Real(value));
    row(
        app,
        "customer_risks",
        &[
            ("run_id", Bind::Int(id)),
            ("customer_id", Bind::Int(customer)),
            ("role", text("shipper")),
            real("own_churn", churn),
            real("churn_probability", churn),
            real("p_alive", 0.9),
            real("expected_days", 5.0),
            ("shipping_days", Bind::Int(40)),
            real("recency_weeks", 3.0),
            real("age_weeks", 100.0),
            ("last_on", day("2025-12-01")),
            ("is_new", Bind::Bool(false)),
            ("evidence", text("enough")),
            real("business", 1e6),
            real("business_at_risk", 0.1),
            real("value", 1e6),
            real("value_at_risk", 1e5),
            real("blast_radius", 0.0),
            real("save_value", 0.0),
            ("partners", Bind::Int(7)),
            ("partners_silent", Bind::Int(0)),
            ("parts", text(&parts)),
            ("followers", text("[]")),
        ],
    );
    let settings = RaiseSettings::of(&app.state.config).unwrap();
    let now = app.state.clock.now().into();
    app.state
        .db
        .write_now(|conn| raise(conn, RunId(id), &settings, now).map_err(Error::from))
        .unwrap();
}

async fn two_open_alerts_become_one_and_a_later_run_goes_on_with_it(app: TestApp) {
    let (goes, stays) = (
        customer(&app, "G", None).await,
        customer(&app, "S", None).await,
    );
    let third = customer(&app, "T", None).await;
    let anna = user(&app, "Anna", "en", None).await;
    run(&app, 1, "2026-02-01", goes, 0.9);
    let theirs = app.all("/alerts").await[0]["id"].as_i64().unwrap();
    alert(&app, 100, Some(stays), "churn_level", "customer");
    alert(&app, 101, Some(goes), "churn_rise", "customer");
    batch(
        &app,
        "UPDATE alerts SET state = 'resolved', resolution = 'acted' WHERE id = 101",
    );
    alert(
        &app,
        102,
        Some(third),
        "partner_risk",
        &format!("partner:{goes}"),
    );
    alert(
        &app,
        103,
        Some(stays),
        "partner_risk",
        &format!("partner:{goes}"),
    );
    app.post("/alerts/100:assign", json!({"user_id": anna}))
        .await
        .expect(200);
    assert_eq!(
        app.get(&format!("/alerts/{theirs}")).await.json["mails"][0]["customer_id"],
        goes
    );

    // Both are high; theirs measures 0.9, ours 0.7.
    let moved = merge(&app, goes, stays).await.expect(200)["moved"].clone();
    assert_eq!(
        (&moved["alerts"], &moved["alerts_joined"]),
        (&json!(3), &json!(2))
    );
    let kept = app.get(&format!("/alerts/{theirs}")).await.expect(200);
    assert_eq!(
        (&kept["customer_id"], &kept["state"]),
        (&json!(stays), &json!("open"))
    );
    assert_eq!(
        kept["owner_id"], anna,
        "whoever was at the other is at this one"
    );
    assert_eq!(kept["mails"][0]["customer_id"], stays);
    let ended = app.get("/alerts/100").await.expect(200);
    assert_eq!(
        (&ended["state"], &ended["resolution"]),
        (&json!("resolved"), &json!("merged"))
    );
    assert_eq!(ended["history"][1]["detail"]["into_alert"], theirs);
    assert!(
        deeds(&app, theirs)
            .await
            .last()
            .unwrap()
            .ends_with(" merged open")
    );
    assert_eq!(
        app.get("/alerts/101").await.expect(200)["customer_id"],
        stays
    );
    let named = app.get("/alerts/102").await.expect(200);
    assert_eq!(
        (&named["customer_id"], &named["subject"]),
        (&json!(third), &json!(format!("partner:{stays}")))
    );
    assert_eq!(
        app.get("/alerts/103").await.expect(200)["resolution"],
        "merged"
    );

    run(&app, 2, "2026-03-01", stays, 0.92);
    let open = app
        .all(&format!("/alerts?state[ne]=resolved&customer_id={stays}"))
        .await;
    assert_eq!(open.len(), 1, "{open:?}");
    assert_eq!(
        (&open[0]["id"], &open[0]["run_id"], &open[0]["measure"]),
        (&json!(theirs), &json!(2), &json!(0.92))
    );
    // The run before knows the customer by its old name, and is not written again.
    assert_eq!(
        number(
            &app,
            &format!("SELECT COUNT(*) FROM customer_risks WHERE customer_id = {goes}")
        ),
        1
    );
}

async fn what_makes_no_sense_is_refused(app: TestApp) {
    let (goes, stays) = (
        customer(&app, "G", None).await,
        customer(&app, "S", None).await,
    );
    merge(&app, goes, goes)
        .await
        .expect_problem(409, "same_customer");
    merge(&app, goes, 999)
        .await
        .expect_problem(404, "not_found");
    merge(&app, 999, stays)
        .await
        .expect_problem(404, "not_found");
    let middle = customer(&app, "M", None).await;
    app.patch(&format!("/customers/{middle}"), json!({"parent_id": goes}))
        .await
        .expect(200);
    app.patch(&format!("/customers/{stays}"), json!({"parent_id": middle}))
        .await
        .expect(200);
    merge(&app, goes, stays).await.expect_problem(409, "circle");
    app.patch(&format!("/customers/{stays}"), json!({"parent_id": null}))
        .await
        .expect(200);

    let made = app
        .post("/shipments", shipment("1", stays, goes, "2026-01-05"))
        .await
        .expect(201);
    merge(&app, goes, stays)
        .await
        .expect_problem(409, "ship_to_each_other");
    app.delete(&format!("/shipments/{}", made["id"])).await;
    records(&app, goes, stays, "x");
    merge(&app, goes, stays)
        .await
        .expect_problem(409, "bound_to_each_other");
    batch(&app, "UPDATE contracts SET deleted_at = created_at");
    merge(&app, goes, stays)
        .await
        .expect_problem(409, "bound_to_each_other");
    batch(&app, "UPDATE promises SET status = 'kept'");
    assert_eq!(
        number(
            &app,
            "SELECT COUNT(*) FROM customers WHERE merged_into_id IS NOT NULL"
        ),
        0
    );
    // What was only said about the link is about the one customer then.
    merge(&app, goes, stays).await.expect(200);
    assert_eq!(
        number(
            &app,
            "SELECT COUNT(*) FROM complaints WHERE partner_id IS NOT NULL"
        ),
        0
    );
    assert_eq!(
        number(
            &app,
            &format!("SELECT COUNT(*) FROM complaints WHERE customer_id = {stays}")
        ),
        2
    );
}

async fn a_limited_key_merges_what_it_sees(app: TestApp) {
    let (north, south) = (team(&app, "North").await, team(&app, "South").await);
    let (one, two) = (
        customer(&app, "1", Some(north)).await,
        customer(&app, "2", Some(north)).await,
    );
    let foreign = customer(&app, "3", Some(south)).await;
    let key = app.make_key(&[Scope::Read, Scope::Write], Teams::Only(vec![north]), None);
    for (from, into, status) in [(one, foreign, 404), (foreign, one, 404), (one, two, 200)] {
        let path = format!("/api/v1/customers/{from}:merge");
        let request = app.bare(Method::POST, &path).bearer_auth(&key);
        let reply = app.send(request.json(&json!({"into": into}))).await;
        assert_eq!(
            reply.status.as_u16(),
            status,
            "{from} {into}: {}",
            reply.text
        );
    }
    let read_only = app.make_key(&[Scope::Read], Teams::All, None);
    let path = format!("/api/v1/customers/{two}:merge");
    let request = app.bare(Method::POST, &path).bearer_auth(&read_only);
    assert_eq!(
        app.send(request.json(&json!({"into": foreign})))
            .await
            .status,
        403
    );
}

async fn what_imports_kept_names_the_customer_that_stays(app: TestApp) {
    let (goes, stays) = (
        customer(&app, "G", None).await,
        customer(&app, "S", None).await,
    );
    let third = customer(&app, "T", None).await;
    app.post("/shipments", shipment("1", goes, third, "2026-01-05"))
        .await
        .expect(201);
    row(
        &app,
        "imports",
        &[
            ("id", Bind::Int(1)),
            ("kind", text("shipments")),
            ("file_name", text("x.csv")),
            ("mapping", text("")),
            ("dry_run", Bind::Bool(false)),
            ("status", text("done")),
            ("actor", text("cli")),
            ("changed", Bind::Int(1)),
            ("created_at", now(&app)),
        ],
    );
    // As an import would have kept the shipment before it gave it to the third customer.
    let id = number(&app, "SELECT id FROM shipments");
    let kept = |shipper: i64| {
        format!(
            "{{\"shipper_id\":{shipper},\"consignee_id\":{third},\"payer_id\":null,\"origin_locode\":\"x \\\"shipper_id\\\":{goes},\"}}"
        )
    };
    row(
        &app,
        "import_changes",
        &[
            ("import_id", Bind::Int(1)),
            ("shipment_id", Bind::Int(id)),
            ("before", text(&kept(goes))),
        ],
    );
    merge(&app, goes, stays).await.expect(200);
    // A text that looks like a party is left alone.
    let count = format!(
        "SELECT COUNT(*) FROM import_changes WHERE before = '{}'",
        kept(stays)
    );
    assert_eq!(number(&app, &count), 1);
}
