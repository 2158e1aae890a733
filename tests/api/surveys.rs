//! Surveys: who is asked and why not, answers from the API and from files, and what they come to.

use chrono::{TimeDelta, TimeZone as _, Utc};
use hawser::access::audit::Actor;
use hawser::access::{Scope, Teams};
use hawser::customers::edit::Writer;
use hawser::customers::model::{BuyingRole, DepartmentKind};
use hawser::db::UtcTime;
use hawser::engagement::file::{LoadError, Loaded};
use hawser::ids::{CustomerId, InvitationId};
use hawser::imports::mapping::Format;
use hawser::sentiment::Scorer;
use hawser::surveys::model::{Dimension, Side};
use hawser::surveys::{GivenAnswer, SurveyError, file, questions_for, record, store};
use reqwest::Method;
use serde_json::{Value, json};

use crate::TestApp;
use crate::harness::on_each_database;

on_each_database!(
    templates_are_there_from_the_start_and_are_changed_by_all_teams_keys_only,
    a_survey_lives_from_draft_to_close_and_its_questions_freeze,
    who_may_be_asked_is_asked_once_and_everybody_else_is_told_why,
    consent_is_kept_with_its_time_and_may_be_demanded,
    an_interviewer_enters_answers_and_changes_them_until_it_closes,
    bad_answers_are_named_and_lose_nothing,
    a_revoked_invitation_takes_no_answers_and_may_be_asked_again,
    who_has_answered_comes_back_as_answered_and_from_there,
    a_survey_about_a_shipment_asks_its_two_ends,
    a_survey_about_a_link_needs_its_ends,
    history_stays_when_departments_and_contacts_go,
    a_limited_key_sees_its_customers_answers_only,
    answers_of_other_systems_stand_or_fall_by_themselves,
    a_file_of_answers_is_taken_whole_or_not_at_all,
    results_count_and_weigh,
    coverage_tells_whom_nobody_heard,
    every_scored_answer_is_a_voice,
);

const CLOSES: &str = "2026-04-01T00:00:00Z";

async fn customer(app: &TestApp, key: &str, team: Option<i64>) -> i64 {
    let body = json!({"name": format!("Customer {key}"), "team_id": team, "external_ids": [{"system": "tms", "id": key}]});
    id(&app.post("/customers", body).await.expect(201))
}

async fn department(app: &TestApp, customer: i64, kind: &str) -> i64 {
    let path = format!("/customers/{customer}/departments");
    id(&app.post(&path, json!({"kind": kind})).await.expect(201))
}

/// A contact with an address, laid over with `changes`.
async fn contact(app: &TestApp, customer: i64, name: &str, changes: Value) -> i64 {
    let mut body = json!({"name": name, "email": format!("{name}@c{customer}.example")});
    for (field, value) in changes.as_object().unwrap() {
        body[field] = value.clone();
    }
    let path = format!("/customers/{customer}/contacts");
    id(&app.post(&path, body).await.expect(201))
}

async fn team(app: &TestApp, name: &str) -> i64 {
    id(&app.post("/teams", json!({"name": name})).await.expect(201))
}

fn id(body: &Value) -> i64 {
    body["id"].as_i64().unwrap()
}

async fn template(app: &TestApp, name: &str) -> Value {
    let found = app
        .get(&format!("/survey-templates?name={name}"))
        .await
        .expect(200);
    found["data"][0].clone()
}

/// An open survey of the template, laid over with `changes`.
async fn survey(app: &TestApp, of: &str, changes: Value) -> i64 {
    let template = id(&template(app, of).await);
    let mut body =
        json!({"name": format!("{of} in spring"), "template_id": template, "closes_at": CLOSES});
    for (field, value) in changes.as_object().unwrap() {
        body[field] = value.clone();
    }
    let made = id(&app.post("/surveys", body).await.expect(201));
    app.post(&format!("/surveys/{made}:open"), Value::Null)
        .await
        .expect(200);
    made
}

async fn invite(app: &TestApp, survey: i64, body: Value) -> Value {
    app.post(&format!("/surveys/{survey}/invitations"), body)
        .await
        .expect(200)
}

async fn invitations(app: &TestApp, survey: i64) -> Vec<Value> {
    app.all(&format!("/surveys/{survey}/invitations")).await
}

/// The id of the only invitation of a survey.
async fn only_invitation(app: &TestApp, survey: i64) -> i64 {
    let all = invitations(app, survey).await;
    assert_eq!(all.len(), 1, "{all:?}");
    id(&all[0])
}

/// Contact and reason of everybody skipped.
fn skipped(report: &Value) -> Vec<(i64, String)> {
    let rows = report["skipped"].as_array().unwrap().iter();
    rows.map(|row| {
        (
            row["contact_id"].as_i64().unwrap(),
            row["reason"].as_str().unwrap().to_owned(),
        )
    })
    .collect()
}

async fn answer(app: &TestApp, invitation: i64, answers: Value) -> Value {
    let path = format!("/survey-invitations/{invitation}/answers");
    app.put(&path, json!({"answers": answers}))
        .await
        .expect(200)
}

fn move_clock(app: &TestApp, days: i64) {
    app.state
        .clock
        .set(app.state.clock.now() + TimeDelta::days(days));
}

async fn ship(app: &TestApp, key: &str, from: &str, to: &str) -> i64 {
    let end = |id: &str| json!({"external_id": {"system": "tms", "id": id}});
    let body = json!({"external_id": {"system": "tms", "id": key}, "shipper": end(from), "consignee": end(to),
        "freight_terms": "prepaid", "service": "transport", "delivered_at": "2026-02-10T10:00:00Z",
        "revenue": 1000, "direct_cost": 400, "status": "delivered"});
    id(&app.post("/shipments", body).await.expect(201))
}

