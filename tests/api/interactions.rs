//! Interactions: over the API, from files, from mailboxes; what is scored and what is not.

use std::io::BufReader;

use hawser::access::audit::Actor;
use hawser::access::{Scope, Teams};
use hawser::engagement::edit::Writer;
use hawser::engagement::file::{LoadError, Loaded, load};
use hawser::imports::mapping::Format;
use hawser::interactions::mail::{Form, MailReason, MailReport, import};
use hawser::interactions::store::records::Values;
use reqwest::Method;
use serde_json::{Value, json};

use crate::TestApp;
use crate::harness::on_each_database;

on_each_database!(
    an_interaction_lives_from_creation_to_tombstone,
    only_the_customers_own_words_are_scored,
    what_an_interaction_names_must_exist_and_fit,
    long_empty_mixed_and_strange_texts_are_kept,
    writing_twice_is_writing_once,
    a_limited_key_sees_and_writes_its_customers_interactions_only,
    lists_are_filtered_and_hold_no_texts,
    a_file_is_written_whole_or_not_at_all,
    mails_are_placed_by_their_addresses_and_read_in_every_form,
    a_mailbox_names_what_it_does_not_store,
    mails_over_the_api_know_the_keys_teams,
);

/// A customer with a department, two contacts and two of our own people.
pub struct World {
    pub mill: i64,
    pub purchasing: i64,
    pub anna: i64,
    pub lina: i64,
    pub bob: i64,
    pub eve: i64,
}

pub async fn customer(app: &TestApp, key: &str, team: Option<i64>) -> i64 {
    let body =
        json!({"name": key, "team_id": team, "external_ids": [{"system": "tms", "id": key}]});
    id(&app.post("/customers", body).await.expect(201))
}

pub fn id(made: &Value) -> i64 {
    made["id"].as_i64().unwrap()
}

pub async fn contact(
    app: &TestApp,
    customer: i64,
    (name, email): (&str, &str),
    department: Option<i64>,
) -> i64 {
    let body = json!({"name": name, "email": email, "department_id": department});
    let path = format!("/customers/{customer}/contacts");
    id(&app.post(&path, body).await.expect(201))
}

pub async fn user(app: &TestApp, name: &str) -> i64 {
    let email = format!("{}@firm.example", name.to_lowercase());
    let body = json!({"name": name, "email": email});
    id(&app.post("/users", body).await.expect(201))
}

pub async fn world(app: &TestApp, team: Option<i64>) -> World {
    let mill = customer(app, "Mill", team).await;
    let body = json!({"kind": "purchasing", "name": "Purchasing"});
    let path = format!("/customers/{mill}/departments");
    let purchasing = id(&app.post(&path, body).await.expect(201));
    World {
        mill,
        purchasing,
        anna: contact(app, mill, ("Anna", "anna@mill.example"), Some(purchasing)).await,
        lina: contact(app, mill, ("李娜", "Lina@mill.example"), None).await,
        bob: user(app, "Bob").await,
        eve: user(app, "Eve").await,
    }
}

/// What customer Mill said, laid over with `changes`.
pub fn said(changes: Value) -> Value {
    let mut body = json!({
        "customer": {"external_id": {"system": "tms", "id": "Mill"}}, "channel": "mail",
        "direction": "inbound", "at": "2026-03-01T10:00:00Z",
    });
    for (name, value) in changes.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

fn each<'a>(rows: &'a [Value], member: &str) -> Vec<&'a Value> {
    rows.iter().map(|row| &row[member]).collect()
}

