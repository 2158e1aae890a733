//! Surveys as the people see them who are asked: mails, pages, and the way out.

use chrono::TimeDelta;
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Nullable, Text};
use hawser::access::Scope;
use hawser::access::Teams;
use hawser::access::ticket::{Purpose, Signer};
use hawser::db::UtcTime;
use hawser::db::select::{Statement, Value as Bind};
use hawser::mail::mailer::{Mailer, MemoryMailer, StoredMail};
use hawser::mail::outbox::{Post, deliver_due};
use hawser::surveys::mail::Sent;
use hawser::surveys::reminders::{Worker, keep_going};
use reqwest::Method;
use serde_json::json;

use crate::TestApp;
use crate::harness::{Reply, on_each_database};

on_each_database!(
    who_is_invited_to_a_survey_is_mailed_once_it_is_open,
    the_whole_way_from_the_mail_to_changed_answers,
    answers_that_cannot_be_taken_are_shown_again_with_all_that_was_typed,
    what_is_closed_revoked_forged_or_unknown_is_told_kindly,
    wrong_links_are_limited_and_right_ones_never,
    one_click_ends_surveys_and_one_button_brings_them_back,
    the_way_out_of_an_old_mail_counts_for_who_the_contact_became,
    reminders_come_in_time_in_the_thread_and_not_for_ever,
    a_reminder_by_hand_has_its_rules,
    instances_that_look_at_once_mail_once,
    surveys_close_in_time,
    pages_and_mails_speak_the_language_asked_for,
    names_and_answers_are_text_and_never_markup,
    forms_that_are_none_are_refused_on_a_page,
    the_worker_mails_when_the_bell_rings,
    mails_to_what_is_over_stay_here,
    what_was_typed_can_be_copied_where_it_cannot_be_saved,
    long_answers_in_chinese_are_taken,
    a_survey_that_was_closed_nobody_knows_when_is_closed,
    looking_at_a_page_makes_no_secret,
    a_letter_that_cannot_be_written_holds_no_other_up,
    who_is_asked_nothing_is_not_waited_for,
    texts_read_as_they_should,
);

const SERVER: &str = "http://127.0.0.1:8080";
const FORM: &str = "application/x-www-form-urlencoded";
/// One needed number, one free number, words.
const QUESTIONS: &str = r#"[
    {"code": "overall", "scale": "csat5", "required": true, "dimension": "overall",
     "text": {"en": "How satisfied are you?", "zh": "您有多满意？"}},
    {"code": "recommend", "scale": "nps", "text": {"en": "Would you recommend us?", "zh": "您会推荐我们吗？"}},
    {"code": "comment", "scale": "text", "text": {"en": "What should we know?", "zh": "还有什么？"}}
]"#;

fn int(value: i64) -> Bind {
    Bind::Int(value)
}

fn text(value: &str) -> Bind {
    Bind::Text(value.to_owned())
}

fn after(app: &TestApp, days: i64) -> Bind {
    Bind::Time(UtcTime::from(app.state.clock.now() + TimeDelta::days(days)))
}

fn wait(app: &TestApp, time: TimeDelta) {
    app.state.clock.set(app.state.clock.now() + time);
}

fn insert(app: &TestApp, into: &str, values: Vec<Bind>) {
    let mut statement = Statement::new("INSERT INTO ");
    statement.push(into).push(" VALUES (");
    statement.bind_list(values).push(")");
    execute(app, statement);
}

fn execute(app: &TestApp, statement: Statement) {
    let run = app.state.db.write_now(|conn| statement.execute(conn));
    run.unwrap();
}

fn sql(app: &TestApp, sql: &str) {
    execute(app, Statement::new(sql));
}

#[derive(QueryableByName)]
struct Cell {
    #[diesel(sql_type = Nullable<Text>)]
    cell: Option<String>,
}

/// One value as text; `expression` may hold a whole `SELECT`.
fn cells(app: &TestApp, expression: &str, from: &str) -> Vec<String> {
    let select = format!("SELECT CAST({expression} AS TEXT) AS cell FROM {from}");
    let rows: Vec<Cell> = (app.state.db)
        .read_now(|conn| Statement::new(&select).load(conn))
        .unwrap();
    let cell = |row: Cell| row.cell.unwrap_or_else(|| "-".to_owned());
    rows.into_iter().map(cell).collect()
}

fn count(app: &TestApp, from: &str) -> usize {
    #[derive(QueryableByName)]
    struct Count {
        #[diesel(sql_type = BigInt)]
        count: i64,
    }
    let select = format!("SELECT COUNT(*) AS count FROM {from}");
    let rows: Vec<Count> = (app.state.db)
        .read_now(|conn| Statement::new(&select).load(conn))
        .unwrap();
    usize::try_from(rows[0].count).unwrap()
}

/// A customer with a contact of the same number.
fn person(app: &TestApp, id: i64, customer: &str, name: &str) {
    let (now, mail) = (after(app, 0), format!("p{id}@customer.example"));
    insert(
        app,
        "customers (id, name, search_name, match_name, created_at, updated_at)",
        vec![
            int(id),
            text(customer),
            text("x"),
            text("x"),
            now.clone(),
            now.clone(),
        ],
    );
    insert(
        app,
        "contacts (id, customer_id, name, email, created_at, updated_at)",
        vec![int(id), int(id), text(name), text(&mail), now.clone(), now],
    );
}

/// An open survey that closes in 20 days, with two reminders a week apart.
fn survey(app: &TestApp, id: i64, about: &str) {
    insert(
        app,
        "surveys (id, name, questions, about, status, closes_at, reminder_days, reminders, \
         opened_at, created_at, updated_at)",
        vec![
            int(id),
            text("Spring"),
            text(QUESTIONS),
            text(about),
            text("open"),
            after(app, 20),
            int(7),
            int(2),
            after(app, 0),
            after(app, 0),
            after(app, 0),
        ],
    );
}

/// The contact of this number is asked, by mail, in this language.
fn invite(app: &TestApp, id: i64, survey: i64, contact: i64, language: &str) {
    insert(
        app,
        "survey_invitations (id, survey_id, customer_id, contact_id, source, language, nonce, \
         status, invited_at, created_at, updated_at)",
        vec![
            int(id),
            int(survey),
            int(contact),
            int(contact),
            text("mail"),
            text(language),
            text(&format!("nonce{id}")),
            text("invited"),
            after(app, 0),
            after(app, 0),
            after(app, 0),
        ],
    );
}

