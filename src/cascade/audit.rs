//! Audit of an answer: do messages and worlds agree?
//!
//! The messages of [`solve`](fn@super::solve) are exact on forests and slightly biased by loops; the
//! worlds of [`simulate`](super::simulate) are unbiased and noisy. The audit holds one against the other,
//! and judges every difference by what noise alone would give. Four things must hold:
//!
//! 1. the expected loss differs by at most 4 standard errors;
//! 2. so does the expected number of customers lost;
//! 3. the customers' differences of churn, taken together as their root mean square, are no larger than
//!    chance makes them but once in 15,800 audits (what 4 standard errors mean);
//! 4. nor is the difference of the worst customer, by the exact binomial distribution and allowing for the
//!    number of customers looked at (Bonferroni). Beyond 4 standard errors there are always some:
//!    among 100,000 normal ones 6, and more where churn is rare. How many is told beside how many chance
//!    gives.
//!
//! For 3, customers fall together in a world, so n of them vary as fewer independent ones would: their
//! squares are referred to a chi-square distribution with that number of degrees of freedom
//! (Satterthwaite 1946), which the spread between batches of worlds tells. Customers of whom fewer than 5
//! losses or 5 survivals are expected are left to 4.
//!
//! An audit finds what it has worlds for. With enough of them it finds the bias of any network with
//! loops; that it does not agree then says that the bias is larger than the noise, not that it is large.
//! How large it is, the differences tell.

use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};
use rayon::slice::ParallelSlice as _;
use statrs::function::gamma::gamma_ur;

use super::adjoint::check_match;
use super::worlds::at_most;
use super::{CascadeError, Estimate, Network, Solution, Worlds};

/// Differences up to so many standard errors are noise.
pub const STANDARD_ERRORS: f64 = 4.0;

/// Probability that a normal number is farther than that from its mean.
const CHANCE: f64 = 6.334_248_366_623_996e-5;

/// Losses and survivals that must be expected of a customer for its square to count.
const EXPECTED: f64 = 5.0;

/// Rounding, as a part of the sum of all values.
const ROUNDING: f64 = 1e-9;

/// What the comparison of messages and worlds came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Audit {
    /// Whether all that is compared agrees.
    pub agrees: bool,
    /// Number of worlds.
    pub worlds: u32,
    /// Their seed.
    pub seed: u64,
    /// The expected loss.
    pub loss: Compared,
    /// The expected number of customers lost.
    pub size: Compared,
    /// Churn of the customers, taken together.
    pub together: Together,
    /// The customer with the difference that chance explains least; `None` without customers.
    pub worst: Option<Worst>,
    /// For each customer the difference of churn, messages less worlds, in standard errors as they are
    /// if the messages are right.
    pub z: Vec<f64>,
}

/// One number by messages and by worlds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Compared {
    /// By the messages.
    pub messages: f64,
    /// By the worlds.
    pub worlds: Estimate,
    /// Messages less worlds, in standard errors.
    pub z: f64,
    /// Whether that is at most 4 in size.
    pub agrees: bool,
}

/// Differences of churn over all customers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Together {
    /// Root mean square of the differences.
    pub rms: f64,
    /// What noise alone gives.
    pub noise: f64,
    /// Share of customers that differ by more than 4 standard errors.
    pub beyond: f64,
    /// What noise alone gives, exactly.
    pub beyond_noise: f64,
    /// Probability that noise alone makes the root mean square as large.
    pub p_value: f64,
    /// Whether that is no less than for 4 standard errors.
    pub agrees: bool,
}

/// The customer with the least likely difference.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Worst {
    /// Index of the customer.
    pub customer: u32,
    /// Churn by the messages.
    pub messages: f64,
    /// Churn by the worlds.
    pub worlds: f64,
    /// Their difference in standard errors.
    pub z: f64,
    /// Probability that noise alone makes the largest of all differences as unlikely as this.
    pub p_value: f64,
    /// Whether that is no less than for 4 standard errors.
    pub agrees: bool,
}

