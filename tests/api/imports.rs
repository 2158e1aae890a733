//! Imports over the API and the command line: what is read, kept, refused and taken back.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use hawser::access::{Scope, Teams};
use hawser::db::Target;
use hawser::db::select::Statement;
use reqwest::Method;
use serde_json::{Value, json};

use crate::TestApp;
use crate::harness::{Reply, on_each_database};

on_each_database!(
    a_file_is_tried_imported_repeated_and_taken_back,
    rejected_rows_come_back_and_corrected_are_imported,
    what_an_import_changed_is_restored_exactly,
    many_links_changed_at_once_are_summed_up_and_restored,
    a_later_write_keeps_an_import_from_being_reverted,
    the_last_of_a_repeated_key_wins,
    a_file_that_cannot_be_read_to_its_end_leaves_nothing,
    what_cannot_be_imported_is_refused_at_once,
    mappings_are_saved_checked_and_forgotten,
    a_header_alone_is_an_import_of_nothing,
    chinese_names_in_gb18030_are_kept,
    an_idempotency_key_begins_one_import_only,
    a_key_limited_to_teams_may_not_import,
    a_killed_process_leaves_nothing_and_the_next_start_says_so,
    an_export_imported_again_changes_nothing,
    the_real_deliveries_make_the_known_network,
);

const MAPPING: &str = r#"
format = "csv"
[constants]
external_system = "tms"
shipper.external_system = "erp"
consignee.external_system = "erp"
[fields]
external_id = { column = "No" }
shipper.external_id = { column = "From No" }
shipper.name = { column = "From" }
consignee.external_id = { column = "To No" }
consignee.name = { column = "To" }
booked_at = { column = "Booked" }
delivered_at = { column = "Delivered" }
weight_kg = { column = "Kilos" }
revenue = { column = "Freight", unit = "major" }
"#;

const HEADER: &str = "No,From No,From,To No,To,Booked,Delivered,Kilos,Freight,Remark\n";

/// Three customers, four links in two months; weights are sums of halves, so exact in any order.
const FILE: &str = "No,From No,From,To No,To,Booked,Delivered,Kilos,Freight,Remark\n\
    1,A,Anker Mühle GmbH,B,Bäckerei Blau,2026-01-05,2026-01-07,100.5,10.00,\n\
    2,A,Anker Mühle GmbH,C,Café Cyan,2026-01-06,2026-01-08,20,12.50,fragile\n\
    3,B,Bäckerei Blau,C,Café Cyan,2026-02-05,2026-02-07,3.5,1.99,\n\
    4,A,Anker Mühle GmbH,B,Bäckerei Blau,2026-02-06,,,,\n";

async fn save_mapping(app: &TestApp, name: &str, toml: &str) -> Reply {
    let path = format!("/api/v1/import-mappings/{name}");
    let put = app.request(Method::PUT, &path).body(toml.to_owned());
    app.send(put.header("content-type", "application/toml"))
        .await
}

fn upload(app: &TestApp, query: &str, body: impl Into<reqwest::Body>) -> reqwest::RequestBuilder {
    app.request(Method::POST, &format!("/api/v1/imports?{query}"))
        .header("content-type", "text/csv")
        .body(body)
}

/// Uploads a file and waits for the end of its import.
async fn import(app: &TestApp, query: &str, body: impl Into<reqwest::Body>) -> Value {
    let begun = app.send(upload(app, query, body)).await;
    let location = begun.header("location").to_owned();
    let record = begun.expect(202);
    assert_eq!(location, format!("/api/v1/imports/{}", record["id"]));
    ended(app, &record["id"]).await
}

async fn ended(app: &TestApp, id: &Value) -> Value {
    loop {
        let record = app.get(&format!("/imports/{id}")).await.expect(200);
        if record["status"] != "running" {
            assert_eq!(record["progress"], Value::Null);
            return record;
        }
        actix_web::rt::time::sleep(Duration::from_millis(10)).await;
    }
}

/// An import with the mapping above, which must succeed.
async fn imported(app: &TestApp, query: &str, file: &str) -> Value {
    save_mapping(app, "tms", MAPPING).await;
    let record = import(app, &format!("mapping=tms&{query}"), file.to_owned()).await;
    assert_eq!(record["status"], "done", "{record}");
    record
}

fn counts(record: &Value) -> [i64; 5] {
    ["created", "changed", "unchanged", "duplicates", "rejected"]
        .map(|name| record[name].as_i64().unwrap())
}

#[derive(diesel::QueryableByName)]
struct Line {
    #[diesel(sql_type = diesel::sql_types::Text)]
    line: String,
}