/// Ada Lovelace of `Müller GmbH` is asked about her experience.
fn ada(app: &TestApp) {
    person(app, 7, "Müller GmbH", "Ada Lovelace");
    survey(app, 3, "experience");
    invite(app, 11, 3, 7, "en");
}

fn send(app: &TestApp) -> (u64, u64) {
    let Sent {
        invitations,
        reminders,
        more,
    } = keep_going(&app.state).unwrap();
    assert!(!more);
    (invitations, reminders)
}

/// What the outbox hands over now.
fn delivered(app: &TestApp) -> Vec<StoredMail> {
    let memory = MemoryMailer::default();
    let from = "Nordfracht <surveys@firm.example>".parse().unwrap();
    let timeout = std::time::Duration::from_secs(5);
    let post = Post::new(Mailer::Memory(memory.clone()), from, timeout);
    deliver_due(&app.state.db, &post, &app.state.clock, 1000).unwrap();
    memory.mails()
}

/// The path of the link in a mail that begins so.
fn link(mail: &StoredMail, begin: &str) -> String {
    let start = format!("{SERVER}{begin}");
    let line = mail.mail.text.lines().find(|line| line.starts_with(&start));
    line.unwrap_or_else(|| panic!("no {begin}: {}", mail.mail.text))[SERVER.len()..].to_owned()
}

fn ticket(app: &TestApp, purpose: Purpose, id: i64, nonce: &str) -> String {
    let now = app.state.clock.now().into();
    let signer = (app.state.db).write_now(|conn| Signer::of(conn, now));
    signer.unwrap().ticket(purpose, id, nonce)
}

async fn page(app: &TestApp, path: &str) -> Reply {
    app.send(app.bare(Method::GET, path)).await
}

/// Sends a form, and stays where it leads away.
async fn sent(app: &TestApp, path: &str, kind: &str, body: &str) -> Reply {
    let client = reqwest::Client::builder()
        .pool_max_idle_per_host(0)
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    let request = client
        .post(format!("{}{path}", app.address))
        .header("content-type", kind)
        .body(body.to_owned());
    app.send(request).await
}

/// Every page says the same to browsers, search engines and caches.
#[track_caller]
fn check_heads(reply: &Reply) {
    let policy = reply.header("content-security-policy");
    assert_eq!(
        policy,
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; \
         frame-ancestors 'none'; base-uri 'none'"
    );
    assert_eq!(reply.header("cache-control"), "no-store");
    assert_eq!(reply.header("x-robots-tag"), "noindex");
    assert_eq!(reply.header("referrer-policy"), "no-referrer");
    assert_eq!(reply.header("x-content-type-options"), "nosniff");
    assert!(!reply.text.contains("<script"));
}

async fn who_is_invited_to_a_survey_is_mailed_once_it_is_open(app: TestApp) {
    person(&app, 7, "Müller GmbH", "Ada Lovelace");
    person(&app, 8, "Brandt KG", "Jan");
    let questions: serde_json::Value = serde_json::from_str(QUESTIONS).unwrap();
    let draft =
        json!({"name": "Spring", "questions": questions, "closes_at": "2026-03-22T08:00:00Z"});
    let made = app.post("/surveys", draft).await.expect(201)["id"].clone();
    let open = format!("/surveys/{made}:open");
    let ask = format!("/surveys/{made}/invitations");
    assert_eq!(send(&app), (0, 0));
    let heard = app.state.bell.rings();
    app.post(&open, json!({})).await.expect(200);
    app.post(&ask, json!({"contacts": [7]})).await.expect(200);
    // The server's worker is told at once.
    assert_eq!(app.state.bell.rings(), heard + 2);
    assert_eq!(send(&app), (1, 0));
    app.post(&ask, json!({"contacts": [8]})).await.expect(200);
    assert_eq!(send(&app), (1, 0));
    let mails = delivered(&app);
    let (first, second) = (link(&mails[0], "/s/"), link(&mails[1], "/s/"));
    assert_eq!(sent(&app, &first, FORM, "q.overall=5").await.status, 303);
    let invitations = app.all(&ask).await;
    let state = |at: usize| {
        (
            invitations[at]["status"].clone(),
            invitations[at]["mails"].clone(),
        )
    };
    assert_eq!(state(0), (json!("answered"), json!(1)));
    assert_eq!(state(1), (json!("invited"), json!(1)));
    app.post(&format!("/surveys/{made}:close"), json!({}))
        .await
        .expect(200);
    assert_eq!(page(&app, &second).await.status, 410);
}

