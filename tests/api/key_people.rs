//! The sentiment index, models of the own texts, key people, owners and hand-over lists.

use hawser::access::audit::Actor;
use hawser::db::select::{Statement, Value as Bind};
use hawser::ids::CustomerId;
use hawser::interactions::rescore::{self, Rescored};
use hawser::interactions::store::owners::owned_by;
use hawser::interactions::store::texts::{Comment, comments_after, set_polarity};
use hawser::interactions::store::{Whose, voices};
use hawser::interactions::train;
use hawser::sentiment::Channel;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::TestApp;
use crate::harness::on_each_database;
use crate::interactions::{contact, customer, id, said, user, world};

on_each_database!(
    the_index_is_that_of_a_pencil,
    comments_beside_answers_count_as_voices,
    a_model_is_learnt_used_and_texts_are_scored_again,
    a_model_that_is_worse_is_kept_and_not_used,
    exposure_is_that_of_a_pencil,
    owners_follow_one_another,
    an_owner_who_is_to_come_bars_nobody_before,
    a_comment_that_changed_meanwhile_keeps_its_score,
    a_hand_over_list_holds_what_is_open,
);

/// An interaction of a customer with a feeling that is set, whatever its words.
async fn felt(app: &TestApp, customer: i64, at: &str, polarity: f64, more: Value) -> i64 {
    let mut body = said(more);
    body["customer"] = json!({"id": customer});
    body["at"] = json!(at);
    body["text"] = json!("Good.");
    let made = id(&app.post("/interactions", body).await.expect(201));
    let set = |sql: &mut Statement| {
        sql.push(" WHERE id = ").bind(Bind::Int(made));
    };
    app.state
        .db
        .write_now(|conn| {
            let mut sql = Statement::new("UPDATE interactions SET polarity = ");
            sql.bind(Bind::Real(polarity));
            sql.push(", confidence = ").bind(Bind::Real(1.0));
            sql.push(", neutral = ").bind(Bind::Bool(false));
            set(&mut sql);
            sql.execute(conn)
        })
        .unwrap();
    made
}

fn near(found: &Value, wanted: f64) -> bool {
    found
        .as_f64()
        .is_some_and(|found| (found - wanted).abs() < 1e-9)
}

/// Sixty days before now: a text weighs a half.
const TWO_MONTHS: &str = "2026-01-01T08:00:00Z";
/// A hundred and eighty days before now: an interaction counts a half.
const HALF_A_YEAR: &str = "2025-09-03T08:00:00Z";

async fn the_index_is_that_of_a_pencil(app: TestApp) {
    let w = world(&app, None).await;
    let (baker, quiet) = (
        customer(&app, "Baker", None).await,
        customer(&app, "Quiet", None).await,
    );
    for _ in 0..6 {
        let more = json!({"contact_id": w.anna, "user": {"id": w.bob}});
        felt(&app, w.mill, TWO_MONTHS, -0.8, more).await;
        felt(&app, baker, TWO_MONTHS, 0.8, json!({})).await;
    }
    felt(&app, quiet, TWO_MONTHS, -1.0, json!({})).await;
    // Half-life 60 days: W = 6 × .5 = 3, S = ∓2.4. With parent 0: ∓2.4 / 6 = ∓.4, median 0. Quiet has
    // W = .5 < 3 and does not count.
    let found = app
        .get("/customers/ext:tms:Mill/sentiment")
        .await
        .expect(200);
    assert!(near(&found["company_median"], 0.0), "{found}");
    assert!(
        near(&found["index"], -0.4) && near(&found["against_median"], -0.4),
        "{found}"
    );
    assert_eq!(
        (&found["evidence"], &found["texts"]),
        (&json!("enough"), &json!(6))
    );
    // Half-life 21 days: W = 6 × 2^(-60/21) = .83: too little.
    assert_eq!(found["fast_index"], json!(null));
    // The department under the customer: (-2.4 + 3 × -.4) / 6; the contact under the department:
    // (-2.4 + 3 × -.6) / 6.
    let (department, contact) = (&found["departments"][0], &found["contacts"][0]);
    assert_eq!(
        (&department["id"], &contact["id"]),
        (&json!(w.purchasing), &json!(w.anna))
    );
    assert!(
        near(&department["index"], -0.6) && near(&contact["index"], -0.7),
        "{found}"
    );
    assert!(found["low"].as_f64().unwrap() < -0.4 && found["high"].as_f64().unwrap() > -0.4);
    assert_eq!(found["sentences"].as_array().unwrap().len(), 5);
    let link = found["sentences"][0]["href"].as_str().unwrap();
    app.get(&link["/api/v1".len()..]).await.expect(200);
    let silent = app
        .get(&format!("/customers/{quiet}/sentiment"))
        .await
        .expect(200);
    assert_eq!(
        (&silent["evidence"], &silent["index"]),
        (&json!("too_little_text"), &json!(null))
    );
    // What was said to Bob, under the median: -2.4 / 6.
    let bob = app
        .get(&format!("/users/{}/sentiment", w.bob))
        .await
        .expect(200);
    assert!(near(&bob["index"], -0.4) && bob["customers"] == 1, "{bob}");
    let kinds = app.get("/sentiment/departments").await.expect(200);
    assert_eq!(
        (&kinds[0]["kind"], &kinds[0]["texts"]),
        (&json!("purchasing"), &json!(6))
    );
    // Before it was said, nothing was.
    let before = app
        .get("/customers/ext:tms:Mill/sentiment?as_of=2025-12-31")
        .await
        .expect(200);
    assert_eq!(
        (&before["texts"], &before["company_median"]),
        (&json!(0), &json!(null))
    );
    app.get("/customers/ext:tms:Mill/sentiment?as_of=2026-03-03")
        .await
        .expect_problem(422, "invalid");
    app.get("/customers/ext:tms:Mill/sentiment?asof=1")
        .await
        .expect_problem(400, "bad_parameter");
    app.get("/users/999999/sentiment")
        .await
        .expect_problem(404, "not_found");
}

