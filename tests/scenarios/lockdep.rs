//! The Linux kernel's own self-test of lockdep, as scenarios.
//!
//! `tests/scenarios/lockdep_selftest.csv` is the kernel's `lib/locking-selftest.c` as a table: what each test does, with
//! which kind of lock, and whether lockdep must report it. The rows that speak of interrupts, wound/wait mutexes, wait
//! types, local locks, the memory allocator's virtual lock and lockdep's subclasses have nothing to stand for them here;
//! the other 102 are played. Each part of a sequence is a thread of its own, since it stands for a path of the program
//! that any thread may take; `X1` and `X2`, two locks of one class, are one lock, since lockdep sees classes only.
//!
//! | kind of lock | taken as |
//! |---|---|
//! | `spin`, `mutex`, `rtmutex`, `wlock`, `wsem` | exclusive |
//! | `rlock`, and `R` of `rwlock with recursive read` | shared, past a waiting writer |
//! | `rsem`, and `R` of `rwsem (non-recursive read)` | shared, behind a waiting writer |
//!
//! A double unlock cannot be said in Rust: a rehearsal refuses it, and so does the compiler, see `tests/ui`. To
//! initialise a held lock is to drop it and have a new one.
//!
//! Must not know: which lint is the right one; any report will do.
//! INVARIANT: 80 of the 102 are reported, 22 are silent.

use crate::check_live;
use gordian::rehearsal::rehearse;
use std::fs;
use std::path::Path;

/// Rehearses and plays the portable rows.
///
/// # Errors
/// If one is reported that must not be, or is not, or if both ways differ.
pub(crate) fn play() -> Result<(), String> {
    let (mut reported, mut silent) = (0, 0);
    for row in portable_rows() {
        let script = row.script();
        let explain = |why: &str| format!("{row:?}: {script}: {why}");
        let outcome = rehearse(&script).map_err(|error| explain(&error.to_string()))?;
        let is_right = match row.expected.as_str() {
            "report" => !outcome.is_empty(),
            "ok" => outcome.is_empty(),
            other => return Err(explain(other)),
        };
        if !is_right {
            return Err(explain(&outcome.join(" | ")));
        }
        reported += usize::from(!outcome.is_empty());
        silent += usize::from(outcome.is_empty());
        // Whatever is refused is a double unlock.
        let is_refused = outcome.iter().any(|line| line.contains("which"));
        if is_refused != (row.test == "double unlock") {
            return Err(explain(&outcome.join(" | ")));
        }
        if !is_refused {
            check_live(&script, &outcome).map_err(|why| explain(&why))?;
        }
    }
    ((reported, silent) == (80, 22)).then_some(()).ok_or(format!("{reported} are reported, {silent} are silent"))
}

/// Looks at what the compiler said.
///
/// # Errors
/// If it did not reject what `tests/ui` has of double unlocks.
pub(crate) fn double_unlock() -> Result<(), String> {
    for lock in ["mutex", "read", "write"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/ui/double_unlock_{lock}.stderr"));
        let said = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        if !said.contains("error[E0382]: use of moved value") {
            return Err(said);
        }
    }
    Ok(())
}

#[derive(Debug)]
struct Row {
    test: String,
    sequence: String,
    kind: String,
    expected: String,
}

fn portable_rows() -> Vec<Row> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios/lockdep_selftest.csv");
    let table = fs::read_to_string(path).unwrap();
    let rows: Vec<Row> = table.lines().skip(1).map(Row::read).collect();
    assert_eq!(rows.len(), 395);
    rows.into_iter().filter(Row::is_portable).collect()
}

