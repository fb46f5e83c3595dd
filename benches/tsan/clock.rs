//! Turns an operation into nanoseconds: repeated until a sample is long enough, and the median of the samples.
//!
//! Must not know: what is measured.
//! Source: none; the pairs of `ratios` cannot be had here, as the sides are processes. `cargo xtask tsan` takes them in turns.
//! INVARIANT: every counted sample runs the same number of operations.

use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

/// Long against a clock read or a wake-up, short against a machine's drift.
const SAMPLE: Duration = Duration::from_millis(8);

/// Odd, so that the median is a sample.
const SAMPLES: usize = 11;

/// Does an operation so many times, and says how long that took.
pub(crate) type Sample = Box<dyn FnMut(u64) -> Duration>;

/// Returns a sample that runs on one thread.
pub(crate) fn alone(mut operation: impl FnMut() + 'static) -> Sample {
    Box::new(move |count| repeat(count, &mut operation).1)
}

/// Returns a sample that two threads run at once: from the first one's start to the last one's end.
///
/// The threads are std's on every side: what a thread costs is not the question.
pub(crate) fn together(operation: impl Fn() + Sync + 'static) -> Sample {
    Box::new(move |count| {
        let start = Barrier::new(2);
        let work = || {
            start.wait();
            repeat(count, &mut &operation)
        };
        let spans = thread::scope(|scope| {
            [scope.spawn(work), scope.spawn(work)].map(|thread| thread.join().expect("no operation panics"))
        });
        let first = spans.iter().map(|span| span.0).min().expect("there are two");
        let last = spans.iter().map(|span| span.0 + span.1).max().expect("there are two");
        last - first
    })
}

fn repeat(count: u64, operation: &mut impl FnMut()) -> (Instant, Duration) {
    let start = Instant::now();
    for _ in 0..count {
        operation();
    }
    (start, start.elapsed())
}

/// Returns the median for one operation, in nanoseconds.
pub(crate) fn median(mut sample: Sample) -> f64 {
    let mut count = 1;
    // Finding out how many make a sample is the warm-up, too.
    while sample(count) < SAMPLE {
        count *= 2;
    }
    let mut samples: Vec<f64> = (0..SAMPLES).map(|_| sample(count).as_nanos() as f64 / count as f64).collect();
    samples.sort_by(f64::total_cmp);
    samples[SAMPLES / 2]
}