async fn templates_are_there_from_the_start_and_are_changed_by_all_teams_keys_only(app: TestApp) {
    let names: Vec<Value> = app
        .all("/survey-templates")
        .await
        .iter()
        .map(|row| row["name"].clone())
        .collect();
    assert_eq!(names, ["CSAT", "NPS", "CES", "LSQ"]);
    let lsq = template(&app, "LSQ").await;
    assert_eq!(lsq["questions"].as_array().unwrap().len(), 10);
    assert_eq!(lsq["questions"][0]["departments"], json!(["purchasing"]));

    let question = json!({"code": "docks", "scale": "csat7", "text": {"en": "Our docks?", "zh": "码头如何？"}});
    let made = app
        .post(
            "/survey-templates",
            json!({"name": "Docks", "questions": [question]}),
        )
        .await;
    assert_eq!(made.header("etag"), "\"v1\"");
    let path = format!("/survey-templates/{}", id(&made.expect(201)));
    let twice = json!({"name": "Docks", "questions": [question]});
    app.post("/survey-templates", twice)
        .await
        .expect_problem(409, "name_taken");
    let wrong = app
        .patch(&path, json!({"questions": []}))
        .await
        .expect_problem(422, "invalid");
    assert_eq!(wrong["errors"][0]["pointer"], "/questions");
    let changed = app.patch(&path, json!({"name": "Quays"})).await.expect(200);
    assert_eq!(
        (&changed["name"], &changed["version"]),
        (&json!("Quays"), &json!(2))
    );
    let stale = app
        .request(Method::PUT, &format!("/api/v1{path}"))
        .header("if-match", "\"v1\"");
    let body = json!({"name": "Quays", "questions": [question, question]});
    app.send(stale.json(&body))
        .await
        .expect_problem(412, "precondition_failed");
    app.put(&path, body).await.expect_problem(422, "invalid");

    let north = team(&app, "North").await;
    let limited = app.make_key(&[Scope::Read, Scope::Write], Teams::Only(vec![north]), None);
    let bare = |method| {
        app.bare(method, &format!("/api/v1{path}"))
            .bearer_auth(&limited)
    };
    app.send(bare(Method::GET)).await.expect(200);
    app.send(bare(Method::DELETE))
        .await
        .expect_problem(403, "forbidden");
    app.delete(&path).await;
    app.get(&path).await.expect_problem(404, "not_found");
    assert_eq!(app.all("/survey-templates").await.len(), 4);
}

async fn a_survey_lives_from_draft_to_close_and_its_questions_freeze(app: TestApp) {
    let nps = id(&template(&app, "NPS").await);
    let body = |closes: &str| json!({"name": "Spring", "template_id": nps, "closes_at": closes});
    for (wrong, field) in [
        (body("2026-03-02T08:00:00Z"), "/closes_at"),
        (json!({"name": "x", "closes_at": CLOSES}), "/questions"),
        (
            json!({"name": "x", "template_id": 99, "closes_at": CLOSES}),
            "/template_id",
        ),
        (
            json!({"name": "x", "template_id": nps, "closes_at": CLOSES, "team_id": 99}),
            "/team_id",
        ),
    ] {
        let told = app
            .post("/surveys", wrong)
            .await
            .expect_problem(422, "invalid");
        assert_eq!(told["errors"][0]["pointer"], field);
    }
    let made = app.post("/surveys", body(CLOSES)).await.expect(201);
    assert_eq!(
        (&made["status"], &made["about"]),
        (&json!("draft"), &json!("experience"))
    );
    let path = format!("/surveys/{}", id(&made));
    let own = json!([{"code": "a", "scale": "nps", "text": {"en": "x", "zh": "y"}}]);
    let changed = json!({"template_id": null, "questions": own, "about": "link"});
    assert_eq!(
        app.patch(&path, changed).await.expect(200)["questions"][0]["code"],
        "a"
    );
    app.patch(&path, json!({"colour": 1}))
        .await
        .expect_problem(400, "unknown_field");
    app.post(&format!("{path}:close"), Value::Null)
        .await
        .expect_problem(409, "survey_not_open");
    app.post(&format!("{path}/invitations"), json!({"contacts": [1]}))
        .await
        .expect_problem(409, "survey_not_open");

    let opened = app
        .post(&format!("{path}:open"), Value::Null)
        .await
        .expect(200);
    assert_eq!(
        (&opened["status"], &opened["opened_at"]),
        (&json!("open"), &json!("2026-03-02T08:00:00Z"))
    );
    assert_eq!(
        app.post(&format!("{path}:open"), Value::Null)
            .await
            .expect(200)["version"],
        opened["version"]
    );
    app.patch(&path, json!({"about": "shipment"}))
        .await
        .expect_problem(409, "survey_frozen");
    app.patch(&path, json!({"template_id": nps, "questions": null}))
        .await
        .expect_problem(409, "survey_frozen");
    app.patch(&path, json!({"closes_at": "2026-05-01T00:00:00Z"}))
        .await
        .expect(200);
    let listed = app
        .all("/surveys?status=open&closes_at[gte]=2026-05-01T00:00:00Z")
        .await;
    assert_eq!(listed.len(), 1);

    let closed = app
        .post(&format!("{path}:close"), Value::Null)
        .await
        .expect(200);
    assert_eq!(closed["closed_at"], "2026-03-02T08:00:00Z");
    app.post(&format!("{path}:open"), Value::Null)
        .await
        .expect_problem(409, "survey_closed");
    app.patch(&path, json!({"reminders": 5}))
        .await
        .expect_problem(409, "survey_closed");
    app.patch(&path, json!({"name": "Last spring"}))
        .await
        .expect(200);
    assert_eq!(app.delete(&path).await.status, 204);
    app.get(&path).await.expect_problem(404, "not_found");
}

