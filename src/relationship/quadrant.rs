//! Quadrants of loyalty: what a customer thinks beside what it does (Dick and Basu 1994).

use super::RelationshipError;
use super::error::{at_least_zero, in_unit};
use crate::satisfaction::normal_cdf;

/// Attitude from which on a customer is content, by default.
pub const CUT_ATTITUDE: f64 = 0.6;

/// Behaviour from which on a customer acts loyal, by default: half of its wallet.
pub const CUT_BEHAVIOUR: f64 = 0.5;

/// Standard deviation of behaviour that is not measured, by default.
pub const BEHAVIOUR_SD: f64 = 0.1;

/// Probability from which on a class is told, by default.
pub const SURE: f64 = 0.6;

crate::word_enum! {
    /// Class of loyalty.
    Loyalty {
        /// Content, and acts so.
        True = "true",
        /// Content, but buys elsewhere.
        Latent = "latent",
        /// Discontent, and buys all the same.
        Spurious = "spurious",
        /// Spurious, and held by a contract or for want of another supplier.
        Captive = "captive",
        /// Neither content nor buying.
        None = "none",
        /// No class is likely enough.
        Uncertain = "uncertain",
    }
}

/// An estimate in `[0, 1]`, its standard deviation, and where the line is drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measured {
    /// The estimate.
    pub value: f64,
    /// Its standard deviation; 0 if it is known exactly.
    pub sd: f64,
    /// Above this it counts as high.
    pub cut: f64,
}

impl Measured {
    /// Probability of being above the cut, and of not being so.
    fn above(&self, name: &str) -> Result<(f64, f64), RelationshipError> {
        in_unit(|| name.to_owned(), self.value)?;
        at_least_zero(|| format!("{name}_sd"), self.sd)?;
        in_unit(|| format!("cut_{name}"), self.cut)?;
        if self.sd <= 0.0 {
            let above = f64::from(u8::from(self.value > self.cut));
            return Ok((above, 1.0 - above));
        }
        let z = (self.value - self.cut) / self.sd;
        Ok((normal_cdf(z), normal_cdf(-z)))
    }
}

/// Probabilities of the four classes; they sum to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quadrant {
    /// Content, and acts so.
    pub loyal: f64,
    /// Content, but buys elsewhere.
    pub latent: f64,
    /// Discontent, and buys all the same.
    pub spurious: f64,
    /// Neither.
    pub none: f64,
}

impl Quadrant {
    /// The class, if its probability is at least 0.6; `locked` tells of a contract or a single
    /// source that holds the customer.
    pub fn class(&self, locked: bool) -> Loyalty {
        let held = if locked {
            Loyalty::Captive
        } else {
            Loyalty::Spurious
        };
        [
            (self.loyal, Loyalty::True),
            (self.latent, Loyalty::Latent),
            (self.spurious, held),
            (self.none, Loyalty::None),
        ]
        .into_iter()
        .find(|(probability, _)| *probability >= SURE)
        .map_or(Loyalty::Uncertain, |(_, class)| class)
    }
}

/// Probabilities of the classes, attitude and behaviour being independent and normal.
///
/// # Errors
///
/// [`RelationshipError`] for values or cuts outside `[0, 1]` or a negative standard deviation.
pub fn quadrant(attitude: &Measured, behaviour: &Measured) -> Result<Quadrant, RelationshipError> {
    let (content, discontent) = attitude.above("attitude")?;
    let (buys, leaves) = behaviour.above("behaviour")?;
    Ok(Quadrant {
        loyal: content * buys,
        latent: content * leaves,
        spurious: discontent * buys,
        none: discontent * leaves,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(attitude: f64, behaviour: f64, sd: f64) -> Quadrant {
        let measured = |value, cut| Measured { value, sd, cut };
        quadrant(
            &measured(attitude, CUT_ATTITUDE),
            &measured(behaviour, CUT_BEHAVIOUR),
        )
        .unwrap()
    }

    #[test]
    fn a_class_is_told_only_if_it_is_likely() {
        assert_eq!(of(0.9, 0.9, 0.05).class(false), Loyalty::True);
        assert_eq!(of(0.3, 0.9, 0.05).class(false), Loyalty::Spurious);
        assert_eq!(of(0.3, 0.9, 0.05).class(true), Loyalty::Captive);
        assert_eq!(of(0.9, 0.2, 0.05).class(true), Loyalty::Latent);
        assert_eq!(of(0.3, 0.2, 0.0).class(true), Loyalty::None);
        // At both cuts all four are equally likely.
        let even = of(CUT_ATTITUDE, CUT_BEHAVIOUR, 0.1);
        assert!((even.loyal - 0.25).abs() < 1e-12);
        assert_eq!(even.class(true), Loyalty::Uncertain);
    }

    #[test]
    fn values_outside_the_range_are_refused() {
        let good = Measured {
            value: 0.5,
            sd: 0.1,
            cut: 0.5,
        };
        for bad in [
            Measured { value: 1.1, ..good },
            Measured { sd: -0.1, ..good },
            Measured {
                cut: f64::NAN,
                ..good
            },
        ] {
            assert!(quadrant(&good, &bad).is_err());
            assert!(quadrant(&bad, &good).is_err());
        }
    }
}
