//! Who trades with whom: windows exact to the day, dependence both ways, and who may see what.

use std::collections::BTreeMap;

use chrono::{Datelike as _, NaiveDate};
use diesel::connection::SimpleConnection as _;
use hawser::access::{Scope, Teams};
use hawser::db::{Conn, DbError, Target};
use hawser::ids::CustomerId;
use hawser::network::{LinkMeasures, store};
use reqwest::Method;
use serde_json::{Value, json};

use crate::TestApp;
use crate::harness::{Reply, on_each_database};

on_each_database!(
    a_window_counts_to_the_day_at_both_ends,
    a_window_within_a_month_counts_its_days,
    february_of_a_leap_year_has_its_29th,
    cancelled_and_deleted_shipments_count_nowhere,
    unknown_amounts_are_told_from_zero,
    a_pair_that_trades_both_ways_is_one_partner,
    partners_page_filter_and_sort,
    an_as_of_in_the_past_sees_what_was_known_then,
    a_write_to_shipments_is_seen_by_the_next_question,
    a_customer_without_trade_is_answered,
    unknown_customers_and_links_are_not_found,
    wrong_parameters_are_named,
    a_link_is_told_by_month_and_by_external_ids,
    links_page_by_shipper_and_consignee,
    a_neighbourhood_grows_with_its_depth,
    components_and_concentration_cover_the_network,
    a_limited_key_learns_of_others_by_their_sum_only,
    a_limited_key_cannot_ask_for_others_or_the_whole,
    the_basis_is_the_same_for_the_whole_network,
);

/// A shipment to be.
#[derive(Clone, Debug)]
struct Shipment {
    ends: (i64, i64),
    on: NaiveDate,
    revenue: Option<i64>,
    cost: Option<i64>,
    weight_kg: Option<f64>,
    late: Option<bool>,
    terms: &'static str,
    status: &'static str,
    deleted: bool,
}

/// Delivered, prepaid, billed at 10.00 with a cost of 8.00, 2.5 kg, in time.
fn shipment(shipper: i64, consignee: i64, on: &str) -> Shipment {
    Shipment {
        ends: (shipper, consignee),
        on: on.parse().unwrap(),
        revenue: Some(1000),
        cost: Some(800),
        weight_kg: Some(2.5),
        late: Some(false),
        terms: "prepaid",
        status: "delivered",
        deleted: false,
    }
}

fn sql(value: Option<impl ToString>) -> String {
    value.map_or("NULL".to_owned(), |value| value.to_string())
}

/// Adds up what `count` says of each; unknown is 0.
fn sum(all: &[&Shipment], count: impl Fn(&Shipment) -> i64) -> i64 {
    all.iter().map(|one| count(one)).sum()
}

/// Runs statements in a transaction.
fn execute(app: &TestApp, statements: &str) {
    let run = |conn: &mut Conn| {
        let done = match conn {
            Conn::Sqlite(c) => c.batch_execute(statements),
            #[cfg(feature = "postgres")]
            Conn::Postgres(c) => c.batch_execute(statements),
        };
        done.map_err(DbError::from)
    };
    app.state.db.write_now(run).unwrap();
}

/// The literal for an instant on each database.
fn instant(app: &TestApp) -> &'static str {
    match app.state.db.target() {
        Target::Sqlite(_) => "1767225600000000",
        #[cfg(feature = "postgres")]
        Target::Postgres(_) => "'2026-01-01T00:00:00Z'",
    }
}

/// Writes customers with these ids, named `Customer N`, each in a team or none.
fn customers(app: &TestApp, all: &[(i64, Option<i64>)]) {
    let now = instant(app);
    let insert = |(id, team): &(i64, Option<i64>)| {
        format!(
            "INSERT INTO customers (id, name, search_name, match_name, team_id, created_at, \
             updated_at) VALUES ({id}, 'Customer {id}', 'customer {id}', 'customer {id}', {}, \
             {now}, {now});",
            sql(*team)
        )
    };
    execute(app, &all.iter().map(insert).collect::<String>());
}