async fn who_may_be_asked_is_asked_once_and_everybody_else_is_told_why(app: TestApp) {
    let mill = customer(&app, "MILL", None).await;
    let (buyers, gate) = (
        department(&app, mill, "purchasing").await,
        department(&app, mill, "warehouse").await,
    );
    let sales = department(&app, mill, "sales").await;
    let ann = contact(
        &app,
        mill,
        "ann",
        json!({"department_id": buyers, "language": "zh-Hans"}),
    )
    .await;
    let bob = contact(
        &app,
        mill,
        "bob",
        json!({"department_id": gate, "email": null}),
    )
    .await;
    let cay = contact(
        &app,
        mill,
        "cay",
        json!({"department_id": gate, "survey_consent": "refused"}),
    )
    .await;
    let dan = contact(&app, mill, "dan", json!({"department_id": sales})).await;
    let eve = contact(&app, mill, "eve", json!({})).await;
    let gone = contact(&app, mill, "gone", json!({"department_id": buyers})).await;
    app.delete(&format!("/contacts/{gone}")).await;
    let lsq = survey(&app, "LSQ", json!({})).await;

    let report = invite(
        &app,
        lsq,
        json!({"contacts": [ann, ann, bob, cay, dan, eve, gone, 99]}),
    )
    .await;
    assert_eq!(report["invited"], 2, "ann, and eve who is in no department");
    let mut reasons = skipped(&report);
    reasons.sort();
    let mut expected = vec![
        (bob, "no_email".to_owned()),
        (cay, "opted_out".to_owned()),
        (dan, "no_department_question".to_owned()),
        (gone, "deleted".to_owned()),
        (99, "unknown".to_owned()),
    ];
    expected.sort();
    assert_eq!(reasons, expected);
    let all = invitations(&app, lsq).await;
    let asks = |at: usize| {
        let found = app
            .state
            .db
            .read_now(|conn| store::invitation(conn, id(&all[at])));
        questions_for(&found.unwrap().unwrap()).len()
    };
    // Purchasing has three of the questions, and everybody the comment.
    assert_eq!((asks(0), asks(1)), (4, 10));
    let asked = &all[0];
    assert_eq!(
        (
            &asked["contact_id"],
            &asked["department_kind"],
            &asked["language"],
            &asked["status"]
        ),
        (
            &json!(ann),
            &json!("purchasing"),
            &json!("zh-Hans"),
            &json!("invited")
        )
    );

    // Chosen by what they do; an interviewer needs no address.
    let report = invite(
        &app,
        lsq,
        json!({"department_kinds": ["warehouse"], "source": "api"}),
    )
    .await;
    assert_eq!(
        (&report["invited"], skipped(&report)),
        (&json!(1), vec![(cay, "opted_out".into())])
    );
    let report = invite(&app, lsq, json!({"departments": [buyers]})).await;
    assert_eq!(skipped(&report), [(ann, "already_invited".into())]);
    let warehouse = app
        .all(&format!(
            "/surveys/{lsq}/invitations?department_id={gate}&source=api"
        ))
        .await;
    assert_eq!(warehouse.len(), 1);

    // Over all surveys, once in 90 days.
    let nps = survey(&app, "NPS", json!({"closes_at": "2026-12-31T00:00:00Z"})).await;
    let every = json!({"customers": [{"external_id": {"system": "tms", "id": "MILL"}}]});
    let report = invite(&app, nps, every.clone()).await;
    let reasons = skipped(&report);
    assert_eq!(report["invited"], 1, "dan");
    assert!(reasons.contains(&(ann, "quota".into())), "{reasons:?}");
    move_clock(&app, 90);
    assert_eq!(invite(&app, nps, every).await["invited"], 2, "ann and eve");

    let told = app
        .post(&format!("/surveys/{nps}/invitations"), json!({}))
        .await
        .expect_problem(422, "invalid");
    assert_eq!(told["errors"][0]["code"], "required");
    let unknown = json!({"customers": [{"id": 99}]});
    let told = app
        .post(&format!("/surveys/{nps}/invitations"), unknown)
        .await
        .expect_problem(422, "invalid");
    assert_eq!(told["errors"][0]["pointer"], "/customers");
    app.delete(&format!("/surveys/{nps}"))
        .await
        .expect_problem(409, "has_invitations");
}

async fn consent_is_kept_with_its_time_and_may_be_demanded(app: TestApp) {
    let mill = customer(&app, "MILL", None).await;
    let ann = contact(&app, mill, "ann", json!({})).await;
    let path = format!("/contacts/{ann}");
    assert_eq!(
        app.get(&path).await.expect(200)["survey_consent_at"],
        Value::Null
    );
    app.patch(&path, json!({"survey_consent": "perhaps"}))
        .await
        .expect_problem(400, "bad_value");

    let strict = app.again_with(&[("survey_consent", "recorded")]).await;
    let nps = survey(&app, "NPS", json!({})).await;
    let wish = json!({"contacts": [ann]});
    let refused = strict
        .post(&format!("/surveys/{nps}/invitations"), wish.clone())
        .await
        .expect(200);
    assert_eq!(skipped(&refused), [(ann, "no_consent".into())]);

    let given = app
        .patch(&path, json!({"survey_consent": "given"}))
        .await
        .expect(200);
    assert_eq!(
        (&given["survey_consent"], &given["survey_consent_at"]),
        (&json!("given"), &json!("2026-03-02T08:00:00Z"))
    );
    move_clock(&app, 1);
    let renamed = app.patch(&path, json!({"name": "Ann"})).await.expect(200);
    assert_eq!(renamed["survey_consent_at"], "2026-03-02T08:00:00Z");
    let asked = strict
        .post(&format!("/surveys/{nps}/invitations"), wish)
        .await
        .expect(200);
    assert_eq!(asked["invited"], 1);
    let cleared = app
        .patch(&path, json!({"survey_consent": null}))
        .await
        .expect(200);
    assert_eq!(
        (&cleared["survey_consent"], &cleared["survey_consent_at"]),
        (&Value::Null, &json!("2026-03-03T08:00:00Z"))
    );
    assert_eq!(app.all("/contacts?survey_consent=given").await.len(), 0);
}

/// One customer with one contact of the warehouse, asked by a survey of this template.
async fn asked_by(app: &TestApp, of: &str) -> (i64, i64) {
    let mill = customer(app, "MILL", None).await;
    let gate = department(app, mill, "warehouse").await;
    contact(
        app,
        mill,
        "ann",
        json!({"department_id": gate, "buying_role": "decider"}),
    )
    .await;
    let survey = survey(app, of, json!({})).await;
    assert_eq!(
        invite(app, survey, json!({"departments": [gate]})).await["invited"],
        1
    );
    (survey, only_invitation(app, survey).await)
}