async fn the_whole_way_from_the_mail_to_changed_answers(app: TestApp) {
    ada(&app);
    assert_eq!(send(&app), (1, 0));
    let mails = delivered(&app);
    assert_eq!(mails.len(), 1);
    let mail = &mails[0].mail;
    assert_eq!(mail.to.address(), "p7@customer.example");
    assert_eq!(
        mail.subject,
        "How satisfied are you with our service? 127.0.0.1 would like to know"
    );
    for words in [
        "Hello Ada Lovelace,",
        "Müller GmbH",
        "3 questions",
        "How satisfied are you?",
    ] {
        assert!(mail.text.contains(words), "{words}: {}", mail.text);
        assert!(mail.html.contains(words), "{words}: {}", mail.html);
    }
    // 2 March and 20 days.
    assert!(
        mail.text.contains("22 March 2026, 08:00 UTC"),
        "{}",
        mail.text
    );
    let path = link(&mails[0], "/s/");
    let out = format!("{SERVER}{}", link(&mails[0], "/u/"));
    let out = out.strip_suffix("?lang=en").unwrap().to_owned();
    assert_eq!(mail.unsubscribe_url.as_deref(), Some(out.as_str()));
    assert!(
        mails[0]
            .source
            .contains("List-Unsubscribe-Post: List-Unsubscribe=One-Click")
    );

    let before = cells(&app, "updated_at", "survey_invitations");
    wait(&app, TimeDelta::hours(1));
    let shown = page(&app, &path).await;
    assert_eq!(shown.status, 200, "{}", shown.text);
    check_heads(&shown);
    assert_eq!(shown.header("content-language"), "en");
    for words in [
        "<html lang=\"en\">",
        "How satisfied are you with our service?",
        "Müller GmbH",
        "22 March 2026, 08:00 UTC",
        "1 = very dissatisfied",
        "10 = extremely likely",
        "name=\"q.overall\" value=\"5\" required",
        "name=\"q.recommend\" value=\"0\"",
    ] {
        assert!(shown.text.contains(words), "{words}: {}", shown.text);
    }
    // Nobody is led to an answer; only the choice to give none stands out.
    assert_eq!(shown.text.matches(" checked").count(), 1);
    let head = app.send(app.bare(Method::HEAD, &path)).await;
    assert_eq!((head.status.as_u16(), head.text.as_str()), (200, ""));
    assert_eq!(count(&app, "survey_answers"), 0);
    assert_eq!(cells(&app, "updated_at", "survey_invitations"), before);

    let form = "lang=en&q.overall=2&q.recommend=&q.comment=Late%21%0D%0ATwice.";
    let taken = sent(&app, &path, FORM, form).await;
    assert_eq!(taken.status, 303, "{}", taken.text);
    assert_eq!(taken.header("location"), "?done=1&lang=en");
    let thanks = page(&app, &format!("{path}?done=1&lang=en")).await;
    assert_eq!(thanks.status, 200);
    check_heads(&thanks);
    assert!(thanks.text.contains("Thank you!"));
    assert!(thanks.text.contains("until 22 March 2026, 08:00 UTC"));
    let stored = || {
        cells(
            &app,
            "question || ' ' || COALESCE(CAST(CAST(score * 100 AS INTEGER) AS TEXT), text)",
            "survey_answers ORDER BY id",
        )
    };
    // (2 - 1) / (5 - 1), and the line end as databases keep it.
    assert_eq!(stored(), ["overall 25", "comment Late!\nTwice."]);
    assert_eq!(cells(&app, "status", "survey_invitations"), ["answered"]);

    let again = page(&app, &path).await;
    assert!(
        again.text.contains("value=\"2\" checked required"),
        "{}",
        again.text
    );
    assert!(again.text.contains(">\nLate!\nTwice.</textarea>"));
    let form = "lang=en&q.overall=4&q.recommend=10&q.comment=";
    assert_eq!(sent(&app, &path, FORM, form).await.status, 303);
    assert_eq!(stored(), ["overall 75", "recommend 100"]);
    let deeds = cells(
        &app,
        "actor || ' ' || action",
        "audit_log WHERE entity = 'survey_invitation' ORDER BY id",
    );
    assert_eq!(deeds, ["contact:7 answered", "contact:7 changed"]);
    // Nothing more is sent to somebody who has answered.
    wait(&app, TimeDelta::days(8));
    assert_eq!(send(&app), (0, 0));
}

async fn answers_that_cannot_be_taken_are_shown_again_with_all_that_was_typed(app: TestApp) {
    ada(&app);
    let path = format!("/s/{}", ticket(&app, Purpose::Survey, 11, "nonce11"));
    let form = "lang=zh&q.recommend=11&q.comment=%3Cb%3Ehere%3C%2Fb%3E";
    let refused = sent(&app, &path, FORM, form).await;
    assert_eq!(refused.status, 422);
    check_heads(&refused);
    for words in [
        "<html lang=\"zh\">",
        "请再检查 2 处答案",
        "请选择一个答案",
        "请选择 0 到 10 之间的整数",
        "&#60;b&#62;here&#60;/b&#62;</textarea>",
        "href=\"#q-overall\"",
    ] {
        assert!(refused.text.contains(words), "{words}: {}", refused.text);
    }
    let cases = [
        ("q.overall=2.5", "Please look at one answer"),
        ("q.overall=NaN", "whole number from 1 to 5"),
        ("q.overall=five", "whole number from 1 to 5"),
        ("q.overall=3&q.nothing=1", "the questions have changed"),
        ("q.overall=3&q.comment=%00x", "cannot be stored"),
    ];
    for (form, words) in cases {
        let refused = sent(&app, &path, FORM, &format!("lang=en&{form}")).await;
        assert_eq!(refused.status, 422, "{form}");
        assert!(refused.text.contains(words), "{form}: {}", refused.text);
    }
    let long = format!("lang=en&q.overall=3&q.comment={}", "x".repeat(10_001));
    let refused = sent(&app, &path, FORM, &long).await;
    assert!(
        refused
            .text
            .contains("shorten your text to 10,000 characters")
    );
    assert!(refused.text.contains(&"x".repeat(10_001)));
    assert!(refused.text.contains("value=\"3\" checked"));
    assert_eq!(count(&app, "survey_answers"), 0);
    assert_eq!(
        count(&app, "audit_log WHERE entity = 'survey_invitation'"),
        0
    );

    sql(
        &app,
        "UPDATE surveys SET questions = REPLACE(questions, 'true', 'false')",
    );
    let empty = sent(&app, &path, FORM, "q.overall=&q.comment=+").await;
    assert_eq!(empty.status, 422);
    assert!(empty.text.contains("you have not answered anything yet"));
}

