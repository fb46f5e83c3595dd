//! Merges many large records and prints how long it took, how fast that was, and how much memory it needed.
//!
//! Must not know: how records are merged.
//! Source: `docs/performance.md`, "Merging", has the figures. Arguments: how many records, of how many edges each.
//! INVARIANT: the records are the same in every run, since they come from a generator with a fixed seed.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// What a large program has; a record of a process has most of it.
const CLASSES: u64 = 2_000;
const PLACES: u64 = 6_000;
/// Different edges in all records together.
const ORDERS: u64 = 30_000;

fn main() -> anyhow::Result<()> {
    let mut numbers = std::env::args().filter_map(|argument| argument.parse::<u64>().ok());
    let (records, edges) = (numbers.next().unwrap_or(1_000), numbers.next().unwrap_or(10_000));
    let folder = tempfile::tempdir()?;
    let mut random = Random(0x5eed);
    let mut bytes = 0;
    for record in 0..records {
        bytes += write(&folder.path().join(format!("{record}-1.json")), record, edges, &mut random)?;
    }
    println!("{records} records of {edges} edges, {} MB", bytes / 1_000_000);
    let before = high_water()?;
    for round in 1..=3 {
        let (start, busy) = (Instant::now(), processor_seconds()?);
        let union = cargo_gordian::merge::read(
            &[PathBuf::from(folder.path())],
            cargo_gordian::merge::Levels::all(gordian::Level::Warn),
        )?;
        let seconds = start.elapsed().as_secs_f64();
        anyhow::ensure!(union.holes.is_empty(), "{:?}", union.holes);
        anyhow::ensure!(union.processes.len() as u64 == records);
        println!(
            "round {round}: {seconds:.2} s, {:.2} s of processor time, {:.0} MB/s; {} edges between {} classes, {} findings; high-water mark {} MB, \
             {} MB before",
            processor_seconds()? - busy,
            bytes as f64 / 1e6 / seconds,
            union.edges.len(),
            union.classes.len(),
            union.findings.len(),
            high_water()? / 1_000,
            before / 1_000,
        );
    }
    Ok(())
}

/// Writes a record and returns its length in bytes.
fn write(path: &Path, number: u64, edges: u64, random: &mut Random) -> anyhow::Result<u64> {
    let mut out = BufWriter::new(File::create(path)?);
    writeln!(
        out,
        r#"{{"process":{{"format":[1,0],"gordian":"0.1.0","host":"north","pid":{number},"started_ms":{number},"program":"target/debug/deps/suite-0123456789abcdef","arguments":["tests::number_{number}","--exact"],"package":"suite"}}}}"#
    )?;
    for place in 0..PLACES {
        let file = place % 200;
        writeln!(out, r#"{{"place":{{"file":"crates/suite/src/part_{file}/lib.rs","line":{place},"column":17}}}}"#)?;
    }
    for class in 0..CLASSES {
        writeln!(
            out,
            r#"{{"class":{{"name":null,"kind":"Mutex","type_name":"Mutex<Vec<Option<u64>>>","created":{class}}}}}"#
        )?;
    }
    for thread in 1..=8 {
        writeln!(out, r#"{{"thread":{{"number":{thread},"name":"worker {thread}"}}}}"#)?;
    }
    for edge in 0..edges {
        // An order, and where the program takes it, follow from one number.
        let mut order = Random(random.next() % ORDERS);
        let (one, other) = (order.next() % CLASSES, order.next() % CLASSES);
        let (from, to) = (one.min(other), one.max(other) + u64::from(one == other));
        let (held_at, wanted_at) = (order.next() % PLACES, order.next() % PLACES);
        let thread = 1 + random.next() % 8;
        let gates = match random.next() % 4 {
            0 => format!(r#"[{},"exclusive"]"#, order.next() % CLASSES),
            _ => String::new(),
        };
        let addresses: Vec<String> = (0..10).map(|_| (order.next() % 10_000_000).to_string()).collect();
        writeln!(out, r#"{{"stack":{{"addresses":[{}]}}}}"#, addresses.join(","))?;
        writeln!(
            out,
            r#"{{"edge":{{"from":{from},"to":{},"held":"exclusive","wanted":"exclusive","held_at":{held_at},"wanted_at":{wanted_at},"gates":[{gates}],"thread":{thread},"stack":{edge}}}}}"#,
            to.min(CLASSES - 1)
        )?;
    }
    writeln!(out, r#"{{"end":{{"holes":[]}}}}"#)?;
    out.flush()?;
    Ok(std::fs::metadata(path)?.len())
}

/// Returns how long this process's threads ran so far, all together.
fn processor_seconds() -> anyhow::Result<f64> {
    // Linux counts in hundredths of a second here, whatever its own clock does.
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks: u64 = fields.get(11..13).unwrap_or_default().iter().filter_map(|field| field.parse::<u64>().ok()).sum();
    Ok(ticks as f64 / 100.0)
}

/// Returns the most memory that this process had so far, in kB.
fn high_water() -> anyhow::Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    number.and_then(|number| number.parse().ok()).ok_or_else(|| anyhow::anyhow!("/proc/self/status has no VmHWM"))
}

/// SplitMix64 (Steele, Lea, Flood 2014).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}