async fn an_interviewer_enters_answers_and_changes_them_until_it_closes(app: TestApp) {
    let (survey, invitation) = asked_by(&app, "CSAT").await;
    let told = json!([{"question": "overall", "value": 4}, {"question": "comment", "text": "  The drivers are very friendly and helpful. "}]);
    let first = answer(&app, invitation, told.clone()).await;
    assert_eq!(
        (&first["status"], &first["answered_at"]),
        (&json!("answered"), &json!("2026-03-02T08:00:00Z"))
    );
    let (overall, comment) = (&first["answers"][0], &first["answers"][1]);
    // (4 - 1) / (5 - 1)
    assert_eq!(
        (&overall["score"], &overall["dimension"]),
        (&json!(0.75), &json!("overall"))
    );
    assert_eq!(
        comment["text"],
        "The drivers are very friendly and helpful."
    );
    assert!(comment["polarity"].as_f64().unwrap() > 0.0, "{comment}");

    // The same again changes nothing; another value changes what it says, and when.
    move_clock(&app, 1);
    assert_eq!(answer(&app, invitation, told).await, first);
    let second = answer(
        &app,
        invitation,
        json!([{"question": "overall", "value": 1}]),
    )
    .await;
    assert_eq!(second["answers"].as_array().unwrap().len(), 1);
    assert_eq!(
        (
            &second["answers"][0]["score"],
            &second["answers"][0]["answered_at"]
        ),
        (&json!(0.0), &json!("2026-03-03T08:00:00Z"))
    );
    let flat = app.all(&format!("/survey-answers?survey_id={survey}&dimension=overall&answered_at[gte]=2026-03-03T00:00:00Z")).await;
    assert_eq!(
        (flat.len(), &flat[0]["department_kind"]),
        (1, &json!("warehouse"))
    );
    assert_eq!(
        app.all("/survey-answers?updated_since=2026-03-04T00:00:00Z")
            .await
            .len(),
        0
    );

    // Late: told until when, and the answer that stands stays.
    app.state
        .clock
        .set(Utc.with_ymd_and_hms(2026, 4, 1, 0, 0, 0).unwrap());
    let path = format!("/survey-invitations/{invitation}");
    let late = json!({"answers": [{"question": "overall", "value": 5}]});
    let told = app
        .put(&format!("{path}/answers"), late)
        .await
        .expect_problem(409, "survey_closed");
    assert!(
        told["detail"]
            .as_str()
            .unwrap()
            .contains("2026-04-01T00:00:00"),
        "{told}"
    );
    assert_eq!(
        app.get(&path).await.expect(200)["answers"],
        second["answers"]
    );
}

async fn bad_answers_are_named_and_lose_nothing(app: TestApp) {
    let (_, invitation) = asked_by(&app, "CSAT").await;
    let path = format!("/survey-invitations/{invitation}/answers");
    let before = answer(
        &app,
        invitation,
        json!([{"question": "overall", "value": 3}]),
    )
    .await;
    let long = "字".repeat(10_001);
    for (answers, question, code) in [
        (
            json!([{"question": "overall", "value": 6}]),
            "overall",
            "off_scale",
        ),
        (
            json!([{"question": "overall", "value": 3.5}]),
            "overall",
            "off_scale",
        ),
        (
            json!([{"question": "overall", "value": 0}]),
            "overall",
            "off_scale",
        ),
        (
            json!([{"question": "overall", "text": "good"}]),
            "overall",
            "not_a_number",
        ),
        (
            json!([{"question": "comment", "value": 1}]),
            "comment",
            "not_words",
        ),
        (
            json!([{"question": "comment", "text": long}]),
            "comment",
            "length",
        ),
        (
            json!([{"question": "comment", "text": "a\u{0}b"}]),
            "comment",
            "control_character",
        ),
        (
            json!([{"question": "price", "value": 1}]),
            "price",
            "unknown",
        ),
        (
            json!([{"question": "overall", "value": 1}, {"question": "overall", "value": 2}]),
            "overall",
            "twice",
        ),
    ] {
        let told = app
            .put(&path, json!({"answers": answers}))
            .await
            .expect_problem(422, "bad_answers");
        let error = &told["errors"][0];
        assert_eq!(
            (&error["pointer"], &error["code"]),
            (&json!(format!("/answers/{question}")), &json!(code))
        );
    }
    app.put(&path, json!({"answers": []}))
        .await
        .expect_problem(422, "no_answer");
    app.put("/survey-invitations/99/answers", json!({"answers": []}))
        .await
        .expect_problem(404, "not_found");
    // Only emoji, and nothing but white space beside an answer.
    let emoji = answer(
        &app,
        invitation,
        json!([{"question": "overall", "value": 3}, {"question": "comment", "text": "🚚🚚"}]),
    )
    .await;
    assert_eq!(emoji["answers"][1]["text"], "🚚🚚");
    let blank = answer(
        &app,
        invitation,
        json!([{"question": "overall", "value": 3}, {"question": "comment", "text": "  "}]),
    )
    .await;
    assert_eq!(blank["answers"], before["answers"]);

    // A question that must be answered, through the function that the page uses.
    let questions = json!([{"code": "a", "scale": "nps", "required": true, "text": {"en": "x", "zh": "y"}},
        {"code": "b", "scale": "text", "text": {"en": "x", "zh": "y"}}]);
    let must = survey(
        &app,
        "NPS",
        json!({"template_id": null, "questions": questions}),
    )
    .await;
    move_clock(&app, 0);
    let again = app.again_with(&[("survey_quota_days", "0")]).await;
    let ann = app.all("/contacts").await[0]["id"].clone();
    again
        .post(
            &format!("/surveys/{must}/invitations"),
            json!({"contacts": [ann]}),
        )
        .await
        .expect(200);
    let asked = only_invitation(&app, must).await;
    let now: UtcTime = app.state.clock.now().into();
    let refused = app.state.db.write_now(|conn| {
        let row = store::invitation(conn, asked)?.unwrap();
        assert_eq!(questions_for(&row).len(), 2);
        let words = GivenAnswer {
            question: "b".into(),
            value: None,
            text: Some("only words".into()),
        };
        record(conn, &row, &[words], &Scorer::lexicon(), now)
    });
    assert!(matches!(refused, Err(SurveyError::Wrong(wrong)) if wrong[0].question == "a"));
}

async fn a_revoked_invitation_takes_no_answers_and_may_be_asked_again(app: TestApp) {
    let (survey, invitation) = asked_by(&app, "NPS").await;
    let nonce = |app: &TestApp| {
        app.state
            .db
            .read_now(|conn| store::invitation(conn, invitation))
            .unwrap()
            .unwrap()
            .nonce
    };
    let before = nonce(&app);
    let path = format!("/survey-invitations/{invitation}");
    let revoked = app
        .post(&format!("{path}:revoke"), Value::Null)
        .await
        .expect(200);
    assert_eq!(revoked["status"], "revoked");
    assert_eq!(
        nonce(&app),
        before,
        "the link tells that it is no longer valid"
    );
    let answers = json!({"answers": [{"question": "recommend", "value": 9}]});
    app.put(&format!("{path}/answers"), answers.clone())
        .await
        .expect_problem(409, "invitation_revoked");

    // Nobody was told of it: it does not count for the quota.
    let contact = revoked["contact_id"].clone();
    assert_eq!(
        invite(&app, survey, json!({"contacts": [contact]})).await["invited"],
        1
    );
    assert_eq!(only_invitation(&app, survey).await, invitation);
    assert_ne!(nonce(&app), before, "the link of before ends");
    app.put(&format!("{path}/answers"), answers)
        .await
        .expect(200);
    let revoked = app
        .post(&format!("{path}:revoke"), Value::Null)
        .await
        .expect(200);
    assert_eq!(revoked["answers"][0]["value"], 9.0, "an answer stays");
}

