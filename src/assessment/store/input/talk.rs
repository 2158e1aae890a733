//! Inbound words as a run reads them: interactions, and comments beside answers.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Double, Nullable, Text as SqlText};

use super::Spans;
use crate::assessment::inputs::Text;
use crate::db::select::{Statement, Value};
use crate::db::{Conn, DbError, DbResult, Instant, UtcTime};
use crate::ids::{CustomerId, DepartmentId};
use crate::sentiment::{Channel, Voice};

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = BigInt)]
    customer_id: CustomerId,
    #[diesel(sql_type = Nullable<BigInt>)]
    department_id: Option<DepartmentId>,
    #[diesel(sql_type = SqlText)]
    channel: String,
    #[diesel(sql_type = Instant)]
    at: UtcTime,
    #[diesel(sql_type = Nullable<Double>)]
    polarity: Option<f64>,
    #[diesel(sql_type = Nullable<Double>)]
    confidence: Option<f64>,
    #[diesel(sql_type = Nullable<Bool>)]
    neutral: Option<bool>,
}

/// The customer's own words of the last year, by customer; what our own people say is not among them.
pub fn read(conn: &mut Conn, spans: &Spans) -> DbResult<HashMap<CustomerId, Vec<Text>>> {
    let mut sql = Statement::new(
        "SELECT t.customer_id, t.department_id, t.channel, t.at, t.polarity, t.confidence, t.neutral \
         FROM interactions t WHERE t.deleted_at IS NULL AND t.direction = 'inbound' AND t.at >= ",
    );
    sql.bind(Value::Time(spans.words_from));
    sql.push(" AND t.at < ").bind(Value::Time(spans.as_of_at));
    // A comment has no confidence of its own: that of a polarity 2p - 1 is max(p, 1 - p).
    sql.push(
        " UNION ALL SELECT i.customer_id, i.department_id, 'survey' AS channel, \
         a.answered_at AS at, a.polarity, 0.5 + ABS(a.polarity) / 2.0 AS confidence, \
         (a.polarity = 0) AS neutral FROM survey_answers a \
         JOIN survey_invitations i ON i.id = a.invitation_id JOIN surveys v ON v.id = i.survey_id \
         WHERE v.deleted_at IS NULL AND a.polarity IS NOT NULL AND a.answered_at >= ",
    );
    sql.bind(Value::Time(spans.words_from));
    sql.push(" AND a.answered_at < ")
        .bind(Value::Time(spans.as_of_at));
    let rows: Vec<Row> = sql.load(conn)?;
    let mut texts: HashMap<CustomerId, Vec<Text>> = HashMap::new();
    for row in rows {
        texts
            .entry(row.customer_id)
            .or_default()
            .push(row.text(spans)?);
    }
    Ok(texts)
}

impl Row {
    fn text(self, spans: &Spans) -> DbResult<Text> {
        let channel = Channel::parse(&self.channel)
            .ok_or_else(|| DbError::corrupt("interactions.channel", &self.channel))?;
        let scored = self.polarity.zip(self.confidence);
        Ok(Text {
            department: self.department_id,
            on: spans.day(self.at),
            age_days: spans.age_days(self.at),
            voice: scored.map(|(polarity, confidence)| Voice {
                age_days: spans.age_days(self.at),
                weight: channel.weight(),
                polarity,
                confidence,
                neutral: self.neutral.unwrap_or(false),
            }),
        })
    }
}
