//! Freight cost over goods value, of the shipments that a customer pays for.

use super::service::Measure;
use crate::satisfaction::Z90;
use crate::satisfaction::kpi::MIN_OBSERVATIONS;

/// Sums over shipments: freight f, goods value g, and their squares and products.
#[derive(Clone, Copy, Debug, Default)]
pub struct Freight {
    n: u64,
    cost: f64,
    goods: f64,
    cost_squared: f64,
    goods_squared: f64,
    product: f64,
}

impl Freight {
    /// Counts a shipment.
    pub fn add(&mut self, freight: f64, goods: f64) {
        self.n += 1;
        self.cost += freight;
        self.goods += goods;
        self.cost_squared += freight * freight;
        self.goods_squared += goods * goods;
        self.product += freight * goods;
    }

    /// The ratio of the sums R = Σ f / Σ g, with the interval of a ratio estimator:
    /// `R ± 1.645 √(n/(n-1) Σ(f - R g)²) / Σ g`. `None` below five shipments, or where goods are worth
    /// nothing or freight was credited on balance.
    pub fn ratio(&self) -> Option<Measure> {
        if self.n < MIN_OBSERVATIONS || self.goods <= 0.0 || self.cost < 0.0 {
            return None;
        }
        let ratio = self.cost / self.goods;
        let squares =
            self.cost_squared - 2.0 * ratio * self.product + ratio * ratio * self.goods_squared;
        let n = self.n as f64;
        let reach = Z90 * (squares.max(0.0) * n / (n - 1.0)).sqrt() / self.goods;
        Some(Measure {
            value: ratio,
            low: Some((ratio - reach).max(0.0)),
            high: Some(ratio + reach),
            observations: self.n,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ratio_is_that_of_the_sums_with_its_interval() {
        let mut freight = Freight::default();
        for (cost, goods) in [(1.0, 10.0), (1.0, 20.0), (2.0, 20.0), (2.0, 40.0)] {
            freight.add(cost, goods);
        }
        assert_eq!(freight.ratio(), None, "four shipments are too few");
        freight.add(4.0, 10.0);
        let found = freight.ratio().unwrap();
        // 10 of 100; residuals 0, -1, 0, -2, 3: squares 14; √(14 · 5/4)/100
        assert!((found.value - 0.1).abs() < 1e-12);
        let reach = 1.644_853_627 * 17.5_f64.sqrt() / 100.0;
        assert!((found.high.unwrap() - 0.1 - reach).abs() < 1e-9);
        assert!((found.low.unwrap() - 0.1 + reach).abs() < 1e-9);
        assert_eq!(found.observations, 5);
    }
}