/// Compares a solution with worlds of the same network and own churn.
///
/// The solution should be solved to a tolerance well below `1 / worlds`. O(customers * batches), and
/// a binomial tail or two for each customer.
///
/// # Errors
///
/// [`CascadeError::Length`] if solution or worlds are of a network of another size;
/// [`CascadeError::Unlike`] if they rest on different own churn.
pub fn audit(
    network: &Network,
    solution: &Solution,
    worlds: &Worlds,
) -> Result<Audit, CascadeError> {
    check_match(network, solution)?;
    if worlds.own().len() != network.customers() {
        return Err(CascadeError::Length {
            field: "worlds",
            found: worlds.own().len(),
            expected: network.customers(),
        });
    }
    if worlds.own() != solution.own() {
        return Err(CascadeError::Unlike { field: "own" });
    }
    let churn = solution.churn();
    let value: f64 = (0..network.ties())
        .map(|tie| network.tie_value(tie).abs())
        .chain(network.own_values().iter().map(|value| value.abs()))
        .sum();
    let customers: Vec<Customer> = churn
        .iter()
        .zip(worlds.lost())
        .map(|(&churn, lost)| Customer {
            churn,
            lost: lost as usize,
            worlds: worlds.worlds() as usize,
        })
        .collect();

    let loss = Compared::of(solution.expected_loss(), worlds.expected_loss(), value);
    let size = Compared::of(
        churn.iter().sum(),
        worlds.expected_size(),
        churn.len() as f64,
    );
    let together = Together::of(&customers, worlds);
    let worst = worst(&customers);
    Ok(Audit {
        agrees: loss.agrees
            && size.agrees
            && together.agrees
            && worst.is_none_or(|worst| worst.agrees),
        worlds: worlds.worlds(),
        seed: worlds.seed(),
        loss,
        size,
        together,
        worst,
        z: customers.iter().map(Customer::z).collect(),
    })
}

impl Compared {
    /// `scale` is what the number could come to at most, for what rounding is worth.
    fn of(messages: f64, worlds: Estimate, scale: f64) -> Self {
        let unit = worlds.standard_error.max(ROUNDING * scale);
        let z = if unit > 0.0 {
            (messages - worlds.value) / unit
        } else {
            0.0
        };
        Self {
            messages,
            worlds,
            z,
            agrees: z.abs() <= STANDARD_ERRORS,
        }
    }
}

/// How often a customer was lost, and how likely the messages say it is.
struct Customer {
    churn: f64,
    lost: usize,
    worlds: usize,
}

impl Customer {
    fn difference(&self) -> f64 {
        self.churn - self.lost as f64 / self.worlds as f64
    }

    /// Variance of one world.
    fn variance(&self) -> f64 {
        self.churn * (1.0 - self.churn)
    }

    /// In standard errors; in worlds where the messages leave no doubt.
    fn z(&self) -> f64 {
        let worlds = self.worlds as f64;
        let error = (self.variance() / worlds).sqrt();
        if error > 0.0 {
            self.difference() / error
        } else {
            self.difference() * worlds
        }
    }

    /// Probability that it is lost in at most so many worlds, if the messages are right.
    fn at_most(&self, lost: f64) -> f64 {
        if lost < 0.0 {
            return 0.0;
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a number of worlds, not negative"
        )]
        let lost = lost as usize;
        at_most(self.worlds, self.churn, lost)
    }

    /// Probability that the difference is more than 4 standard errors, if the messages are right.
    fn beyond(&self) -> f64 {
        let worlds = self.worlds as f64;
        let reach = STANDARD_ERRORS * (self.variance() * worlds).sqrt();
        if reach == 0.0 {
            return 0.0;
        }
        let mean = worlds * self.churn;
        let below = self.at_most((mean - reach).ceil() - 1.0);
        below + 1.0 - self.at_most((mean + reach).floor())
    }

    /// Probability of so few losses or so many, whichever is less likely, on both sides.
    fn p_value(&self) -> f64 {
        let lost = self.lost as f64;
        let few = self.at_most(lost);
        let many = 1.0 - self.at_most(lost - 1.0);
        (2.0 * few.min(many)).clamp(0.0, 1.0)
    }
}

