//! Runs one scenario, or measures one cost, over std or over the checked types: what `cargo xtask tsan` starts, again and again.
//!
//! Must not know: whether ThreadSanitizer is in this build, or what it says.
//! Source: none; a sanitizer is a build of its own, so both builds are of this one source, and the std side needs no package.
//! INVARIANT: a process runs one scenario or one cost, so nothing that is found or measured hangs on what went before.

#[cfg(feature = "engine")]
mod checked;
mod clock;
mod plain;

use std::env;
use std::process::ExitCode;

const USAGE: &str = "usage: tsan scenarios | costs            prints their names
       tsan racy | fixed SIDE SCENARIO     on the checked side, prints what was found, a line a finding
       tsan cost SIDE COST                 prints nanoseconds, the median for one operation
  SIDE is std or checked";

/// A program in two forms: one races, and one does not.
struct Scenario {
    name: &'static str,
    racy: fn(),
    fixed: fn(),
}

/// An operation that is worth a figure. `make` sets its locks up.
struct Cost {
    name: &'static str,
    make: fn() -> clock::Sample,
}

/// The same source over the types of one side.
struct Side {
    scenarios: &'static [Scenario],
    costs: &'static [Cost],
    /// Runs a program and prints what the side itself finds.
    watch: fn(fn()),
}

fn main() -> ExitCode {
    let words: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    if run(&words).is_some() {
        ExitCode::SUCCESS
    } else {
        eprintln!("{USAGE}");
        ExitCode::from(2)
    }
}

/// Does what the words say; `None` if they say nothing that is known.
fn run(words: &[&str]) -> Option<()> {
    match *words {
        // What `cargo bench` says to every bench.
        [] | ["--bench"] => {
            println!("tsan: half of a comparison, whose other half `cargo xtask tsan` builds; nothing is run")
        }
        ["scenarios"] => plain::SIDE.scenarios.iter().for_each(|scenario| println!("{}", scenario.name)),
        ["costs"] => plain::SIDE.costs.iter().for_each(|cost| println!("{}", cost.name)),
        [form @ ("racy" | "fixed"), of, name] => {
            let side = side(of)?;
            let scenario = side.scenarios.iter().find(|scenario| scenario.name == name)?;
            (side.watch)(if form == "racy" { scenario.racy } else { scenario.fixed });
        }
        ["cost", of, name] => {
            let cost = side(of)?.costs.iter().find(|cost| cost.name == name)?;
            println!("{}", clock::median((cost.make)()));
        }
        _ => return None,
    }
    Some(())
}

fn side(name: &str) -> Option<&'static Side> {
    match name {
        "std" => Some(&plain::SIDE),
        #[cfg(feature = "engine")]
        "checked" => Some(&checked::SIDE),
        _ => None,
    }
}