/// Writes shipments, makes link months anew from all given, and moves the network's counter.
fn ship(app: &TestApp, all: &[Shipment]) {
    let mut statements = vec!["DELETE FROM link_months; DELETE FROM shipments;".to_owned()];
    let place_of = |(place, one)| insert_shipment(app, place, one);
    statements.extend(all.iter().enumerate().map(place_of));
    let mut months = BTreeMap::<_, Vec<&Shipment>>::new();
    for one in all {
        if !one.deleted && one.status != "cancelled" {
            let month = one.on.with_day(1).unwrap();
            months.entry((one.ends, month)).or_default().push(one);
        }
    }
    let month_of = |((ends, month), all): (&((i64, i64), NaiveDate), &Vec<&Shipment>)| {
        insert_month(*ends, *month, all)
    };
    statements.extend(months.iter().map(month_of));
    statements.push("UPDATE counters SET value = value + 1 WHERE name = 'network';".to_owned());
    execute(app, &statements.concat());
}

fn insert_shipment(app: &TestApp, place: usize, one: &Shipment) -> String {
    let now = instant(app);
    let late = one.late.map(|late| match app.state.db.target() {
        Target::Sqlite(_) => i64::from(late).to_string(),
        #[cfg(feature = "postgres")]
        Target::Postgres(_) => late.to_string(),
    });
    format!(
        "INSERT INTO shipments (source, external_id, shipper_id, consignee_id, freight_terms, \
         service, revenue, direct_cost, weight_kg, late, status, activity_on, version, \
         created_at, updated_at, deleted_at) VALUES ('test', '{place}', {}, {}, '{}', \
         'transport', {}, {}, {}, {}, '{}', '{}', 1, {now}, {now}, {});",
        one.ends.0,
        one.ends.1,
        one.terms,
        sql(one.revenue),
        sql(one.cost),
        sql(one.weight_kg),
        sql(late),
        one.status,
        one.on,
        if one.deleted { now } else { "NULL" },
    )
}

/// The month of a link, summed here from the shipments as they were meant.
fn insert_month((shipper, consignee): (i64, i64), month: NaiveDate, all: &[&Shipment]) -> String {
    let margin = |one: &Shipment| Some(one.revenue? - one.cost?);
    let terms = |word| sum(all, |one| i64::from(one.terms == word));
    format!(
        "INSERT INTO link_months VALUES ({shipper}, {consignee}, '{month}', {}, {}, {}, {}, {}, \
         {}, {}, 0, {}, {}, 0, 0, 0, 0, {}, {}, {}, '{}', '{}');",
        all.len(),
        sum(all, |one| one.revenue.unwrap_or(0)),
        sum(all, |one| one.revenue.is_some().into()),
        sum(all, |one| margin(one).unwrap_or(0)),
        sum(all, |one| margin(one).is_some().into()),
        all.iter().filter_map(|one| one.weight_kg).sum::<f64>(),
        sum(all, |one| one.weight_kg.is_some().into()),
        sum(all, |one| (one.late == Some(true)).into()),
        sum(all, |one| one.late.is_some().into()),
        terms("prepaid"),
        terms("collect"),
        terms("third_party"),
        all.iter().map(|one| one.on).min().unwrap(),
        all.iter().map(|one| one.on).max().unwrap(),
    )
}

/// So many customers without a team, from 1.
fn some_customers(app: &TestApp, count: i64) {
    let all: Vec<_> = (1..=count).map(|id| (id, None)).collect();
    customers(app, &all);
}

/// So many shipments of the same kind.
fn times(count: usize, one: &Shipment) -> Vec<Shipment> {
    vec![one.clone(); count]
}

fn links_between(app: &TestApp, from: &str, to: &str) -> Vec<LinkMeasures> {
    let (from, to) = (from.parse().unwrap(), to.parse().unwrap());
    let read = |conn: &mut Conn| store::links(conn, from, to);
    app.state.db.read_now(read).unwrap()
}

fn count_between(app: &TestApp, from: &str, to: &str) -> u32 {
    let links = links_between(app, from, to);
    links.iter().map(|link| link.shipments).sum()
}

