//! Random numbers of a world: each customer has draws of its own, whoever asks and when.

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{RngCore, SeedableRng},
};

/// Bytes of draws that each customer has.
const BYTES: usize = 16;

/// Own churn is compared with this many bits.
const CHURN_BITS: u32 = 48;

/// The draws of one customer in one world: independent of each other, and of those of every other
/// customer and world.
///
/// They are bits of a block cipher (`ChaCha8`) in counter mode, keyed by the seed, with the world as
/// the nonce and the customer as the counter.
#[derive(Clone, Copy, Debug)]
pub(super) struct Draws {
    churn: u64,
    picks: u32,
    which: u64,
}

impl Draws {
    fn read(bytes: &[u8; BYTES]) -> Self {
        let bits = u128::from_le_bytes(*bytes);
        #[expect(
            clippy::cast_possible_truncation,
            reason = "each draw takes bits that no other takes"
        )]
        Self {
            churn: bits as u64 >> (64 - CHURN_BITS),
            picks: (bits >> 64) as u32,
            which: (bits >> 96) as u64 | (bits as u64 & 0xffff) << 32,
        }
    }

    /// Whether the customer churns by itself; see [`churn_threshold`].
    pub fn churns(&self, threshold: u64) -> bool {
        self.churn < threshold
    }

    /// Whether it picks a partner; see [`pick_threshold`].
    pub fn picks(&self, threshold: u32) -> bool {
        self.picks < threshold
    }

    /// One of `0..count`, and 32 bits more, both uniform.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the product of 48 and 32 bits, taken apart at bit 48"
    )]
    pub fn which(&self, count: u32) -> (u32, u32) {
        let product = u128::from(self.which) * u128::from(count);
        ((product >> 48) as u32, (product >> 16) as u32)
    }
}

/// What a draw for own churn must be below; exact to 2^-48, and 0 and 1 are exact.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a probability times 2^48"
)]
pub(super) fn churn_threshold(own: f64) -> u64 {
    (own * (1_u64 << CHURN_BITS) as f64).ceil() as u64
}

/// What a draw for picking at all must be below; exact to 2^-32.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the cast saturates, and a probability times 2^32 is not negative"
)]
pub(super) fn pick_threshold(probability: f64) -> u32 {
    (probability * 2.0_f64.powi(32)).round() as u32
}

/// Draws of the customers of one world, in order.
pub(super) struct Dice {
    rng: ChaCha8Rng,
    buffer: Vec<u8>,
}

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self {
            rng: ChaCha8Rng::seed_from_u64(seed),
            buffer: Vec::new(),
        }
    }

    /// Goes to the first customer of a world.
    pub fn begin(&mut self, world: u32) {
        self.rng.set_stream(u64::from(world));
        self.rng.set_word_pos(0);
    }

    /// The draws of the next customers.
    pub fn throw(&mut self, customers: usize) -> impl Iterator<Item = Draws> {
        self.buffer.resize(customers * BYTES, 0);
        self.rng.fill_bytes(&mut self.buffer);
        self.buffer.as_chunks().0.iter().map(Draws::read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_customer_s_draws_do_not_depend_on_how_many_there_are() {
        let collect = |seed, world, parts: [usize; 2]| {
            let mut dice = Dice::new(seed);
            dice.begin(world);
            let mut found = Vec::new();
            for count in parts {
                let draws = dice.throw(count);
                found.extend(draws.map(|draws| (draws.churn, draws.picks, draws.which)));
            }
            found
        };
        let many = collect(5, 3, [1, 999]);
        assert_eq!(many.len(), 1_000);
        assert_eq!(collect(5, 3, [37, 263]), many[..300]);
        assert_ne!(collect(5, 4, [37, 263]), many[..300]);
        assert_ne!(collect(6, 3, [37, 263]), many[..300]);
    }

    #[test]
    fn certainty_is_certain_and_the_impossible_never_happens() {
        let least = Draws::read(&[0; BYTES]);
        let most = Draws::read(&[255; BYTES]);
        assert!(most.churns(churn_threshold(1.0)) && !least.churns(churn_threshold(0.0)));
        assert!(!least.picks(pick_threshold(0.0)));
        assert_eq!((least.which(7), most.which(7)), ((0, 0), (6, u32::MAX)));
    }

    /// The three draws of a customer fill the cells of a grid evenly: chi-square with 511 degrees
    /// of freedom lies between 400 and 640 but once in 5,000.
    #[test]
    fn the_draws_are_uniform_and_independent() {
        let mut cells = [0_u32; 512];
        let mut dice = Dice::new(11);
        for world in 0..40 {
            dice.begin(world);
            for draws in dice.throw(5_000) {
                let high = |bits: u64, size: u32| usize::try_from(bits >> (size - 3)).unwrap();
                let cell = (high(draws.churn, 48) * 8 + high(u64::from(draws.picks), 32)) * 8
                    + high(draws.which, 48);
                cells[cell] += 1;
            }
        }
        let expected = 200_000.0 / 512.0;
        let chi: f64 = cells
            .iter()
            .map(|&count| (f64::from(count) - expected).powi(2) / expected)
            .sum();
        assert!((400.0..640.0).contains(&chi), "{chi}");
    }
}
