//! Endpoints for surveys.

mod answers;
mod figures;
mod invitations;
mod surveys;
mod templates;

use std::collections::HashSet;

use serde::Serialize;
use utoipa_actix_web::service_config::ServiceConfig;

use super::model::{About, InvitationStatus, Side, Source};
use super::store::InvitationRow;
use crate::access::Teams;
use crate::customers::model::DepartmentKind;
use crate::db::{Conn, UtcTime};
use crate::engagement::store::visible;
use crate::error::Answer;

/// Adds this feature's endpoints.
pub fn routes(config: &mut ServiceConfig<'_>) {
    templates::routes(config);
    surveys::routes(config);
    invitations::routes(config);
    answers::routes(config);
    figures::routes(config);
}

/// One person asked once.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
struct Invitation {
    /// Its id.
    id: i64,
    /// The survey.
    survey_id: i64,
    /// What it asks about.
    about: About,
    /// Who was asked.
    customer_id: i64,
    /// Its name.
    customer_name: String,
    /// The department that the person was in when asked, deleted or not.
    department_id: Option<i64>,
    /// What that department does.
    department_kind: Option<DepartmentKind>,
    /// What it is called.
    department_name: Option<String>,
    /// The person.
    contact_id: i64,
    /// The person's name.
    contact_name: String,
    /// The shipment asked about.
    shipment_id: Option<i64>,
    /// The other end of the shipment or link; `null` if there is none, or none that the key may
    /// see.
    partner_id: Option<i64>,
    /// Its name.
    partner_name: Option<String>,
    /// Which end the customer is.
    side: Option<Side>,
    /// How the person came to be asked.
    source: Source,
    /// The language to ask in, BCP 47.
    language: String,
    /// Where it stands.
    status: InvitationStatus,
    /// How much an answer counts, in `[0, 1]`.
    confidence: f64,
    /// When the person was asked.
    invited_at: UtcTime,
    /// When the last mail to the person was written.
    last_mailed_at: Option<UtcTime>,
    /// Mails to the person.
    mails: i64,
    /// When the person last answered.
    answered_at: Option<UtcTime>,
    /// When it was made.
    created_at: UtcTime,
    /// When it last changed.
    updated_at: UtcTime,
}

/// Rows as callers of these teams may see them.
fn views(conn: &mut Conn, rows: Vec<InvitationRow>, teams: &Teams) -> Answer<Vec<Invitation>> {
    let partners = rows.iter().filter_map(|row| row.partner_id.map(|id| id.0));
    let seen = visible(conn, partners, teams)?;
    Ok(rows.into_iter().map(|row| view(row, &seen)).collect())
}

fn view(row: InvitationRow, seen: &HashSet<i64>) -> Invitation {
    let partner = row.partner_id.map(|id| id.0).filter(|id| seen.contains(id));
    Invitation {
        id: row.id.0,
        survey_id: row.survey_id.0,
        about: row.about,
        customer_id: row.customer_id.0,
        customer_name: row.customer_name,
        department_id: row.department_id.map(|id| id.0),
        department_kind: row.department_kind,
        department_name: row.department_name,
        contact_id: row.contact_id.0,
        contact_name: row.contact_name,
        shipment_id: row.shipment_id.map(|id| id.0),
        partner_id: partner,
        partner_name: row.partner_name.filter(|_| partner.is_some()),
        side: row.side,
        source: row.source,
        language: row.language,
        status: row.status,
        confidence: row.confidence,
        invited_at: row.invited_at,
        last_mailed_at: row.last_mailed_at,
        mails: row.mails,
        answered_at: row.answered_at,
        created_at: row.created_at,
        updated_at: row.updated_at,
    }
}