async fn what_is_closed_revoked_forged_or_unknown_is_told_kindly(app: TestApp) {
    ada(&app);
    let good = ticket(&app, Purpose::Survey, 11, "nonce11");
    let path = format!("/s/{good}");
    let forged = page(
        &app,
        &format!("/s/{}", ticket(&app, Purpose::Survey, 11, "other")),
    )
    .await;
    let unknown = page(
        &app,
        &format!("/s/{}", ticket(&app, Purpose::Survey, 12, "nonce12")),
    )
    .await;
    let other_door = page(
        &app,
        &format!("/s/{}", ticket(&app, Purpose::OptOut, 11, "nonce11")),
    )
    .await;
    let none = page(&app, "/s/%E4%B8%AD").await;
    for reply in [&forged, &unknown, &other_door, &none] {
        assert_eq!(reply.status, 404);
        check_heads(reply);
        assert_eq!(reply.text, forged.text);
        assert!(reply.text.contains("This link does not work"));
        assert!(!reply.text.contains("Müller"));
    }
    let posted = sent(
        &app,
        &format!("/s/{}x", &good[..good.len() - 1]),
        FORM,
        "q.overall=3",
    )
    .await;
    assert_eq!(posted.status, 404);

    sql(&app, "UPDATE surveys SET status = 'draft'");
    let early = page(&app, &path).await;
    assert_eq!(early.status, 404);
    assert!(early.text.contains("not open yet"));
    sql(&app, "UPDATE surveys SET status = 'open'");
    assert_eq!(sent(&app, &path, FORM, "q.overall=3").await.status, 303);

    sql(&app, "UPDATE survey_invitations SET status = 'revoked'");
    for reply in [
        page(&app, &path).await,
        sent(&app, &path, FORM, "q.overall=4").await,
    ] {
        assert_eq!(reply.status, 410);
        check_heads(&reply);
        assert!(reply.text.contains("You need not answer any more"));
    }
    sql(&app, "UPDATE survey_invitations SET status = 'answered'");
    wait(&app, TimeDelta::days(20));
    for reply in [
        page(&app, &path).await,
        page(&app, &format!("{path}?done=1")).await,
        sent(&app, &path, FORM, "q.overall=4").await,
    ] {
        assert_eq!(reply.status, 410);
        check_heads(&reply);
        assert!(reply.text.contains("This survey is closed"));
        assert!(reply.text.contains("22 March 2026, 08:00 UTC"));
    }
    // Nothing came through since the first answer.
    assert_eq!(cells(&app, "score", "survey_answers"), ["0.5"]);
}

async fn wrong_links_are_limited_and_right_ones_never(app: TestApp) {
    ada(&app);
    let path = format!("/s/{}", ticket(&app, Purpose::Survey, 11, "nonce11"));
    let wrong = format!("/s/{}", ticket(&app, Purpose::Survey, 11, "guess"));
    let mut refused = 0;
    // One more comes free every three seconds, should the machine be slow.
    let limited = loop {
        let reply = page(&app, &wrong).await;
        if reply.status == 429 {
            break reply;
        }
        assert_eq!(reply.status, 404);
        refused += 1;
        assert!(refused < 200, "no limit");
        assert_eq!(page(&app, &path).await.status, 200);
    };
    assert!(refused >= 20, "{refused}");
    check_heads(&limited);
    let seconds: u64 = limited.header("retry-after").parse().unwrap();
    assert!((1..=4).contains(&seconds), "{seconds}");
    assert!(limited.text.contains("Too many wrong links"));
    // Right links work all the same, and doors share the count.
    for _ in 0..30 {
        assert_eq!(page(&app, &path).await.status, 200);
    }
}

async fn one_click_ends_surveys_and_one_button_brings_them_back(app: TestApp) {
    ada(&app);
    assert_eq!(send(&app), (1, 0));
    let out = cells(&app, "unsubscribe_url", "mails")[0][SERVER.len()..].to_owned();
    let consent = || cells(&app, "survey_consent", "contacts")[0].clone();

    // A filter that opens every link changes nothing.
    let asked = page(&app, &out).await;
    assert_eq!(asked.status, 200);
    check_heads(&asked);
    assert!(asked.text.contains("No more surveys?"));
    assert_eq!(consent(), "-");
    assert_eq!(sent(&app, &out, FORM, "").await.status, 400);
    assert_eq!(consent(), "-");

    let clicked = sent(&app, &out, FORM, "List-Unsubscribe=One-Click").await;
    assert_eq!(clicked.status, 200);
    check_heads(&clicked);
    assert!(clicked.text.contains("You will get no more surveys"));
    assert_eq!(consent(), "refused");
    let stamped = cells(&app, "survey_consent_at", "contacts");
    wait(&app, TimeDelta::hours(1));
    // The mail that waited is withdrawn, and a second click is none.
    assert!(delivered(&app).is_empty());
    let parts = "--b\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\n\
                 One-Click\r\n--b--\r\n";
    let multipart = "multipart/form-data; boundary=b";
    assert_eq!(sent(&app, &out, multipart, parts).await.status, 200);
    assert_eq!(cells(&app, "survey_consent_at", "contacts"), stamped);
    let deeds = || {
        cells(
            &app,
            "actor || ' ' || action",
            "audit_log WHERE entity = 'contact' ORDER BY id",
        )
    };
    assert_eq!(deeds(), ["contact:7 opted_out"]);
    wait(&app, TimeDelta::days(8));
    assert_eq!(send(&app), (0, 0));

    // The page of a survey has the same door, and it opens both ways.
    let door = format!(
        "/s/{}/opt-out",
        ticket(&app, Purpose::Survey, 11, "nonce11")
    );
    let shown = page(&app, &door).await;
    assert!(
        shown.text.contains("I do want to be asked again"),
        "{}",
        shown.text
    );
    let undone = sent(&app, &door, FORM, "wish=given").await;
    assert!(undone.text.contains("You may be asked again"));
    assert_eq!(consent(), "given");
    assert_eq!(deeds(), ["contact:7 opted_out", "contact:7 consented"]);
    assert_eq!(
        sent(&app, &door, FORM, "wish=refused&lang=zh").await.status,
        200
    );
    assert_eq!(consent(), "refused");
    assert_eq!(sent(&app, &door, multipart, parts).await.status, 200);

    let wrong = ticket(&app, Purpose::OptOut, 7, "contact 0");
    assert_eq!(
        sent(&app, &format!("/u/{wrong}"), FORM, "wish=given")
            .await
            .status,
        404
    );
    assert_eq!(consent(), "refused");
}

