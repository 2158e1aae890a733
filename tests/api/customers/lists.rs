//! Lists of customers: search, filters, pages, pulls of changes.

use hawser::db::select::Statement;
use serde_json::json;

use super::{each, later, make, make_team};
use crate::TestApp;
use crate::harness::on_each_database;

on_each_database!(
    names_are_found_without_regard_to_case_and_accents,
    pages_by_name_lose_and_repeat_nobody,
    lists_filter_by_every_field,
    the_role_follows_from_the_traffic,
    whoever_pulls_changes_sees_what_was_deleted,
);

/// Writes that `shipper` sent something to `consignee`.
fn trade(app: &TestApp, shipper: i64, consignee: i64) {
    let sql = format!(
        "INSERT INTO link_months VALUES ({shipper}, {consignee}, '2026-01-01', 1, \
         0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, '2026-01-05', '2026-01-05')"
    );
    let written: hawser::db::DbResult<usize> = app
        .state
        .db
        .write_now(|conn| Statement::new(&sql).execute(conn));
    assert_eq!(written.unwrap(), 1);
}

async fn names_are_found_without_regard_to_case_and_accents(app: TestApp) {
    for name in [
        "Müller Straße GmbH",
        "Łódź Spedycja",
        "上海示例物流有限公司",
        "50%_Off Ltd",
    ] {
        make(&app, json!({"name": name})).await;
    }
    for (query, found) in [
        ("q=MULLER", Some("Müller Straße GmbH")),
        ("q=müll", Some("Müller Straße GmbH")),
        ("q=er STRASSE", Some("Müller Straße GmbH")),
        ("name[contains]=Straße", Some("Müller Straße GmbH")),
        ("name=müller  strasse gmbh", Some("Müller Straße GmbH")),
        ("q=lodz", Some("Łódź Spedycja")),
        ("q=ŁÓDŹ&q=sped", Some("Łódź Spedycja")),
        ("q=示例", Some("上海示例物流有限公司")),
        ("q=上海", Some("上海示例物流有限公司")),
        ("q=50%25_", Some("50%_Off Ltd")),
        ("q=0_off", None),
        ("q=北京", None),
    ] {
        let rows = app.all(&format!("/customers?{query}")).await;
        assert_eq!(each(&rows, "name"), Vec::from_iter(found), "{query}");
    }
    for query in [
        "q=",
        "q=%00",
        "tag=",
        "name[near]=x",
        "name[contains]=%00",
        "name=%00",
        "country[contains]=d",
    ] {
        app.get(&format!("/customers?{query}"))
            .await
            .expect_problem(400, "bad_parameter");
    }
}

async fn pages_by_name_lose_and_repeat_nobody(app: TestApp) {
    let names = ["Beta", "alpha", "ÁLPHA", "Alpha", "beta", "Alpha", "gamma"];
    let mut ids = Vec::new();
    for name in names {
        ids.push(make(&app, json!({"name": name})).await);
    }
    // alpha: 1, 2, 3, 5; beta: 0, 4; gamma: 6.
    let order = [1, 2, 3, 5, 0, 4, 6].map(|place| json!(ids[place]));
    for limit in [1, 2, 3, 500] {
        let up = app
            .all(&format!("/customers?sort=name&limit={limit}"))
            .await;
        assert_eq!(each(&up, "id"), order.iter().collect::<Vec<_>>());
        let down = app
            .all(&format!("/customers?sort=-name&limit={limit}"))
            .await;
        assert_eq!(each(&down, "id"), order.iter().rev().collect::<Vec<_>>());
    }
}

async fn lists_filter_by_every_field(app: TestApp) {
    let team = make_team(&app, "North").await;
    let group = make(&app, json!({"name": "Group", "status": "inactive"})).await;
    let acme = make(
        &app,
        json!({"name": "Acme", "country": "DE", "team_id": team, "parent_id": group,
            "status": "prospect", "tags": ["vip", "a\"b"]}),
    )
    .await;
    make(
        &app,
        json!({"name": "Other", "country": "US", "tags": ["VIP", "vip2", "b"]}),
    )
    .await;
    for query in [
        "country=de".to_owned(),
        "country[in]=de,fr".into(),
        format!("team_id={team}"),
        format!("parent_id={group}"),
        "status=prospect".into(),
        "tag=vip".into(),
        "tag=vip&tag=a%22b".into(),
        format!("id={acme}"),
    ] {
        let rows = app.all(&format!("/customers?{query}")).await;
        assert_eq!(each(&rows, "id"), [&json!(acme)], "{query}");
    }
    for query in [
        "tag=vi",
        "tag=%2C",
        "tag=vip&tag=b",
        "status=active&country=de",
    ] {
        assert!(
            app.all(&format!("/customers?{query}")).await.is_empty(),
            "{query}"
        );
    }
    let since = later(&app);
    app.patch(&format!("/customers/{acme}"), json!({"name": "Acme 2"}))
        .await
        .expect(200);
    let rows = app
        .all(&format!("/customers?updated_at[gte]={since}"))
        .await;
    assert_eq!(each(&rows, "id"), [&json!(acme)]);
    app.get("/customers?colour=red&role=king")
        .await
        .expect_problem(400, "bad_parameter");
}

async fn the_role_follows_from_the_traffic(app: TestApp) {
    let mut ids = Vec::new();
    for name in ["Mill", "Bakery", "Shop", "Idle"] {
        ids.push(make(&app, json!({"name": name})).await);
    }
    trade(&app, ids[0], ids[1]);
    trade(&app, ids[1], ids[2]);
    let roles = ["shipper", "both", "consignee", "none"];
    for (id, role) in ids.iter().zip(roles) {
        let shown = app.get(&format!("/customers/{id}")).await.expect(200);
        assert_eq!(shown["role"], role);
        let rows = app.all(&format!("/customers?role={role}")).await;
        assert_eq!(each(&rows, "id"), [&json!(id)], "{role}");
        assert_eq!(each(&rows, "role"), [&json!(role)]);
    }
    let senders = app.all("/customers?role[in]=shipper,both").await;
    assert_eq!(each(&senders, "id"), [&json!(ids[0]), &json!(ids[1])]);
    let deleted = app.delete(&format!("/customers/{}", ids[0])).await;
    assert_eq!(deleted.status, 204, "shipments do not keep a customer");
}

async fn whoever_pulls_changes_sees_what_was_deleted(app: TestApp) {
    let acme = make(&app, json!({"name": "Acme"})).await;
    make(&app, json!({"name": "Other"})).await;
    let department = app
        .post(
            &format!("/customers/{acme}/departments"),
            json!({"kind": "sales"}),
        )
        .await
        .expect(201);
    let contact = json!({"name": "Anna", "department_id": department["id"]});
    app.post(&format!("/customers/{acme}/contacts"), contact)
        .await
        .expect(201);
    let since = later(&app);
    for list in ["/customers", "/departments", "/contacts"] {
        let changed = app.all(&format!("{list}?updated_since={since}")).await;
        assert!(changed.is_empty(), "{list}");
    }
    app.delete(&format!("/customers/{acme}")).await;
    for list in ["/customers", "/departments", "/contacts"] {
        let path = format!("{list}?updated_since={since}&sort=updated_at");
        let changed = app.all(&path).await;
        assert_eq!(
            each(&changed, "deleted_at"),
            ["2026-03-02T08:01:00Z"],
            "{list}"
        );
        assert_eq!(each(&changed, "version"), [2], "{list}");
    }
    assert!(app.all("/departments").await.is_empty());
    assert!(app.all("/contacts").await.is_empty());
}
