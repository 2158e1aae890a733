//! The last steps to a minimum that is near: quasi-Newton (BFGS) with a curvature known from before.

use super::ChurnError;
use super::linear::Cholesky;
use super::sample::CLAMP;

/// Done when a step promises less than this, relative to 1 + the cost.
const SETTLED: f64 = 1e-12;
const MAX_ITERATIONS: u64 = 200;
/// A step changes no coordinate by more than this.
const STEP: f64 = 1.0;
/// Half-width of the differences that curvature is taken from.
const DIFFERENCE: f64 = 1e-4;

type Place = [f64; 4];

/// Where the steps ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct Polished {
    pub place: Place,
    pub cost: f64,
    pub iterations: u64,
    /// Whether that is a minimum.
    pub settled: bool,
}

/// Second derivatives of a cost from differences of its gradient.
pub(super) fn curvature(
    gradient: impl Fn(&Place) -> Result<(f64, Place), ChurnError>,
    place: &Place,
) -> Result<[Place; 4], ChurnError> {
    let mut rows = [[0.0; 4]; 4];
    for (moved, row) in rows.iter_mut().enumerate() {
        let at = |step| gradient(&shifted(place, &unit(moved), step));
        let (ahead, behind) = (at(DIFFERENCE)?.1, at(-DIFFERENCE)?.1);
        for (cell, (ahead, behind)) in row.iter_mut().zip(ahead.iter().zip(behind)) {
            *cell = (ahead - behind) / (2.0 * DIFFERENCE);
        }
    }
    let columns = transposed(&rows);
    for (row, column) in rows.iter_mut().zip(columns) {
        for (cell, other) in row.iter_mut().zip(column) {
            *cell = f64::midpoint(*cell, other);
        }
    }
    Ok(rows)
}

/// Descends from `start`, within plus and minus [`CLAMP`], beginning with the given curvature.
pub(super) fn polish(
    gradient: impl Fn(&Place) -> Result<(f64, Place), ChurnError>,
    start: Place,
    mut curvature: [Place; 4],
) -> Result<Polished, ChurnError> {
    curvature = positive(curvature);
    let mut place = start;
    let (mut cost, mut slope) = gradient(&place)?;
    let ended = |place, cost, iterations, settled| {
        Ok(Polished {
            place,
            cost,
            iterations,
            settled,
        })
    };
    for iterations in 1..=MAX_ITERATIONS {
        let step = direction(&place, &slope, &curvature);
        let promise = -dot(&step, &slope);
        if promise < SETTLED * (1.0 + cost.abs()) {
            return ended(place, cost, iterations, true);
        }
        let largest = step.iter().fold(0.0_f64, |most, step| most.max(step.abs()));
        let mut scale = (STEP / largest).min(1.0);
        let (next, found, next_slope) = loop {
            let next = shifted(&place, &step, scale).map(|value| value.clamp(-CLAMP, CLAMP));
            let (found, slope) = gradient(&next)?;
            if found <= cost - 1e-4 * scale * promise {
                break (next, found, slope);
            }
            scale /= 2.0;
            if scale < 1e-8 {
                return ended(place, cost, iterations, false);
            }
        };
        let taken: Place = difference(&next, &place);
        learn(&mut curvature, &taken, &difference(&next_slope, &slope));
        (place, cost, slope) = (next, found, next_slope);
    }
    ended(place, cost, MAX_ITERATIONS, false)
}

/// Newton's direction; coordinates at a bound that the cost would push further stay.
fn direction(place: &Place, slope: &Place, curvature: &[Place; 4]) -> Place {
    let stays: [bool; 4] = std::array::from_fn(|i| {
        let at = |list: &Place| list.get(i).copied().unwrap_or(0.0);
        at(place).abs() >= CLAMP && at(place) * at(slope) < 0.0
    });
    let mut right = slope.map(|slope| -slope);
    for (value, stays) in right.iter_mut().zip(stays) {
        if stays {
            *value = 0.0;
        }
    }
    let bound = |i: usize, j: usize| i != j && [i, j].iter().any(|i| stays.get(*i) == Some(&true));
    let rows = curvature.iter().enumerate().map(|(i, row)| {
        let cells = row.iter().enumerate();
        let cells = cells.map(|(j, &cell)| if bound(i, j) { 0.0 } else { cell });
        cells.collect()
    });
    let rows: Vec<Vec<f64>> = rows.collect();
    let step = Cholesky::new(&rows).map(|cholesky| cholesky.solve(&right));
    let step = step.and_then(|step| Place::try_from(step).ok());
    step.unwrap_or(right)
}