async fn the_way_out_of_an_old_mail_counts_for_who_the_contact_became(app: TestApp) {
    ada(&app);
    send(&app);
    let mails = delivered(&app);
    let (out, asked) = (link(&mails[0], "/u/"), link(&mails[0], "/s/"));
    // Two more firms know Ada, the one a colleague of hers, too.
    person(&app, 8, "Mueller Gmbh", "A. Lovelace");
    person(&app, 9, "Müller Group", "Lovelace");
    person(&app, 10, "Brandt KG", "Jan");
    sql(
        &app,
        "UPDATE contacts SET email = 'P7@Customer.Example' WHERE id IN (8, 9)",
    );
    sql(&app, "UPDATE contacts SET customer_id = 8 WHERE id = 10");
    let consent = || {
        let said = cells(&app, "survey_consent", "contacts ORDER BY id");
        let at = |id: usize| said[id - 7].clone();
        [at(8), at(9), at(10)]
    };
    let merge = |from: i64, into: i64| {
        let path = format!("/customers/{from}:merge");
        let (app, body) = (&app, json!({"into": into}));
        async move { app.post(&path, body).await.expect(200) }
    };
    assert_eq!(merge(7, 8).await["moved"]["contacts_joined"], 1);
    let before = page(&app, &out).await;
    assert!(!before.text.contains("You will get no more surveys"));
    let clicked = sent(&app, &out, FORM, "List-Unsubscribe=One-Click").await;
    assert_eq!(clicked.status, 200, "{}", clicked.text);
    assert_eq!(consent(), ["refused", "-", "-"]);
    let after = page(&app, &out).await;
    assert!(after.text.contains("You will get no more surveys"));

    // What the person says elsewhere is what the old link shows, and it opens both ways.
    let given = json!({"survey_consent": "given"});
    app.patch("/contacts/8", given).await.expect(200);
    let shown = page(&app, &out).await;
    assert!(!shown.text.contains("You will get no more surveys"));
    let door = format!("{}/opt-out", asked.split('?').next().unwrap());
    assert_eq!(sent(&app, &door, FORM, "wish=refused").await.status, 200);
    assert_eq!(consent(), ["refused", "-", "-"]);
    assert_eq!(sent(&app, &out, FORM, "wish=given").await.status, 200);
    assert_eq!(consent(), ["given", "-", "-"]);

    // A second merge further on.
    merge(8, 9).await;
    assert_eq!(sent(&app, &out, FORM, "wish=refused").await.status, 200);
    assert_eq!(consent()[1..], ["refused", "-"]);
    let deeds = cells(
        &app,
        "actor || ' ' || action",
        "audit_log WHERE entity = 'contact' AND actor LIKE 'contact:%' ORDER BY id",
    );
    let expected = [
        "contact:8 opted_out",
        "contact:8 opted_out",
        "contact:8 consented",
        "contact:9 opted_out",
    ];
    assert_eq!(deeds, expected);
}

async fn reminders_come_in_time_in_the_thread_and_not_for_ever(app: TestApp) {
    ada(&app);
    assert_eq!((send(&app), send(&app)), ((1, 0), (0, 0)));
    wait(&app, TimeDelta::days(7) - TimeDelta::seconds(1));
    assert_eq!(send(&app), (0, 0));
    wait(&app, TimeDelta::seconds(1));
    assert_eq!((send(&app), send(&app)), ((0, 1), (0, 0)));
    wait(&app, TimeDelta::days(7));
    assert_eq!(send(&app), (0, 1));
    // Day 14 had the second and last; the survey still has six days.
    let mails = delivered(&app);
    let first = mails[0].mail.message_id.clone();
    assert_eq!(mails.len(), 3);
    assert_eq!(mails[0].mail.in_reply_to, None);
    for reminder in &mails[1..] {
        assert_eq!(reminder.mail.in_reply_to.as_ref(), Some(&first));
        assert_ne!(reminder.mail.message_id, first);
        assert!(
            reminder
                .mail
                .subject
                .starts_with("Reminder: How satisfied are you")
        );
        assert_eq!(link(reminder, "/s/"), link(&mails[0], "/s/"));
    }
    assert_eq!(
        cells(&app, "kind", "mails ORDER BY id"),
        ["survey", "survey_reminder", "survey_reminder"]
    );
    // Who is asked anew after a revocation gets a new link, in a thread of its own.
    let asked = |app: &TestApp| {
        let mut again = Statement::new(
            "UPDATE survey_invitations SET mails = 0, last_mailed_at = NULL, nonce = 'new', \
             invited_at = ",
        );
        again.bind(after(app, 0));
        execute(app, again);
    };
    asked(&app);
    assert_eq!(send(&app), (1, 0));
    let anew = delivered(&app);
    assert_eq!((anew.len(), &anew[0].mail.in_reply_to), (1, &None));
    assert_ne!(link(&anew[0], "/s/"), link(&mails[0], "/s/"));
    // More may be sent, but not on the last day, nor to those who left or have no address.
    sql(&app, "UPDATE surveys SET reminders = 9, reminder_days = 1");
    wait(&app, TimeDelta::days(1));
    sql(&app, "UPDATE contacts SET email = NULL");
    assert_eq!(send(&app), (0, 0));
    sql(&app, "UPDATE contacts SET email = 'new@customer.example'");
    assert_eq!(send(&app), (0, 1));
    assert_eq!(delivered(&app)[0].mail.to.address(), "new@customer.example");
    wait(&app, TimeDelta::days(4));
    assert_eq!(send(&app), (0, 1));
    wait(&app, TimeDelta::hours(23));
    sql(
        &app,
        "UPDATE survey_invitations SET last_mailed_at = invited_at",
    );
    assert_eq!(send(&app), (0, 0));
    sql(&app, "UPDATE surveys SET status = 'closed'");
    sql(&app, "UPDATE survey_invitations SET mails = 0");
    assert_eq!(send(&app), (0, 0));
}