/// An open survey.
fn survey(app: &TestApp) -> i64 {
    let time = |text: &str| Bind::Time(hawser::db::UtcTime(text.parse().unwrap()));
    let values = [
        Bind::Text("Spring".into()),
        Bind::Text("[]".into()),
        Bind::Text("experience".into()),
        Bind::Text("open".into()),
        time("2026-04-01T00:00:00Z"),
        Bind::Int(7),
        Bind::Int(2),
        time("2026-02-01T00:00:00Z"),
        time("2026-02-01T00:00:00Z"),
    ];
    insert(
        app,
        "surveys (name, questions, about, status, closes_at, reminder_days, reminders, created_at, updated_at)",
        values.into(),
    )
}

/// Inserts a row and tells its id.
fn insert(app: &TestApp, into: &str, values: Vec<Bind>) -> i64 {
    #[derive(diesel::QueryableByName)]
    struct Id {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        id: i64,
    }
    app.state
        .db
        .write_now(|conn| {
            let mut sql = Statement::new("INSERT INTO ");
            sql.push(into).push(" VALUES (");
            sql.bind_list(values).push(") RETURNING id");
            Ok::<_, hawser::db::DbError>(sql.load::<Id>(conn)?.pop().unwrap().id)
        })
        .unwrap()
}

/// A contact's answer: a score with a comment beside it.
fn answer(app: &TestApp, survey: i64, (customer, contact): (i64, i64), at: Option<&str>) -> i64 {
    let time = |text: &str| Bind::Time(hawser::db::UtcTime(text.parse().unwrap()));
    let mut columns = "survey_id, customer_id, contact_id, source, language, nonce, status, invited_at, created_at, updated_at".to_owned();
    let word = |text: &str| Bind::Text(text.to_owned());
    let asked = || time("2025-09-01T00:00:00Z");
    let status = if at.is_some() { "answered" } else { "invited" };
    let mut values = vec![
        Bind::Int(survey),
        Bind::Int(customer),
        Bind::Int(contact),
        word("mail"),
        word("en"),
        word("n"),
        word(status),
        asked(),
        asked(),
        asked(),
    ];
    if let Some(at) = at {
        columns.push_str(", answered_at");
        values.push(time(at));
    }
    insert(app, &format!("survey_invitations ({columns})"), values)
}