async fn an_interaction_lives_from_creation_to_tombstone(app: TestApp) {
    let w = world(&app, None).await;
    let body = said(json!({
        "contact_id": w.anna, "user": {"email": "BOB@firm.example"}, "subject": " Late ",
        "text": "The delivery was terrible, two pallets were damaged.\n\nRegards\nAnna",
        "external_id": {"system": "crm", "id": "77"},
    }));
    let reply = app.post("/interactions", body.clone()).await;
    let location = reply.header("location").to_owned();
    assert_eq!(reply.header("etag"), "\"v1\"");
    let made = reply.expect(201);
    assert_eq!(location, format!("/api/v1/interactions/{}", made["id"]));
    for (member, wanted) in [
        ("customer_id", json!(w.mill)),
        // The contact's, for it was not told.
        ("department_id", json!(w.purchasing)),
        ("user_id", json!(w.bob)),
        ("subject", json!("Late")),
        (
            "text",
            json!("The delivery was terrible, two pallets were damaged."),
        ),
        ("language", json!("en")),
        ("neutral", json!(false)),
        ("not_scored", json!(null)),
        ("scored_with", json!("lexicon")),
    ] {
        assert_eq!(made[member], wanted, "{member}");
    }
    assert!(made["polarity"].as_f64().unwrap() < -0.5, "{made}");
    assert!(
        made["sentences"][0]["text"]
            .as_str()
            .unwrap()
            .contains("damaged")
    );
    let topics = made["topics"].as_array().unwrap();
    assert!(
        topics.iter().any(|found| found["topic"] == "damage"),
        "{made}"
    );
    let path = "/interactions/ext:crm:77";
    assert_eq!(app.get(path).await.expect(200), made);
    app.post("/interactions", body)
        .await
        .expect_problem(409, "external_id_taken");
    let patched = app
        .patch(path, json!({"subject": null, "direction": "outbound"}))
        .await;
    let patched = patched.expect(200);
    assert_eq!(
        (
            &patched["subject"],
            &patched["polarity"],
            &patched["not_scored"],
            &patched["version"]
        ),
        (&json!(null), &json!(null), &json!("ours"), &json!(2))
    );
    assert_eq!(app.delete(path).await.status, 204);
    app.get(path).await.expect_problem(404, "not_found");
    let gone = app
        .all("/interactions?updated_since=2026-03-01T00:00:00Z")
        .await;
    assert!(gone[0]["deleted_at"].is_string() && gone[0]["subject"].is_null());
    let audit = app.all("/audit?entity=interaction").await;
    assert_eq!(each(&audit, "action"), ["deleted", "updated", "created"]);
    // Told again, it comes back with its text scored.
    let body = said(json!({"text": "Excellent work, thank you!"}));
    let back = app.put(path, body).await.expect(201);
    assert!(back["polarity"].as_f64().unwrap() > 0.5, "{back}");
}

async fn only_the_customers_own_words_are_scored(app: TestApp) {
    world(&app, None).await;
    let bad = "This is terrible and unacceptable.";
    for (changes, not_scored) in [
        (json!({"direction": "outbound", "text": bad}), json!("ours")),
        (json!({"direction": "internal", "text": bad}), json!("ours")),
        (json!({"text": format!("> {bad}")}), json!("empty")),
        (json!({}), json!("empty")),
        (json!({"text": bad}), json!(null)),
        (json!({"channel": "visit", "text": bad}), json!(null)),
        // Notes are written here: what stands in them is meant.
        (
            json!({"channel": "note", "text": format!("> {bad}")}),
            json!(null),
        ),
    ] {
        let made = app
            .post("/interactions", said(changes.clone()))
            .await
            .expect(201);
        assert_eq!(made["not_scored"], not_scored, "{changes}");
        assert_eq!(
            made["polarity"].is_null(),
            !not_scored.is_null(),
            "{changes}"
        );
    }
}

