//! Mails are put into the outbox.

use diesel::prelude::*;

use crate::db::schema::{mail_images, mails};
use crate::db::{Conn, DbResult, UtcTime, on};
use crate::ids::MailId;
use crate::mail::model::MailStatus;

/// A mail to be queued.
#[derive(Clone, Debug, Default, Insertable)]
#[diesel(table_name = mails)]
pub struct NewMail<'a> {
    /// As [`MailKind`](crate::mail::model::MailKind) words it.
    pub kind: &'static str,
    /// The customer that it is about, if it is about one.
    pub customer_id: Option<i64>,
    /// The alert, for alerts.
    pub alert_id: Option<i64>,
    /// The person of ours that it goes to; either this or `contact_id`.
    pub user_id: Option<i64>,
    /// The contact that it goes to.
    pub contact_id: Option<i64>,
    /// The run that wrote it, for alerts.
    pub run_id: Option<i64>,
    /// The invitation or the complaint.
    pub about_id: Option<i64>,
    /// Its `Message-ID`.
    pub message_id: &'a str,
    /// The mail before it in its thread.
    pub in_reply_to: Option<&'a str>,
    /// All mails before it in its thread, the first one first, with spaces between.
    pub reply_chain: Option<&'a str>,
    /// Where it goes.
    pub to_address: &'a str,
    /// The name to show.
    pub to_name: &'a str,
    /// Its language.
    pub language: &'a str,
    /// Its subject.
    pub subject: &'a str,
    /// Its text.
    pub text: &'a str,
    /// The same as HTML.
    pub html: &'a str,
    /// Where one `POST` ends such mails (RFC 8058).
    pub unsubscribe_url: Option<&'a str>,
}

/// A picture that stands in a mail's HTML as `cid:CONTENT_ID`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewImage {
    /// Unique in the mail, such as `course@firm.example`.
    pub content_id: String,
    /// What it shows, for those who do not see it.
    pub alt: String,
    /// The picture.
    pub png: Vec<u8>,
}

/// Queues a mail in the transaction of its cause; `None` if one with its `Message-ID` was queued
/// before.
///
/// # Errors
///
/// The database's, as everywhere here.
pub fn queue(conn: &mut Conn, mail: &NewMail<'_>, now: UtcTime) -> DbResult<Option<MailId>> {
    let status = MailStatus::Queued.word();
    Ok(on!(conn, |c| diesel::insert_into(mails::table)
        .values((
            mail,
            mails::status.eq(status),
            mails::next_attempt_at.eq(now),
            mails::created_at.eq(now),
            mails::updated_at.eq(now),
        ))
        .on_conflict_do_nothing()
        .returning(mails::id)
        .get_result::<MailId>(c)
        .optional())?)
}

/// Adds the pictures of a mail, in the transaction that queued it.
///
/// # Errors
///
/// The database's, as everywhere here.
pub fn attach(conn: &mut Conn, mail: MailId, images: &[NewImage]) -> DbResult<()> {
    for image in images {
        on!(conn, |c| diesel::insert_into(mail_images::table)
            .values((
                mail_images::mail_id.eq(mail.0),
                mail_images::content_id.eq(&image.content_id),
                mail_images::alt.eq(&image.alt),
                mail_images::png.eq(&image.png),
            ))
            .execute(c))?;
    }
    Ok(())
}