fn comment(app: &TestApp, invitation: i64, at: &str, (score, text): (f64, &str)) {
    let at = Bind::Time(hawser::db::UtcTime(at.parse().unwrap()));
    let scored = vec![
        Bind::Int(invitation),
        Bind::Text("overall".into()),
        Bind::Text("csat5".into()),
        Bind::Real(1.0 + 4.0 * score),
        Bind::Real(score),
        at.clone(),
    ];
    let columns = "survey_answers (invitation_id, question, scale, value, score, answered_at)";
    insert(app, columns, scored);
    let told = vec![
        Bind::Int(invitation),
        Bind::Text("comment".into()),
        Bind::Text("text".into()),
        Bind::Text(text.to_owned()),
        at,
    ];
    let columns = "survey_answers (invitation_id, question, scale, text, answered_at)";
    insert(app, columns, told);
}

async fn comments_beside_answers_count_as_voices(app: TestApp) {
    let w = world(&app, None).await;
    let survey = survey(&app);
    let invitation = answer(&app, survey, (w.mill, w.lina), Some(TWO_MONTHS));
    comment(
        &app,
        invitation,
        TWO_MONTHS,
        (0.1, "Terrible: everything came late and damaged."),
    );
    let more = json!({"contact_id": w.anna, "user": {"id": w.bob}, "channel": "call"});
    felt(&app, w.mill, TWO_MONTHS, -0.8, more).await;
    let time = |text: &str| hawser::db::UtcTime(text.parse().unwrap());
    let all = |from: &str, until: &str| {
        let (from, until) = (time(from), time(until));
        app.state
            .db
            .read_now(|conn| voices(conn, Whose::All, from, until))
            .unwrap()
    };
    let found = all("2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z");
    assert_eq!(found.len(), 2);
    let spoken = found
        .iter()
        .find(|one| one.channel == Channel::Call)
        .unwrap();
    assert_eq!(
        (
            spoken.customer.0,
            spoken.contact.unwrap().0,
            spoken.user.unwrap().0
        ),
        (w.mill, w.anna, w.bob)
    );
    let said = spoken.feeling.unwrap().polarity;
    assert!((said + 0.8).abs() < 1e-12 && spoken.department.unwrap().0 == w.purchasing);
    let written = found
        .iter()
        .find(|one| one.channel == Channel::Survey)
        .unwrap();
    assert_eq!((written.contact.unwrap().0, written.user), (w.lina, None));
    let felt = written.feeling.unwrap();
    assert!(felt.polarity < -0.5);
    assert!((felt.confidence - (1.0 - felt.polarity) / 2.0).abs() < 1e-12);
    // The end does not count, the beginning does.
    assert!(all("2026-01-01T00:00:00Z", TWO_MONTHS).is_empty());
    assert_eq!(all(TWO_MONTHS, "2026-01-01T08:00:01Z").len(), 2);
    let own = |whose| {
        let (from, until) = (time("2026-01-01T00:00:00Z"), time("2026-02-01T00:00:00Z"));
        app.state
            .db
            .read_now(|conn| voices(conn, whose, from, until))
            .unwrap()
            .len()
    };
    assert_eq!(own(Whose::User(hawser::ids::UserId(w.bob))), 1);
    assert_eq!(own(Whose::Customer(CustomerId(w.mill))), 2);
    assert_eq!(own(Whose::Customer(CustomerId(w.mill + 1))), 0);
}

/// Trains and stores, as the command does.
fn trained(app: &TestApp) -> Vec<train::Training> {
    let examples = app.state.db.read_now(train::examples).unwrap();
    let now = app.state.clock.now().into();
    let learnt = train::learn_all(&examples);
    app.state
        .db
        .write_now(|conn| train::keep(conn, &Actor::cli(), learnt, now))
        .unwrap()
}

fn comments(app: &TestApp, (customer, contact): (i64, i64), rows: &[(f64, String)]) {
    for row in rows {
        // Each in a survey of its own: nobody is asked twice in one.
        let survey = survey(app);
        let invitation = answer(app, survey, (customer, contact), Some(TWO_MONTHS));
        comment(app, invitation, TWO_MONTHS, (row.0, &row.1));
    }
}

