//! Shipments over the API: idempotent by external id, with `link_months` always in step.

use hawser::access::{Scope, Teams};
use hawser::db::select::Statement;
use reqwest::Method;
use serde_json::{Value, json};

use crate::TestApp;
use crate::harness::on_each_database;

on_each_database!(
    a_shipment_is_created_read_changed_and_deleted,
    the_same_shipment_twice_is_one_and_changes_nothing,
    parties_are_matched_by_external_id_then_by_name,
    broken_rules_are_named_by_field,
    a_batch_judges_each_record_by_itself,
    roll_ups_equal_what_the_shipments_sum_up_to,
    lists_filter_and_tombstones_are_told,
    a_limited_key_sees_shipments_of_its_customers_only,
);

/// A shipment from A to B delivered on a day of January 2026.
pub fn shipment(id: &str, day: u32) -> Value {
    json!({
        "external_id": {"system": "tms", "id": id},
        "shipper": {"external_id": {"system": "erp", "id": "A"}, "name": "Anker Mühle GmbH", "country": "DE"},
        "consignee": {"external_id": {"system": "erp", "id": "B"}, "name": "Bäckerei Blau", "country": "DE"},
        "booked_at": format!("2026-01-{day:02}T08:00:00Z"),
        "promised_to": format!("2026-01-{:02}T00:00:00Z", day + 1),
        "delivered_at": format!("2026-01-{:02}T15:00:00Z", day + 2),
        "revenue": 10_000,
        "direct_cost": 7_500,
        "weight_kg": 120.5,
        "in_full": true,
    })
}

async fn a_shipment_is_created_read_changed_and_deleted(app: TestApp) {
    let created = app.post("/shipments", shipment("1", 5)).await;
    assert_eq!(
        created.header("location"),
        format!("/api/v1/shipments/{}", created.json["id"])
    );
    let etag = created.header("etag").to_owned();
    let made = created.expect(201);
    assert_eq!(made["margin"], 2_500);
    assert_eq!(
        made["late"], true,
        "promised for the 6th, delivered on the 7th"
    );
    assert_eq!(made["status"], "delivered");
    assert_eq!(made["activity_on"], "2026-01-05");
    app.post("/shipments", shipment("1", 5))
        .await
        .expect_problem(409, "external_id_taken");

    let by_key = app.get("/shipments/ext:tms:1").await.expect(200);
    assert_eq!(by_key, made);
    let path = "/api/v1/shipments/ext:tms:1";
    let patch = || app.request(Method::PATCH, path).header("if-match", &etag);
    let changed = app
        .send(patch().json(&json!({"in_full": null, "revenue": 11_000})))
        .await
        .expect(200);
    assert_eq!(
        (&changed["in_full"], &changed["margin"]),
        (&Value::Null, &json!(3_500))
    );
    app.send(patch().json(&json!({"revenue": 1})))
        .await
        .expect_problem(412, "precondition_failed");

    assert_eq!(app.delete("/shipments/ext:tms:1").await.status, 204);
    app.get("/shipments/ext:tms:1")
        .await
        .expect_problem(404, "not_found");
    let again = app
        .put("/shipments/ext:tms:1", shipment("1", 5))
        .await
        .expect(201);
    assert_eq!(again["id"], made["id"], "it comes back under its id");
}

async fn the_same_shipment_twice_is_one_and_changes_nothing(app: TestApp) {
    let first = app
        .put("/shipments/ext:tms:1", shipment("1", 5))
        .await
        .expect(201);
    let second = app
        .put("/shipments/ext:tms:1", shipment("1", 5))
        .await
        .expect(200);
    assert_eq!(
        first, second,
        "not even the version or the time of change moves"
    );
    app.put("/shipments/ext:tms:2", shipment("1", 5))
        .await
        .expect_problem(422, "invalid");
}

