//! What follows a mail that could not be sent: another attempt after a pause, or the dead letter.
//!
//! The pause before another attempt is drawn evenly between nothing and a ceiling
//! that doubles with every failure ("full jitter"), so that mails which failed
//! together do not come back together.

use std::time::Duration;

/// The ceiling of the pause after the first failure.
pub const BASE_PAUSE: Duration = Duration::from_secs(30);
/// The ceiling of every pause.
pub const LONGEST_PAUSE: Duration = Duration::from_secs(2 * 60 * 60);
/// A mail with more attempts is given up unsent. Failures come to some sixty in [`LONGEST_WAIT`]: so
/// many have attempts alone that end with the process, before anything can be decided.
pub const MOST_ATTEMPTS: u32 = 100;
/// A mail that fails for this long is given up.
pub const LONGEST_WAIT: Duration = Duration::from_secs(48 * 60 * 60);

/// Why a mail could not be sent, as far as it decides what to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FailureKind {
    /// The network or the server, for now: try again.
    Transient,
    /// The server refuses this mail and will refuse it again.
    Permanent,
    /// The recipient's address does not exist or cannot be used.
    BadAddress,
    /// Our own settings: password, certificate, encryption. The mail is not at
    /// fault and waits, as with a transient failure, until an operator mends them.
    Configuration,
}

/// An even random number in `[0, 1)`.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Jitter(f64);

/// The number offered as jitter was outside `[0, 1)`.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error("{0} is not jitter: expected a number from 0 to below 1")]
pub struct NotJitter(pub f64);

impl Jitter {
    /// Wraps `value`.
    ///
    /// # Errors
    ///
    /// [`NotJitter`] if it is NaN or outside `[0, 1)`.
    pub fn new(value: f64) -> Result<Self, NotJitter> {
        if (0.0..1.0).contains(&value) {
            Ok(Self(value))
        } else {
            Err(NotJitter(value))
        }
    }

    /// Takes 64 random bits, whatever they are.
    pub fn from_bits(bits: u64) -> Self {
        // 53 bits are what an f64 holds exactly, so the quotient stays below 1.
        Self((bits >> 11) as f64 / 9_007_199_254_740_992.0)
    }
}

/// What to do with a mail that could not be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Try again after this pause.
    RetryAfter(Duration),
    /// Move it to the dead letters.
    GiveUp(GiveUp),
}

/// Why a mail goes to the dead letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GiveUp {
    /// Another attempt would fail the same way.
    Refused,
    /// It has been tried for [`LONGEST_WAIT`].
    TooOld,
}

/// Decides about a mail after a failure of this `kind`.
///
/// `attempts` counts those made, this one included; `age` is the time since its
/// first attempt.
///
/// ```
/// use std::time::Duration;
/// use hawser::mail::retry::{Decision, FailureKind, Jitter, decide};
///
/// // After the third failure the ceiling is 30 s · 2² = 120 s; half of it is 60 s.
/// let jitter = Jitter::new(0.5)?;
/// let decision = decide(FailureKind::Transient, 3, Duration::from_secs(90), jitter);
/// assert_eq!(decision, Decision::RetryAfter(Duration::from_secs(60)));
/// # Ok::<(), hawser::mail::retry::NotJitter>(())
/// ```
pub fn decide(kind: FailureKind, attempts: u32, age: Duration, jitter: Jitter) -> Decision {
    match kind {
        FailureKind::Permanent | FailureKind::BadAddress => Decision::GiveUp(GiveUp::Refused),
        FailureKind::Transient | FailureKind::Configuration => {
            if age >= LONGEST_WAIT {
                Decision::GiveUp(GiveUp::TooOld)
            } else {
                Decision::RetryAfter(pause(attempts, jitter))
            }
        }
    }
}

/// The pause after so many failed attempts:
/// `jitter · min(LONGEST_PAUSE, BASE_PAUSE · 2^(attempts - 1))`.
pub fn pause(attempts: u32, jitter: Jitter) -> Duration {
    let factor = 2_u32.saturating_pow(attempts.saturating_sub(1));
    BASE_PAUSE
        .saturating_mul(factor)
        .min(LONGEST_PAUSE)
        .mul_f64(jitter.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The largest jitter there is.
    fn almost_one() -> Jitter {
        Jitter::from_bits(u64::MAX)
    }

    #[test]
    fn ceilings_double_from_half_a_minute_to_two_hours() {
        // 30 s · 2^(n-1): 30, 60, 120, …, 3840, then 7680 is cut to 7200.
        let ceilings = [30, 60, 120, 240, 480, 960, 1920, 3840, 7200, 7200, 7200];
        for (attempts, seconds) in (1..).zip(ceilings) {
            let longest = pause(attempts, almost_one()).as_secs_f64();
            assert!((longest - f64::from(seconds)).abs() < 1e-6, "{attempts}");
            assert_eq!(pause(attempts, Jitter::from_bits(0)), Duration::ZERO);
            let half = pause(attempts, Jitter::new(0.5).unwrap()).as_secs_f64();
            assert!((half - f64::from(seconds) / 2.0).abs() < 1e-6, "{attempts}");
        }
        assert!(pause(u32::MAX, almost_one()) <= LONGEST_PAUSE);
    }

    #[test]
    fn a_refused_mail_is_given_up_at_once() {
        for kind in [FailureKind::Permanent, FailureKind::BadAddress] {
            assert_eq!(
                decide(kind, 1, Duration::ZERO, almost_one()),
                Decision::GiveUp(GiveUp::Refused)
            );
        }
    }

    #[test]
    fn others_end_after_two_days_however_many_attempts_that_were() {
        for kind in [FailureKind::Transient, FailureKind::Configuration] {
            let decide = |attempts, hours: u64| {
                let age = Duration::from_secs(hours * 3600);
                decide(kind, attempts, age, almost_one())
            };
            assert!(matches!(decide(11, 47), Decision::RetryAfter(_)));
            assert!(matches!(decide(99, 47), Decision::RetryAfter(_)));
            assert_eq!(decide(1, 48), Decision::GiveUp(GiveUp::TooOld));
        }
    }

    #[test]
    fn two_days_of_failures_stay_below_the_guard() {
        // Ceilings: 7650 s in the first eight pauses, then 7200 s each. At a half of them, the mean:
        // 8 + (172800 - 3825) / 3600 = 55 attempts.
        let half = Jitter::new(0.5).unwrap();
        let (mut age, mut attempts) = (Duration::ZERO, 1);
        while let Decision::RetryAfter(pause) = decide(FailureKind::Transient, attempts, age, half)
        {
            (age, attempts) = (age + pause, attempts + 1);
        }
        assert_eq!(attempts, 56);
        assert!(attempts < MOST_ATTEMPTS * 2 / 3);
    }

    #[test]
    fn jitter_is_a_number_from_nought_to_below_one() {
        for bad in [-0.1, 1.0, f64::NAN] {
            assert!(Jitter::new(bad).is_err(), "{bad}");
        }
        assert!(almost_one().0 < 1.0);
        assert_eq!(Ok(Jitter::from_bits(1 << 63)), Jitter::new(0.5));
    }
}