async fn what_an_interaction_names_must_exist_and_fit(app: TestApp) {
    let w = world(&app, None).await;
    let other = customer(&app, "Other", None).await;
    let stranger = contact(&app, other, ("Stranger", "s@other.example"), None).await;
    let path = format!("/customers/{other}/departments");
    let hall = json!({"kind": "warehouse", "name": "Hall 1"});
    let foreign = id(&app.post(&path, hall).await.expect(201));
    for (changes, field, code) in [
        (json!({"customer": {"id": 999_999}}), "/customer", "unknown"),
        (json!({"contact_id": stranger}), "/contact_id", "unknown"),
        (
            json!({"department_id": foreign}),
            "/department_id",
            "unknown",
        ),
        (
            json!({"user": {"email": "no@firm.example"}}),
            "/user",
            "unknown",
        ),
        (json!({"user": {"id": 999_999}}), "/user", "unknown"),
        (json!({"shipment": {"id": 999_999}}), "/shipment", "unknown"),
        (
            json!({"complaint": {"id": 999_999}}),
            "/complaint",
            "unknown",
        ),
        (json!({"at": "2026-03-02T08:00:01Z"}), "/at", "future"),
        (
            json!({"text": "x".repeat((1 << 20) + 1)}),
            "/text",
            "length",
        ),
    ] {
        let wrong = app.post("/interactions", said(changes)).await;
        let wrong = wrong.expect_problem(422, "invalid");
        let error = &wrong["errors"][0];
        assert_eq!(
            (&error["pointer"], &error["code"]),
            (&json!(field), &json!(code))
        );
    }
    app.post("/interactions", said(json!({"channel": "fax"})))
        .await
        .expect_problem(400, "bad_value");
    // What was deleted since stays with what names it.
    let about = said(json!({"contact_id": w.anna, "text": "Good."}));
    let made = app.post("/interactions", about).await.expect(201);
    assert_eq!(
        app.delete(&format!("/contacts/{}", w.anna)).await.status,
        204
    );
    let path = format!("/interactions/{}", made["id"]);
    let patched = app
        .patch(&path, json!({"subject": "Later"}))
        .await
        .expect(200);
    assert_eq!(patched["contact_id"], w.anna);
    let again = said(json!({"contact_id": w.anna}));
    app.post("/interactions", again)
        .await
        .expect_problem(422, "invalid");
}

async fn long_empty_mixed_and_strange_texts_are_kept(app: TestApp) {
    world(&app, None).await;
    let sentence = "The delivery was late and the goods were damaged. ";
    let long = sentence.repeat((1 << 20) / sentence.len());
    let made = app
        .post("/interactions", said(json!({"text": long})))
        .await
        .expect(201);
    assert_eq!(made["text"].as_str().unwrap().len(), long.trim().len());
    assert!(made["polarity"].as_f64().unwrap() < 0.0);
    for (text, language, not_scored) in [
        (" \n ", None, Some("empty")),
        ("12345 --- 67", Some("unknown"), Some("no_words")),
        (
            "Die Lieferung kam zu spät und die Ware war beschädigt, wir sind sehr enttäuscht.",
            Some("other"),
            Some("other_language"),
        ),
        ("货物破损，我们很不满意。", Some("zh"), None),
        (
            "The delivery was late and we are disappointed. 货物破损，我们很不满意。",
            Some("mixed"),
            None,
        ),
    ] {
        let made = app
            .post("/interactions", said(json!({"text": text})))
            .await
            .expect(201);
        assert_eq!(
            (made["language"].as_str(), made["not_scored"].as_str()),
            (language, not_scored),
            "{text}"
        );
        if not_scored.is_none() {
            assert!(made["polarity"].as_f64().unwrap() < 0.0, "{text}");
        }
    }
    // Only emoji: either known ones with a feeling, or none.
    for text in ["😡😡", "🚚🚚"] {
        let made = app
            .post("/interactions", said(json!({"text": text})))
            .await
            .expect(201);
        assert_ne!(
            made["polarity"].is_null(),
            made["not_scored"].is_null(),
            "{made}"
        );
    }
    app.post("/interactions", said(json!({"text": "a\u{0}b"})))
        .await
        .expect_problem(422, "invalid");
}

async fn writing_twice_is_writing_once(app: TestApp) {
    let w = world(&app, None).await;
    let body = said(json!({
        "external_id": {"system": "crm", "id": "1"}, "contact_id": w.anna,
        "text": "All was fine.\n\nRegards\nAnna",
    }));
    for outcome in ["created", "unchanged"] {
        let report = app
            .post("/interactions:batch", json!([body]))
            .await
            .expect(200);
        assert_eq!(report["results"][0]["outcome"], outcome);
    }
    // The department is the one that the person was in when it happened.
    let path = format!("/contacts/{}", w.anna);
    app.patch(&path, json!({"department_id": null}))
        .await
        .expect(200);
    let path = "/interactions/ext:crm:1";
    let put = app.put(path, body.clone()).await.expect(200);
    assert_eq!(
        (&put["version"], &put["department_id"]),
        (&json!(1), &json!(w.purchasing))
    );
    // The key of the path need not be told again.
    let mut keyless = body;
    keyless.as_object_mut().unwrap().remove("external_id");
    for path in [path.to_owned(), format!("/interactions/{}", put["id"])] {
        assert_eq!(
            app.put(&path, keyless.clone()).await.expect(200)["version"],
            1
        );
    }
    let wrong = json!([{"channel": "mail"}, keyless, keyless]);
    let report = app.post("/interactions:batch", wrong).await.expect(200);
    assert_eq!(
        (&report["failed"], &report["created"]),
        (&json!(1), &json!(2))
    );
}