async fn a_reminder_by_hand_has_its_rules(app: TestApp) {
    ada(&app);
    send(&app);
    let path = "/survey-invitations/11:remind";
    app.post(path, json!({}))
        .await
        .expect_problem(409, "reminded_lately");
    wait(&app, TimeDelta::days(1));
    let reminded = app.post(path, json!({})).await.expect(200);
    assert_eq!(
        (&reminded["invitation_id"], &reminded["mails"]),
        (&json!(11), &json!(2))
    );
    assert_eq!(count(&app, "mails WHERE kind = 'survey_reminder'"), 1);
    assert_eq!(count(&app, "audit_log WHERE action = 'reminded'"), 1);
    app.post(path, json!({}))
        .await
        .expect_problem(409, "reminded_lately");
    // The next one of its own accord is a week away again.
    wait(&app, TimeDelta::days(6));
    assert_eq!(send(&app), (0, 0));

    for (change, back, code) in [
        (
            "contacts SET survey_consent = 'refused'",
            "contacts SET survey_consent = NULL",
            "opted_out",
        ),
        (
            "contacts SET email = NULL",
            "contacts SET email = 'a@b.example'",
            "no_address",
        ),
        (
            "survey_invitations SET source = 'api'",
            "survey_invitations SET source = 'mail'",
            "not_by_mail",
        ),
        (
            "survey_invitations SET status = 'revoked'",
            "survey_invitations SET status = 'invited'",
            "invitation_revoked",
        ),
        (
            "survey_invitations SET status = 'answered'",
            "survey_invitations SET status = 'invited'",
            "answered",
        ),
        (
            "surveys SET status = 'closed'",
            "surveys SET status = 'open'",
            "survey_closed",
        ),
    ] {
        sql(&app, &format!("UPDATE {change}"));
        if code == "survey_closed" {
            sql(&app, "UPDATE surveys SET closed_at = opened_at");
        }
        app.post(path, json!({})).await.expect_problem(409, code);
        sql(&app, &format!("UPDATE {back}"));
    }
    let stranger = app.make_key(&[Scope::Read, Scope::Write], Teams::Only(vec![5]), None);
    let request = app
        .bare(Method::POST, &format!("/api/v1{path}"))
        .bearer_auth(&stranger);
    app.send(request).await.expect_problem(404, "not_found");
    let reader = app.make_key(&[Scope::Read], Teams::All, None);
    let request = app
        .bare(Method::POST, &format!("/api/v1{path}"))
        .bearer_auth(&reader);
    app.send(request).await.expect_problem(403, "forbidden");
    assert_eq!(count(&app, "mails"), 2);
}

async fn instances_that_look_at_once_mail_once(app: TestApp) {
    survey(&app, 3, "experience");
    for id in 1..=40 {
        person(&app, id, "Firm", "Person");
        invite(&app, id, 3, id, "en");
    }
    let other = app.again_with(&[]).await;
    let begin = std::sync::Barrier::new(6);
    let queued: u64 = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..6)
            .map(|number| {
                let state = if number % 2 == 0 {
                    &app.state
                } else {
                    &other.state
                };
                let begin = &begin;
                scope.spawn(move || {
                    begin.wait();
                    keep_going(state).unwrap().invitations
                })
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .sum()
    });
    assert_eq!((queued, count(&app, "mails")), (40, 40));
    assert_eq!(count(&app, "survey_invitations WHERE mails = 1"), 40);
    assert_eq!(count(&app, "(SELECT DISTINCT about_id FROM mails) x"), 40);
}

async fn surveys_close_in_time(app: TestApp) {
    ada(&app);
    wait(&app, TimeDelta::days(20) - TimeDelta::seconds(1));
    assert_eq!(send(&app), (1, 0));
    assert_eq!(cells(&app, "status", "surveys"), ["open"]);
    wait(&app, TimeDelta::seconds(1));
    send(&app);
    send(&app);
    assert_eq!(
        cells(&app, "status || ' ' || CAST(version AS TEXT)", "surveys"),
        ["closed 2"]
    );
    assert_eq!(count(&app, "surveys WHERE closed_at = closes_at"), 1);
    let deeds = cells(
        &app,
        "actor || ' ' || action",
        "audit_log WHERE entity = 'survey'",
    );
    assert_eq!(deeds, ["time closed"]);
}

async fn pages_and_mails_speak_the_language_asked_for(app: TestApp) {
    person(&app, 7, "上海货运", "王伟");
    person(&app, 8, "Łódź Sp. z o.o.", "Jan");
    survey(&app, 3, "link");
    sql(&app, "UPDATE surveys SET about = 'link'");
    invite(&app, 11, 3, 7, "zh-CN");
    sql(
        &app,
        "UPDATE survey_invitations SET partner_id = 8, side = 'consignee'",
    );
    invite(&app, 12, 3, 8, "pl");
    sql(
        &app,
        "UPDATE survey_invitations SET partner_id = 7, side = 'shipper' WHERE id = 12",
    );
    assert_eq!(send(&app), (2, 0));
    let mails = delivered(&app);
    let mail = |to: &str| {
        mails
            .iter()
            .find(|one| one.mail.to.address() == to)
            .unwrap()
    };
    let chinese = mail("p7@customer.example");
    assert_eq!(
        chinese.mail.subject,
        "您对来自 Łódź Sp. z o.o. 的货运服务满意吗？127.0.0.1 想听听您的意见"
    );
    assert!(chinese.mail.text.contains("王伟，您好："));
    // A language that is not spoken here is answered in English.
    let english = mail("p8@customer.example");
    assert!(
        english
            .mail
            .subject
            .starts_with("How satisfied are you with your shipments to 上海货运?")
    );

    let path = link(chinese, "/s/");
    let own = page(&app, &path).await;
    assert_eq!(own.header("content-language"), "zh");
    assert!(own.text.contains("您有多满意？") && own.text.contains("1 = 非常不满意"));
    let switched = page(&app, &format!("{path}?lang=en")).await;
    assert!(switched.text.contains("<html lang=\"en\">"));
    assert!(
        switched
            .text
            .contains("How satisfied are you with your shipments from Łódź Sp. z o.o.?")
    );
    // The form keeps the language that the page was read in.
    assert!(switched.text.contains("name=\"lang\" value=\"en\""));
    let taken = sent(&app, &path, FORM, "lang=en&q.overall=5").await;
    assert_eq!(taken.header("location"), "?done=1&lang=en");
    let nonsense = page(&app, &format!("{path}?lang=xx")).await;
    assert_eq!(nonsense.header("content-language"), "zh");
    // A wrong link knows nobody: the browser says what its person reads.
    let request = app
        .bare(Method::GET, "/s/x")
        .header("accept-language", "zh-CN");
    assert!(app.send(request).await.text.contains("该链接无效"));
}

async fn names_and_answers_are_text_and_never_markup(app: TestApp) {
    person(
        &app,
        7,
        "<script>x</script>\r\nBcc: a@b",
        "\"><img src=x>\nSubject: no",
    );
    survey(&app, 3, "experience");
    invite(&app, 11, 3, 7, "en");
    send(&app);
    let mails = delivered(&app);
    let path = link(&mails[0], "/s/");
    assert_eq!(
        sent(
            &app,
            &path,
            FORM,
            "q.overall=1&q.comment=%3C%2Ftextarea%3E%3Cscript%3E"
        )
        .await
        .status,
        303
    );
    let shown = page(&app, &path).await;
    for html in [&shown.text, &mails[0].mail.html] {
        for bad in ["<script", "<img", "</textarea><"] {
            assert!(
                !html.contains(bad) || bad == "</textarea><" && !html.contains("</textarea><s"),
                "{bad}: {html}"
            );
        }
    }
    assert!(!mails[0].mail.text.contains("\nBcc"));
    assert!(!mails[0].mail.text.contains("\nSubject"));
}