/// Everything that an import writes, but for versions and times of change.
fn contents(app: &TestApp) -> Vec<String> {
    let piece = |column: &str| format!("COALESCE(CAST({column} AS TEXT), '')");
    let all = |columns: &str| {
        let pieces: Vec<String> = columns.split(' ').map(piece).collect();
        pieces.join(" || '|' || ")
    };
    let shipments = all(
        "source external_id shipper_id consignee_id payer_id freight_terms booked_at delivered_at \
         weight_kg revenue status activity_on late import_id created_at",
    );
    let months = all(
        "shipper_id consignee_id month shipments revenue revenue_known margin margin_known weight_kg \
         weight_known goods_value late late_known damaged in_full prepaid collect first_on last_on",
    );
    let mut lines = Vec::new();
    for (table, columns, condition) in [
        ("shipments", shipments, "deleted_at IS NULL"),
        ("link_months", months, "1 = 1"),
        (
            "customers",
            all("id name match_name country"),
            "deleted_at IS NULL",
        ),
        (
            "customer_external_ids",
            all("system external_id customer_id"),
            "1 = 1",
        ),
    ] {
        let sql = format!("SELECT '{table} ' || {columns} AS line FROM {table} WHERE {condition}");
        let rows: Vec<Line> = app
            .state
            .db
            .read_now(|conn| Statement::new(&sql).load(conn))
            .unwrap();
        lines.extend(rows.into_iter().map(|row| row.line));
    }
    lines.sort();
    lines
}

async fn a_file_is_tried_imported_repeated_and_taken_back(app: TestApp) {
    let tried = imported(&app, "dry_run=true&file_name=january.csv", FILE).await;
    assert_eq!(
        (counts(&tried), &tried["dry_run"]),
        ([4, 0, 0, 0, 0], &json!(true))
    );
    assert_eq!(tried["customers_created"], 3);
    assert!(contents(&app).is_empty(), "a dry run writes nothing");
    app.post("/imports/1:revert", json!({}))
        .await
        .expect_problem(409, "not_revertible");

    let done = imported(&app, "file_name=january.csv", FILE).await;
    assert_eq!(
        (counts(&done), &done["rows_read"]),
        ([4, 0, 0, 0, 0], &json!(4))
    );
    assert_eq!(done["file_name"], "january.csv");
    assert_eq!(done["report"]["columns_unmapped"], json!(["Remark"]));
    let shipments = app.all("/shipments?sort=id").await;
    assert_eq!(shipments.len(), 4);
    assert_eq!(shipments[1]["revenue"], 1_250, "12.50 in minor units");
    let first = contents(&app);
    let links = first.iter().filter(|line| line.starts_with("link_months"));
    assert_eq!(links.count(), 4);

    let again = imported(&app, "", FILE).await;
    assert_eq!(
        (counts(&again), &again["customers_created"]),
        ([0, 0, 4, 0, 0], &json!(0))
    );
    assert_eq!(contents(&app), first);

    let path = format!("/imports/{}:revert", done["id"]);
    let reverted = app.post(&path, json!({})).await.expect(200);
    assert_eq!(
        (
            &reverted["removed"],
            &reverted["restored"],
            &reverted["customers_removed"]
        ),
        (&json!(4), &json!(0), &json!(3))
    );
    assert_eq!(reverted["import"]["status"], "reverted");
    assert!(contents(&app).is_empty(), "{:?}", contents(&app));
    app.post(&path, json!({}))
        .await
        .expect_problem(409, "not_revertible");
    app.post("/imports/99:revert", json!({}))
        .await
        .expect_problem(404, "not_found");

    let once_more = imported(&app, "", FILE).await;
    assert_eq!(counts(&once_more), [4, 0, 0, 0, 0]);
    assert_eq!(app.all("/imports?status=done").await.len(), 3);
    let log = app.get("/audit?entity=import").await.expect(200);
    assert_eq!(
        log["data"].as_array().unwrap().len(),
        4,
        "three imports, one revert"
    );
}

async fn rejected_rows_come_back_and_corrected_are_imported(app: TestApp) {
    let file = format!(
        "{HEADER}1,A,Anker,B,Blau,2026-01-05,2026-01-04,5,1,=late\n\
         2,A,Anker,A,Anker,2026-01-05,,,,\n\
         3,A,Anker,B,Blau,2026-01-05,2026-01-06,-5,1,\n\
         4,A,Anker,B,Blau,2026-01-05,2026-01-06,5,1,\n\
         5,A,Anker,B\n"
    );
    for query in ["dry_run=true", ""] {
        let record = imported(&app, query, &file).await;
        assert_eq!(
            (counts(&record), &record["rows_read"]),
            ([1, 0, 0, 0, 4], &json!(5))
        );
        assert_eq!(
            record["report"]["reject_reasons"],
            json!({"consignee.external_id: same_party": 1, "delivered_at: out_of_order": 1, "row: cells": 1, "weight_kg: negative": 1}),
        );
        let rejects = app.get(&format!("/imports/{}/rejects", record["id"])).await;
        assert_eq!(rejects.header("content-type"), "text/csv; charset=utf-8");
        let text = rejects.text;
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines[0],
            "reject_line,reject_reasons,No,From No,From,To No,To,Booked,Delivered,Kilos,Freight,Remark"
        );
        assert!(lines[1].starts_with("2,delivered_at: "), "{text}");
        assert!(
            lines[1].ends_with("1,A,Anker,B,Blau,2026-01-05,2026-01-04,5,1,'=late"),
            "{text}"
        );
        assert_eq!(lines.len(), 5, "{text}");

        // Corrected but for one row, it goes in as it is; what is refused again reads as at first.
        let corrected = text
            .replace("2026-01-04,5", "2026-01-07,5")
            .replace("A,Anker,A,Anker", "A,Anker,B,Blau")
            .replace(
                "5,A,Anker,B\n",
                "5,A,Anker,B,Blau,2026-01-05,2026-01-06,,,\n",
            );
        let second = imported(&app, query, &corrected).await;
        assert_eq!(counts(&second), [3, 0, 0, 0, 1], "{second}");
        let left = app.get(&format!("/imports/{}/rejects", second["id"])).await;
        let last = left.text.lines().last().unwrap().to_owned();
        assert!(
            last.ends_with("3,A,Anker,B,Blau,2026-01-05,2026-01-06,'-5,1,"),
            "{last}"
        );
        assert_eq!(left.text.lines().next(), lines.first().copied());
    }
    app.get("/imports/99/rejects")
        .await
        .expect_problem(404, "not_found");
}

