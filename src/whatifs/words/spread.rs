//! Sentences of loyalty spread.

use chrono::NaiveDate;

use super::super::views::Names;
use super::Words;
use crate::cascade::{Prospect, Source};
use crate::error::Answer;
use crate::i18n::{Value, key};
use crate::ids::CustomerId;

impl Words<'_> {
    /// Who may be won next in all, and what that rests on.
    ///
    /// # Errors
    ///
    /// An internal error if a text cannot be completed.
    pub fn spread(
        &self,
        known: f64,
        advocates: u64,
        open: u64,
        prospects: u64,
    ) -> Answer<Vec<String>> {
        let share = || Value::from(self.percent(known, 0));
        let mut told = Vec::new();
        if known <= 0.0 {
            told.push(self.text(key("spread-payers-unknown"), Vec::new())?);
            return Ok(told);
        }
        told.push(if prospects == 0 {
            self.text(
                key("spread-nobody"),
                vec![("open", open.into()), ("advocates", advocates.into())],
            )?
        } else {
            self.text(
                key("spread-found"),
                vec![
                    ("prospects", prospects.into()),
                    ("open", open.into()),
                    ("advocates", advocates.into()),
                ],
            )?
        });
        told.push(self.text(key("spread-rests"), vec![("share", share())])?);
        told.push(self.text(key("spread-hypothesis"), Vec::new())?);
        Ok(told)
    }

    /// Why somebody may be won.
    ///
    /// # Errors
    ///
    /// As [`spread`](Self::spread).
    pub fn prospect(
        &self,
        customer: CustomerId,
        prospect: &Prospect,
        because_of: &[(CustomerId, &Source)],
        paid_before: Option<NaiveDate>,
        names: Names<'_>,
    ) -> Answer<String> {
        let mut values = vec![
            ("customer", self.name(names, customer)?.into()),
            (
                "business",
                self.measured(self.business, prospect.potential)?.into(),
            ),
        ];
        let trades = if let Some((partner, source)) = because_of.first() {
            values.push(("partner", self.name(names, *partner)?.into()));
            values.push(("share", self.percent(source.share, 0).into()));
            self.text(key("spread-reason"), values)?
        } else {
            self.text(key("spread-reason-alone"), values)?
        };
        let Some(day) = paid_before else {
            return Ok(trades);
        };
        let date = self.language.date(day);
        let before = self.text(key("spread-paid-before"), vec![("date", date.into())])?;
        self.text(
            key("what-if-sentences"),
            vec![("one", trades.into()), ("other", before.into())],
        )
    }
}
