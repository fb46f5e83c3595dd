//! Turns what a process does, and the way it ends, into what its record says.
//!
//! Must not know: how a record is written.
//! Source: `docs/formats/record.md`.
//! INVARIANT: every line of every record here is read, so that a torn one fails the test.

use super::{Lock, against, alone, nest, say};
use gordian::checked::sync::{Mutex, RwLock};
use gordian::checked::thread;
use gordian::record::format::{self, Class, Edge, Line, Mode, Process};
use gordian::{Named, Place};
use std::collections::HashSet;
use std::path::PathBuf;
use std::process::Command;
// Not the checked one, which would order what is before and after it.
use std::sync::Barrier;

/// The lines of a record.
type Lines = Vec<Line<'static>>;

/// No folder.
const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");

/// Returns a folder for records that is not there yet. The process that a test runs alone names the same one.
fn folder(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("records").join(name);
    drop(std::fs::remove_dir_all(&path));
    path.into_os_string().into_string().expect("the folder for tests has a readable name")
}

/// Reads the records of a folder.
#[track_caller]
fn records(folder: &str) -> Vec<Lines> {
    let mut records: Vec<Lines> = Vec::new();
    for entry in std::fs::read_dir(folder).expect("there are records") {
        let path = entry.expect("an entry can be read").path();
        let text = std::fs::read_to_string(&path).expect("a record is text");
        assert!(text.ends_with('\n'), "it is torn: {text}");
        let line = |line: &str| {
            serde_json::from_str(String::leak(line.to_owned())).unwrap_or_else(|error| {
                panic!("{}: {error}: {line}", path.display());
            })
        };
        records.push(text.lines().map(line).collect());
        let Some(Line::Process(process)) = records.last().and_then(|lines| lines.first()) else {
            panic!("it does not say whose it is: {text}")
        };
        assert_eq!(path.file_name().unwrap(), &*format!("{}-{}.json", process.pid, process.started_ms));
    }
    records
}

/// Reads the only record of a folder.
#[track_caller]
fn record(folder: &str) -> Lines {
    let mut records = records(folder);
    assert_eq!(records.len(), 1, "one process, one record");
    records.remove(0)
}

fn process(lines: &Lines) -> &Process {
    lines.iter().find_map(|line| if let Line::Process(process) = line { Some(process) } else { None }).expect("first")
}

fn classes(lines: &Lines) -> Vec<&Class<'static>> {
    lines.iter().filter_map(|line| if let Line::Class(class) = line { Some(class) } else { None }).collect()
}

fn places(lines: &Lines) -> Vec<&Place> {
    lines.iter().filter_map(|line| if let Line::Place(place) = line { Some(place) } else { None }).collect()
}

fn edges(lines: &Lines) -> Vec<&Edge> {
    lines.iter().filter_map(|line| if let Line::Edge(edge) = line { Some(edge) } else { None }).collect()
}

/// Returns the edges by the names of their locks.
fn orders(lines: &Lines) -> Vec<(&str, &str)> {
    let classes = classes(lines);
    let name = |number: u32| classes[number as usize].name.as_deref().unwrap_or("a lock without a name");
    edges(lines).iter().map(|edge| (name(edge.from), name(edge.to))).collect()
}

fn lints(lines: &Lines) -> Vec<&str> {
    lines.iter().filter_map(|line| if let Line::Finding(report) = line { Some(report.lint) } else { None }).collect()
}

/// Returns the holes of a record that is whole; `None` if its end is missing.
fn holes(lines: &Lines) -> Option<&[String]> {
    let ends = lines.iter().filter(|line| matches!(line, Line::End(_))).count();
    match lines.last() {
        Some(Line::End(end)) => (ends == 1).then_some(&end.holes),
        _ => None,
    }
}

fn named(name: &'static str) -> Lock {
    Mutex::new(()).named(name)
}

/// Takes two locks in opposite orders.
fn invert() {
    let (a, b) = (named("a"), named("b"));
    against(&a, &b, || nest(&b, &a));
}

