//! Contacts.

use diesel::prelude::*;
use serde::Serialize;

use super::parts::{Head, Part, collection};
use crate::customers::model::{BuyingRole, ContactInput, SurveyConsent};
use crate::db::schema::contacts;
use crate::db::select::{Collection, Kind, field};
use crate::db::{Conn, DbError, DbResult, UtcTime, on};
use crate::ids::{ContactId, CustomerId};

/// A contact: a person at a customer.
#[derive(Clone, Debug, Serialize, Queryable, Selectable, QueryableByName, utoipa::ToSchema)]
#[diesel(table_name = contacts)]
pub struct Contact {
    /// Its id.
    #[schema(value_type = i64)]
    pub id: ContactId,
    /// The customer the person works for.
    #[schema(value_type = i64)]
    pub customer_id: CustomerId,
    /// The department, one of the same customer.
    pub department_id: Option<i64>,
    /// The person's name.
    pub name: String,
    /// E-mail address.
    pub email: Option<String>,
    /// Telephone number.
    pub phone: Option<String>,
    /// Language to speak: BCP 47.
    pub language: Option<String>,
    /// What part the person has in the decision to buy from us.
    #[schema(value_type = Option<BuyingRole>)]
    pub buying_role: Option<String>,
    /// Goes up with every change.
    pub version: i64,
    /// When it was made.
    pub created_at: UtcTime,
    /// When it last changed.
    pub updated_at: UtcTime,
    /// When it was deleted, if it was.
    pub deleted_at: Option<UtcTime>,
    /// What the person said about being asked for an opinion; `null`: nothing.
    #[schema(value_type = Option<SurveyConsent>)]
    pub survey_consent: Option<String>,
    /// When that last changed.
    pub survey_consent_at: Option<UtcTime>,
}

impl Contact {
    /// What could be told to make it as it is.
    ///
    /// # Errors
    ///
    /// [`DbError::Corrupt`] if the stored role or consent is none.
    pub fn input(&self) -> DbResult<ContactInput> {
        let buying_role = self
            .buying_role
            .as_ref()
            .map(|word| {
                BuyingRole::parse(word)
                    .ok_or_else(|| DbError::corrupt("contacts.buying_role", word))
            })
            .transpose()?;
        let survey_consent = self
            .survey_consent
            .as_ref()
            .map(|word| {
                SurveyConsent::parse(word)
                    .ok_or_else(|| DbError::corrupt("contacts.survey_consent", word))
            })
            .transpose()?;
        Ok(ContactInput {
            name: self.name.clone(),
            email: self.email.clone(),
            phone: self.phone.clone(),
            language: self.language.clone(),
            buying_role,
            department_id: self.department_id,
            survey_consent,
        })
    }
}

/// Lists of contacts.
const CONTACTS: Collection = collection(
    "contacts p JOIN customers c ON c.id = p.customer_id",
    &[
        field("id", "p.id", Kind::Int, true),
        field("customer_id", "p.customer_id", Kind::Int, true),
        field("department_id", "p.department_id", Kind::Int, false),
        field("name", "p.name", Kind::Text, true),
        field("email", "p.email", Kind::Text, false),
        field("language", "p.language", Kind::Text, false),
        field(
            "buying_role",
            "p.buying_role",
            Kind::Words(BuyingRole::WORDS),
            false,
        ),
        field(
            "survey_consent",
            "p.survey_consent",
            Kind::Words(SurveyConsent::WORDS),
            false,
        ),
        field("updated_at", "p.updated_at", Kind::Time, true),
    ],
);

impl Part for Contact {
    const WHAT: &'static str = "contact";
    const LIST: &'static Collection = &CONTACTS;

    fn head(&self) -> Head<'_> {
        Head {
            id: self.id.0,
            customer_id: self.customer_id,
            name: &self.name,
            version: self.version,
            updated_at: self.updated_at,
        }
    }
}

/// The columns that can be told.
#[derive(Insertable, AsChangeset)]
#[diesel(table_name = contacts, treat_none_as_default_value = false, treat_none_as_null = true)]
struct Columns<'a> {
    department_id: Option<i64>,
    name: &'a str,
    email: Option<String>,
    phone: Option<String>,
    language: Option<String>,
    buying_role: Option<String>,
    survey_consent: Option<String>,
}

fn columns(input: &ContactInput) -> Columns<'_> {
    Columns {
        department_id: input.department_id,
        name: &input.name,
        email: input.email.clone(),
        phone: input.phone.clone(),
        language: input.language.clone(),
        buying_role: input.buying_role.map(|role| role.word().to_owned()),
        survey_consent: input.survey_consent.map(|word| word.word().to_owned()),
    }
}

/// Makes a contact.
pub fn insert(
    conn: &mut Conn,
    customer: CustomerId,
    input: &ContactInput,
    now: UtcTime,
) -> DbResult<Contact> {
    Ok(on!(conn, |c| diesel::insert_into(contacts::table)
        .values((
            contacts::customer_id.eq(customer),
            columns(input),
            contacts::survey_consent_at.eq(input.survey_consent.map(|_| now)),
            contacts::created_at.eq(now),
            contacts::updated_at.eq(now),
        ))
        .returning(Contact::as_returning())
        .get_result(c))?)
}

/// Changes a contact; notes when its consent changed.
pub fn update(
    conn: &mut Conn,
    old: &Contact,
    input: &ContactInput,
    now: UtcTime,
) -> DbResult<Contact> {
    let consent = input.survey_consent.map(SurveyConsent::word);
    let consent_at = if old.survey_consent.as_deref() == consent {
        old.survey_consent_at
    } else {
        Some(now)
    };
    if old.email != input.email {
        // That mails came back was said of the old address.
        on!(conn, |c| diesel::update(contacts::table.find(old.id.0))
            .set((
                contacts::mail_failed_at.eq(None::<UtcTime>),
                contacts::mail_failure.eq(None::<String>),
            ))
            .execute(c))?;
    }
    Ok(on!(conn, |c| diesel::update(
        contacts::table.find(old.id.0)
    )
    .set((
        columns(input),
        contacts::survey_consent_at.eq(consent_at),
        contacts::updated_at.eq(now),
        contacts::version.eq(contacts::version + 1),
    ))
    .returning(Contact::as_returning())
    .get_result(c))?)
}

/// Notes what a contact said about being asked for an opinion.
pub fn consent(
    conn: &mut Conn,
    id: ContactId,
    said: Option<SurveyConsent>,
    now: UtcTime,
) -> DbResult<()> {
    on!(conn, |c| diesel::update(contacts::table.find(id.0))
        .set((
            contacts::survey_consent.eq(said.map(SurveyConsent::word)),
            contacts::survey_consent_at.eq(Some(now)),
            contacts::updated_at.eq(now),
            contacts::version.eq(contacts::version + 1),
        ))
        .execute(c))?;
    Ok(())
}

/// Marks a contact as deleted.
pub fn delete(conn: &mut Conn, id: ContactId, now: UtcTime) -> DbResult<()> {
    on!(conn, |c| diesel::update(contacts::table.find(id.0))
        .set((
            contacts::deleted_at.eq(Some(now)),
            contacts::updated_at.eq(now),
            contacts::version.eq(contacts::version + 1),
        ))
        .execute(c))?;
    Ok(())
}
