//! Measures `gordian::checked` against std and prints one table row a case.
//!
//! Must not know: what a workload does; that is `cases`.
//! Source: none; pairs, not two runs, because a shared machine drifts by more than the limits are apart.
//! INVARIANT: every case runs in a process of its own, so neither the filter nor the order of the cases changes a figure.

mod cases;
mod live_bytes;
mod measure;
mod table;

use std::path::Path;
use std::process::{Command, ExitCode, exit};
use std::{env, fs, panic};

use crate::cases::{CASES, Case};
use crate::measure::Row;

#[global_allocator]
static ALLOCATOR: live_bytes::Counting = live_bytes::Counting;

const USAGE: &str = "usage: ratios [FILTER] [--check] [--quick] [--json FILE]
  FILTER       only the cases whose name holds this text
  --check      adds each row's limit and `ok` or `over`; a memory row that is over fails the run, a timing never does
  --quick      fewer samples: a look, not a result
  --json FILE  writes the rows there too";

fn main() -> ExitCode {
    let arguments = Arguments::parse(env::args().skip(1)).unwrap_or_else(|error| {
        eprintln!("{error}\n{USAGE}");
        exit(2);
    });
    if let Some(name) = &arguments.alone {
        let case = CASES.iter().find(|case| case.name == name).expect("the parent passes a name from CASES");
        print_alone(case, arguments.samples());
        return ExitCode::SUCCESS;
    }
    let chosen: Vec<&Case> = CASES.iter().filter(|case| case.name.contains(&arguments.filter)).collect();
    if chosen.is_empty() {
        eprintln!("no case's name holds {:?}; the cases are:", arguments.filter);
        CASES.iter().for_each(|case| eprintln!("  {}", case.name));
        return ExitCode::from(2);
    }
    run(&chosen, &arguments)
}

/// Runs each case in a child, prints its row when it is there, and judges the run at the end.
fn run(chosen: &[&Case], arguments: &Arguments) -> ExitCode {
    let machine = table::machine();
    println!("{machine}\n\n{}", table::heading(arguments.check));
    let mut rows = Vec::new();
    let mut failed = false;
    for case in chosen {
        match in_child(case, arguments.quick) {
            Ok(row) => {
                println!("{}", table::line(case, &row, arguments.check));
                failed |= arguments.check && case.is_over(&row) && !case.is_timing();
                rows.push(table::json(case, &row));
            }
            Err(error) => {
                println!("{}", table::failed_line(case, arguments.check));
                eprintln!("{}: {error}", case.name);
                failed = true;
            }
        }
    }
    if let Some(path) = &arguments.json {
        let document = serde_json::json!({ "machine": machine, "samples": arguments.samples(), "rows": rows });
        if let Err(error) = fs::write(path, format!("{document:#}\n")) {
            eprintln!("{path}: {error}");
            failed = true;
        }
    }
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// Runs this program again for one case. Its standard output is the row; its standard error is ours.
fn in_child(case: &Case, quick: bool) -> Result<Row, String> {
    let program = env::current_exe().map_err(|error| error.to_string())?;
    let mut child = if case.on_one_core { on_one_core(&program) } else { Command::new(program) };
    child.args(["--alone", case.name]).args(quick.then_some("--quick"));
    // The caller's settings must not decide what is measured: `GORDIAN=off` would look like a splendid result.
    for (name, _) in env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("GORDIAN")) {
        child.env_remove(name);
    }
    if let Some(value) = case.backtrace {
        child.env("GORDIAN_BACKTRACE", value);
    }
    let output = child.stderr(std::process::Stdio::inherit()).output().map_err(|error| error.to_string())?;
    if !output.status.success() {
        return Err(format!("the case's process ended with {}", output.status));
    }
    serde_json::from_slice(&output.stdout).map_err(|error| format!("the case's process printed no row: {error}"))
}

/// Returns the program, kept to the first core that this process may use.
fn on_one_core(program: &Path) -> Command {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let cores = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:")).unwrap_or("0").trim();
    let first = cores.split(['-', ',']).next().unwrap_or("0");
    let mut child = Command::new("taskset");
    child.args(["--cpu-list", first]).arg(program);
    child
}

/// The child: measures one case and prints its row as JSON.
fn print_alone(case: &Case, samples: usize) {
    // A worker that panics would leave its team waiting at a barrier for ever.
    let print = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        print(info);
        exit(101);
    }));
    let row = case.work.measure(samples);
    // Every workload keeps one order, so a finding means that the case does not measure what it says.
    gordian::assert_clean();
    println!("{}", serde_json::to_string(&row).expect("a row is plain numbers"));
}

#[derive(Default)]
struct Arguments {
    filter: String,
    check: bool,
    quick: bool,
    json: Option<String>,
    /// Set in a child only.
    alone: Option<String>,
}

impl Arguments {
    fn parse(mut words: impl Iterator<Item = String>) -> Result<Arguments, String> {
        let mut arguments = Arguments::default();
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or_else(|| format!("{word} needs a value"));
            match word.as_str() {
                "--check" => arguments.check = true,
                "--quick" => arguments.quick = true,
                "--json" => arguments.json = Some(value()?),
                "--alone" => arguments.alone = Some(value()?),
                // `cargo bench` passes it to every bench.
                "--bench" => {}
                option if option.starts_with('-') => {
                    return Err(format!("{option} is not understood"));
                }
                _ if arguments.filter.is_empty() => arguments.filter = word,
                _ => {
                    return Err(format!("one filter is enough: {:?} or {word:?}", arguments.filter));
                }
            }
        }
        Ok(arguments)
    }

    /// Odd, so that the median is a sample.
    fn samples(&self) -> usize {
        if self.quick { 11 } else { 41 }
    }
}