#[test]
fn an_inversion_leaves_both_orders_its_finding_and_the_end() {
    let folder = folder("inversion");
    alone(&[("GORDIAN_OUT", &folder), ("GORDIAN", "warn")], || {
        let (a, b) = (named("a"), named("b"));
        // Told once, and counted three times.
        against(&a, &b, || (0..3).for_each(|_| nest(&b, &a)));
    })
    .passes();
    let lines = record(&folder);
    assert_eq!(orders(&lines), [("a", "b"), ("b", "a")]);
    assert_eq!(lints(&lines), ["lock_order"]);
    assert_eq!(holes(&lines), Some(&[][..]));
    let [Line::Repeats(repeats), Line::End(_)] = &lines[lines.len() - 2..] else { panic!("{lines:?}") };
    let finding = lines.iter().find_map(|line| if let Line::Finding(report) = line { Some(report) } else { None });
    assert_eq!(repeats.fingerprint, finding.expect("it was found").fingerprint);
    assert_eq!(repeats.count, 3);

    let classes = classes(&lines);
    assert_eq!((&*classes[0].kind, &*classes[0].type_name), ("Mutex", "Mutex<()>"));
    let places = places(&lines);
    assert!(places[classes[0].created as usize].file.ends_with("tests/it/hard_places/records.rs"));
    let edge = edges(&lines)[0];
    assert!(places[edge.wanted_at as usize].line == places[edge.held_at as usize].line + 1, "both in `nest`");
    assert!(edge.held == Mode::Exclusive && edge.wanted == Mode::Exclusive && edge.gates.is_empty());
    assert!(lines.iter().any(|line| matches!(line, Line::Thread(thread) if thread.number == edge.thread)));
}

#[test]
fn a_record_says_whose_it_is() {
    let folder = folder("identity");
    let variables = [("GORDIAN_OUT", &*folder), ("CARGO_PKG_NAME", "bank")];
    let outcome = alone(&variables, || {
        nest(&named("a"), &named("b"));
        say("pid", std::process::id());
    });
    let pid = outcome.passes().said("pid").to_owned();
    let lines = record(&folder);
    let process = process(&lines);
    assert_eq!((process.pid.to_string(), process.package.as_deref()), (pid, Some("bank")));
    assert_eq!((process.format, &*process.gordian), (format::VERSION, env!("CARGO_PKG_VERSION")));
    assert_eq!(process.program, std::env::current_exe().unwrap().display().to_string());
    assert!(process.arguments.contains(&"--exact".to_owned()), "{process:?}");
    assert_eq!(process.host.is_empty(), !cfg!(target_os = "linux"));
}

#[test]
fn without_a_folder_or_when_gordian_is_off_nothing_is_written() {
    let folder = folder("nothing");
    for variables in [&[][..], &[("GORDIAN_OUT", &*folder), ("GORDIAN", "off")]] {
        alone(variables, || drop(std::panic::catch_unwind(invert))).passes();
        assert!(!std::path::Path::new(&folder).exists(), "{variables:?}");
    }
}

#[test]
fn a_folder_that_cannot_be_written_is_named_with_its_variable_and_the_reason() {
    let [file, below] = [FILE.to_owned(), format!("{FILE}/below")];
    for (path, is_right) in [(&file, false), (&below, false), (&folder("right"), true)] {
        let outcome = alone(&[("GORDIAN_OUT", path)], || drop(Lock::new(()).lock()));
        if is_right {
            outcome.passes();
            assert_eq!(holes(&record(path)), Some(&[][..]));
        } else {
            let outcome = outcome.panics();
            let text = format!("gordian: GORDIAN_OUT={path:?} cannot be written: ");
            assert!(outcome.stderr.contains(&text) && outcome.stderr.contains("accepted: a folder"), "{outcome}");
        }
    }
}

#[test]
fn installing_returns_that_the_folder_cannot_be_made() {
    let body = || say("error", gordian::Config::new().install().expect_err("it is a file"));
    let outcome = alone(&[("GORDIAN_OUT", FILE)], body).passes();
    assert!(outcome.said("error").contains("GORDIAN_OUT"), "{outcome}");
}