/// Adds as much of the identity as it takes to make a curvature positive.
fn positive(mut curvature: [Place; 4]) -> [Place; 4] {
    let cells = curvature.iter().flatten();
    let largest = cells.fold(1e-6_f64, |most, cell| most.max(cell.abs()));
    let mut more = 1e-9 * largest;
    let is_positive = |rows: &[Place; 4]| Cholesky::new(&rows.map(|row| row.to_vec())).is_some();
    while !is_positive(&curvature) && more < 1e9 * largest {
        for (place, row) in curvature.iter_mut().enumerate() {
            if let Some(cell) = row.get_mut(place) {
                *cell += more;
            }
        }
        more *= 4.0;
    }
    curvature
}

/// BFGS: what a step has shown of the curvature; nothing if it has shown none.
fn learn(curvature: &mut [Place; 4], step: &Place, change: &Place) {
    let shown = dot(step, change);
    let known: Place = std::array::from_fn(|i| curvature.get(i).map_or(0.0, |row| dot(row, step)));
    let expected = dot(step, &known);
    if shown <= 1e-10 * (dot(step, step) * dot(change, change)).sqrt() || expected <= 0.0 {
        return;
    }
    for ((row, change_i), known_i) in curvature.iter_mut().zip(change).zip(known) {
        for ((cell, change_j), known_j) in row.iter_mut().zip(change).zip(known) {
            *cell += change_i * change_j / shown - known_i * known_j / expected;
        }
    }
}

fn unit(place: usize) -> Place {
    std::array::from_fn(|i| f64::from(u8::from(i == place)))
}

fn shifted(place: &Place, step: &Place, scale: f64) -> Place {
    let mut moved = *place;
    for (value, step) in moved.iter_mut().zip(step) {
        *value += scale * step;
    }
    moved
}

fn difference(a: &Place, b: &Place) -> Place {
    shifted(a, b, -1.0)
}

fn dot(a: &Place, b: &Place) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn transposed(rows: &[Place; 4]) -> [Place; 4] {
    std::array::from_fn(|i| {
        std::array::from_fn(|j| {
            rows.get(j)
                .and_then(|row| row.get(i))
                .copied()
                .unwrap_or(0.0)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rosenbrock's function with its slope: 0 at (1, 1).
    fn valley(x: f64, y: f64) -> (f64, [f64; 2]) {
        let (off, rise) = (y - x * x, 1.0 - x);
        let slope = [-400.0 * x * off - 2.0 * rise, 200.0 * off];
        (rise * rise + 100.0 * off * off, slope)
    }

    fn valleys(place: &Place) -> (f64, Place) {
        let (one, first) = valley(place[0], place[1]);
        let (other, second) = valley(place[2], place[3]);
        (one + other, [first[0], first[1], second[0], second[1]])
    }

    #[test]
    fn the_bottom_of_two_curved_valleys_is_found() {
        let start = [-1.2, 1.0, 0.5, 2.0];
        let valleys = |place: &Place| Ok(valleys(place));
        let known = curvature(valleys, &start).unwrap();
        let found = polish(valleys, start, known).unwrap();
        assert!(found.settled, "{found:?}");
        for value in found.place {
            assert!((value - 1.0).abs() < 1e-5, "{found:?}");
        }
    }

    #[test]
    fn a_slope_that_never_ends_is_followed_to_the_bound() {
        let slope = |place: &Place| {
            let mut slope = place.map(|value| 2.0 * value);
            slope[0] = -1.0;
            let bowl: f64 = place.iter().skip(1).map(|value| value * value).sum();
            Ok((bowl - place[0], slope))
        };
        let start = [0.0, 1.0, 2.0, 3.0];
        let found = polish(slope, start, curvature(slope, &start).unwrap()).unwrap();
        assert!(found.settled, "{found:?}");
        assert!((found.place[0] - CLAMP).abs() < 1e-12);
    }
}