async fn who_has_answered_comes_back_as_answered_and_from_there(app: TestApp) {
    let (survey, invitation) = asked_by(&app, "NPS").await;
    let before = invitations(&app, survey).await[0].clone();
    answer(
        &app,
        invitation,
        json!([{"question": "recommend", "value": 9}]),
    )
    .await;
    app.post(
        &format!("/survey-invitations/{invitation}:revoke"),
        Value::Null,
    )
    .await
    .expect(200);
    // Meanwhile the person changes departments, and the quota runs out.
    let (customer, contact) = (&before["customer_id"], &before["contact_id"]);
    let other = department(&app, customer.as_i64().unwrap(), "sales").await;
    app.patch(
        &format!("/contacts/{contact}"),
        json!({"department_id": other}),
    )
    .await
    .expect(200);
    let far = json!({"closes_at": "2026-12-31T00:00:00Z"});
    app.patch(&format!("/surveys/{survey}"), far)
        .await
        .expect(200);
    move_clock(&app, 100);
    let again = invite(&app, survey, json!({"contacts": [contact]})).await;
    assert_eq!(again["invited"], 1, "{again}");
    let after = &invitations(&app, survey).await[0];
    assert_eq!(
        (&after["status"], &after["department_id"]),
        (&json!("answered"), &before["department_id"])
    );
    let path = format!("/survey-invitations/{invitation}");
    let kept = app.get(&path).await.expect(200);
    assert_eq!(kept["answers"][0]["value"], 9.0);
    let sent = hawser::surveys::reminders::keep_going(&app.state).unwrap();
    assert!(!sent.any());
}

async fn a_survey_about_a_shipment_asks_its_two_ends(app: TestApp) {
    let (mill, bakery) = (
        customer(&app, "MILL", None).await,
        customer(&app, "BAKERY", None).await,
    );
    let dairy = customer(&app, "DAIRY", None).await;
    let ann = contact(&app, mill, "ann", json!({})).await;
    let bob = contact(&app, bakery, "bob", json!({})).await;
    let cay = contact(&app, dairy, "cay", json!({})).await;
    let parcel = ship(&app, "S1", "MILL", "BAKERY").await;
    let csat = survey(&app, "CSAT", json!({"about": "shipment"})).await;
    let path = format!("/surveys/{csat}/invitations");
    app.post(&path, json!({"contacts": [ann]}))
        .await
        .expect_problem(422, "invalid");
    app.post(&path, json!({"shipment_id": 999}))
        .await
        .expect_problem(422, "invalid");

    let report = invite(
        &app,
        csat,
        json!({"shipment_id": parcel, "contacts": [ann, cay]}),
    )
    .await;
    assert_eq!(
        (&report["invited"], skipped(&report)),
        (&json!(1), vec![(cay, "not_a_party".into())])
    );
    let report = invite(
        &app,
        csat,
        json!({"shipment_id": parcel, "role": "consignee"}),
    )
    .await;
    assert_eq!((&report["invited"], skipped(&report)), (&json!(1), vec![]));
    let both = invitations(&app, csat).await;
    let told: Vec<_> = both
        .iter()
        .map(|row| {
            (
                &row["contact_id"],
                &row["side"],
                &row["partner_id"],
                &row["shipment_id"],
            )
        })
        .collect();
    assert_eq!(
        told[0],
        (
            &json!(ann),
            &json!("shipper"),
            &json!(bakery),
            &json!(parcel)
        )
    );
    assert_eq!(
        told[1],
        (
            &json!(bob),
            &json!("consignee"),
            &json!(mill),
            &json!(parcel)
        )
    );
}

async fn a_survey_about_a_link_needs_its_ends(app: TestApp) {
    let (mill, bakery) = (
        customer(&app, "MILL", None).await,
        customer(&app, "BAKERY", None).await,
    );
    let ann = contact(&app, mill, "ann", json!({})).await;
    let bob = contact(&app, bakery, "bob", json!({})).await;
    ship(&app, "S1", "MILL", "BAKERY").await;
    let csat = survey(&app, "CSAT", json!({"about": "link"})).await;
    let path = format!("/surveys/{csat}/invitations");
    let missing = app
        .post(&path, json!({"partner": {"id": bakery}}))
        .await
        .expect_problem(422, "invalid");
    assert_eq!(missing["errors"][0]["pointer"], "/role");
    // The mill sends to the bakery, not the other way round.
    let report = invite(
        &app,
        csat,
        json!({"partner": {"id": bakery}, "role": "consignee", "contacts": [ann]}),
    )
    .await;
    assert_eq!(skipped(&report), [(ann, "no_link".into())]);
    let report = invite(
        &app,
        csat,
        json!({"partner": {"id": bakery}, "role": "shipper"}),
    )
    .await;
    assert_eq!((&report["invited"], skipped(&report)), (&json!(1), vec![]));
    let report = invite(
        &app,
        csat,
        json!({"partner": {"id": mill}, "role": "consignee", "contacts": [bob]}),
    )
    .await;
    assert_eq!(report["invited"], 1);
    let told: Vec<Value> = invitations(&app, csat)
        .await
        .iter()
        .map(|row| json!([row["contact_id"], row["side"], row["partner_id"]]))
        .collect();
    assert_eq!(
        told,
        [
            json!([ann, "shipper", bakery]),
            json!([bob, "consignee", mill])
        ]
    );
}