#[test]
fn what_was_written_survives_an_abort() {
    let folder = folder("abort");
    alone(&[("GORDIAN_OUT", &folder)], || {
        nest(&named("a"), &named("b"));
        std::process::abort();
    })
    .dies();
    let lines = record(&folder);
    assert_eq!((orders(&lines), holes(&lines)), (vec![("a", "b")], None));
}

#[cfg(unix)]
#[test]
fn what_was_written_survives_a_kill() {
    let folder = folder("kill");
    alone(&[("GORDIAN_OUT", &folder)], || {
        nest(&named("a"), &named("b"));
        let pid = std::process::id().to_string();
        drop(Command::new("kill").args(["-KILL", &pid]).status());
    })
    .dies();
    let lines = record(&folder);
    assert_eq!((orders(&lines), holes(&lines)), (vec![("a", "b")], None));
}

#[test]
fn an_exit_under_a_lock_and_beside_a_busy_thread_ends_the_record() {
    let folder = folder("exit");
    alone(&[("GORDIAN_OUT", &folder)], || {
        let (a, b) = (named("a"), named("b"));
        thread::spawn(|| {
            loop {
                // Each time a question that was never asked.
                nest(&named("busy outer"), &Mutex::new(()));
            }
        });
        let _a = a.lock();
        let _b = b.lock();
        std::process::exit(3);
    })
    .exits(3);
    let lines = record(&folder);
    assert!(orders(&lines).contains(&("a", "b")) && holes(&lines).is_some(), "{lines:?}");
}

#[test]
fn a_panic_ends_the_record() {
    let folder = folder("panic");
    alone(&[("GORDIAN_OUT", &folder)], || {
        nest(&named("a"), &named("b"));
        panic!("by the user");
    })
    .panics();
    let lines = record(&folder);
    assert_eq!((orders(&lines), holes(&lines)), (vec![("a", "b")], Some(&[][..])));
}

/// Runs `child` in a fork of this process, which then exits, and returns its number once it has.
#[cfg(unix)]
fn in_a_fork(child: impl FnOnce()) -> i32 {
    unsafe extern "C" {
        fn fork() -> i32;
        fn waitpid(pid: i32, status: *mut i32, options: i32) -> i32;
    }
    // SAFETY: the child's only thread is this one, and no other thread takes a lock that the child wants.
    let pid = unsafe { fork() };
    if pid == 0 {
        child();
        std::process::exit(0);
    }
    let mut status = -1;
    // SAFETY: it is this process's child, and `status` is a place for its status.
    let waited = unsafe { waitpid(pid, &mut status, 0) };
    assert_eq!((waited, status), (pid, 0), "the child ended by itself");
    pid
}

#[cfg(unix)]
#[test]
fn a_fork_writes_a_record_of_its_own_if_it_has_something_to_tell() {
    for speaks in ["1", "0"] {
        let folder = folder(&format!("fork_{speaks}"));
        let outcome = alone(&[("GORDIAN_OUT", &folder), ("TEST_SPEAKS", speaks)], || {
            nest(&named("a"), &named("b"));
            let child = in_a_fork(|| {
                if std::env::var("TEST_SPEAKS").is_ok_and(|speaks| speaks == "1") {
                    nest(&named("c"), &named("d"));
                }
            });
            nest(&named("e"), &named("f"));
            say("pid", std::process::id());
            say("child", child);
        });
        let outcome = outcome.passes();
        let records = records(&folder);
        let of = |who: &str| {
            let pid = outcome.said(who);
            records.iter().find(|lines| process(lines).pid.to_string() == pid)
        };
        let parents = of("pid").expect("the parent writes a record");
        assert_eq!((orders(parents), holes(parents)), (vec![("a", "b"), ("e", "f")], Some(&[][..])));
        let childs = of("child").map(|lines| (orders(lines), holes(lines)));
        assert_eq!(childs, (speaks == "1").then(|| (vec![("c", "d")], Some(&[][..]))));
    }
}