async fn a_model_is_learnt_used_and_texts_are_scored_again(app: TestApp) {
    let w = world(&app, None).await;
    let few = app.post("/sentiment/models", json!({})).await.expect(200);
    assert_eq!(
        (&few[0]["outcome"], &few[1]["outcome"]),
        (&json!("not_enough_texts"), &json!("not_enough_texts"))
    );
    assert!(
        few[0]["detail"]
            .as_str()
            .unwrap()
            .contains("not enough texts: 0 of 200")
    );
    // Words that no list knows, with a feeling that is known; enough of them, for a model of few
    // texts is held back and says nothing by itself.
    let rows: Vec<(f64, String)> = (0..3_000)
        .map(|n| match n % 2 {
            0 => (
                0.1,
                format!("Tour T{n} was zorblax on the whole, and so was the warehouse"),
            ),
            _ => (
                0.9,
                format!("Tour T{n} was quixel on the whole, and so was the warehouse"),
            ),
        })
        .collect();
    comments(&app, (w.mill, w.anna), &rows);
    let text = "This tour was zorblax";
    let made = app
        .post("/interactions", said(json!({"text": text})))
        .await
        .expect(201);
    assert_eq!(
        (&made["polarity"], &made["scored_with"]),
        (&json!(0.0), &json!("lexicon"))
    );
    let trained = app.post("/sentiment/models", json!({})).await.expect(200);
    let english = &trained[0];
    assert_eq!(
        (&english["language"], &english["outcome"]),
        (&json!("en"), &json!("in_use")),
        "{trained}"
    );
    let figures = &english["figures"];
    // The lists know nothing: every comment is neutral, which counts half.
    let lexicon = &figures["lexicon"];
    assert!(
        near(&lexicon["accuracy"], 0.5) && near(&lexicon["auc"], 0.5),
        "{figures}"
    );
    assert!(
        figures["model"]["auc"].as_f64().unwrap() > 0.95,
        "{figures}"
    );
    assert!(figures["held_out"].as_u64().unwrap() >= 30);
    let listed = app.get("/sentiment/models").await.expect(200);
    assert_eq!(
        (&listed[0]["in_use"], &listed[0]["id"]),
        (&json!(true), &english["model_id"])
    );
    // What was scored stays until it is scored again.
    let path = format!("/interactions/{}", made["id"]);
    assert_eq!(app.get(&path).await.expect(200)["polarity"], 0.0);
    let (mut done, mut place) = (Rescored::default(), Some(rescore::START));
    while let Some(from) = place {
        let now = app.state.clock.now().into();
        place = app
            .state
            .db
            .write_now(|conn| rescore::batch(conn, from, &mut done, now))
            .unwrap();
    }
    assert_eq!((done.texts, done.changed), (3_001, 3_001));
    let again = app.get(&path).await.expect(200);
    // A model of few texts is held back: it is believed by n / (n + 1,000). The lists say 0.
    assert!(again["polarity"].as_f64().unwrap() < 0.0, "{again}");
    let good = json!({"texts": ["This tour was quixel"]});
    let good = app.post("/sentiment:score", good).await.expect(200);
    assert!(good[0]["polarity"].as_f64().unwrap() > 0.0, "{good}");
    assert_eq!(again["scored_with"], english["model_id"].to_string());
    let told = app
        .post("/sentiment:score", json!({"texts": [text, ""]}))
        .await
        .expect(200);
    assert_eq!(
        (&told[0]["polarity"], &told[1]["not_scored"]),
        (&again["polarity"], &json!("empty"))
    );
    // Put out of use, the lists alone score.
    let model = format!("/sentiment/models/{}", english["model_id"]);
    app.patch(&model, json!({"in_use": false}))
        .await
        .expect(200);
    let told = app
        .post("/sentiment:score", json!({"texts": [text]}))
        .await
        .expect(200);
    assert_eq!(
        (&told[0]["polarity"], &told[0]["scored_with"]),
        (&json!(0.0), &json!("lexicon"))
    );
    app.patch("/sentiment/models/999", json!({"in_use": true}))
        .await
        .expect_problem(404, "not_found");
    let many = json!({"texts": vec![""; 1_001]});
    app.post("/sentiment:score", many)
        .await
        .expect_problem(422, "invalid");
}

