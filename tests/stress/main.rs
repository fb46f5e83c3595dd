//! Random programs under the wait-for engine: correct ones, which must be quiet, each followed by one with a deadlock planted
//! among its threads, which must be told by name.
//!
//! Must not know: how the detector finds anything.
//! INVARIANT: a program is made of its seed alone; how its threads meet is left to the scheduler. `GORDIAN_STRESS_SEED` is
//! where the seeds begin (printed at the start), `GORDIAN_STRESS_SECONDS` how long new programs are begun (5).
#![cfg(all(feature = "engine", not(all(loom, feature = "loom"))))]

mod correct;
mod planted;
mod random;

use correct::Program;
use gordian::checked::thread;
use gordian::{Config, Level, Lint, Report};
use planted::Planted;
use random::Random;
use std::io::Write;
use std::process::exit;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// If it hangs, a deadlock was missed: the last line of its output says in which second, and so nearly which program.
#[test]
fn correct_programs_are_quiet_and_planted_deadlocks_are_told_by_name() {
    let first = variable("GORDIAN_STRESS_SEED").unwrap_or_else(|| {
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(1, |time| time.as_nanos() as u64 % 1_000_000_000)
    });
    let time = Duration::from_secs(variable("GORDIAN_STRESS_SECONDS").unwrap_or(5));
    say(&format!("stress: GORDIAN_STRESS_SEED={first}, for {} s", time.as_secs()));
    let start = Instant::now();
    let (mut programs, mut told) = (0, start);
    while programs == 0 || start.elapsed() < time {
        let seed = first + programs;
        if told.elapsed() > Duration::from_secs(1) {
            told = Instant::now();
            say(&format!("stress: at seed {seed}"));
        }
        run_correct(seed);
        run_planted(seed);
        programs += 1;
    }
    let left: Vec<String> = gordian::reports().iter().map(Report::to_string).collect();
    assert!(left.is_empty(), "{}", left.concat());
    say(&format!("stress: {programs} correct programs, and as many with a deadlock"));
}

fn run_correct(seed: u64) {
    let hear = move |report: &Report| {
        say(&format!("stress: seed {seed}: a correct program was reported:\n{report}"));
        // Whoever waits for a thread that is refused now would wait for ever.
        exit(101);
    };
    Config::new().on_report(hear).install().expect("the variables are understood");
    let program = Program::of(&mut Random::seeded(seed));
    thread::scope(|scope| program.run(scope));
}

fn run_planted(seed: u64) {
    // Opposite orders are often found before anybody blocks, and refused: here they are to be run into.
    let orders = [Lint::LockOrder, Lint::ClassOrder, Lint::SequentialOrder, Lint::WriterBetween];
    let allow = |config: Config, lint| config.level(lint, Level::Allow);
    orders.into_iter().fold(Config::new(), allow).install().expect("the variables are understood");
    let mut random = Random::seeded(seed);
    let program = Program::of(&mut random);
    let planted = Planted::of(&mut random);
    let what = format!("seed {seed}: {planted:?}");
    let names = planted.names();
    let mut refused = 0;
    let found = gordian::collect(|| {
        thread::scope(|scope| {
            program.run(scope);
            refused = planted.run();
        });
    });
    let all: String = found.iter().map(Report::to_string).collect();
    let [report] = &found[..] else { panic!("{what}: {} reports instead of one\n{all}", found.len()) };
    assert_eq!(report.lint, "deadlock", "{what}\n{all}");
    let mut told: Vec<String> = report.sides.iter().filter_map(|side| side.thread.name.clone()).collect();
    told.sort();
    assert_eq!(told, names, "{what}\n{all}");
    assert!(refused > 0, "{what}: nobody was refused\n{all}");
}

/// Not `eprintln`, which the harness keeps to itself until the test has ended.
fn say(line: &str) {
    drop(writeln!(std::io::stderr(), "{line}"));
}

fn variable(name: &str) -> Option<u64> {
    let value = std::env::var(name).ok()?;
    Some(value.parse().unwrap_or_else(|_| panic!("{name}={value:?} is not a number")))
}
