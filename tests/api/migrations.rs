//! The schema: the same on both databases, up and down, by one instance at a time.

use std::collections::BTreeSet;
use std::thread;

use hawser::db::select::Statement;
use hawser::db::{Db, migrate, unmigrate};

use crate::TestApp;
use crate::harness::on_each_database;

on_each_database!(
    the_schema_goes_down_and_comes_up_again,
    four_instances_may_start_at_once,
    every_table_can_be_read_by_its_columns,
);

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, diesel::QueryableByName)]
struct Name {
    #[diesel(sql_type = diesel::sql_types::Text)]
    name: String,
}

/// Names of all tables, views and indexes of ours.
fn names(db: &Db) -> BTreeSet<Name> {
    let sql = match db.target().kind() {
        "SQLite" => "SELECT name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'",
        _ => {
            "SELECT CAST(relname AS TEXT) AS name FROM pg_class \
             WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v', 'i')"
        }
    };
    let rows: Vec<Name> = db.read_now(|conn| Statement::new(sql).load(conn)).unwrap();
    rows.into_iter()
        .filter(|row| !row.name.contains("diesel"))
        .collect()
}

async fn the_schema_goes_down_and_comes_up_again(app: TestApp) {
    let db = &app.state.db;
    let before = names(db);
    assert!(before.len() > 40, "{before:?}");
    unmigrate(db.target()).unwrap();
    assert_eq!(names(db), BTreeSet::new(), "down takes everything away");
    migrate(db.target()).unwrap();
    assert_eq!(names(db), before);
    assert!(db.schema_is_current().unwrap());
}

async fn four_instances_may_start_at_once(app: TestApp) {
    let target = app.state.db.target().clone();
    unmigrate(&target).unwrap();
    let starts: Vec<_> = (0..4)
        .map(|_| {
            let target = target.clone();
            thread::spawn(move || Db::open(&target, 2).map(drop))
        })
        .collect();
    for start in starts {
        start.join().unwrap().unwrap();
    }
    assert!(app.state.db.schema_is_current().unwrap());
}

async fn every_table_can_be_read_by_its_columns(app: TestApp) {
    use diesel::prelude::*;
    use hawser::db::schema::*;
    macro_rules! load {
        ($($table:ident),+ $(,)?) => {
            app.state.db.read_now(|conn| {
                $(
                    let sql = diesel::debug_query::<diesel::sqlite::Sqlite, _>(
                        &$table::table.select($table::all_columns).filter(diesel::dsl::sql::<diesel::sql_types::Bool>("1 = 0")),
                    )
                    .to_string();
                    // The text is SQLite's; both databases read it but for the quotes.
                    let sql = sql.split(" -- ").next().unwrap_or_default().replace('`', "\"");
                    Statement::new(&sql).execute(conn).unwrap_or_else(|error| panic!("{sql}: {error}"));
                )+
                Ok::<_, hawser::db::DbError>(())
            })
            .unwrap();
        };
    }
    load!(
        teams,
        users,
        api_keys,
        audit_log,
        idempotency_keys,
        customers,
        departments,
        contacts,
        imports,
        import_mappings,
        import_rejects,
        import_customers,
        customer_external_ids,
        shipments,
        import_changes,
        link_months,
        counters,
        runs,
        customer_risks,
        link_risks,
        account_satisfactions,
        department_satisfactions,
        what_ifs,
        what_if_customers,
        plans,
        plan_customers,
        alerts,
        mails,
        backtests,
        calibrations,
        contracts,
        invoices,
        run_scores,
        alert_outcomes,
        mail_paces,
    );
}