async fn a_window_counts_to_the_day_at_both_ends(app: TestApp) {
    some_customers(&app, 2);
    let days = [
        "2025-01-14",
        "2025-01-15",
        "2025-01-31",
        "2025-02-01",
        "2025-02-28",
        "2025-03-31",
        "2025-04-01",
        "2025-04-09",
        "2025-04-10",
    ];
    let all: Vec<_> = days.iter().map(|on| shipment(1, 2, on)).collect();
    ship(&app, &all);
    // The first day counts, the last does not.
    assert_eq!(count_between(&app, "2025-01-15", "2025-04-10"), 7);
    assert_eq!(count_between(&app, "2025-01-14", "2025-04-11"), 9);
    assert_eq!(count_between(&app, "2025-01-16", "2025-04-09"), 5);
    assert_eq!(count_between(&app, "2025-02-01", "2025-04-01"), 3);
    assert_eq!(count_between(&app, "2025-01-01", "2025-05-01"), 9);
    assert_eq!(count_between(&app, "2025-01-31", "2025-02-01"), 1);
    assert_eq!(count_between(&app, "2025-04-10", "2025-04-10"), 0);
    assert_eq!(count_between(&app, "2025-04-10", "2025-01-01"), 0);

    let links = links_between(&app, "2025-01-15", "2025-04-10");
    assert_eq!(links.len(), 1);
    let link = &links[0];
    assert_eq!(link.first_on.to_string(), "2025-01-15");
    assert_eq!(link.last_on.to_string(), "2025-04-09");
    assert_eq!((link.revenue, link.revenue_known), (7000, 7));
    assert_eq!((link.margin, link.margin_known), (1400, 7));
    assert!((link.weight_kg - 17.5).abs() < 1e-9);
    assert_eq!((link.late, link.late_known, link.prepaid), (0, 7, 7));
}

async fn a_window_within_a_month_counts_its_days(app: TestApp) {
    some_customers(&app, 2);
    let days = ["2025-06-09", "2025-06-10", "2025-06-19", "2025-06-20"];
    let all: Vec<_> = days.iter().map(|on| shipment(1, 2, on)).collect();
    ship(&app, &all);
    assert_eq!(count_between(&app, "2025-06-10", "2025-06-20"), 2);
    assert_eq!(count_between(&app, "2025-06-01", "2025-06-20"), 3);
    assert_eq!(count_between(&app, "2025-06-10", "2025-07-01"), 3);
}

async fn february_of_a_leap_year_has_its_29th(app: TestApp) {
    some_customers(&app, 2);
    let days = ["2024-01-31", "2024-02-28", "2024-02-29", "2024-03-01"];
    let all: Vec<_> = days.iter().map(|on| shipment(1, 2, on)).collect();
    ship(&app, &all);
    assert_eq!(count_between(&app, "2024-02-01", "2024-03-01"), 2);
    assert_eq!(count_between(&app, "2024-02-29", "2024-03-01"), 1);
    assert_eq!(count_between(&app, "2024-01-31", "2024-02-29"), 2);
    assert_eq!(count_between(&app, "2024-02-29", "2024-03-02"), 2);
    // 30 days before 1 March are 31 January to 29 February.
    let link = app
        .get("/links/1/2?as_of=2024-03-01&window_days=30")
        .await
        .expect(200);
    assert_eq!(
        (&link["from"], &link["to"]),
        (&json!("2024-01-31"), &json!("2024-03-01"))
    );
    assert_eq!(link["shipments"], 3);
}

async fn cancelled_and_deleted_shipments_count_nowhere(app: TestApp) {
    some_customers(&app, 2);
    let mut all = Vec::new();
    for on in ["2025-12-15", "2026-01-15", "2026-02-15"] {
        let gone = Shipment {
            deleted: true,
            ..shipment(1, 2, on)
        };
        let cancelled = Shipment {
            status: "cancelled",
            ..shipment(1, 2, on)
        };
        all.extend([shipment(1, 2, on), gone, cancelled]);
    }
    ship(&app, &all);
    // December and February are cut, January is whole.
    assert_eq!(count_between(&app, "2025-12-10", "2026-02-20"), 3);
}

