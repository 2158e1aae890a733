//! One fit for each segment that is large enough; the others take their parent's.

use super::record::{ModelFit, Previous};
use crate::churn::{self, ChurnError, Fit, History, SelectOptions, Selection};

/// Entities that a segment needs for parameters of its own. Default.
pub const LARGE_ENOUGH: usize = 30;

/// What a history belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Segment {
    /// A customer that ships more than it receives.
    Shippers,
    /// A customer that receives more than it ships.
    Consignees,
    /// A link.
    Links,
}

impl Segment {
    /// What it is called.
    pub fn word(self) -> &'static str {
        match self {
            Self::Shippers => "shippers",
            Self::Consignees => "consignees",
            Self::Links => "links",
        }
    }
}

/// The fitted models of all segments, with what they were fitted to.
#[derive(Clone, Debug)]
pub struct Segments {
    everybody: Vec<History>,
    all: Selection,
    shippers: Fitted,
    consignees: Fitted,
    links: Fitted,
}

/// The histories of a segment and their fit; `None` where they are too few.
#[derive(Clone, Debug)]
struct Fitted {
    histories: Vec<History>,
    selection: Option<Selection>,
}

impl Fitted {
    fn to(histories: Vec<History>) -> Result<Self, ChurnError> {
        let selection = (histories.len() >= LARGE_ENOUGH)
            .then(|| fit(&histories))
            .transpose()?;
        Ok(Self {
            histories,
            selection,
        })
    }
}

fn fit(histories: &[History]) -> Result<Selection, ChurnError> {
    churn::select(histories, None, &SelectOptions::default())
}

impl Segments {
    /// Fits customers together and by side, and links; `None` without a customer.
    ///
    /// # Errors
    ///
    /// [`ChurnError`] if a fit fails.
    pub fn fit(
        customers: &[(Segment, History)],
        links: Vec<History>,
    ) -> Result<Option<Self>, ChurnError> {
        if customers.is_empty() {
            return Ok(None);
        }
        let of = |segment: Option<Segment>| -> Vec<History> {
            customers
                .iter()
                .filter(|(own, _)| segment.is_none_or(|wanted| wanted == *own))
                .map(|(_, history)| *history)
                .collect()
        };
        let everybody = of(None);
        Ok(Some(Self {
            all: fit(&everybody)?,
            everybody,
            shippers: Fitted::to(of(Some(Segment::Shippers)))?,
            consignees: Fitted::to(of(Some(Segment::Consignees)))?,
            links: Fitted::to(links)?,
        }))
    }

    fn of(&self, segment: Segment) -> &Fitted {
        match segment {
            Segment::Shippers => &self.shippers,
            Segment::Consignees => &self.consignees,
            Segment::Links => &self.links,
        }
    }

    /// The fit that serves a segment: its own, or that of all customers.
    pub fn serving(&self, segment: Segment) -> &Fit {
        &self.of(segment).selection.as_ref().unwrap_or(&self.all).fit
    }

    /// The fit to all customers.
    pub fn all(&self) -> &Fit {
        &self.all.fit
    }

    /// What the run keeps of the fits.
    ///
    /// # Errors
    ///
    /// [`ChurnError`] if the horizon is out of range.
    pub fn records(
        &self,
        previous: Option<&Previous>,
        horizon: f64,
    ) -> Result<Vec<ModelFit>, ChurnError> {
        let record = |name: &str, histories: &[History], own: Option<&Selection>| {
            let used = own.unwrap_or(&self.all);
            ModelFit::shipping_days(name, used, histories, (own.is_none(), horizon), previous)
        };
        let mut records = vec![record("all", &self.everybody, Some(&self.all))?];
        for segment in [Segment::Shippers, Segment::Consignees, Segment::Links] {
            let Fitted {
                histories,
                selection,
            } = self.of(segment);
            records.push(record(segment.word(), histories, selection.as_ref())?);
        }
        Ok(records)
    }
}