async fn a_model_that_is_worse_is_kept_and_not_used(app: TestApp) {
    let w = world(&app, None).await;
    // Without labels a model is not validated, and used all the same.
    for n in 0..240 {
        let text = match n % 2 {
            0 => format!("第T{n}次送货太差，货物破损，很不满意。"),
            _ => format!("第T{n}次送货很好，非常满意，谢谢。"),
        };
        let made = app.post("/interactions", said(json!({"text": text})));
        made.await.expect(201);
    }
    let first = trained(&app).remove(1);
    assert_eq!(first.outcome, train::Trained::InUse, "{first:?}");
    assert_eq!(first.figures.unwrap().basis, "no labels: not validated");
    // Comments that are learnt from say the opposite of those that are held out.
    let held_out = |text: &str| Sha256::digest(text.as_bytes())[0].is_multiple_of(5);
    let rows: Vec<(f64, String)> = (0..400)
        .map(|n| {
            let good = n % 2 == 0;
            let word = if good { "good" } else { "bad" };
            let text = format!("Tour T{n} was {word}.");
            let score = if good == held_out(&text) { 1.0 } else { 0.0 };
            (score, text)
        })
        .collect();
    comments(&app, (w.mill, w.anna), &rows);
    let both = trained(&app);
    // The Chinese texts have not changed: another model takes the first one's place.
    assert_eq!(both[1].outcome, train::Trained::InUse);
    let second = &both[0];
    assert_eq!(second.outcome, train::Trained::Worse, "{second:?}");
    let figures = second.figures.clone().unwrap();
    assert!((figures.lexicon.unwrap().accuracy - 1.0).abs() < 1e-12);
    assert!(figures.model.unwrap().accuracy < 1.0);
    let listed = app.get("/sentiment/models").await.expect(200);
    let in_use: Vec<_> = listed
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["in_use"])
        .collect();
    // The newest first: Chinese, English, and the Chinese one before.
    assert_eq!(in_use, [&json!(true), &json!(false), &json!(false)]);
}

/// A shipment that earns so much.
async fn earn(app: &TestApp, (from, to): (&str, &str), margin: i64) {
    let party = |name: &str| json!({"external_id": {"system": "tms", "id": name}});
    let body = json!({
        "external_id": {"system": "tms", "id": format!("{from}-{to}")}, "shipper": party(from),
        "consignee": party(to), "booked_at": "2026-01-12T12:00:00Z", "status": "delivered",
        "revenue": margin + 40_000, "direct_cost": 40_000,
    });
    app.post("/shipments", body).await.expect(201);
}