#[cfg(unix)]
#[test]
fn a_record_that_cannot_be_written_on_says_so_and_findings_are_told_again() {
    let folder = folder("gone");
    let outcome = alone(&[("GORDIAN_OUT", &folder), ("GORDIAN_CARGO", root())], || {
        nest(&named("c"), &named("d"));
        std::fs::remove_dir_all(std::env::var("GORDIAN_OUT").unwrap()).expect("it was made");
        // It has to begin a file.
        in_a_fork(|| drop(std::panic::catch_unwind(invert)));
    });
    let outcome = outcome.passes();
    let said = format!("gordian: {folder} cannot be written: ");
    assert_eq!(outcome.stderr.matches(&said).count(), 1, "{outcome}");
    assert!(outcome.stderr.contains("G010"), "{outcome}");
}

#[test]
fn threads_that_write_at_once_write_whole_lines() {
    const EACH: usize = 200;
    let folder = folder("threads");
    alone(&[("GORDIAN_OUT", &folder)], || {
        let start = Barrier::new(4);
        thread::scope(|scope| {
            for thread in 0..4 {
                let start = &start;
                scope.spawn(move || {
                    let outer = named("outer");
                    start.wait();
                    for number in 0..EACH {
                        nest(&outer, &named(String::leak(format!("{thread} {number}"))));
                    }
                });
            }
        });
    })
    .passes();
    let lines = record(&folder);
    let found: HashSet<(&str, &str)> = orders(&lines).into_iter().collect();
    assert_eq!((found.len(), edges(&lines).len()), (4 * EACH, 4 * EACH));
    assert!(found.contains(&("outer", "3 199")));
    assert_eq!(holes(&lines), Some(&[][..]));
}

#[test]
fn many_locks_from_one_place_under_one_lock_are_one_order() {
    let folder = folder("many");
    alone(&[("GORDIAN_OUT", &folder)], || {
        let outer = named("outer");
        let leaf = Lock::new(());
        for _ in 0..10_000 {
            let inner = Lock::new(());
            nest(&outer, &inner);
            // So that it is known to the analyses, and each is asked about anew.
            nest(&inner, &leaf);
            nest(&outer, &inner);
        }
    })
    .passes();
    let lines = record(&folder);
    assert_eq!(edges(&lines).len(), 2, "one under the outer lock, one over the leaf");
    assert!(lines.len() < 20, "nothing else is told twice: {}", lines.len());
}

#[test]
fn what_else_was_held_is_told_with_its_mode_from_the_starter_on() {
    let folder = folder("gates");
    alone(&[("GORDIAN_OUT", &folder)], || {
        let (lent, read, a, b) = (named("lent"), RwLock::new(()).named("read"), named("a"), named("b"));
        let _lent = lent.lock();
        thread::scope(|scope| {
            scope.spawn(|| {
                let _read = read.read();
                nest(&a, &b);
            });
        });
    })
    .passes();
    let lines = record(&folder);
    let classes = classes(&lines);
    let name = |number: u32| classes[number as usize].name.as_deref().unwrap();
    let at = orders(&lines).iter().position(|order| *order == ("a", "b")).expect("it was requested under it");
    let gates: Vec<_> = edges(&lines)[at].gates.iter().map(|(class, mode)| (name(*class), *mode)).collect();
    assert_eq!(gates, [("lent", Mode::Exclusive), ("read", Mode::Shared)]);
    let read = edges(&lines)[orders(&lines).iter().position(|order| *order == ("read", "a")).unwrap()];
    assert_eq!((read.held, read.wanted), (Mode::Shared, Mode::Exclusive));
    assert!(!orders(&lines).iter().any(|(held, _)| *held == "lent"), "its holder requested nothing under it");
}

#[test]
fn orders_and_findings_of_a_collector_are_left_to_it() {
    let folder = folder("collected");
    alone(&[("GORDIAN_OUT", &folder)], || {
        let found = gordian::collect(invert);
        assert_eq!(found.len(), 1);
        nest(&named("c"), &named("d"));
    })
    .passes();
    let lines = record(&folder);
    assert_eq!((orders(&lines), lints(&lines)), (vec![("c", "d")], vec![]));
}