async fn unknown_amounts_are_told_from_zero(app: TestApp) {
    some_customers(&app, 2);
    // The same in a whole month and in one that is cut.
    for on in ["2026-01-10", "2026-02-10"] {
        let all = [
            Shipment {
                cost: None,
                late: Some(true),
                terms: "collect",
                ..shipment(1, 2, on)
            },
            Shipment {
                revenue: None,
                weight_kg: None,
                late: None,
                terms: "unknown",
                ..shipment(1, 2, on)
            },
            Shipment {
                revenue: Some(0),
                terms: "third_party",
                ..shipment(1, 2, on)
            },
        ];
        ship(&app, &all);
        let link = app
            .get("/links/1/2?as_of=2026-02-20&window_days=60")
            .await
            .expect(200);
        assert_eq!(
            (&link["revenue"], &link["revenue_known"]),
            (&json!(1000), &json!(2))
        );
        assert_eq!(
            (&link["margin"], &link["margin_known"]),
            (&json!(-800), &json!(1))
        );
        assert_eq!(
            (&link["weight_kg"], &link["weight_known"]),
            (&json!(5.0), &json!(2))
        );
        assert_eq!((&link["late"], &link["late_known"]), (&json!(1), &json!(2)));
        assert_eq!(
            (&link["damaged_known"], &link["in_full_known"]),
            (&json!(0), &json!(0))
        );
        let terms = ["prepaid", "collect", "third_party"].map(|word| link[word].clone());
        assert_eq!(terms, [json!(0), json!(1), json!(1)]);
    }
}

/// 1 ships 6 to 2 and 1 to 3, receives 2 from 2 and 1 from 4; 4 ships 3 to 5; 6 does not trade.
fn example() -> Vec<Shipment> {
    let mut all = Vec::new();
    let links = [(1, 2, 6), (1, 3, 1), (2, 1, 2), (4, 1, 1), (4, 5, 3)];
    for (shipper, consignee, count) in links {
        all.extend(times(count, &shipment(shipper, consignee, "2026-02-10")));
    }
    all
}

fn near(value: &Value, wanted: f64) -> bool {
    value
        .as_f64()
        .is_some_and(|value| (value - wanted).abs() < 1e-9)
}

async fn a_pair_that_trades_both_ways_is_one_partner(app: TestApp) {
    some_customers(&app, 6);
    ship(&app, &example());
    let page = app.get("/customers/1/partners").await.expect(200);
    assert_eq!(
        (&page["as_of"], &page["from"]),
        (&json!("2026-03-02"), &json!("2025-03-02"))
    );
    assert_eq!(
        (&page["basis"], &page["customer_id"]),
        (&json!("revenue"), &json!(1))
    );
    assert!(near(&page["business"], 10_000.0));
    let data = page["data"].as_array().unwrap();
    let ids: Vec<_> = data
        .iter()
        .map(|row| row["partner_id"].as_i64().unwrap())
        .collect();
    assert_eq!(ids, [2, 4, 3]);
    let two = &data[0];
    assert_eq!(two["name"], "Customer 2");
    assert_eq!(two["directions"], json!(["ships_to", "receives_from"]));
    assert_eq!(
        (&two["shipments"], &two["last_on"]),
        (&json!(8), &json!("2026-02-10"))
    );
    // 8 of 10, and all that 2 has.
    assert!(near(&two["share_of_customer"], 0.8) && near(&two["share_of_partner"], 1.0));
    assert_eq!(
        two["terms"],
        json!({"prepaid": 8, "collect": 0, "third_party": 0, "unknown": 0})
    );
    assert_eq!(data[1]["directions"], json!(["receives_from"]));
    assert!(near(&data[1]["share_of_partner"], 0.25));
    assert_eq!(page["hidden"]["count"], 0);
}

async fn partners_page_filter_and_sort(app: TestApp) {
    some_customers(&app, 6);
    ship(&app, &example());
    let ids = |rows: Vec<Value>| -> Vec<_> {
        rows.iter()
            .map(|row| row["partner_id"].as_i64().unwrap())
            .collect()
    };
    assert_eq!(
        ids(app.all("/customers/1/partners?limit=1").await),
        [2, 4, 3]
    );
    let by_id = app
        .all("/customers/1/partners?sort=partner_id&limit=2")
        .await;
    assert_eq!(ids(by_id), [2, 3, 4]);
    let small = app
        .all("/customers/1/partners?business[lt]=5000&sort=share_of_partner")
        .await;
    assert_eq!(ids(small), [4, 3]);
    app.get("/customers/1/partners?name=x")
        .await
        .expect_problem(400, "bad_parameter");
}