impl Together {
    fn of(customers: &[Customer], worlds: &Worlds) -> Self {
        let count = (customers.len() as f64).max(1.0);
        let trials = f64::from(worlds.worlds());
        let squares: f64 = customers.iter().map(|one| one.difference().powi(2)).sum();
        let variance: f64 = customers.iter().map(Customer::variance).sum();
        let far = customers
            .iter()
            .filter(|one| one.z().abs() > STANDARD_ERRORS);
        let beyond: Vec<f64> = customers.par_iter().map(Customer::beyond).collect();
        let p_value = chance_of_squares(customers, worlds);
        Self {
            rms: (squares / count).sqrt(),
            noise: (variance / trials / count).sqrt(),
            beyond: far.count() as f64 / count,
            beyond_noise: beyond.iter().sum::<f64>() / count,
            p_value,
            agrees: p_value >= CHANCE,
        }
    }
}

/// Probability that noise alone makes the sum of squared differences as large.
fn chance_of_squares(customers: &[Customer], worlds: &Worlds) -> f64 {
    let trials = f64::from(worlds.worlds());
    let counted: Vec<(usize, &Customer)> = customers
        .iter()
        .enumerate()
        .filter(|(_, one)| trials * one.variance() >= EXPECTED)
        .collect();
    let squares: f64 = counted
        .iter()
        .map(|(_, one)| one.difference().powi(2))
        .sum();
    let variance: f64 = counted.iter().map(|(_, one)| one.variance()).sum();
    if squares <= 0.0 {
        return 1.0;
    }
    let covariance = squared_covariances(&counted, worlds);
    let most = counted.len() as f64;
    let freedom = if covariance > 0.0 {
        (variance.powi(2) / covariance).clamp(1.0, most)
    } else {
        most
    };
    gamma_ur(freedom / 2.0, squares * trials / variance * freedom / 2.0)
}

/// The sum of all squared covariances between customers: what products of independent batches come
/// to on average.
fn squared_covariances(customers: &[(usize, &Customer)], worlds: &Worlds) -> f64 {
    let batches = &worlds.batches;
    let pairs = || (0..batches.len()).flat_map(|one| (0..one).map(move |other| (one, other)));
    let parts: Vec<Vec<f64>> = customers
        .par_chunks(4_096)
        .map(|part| {
            let deviations: Vec<Vec<f64>> = batches
                .iter()
                .map(|batch| {
                    let size = f64::from(batch.worlds);
                    let deviation = |(index, one): &(usize, &Customer)| {
                        let lost = batch.lost.get(*index).copied().unwrap_or_default();
                        (f64::from(lost) - size * one.churn) / size.sqrt()
                    };
                    part.iter().map(deviation).collect()
                })
                .collect();
            let product = |(one, other): (usize, usize)| {
                let pair = deviations.get(one).zip(deviations.get(other));
                pair.map_or(0.0, |(a, b)| a.iter().zip(b).map(|(a, b)| a * b).sum())
            };
            pairs().map(product).collect()
        })
        .collect();
    let mut products = vec![0.0; pairs().count()];
    for part in &parts {
        for (sum, product) in products.iter_mut().zip(part) {
            *sum += product;
        }
    }
    let squares: f64 = products.iter().map(|product| product.powi(2)).sum();
    squares / (products.len() as f64).max(1.0)
}

/// The customer whose number of losses is the least likely.
fn worst(customers: &[Customer]) -> Option<Worst> {
    // Up to 3 standard errors nothing is so unlikely that it matters.
    let most = customers
        .iter()
        .map(|one| one.z().abs())
        .fold(0.0, f64::max)
        .min(3.0);
    let (index, p_value) = (0_u32..)
        .zip(customers)
        .filter(|(_, one)| one.z().abs() >= most)
        .map(|(index, one)| (index, one.p_value()))
        .min_by(|a, b| a.1.total_cmp(&b.1))?;
    let one = customers.get(index as usize)?;
    let p_value = (p_value * customers.len() as f64).min(1.0);
    Some(Worst {
        customer: index,
        messages: one.churn,
        worlds: one.lost as f64 / one.worlds as f64,
        z: one.z(),
        p_value,
        agrees: p_value >= CHANCE,
    })
}