#[cfg(target_os = "linux")]
#[test]
fn a_stack_is_told_with_its_order_unless_none_are_kept() {
    for (backtrace, stacks) in [("1", 1), ("0", 0)] {
        let folder = folder(&format!("stacks_{backtrace}"));
        alone(&[("GORDIAN_OUT", &folder), ("GORDIAN_BACKTRACE", backtrace)], || nest(&named("a"), &named("b")))
            .passes();
        let lines = record(&folder);
        let told = lines.iter().filter_map(|line| if let Line::Stack(stack) = line { Some(stack) } else { None });
        let told: Vec<_> = told.collect();
        assert_eq!(told.len(), stacks);
        assert_eq!(edges(&lines)[0].stack, (stacks == 1).then_some(0));
        let size = std::fs::metadata(std::env::current_exe().unwrap()).unwrap().len();
        assert!(told.iter().all(|stack| stack.addresses.len() > 3 && stack.addresses.iter().all(|it| *it < size)));
    }
}

fn root() -> &'static str {
    env!("CARGO_MANIFEST_DIR")
}

#[test]
fn under_cargo_gordian_findings_go_to_the_record_alone() {
    let folder = folder("left");
    let cargo = [("GORDIAN_OUT", &*folder), ("GORDIAN_CARGO", root())];
    // With one of them alone they would be lost, or told twice.
    for (variables, is_left) in [(&cargo[..], true), (&cargo[..1], false), (&cargo[1..], false)] {
        let outcome = alone(variables, || {
            let refused = std::panic::catch_unwind(invert).err();
            say("refused", refused.is_some_and(|text| text.is::<String>()));
        });
        let outcome = outcome.passes();
        assert_eq!(outcome.said("refused"), (!is_left).to_string());
        assert_eq!(outcome.stderr.contains("G010"), !is_left, "{outcome}");
        if is_left {
            assert_eq!(lints(&record(&folder)), ["lock_order"]);
        }
    }
}

#[test]
fn under_cargo_gordian_a_handler_hears_what_is_found() {
    let folder = folder("heard");
    let outcome = alone(&[("GORDIAN_OUT", &folder), ("GORDIAN_CARGO", root())], || {
        let config = gordian::Config::new().on_report(|report| say("heard", report.lint));
        config.install().expect("the variables are right");
        invert();
    });
    assert_eq!(outcome.passes().said("heard"), "lock_order");
}

#[test]
fn under_cargo_gordian_what_would_hang_is_still_refused_aloud() {
    let folder = folder("refused");
    let outcome = alone(&[("GORDIAN_OUT", &folder), ("GORDIAN_CARGO", root())], || {
        let a = named("a");
        let _a = a.lock();
        drop(a.lock());
    });
    let outcome = outcome.panics();
    assert!(outcome.stderr.contains("gordian: self-deadlock"), "{outcome}");
    let lines = record(&folder);
    assert_eq!((lints(&lines), holes(&lines)), (vec!["self_deadlock"], Some(&[][..])));
}

#[test]
fn under_cargo_gordian_frames_are_told_from_the_workspaces_root() {
    let tests = format!("{}/tests", root());
    for (root, file) in [(root(), "tests/it/hard_places.rs"), (&*tests, "it/hard_places.rs")] {
        let folder = folder("root");
        alone(&[("GORDIAN_OUT", &folder), ("GORDIAN_CARGO", root)], || {
            invert();
        })
        .passes();
        let lines = record(&folder);
        let finding = lines.iter().find_map(|line| if let Line::Finding(report) = line { Some(report) } else { None });
        let frames = finding.expect("it was found").sides.iter().flat_map(|side| &side.backtrace);
        let files: HashSet<&str> = frames.filter_map(|frame| Some(&*frame.place.as_ref()?.file)).collect();
        // Without debug information, as in an ordinary release build, no frame has a place.
        let expected = if cfg!(debug_assertions) { HashSet::from([file]) } else { HashSet::new() };
        assert!(files.is_superset(&expected) && files.is_empty() == expected.is_empty(), "{files:?}");
    }
}