async fn forms_that_are_none_are_refused_on_a_page(app: TestApp) {
    ada(&app);
    let path = format!("/s/{}", ticket(&app, Purpose::Survey, 11, "nonce11"));
    let large = format!("q.overall=3&q.comment={}", "x".repeat(1 << 20));
    for (kind, body, status, words) in [
        (FORM, large.as_str(), 413, "more text than we can take"),
        ("application/json", "{}", 415, "lost on the way"),
        (
            "multipart/form-data; boundary=b",
            "--b--",
            415,
            "lost on the way",
        ),
    ] {
        let reply = sent(&app, &path, kind, body).await;
        assert_eq!(reply.status, status, "{kind}");
        check_heads(&reply);
        assert!(reply.text.contains(words), "{}", reply.text);
    }
    assert_eq!(count(&app, "survey_answers"), 0);
}

async fn the_worker_mails_when_the_bell_rings(app: TestApp) {
    let worker = Worker::start(app.state.clone()).unwrap();
    ada(&app);
    // It rings the bell itself once the mail is queued: that is what the outbox waits for.
    let mut heard = app.state.bell.rings();
    app.state.bell.ring();
    while count(&app, "mails") == 0 {
        let bell = app.state.bell.clone();
        heard += 1;
        let wait = move || bell.wait(heard, std::time::Duration::from_secs(30));
        actix_web::rt::task::spawn_blocking(wait).await.unwrap();
    }
    drop(worker);
    assert_eq!(count(&app, "mails"), 1);
}

async fn mails_to_what_is_over_stay_here(app: TestApp) {
    survey(&app, 3, "experience");
    survey(&app, 4, "experience");
    survey(&app, 5, "experience");
    for (invitation, survey) in [(1, 3), (2, 3), (3, 3), (4, 3), (5, 4), (6, 5), (7, 3)] {
        person(&app, invitation, "Firm", "Person");
        invite(&app, invitation, survey, invitation, "en");
    }
    person(&app, 8, "Firm", "Successor");
    assert_eq!(send(&app), (7, 0));
    wait(&app, TimeDelta::days(8));
    // Asked anew after a revocation: the link of the first mail is dead.
    let mut anew = Statement::new("UPDATE survey_invitations SET invited_at = ");
    anew.bind(after(&app, 0)).push(" WHERE id = 7");
    execute(&app, anew);
    assert_eq!(send(&app), (0, 7));
    wait(&app, TimeDelta::hours(1));
    sql(
        &app,
        "UPDATE survey_invitations SET status = 'answered' WHERE id = 1",
    );
    sql(
        &app,
        "UPDATE survey_invitations SET status = 'revoked' WHERE id = 2",
    );
    sql(
        &app,
        "UPDATE survey_invitations SET contact_id = 8 WHERE id = 3",
    );
    sql(&app, "UPDATE surveys SET status = 'closed' WHERE id = 4");
    let mut over = Statement::new("UPDATE surveys SET closes_at = ");
    over.bind(after(&app, 0)).push(" WHERE id = 5");
    execute(&app, over);

    let mut to: Vec<String> = delivered(&app)
        .iter()
        .map(|one| one.mail.to.address().to_owned())
        .collect();
    to.sort();
    assert_eq!(
        to,
        [
            "p4@customer.example",
            "p4@customer.example",
            "p7@customer.example"
        ]
    );
    assert_eq!(count(&app, "mails WHERE status = 'dead'"), 11);
    // Nor are they sent on their way by hand.
    let dead = cells(&app, "id", "mails WHERE status = 'dead' ORDER BY id");
    for mail in &dead {
        app.post(&format!("/mails/{mail}:retry"), json!({}))
            .await
            .expect_problem(409, "recipient_removed");
    }
    sql(
        &app,
        "UPDATE survey_invitations SET status = 'invited' WHERE id = 2",
    );
    let second = cells(&app, "id", "mails WHERE contact_id = 2 ORDER BY id")[0].clone();
    app.post(&format!("/mails/{second}:retry"), json!({}))
        .await
        .expect(200);
}

async fn what_was_typed_can_be_copied_where_it_cannot_be_saved(app: TestApp) {
    ada(&app);
    let path = format!("/s/{}", ticket(&app, Purpose::Survey, 11, "nonce11"));
    let form = "lang=en&q.overall=2&q.recommend=&q.comment=Late%21%0D%0A%3Cb%3ETwice.";
    let typed = [
        "How satisfied are you?",
        ">2<",
        "What should we know?",
        "Late!\n&#60;b&#62;Twice.",
    ];
    let check = |reply: &Reply, status: u16, words: &str| {
        assert_eq!(reply.status, status, "{}", reply.text);
        check_heads(reply);
        for words in typed.iter().chain([&words, &"What you entered"]) {
            assert!(reply.text.contains(words), "{words}: {}", reply.text);
        }
        // Nothing stands there for a question that was left out.
        assert!(!reply.text.contains("Would you recommend us?"));
    };
    // The database fails while it is saved.
    sql(&app, "ALTER TABLE survey_answers RENAME TO elsewhere");
    let failed = sent(&app, &path, FORM, form).await;
    check(&failed, 500, "Something went wrong on our side");
    sql(&app, "ALTER TABLE elsewhere RENAME TO survey_answers");
    // It fails before anybody knows what was asked.
    sql(&app, "ALTER TABLE survey_invitations RENAME TO elsewhere");
    let failed = sent(&app, &path, FORM, form).await;
    sql(&app, "ALTER TABLE elsewhere RENAME TO survey_invitations");
    assert_eq!(failed.status, 500);
    check_heads(&failed);
    for words in [">overall<", ">2<", "Late!\n&#60;b&#62;Twice."] {
        assert!(failed.text.contains(words), "{words}: {}", failed.text);
    }

    sql(&app, "UPDATE survey_invitations SET status = 'revoked'");
    let revoked = sent(&app, &path, FORM, form).await;
    check(&revoked, 410, "You need not answer any more");
    sql(&app, "UPDATE survey_invitations SET status = 'invited'");
    wait(&app, TimeDelta::days(20));
    let late = sent(&app, &path, FORM, form).await;
    check(&late, 410, "This survey is closed");
    // Who typed nothing is shown nothing.
    let looked = page(&app, &path).await;
    assert!(!looked.text.contains("What you entered"));
    assert_eq!(count(&app, "survey_answers"), 0);
}