async fn a_limited_key_sees_and_writes_its_customers_interactions_only(app: TestApp) {
    let mut teams = Vec::new();
    for name in ["North", "South"] {
        teams.push(id(&app
            .post("/teams", json!({"name": name}))
            .await
            .expect(201)));
    }
    world(&app, Some(teams[0])).await;
    let body = said(json!({"external_id": {"system": "crm", "id": "1"}, "text": "Fine."}));
    let made = app.post("/interactions", body.clone()).await.expect(201);
    let south = app.make_key(
        &[Scope::Read, Scope::Write],
        Teams::Only(vec![teams[1]]),
        None,
    );
    let path = format!("/api/v1/interactions/{}", made["id"]);
    let ask = |method: Method, path: &str| app.bare(method, path).bearer_auth(&south);
    for path in [path.as_str(), "/api/v1/interactions/ext:crm:1"] {
        app.send(ask(Method::GET, path))
            .await
            .expect_problem(404, "not_found");
        app.send(ask(Method::PATCH, path).json(&json!({})))
            .await
            .expect_problem(404, "not_found");
        app.send(ask(Method::DELETE, path))
            .await
            .expect_problem(404, "not_found");
    }
    let put = ask(Method::PUT, &path).json(&json!({"channel": "mail"}));
    app.send(put).await.expect_problem(404, "not_found");
    let listed = app
        .send(ask(Method::GET, "/api/v1/interactions"))
        .await
        .expect(200);
    assert_eq!(listed["data"], json!([]));
    // The key is taken, by whom is not told; the customer is none that it knows.
    for (body, status, code) in [
        (body, 409, "external_id_taken"),
        (said(json!({"text": "Fine."})), 422, "invalid"),
    ] {
        let post = ask(Method::POST, "/api/v1/interactions").json(&body);
        app.send(post).await.expect_problem(status, code);
    }
    for path in ["sentiment", "owner", "hand-over"] {
        let path = format!("/api/v1/customers/ext:tms:Mill/{path}");
        app.send(ask(Method::GET, &path))
            .await
            .expect_problem(404, "not_found");
    }
    let owner = ask(Method::PUT, "/api/v1/customers/ext:tms:Mill/owner");
    let owner = owner.json(&json!({"user": {"email": "bob@firm.example"}}));
    app.send(owner).await.expect_problem(404, "not_found");
    for path in ["/key-people", "/users/1/exposure", "/users/1/sentiment"] {
        let path = format!("/api/v1{path}");
        app.send(ask(Method::GET, &path))
            .await
            .expect_problem(403, "forbidden");
    }
}

async fn lists_are_filtered_and_hold_no_texts(app: TestApp) {
    let w = world(&app, None).await;
    for (day, changes) in [
        (1, json!({"text": "Terrible damage.", "contact_id": w.anna})),
        (2, json!({"text": "Great, thank you!", "channel": "call"})),
        (
            3,
            json!({"text": "We are sorry.", "direction": "outbound", "user": {"id": w.eve}}),
        ),
    ] {
        let mut body = said(changes);
        body["at"] = json!(format!("2026-02-0{day}T10:00:00Z"));
        body["external_id"] = json!({"system": "crm", "id": day.to_string()});
        app.post("/interactions", body).await.expect(201);
    }
    for (filter, found) in [
        ("", vec!["3", "2", "1"]),
        ("?sort=at", vec!["1", "2", "3"]),
        ("?direction=inbound&channel=mail", vec!["1"]),
        ("?polarity[gt]=0", vec!["2"]),
        ("?not_scored=ours", vec!["3"]),
        (&format!("?contact_id={}", w.anna), vec!["1"]),
        (&format!("?user_id={}", w.eve), vec!["3"]),
        ("?at[gte]=2026-02-02T00:00:00Z&limit=1", vec!["3", "2"]),
    ] {
        let rows = app.all(&format!("/interactions{filter}")).await;
        let keys: Vec<&str> = rows
            .iter()
            .map(|row| row["external_id"]["id"].as_str().unwrap())
            .collect();
        assert_eq!(keys, found, "{filter}");
        assert!(rows.iter().all(|row| row.get("text").is_none()));
    }
    app.get("/interactions?colour=red")
        .await
        .expect_problem(400, "bad_parameter");
    app.get("/interactions?language[contains]=e")
        .await
        .expect_problem(400, "bad_parameter");
}

