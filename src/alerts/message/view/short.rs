//! A notice in one line, for digests.

use super::words::{severity, step_key};
use super::{Writer, colour};
use crate::alerts::message::{AlertNotice, Line, SUBJECT_NAME_CHARS};
use crate::i18n::line::{isolate, shorten};
use crate::i18n::{TextError, Texts};

pub(in crate::alerts::message) fn headline(
    texts: &Texts,
    notice: &AlertNotice,
) -> Result<String, TextError> {
    Writer::new(texts, notice)?.event()
}

pub(in crate::alerts::message) fn line(
    texts: &Texts,
    notice: &AlertNotice,
) -> Result<Line, TextError> {
    let writer = Writer::new(texts, notice)?;
    Ok(Line {
        severity: writer.text(severity(notice.severity), &[])?,
        colour: colour(notice.severity),
        customer: isolate(shorten(&writer.customer, SUBJECT_NAME_CHARS)),
        what: writer.event()?,
        value: writer.short_value()?,
        next_step: writer.text(step_key(notice.next_step), &[])?,
        url: notice.public_url.alert(notice.alert_id),
    })
}