async fn exposure_is_that_of_a_pencil(app: TestApp) {
    let w = world(&app, None).await;
    let baker = customer(&app, "Baker", None).await;
    let carl = contact(&app, baker, ("Carl", "carl@baker.example"), None).await;
    customer(&app, "Port", None).await;
    earn(&app, ("Mill", "Port"), 60_000).await;
    earn(&app, ("Baker", "Port"), 20_000).await;
    // Of 20 interactions half a year ago, which count 10, Bob has 16; Anna has 12 of them.
    for n in 0..20 {
        let user = if n < 16 { w.bob } else { w.eve };
        let person = if n < 12 { w.anna } else { w.lina };
        let direction = if n % 2 == 0 { "inbound" } else { "outbound" };
        let more = json!({"user": {"id": user}, "contact_id": person, "direction": direction});
        felt(&app, w.mill, HALF_A_YEAR, 0.0, more).await;
    }
    // Talk among ourselves is none with the customer.
    let among = json!({"user": {"id": w.eve}, "direction": "internal"});
    felt(&app, w.mill, HALF_A_YEAR, 0.0, among).await;
    let found = app.get("/key-people").await.expect(200);
    assert_eq!(
        (
            &found["customers"],
            &found["flagged"],
            &found["business_in"]
        ),
        (&json!(1), &json!(1), &json!("margin"))
    );
    let mill = &found["data"][0];
    for (member, wanted) in [
        ("share", 0.8),
        ("interactions", 10.0),
        // .8² + .2², and (10 × .68 - 1) / 9.
        ("hhi", 0.68),
        ("hhi_unbiased", 5.8 / 9.0),
    ] {
        assert!(near(&mill[member], wanted), "{member}: {mill}");
    }
    // 60,000 × .8 × .176.
    assert_eq!(
        (&mill["business"], &mill["may_leave"]),
        (&json!(60_000), &json!(8_448))
    );
    assert_eq!(
        (&mill["user"], &mill["flagged"]),
        (&json!("Bob"), &json!(true))
    );
    // Anna holds 12 of 20.
    assert_eq!(
        (
            &mill["contacts"],
            &mill["contacts_for_half"],
            &mill["fragile"]
        ),
        (&json!(2), &json!(1), &json!(true))
    );
    let owner = json!({"user": {"id": w.bob}, "from_on": "2025-06-01"});
    app.put("/customers/ext:tms:Mill/owner", owner)
        .await
        .expect(200);
    let survey = survey(&app);
    answer(&app, survey, (w.mill, w.anna), Some(HALF_A_YEAR));
    answer(&app, survey, (baker, carl), Some(HALF_A_YEAR));
    let bob = app
        .get(&format!("/users/{}/exposure", w.bob))
        .await
        .expect(200);
    assert!(near(&bob["interactions"]["amount"], 8.0) && near(&bob["interactions"]["share"], 0.8));
    // One of two answers was obtained while he owned the customer.
    assert!(
        near(&bob["answers"]["amount"], 0.5) && near(&bob["answers"]["share"], 0.5),
        "{bob}"
    );
    // The link of Mill earns 60,000 of 80,000.
    assert!(near(&bob["business"]["amount"], 60_000.0) && near(&bob["business"]["share"], 0.75));
    assert_eq!(
        (&bob["owned"], &bob["may_leave"]),
        (&json!(1), &json!(8_448))
    );
    let eve = app
        .get(&format!("/users/{}/exposure", w.eve))
        .await
        .expect(200);
    // 60,000 × .2 × .176 = 2,112.
    assert_eq!(
        (&eve["may_leave"], &eve["customers"][0]["flagged"]),
        (&json!(2_112), &json!(false))
    );
    // Who talks with both ends of a link loses it once, with the larger share: of Mill .2, of Dock all.
    let dock = customer(&app, "Dock", None).await;
    earn(&app, ("Mill", "Dock"), 10_000).await;
    felt(&app, dock, HALF_A_YEAR, 0.0, json!({"user": {"id": w.eve}})).await;
    let eve = app
        .get(&format!("/users/{}/exposure", w.eve))
        .await
        .expect(200);
    // (60,000 × .2 + 10,000 × 1) × .176 = 3,872; of the customers 70,000 × .2 and 10,000.
    assert_eq!(eve["may_leave"], json!(3_872), "{eve}");
    let each = eve["customers"].as_array().unwrap().iter();
    let each: Vec<_> = each.map(|one| &one["may_leave"]).collect();
    assert_eq!(each, [&json!(2_464), &json!(1_760)]);
    assert_eq!(
        app.get("/key-people?flagged=false&limit=1")
            .await
            .expect(200)["data"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    // A day later each counts a little less: fewer than 10.
    let later = app.state.clock.now() + chrono::TimeDelta::days(1);
    app.state.clock.set(later);
    assert_eq!(
        app.get("/key-people?flagged=true").await.expect(200)["data"],
        json!([])
    );
    app.get("/key-people?limit=0")
        .await
        .expect_problem(400, "bad_parameter");
    app.get("/users/999999/exposure")
        .await
        .expect_problem(404, "not_found");
}

async fn owners_follow_one_another(app: TestApp) {
    let w = world(&app, None).await;
    let path = "/customers/ext:tms:Mill/owner";
    let set = |user: Value, from: Option<&str>| json!({"user": user, "from_on": from});
    let first = app
        .put(
            path,
            set(json!({"email": "bob@firm.example"}), Some("2026-01-01")),
        )
        .await;
    assert_eq!(first.expect(200).as_array().unwrap().len(), 1);
    let second = app
        .put(path, set(json!({"id": w.eve}), None))
        .await
        .expect(200);
    let rows: Vec<_> = second
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            (
                row["name"].as_str().unwrap(),
                row["from_on"].as_str().unwrap(),
                row["until_on"].as_str(),
            )
        })
        .collect();
    assert_eq!(
        rows,
        [
            ("Eve", "2026-03-02", None),
            ("Bob", "2026-01-01", Some("2026-03-02"))
        ]
    );
    // The same person again changes nothing; the same day corrects.
    assert_eq!(
        app.put(path, set(json!({"id": w.eve}), None))
            .await
            .expect(200),
        second
    );
    let ida = user(&app, "Ida").await;
    let third = app
        .put(path, set(json!({"id": ida}), Some("2026-03-02")))
        .await
        .expect(200);
    assert_eq!(
        (third.as_array().unwrap().len(), &third[0]["name"]),
        (2, &json!("Ida"))
    );
    let wrong = app
        .put(path, set(json!({"id": w.bob}), Some("2026-02-01")))
        .await;
    assert_eq!(
        wrong.expect_problem(422, "invalid")["errors"][0]["code"],
        "before_owner"
    );
    app.put(path, set(json!({"id": 999_999}), None))
        .await
        .expect_problem(422, "invalid");
    app.put(path, set(json!({}), None))
        .await
        .expect_problem(422, "invalid");
    assert_eq!(app.get(path).await.expect(200), third);
    let audit = app.all("/audit?entity=customer&action=owner_set").await;
    assert_eq!(audit.len(), 3);
}

