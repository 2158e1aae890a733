//! Answers to surveys as a run reads them.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Double, Nullable, Text};
use serde::Deserialize;

use super::Spans;
use crate::assessment::inputs::{About, Collector, Side, Spoken};
use crate::customers::model::{BuyingRole, DepartmentKind};
use crate::db::schema::surveys;
use crate::db::select::{Statement, Value};
use crate::db::{Conn, DbError, DbResult, Instant, UtcTime, on};
use crate::ids::{ContactId, CustomerId, DepartmentId, InvitationId, SurveyId};

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = BigInt)]
    invitation_id: InvitationId,
    #[diesel(sql_type = BigInt)]
    survey_id: SurveyId,
    #[diesel(sql_type = BigInt)]
    customer_id: CustomerId,
    #[diesel(sql_type = Nullable<BigInt>)]
    department_id: Option<DepartmentId>,
    #[diesel(sql_type = BigInt)]
    contact_id: ContactId,
    #[diesel(sql_type = Nullable<Text>)]
    buying_role: Option<String>,
    #[diesel(sql_type = Nullable<BigInt>)]
    partner_id: Option<CustomerId>,
    #[diesel(sql_type = Nullable<Text>)]
    side: Option<String>,
    #[diesel(sql_type = Nullable<BigInt>)]
    shipper_id: Option<CustomerId>,
    #[diesel(sql_type = Nullable<BigInt>)]
    consignee_id: Option<CustomerId>,
    #[diesel(sql_type = Double)]
    confidence: f64,
    #[diesel(sql_type = Text)]
    question: String,
    #[diesel(sql_type = Nullable<Text>)]
    dimension: Option<String>,
    #[diesel(sql_type = Double)]
    score: f64,
    #[diesel(sql_type = Instant)]
    answered_at: UtcTime,
}

/// Gives the collector the answers of surveys that were not deleted.
pub fn read(conn: &mut Conn, spans: &Spans, collector: &mut Collector) -> DbResult<()> {
    let owners = owners(conn)?;
    let mut sql = Statement::new(
        "SELECT a.invitation_id, i.survey_id, i.customer_id, i.department_id, i.contact_id, \
         c.buying_role, i.partner_id, i.side, s.shipper_id, s.consignee_id, i.confidence, \
         a.question, a.dimension, a.score, a.answered_at FROM survey_answers a \
         JOIN survey_invitations i ON i.id = a.invitation_id \
         JOIN surveys v ON v.id = i.survey_id JOIN contacts c ON c.id = i.contact_id \
         LEFT JOIN shipments s ON s.id = i.shipment_id \
         WHERE v.deleted_at IS NULL AND a.score IS NOT NULL AND a.answered_at >= ",
    );
    sql.bind(Value::Time(spans.signs_from_at));
    sql.push(" AND a.answered_at < ")
        .bind(Value::Time(spans.as_of_at));
    sql.push(" ORDER BY a.id");
    let rows: Vec<Row> = sql.load(conn)?;
    for row in rows {
        let customer = row.customer_id;
        collector.answer(customer, row.spoken(spans, &owners)?);
    }
    Ok(())
}

/// Kinds of departments that the questions of each survey are for.
type Owners = HashMap<SurveyId, HashMap<String, Vec<DepartmentKind>>>;

#[derive(Deserialize)]
struct Question {
    code: String,
    #[serde(default)]
    departments: Vec<DepartmentKind>,
}

fn owners(conn: &mut Conn) -> DbResult<Owners> {
    let rows: Vec<(SurveyId, String)> = on!(conn, |c| surveys::table
        .filter(surveys::deleted_at.is_null())
        .select((surveys::id, surveys::questions))
        .load(c))?;
    rows.into_iter()
        .map(|(id, questions)| {
            let questions: Vec<Question> = serde_json::from_str(&questions)
                .map_err(|error| DbError::corrupt("surveys.questions", error))?;
            let owned = questions.into_iter().map(|one| (one.code, one.departments));
            Ok((id, owned.collect()))
        })
        .collect()
}

impl Row {
    fn spoken(self, spans: &Spans, owners: &Owners) -> DbResult<Spoken> {
        let role = self.buying_role.as_deref().map(|word| {
            BuyingRole::parse(word).ok_or_else(|| DbError::corrupt("contacts.buying_role", word))
        });
        let about = self.about()?;
        Ok(Spoken {
            contact: self.contact_id,
            invitation: self.invitation_id,
            department: self.department_id,
            role: role.transpose()?,
            owners: owners
                .get(&self.survey_id)
                .and_then(|questions| questions.get(&self.question))
                .cloned()
                .unwrap_or_default(),
            dimension: self.dimension,
            about,
            score: self.score,
            confidence: self.confidence,
            on: spans.day(self.answered_at),
            age_days: spans.age_days(self.answered_at),
        })
    }

    /// The link asked about: as told, else that of the shipment asked about.
    fn about(&self) -> DbResult<Option<About>> {
        let side = self.side.as_deref().map(|word| {
            Side::parse(word).ok_or_else(|| DbError::corrupt("survey_invitations.side", word))
        });
        let side = side.transpose()?;
        if let Some(partner) = self.partner_id {
            return Ok(Some(About { partner, side }));
        }
        let ends = self.shipper_id.zip(self.consignee_id);
        Ok(ends.and_then(|(shipper, consignee)| {
            let about = |partner, side| About {
                partner,
                side: Some(side),
            };
            if self.customer_id == shipper {
                Some(about(consignee, Side::Shipper))
            } else {
                (self.customer_id == consignee).then(|| about(shipper, Side::Consignee))
            }
        }))
    }
}