async fn history_stays_when_departments_and_contacts_go(app: TestApp) {
    let (survey, invitation) = asked_by(&app, "LSQ").await;
    let asked = app
        .get(&format!("/survey-invitations/{invitation}"))
        .await
        .expect(200);
    let (gate, ann) = (&asked["department_id"], &asked["contact_id"]);
    let answers =
        json!([{"question": "accuracy", "value": 5}, {"question": "condition", "value": 4}]);
    answer(&app, invitation, answers).await;
    // LSQ asks a warehouse about accuracy, condition and discrepancies, and purchasing of others.
    let refused = json!({"answers": [{"question": "ordering", "value": 5}]});
    let path = format!("/survey-invitations/{invitation}/answers");
    app.put(&path, refused)
        .await
        .expect_problem(422, "bad_answers");

    // It does something else now: what it answered stays beside what it answers now.
    app.patch(
        &format!("/departments/{gate}"),
        json!({"kind": "purchasing", "name": "Office"}),
    )
    .await
    .expect(200);
    let both = answer(
        &app,
        invitation,
        json!([{"question": "ordering", "value": 3}]),
    )
    .await;
    let codes: Vec<_> = both["answers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["question"].as_str().unwrap())
        .collect();
    assert_eq!(codes, ["accuracy", "condition", "ordering"]);

    app.delete(&format!("/contacts/{ann}")).await;
    app.delete(&format!("/departments/{gate}")).await;
    let kept = app
        .get(&format!("/survey-invitations/{invitation}"))
        .await
        .expect(200);
    assert_eq!(
        (&kept["department_id"], &kept["department_name"]),
        (gate, &json!("Office"))
    );
    assert_eq!(kept["answers"], both["answers"]);
    let results = app
        .get(&format!("/surveys/{survey}/results"))
        .await
        .expect(200);
    assert_eq!(results["response"]["answered"], 1);
}

async fn a_limited_key_sees_its_customers_answers_only(app: TestApp) {
    let (north, south) = (team(&app, "North").await, team(&app, "South").await);
    let own = customer(&app, "OWN", Some(north)).await;
    let foreign = customer(&app, "FOREIGN", Some(south)).await;
    let ann = contact(&app, own, "ann", json!({})).await;
    let bob = contact(&app, foreign, "bob", json!({})).await;
    let shared = survey(&app, "NPS", json!({"about": "link"})).await;
    let secret = survey(&app, "CES", json!({"team_id": south})).await;
    ship(&app, "S1", "OWN", "FOREIGN").await;
    for (person, partner, role) in [(ann, foreign, "shipper"), (bob, own, "consignee")] {
        let wish = json!({"contacts": [person], "partner": {"id": partner}, "role": role});
        assert_eq!(invite(&app, shared, wish).await["invited"], 1);
    }
    let all = invitations(&app, shared).await;
    for (row, value) in all.iter().zip([9, 2]) {
        answer(
            &app,
            id(row),
            json!([{"question": "recommend", "value": value}]),
        )
        .await;
    }
    let limited = app.make_key(&[Scope::Read, Scope::Write], Teams::Only(vec![north]), None);
    let ask = |method: Method, path: String, body: Option<Value>| {
        let request = app
            .bare(method, &format!("/api/v1{path}"))
            .bearer_auth(&limited);
        app.send(match body {
            Some(body) => request.json(&body),
            None => request,
        })
    };
    let read = |path: String| ask(Method::GET, path, None);
    let seen = read("/surveys".into()).await.expect(200);
    assert_eq!(seen["data"].as_array().unwrap().len(), 1);
    read(format!("/surveys/{secret}"))
        .await
        .expect_problem(404, "not_found");
    read(format!("/surveys/{secret}/results"))
        .await
        .expect_problem(404, "not_found");
    let rows = read(format!("/surveys/{shared}/invitations"))
        .await
        .expect(200)["data"]
        .clone();
    assert_eq!(rows.as_array().unwrap().len(), 1);
    assert_eq!(
        (
            &rows[0]["contact_id"],
            &rows[0]["partner_id"],
            &rows[0]["partner_name"]
        ),
        (&json!(ann), &Value::Null, &Value::Null)
    );
    let flat = read("/survey-answers".into()).await.expect(200)["data"].clone();
    assert_eq!(
        (flat.as_array().unwrap().len(), &flat[0]["partner_id"]),
        (1, &Value::Null)
    );
    let other = id(&all[1]);
    read(format!("/survey-invitations/{other}"))
        .await
        .expect_problem(404, "not_found");
    let answers = json!({"answers": [{"question": "recommend", "value": 0}]});
    ask(
        Method::PUT,
        format!("/survey-invitations/{other}/answers"),
        Some(answers),
    )
    .await
    .expect_problem(404, "not_found");
    ask(
        Method::POST,
        format!("/survey-invitations/{other}:revoke"),
        None,
    )
    .await
    .expect_problem(404, "not_found");
    let results = read(format!("/surveys/{shared}/results")).await.expect(200);
    assert_eq!(
        (
            &results["response"]["invited"],
            &results["questions"][0]["nps"]["value"]
        ),
        (&json!(1), &json!(100.0))
    );
    assert_eq!(
        read("/survey-coverage".into()).await.expect(200)["customers"],
        1
    );

    // A survey of no team is everybody's: a limited key asks its own customers by it, and no more.
    ask(Method::POST, format!("/surveys/{shared}:close"), None)
        .await
        .expect_problem(403, "forbidden");
    let wish = json!({"contacts": [bob], "partner": {"id": own}, "role": "consignee"});
    let report = ask(
        Method::POST,
        format!("/surveys/{shared}/invitations"),
        Some(wish),
    )
    .await
    .expect(200);
    assert_eq!(skipped(&report), [(bob, "unknown".into())]);
    let template = id(&template(&app, "NPS").await);
    let body = json!({"name": "Ours", "template_id": template, "closes_at": CLOSES});
    let made = ask(Method::POST, "/surveys".into(), Some(body.clone()))
        .await
        .expect(201);
    assert_eq!(made["team_id"], north);
    let mut theirs = body;
    theirs["team_id"] = json!(south);
    ask(Method::POST, "/surveys".into(), Some(theirs))
        .await
        .expect_problem(403, "forbidden");
    let reader = app.make_key(&[Scope::Read], Teams::All, None);
    let request = app
        .bare(Method::POST, &format!("/api/v1/surveys/{shared}:close"))
        .bearer_auth(&reader);
    app.send(request).await.expect_problem(403, "forbidden");
}

async fn answers_of_other_systems_stand_or_fall_by_themselves(app: TestApp) {
    let mill = customer(&app, "MILL", None).await;
    let ann = contact(&app, mill, "ann", json!({"survey_consent": "refused"})).await;
    contact(&app, mill, "twin", json!({})).await;
    contact(
        &app,
        mill,
        "Twin2",
        json!({"email": format!("TWIN@c{mill}.example")}),
    )
    .await;
    let nps = survey(&app, "NPS", json!({})).await;
    let says = |contact: Value, at: &str, value: i64| json!({"contact": contact, "answered_at": at, "answers": [{"question": "recommend", "value": value}]});
    let by_mail =
        |name: &str| json!({"email": format!("{name}@c{mill}.example"), "customer": {"id": mill}});
    let batch = json!([
        says(json!({"id": ann}), "2026-02-20T00:00:00Z", 9),
        says(json!({"id": 99}), "2026-02-20T00:00:00Z", 9),
        says(by_mail("twin"), "2026-02-20T00:00:00Z", 9),
        says(by_mail("nobody"), "2026-02-20T00:00:00Z", 9),
        says(json!({"id": ann}), "2026-03-02T08:00:01Z", 9),
        says(json!({"id": ann}), "2026-02-19T00:00:00Z", 8),
        says(json!({"id": ann}), "2026-02-20T00:00:00Z", 11),
        says(by_mail("ANN"), "2026-02-21T00:00:00Z", 7),
        says(json!({"email": "ann@x.example"}), "2026-02-21T00:00:00Z", 7),
    ]);
    let report = app
        .post(&format!("/surveys/{nps}/answers:batch"), batch)
        .await
        .expect(200);
    let told: Vec<String> = report["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            let code = one["problem"]["errors"][0]["code"].as_str();
            let code = code.or(one["problem"]["code"].as_str());
            code.unwrap_or(one["outcome"].as_str().unwrap()).to_owned()
        })
        .collect();
    assert_eq!(
        told,
        [
            "created",
            "unknown",
            "ambiguous",
            "unknown",
            "future",
            "newer_answer",
            "off_scale",
            "updated",
            "required"
        ]
    );
    let rows = invitations(&app, nps).await;
    assert_eq!(
        (rows.len(), &rows[0]["source"], &rows[0]["answered_at"]),
        (1, &json!("api"), &json!("2026-02-21T00:00:00Z"))
    );
    assert_eq!(app.all("/survey-answers").await[0]["value"], 7.0);
}