async fn an_owner_who_is_to_come_bars_nobody_before(app: TestApp) {
    let w = world(&app, None).await;
    let path = "/customers/ext:tms:Mill/owner";
    let set = |id: i64, from: Option<&str>| json!({"user": {"id": id}, "from_on": from});
    app.put(path, set(w.eve, Some("2026-06-01")))
        .await
        .expect(200);
    let rows = |found: &Value| -> Vec<(String, String, Option<String>)> {
        let text = |row: &Value, member: &str| row[member].as_str().map(str::to_owned);
        let rows = found.as_array().unwrap().iter();
        rows.map(|row| {
            let of = |member| text(row, member).unwrap();
            (of("name"), of("from_on"), text(row, "until_on"))
        })
        .collect()
    };
    let row = |name: &str, from: &str, until: Option<&str>| {
        (name.to_owned(), from.to_owned(), until.map(str::to_owned))
    };
    // Today is 2 March.
    let found = app.put(path, set(w.bob, None)).await.expect(200);
    let eve = row("Eve", "2026-06-01", None);
    let bob = row("Bob", "2026-03-02", Some("2026-06-01"));
    assert_eq!(rows(&found), [eve.clone(), bob]);
    // Between the two, and again in somebody's place.
    let ida = user(&app, "Ida").await;
    app.put(path, set(w.bob, Some("2026-04-01")))
        .await
        .expect(200);
    let between = app.put(path, set(ida, Some("2026-04-01"))).await;
    let ida_row = row("Ida", "2026-04-01", Some("2026-06-01"));
    let bob = row("Bob", "2026-03-02", Some("2026-04-01"));
    assert_eq!(
        rows(&between.expect(200)),
        [eve.clone(), ida_row.clone(), bob]
    );
    let found = app.put(path, set(ida, None)).await.expect(200);
    let first = row("Ida", "2026-03-02", Some("2026-04-01"));
    assert_eq!(rows(&found), [eve, ida_row, first]);
    let owned = |user: i64, day: &str| {
        let (user, day) = (hawser::ids::UserId(user), day.parse().unwrap());
        let found = app.state.db.read_now(|conn| owned_by(conn, user, day));
        found.unwrap().len()
    };
    assert_eq!(
        (owned(ida, "2026-03-02"), owned(w.eve, "2026-03-02")),
        (1, 0)
    );
    assert_eq!(
        (owned(ida, "2026-06-01"), owned(w.eve, "2026-06-01")),
        (0, 1)
    );
    let wrong = app.put(path, set(w.bob, Some("2026-02-01"))).await;
    assert_eq!(
        wrong.expect_problem(422, "invalid")["errors"][0]["code"],
        "before_owner"
    );
}

async fn a_comment_that_changed_meanwhile_keeps_its_score(app: TestApp) {
    let w = world(&app, None).await;
    let survey = survey(&app);
    let invitation = answer(&app, survey, (w.mill, w.lina), Some(TWO_MONTHS));
    comment(&app, invitation, TWO_MONTHS, (0.1, "It was terrible."));
    let now = app.state.clock.now();
    let since = format!(
        "/survey-answers?updated_since={}",
        now.format("%Y-%m-%dT%H:%M:%SZ")
    );
    let mut read = app
        .state
        .db
        .read_now(|conn| comments_after(conn, 0, 10))
        .unwrap();
    let comment = read.pop().unwrap();
    let store = |comment: &Comment| {
        app.state
            .db
            .write_now(|conn| set_polarity(conn, comment, Some(-0.5), now.into()))
            .unwrap()
    };
    let outdated = Comment {
        text: "It was fine.".to_owned(),
        ..comment.clone()
    };
    assert!(!store(&outdated));
    assert!(app.all(&since).await.is_empty());
    assert!(store(&comment));
    // Whoever takes over what changed is told.
    let rows = app.all(&since).await;
    assert!(
        rows.iter().all(|row| row["invitation_id"] == invitation) && !rows.is_empty(),
        "{rows:?}"
    );
    let kept = app
        .state
        .db
        .read_now(|conn| comments_after(conn, 0, 10))
        .unwrap();
    assert_eq!(kept[0].polarity, Some(-0.5));
}