async fn long_answers_in_chinese_are_taken(app: TestApp) {
    ada(&app);
    let questions: Vec<serde_json::Value> = (0..10)
        .map(|at| {
            json!({"code": format!("c{at}"), "scale": "text", "text": {"en": "Why?", "zh": "为何？"}})
        })
        .collect();
    let mut put = Statement::new("UPDATE surveys SET questions = ");
    put.bind(Bind::Text(json!(questions).to_string()));
    execute(&app, put);
    let path = format!("/s/{}", ticket(&app, Purpose::Survey, 11, "nonce11"));
    // As long as each may be, nine bytes a letter on the way.
    let long = "%E4%B8%AD".repeat(10_000);
    let fields: Vec<String> = (0..10).map(|at| format!("q.c{at}={long}")).collect();
    let taken = sent(&app, &path, FORM, &fields.join("&")).await;
    assert_eq!(taken.status, 303, "{}", taken.text);
    let kept = cells(&app, "LENGTH(text)", "survey_answers");
    assert_eq!(kept, ["10000"; 10]);
}

async fn a_survey_that_was_closed_nobody_knows_when_is_closed(app: TestApp) {
    ada(&app);
    sql(&app, "UPDATE surveys SET status = 'closed'");
    let path = format!("/s/{}", ticket(&app, Purpose::Survey, 11, "nonce11"));
    assert_eq!(page(&app, &path).await.status, 410);
    assert_eq!(sent(&app, &path, FORM, "q.overall=3").await.status, 410);
    app.post("/surveys/3/invitations", json!({"contacts": [7]}))
        .await
        .expect_problem(409, "survey_closed");
}

async fn looking_at_a_page_makes_no_secret(app: TestApp) {
    ada(&app);
    for path in ["/s/x", "/s/AAAAAAAAAAsAAAAAAAAAAAAAAAAAAAAA", "/u/x"] {
        assert_eq!(page(&app, path).await.status, 404);
    }
    let complaint = "/c/AAAAAAAAAAsAAAAAAAAAAAAAAAAAAAAA";
    assert_eq!(page(&app, complaint).await.status, 404);
    assert_eq!(count(&app, "instance_secrets"), 0);
    // The first link that is signed works on the server that had none to check by.
    assert_eq!(send(&app), (1, 0));
    let path = link(&delivered(&app)[0], "/s/");
    assert_eq!(page(&app, &path).await.status, 200);
    assert_eq!(count(&app, "instance_secrets"), 1);
}

async fn a_letter_that_cannot_be_written_holds_no_other_up(app: TestApp) {
    survey(&app, 3, "experience");
    for id in [1, 2, 3] {
        person(&app, id, "Firm", "Person");
        invite(&app, id, 3, id, "en");
    }
    let (refuse, allow): (&[&str], &str) = if app.state.db.target().has_one_writer() {
        (
            &[
                "CREATE TRIGGER not_two BEFORE INSERT ON mails WHEN NEW.about_id = 2 \
               BEGIN SELECT RAISE(ABORT, 'not two'); END",
            ],
            "DROP TRIGGER not_two",
        )
    } else {
        (
            &["ALTER TABLE mails ADD CONSTRAINT not_two CHECK (about_id <> 2)"],
            "ALTER TABLE mails DROP CONSTRAINT not_two",
        )
    };
    for statement in refuse {
        sql(&app, statement);
    }
    assert_eq!(send(&app), (2, 0));
    assert_eq!(send(&app), (0, 0));
    assert_eq!(
        cells(&app, "about_id", "mails ORDER BY id"),
        ["1", "3"],
        "the others"
    );
    // It was not counted either, and goes out once it can.
    assert_eq!(count(&app, "survey_invitations WHERE mails = 0"), 1);
    sql(&app, allow);
    assert_eq!(send(&app), (1, 0));
    assert_eq!(send(&app), (0, 0));
}

async fn who_is_asked_nothing_is_not_waited_for(app: TestApp) {
    ada(&app);
    let now = app.state.clock.now().into();
    let due = || {
        let looked = app
            .state
            .db
            .read_now(|conn| hawser::surveys::mail::anything_due(conn, now));
        looked.unwrap()
    };
    assert!(due());
    insert(
        &app,
        "departments (id, customer_id, kind, name, created_at, updated_at)",
        vec![
            int(5),
            int(7),
            text("sales"),
            text("Sales"),
            after(&app, 0),
            after(&app, 0),
        ],
    );
    sql(&app, "UPDATE survey_invitations SET department_id = 5");
    let of_finance = json!([{"code": "a", "scale": "nps", "departments": ["finance"],
        "text": {"en": "x", "zh": "y"}}]);
    let mut put = Statement::new("UPDATE surveys SET questions = ");
    put.bind(Bind::Text(of_finance.to_string()));
    execute(&app, put);
    assert!(!due());
    assert_eq!(send(&app), (0, 0));
    // Behind it there may be others.
    person(&app, 8, "Firm", "Person");
    invite(&app, 12, 3, 8, "en");
    assert!(due());
}

async fn texts_read_as_they_should(app: TestApp) {
    ada(&app);
    send(&app);
    wait(&app, TimeDelta::days(7));
    send(&app);
    let mails = delivered(&app);
    let would = "would like to hear from you as a contact of Müller GmbH.";
    assert!(mails[0].mail.text.contains(would), "{}", mails[0].mail.text);
    let reminder = &mails[1].mail.text;
    assert!(reminder.contains("We have not had an answer"), "{reminder}");
    let path = link(&mails[0], "/s/");
    let shown = page(&app, &path).await.text;
    assert!(shown.contains(would) && shown.contains("(required)"));
}