async fn an_as_of_in_the_past_sees_what_was_known_then(app: TestApp) {
    some_customers(&app, 3);
    ship(
        &app,
        &[shipment(1, 2, "2025-06-30"), shipment(1, 3, "2025-07-01")],
    );
    let partners = async |as_of: &str| {
        let path = format!("/customers/1/partners?as_of={as_of}&window_days=30");
        let page = app.get(&path).await.expect(200);
        let rows = page["data"].as_array().unwrap().clone();
        rows.iter()
            .map(|row| row["partner_id"].as_i64().unwrap())
            .collect::<Vec<_>>()
    };
    assert_eq!(partners("2025-06-30").await, [0; 0]);
    assert_eq!(partners("2025-07-01").await, [2]);
    assert_eq!(partners("2025-07-02").await, [3, 2]);
    // 30 days before 31 July begin on 1 July.
    assert_eq!(partners("2025-07-31").await, [3]);
}

async fn a_write_to_shipments_is_seen_by_the_next_question(app: TestApp) {
    some_customers(&app, 3);
    ship(&app, &[shipment(1, 2, "2026-02-01")]);
    let count = async || {
        let page = app.get("/customers/1/partners").await.expect(200);
        page["data"].as_array().unwrap().len()
    };
    assert_eq!(count().await, 1);
    ship(
        &app,
        &[shipment(1, 2, "2026-02-01"), shipment(3, 1, "2026-02-02")],
    );
    assert_eq!(count().await, 2);
    // Another instance on the same database sees it, too.
    let other = app.again_with(&[]).await;
    ship(&app, &[]);
    let page = other.get("/customers/1/partners").await.expect(200);
    assert_eq!(page["data"], json!([]));
}

async fn a_customer_without_trade_is_answered(app: TestApp) {
    some_customers(&app, 6);
    ship(&app, &example());
    let page = app.get("/customers/6/partners").await.expect(200);
    assert_eq!(
        (&page["data"], &page["business"]),
        (&json!([]), &json!(0.0))
    );
    let alone = app.get("/customers/6/concentration").await.expect(200);
    assert_eq!(
        (&alone["concentration"], &alone["top_partner"]),
        (&Value::Null, &Value::Null)
    );
    let around = app
        .get("/customers/6/neighbourhood?depth=4")
        .await
        .expect(200);
    assert_eq!(around["customers"].as_array().unwrap().len(), 1);
    assert_eq!(
        (&around["links"], &around["truncated"]),
        (&json!([]), &json!(false))
    );

    ship(&app, &[]);
    let empty = app.get("/network/concentration").await.expect(200);
    assert_eq!(
        (&empty["customers"], &empty["concentration"]),
        (&json!(0), &Value::Null)
    );
    assert_eq!(empty["basis"], "shipments");
    let none = app.get("/network/components").await.expect(200);
    assert_eq!(
        (&none["components"], &none["data"]),
        (&json!(0), &json!([]))
    );
    assert!(app.all("/links").await.is_empty());
}

async fn unknown_customers_and_links_are_not_found(app: TestApp) {
    some_customers(&app, 3);
    ship(&app, &[shipment(1, 2, "2026-02-01")]);
    for path in [
        "/customers/99/partners",
        "/customers/ext:tms:nobody/partners",
        "/customers/99/neighbourhood",
        "/customers/99/concentration",
        "/links/1/99",
        "/links/99/1",
        "/links/2/1",
        "/links/1/2?as_of=2020-01-01",
    ] {
        app.get(path).await.expect_problem(404, "not_found");
    }
    app.get("/customers/one/partners")
        .await
        .expect_problem(400, "bad_id");
    let deleted = format!(
        "UPDATE customers SET deleted_at = {} WHERE id = 1;",
        instant(&app)
    );
    execute(&app, &deleted);
    app.get("/customers/1/partners")
        .await
        .expect_problem(404, "not_found");
}