async fn a_file_of_answers_is_taken_whole_or_not_at_all(app: TestApp) {
    let mill = customer(&app, "MILL", None).await;
    let gate = department(&app, mill, "warehouse").await;
    let ann = contact(&app, mill, "ann", json!({"department_id": gate})).await;
    contact(&app, mill, "bob", json!({"department_id": gate})).await;
    let csat = survey(&app, "CSAT", json!({})).await;
    let load = |text: String| {
        let writer = Writer {
            teams: Teams::All,
            actor: Actor::cli(),
            now: app.state.clock.now().into(),
        };
        let how = (chrono_tz::Asia::Shanghai, &Scorer::lexicon());
        app.state.db.write_now(|conn| {
            file::load(
                conn,
                &writer,
                csat,
                (text.as_bytes(), Format::Csv, "a.csv"),
                how,
            )
        })
    };
    let head = "contact.id,contact.email,customer.external_id,customer.external_system,answered_at,confidence,overall,comment\n";
    let good = format!(
        "{head}{ann},,,,2026-02-28,0.5,5,很好\n,BOB@c{mill}.example,MILL,tms,2026-02-27T10:00:00Z,,2,\n"
    );
    let bad = format!(
        "{good}{ann},,,,2026-02-28,0.5,5,\n,,,,,,3,\n99,,,,,,3,\n{ann},,,,2026-03-03,2,9,\n{ann},,,,gestern,,x,\n"
    );
    let Err(LoadError::Refused { count, rows }) = load(bad) else {
        panic!("taken")
    };
    let lines: Vec<u64> = rows.iter().map(|row| row.line).collect();
    assert_eq!((count, lines), (5, vec![4, 5, 6, 7, 8]));
    assert!(
        rows[0].reason.contains("comment") || rows[0].reason.contains("another row"),
        "{rows:?}"
    );
    assert!(
        rows[4].reason.contains("answered_at") && rows[4].reason.contains("overall"),
        "{rows:?}"
    );
    assert_eq!(
        invitations(&app, csat).await.len(),
        0,
        "nothing was written"
    );

    assert_eq!(
        load(good.clone()).unwrap(),
        Loaded {
            created: 2,
            updated: 0,
            unchanged: 0
        }
    );
    let rows = invitations(&app, csat).await;
    assert_eq!(
        (
            &rows[0]["source"],
            &rows[0]["confidence"],
            &rows[1]["confidence"]
        ),
        (&json!("import"), &json!(0.5), &json!(1.0))
    );
    // A day alone is its first instant in Shanghai.
    assert_eq!(rows[0]["answered_at"], "2026-02-27T16:00:00Z");
    let before = app.all("/survey-answers").await;
    move_clock(&app, 1);
    assert_eq!(
        load(good.clone()).unwrap(),
        Loaded {
            created: 0,
            updated: 0,
            unchanged: 2
        }
    );
    assert_eq!(app.all("/survey-answers").await, before);
    let changed = good
        .replace(",2,\n", ",3,\n")
        .replace("2026-02-27T10", "2026-02-27T11");
    assert_eq!(
        load(changed).unwrap(),
        Loaded {
            created: 0,
            updated: 1,
            unchanged: 1
        }
    );

    // A survey that has closed takes what was answered before.
    app.post(&format!("/surveys/{csat}:close"), Value::Null)
        .await
        .expect(200);
    move_clock(&app, 5);
    let cay = contact(&app, mill, "cay", json!({})).await;
    let late = |day: &str| format!("contact.id,answered_at,overall\n{cay},{day},4\n");
    assert!(
        matches!(load(late("2026-03-05")), Err(LoadError::Refused { rows, .. }) if rows[0].reason.contains("until"))
    );
    assert_eq!(load(late("2026-03-01")).unwrap().created, 1);
    assert!(matches!(
        load("contact.id,price\n1,2\n".into()),
        Err(LoadError::File(_))
    ));
}