fn writer(app: &TestApp) -> Writer {
    Writer {
        teams: Teams::All,
        actor: Actor::cli(),
        now: app.state.clock.now().into(),
    }
}

async fn a_file_is_written_whole_or_not_at_all(app: TestApp) {
    world(&app, None).await;
    let run = |text: &str| -> Result<Loaded, LoadError> {
        let file = std::io::Cursor::new(text.as_bytes().to_vec());
        let writer = writer(&app);
        app.state.db.write_now(|conn| {
            load::<Values>(conn, &writer, (Box::new(file), Format::Csv, "calls.csv"))
        })
    };
    let head = "external_id,external_system,customer.external_id,customer.external_system,user.email,channel,direction,at,text";
    let good = format!(
        "{head}\n1,pbx,Mill,tms,bob@firm.example,call,inbound,2026-02-01T10:00:00Z,\"Late again,\nand damaged.\"\n"
    );
    let bad = format!(
        "{good}2,pbx,Nobody,tms,,call,inbound,2026-02-01T10:00:00Z,x\n3,pbx,Mill,tms,,smoke,inbound,2026-02-01T10:00:00Z,x\n"
    );
    let Err(LoadError::Refused { count, rows }) = run(&bad) else {
        panic!("nothing was refused");
    };
    assert_eq!(count, 2);
    assert_eq!(rows.iter().map(|row| row.line).collect::<Vec<_>>(), [4, 5]);
    assert!(app.all("/interactions").await.is_empty());
    assert_eq!(run(&good).unwrap().created, 1);
    assert_eq!(run(&good).unwrap().unchanged, 1);
    let row = app.get("/interactions/ext:pbx:1").await.expect(200);
    assert_eq!(row["text"], "Late again,\nand damaged.");
}