async fn wrong_parameters_are_named(app: TestApp) {
    some_customers(&app, 1);
    for (path, pointer) in [
        ("/customers/1/neighbourhood?depth=0", "depth"),
        ("/customers/1/neighbourhood?depth=5", "depth"),
        ("/customers/1/neighbourhood?depth=two", "depth"),
        ("/customers/1/neighbourhood?limit=501", "limit"),
        ("/customers/1/partners?window_days=29", "window_days"),
        ("/customers/1/concentration?window_days=1101", "window_days"),
        ("/customers/1/concentration?as_of=2026-02-30", "as_of"),
        ("/links?as_of=soon", "as_of"),
        ("/links?sort=consignee_id", "sort"),
        ("/links?depth=1", "depth"),
        ("/network/components?members=101", "members"),
        ("/network/concentration?limit=1", "limit"),
    ] {
        let problem = app.get(path).await.expect_problem(400, "bad_parameter");
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{path}");
    }
}

async fn a_link_is_told_by_month_and_by_external_ids(app: TestApp) {
    some_customers(&app, 3);
    let mut all = times(2, &shipment(1, 2, "2025-12-31"));
    all.extend(times(3, &shipment(1, 2, "2026-01-01")));
    all.extend(times(4, &shipment(1, 2, "2026-03-01")));
    // 9 of the shipper's 12, 9 of the consignee's 9.
    all.extend(times(3, &shipment(1, 3, "2026-02-02")));
    // The day asked for does not count.
    all.extend(times(7, &shipment(1, 2, "2026-03-02")));
    ship(&app, &all);
    let ids = "INSERT INTO customer_external_ids (system, external_id, customer_id) \
               VALUES ('tms', 'A:1', 1), ('tms', 'B', 2);";
    execute(&app, ids);
    let link = app.get("/links/ext:tms:A:1/ext:tms:B").await.expect(200);
    assert_eq!(
        (&link["shipper_id"], &link["consignee_id"]),
        (&json!(1), &json!(2))
    );
    assert_eq!(link["consignee_name"], "Customer 2");
    assert_eq!(
        (&link["shipments"], &link["revenue"]),
        (&json!(9), &json!(9000))
    );
    assert_eq!(
        (&link["first_on"], &link["last_on"]),
        (&json!("2025-12-31"), &json!("2026-03-01"))
    );
    assert!(near(&link["business"], 9000.0));
    assert!(near(&link["share_of_shipper"], 0.75) && near(&link["share_of_consignee"], 1.0));
    let months: Vec<_> = link["months"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            (
                row["month"].as_str().unwrap(),
                row["shipments"].as_i64().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        months,
        [("2025-12-01", 2), ("2026-01-01", 3), ("2026-03-01", 4)]
    );
}

async fn links_page_by_shipper_and_consignee(app: TestApp) {
    some_customers(&app, 6);
    ship(&app, &example());
    let ends = |rows: Vec<Value>| -> Vec<_> {
        let id = |row: &Value, name: &str| row[name].as_i64().unwrap();
        rows.iter()
            .map(|row| (id(row, "shipper_id"), id(row, "consignee_id")))
            .collect()
    };
    let mut all = [(1, 2), (1, 3), (2, 1), (4, 1), (4, 5)];
    assert_eq!(ends(app.all("/links?limit=1").await), all);
    all.reverse();
    assert_eq!(ends(app.all("/links?limit=2&sort=-shipper_id").await), all);
    assert_eq!(
        ends(app.all("/links?shipper_id=4&limit=1").await),
        [(4, 1), (4, 5)]
    );
    assert_eq!(
        ends(app.all("/links?consignee_id=1&limit=1").await),
        [(2, 1), (4, 1)]
    );
    assert_eq!(
        ends(
            app.all("/links?shipper_id[gte]=2&consignee_id[in]=1,2")
                .await
        ),
        [(2, 1), (4, 1)]
    );
    let page = app.get("/links?limit=1").await.expect(200);
    assert_eq!(page["data"][0]["shipper_name"], "Customer 1");
    assert!(near(&page["data"][0]["business"], 6000.0));
    assert_eq!(
        (&page["hidden"], &page["basis"]),
        (&json!(0), &json!("revenue"))
    );
}

async fn a_neighbourhood_grows_with_its_depth(app: TestApp) {
    some_customers(&app, 6);
    ship(&app, &example());
    let around = async |parameters: &str| {
        let path = format!("/customers/3/neighbourhood{parameters}");
        let answer = app.get(&path).await.expect(200);
        let nodes: Vec<_> = answer["customers"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| {
                (
                    row["id"].as_i64().unwrap(),
                    row["distance"].as_i64().unwrap(),
                )
            })
            .collect();
        (
            nodes,
            answer["links"].as_array().unwrap().len(),
            answer["truncated"].clone(),
        )
    };
    assert_eq!(around("").await, (vec![(3, 0), (1, 1)], 1, json!(false)));
    // 2 has business of 8, 4 of 4.
    let two = (vec![(3, 0), (1, 1), (2, 2), (4, 2)], 4, json!(false));
    assert_eq!(around("?depth=2").await, two);
    let three = (
        vec![(3, 0), (1, 1), (2, 2), (4, 2), (5, 3)],
        5,
        json!(false),
    );
    assert_eq!(around("?depth=3").await, three);
    let cut = (vec![(3, 0), (1, 1), (2, 2)], 3, json!(true));
    assert_eq!(around("?depth=3&limit=3").await, cut);
}

async fn components_and_concentration_cover_the_network(app: TestApp) {
    some_customers(&app, 8);
    let mut all = example();
    all.extend(times(2, &shipment(7, 8, "2026-02-10")));
    ship(&app, &all);
    let page = app.get("/network/components?members=2").await.expect(200);
    assert_eq!(page["components"], 2);
    let first = &page["data"][0];
    assert_eq!(
        (&first["customers"], &first["links"]),
        (&json!(5), &json!(5))
    );
    assert!(near(&first["business"], 13_000.0) && near(&first["share_of_business"], 13.0 / 15.0));
    assert_eq!(
        first["members"],
        json!([{"id": 1, "name": "Customer 1"}, {"id": 2, "name": "Customer 2"}])
    );
    let second = &page["data"][1];
    assert_eq!(
        (&second["first_customer_id"], &second["customers"]),
        (&json!(7), &json!(2))
    );
    assert_eq!(app.all("/network/components?limit=1").await.len(), 2);
    assert_eq!(
        app.all("/network/components?customers[gt]=2").await.len(),
        1
    );

    // 10, 8, 1, 4, 3, 2, 2 of 30: (100 + 64 + 1 + 16 + 9 + 4 + 4) / 900 = .22
    let ours = app.get("/network/concentration").await.expect(200);
    assert_eq!((&ours["customers"], &ours["links"]), (&json!(7), &json!(6)));
    assert!(near(&ours["business"], 15_000.0));
    let measure = &ours["concentration"];
    assert!(
        near(&measure["hhi"], 0.22) && near(&measure["points"], 2200.0),
        "{measure}"
    );
    assert!(near(&measure["effective_parts"], 1.0 / 0.22));
    // (.22 - 1/7) / (6/7) = .09
    assert!(near(&measure["normalised"], 0.09) && near(&measure["top_share"], 1.0 / 3.0));
    assert_eq!(
        (&measure["band"], &measure["parts"]),
        (&json!("concentrated"), &json!(7))
    );
    assert_eq!(ours["top_customer"], json!({"id": 1, "name": "Customer 1"}));

    // .8, .1, .1
    let own = app.get("/customers/1/concentration").await.expect(200);
    assert!(near(&own["concentration"]["hhi"], 0.66));
    assert_eq!(own["top_partner"]["id"], 2);
}

/// The example with 1 and 3 in North, 2 and 5 in South, 4 and 6 in no team; and a key that is
/// limited to North.
async fn north_only(app: &TestApp) -> String {
    for name in ["North", "South"] {
        app.post("/teams", json!({"name": name})).await.expect(201);
    }
    let teams = [
        (1, Some(1)),
        (2, Some(2)),
        (3, Some(1)),
        (4, None),
        (5, Some(2)),
        (6, None),
    ];
    customers(app, &teams);
    ship(app, &example());
    app.make_key(&[Scope::Read], Teams::Only(vec![1]), None)
}

/// GET with another key than the admin's.
async fn get_with(app: &TestApp, key: &str, path: &str) -> Reply {
    let get = app.bare(Method::GET, &format!("/api/v1{path}"));
    app.send(get.bearer_auth(key)).await
}

async fn a_limited_key_learns_of_others_by_their_sum_only(app: TestApp) {
    let key = north_only(&app).await;
    let get = async |path: &str| get_with(&app, &key, path).await;
    let page = get("/customers/1/partners").await.expect(200);
    let data = page["data"].as_array().unwrap();
    assert_eq!(data.len(), 1);
    assert_eq!(data[0]["partner_id"], 3);
    // 8 with 2 and 1 with 4; with the 1 shown that makes 10.
    let hidden = &page["hidden"];
    assert_eq!(
        (&hidden["count"], &hidden["shipments"]),
        (&json!(2), &json!(9))
    );
    assert!(near(&hidden["business"], 9000.0) && near(&hidden["share_of_customer"], 0.9));
    assert!(near(&page["business"], 10_000.0));
    let probing = get("/customers/1/partners?partner_id=2").await.expect(200);
    assert_eq!((&probing["data"], &probing["hidden"]), (&json!([]), hidden));

    let links = get("/links").await.expect(200);
    assert_eq!(links["data"].as_array().unwrap().len(), 1);
    // 1→2, 2→1 and 4→1; 4→5 is nobody's business.
    assert_eq!(links["hidden"], 3);
    assert_eq!(
        get("/links?shipper_id=4").await.expect(200)["data"],
        json!([])
    );

    let around = get("/customers/3/neighbourhood?depth=4").await.expect(200);
    let ids: Vec<_> = around["customers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["id"].as_i64().unwrap())
        .collect();
    assert_eq!((ids, &around["hidden"]), (vec![3, 1], &json!(2)));
    assert_eq!(around["links"].as_array().unwrap().len(), 1);

    let own = get("/customers/1/concentration").await;
    assert!(!own.text.contains("Customer 2"), "{}", own.text);
    let own = own.expect(200);
    assert!(near(&own["concentration"]["hhi"], 0.66));
    assert_eq!(own["top_partner"], Value::Null);
    assert!(get("/links/1/3").await.expect(200)["shipments"] == 1);
}

async fn a_limited_key_cannot_ask_for_others_or_the_whole(app: TestApp) {
    let key = north_only(&app).await;
    let get = async |path: &str| get_with(&app, &key, path).await;
    for path in [
        "/customers/2/partners",
        "/customers/4/neighbourhood",
        "/customers/5/concentration",
        "/links/1/2",
        "/links/2/1",
    ] {
        get(path).await.expect_problem(404, "not_found");
    }
    for path in ["/network/components", "/network/concentration"] {
        get(path).await.expect_problem(403, "forbidden");
    }
}

async fn the_basis_is_the_same_for_the_whole_network(app: TestApp) {
    some_customers(&app, 4);
    // 3 of 4 have no revenue: below 80 %, so that weight is taken, for the others too.
    let bare = Shipment {
        revenue: None,
        cost: None,
        ..shipment(1, 2, "2026-02-01")
    };
    let mut all = times(3, &bare);
    all.push(shipment(3, 4, "2026-02-01"));
    ship(&app, &all);
    let page = app.get("/customers/3/partners").await.expect(200);
    assert_eq!(page["basis"], "weight");
    assert!(near(&page["data"][0]["business"], 2.5));
    let counted = app.again_with(&[("business_basis", "shipments")]).await;
    let page = counted.get("/customers/1/partners").await.expect(200);
    assert_eq!(page["basis"], "shipments");
    assert!(near(&page["data"][0]["business"], 3.0));

    let links = links_between(&app, "2026-01-01", "2026-03-01");
    assert_eq!(links[0].ends(), (CustomerId(1), CustomerId(2)));
}