async fn what_an_import_changed_is_restored_exactly(app: TestApp) {
    imported(&app, "", FILE).await;
    let before = contents(&app);
    // One row says something else, one moves to another link and month, one is new, one the same.
    let changed = format!(
        "{HEADER}1,A,Anker Mühle GmbH,B,Bäckerei Blau,2026-01-05,2026-01-07,100.5,11.00,\n\
         2,D,Dorn & Co. KG,C,Café Cyan,2026-03-06,2026-03-08,20,12.50,\n\
         3,B,Bäckerei Blau,C,Café Cyan,2026-02-05,2026-02-07,3.5,1.99,\n\
         5,D,Dorn & Co. KG,A,Anker Mühle GmbH,2026-03-06,,,,\n"
    );
    let second = imported(&app, "", &changed).await;
    assert_eq!(
        (counts(&second), &second["customers_created"]),
        ([1, 2, 1, 0, 0], &json!(1))
    );
    assert_ne!(contents(&app), before);
    let path = format!("/imports/{}:revert", second["id"]);
    let reverted = app.post(&path, json!({})).await.expect(200);
    assert_eq!(
        (&reverted["removed"], &reverted["restored"]),
        (&json!(1), &json!(2))
    );
    assert_eq!(contents(&app), before);
}

async fn many_links_changed_at_once_are_summed_up_and_restored(app: TestApp) {
    let file = |freight: &str| {
        let row =
            |id: u32| format!("{id},A,Anker,C{id},Kunde {id},2026-01-05,2026-01-06,1,{freight},\n");
        HEADER.to_owned() + &(0..300).map(row).collect::<String>()
    };
    let revenue = |app: &TestApp| {
        let sql = "SELECT COUNT(*) || ' ' || CAST(SUM(revenue) AS BIGINT) AS line FROM link_months";
        let read = |conn: &mut _| Statement::new(sql).load(conn);
        let rows: Vec<Line> = app.state.db.read_now(read).unwrap();
        rows[0].line.clone()
    };
    imported(&app, "", &file("1.00")).await;
    let before = contents(&app);
    assert_eq!(revenue(&app), "300 30000");
    let second = imported(&app, "", &file("2.50")).await;
    assert_eq!(counts(&second), [0, 300, 0, 0, 0]);
    assert_eq!(revenue(&app), "300 75000");
    let path = format!("/imports/{}:revert", second["id"]);
    let reverted = app.post(&path, json!({})).await.expect(200);
    assert_eq!(reverted["restored"], 300);
    assert_eq!(contents(&app), before);
}

async fn a_later_write_keeps_an_import_from_being_reverted(app: TestApp) {
    let first = imported(&app, "", FILE).await;
    let revert = format!("/imports/{}:revert", first["id"]);
    let patch = json!({"revenue": 5});
    app.patch("/shipments/ext:tms:1", patch).await.expect(200);
    let problem = app.post(&revert, json!({})).await;
    let problem = problem.expect_problem(409, "not_revertible");
    assert!(
        problem["detail"]
            .as_str()
            .unwrap()
            .contains("1 of its shipments"),
        "{problem}"
    );
    assert_eq!(app.all("/shipments").await.len(), 4);

    let second = FILE.replace("12.50", "13.50");
    let second = imported(&app, "", &second).await;
    assert_eq!(
        counts(&second),
        [0, 2, 2, 0, 0],
        "the patched one and the new price"
    );
    app.post(&revert, json!({}))
        .await
        .expect_problem(409, "not_revertible");
}