async fn parties_are_matched_by_external_id_then_by_name(app: TestApp) {
    let first = app.post("/shipments", shipment("1", 5)).await.expect(201);
    // The same firm by name, without case, accent and legal form, from another system.
    let mut other = shipment("2", 6);
    other["shipper"] = json!({"external_id": {"system": "crm", "id": "77"}, "name": "ANKER MUHLE"});
    other["consignee"] = json!({"name": "backerei blau"});
    let second = app.post("/shipments", other).await.expect(201);
    assert_eq!(second["shipper_id"], first["shipper_id"]);
    assert_eq!(second["consignee_id"], first["consignee_id"]);
    // The same name under another key of the same system is another firm.
    let mut third = shipment("3", 7);
    third["shipper"] =
        json!({"external_id": {"system": "erp", "id": "A2"}, "name": "Anker Mühle GmbH"});
    let third = app.post("/shipments", third).await.expect(201);
    assert_ne!(third["shipper_id"], first["shipper_id"]);
    // Now the name alone is not enough.
    let mut fourth = shipment("4", 8);
    fourth["shipper"] = json!({"name": "Anker Mühle"});
    let problem = app
        .post("/shipments", fourth)
        .await
        .expect_problem(422, "invalid");
    assert_eq!(problem["errors"][0]["code"], "ambiguous");
}

async fn broken_rules_are_named_by_field(app: TestApp) {
    let refuse = async |field: &str, value: Value, pointer: &str, code: &str| {
        let mut wrong = shipment("1", 5);
        wrong[field] = value;
        let problem = app
            .post("/shipments", wrong)
            .await
            .expect_problem(422, "invalid");
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
        assert_eq!(problem["errors"][0]["code"], code, "{problem}");
    };
    refuse("weight_kg", json!(-1), "/weight_kg", "negative").await;
    refuse(
        "delivered_at",
        json!("2026-01-01T00:00:00Z"),
        "/delivered_at",
        "out_of_order",
    )
    .await;
    refuse(
        "origin_country",
        json!("Germany"),
        "/origin_country",
        "not_a_country",
    )
    .await;
    refuse(
        "consignee",
        json!({"external_id": {"system": "erp", "id": "A"}}),
        "/consignee",
        "same_party",
    )
    .await;
    refuse("shipper", json!({}), "/shipper", "required").await;
    refuse("shipper", json!({"id": 999_999}), "/shipper", "unknown").await;
    refuse("shipper", json!({"name": "a\u{0}b"}), "/shipper", "length").await;

    let mut unknown = shipment("1", 5);
    unknown["colour"] = json!("red");
    app.post("/shipments", unknown)
        .await
        .expect_problem(400, "unknown_field");
    let mut nested = shipment("1", 5);
    nested["shipper"]["colour"] = json!("red");
    let problem = app
        .post("/shipments", nested)
        .await
        .expect_problem(400, "unknown_field");
    assert!(
        problem["errors"][0]["pointer"]
            .as_str()
            .unwrap()
            .starts_with("/shipper"),
        "{problem}"
    );
    let mut word = shipment("1", 5);
    word["status"] = json!("lost");
    app.post("/shipments", word)
        .await
        .expect_problem(400, "bad_value");
    assert!(app.all("/shipments").await.is_empty());
    assert!(
        roll_ups(&app).is_empty(),
        "what was refused left nothing behind"
    );
}