fn fixture(name: &str) -> Vec<u8> {
    let path = format!("{}/tests/mail-fixtures/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(path).unwrap()
}

fn read(app: &TestApp, name: &str) -> MailReport {
    let (file, writer) = (fixture(name), writer(app));
    app.state
        .db
        .write_now(|conn| import(conn, &writer, BufReader::new(&file[..]), Form::Either))
        .unwrap()
}

async fn mails_are_placed_by_their_addresses_and_read_in_every_form(app: TestApp) {
    let w = world(&app, None).await;
    for (name, key, contact, sign) in [
        ("quoted.eml", "quoted-1@mill.example", w.anna, -1.0),
        ("gb18030.eml", "gb-1@mill.example", w.lina, -1.0),
        ("base64-zh.eml", "b64-1@mill.example", w.lina, 1.0),
        ("html-only.eml", "html-1@mill.example", w.anna, -1.0),
    ] {
        let report = read(&app, name);
        assert_eq!(
            (report.created, report.inbound, report.refused),
            (1, 1, 0),
            "{report:?}"
        );
        let found = app
            .get(&format!("/interactions/ext:mail:{key}"))
            .await
            .expect(200);
        assert_eq!(
            (
                &found["contact_id"],
                &found["user_id"],
                &found["direction"],
                &found["channel"]
            ),
            (
                &json!(contact),
                &json!(w.bob),
                &json!("inbound"),
                &json!("mail")
            )
        );
        assert!(
            found["polarity"].as_f64().unwrap() * sign > 0.0,
            "{name}: {found}"
        );
        // A second time nothing changes, and what was deleted stays so.
        assert_eq!(read(&app, name).unchanged, 1);
        let path = format!("/interactions/ext:mail:{key}");
        assert_eq!(app.get(&path).await.expect(200), found);
        assert_eq!(app.delete(&path).await.status, 204);
        assert_eq!(read(&app, name).unchanged, 1);
        app.get(&path).await.expect_problem(404, "not_found");
    }
    let texts = app
        .all("/interactions?updated_since=2026-01-01T00:00:00Z")
        .await;
    assert_eq!(texts.len(), 4);
    let subjects: Vec<_> = texts.iter().map(|row| row["subject"].is_null()).collect();
    assert_eq!(subjects, [true; 4], "tombstones hold no words");
    // A message whose end is missing: what can be read is read.
    let report = read(&app, "broken.eml");
    assert_eq!(report.messages, 1);
    assert_eq!(report.created + report.refused, 1, "{report:?}");
}

async fn a_mailbox_names_what_it_does_not_store(app: TestApp) {
    let w = world(&app, None).await;
    for name in ["Agent", "Forwarder"] {
        let one = customer(&app, name, None).await;
        contact(&app, one, (name, "shared@agent.example"), None).await;
    }
    let other = customer(&app, "Other", None).await;
    contact(&app, other, ("Carl", "carl@other.example"), None).await;
    let report = read(&app, "inbox.mbox");
    assert_eq!(
        (
            report.messages,
            report.created,
            report.inbound,
            report.outbound,
            report.refused
        ),
        (8, 2, 1, 1, 6),
        "{report:?}"
    );
    let problems: Vec<(u64, MailReason)> = report
        .problems
        .iter()
        .map(|one| (one.position, one.reason))
        .collect();
    assert_eq!(
        problems[..5],
        [
            (3, MailReason::NobodyKnown),
            (4, MailReason::Ambiguous),
            (5, MailReason::NoDate),
            (6, MailReason::AmongOurselves),
            (7, MailReason::Refused),
        ]
    );
    assert_eq!(problems[5].0, 8);
    assert!(
        report.problems[0]
            .detail
            .contains("stranger@nowhere.example")
    );
    assert!(report.problems[4].detail.contains("future"));
    let notes: Vec<_> = report
        .notes
        .iter()
        .map(|one| (one.position, one.reason))
        .collect();
    assert_eq!(notes, [(2, MailReason::OtherCustomers)]);
    let first = app
        .get("/interactions/ext:mail:box-1@mill.example")
        .await
        .expect(200);
    assert!(
        first["text"]
            .as_str()
            .unwrap()
            .ends_with("\nFrom now on we want a call.")
    );
    assert_eq!(first["at"], "2026-02-17T10:00:00Z");
    let sent = app
        .get("/interactions/ext:mail:box-2@firm.example")
        .await
        .expect(200);
    assert_eq!(
        (
            &sent["direction"],
            &sent["not_scored"],
            &sent["contact_id"],
            &sent["user_id"]
        ),
        (
            &json!("outbound"),
            &json!("ours"),
            &json!(w.anna),
            &json!(w.bob)
        )
    );
    let again = read(&app, "inbox.mbox");
    assert_eq!((again.created, again.unchanged, again.refused), (0, 2, 6));
}

async fn mails_over_the_api_know_the_keys_teams(app: TestApp) {
    let team = id(&app
        .post("/teams", json!({"name": "North"}))
        .await
        .expect(201));
    world(&app, Some(team)).await;
    let post = |key: &str, kind: &'static str, name: &str| {
        app.bare(Method::POST, "/api/v1/interactions:mail")
            .bearer_auth(key)
            .header("content-type", kind)
            .body(fixture(name))
    };
    let scopes = [Scope::Read, Scope::Write];
    let elsewhere = app.make_key(&scopes, Teams::Only(vec![team + 1]), None);
    let report = app
        .send(post(&elsewhere, "message/rfc822", "quoted.eml"))
        .await
        .expect(200);
    assert_eq!(report["problems"][0]["reason"], "nobody_known");
    let north = app.make_key(&scopes, Teams::Only(vec![team]), None);
    let report = app
        .send(post(&north, "message/rfc822", "quoted.eml"))
        .await
        .expect(200);
    assert_eq!(report["created"], 1);
    let report = app
        .send(post(&app.key, "application/mbox", "inbox.mbox"))
        .await
        .expect(200);
    assert_eq!(
        (&report["messages"], &report["created"]),
        (&json!(8), &json!(2))
    );
    app.send(post(&app.key, "text/plain", "quoted.eml"))
        .await
        .expect_problem(415, "unsupported_media_type");
}
