//! Reads the scenario files: what a script shows, by claim.
//!
//! A line that begins with `## ` is a claim, which the scenarios after it are about. A scenario is a line
//! `script => outcomes`: in the order in which they show, with ` | ` between two, or `quiet`. What follows a `#` is a
//! comment. Scripts that go on and on have a word of their own:
//!
//! | script | is |
//! |---|---|
//! | `ring 30` | 30 threads, one after the other: each takes a lock and then the next one, the last one's being the first |
//! | `open ring 30` | the same without the last thread |
//! | `philosophers 5` | all 5 take their left fork, then all want the right one |
//! | `polite philosophers 5` | the same, but the last one begins with the right fork |
//!
//! In outcomes, `locks 30` are the first 30 locks of a ring, and `threads 5` are T1 to T5.
//!
//! Must not know: what is done with a scenario.
//! INVARIANT: a line that is not understood is an error that names it.

/// A script and what it shows.
pub(crate) struct Scenario {
    pub(crate) claim: String,
    pub(crate) line: usize,
    pub(crate) script: String,
    /// One line each.
    pub(crate) expected: Vec<String>,
}

/// Returns the scenarios of a file.
///
/// # Errors
/// If a line is not understood.
pub(crate) fn read(text: &str) -> Result<Vec<Scenario>, String> {
    let mut scenarios = Vec::new();
    let mut claim = None;
    for (index, line) in text.lines().enumerate() {
        let line_number = index + 1;
        if let Some(words) = line.strip_prefix("## ") {
            claim = Some(words.trim().to_owned());
            continue;
        }
        let line = line.split('#').next().unwrap_or_default().trim();
        if line.is_empty() {
            continue;
        }
        let explain = |why: &str| format!("line {line_number}: {line:?}: {why}");
        let (script, outcomes) = line.split_once("=>").ok_or_else(|| explain("there is no `=>`"))?;
        let claim = claim.clone().ok_or_else(|| explain("there is no claim above"))?;
        let expected: Vec<String> = match outcomes.trim() {
            "quiet" => Vec::new(),
            "" => return Err(explain("what does it show?")),
            outcomes => outcomes.split(" | ").map(|outcome| spell_out(outcome.trim())).collect(),
        };
        let script = written_out(script.trim()).unwrap_or_else(|| script.trim().to_owned());
        scenarios.push(Scenario { claim, line: line_number, script, expected });
    }
    Ok(scenarios)
}

/// Returns the lock with this number in a ring: A, A1 to A9, B, and so on.
fn lock(number: usize) -> String {
    let class = char::from(b'A' + u8::try_from(number / 10).expect("there are 26 letters"));
    if number.is_multiple_of(10) { class.to_string() } else { format!("{class}{}", number % 10) }
}

/// Returns the script of a scenario that has a word of its own.
fn written_out(words: &str) -> Option<String> {
    let (words, count) = words.rsplit_once(' ')?;
    let count: usize = count.parse().ok()?;
    let next = |index: usize| lock((index + 1) % count);
    let link = |index: usize| {
        let (first, second) = (lock(index), next(index));
        format!("T{}: +{first} +{second} -{second} -{first}", index + 1)
    };
    let sit_down = |index: usize, fork: String| format!("T{}: +{fork}", index + 1);
    let eat = |index: usize, first: String, second: String| format!("T{}: +{second} -{second} -{first}", index + 1);
    let blocks: Vec<String> = match words {
        "ring" => (0..count).map(link).collect(),
        "open ring" => (0..count - 1).map(link).collect(),
        "philosophers" => {
            let wants = |index: usize| format!("T{}: +{}", index + 1, next(index));
            (0..count).map(|index| sit_down(index, lock(index))).chain((0..count).map(wants)).collect()
        }
        "polite philosophers" => {
            let last = count - 1;
            // The last one waits for the first one's left fork, and holds nothing.
            let sat = (0..last).map(|index| sit_down(index, lock(index))).chain([sit_down(last, lock(0))]);
            let ate = (0..last).rev().map(|index| eat(index, lock(index), next(index)));
            sat.chain(ate).chain([eat(last, lock(0), lock(last))]).collect()
        }
        _ => return None,
    };
    Some(blocks.join("; "))
}

/// Returns an outcome with all its names.
fn spell_out(outcome: &str) -> String {
    let many = |word: &str, name: &dyn Fn(usize) -> String| {
        let (before, count) = outcome.split_once(word)?;
        let names: Vec<String> = (0..count.parse().ok()?).map(name).collect();
        Some(format!("{before}{}", names.join(" ")))
    };
    many("locks ", &lock)
        .or_else(|| many("threads ", &|index| format!("T{}", index + 1)))
        .unwrap_or_else(|| outcome.to_owned())
}