async fn a_hand_over_list_holds_what_is_open(app: TestApp) {
    let w = world(&app, None).await;
    let time = |text: &str| Bind::Time(hawser::db::UtcTime(text.parse().unwrap()));
    let word = |text: &str| Bind::Text(text.to_owned());
    let day = |text: &str| Bind::Date(text.parse().unwrap());
    let then = || time("2026-02-20T10:00:00Z");
    for (key, status) in [
        ("1", "received"),
        ("2", "confirmed"),
        ("3", "withdrawn"),
        ("4", "reopened"),
    ] {
        let values = vec![
            word("hawser"),
            word(key),
            Bind::Int(w.mill),
            word("mail"),
            word("high"),
            word(&format!("Damage {key}")),
            word(status),
            then(),
            then(),
            then(),
            word("n"),
            then(),
            then(),
        ];
        insert(
            &app,
            "complaints (system, external_id, customer_id, channel, severity, subject, status, received_at, acknowledge_due_at, answer_due_at, nonce, created_at, updated_at)",
            values,
        );
    }
    for (key, status) in [("1", "open"), ("2", "kept")] {
        let values = vec![
            word("hawser"),
            word(key),
            Bind::Int(w.mill),
            word("On time from April"),
            day("2026-02-01"),
            day("2026-04-01"),
            day("2026-06-30"),
            word(status),
            then(),
            then(),
        ];
        insert(
            &app,
            "promises (system, external_id, customer_id, text, made_on, from_on, due_on, status, created_at, updated_at)",
            values,
        );
    }
    for (key, ends) in [
        ("near", "2026-09-30"),
        ("far", "2027-09-30"),
        ("over", "2026-01-31"),
    ] {
        let body = json!({
            "external_id": {"system": "erp", "id": key}, "customer": {"id": w.mill},
            "starts_on": "2025-01-01", "ends_on": ends,
        });
        app.post("/contracts", body).await.expect(201);
    }
    let survey = survey(&app);
    answer(&app, survey, (w.mill, w.anna), None);
    answer(&app, survey, (w.mill, w.lina), Some(TWO_MONTHS));
    for n in 0..12 {
        let person = if n < 9 { w.anna } else { w.lina };
        felt(
            &app,
            w.mill,
            TWO_MONTHS,
            -0.8,
            json!({"contact_id": person}),
        )
        .await;
    }
    let owner = json!({"user": {"id": w.bob}});
    app.put("/customers/ext:tms:Mill/owner", owner)
        .await
        .expect(200);
    let list = app
        .get("/customers/ext:tms:Mill/hand-over")
        .await
        .expect(200);
    let named = |what: &str, member: &str| -> Vec<Value> {
        let rows = list[what].as_array().unwrap();
        rows.iter().map(|row| row[member].clone()).collect()
    };
    assert_eq!(named("complaints", "subject"), ["Damage 1", "Damage 4"]);
    assert_eq!(named("promises", "text"), ["On time from April"]);
    assert_eq!(named("contracts", "external_id"), ["near"]);
    assert_eq!(named("surveys", "contact_id"), [w.anna]);
    assert_eq!(named("owners", "name"), ["Bob"]);
    assert_eq!(named("interactions", "id").len(), 10);
    assert_eq!(named("contacts", "name"), ["Anna", "李娜"]);
    let anna = &list["contacts"][0];
    assert!(
        near(&anna["share"], 0.75) && anna["department"] == "Purchasing",
        "{anna}"
    );
    // Nine texts that weigh a half: enough; three: not.
    assert_eq!(named("contacts", "evidence"), ["enough", "too_little_text"]);
    assert_eq!(list["alerts"], json!([]));
}