async fn a_batch_judges_each_record_by_itself(app: TestApp) {
    let mut negative = shipment("2", 6);
    negative["weight_kg"] = json!(-1);
    let batch =
        json!([shipment("1", 5), negative, {"nonsense": 1}, shipment("3", 7), shipment("1", 5)]);
    let report = app
        .post("/shipments:batch", batch.clone())
        .await
        .expect(200);
    let outcomes: Vec<_> = report["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| r["outcome"].as_str().unwrap())
        .collect();
    assert_eq!(
        outcomes,
        ["unchanged", "failed", "failed", "created", "created"],
        "the last of a key wins"
    );
    assert_eq!(
        report["results"][1]["problem"]["errors"][0]["pointer"],
        "/weight_kg"
    );
    let again = app.post("/shipments:batch", batch).await.expect(200);
    assert_eq!(
        (&again["created"], &again["updated"]),
        (&json!(0), &json!(0))
    );

    let lines = format!("{}\n\n{}\n", shipment("4", 8), shipment("5", 9));
    let ndjson = app
        .request(Method::POST, "/api/v1/shipments:batch")
        .header("content-type", "application/x-ndjson")
        .body(lines);
    assert_eq!(app.send(ndjson).await.expect(200)["created"], 2);
    let many: Vec<Value> = vec![json!({}); 5_001];
    app.post("/shipments:batch", json!(many))
        .await
        .expect_problem(400, "too_many_records");
}

#[derive(Debug, PartialEq, diesel::QueryableByName)]
struct RollUp {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    shipper_id: i64,
    #[diesel(sql_type = diesel::sql_types::Date)]
    month: chrono::NaiveDate,
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    shipments: i64,
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    revenue: i64,
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    margin: i64,
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    late: i64,
    #[diesel(sql_type = diesel::sql_types::Date)]
    last_on: chrono::NaiveDate,
}

fn roll_ups(app: &TestApp) -> Vec<RollUp> {
    let sql = "SELECT shipper_id, month, shipments, revenue, margin, late, last_on \
               FROM link_months ORDER BY shipper_id, month";
    app.state
        .db
        .read_now(|conn| Statement::new(sql).load(conn))
        .unwrap()
}

async fn roll_ups_equal_what_the_shipments_sum_up_to(app: TestApp) {
    for (id, day) in [("1", 5), ("2", 9), ("3", 20)] {
        app.post("/shipments", shipment(id, day)).await.expect(201);
    }
    let day = |month, day| chrono::NaiveDate::from_ymd_opt(2026, month, day).unwrap();
    let [january] = &roll_ups(&app)[..] else {
        panic!("one link, one month")
    };
    assert_eq!(
        (
            january.shipments,
            january.revenue,
            january.margin,
            january.late
        ),
        (3, 30_000, 7_500, 3)
    );
    assert_eq!((january.month, january.last_on), (day(1, 1), day(1, 20)));

    // Moved to February, one cancelled, one deleted.
    let moved = json!({"booked_at": "2026-02-03T08:00:00Z", "promised_to": "2026-02-04T00:00:00Z", "delivered_at": "2026-02-04T09:00:00Z"});
    app.patch("/shipments/ext:tms:3", moved).await.expect(200);
    app.patch("/shipments/ext:tms:2", json!({"status": "cancelled"}))
        .await
        .expect(200);
    let [january, february] = &roll_ups(&app)[..] else {
        panic!("two months")
    };
    assert_eq!((january.shipments, january.last_on), (1, day(1, 5)));
    assert_eq!(
        (february.shipments, february.late, february.last_on),
        (1, 0, day(2, 3))
    );
    app.delete("/shipments/ext:tms:1").await;
    app.delete("/shipments/ext:tms:3").await;
    assert!(roll_ups(&app).is_empty());
}

async fn lists_filter_and_tombstones_are_told(app: TestApp) {
    for (id, day) in [("1", 5), ("2", 9), ("3", 20)] {
        app.post("/shipments", shipment(id, day)).await.expect(201);
    }
    let some = app
        .all("/shipments?activity_on[gte]=2026-01-09&sort=-activity_on&limit=1")
        .await;
    let ids: Vec<_> = some
        .iter()
        .map(|row| row["external_id"]["id"].as_str().unwrap())
        .collect();
    assert_eq!(ids, ["3", "2"]);
    assert_eq!(app.all("/shipments?late=false").await.len(), 0);
    app.state
        .clock
        .set(app.state.clock.now() + chrono::TimeDelta::hours(1));
    app.delete("/shipments/ext:tms:2").await;
    let changed = app
        .all("/shipments?updated_since=2026-03-02T08:30:00Z")
        .await;
    assert_eq!(changed.len(), 1);
    assert!(changed[0]["deleted_at"].is_string());
}

async fn a_limited_key_sees_shipments_of_its_customers_only(app: TestApp) {
    app.post("/shipments", shipment("1", 5)).await.expect(201);
    let north = app
        .post("/teams", json!({"name": "North"}))
        .await
        .expect(201)["id"]
        .as_i64()
        .unwrap();
    let key = app.make_key(&[Scope::Read, Scope::Write], Teams::Only(vec![north]), None);
    let get = |path: &str| {
        app.bare(Method::GET, &format!("/api/v1{path}"))
            .bearer_auth(&key)
    };
    assert_eq!(
        app.send(get("/shipments")).await.expect(200)["data"],
        json!([])
    );
    app.send(get("/shipments/ext:tms:1"))
        .await
        .expect_problem(404, "not_found");
    let post = app
        .bare(Method::POST, "/api/v1/shipments")
        .bearer_auth(&key)
        .json(&shipment("2", 6));
    app.send(post).await.expect_problem(403, "forbidden");
    let sql = format!("UPDATE customers SET team_id = {north} WHERE name LIKE 'B%'");
    app.state
        .db
        .write_now(|conn| Statement::new(&sql).execute(conn))
        .unwrap();
    app.send(get("/shipments/ext:tms:1")).await.expect(200);
}