async fn the_last_of_a_repeated_key_wins(app: TestApp) {
    let row =
        |id: u32, kilos: u32| format!("{id},A,Anker,B,Blau,2026-01-05,2026-01-06,{kilos},1,\n");
    // Keys 1 to 5,000, then 1 and 2 again: another chunk, and twice within it.
    let mut file = HEADER.to_owned();
    for id in 1..=5_000 {
        file.push_str(&row(id, 1));
    }
    for (id, kilos) in [(1, 7), (2, 8), (2, 9)] {
        file.push_str(&row(id, kilos));
    }
    let record = imported(&app, "", &file).await;
    assert_eq!(
        (counts(&record), &record["rows_read"]),
        ([5_000, 0, 0, 3, 0], &json!(5_003))
    );
    assert_eq!(
        record["report"]["duplicate_lines"]
            .as_array()
            .unwrap()
            .len(),
        3
    );
    let kilos = async |id: u32| {
        app.get(&format!("/shipments/ext:tms:{id}"))
            .await
            .expect(200)["weight_kg"]
            .clone()
    };
    assert_eq!(
        (kilos(1).await, kilos(2).await, kilos(3).await),
        (json!(7.0), json!(9.0), json!(1.0))
    );
    let months = contents(&app);
    let month = months
        .iter()
        .find(|line| line.starts_with("link_months"))
        .unwrap();
    assert!(month.contains("|5000|"), "{month}");
    let again = imported(&app, "", &file).await;
    assert_eq!(again["rejected"], 0);
    assert_eq!(app.all("/shipments?limit=500").await.len(), 5_000);
}

async fn a_file_that_cannot_be_read_to_its_end_leaves_nothing(app: TestApp) {
    let mut file = FILE.to_owned();
    for id in 10..9_000 {
        writeln!(file, "{id},A,Anker,B,Blau,2026-01-05,2026-01-06,1,1,").unwrap();
    }
    // Quotes that open and never close, more than are tolerated.
    file.push_str(&"x\",\"y\n".repeat(400_000));
    save_mapping(&app, "tms", MAPPING).await;
    let record = import(&app, "mapping=tms", file).await;
    assert_eq!(record["status"], "failed", "{record}");
    let error = record["error"].as_str().unwrap();
    assert!(
        error.contains("quotes open") && error.ends_with("nothing was imported"),
        "{error}"
    );
    assert!(contents(&app).is_empty());
    let path = format!("/imports/{}:revert", record["id"]);
    app.post(&path, json!({}))
        .await
        .expect_problem(409, "not_revertible");
    imported(&app, "", FILE).await;
}

async fn what_cannot_be_imported_is_refused_at_once(app: TestApp) {
    save_mapping(&app, "tms", MAPPING).await;
    let utf16: Vec<u8> = [0xff, 0xfe]
        .into_iter()
        .chain(FILE.encode_utf16().flat_map(u16::to_le_bytes))
        .collect();
    for (body, code) in [
        (Vec::new(), "file_empty"),
        (b"No,From\n\0\0\0".to_vec(), "file_binary"),
        (utf16, "file_utf16"),
        (b"No,From\n1,A\n".to_vec(), "missing_column"),
        (
            FILE.replace("Remark", "No").into_bytes(),
            "duplicate_column",
        ),
        (
            format!("\"{}\"", "a".repeat(2 << 20)).into_bytes(),
            "file_header",
        ),
    ] {
        app.send(upload(&app, "mapping=tms", body))
            .await
            .expect_problem(422, code);
    }
    let missing = app
        .send(upload(&app, "mapping=tms", "No,From\n1,A\n"))
        .await;
    let missing = missing.expect_problem(422, "missing_column");
    assert_eq!(missing["errors"][0]["pointer"], "From No", "{missing}");

    app.send(upload(&app, "mapping=none", FILE))
        .await
        .expect_problem(422, "unknown_mapping");
    let wrong = app
        .send(upload(&app, "colour=red&dry_run=perhaps", FILE))
        .await;
    let wrong = wrong.expect_problem(400, "bad_parameter");
    assert_eq!(wrong["errors"].as_array().unwrap().len(), 2);
    for (mapping, kind) in [
        ("", "application/json"),
        ("mapping=tms", "application/x-ndjson"),
    ] {
        let post = app.request(Method::POST, &format!("/api/v1/imports?{mapping}"));
        let post = post.header("content-type", kind).body(FILE);
        app.send(post)
            .await
            .expect_problem(415, "unsupported_media_type");
    }
    let small = app.again_with(&[("import_limit", "1024")]).await;
    let long = FILE.repeat(10);
    small
        .send(upload(&small, "mapping=tms", long.clone()))
        .await
        .expect_problem(413, "too_large");
    // Sent in pieces, its length is not known before.
    let pieces: Vec<Result<String, std::io::Error>> = (0..4).map(|_| Ok(FILE.to_owned())).collect();
    let body = reqwest::Body::wrap_stream(futures_util::stream::iter(pieces));
    small
        .send(upload(&small, "mapping=tms", body))
        .await
        .expect_problem(413, "too_large");
    assert!(
        app.all("/imports").await.is_empty(),
        "nothing of that made a record"
    );
}

