//! Lesson 13: threads share memory, processes share files, and a lock that is a file can deadlock them just as well.
//!
//! Run it with `cargo run --example tutorial_13_processes`. The first time takes a minute longer: it builds `cargo gordian`.
//!
//! A shop's stock and its price list are two files, and each has a lock that every program takes before it touches the file.
//! A `Mutex` would be of no use: it is memory, and each process has its own. `gordian::process::Lock` is named by a path. This
//! program starts itself twice: once as the cashier, who takes the stock first and then the prices, and once as the auditor, who
//! takes the prices first. They run one after the other, so nothing hangs. On a busy day they run at the same time, the cashier
//! has the stock, the auditor has the prices, and each waits for the other for ever, in two processes neither of which has done
//! anything wrong that it could know of.
//!
//! What to look for: no process can report this, for none has seen both orders. But each leaves a record (`GORDIAN_OUT`), and
//! `cargo gordian report` lays the records side by side: one finding, with a place in each program. Then both take the stock
//! first, and there is none.

use gordian::process::Lock;
use std::io;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

fn cashier(shop: &Path) -> io::Result<()> {
    let stock = Lock::open(shop.join("stock.lock"))?;
    let prices = Lock::open(shop.join("prices.lock"))?;
    let _stock = stock.lock()?;
    let _prices = prices.lock()?;
    println!("  the cashier sells: process {}", std::process::id());
    Ok(())
}

fn auditor(shop: &Path) -> io::Result<()> {
    let stock = Lock::open(shop.join("stock.lock"))?;
    let prices = Lock::open(shop.join("prices.lock"))?;
    let _prices = prices.lock()?;
    let _stock = stock.lock()?;
    println!("  the auditor counts: process {}", std::process::id());
    Ok(())
}

fn careful_auditor(shop: &Path) -> io::Result<()> {
    let stock = Lock::open(shop.join("stock.lock"))?;
    let prices = Lock::open(shop.join("prices.lock"))?;
    // The cure is the one of lesson 3: everybody takes the locks in one order, here the stock first.
    let _stock = stock.lock()?;
    let _prices = prices.lock()?;
    println!("  the careful auditor counts: process {}", std::process::id());
    Ok(())
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let result = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["cashier", shop] => cashier(Path::new(shop)).map(|()| true),
        ["auditor", shop] => auditor(Path::new(shop)).map(|()| true),
        ["careful auditor", shop] => careful_auditor(Path::new(shop)).map(|()| true),
        _ => lesson(),
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("tutorial_13_processes: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Runs both pairs of processes, and says whether what they show is what it should be.
fn lesson() -> io::Result<bool> {
    let shop = std::env::temp_dir().join(format!("tutorial_13_processes-{}", std::process::id()));
    let [opposite, same] = ["opposite", "same"].map(|name| shop.join(name));
    println!("Two processes take two locks in opposite orders:");
    work(&["cashier", "auditor"], &shop, &opposite)?;
    let (text, is_found) = report(&opposite)?;
    println!("\n{text}");
    println!("Two processes take them in one order:");
    work(&["cashier", "careful auditor"], &shop, &same)?;
    let (text, is_found_again) = report(&same)?;
    println!("\n{text}");
    std::fs::remove_dir_all(&shop)?;
    let is_shown = is_found && !is_found_again;
    if is_shown {
        println!("shown: opposite orders of two processes are found in their records, and one order is clean");
    } else {
        println!("not shown: is this a build with checked locks, as debug builds are, and is GORDIAN unset?");
    }
    Ok(is_shown)
}

/// Starts this program again in each of these roles, one after the other. Each process leaves its record in a folder.
fn work(roles: &[&str], shop: &Path, records: &Path) -> io::Result<()> {
    std::fs::create_dir_all(records)?;
    for role in roles {
        let status = Command::new(std::env::current_exe()?).arg(role).arg(shop).env("GORDIAN_OUT", records).status()?;
        if !status.success() {
            return Err(io::Error::other(format!("the {role} failed: {status}")));
        }
    }
    Ok(())
}

/// Returns what `cargo gordian report` says of a folder of records, and whether it found a `lock_order` at `deny`.
fn report(records: &Path) -> io::Result<(String, bool)> {
    // Installed, this is `cargo gordian report RECORDS`. A checkout has it as a package beside this one.
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["run", "--quiet", "--package", "cargo-gordian", "--", "report"]).arg(records);
    let output = command.current_dir(env!("CARGO_MANIFEST_DIR")).stderr(Stdio::inherit()).output()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    match output.status.code() {
        Some(0) => Ok((text, false)),
        // Findings that count, as `cargo gordian` tells a script.
        Some(10) => Ok((text, true)),
        _ => Err(io::Error::other(format!("cargo gordian could not be run: {}", output.status))),
    }
}
