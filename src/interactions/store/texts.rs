//! Texts themselves: to learn from, to score again, and to show behind an index.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Double, Nullable, Text};

use crate::db::schema::{survey_answers, survey_invitations};
use crate::db::select::{Statement, Value};
use crate::db::{Conn, DbResult, Instant, UtcTime, on};
use crate::engagement::store::lock;
use crate::ids::CustomerId;

/// A text to learn from.
#[derive(Clone, Debug, PartialEq, QueryableByName)]
pub struct Example {
    /// The text, its first characters if it is long.
    #[diesel(sql_type = Text)]
    pub text: String,
    /// Mean score in `[0, 1]` of the answers that it stands beside; `None`: it stands beside none.
    #[diesel(sql_type = Nullable<Double>)]
    pub score: Option<f64>,
}

/// The customers' own texts and their comments beside answers, the newest of each, each up to so
/// many characters.
///
/// # Errors
///
/// The database's, as everywhere here.
pub fn examples(conn: &mut Conn, most: i64, characters: i64) -> DbResult<Vec<Example>> {
    let mut sql = Statement::new("SELECT SUBSTR(i.text, 1, CAST(");
    sql.bind(Value::Int(characters));
    sql.push(
        " AS INTEGER)) AS text, CAST(NULL AS DOUBLE PRECISION) AS score FROM interactions i \
         WHERE i.deleted_at IS NULL AND i.text IS NOT NULL AND i.direction = 'inbound' \
         ORDER BY i.at DESC, i.id DESC LIMIT ",
    );
    sql.bind(Value::Int(most));
    let mut found: Vec<Example> = sql.load(conn)?;
    let mut sql = Statement::new("SELECT SUBSTR(a.text, 1, CAST(");
    sql.bind(Value::Int(characters));
    sql.push(
        " AS INTEGER)) AS text, (SELECT AVG(b.score) FROM survey_answers b \
         WHERE b.invitation_id = a.invitation_id AND b.score IS NOT NULL) AS score \
         FROM survey_answers a WHERE a.text IS NOT NULL AND a.text <> '' \
         ORDER BY a.answered_at DESC, a.id DESC LIMIT ",
    );
    sql.bind(Value::Int(most));
    found.extend(sql.load::<Example>(conn)?);
    Ok(found)
}

#[derive(QueryableByName)]
struct Id {
    #[diesel(sql_type = BigInt)]
    id: i64,
}

/// Ids of the customers' own living texts behind `after`, in order.
pub fn inbound_after(conn: &mut Conn, after: i64, most: i64) -> DbResult<Vec<i64>> {
    let mut sql = Statement::new(
        "SELECT i.id FROM interactions i WHERE i.deleted_at IS NULL AND i.text IS NOT NULL \
         AND i.direction = 'inbound' AND i.id > ",
    );
    sql.bind(Value::Int(after));
    sql.push(" ORDER BY i.id LIMIT ").bind(Value::Int(most));
    Ok(sql
        .load::<Id>(conn)?
        .into_iter()
        .map(|row| row.id)
        .collect())
}

/// A comment beside answers.
#[derive(Clone, Debug, QueryableByName)]
pub struct Comment {
    /// The answer's id.
    #[diesel(sql_type = BigInt)]
    pub id: i64,
    /// The invitation's id.
    #[diesel(sql_type = BigInt)]
    pub invitation_id: i64,
    /// What it says.
    #[diesel(sql_type = Text)]
    pub text: String,
    /// As stored.
    #[diesel(sql_type = Nullable<Double>)]
    pub polarity: Option<f64>,
}

/// Comments behind `after`, in order of id.
pub fn comments_after(conn: &mut Conn, after: i64, most: i64) -> DbResult<Vec<Comment>> {
    let mut sql = Statement::new(
        "SELECT a.id, a.invitation_id, a.text, a.polarity FROM survey_answers a \
         WHERE a.text IS NOT NULL AND a.id > ",
    );
    sql.bind(Value::Int(after));
    sql.push(" ORDER BY a.id LIMIT ").bind(Value::Int(most));
    sql.load(conn)
}

/// Stores the polarity of a comment as it was read, and that its invitation changed; whether it was
/// still the same comment.
pub fn set_polarity(
    conn: &mut Conn,
    comment: &Comment,
    polarity: Option<f64>,
    now: UtcTime,
) -> DbResult<bool> {
    // The invitation first, as whoever answers does: two that wait for each other would wait for ever.
    lock(conn, "survey_invitations", comment.invitation_id)?;
    let stored = on!(conn, |c| diesel::update(
        survey_answers::table.find(comment.id)
    )
    .filter(survey_answers::text.eq(Some(&comment.text)))
    .set(survey_answers::polarity.eq(polarity))
    .execute(c))?;
    if stored > 0 {
        on!(conn, |c| diesel::update(
            survey_invitations::table.filter(survey_invitations::id.eq(comment.invitation_id))
        )
        .set(survey_invitations::updated_at.eq(now))
        .execute(c))?;
    }
    Ok(stored > 0)
}

/// What stands behind an index.
#[derive(Clone, Debug, QueryableByName)]
pub struct Behind {
    /// The interaction's id.
    #[diesel(sql_type = BigInt)]
    pub id: i64,
    /// When it was said.
    #[diesel(sql_type = Instant)]
    pub at: UtcTime,
    /// How.
    #[diesel(sql_type = Text)]
    pub channel: String,
    /// By whom.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub contact_id: Option<i64>,
    /// Of which department.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub department_id: Option<i64>,
    /// JSON.
    #[diesel(sql_type = Nullable<Text>)]
    pub sentences: Option<String>,
    /// JSON.
    #[diesel(sql_type = Nullable<Text>)]
    pub topics: Option<String>,
}

/// The newest texts with a feeling of a customer in a period.
pub fn behind(
    conn: &mut Conn,
    customer: CustomerId,
    from: UtcTime,
    until: UtcTime,
    most: i64,
) -> DbResult<Vec<Behind>> {
    let mut sql = Statement::new(
        "SELECT i.id, i.at, i.channel, i.contact_id, i.department_id, i.sentences, i.topics \
         FROM interactions i WHERE i.deleted_at IS NULL AND i.polarity IS NOT NULL \
         AND i.customer_id = ",
    );
    sql.bind(Value::Int(customer.0));
    sql.push(" AND i.at >= ").bind(Value::Time(from));
    sql.push(" AND i.at < ").bind(Value::Time(until));
    sql.push(" ORDER BY i.at DESC, i.id DESC LIMIT ")
        .bind(Value::Int(most));
    sql.load(conn)
}