async fn mappings_are_saved_checked_and_forgotten(app: TestApp) {
    let saved = save_mapping(&app, "tms", MAPPING).await;
    let etag = saved.header("etag").to_owned();
    assert_eq!(saved.expect(201)["version"], 1);
    assert_eq!(
        save_mapping(&app, "tms", MAPPING).await.expect(200)["version"],
        1
    );
    let text = app.get("/import-mappings/tms").await;
    assert_eq!(
        (text.header("content-type"), text.text.as_str()),
        ("application/toml", MAPPING)
    );
    let changed = MAPPING.replace("unit = \"major\"", "unit = \"minor\"");
    assert_eq!(
        save_mapping(&app, "tms", &changed).await.expect(200)["version"],
        2
    );
    let stale = app.request(Method::DELETE, "/api/v1/import-mappings/tms");
    app.send(stale.header("if-match", etag))
        .await
        .expect_problem(412, "precondition_failed");

    let bad = MAPPING
        .replace("unit = \"major\"", "unit = \"stones\"")
        .replace(
            "{ column = \"Kilos\" }",
            "{ column = \"Kilos\", unit = \"pood\" }",
        );
    let problem = save_mapping(&app, "bad", &bad).await;
    let problem = problem.expect_problem(422, "bad_mapping");
    let keys: Vec<&str> = problem["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|part| part["pointer"].as_str().unwrap())
        .collect();
    assert_eq!(keys.len(), 2, "{problem}");
    assert!(
        keys.iter().any(|key| key.starts_with("fields.revenue")),
        "{problem}"
    );
    assert!(
        keys.iter().any(|key| key.starts_with("fields.weight_kg")),
        "{problem}"
    );
    save_mapping(&app, "bad", "format = [")
        .await
        .expect_problem(422, "bad_mapping");
    save_mapping(&app, "No%20good", MAPPING)
        .await
        .expect_problem(422, "invalid");
    app.put("/import-mappings/tms", json!({}))
        .await
        .expect_problem(415, "unsupported_media_type");

    let listed = app.get("/import-mappings").await.expect(200);
    assert_eq!(listed["data"].as_array().unwrap().len(), 1);
    assert_eq!(app.delete("/import-mappings/tms").await.status, 204);
    for gone in [
        app.get("/import-mappings/tms").await,
        app.delete("/import-mappings/tms").await,
    ] {
        gone.expect_problem(404, "not_found");
    }
}

async fn a_header_alone_is_an_import_of_nothing(app: TestApp) {
    let record = imported(&app, "", HEADER).await;
    assert_eq!((counts(&record), &record["rows_read"]), ([0; 5], &json!(0)));
    let path = format!("/imports/{}", record["id"]);
    assert_eq!(
        app.get(&format!("{path}/rejects"))
            .await
            .text
            .lines()
            .count(),
        1
    );
    app.post(&format!("{path}:revert"), json!({}))
        .await
        .expect(200);
    let wrong = app.delete(&path).await;
    assert_eq!(wrong.header("allow"), "GET");
    wrong.expect_problem(405, "method_not_allowed");
}

async fn chinese_names_in_gb18030_are_kept(app: TestApp) {
    let file = format!("{HEADER}1,A,上海示例物流有限公司,B,北京样品贸易,2026-01-05,,,,\n");
    let (bytes, _, _) = encoding_rs::GB18030.encode(&file);
    save_mapping(&app, "tms", MAPPING).await;
    let record = import(&app, "mapping=tms", bytes.into_owned()).await;
    assert_eq!(counts(&record), [1, 0, 0, 0, 0], "{record}");
    let all = contents(&app).join("\n");
    assert!(all.contains("|上海示例物流有限公司|上海示例物流|"), "{all}");
}

async fn an_idempotency_key_begins_one_import_only(app: TestApp) {
    save_mapping(&app, "tms", MAPPING).await;
    let post = |file: String| upload(&app, "mapping=tms", file).header("idempotency-key", "k1");
    let first = app.send(post(FILE.to_owned())).await.expect(202);
    ended(&app, &first["id"]).await;
    let again = app.send(post(FILE.to_owned())).await;
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(
        again.header("location"),
        format!("/api/v1/imports/{}", first["id"])
    );
    assert_eq!(again.expect(202)["id"], first["id"]);
    app.send(post(FILE.replace("12.50", "12.51")))
        .await
        .expect_problem(422, "idempotency_key_reused");
    let refused = || upload(&app, "mapping=tms", "").header("idempotency-key", "k2");
    app.send(refused()).await.expect_problem(422, "file_empty");
    let again = app.send(refused()).await;
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(app.all("/imports").await.len(), 1);
}

async fn a_key_limited_to_teams_may_not_import(app: TestApp) {
    let team = app
        .post("/teams", json!({"name": "North"}))
        .await
        .expect(201);
    let teams = Teams::Only(vec![team["id"].as_i64().unwrap()]);
    let limited = app.make_key(&[Scope::Read, Scope::Write], teams, None);
    let reader = app.make_key(&[Scope::Read], Teams::All, None);
    for (method, path) in [
        (Method::GET, "/api/v1/imports"),
        (Method::POST, "/api/v1/imports"),
        (Method::GET, "/api/v1/imports/1"),
        (Method::GET, "/api/v1/imports/1/rejects"),
        (Method::POST, "/api/v1/imports/1:revert"),
        (Method::GET, "/api/v1/import-mappings"),
        (Method::PUT, "/api/v1/import-mappings/tms"),
    ] {
        let request = |key: &str| {
            let request = app.bare(method.clone(), path).bearer_auth(key);
            request
                .header("content-type", "text/csv")
                .body(if method == Method::GET { "" } else { FILE })
        };
        app.send(request(&limited))
            .await
            .expect_problem(403, "forbidden");
        if method != Method::GET {
            app.send(request(&reader))
                .await
                .expect_problem(403, "forbidden");
        }
    }
}

/// The real binary on the test's database.
fn hawser(app: &TestApp, arguments: &[&str]) -> Command {
    let url = match app.state.db.target() {
        Target::Sqlite(path) => format!("sqlite://{}", path.display()),
        #[cfg(feature = "postgres")]
        Target::Postgres(url) => url.clone(),
    };
    let mut command = Command::new(env!("CARGO_BIN_EXE_hawser"));
    command
        .args(["--json", "--database-url", &url])
        .args(arguments)
        .stdin(Stdio::null());
    command
}

#[track_caller]
fn json_of(output: &Output) -> Value {
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// A file on disk with the mapping beside it.
fn on_disk(folder: &Path, name: &str, text: &[u8]) -> (PathBuf, PathBuf) {
    let (file, mapping) = (folder.join(name), folder.join("map.toml"));
    std::fs::write(&file, text).unwrap();
    std::fs::write(&mapping, MAPPING).unwrap();
    (file, mapping)
}

async fn a_killed_process_leaves_nothing_and_the_next_start_says_so(app: TestApp) {
    let folder = tempfile::tempdir().unwrap();
    let (file, mapping) = on_disk(folder.path(), "f.csv", FILE.as_bytes());
    let (file, mapping) = (file.to_str().unwrap(), mapping.to_str().unwrap());
    let mut child = hawser(&app, &["import", "shipments", "-", "--mapping", mapping])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    // The reader is a few chunks of some thousand rows ahead of the writer: when it has taken
    // 40,000 rows, several chunks are in the transaction.
    let mut rows = HEADER.to_owned();
    for id in 0..40_000 {
        writeln!(rows, "{id},A,Anker,B,Blau,2026-01-05,2026-01-06,1,1,").unwrap();
    }
    let mut pipe = child.stdin.take().unwrap();
    pipe.write_all(rows.as_bytes()).unwrap();
    let running = app.all("/imports").await;
    assert_eq!(running[0]["status"], "running");
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(contents(&app).is_empty());

    // PostgreSQL may notice a little later that nobody is there any more.
    let mut status = Value::Null;
    for _ in 0..100 {
        let shown = hawser(&app, &["import", "show", "1"]).output().unwrap();
        status = json_of(&shown)["status"].clone();
        if status != "running" {
            break;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(status, "failed");
    let record = app.get("/imports/1").await.expect(200);
    assert!(
        record["error"]
            .as_str()
            .unwrap()
            .ends_with("nothing was imported")
    );
    assert!(contents(&app).is_empty());
    let again = hawser(&app, &["import", "shipments", file, "--mapping", mapping]);
    let again = json_of(&{ again }.output().unwrap());
    assert_eq!(counts(&again["import"]), [4, 0, 0, 0, 0]);
    assert_eq!(
        json_of(&hawser(&app, &["import", "list"]).output().unwrap())
            .as_array()
            .unwrap()
            .len(),
        2
    );
    let taken = json_of(&hawser(&app, &["import", "revert", "2"]).output().unwrap());
    assert_eq!(taken["removed"], 4);
    let refused = hawser(&app, &["import", "revert", "2"]).output().unwrap();
    assert_eq!(refused.status.code(), Some(65));

    // What can be read in part stands in part, with a file of the rest; what cannot be is 65.
    let broken = FILE.replace("2026-01-07", "yesterday");
    let (file, _) = on_disk(folder.path(), "broken.csv", broken.as_bytes());
    let shown = hawser(
        &app,
        &[
            "import",
            "shipments",
            file.to_str().unwrap(),
            "--mapping",
            mapping,
        ],
    );
    let shown = json_of(&{ shown }.output().unwrap());
    assert_eq!(counts(&shown["import"]), [3, 0, 0, 0, 1]);
    let rejects = std::fs::read_to_string(folder.path().join("broken.csv.rejects.csv")).unwrap();
    assert_eq!(
        shown["rejects_file"],
        folder
            .path()
            .join("broken.csv.rejects.csv")
            .to_str()
            .unwrap()
    );
    let kept = hawser(&app, &["import", "rejects", "3"]).output().unwrap();
    assert_eq!(String::from_utf8(kept.stdout).unwrap(), rejects);
    let (empty, _) = on_disk(folder.path(), "empty.csv", b"");
    for (file, code) in [(empty.to_str().unwrap(), 65), ("/nowhere", 66)] {
        let output = hawser(&app, &["import", "shipments", file, "--mapping", mapping]).output();
        assert_eq!(output.unwrap().status.code(), Some(code), "{file}");
    }
}

async fn an_export_imported_again_changes_nothing(app: TestApp) {
    let folder = tempfile::tempdir().unwrap();
    imported(&app, "", FILE).await;
    // What the mapping above cannot tell, and what is awkward to write.
    let mut odd = crate::shipments::shipment("=x\"1", 9);
    odd["payer"] = json!({"name": "-Payer, \"& Söhne\"", "country": "DE"});
    odd["shipper"] = json!({"name": "Nur ein Name", "country": "AT"});
    odd["booked_at"] = json!("2026-01-09T08:00:00.123456Z");
    odd["weight_kg"] = json!(0.1);
    odd["revenue"] = json!(-12_345);
    odd["damaged"] = json!(true);
    odd["incoterm"] = json!("FCA");
    odd["freight_terms"] = json!("prepaid");
    odd["status"] = json!("cancelled");
    odd["origin_locode"] = json!("DEHAM");
    app.post("/shipments", odd).await.expect(201);
    let before = contents(&app);
    for format in ["csv", "ndjson"] {
        let exported = hawser(&app, &["export", "shipments", "--format", format])
            .output()
            .unwrap();
        assert!(exported.status.success(), "{exported:?}");
        let path = folder.path().join(format!("export.{format}"));
        std::fs::write(&path, &exported.stdout).unwrap();
        let record = hawser(&app, &["import", "shipments", path.to_str().unwrap()]).output();
        let record = json_of(&record.unwrap());
        assert_eq!(counts(&record["import"]), [0, 0, 5, 0, 0], "{record}");
        assert_eq!(record["import"]["customers_created"], 0);
    }
    assert_eq!(contents(&app), before);
}

fn shared(file: &str) -> Option<PathBuf> {
    let root = std::env::var_os("HAWSER_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"),
        PathBuf::from,
    );
    Some(root.join(file)).filter(|path| path.exists())
}

async fn the_real_deliveries_make_the_known_network(app: TestApp) {
    let Some(path) = shared("data/scms/SCMS_Delivery_History_Dataset.csv") else {
        eprintln!("skipped: the SCMS data are not here");
        return;
    };
    let mapping = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/scms.toml");
    save_mapping(&app, "scms", &std::fs::read_to_string(mapping).unwrap()).await;
    let file = std::fs::read(path).unwrap();
    let record = import(&app, "mapping=scms", file.clone()).await;
    assert_eq!(
        (counts(&record), &record["customers_created"]),
        ([10_324, 0, 0, 0, 0], &json!(131)),
        "{record}"
    );
    // 88 sites ship, 43 countries receive, over 567 links: the data's own description.
    let sql = "SELECT 'x' || COUNT(DISTINCT shipper_id) || ' ' || COUNT(DISTINCT consignee_id) || ' ' || \
         COUNT(DISTINCT shipper_id * 100000 + consignee_id) || ' ' || CAST(SUM(late) AS BIGINT) || ' ' || \
         CAST(SUM(goods_value) AS BIGINT) AS line FROM link_months";
    let rows: Vec<Line> = app
        .state
        .db
        .read_now(|conn| Statement::new(sql).load(conn))
        .unwrap();
    assert_eq!(rows[0].line, "x88 43 567 1186 162758445729");
    let again = import(&app, "mapping=scms", file).await;
    assert_eq!(counts(&again), [0, 0, 10_324, 0, 0]);
}

/// What only one of the databases can meet.
mod on_one {
    mod sqlite {
        use crate::imports::*;

        /// A small file system of its own; needs root.
        struct SmallDisk(tempfile::TempDir);

        impl SmallDisk {
            fn mount() -> Option<Self> {
                let folder = tempfile::tempdir().unwrap();
                let mounted = Command::new("mount")
                    .args(["-t", "tmpfs", "-o", "size=4m", "tmpfs"])
                    .arg(folder.path())
                    .output();
                let mounted = mounted.is_ok_and(|output| output.status.success());
                mounted.then(|| Self(folder))
            }
        }

        impl Drop for SmallDisk {
            fn drop(&mut self) {
                let _ = Command::new("umount").arg(self.0.path()).status();
            }
        }

        #[test]
        fn a_full_disk_undoes_the_import_and_the_next_works() {
            let Some(disk) = SmallDisk::mount() else {
                eprintln!("skipped: mounting a small disk needs root");
                return;
            };
            let folder = tempfile::tempdir().unwrap();
            let mut rows = HEADER.to_owned();
            for id in 0..12_000 {
                writeln!(rows, "{id},A{id},A {id},B,Blau,2026-01-05,2026-01-06,1,1,").unwrap();
            }
            let (large, mapping) = on_disk(folder.path(), "large.csv", rows.as_bytes());
            let (small, _) = on_disk(folder.path(), "small.csv", FILE.as_bytes());
            let url = format!("sqlite://{}/hawser.db", disk.0.path().display());
            let hawser = |arguments: &[&str]| {
                Command::new(env!("CARGO_BIN_EXE_hawser"))
                    .args(["--json", "--database-url", &url])
                    .args(arguments)
                    .output()
                    .unwrap()
            };
            let import = |file: &Path| {
                let (file, mapping) = (file.to_str().unwrap(), mapping.to_str().unwrap());
                hawser(&["import", "shipments", file, "--mapping", mapping])
            };
            let failed = import(&large);
            assert_eq!(failed.status.code(), Some(70), "{failed:?}");
            let record = json_of(&hawser(&["import", "show", "1"]));
            assert_eq!(record["status"], "failed", "{record}");
            let exported = hawser(&["export", "shipments"]);
            assert!(
                exported.status.success() && exported.stdout.is_empty(),
                "{exported:?}"
            );
            assert_eq!(counts(&json_of(&import(&small))["import"]), [4, 0, 0, 0, 0]);
        }
    }

    #[cfg(feature = "postgres")]
    mod postgres {
        use diesel::connection::{Connection as _, SimpleConnection as _};

        use crate::imports::*;

        /// Another user of the test's database.
        fn neighbour(app: &TestApp) -> diesel::PgConnection {
            let Target::Postgres(url) = app.state.db.target() else {
                panic!("not PostgreSQL")
            };
            diesel::PgConnection::establish(url).unwrap()
        }

        /// Keeps every import from ending, until the connection goes: all rows are written then,
        /// and none is committed.
        fn hold_up(app: &TestApp) -> diesel::PgConnection {
            let mut conn = neighbour(app);
            conn.batch_execute("BEGIN; UPDATE counters SET value = value WHERE name = 'network'")
                .unwrap();
            conn
        }

        #[derive(diesel::QueryableByName)]
        struct Count {
            #[diesel(sql_type = diesel::sql_types::BigInt)]
            count: i64,
        }

        /// Waits until so many backends wait for a lock.
        async fn held_up(app: &TestApp, many: i64) {
            use diesel::RunQueryDsl as _;
            let mut conn = neighbour(app);
            let sql = "SELECT COUNT(*) AS count FROM pg_stat_activity \
                 WHERE datname = current_database() AND wait_event_type = 'Lock'";
            loop {
                let found: Count = diesel::sql_query(sql).get_result(&mut conn).unwrap();
                if found.count >= many {
                    return;
                }
                actix_web::rt::time::sleep(Duration::from_millis(10)).await;
            }
        }

        #[actix_web::test]
        async fn a_cut_connection_undoes_the_import_and_the_next_works() {
            let app = TestApp::postgres().await;
            save_mapping(&app, "tms", MAPPING).await;
            let held = hold_up(&app);
            let begun = app
                .send(upload(&app, "mapping=tms", FILE))
                .await
                .expect(202);
            held_up(&app, 1).await;
            let progress = app.get("/imports/1").await.expect(200)["progress"].clone();
            assert_eq!(progress["rows_done"], 4, "{progress}");
            assert_eq!(progress["bytes_total"], FILE.len());
            neighbour(&app)
                .batch_execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                     WHERE datname = current_database() AND wait_event_type = 'Lock'",
                )
                .unwrap();
            let record = ended(&app, &begun["id"]).await;
            assert_eq!(record["status"], "failed", "{record}");
            assert_eq!(record["error"], "the database failed; nothing was imported");
            drop(held);
            assert!(contents(&app).is_empty());
            imported(&app, "", FILE).await;
        }

        #[actix_web::test]
        async fn imports_take_turns_and_a_third_is_sent_away() {
            let app = TestApp::postgres().await;
            save_mapping(&app, "tms", MAPPING).await;
            let held = hold_up(&app);
            let first = app
                .send(upload(&app, "mapping=tms", FILE))
                .await
                .expect(202);
            held_up(&app, 1).await;
            // The same customers, not yet seen by anybody else.
            let other = FILE.replace("\n1,", "\n5,");
            let second = app
                .send(upload(&app, "mapping=tms", other))
                .await
                .expect(202);
            held_up(&app, 2).await;
            let third = app.send(upload(&app, "mapping=tms", FILE)).await;
            assert!(third.header("retry-after").parse::<u64>().unwrap() >= 1);
            third.expect_problem(503, "unavailable");
            drop(held);
            assert_eq!(counts(&ended(&app, &first["id"]).await), [4, 0, 0, 0, 0]);
            assert_eq!(counts(&ended(&app, &second["id"]).await), [1, 0, 3, 0, 0]);
        }
    }
}
