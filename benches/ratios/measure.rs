//! Turns two sides of a case into one row: interleaved samples, medians, quartiles.
//!
//! Must not know: locks, limits, output.
//! Source: paired comparison; the median of the pairs' ratios, not the ratio of the medians, so that drift cancels.
//! INVARIANT: both samples of a pair do the same number of operations, back to back.

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

/// What a slow side's sample should last: long against a clock read or a wake-up, short against the machine's drift.
const SAMPLE: Duration = Duration::from_millis(8);

/// One side of a case, warmed up: runs its step so many times and says how long that took.
pub(crate) struct Side {
    /// Operations in one step; figures are for one operation.
    pub(crate) operations: u32,
    pub(crate) run: Box<dyn FnMut(u64) -> Duration>,
}

impl Side {
    /// A side that runs on the driver's own thread, one operation a step.
    pub(crate) fn of(mut step: impl FnMut() + 'static) -> Side {
        Side::timing(move |steps| {
            let start = Instant::now();
            for _ in 0..steps {
                step();
            }
            start.elapsed()
        })
    }

    /// A side that knows itself which part of its run counts.
    pub(crate) fn timing(run: impl FnMut(u64) -> Duration + 'static) -> Side {
        Side { operations: 1, run: Box::new(run) }
    }

    /// The same side, where one step is `operations` operations.
    pub(crate) fn with_operations(self, operations: u32) -> Side {
        Side { operations, ..self }
    }
}

/// A case's result. Times are nanoseconds for one operation, memory is bytes.
#[derive(Serialize, Deserialize)]
pub(crate) struct Row {
    pub(crate) plain: Figure,
    pub(crate) checked: Figure,
    /// Of the pairs; absent where std's figure is 0.
    pub(crate) ratio: Option<Figure>,
}

/// A central value between its quartiles.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Figure {
    pub(crate) lower: f64,
    pub(crate) value: f64,
    pub(crate) upper: f64,
}

impl Figure {
    /// A figure that was counted, not sampled.
    pub(crate) fn exact(value: f64) -> Figure {
        Figure { lower: value, value, upper: value }
    }

    /// The median and the quartiles: the values at a quarter, a half and three quarters of the sorted samples.
    fn median(samples: impl Iterator<Item = f64>) -> Figure {
        let mut sorted: Vec<f64> = samples.collect();
        sorted.sort_by(f64::total_cmp);
        let last = sorted.len() - 1;
        Figure { lower: sorted[last / 4], value: sorted[last / 2], upper: sorted[last - last / 4] }
    }

    /// The mean between the quartiles.
    fn mean(samples: impl ExactSizeIterator<Item = f64> + Clone) -> Figure {
        let count = samples.len() as f64;
        Figure { value: samples.clone().sum::<f64>() / count, ..Figure::median(samples) }
    }
}

/// Measures a steady state: steps are repeated until a sample is long enough, and the figures are medians.
/// Both sides are made anew for each generation, which takes its share of the samples after a pair that is not counted.
pub(crate) fn steady(plain: fn() -> Side, checked: fn() -> Side, generations: usize, samples: usize) -> Row {
    let mut steps = None;
    let mut pairs = Vec::new();
    // Kept to the end, so that no two generations stand at one address.
    let mut kept = Vec::new();
    for generation in 0..generations {
        let (mut plain, mut checked) = (plain(), checked());
        let steps = *steps.get_or_insert_with(|| calibrate(&mut plain, &mut checked));
        interleave(&mut plain, &mut checked, steps, 1);
        let share = samples * (generation + 1) / generations - samples * generation / generations;
        pairs.extend(interleave(&mut plain, &mut checked, steps, share));
        kept.push((plain, checked));
    }
    Row {
        plain: Figure::median(pairs.iter().map(|pair| pair.0)),
        checked: Figure::median(pairs.iter().map(|pair| pair.1)),
        ratio: Some(ratios(&pairs)),
    }
}

/// Measures work that can be done only once: one step a sample, and the figures are means, since no two steps are alike.
pub(crate) fn once(plain: fn() -> Side, checked: fn() -> Side, samples: usize) -> Row {
    let pairs = interleave(&mut plain(), &mut checked(), 1, samples);
    Row {
        plain: Figure::mean(pairs.iter().map(|pair| pair.0)),
        checked: Figure::mean(pairs.iter().map(|pair| pair.1)),
        ratio: Some(ratios(&pairs)),
    }
}

/// Measures work whose every step needs something new, and costs as much as the others: one step a sample, after one that
/// is not counted.
pub(crate) fn apart(plain: fn() -> Side, checked: fn() -> Side, samples: usize) -> Row {
    let (mut plain, mut checked) = (plain(), checked());
    interleave(&mut plain, &mut checked, 1, 1);
    let pairs = interleave(&mut plain, &mut checked, 1, samples);
    Row {
        plain: Figure::median(pairs.iter().map(|pair| pair.0)),
        checked: Figure::median(pairs.iter().map(|pair| pair.1)),
        ratio: Some(ratios(&pairs)),
    }
}

fn ratios(pairs: &[(f64, f64)]) -> Figure {
    Figure::median(pairs.iter().map(|(plain, checked)| checked / plain))
}

/// Steps after which the slower side has run for about one `SAMPLE`. Finding out is also the warm-up.
fn calibrate(plain: &mut Side, checked: &mut Side) -> u64 {
    let mut steps = 1;
    loop {
        let slower = (plain.run)(steps).max((checked.run)(steps));
        if slower >= SAMPLE / 2 {
            let wanted = steps as f64 * SAMPLE.as_secs_f64() / slower.as_secs_f64();
            return (wanted as u64).max(1);
        }
        steps *= 2;
    }
}

/// Samples of both sides in nanoseconds an operation, plain first and checked first in turn.
fn interleave(plain: &mut Side, checked: &mut Side, steps: u64, samples: usize) -> Vec<(f64, f64)> {
    let sample = |side: &mut Side| (side.run)(steps).as_nanos() as f64 / (steps as f64 * f64::from(side.operations));
    (0..samples)
        .map(|turn| {
            if turn % 2 == 0 {
                let first = sample(plain);
                (first, sample(checked))
            } else {
                let first = sample(checked);
                (sample(plain), first)
            }
        })
        .collect()
}