async fn results_count_and_weigh(app: TestApp) {
    let mill = customer(&app, "MILL", None).await;
    let (gate, office) = (
        department(&app, mill, "warehouse").await,
        department(&app, mill, "management").await,
    );
    for (place, department) in [gate, gate, office, office].into_iter().enumerate() {
        contact(
            &app,
            mill,
            &format!("p{place}"),
            json!({"department_id": department}),
        )
        .await;
    }
    let nps = survey(&app, "NPS", json!({})).await;
    assert_eq!(
        invite(&app, nps, json!({"customers": [{"id": mill}]})).await["invited"],
        4
    );
    for (row, value) in invitations(&app, nps).await.iter().zip([10, 9, 3]) {
        answer(&app, id(row), json!([{"question": "recommend", "value": value}, {"question": "comment", "text": "Never again, terrible delays and damaged goods."}])).await;
    }
    let found = app
        .get(&format!("/surveys/{nps}/results"))
        .await
        .expect(200);
    assert_eq!(found["response"]["rate"]["value"], 0.75);
    let question = &found["questions"][0];
    // Two promoters and a detractor of three: (2 - 1) / 3; mean of 1, 0.9 and 0.3.
    assert!((question["nps"]["value"].as_f64().unwrap() - 100.0 / 3.0).abs() < 1e-9);
    assert!((question["mean"]["value"].as_f64().unwrap() - 2.2 / 3.0).abs() < 1e-9);
    assert!((question["top_two"]["value"].as_f64().unwrap() - 2.0 / 3.0).abs() < 1e-9);
    assert_eq!(
        (&found["questions"][1]["n"], &found["questions"][1]["felt"]),
        (&json!(3), &json!(3))
    );
    assert!(found["questions"][1]["polarity"].as_f64().unwrap() < 0.0);
    let kinds: Vec<_> = found["by_department"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            (
                one["department_kind"].clone(),
                one["response"]["answered"].clone(),
            )
        })
        .collect();
    assert_eq!(
        kinds,
        [
            (json!("warehouse"), json!(2)),
            (json!("management"), json!(1))
        ]
    );
    app.get("/surveys/99/results")
        .await
        .expect_problem(404, "not_found");
}

async fn coverage_tells_whom_nobody_heard(app: TestApp) {
    let (mill, bakery) = (
        customer(&app, "MILL", None).await,
        customer(&app, "BAKERY", None).await,
    );
    let (gate, office) = (
        department(&app, mill, "warehouse").await,
        department(&app, mill, "management").await,
    );
    let ovens = department(&app, bakery, "production").await;
    customer(&app, "DAIRY", None).await;
    app.post(
        &format!("/customers/{bakery}/departments"),
        json!({"kind": "sales", "required": false}),
    )
    .await
    .expect(201);
    ship(&app, "S1", "MILL", "BAKERY").await;
    ship(&app, "S2", "MILL", "DAIRY").await;
    contact(&app, mill, "ann", json!({"department_id": gate})).await;
    let nps = survey(&app, "NPS", json!({})).await;
    invite(&app, nps, json!({"departments": [gate]})).await;
    let quiet = app.get("/survey-coverage").await.expect(200);
    assert_eq!(
        (&quiet["business_share"], &quiet["departments_heard"]),
        (&json!(0.0), &json!(0))
    );
    answer(
        &app,
        only_invitation(&app, nps).await,
        json!([{"question": "recommend", "value": 7}]),
    )
    .await;

    let found = app
        .get("/survey-coverage?from=2026-01-01&to=2026-03-02")
        .await
        .expect(200);
    // Margins of 600: the mill is at two of four ends.
    assert_eq!(
        (&found["basis"], &found["business_share"]),
        (&json!("margin"), &json!(0.5))
    );
    assert_eq!(
        (
            &found["customers_heard"],
            &found["departments"],
            &found["departments_heard"]
        ),
        (&json!(1), &json!(3), &json!(1))
    );
    let silent: Vec<i64> = found["not_heard"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["department_id"].as_i64().unwrap())
        .collect();
    assert_eq!(silent, [office, ovens]);
    let before = app
        .get("/survey-coverage?from=2026-01-01&to=2026-03-01&limit=1")
        .await
        .expect(200);
    assert_eq!(
        (
            &before["departments_heard"],
            before["not_heard"].as_array().unwrap().len()
        ),
        (&json!(0), 1)
    );
    app.get("/survey-coverage?from=2026-03-02&to=2026-03-01")
        .await
        .expect_problem(422, "invalid");
    for wrong in ["from=x", "colour=red", "limit=10001"] {
        app.get(&format!("/survey-coverage?{wrong}"))
            .await
            .expect_problem(400, "bad_parameter");
    }
}

async fn every_scored_answer_is_a_voice(app: TestApp) {
    let (mill, bakery) = (
        customer(&app, "MILL", None).await,
        customer(&app, "BAKERY", None).await,
    );
    ship(&app, "S1", "MILL", "BAKERY").await;
    let gate = department(&app, mill, "warehouse").await;
    contact(
        &app,
        mill,
        "ann",
        json!({"department_id": gate, "buying_role": "buyer"}),
    )
    .await;
    let lsq = survey(&app, "LSQ", json!({"about": "link"})).await;
    invite(
        &app,
        lsq,
        json!({"partner": {"id": bakery}, "role": "shipper"}),
    )
    .await;
    let invitation = only_invitation(&app, lsq).await;
    let answers =
        json!([{"question": "condition", "value": 2}, {"question": "comment", "text": "ok"}]);
    answer(&app, invitation, answers).await;
    let at: UtcTime = app.state.clock.now().into();
    let later: UtcTime = (app.state.clock.now() + TimeDelta::seconds(1)).into();
    let voices = |from, until| {
        app.state
            .db
            .read_now(|conn| store::voices(conn, from, until))
            .unwrap()
    };
    let heard = voices(at, later);
    assert_eq!(heard.len(), 1, "words are no score");
    let voice = &heard[0];
    assert_eq!(
        (voice.customer, voice.partner),
        (CustomerId(mill), Some(CustomerId(bakery)))
    );
    assert_eq!(
        (voice.side, voice.role),
        (Some(Side::Shipper), Some(BuyingRole::Buyer))
    );
    assert_eq!((voice.department.unwrap().0, voice.score), (gate, 0.25));
    assert_eq!(voice.dimension, Some(Dimension::OrderCondition));
    assert_eq!(
        *voice.owners,
        [DepartmentKind::Warehouse, DepartmentKind::Quality]
    );
    assert!(voices(later, later).is_empty());
    let earlier: UtcTime = (app.state.clock.now() - TimeDelta::days(1)).into();
    assert!(voices(earlier, at).is_empty());
    let rows = app
        .state
        .db
        .read_now(|conn| store::answers_of(conn, InvitationId(invitation)))
        .unwrap();
    assert_eq!(rows.len(), 2);
}