impl Row {
    /// Reads a line of the table. A field with a comma in it is in quotes; none has a quote.
    fn read(line: &str) -> Self {
        let mut fields = line.split('"').enumerate().flat_map(|(index, part)| {
            let is_quoted = index % 2 == 1;
            let parts: Vec<&str> = if is_quoted { vec![part] } else { part.trim_matches(',').split(',').collect() };
            parts.into_iter().filter(move |part| is_quoted || !part.is_empty()).collect::<Vec<_>>()
        });
        // The sequence may be missing.
        let all: Vec<String> = fields.by_ref().map(str::to_owned).collect();
        let [test, sequence, kind, expected] = match all.as_slice() {
            [test, sequence, kind, expected] => [test, sequence, kind, expected].map(String::clone),
            [test, kind, expected] => [test.clone(), String::new(), kind.clone(), expected.clone()],
            _ => panic!("{line}: {all:?}"),
        };
        Self { test, sequence, kind, expected }
    }

    fn is_portable(&self) -> bool {
        let text = format!("{} {} {}", self.test, self.sequence, self.kind).to_lowercase();
        let foreign = ["irq", "ww", "wait context", "local_lock", "local lock", "fs_reclaim", "lockdep_set_subclass"];
        !foreign.iter().any(|word| text.contains(word))
    }

    /// Returns the sequence as a script.
    fn script(&self) -> String {
        // What follows two spaces is an explanation, and so is what is in brackets.
        let sequence = self.sequence.split("  ").next().unwrap_or_default();
        let sequence = sequence.split(" [").next().unwrap_or_default().trim_end_matches(" same class");
        let mut parts: Vec<String> = if sequence.contains("E1=") {
            sequence.split_whitespace().map(|part| part[3..].to_owned()).collect()
        } else {
            sequence.split(';').map(|part| part.trim().to_owned()).collect()
        };
        // The order in which the three paths are taken is in the test's name.
        if let Some((_, order)) = self.test.rsplit_once('/').filter(|_| sequence.contains("E1=")) {
            parts = order.chars().map(|digit| parts[digit as usize - '1' as usize].clone()).collect();
        }
        let threads = parts.iter().enumerate().map(|(thread, part)| {
            let is_last = thread + 1 == parts.len();
            format!("T{}:{}", thread + 1, self.acts(part, is_last))
        });
        threads.collect::<Vec<_>>().join("; ")
    }

    /// Returns the words of one thread. What it still holds it gives back before another one begins.
    fn acts(&self, part: &str, is_last: bool) -> String {
        let mut words = String::new();
        let mut held: Vec<String> = Vec::new();
        // `AB` is `L(A) L(B) U(B) U(A)`.
        let is_pair = part.chars().all(|letter| letter.is_ascii_uppercase());
        let pair =
            || part.chars().map(|lock| format!("L({lock})")).chain(part.chars().rev().map(|lock| format!("U({lock})")));
        let spelled = if is_pair { pair().collect() } else { part.to_owned() };
        for act in spelled.split_whitespace().flat_map(|word| word.split_inclusive(')')) {
            let (act, lock) = act.split_once('(').unwrap_or((act, ")"));
            // X1 and X2 are one lock.
            let lock = lock.trim_end_matches(')').trim_end_matches(|digit: char| digit.is_ascii_digit()).to_owned();
            match act {
                "L" | "W" | "R" => {
                    words += &format!(" {}{lock}", self.sign(act));
                    held.push(lock);
                }
                "U" if lock.is_empty() => words += &format!(" -{}", held.pop().expect("something is held")),
                "U" => {
                    words += &format!(" -{lock}");
                    held.iter().rposition(|held| *held == lock).map(|place| held.remove(place));
                }
                "INIT" => words += &format!(" x{lock}"),
                _ => panic!("{act} of {self:?}"),
            }
        }
        let left = held.iter().rev().filter(|_| !is_last).map(|lock| format!(" -{lock}"));
        words + &left.collect::<String>()
    }

    fn sign(&self, act: &str) -> char {
        match (act, self.kind.as_str()) {
            ("W", _) => '+',
            ("R", "rwlock with recursive read") | ("L", "rlock") => '%',
            ("R", "rwsem (non-recursive read)") | ("L", "rsem") => '&',
            ("L", "spin" | "mutex" | "rtmutex" | "wlock" | "wsem") => '+',
            // The other lock of a test about readers.
            ("L", "rwlock with recursive read" | "rwsem (non-recursive read)") => '+',
            _ => panic!("{act} of {self:?}"),
        }
    }
}
