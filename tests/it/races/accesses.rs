//! What counts as an access, and what a report of a race says.

use super::{Cell, found, is_quiet, lints, races, turn};
use gordian::checked::cell::{Shared, UnsafeCell};
use gordian::checked::sync::Mutex;
use gordian::checked::{thread, watch};
use gordian::{Lint, Named};
use std::sync::Arc;

#[test]
fn a_race_is_told_with_both_sides_their_sites_and_locks() {
    let (cell, mutex) = (Cell::new(), Mutex::new(()).named("table"));
    let reports = found(|| {
        let (done, go) = turn();
        let (cell, mutex) = (&cell, &mutex);
        thread::scope(|scope| {
            let under_lock = move || {
                let _held = mutex.lock();
                cell.write();
                done.send(()).unwrap();
            };
            thread::Builder::new().name("writer".to_owned()).spawn_scoped(scope, under_lock).unwrap();
            go.recv().unwrap();
            cell.read();
        });
    });
    let [report] = &reports[..] else { panic!("{reports:?}") };
    assert_eq!((report.lint, report.level, report.doubt), ("data_race", "deny", 0));
    let [earlier, later] = &report.sides[..] else { panic!("{report}") };
    assert_eq!(earlier.thread.name.as_deref(), Some("writer"));
    assert_eq!(earlier.held.len(), 1);
    assert_eq!(report.locks[earlier.held[0].lock].label, "table");
    assert_eq!(earlier.holds, Some(0), "the lock that the other side lacks");
    assert!(later.held.is_empty());
    let wants = [earlier, later].map(|side| side.wants.as_ref().unwrap());
    assert_eq!(wants.map(|want| want.deed), ["write", "read"]);
    assert!(wants.iter().all(|want| report.locks[want.lock].label == "cell"));
    assert!(!earlier.backtrace.is_empty() && !later.backtrace.is_empty());
    assert!(report.to_string().contains("table"), "{report}");
}

#[test]
fn a_denied_race_panics_before_the_access() {
    let cell = Cell::new();
    let (done, go) = turn();
    let theirs = Arc::clone(&cell);
    let first = thread::spawn(move || {
        theirs.write();
        done.send(()).unwrap();
    });
    go.recv().unwrap();
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| cell.write())).unwrap_err();
    let text = caught.downcast_ref::<String>().unwrap();
    assert!(text.starts_with("gordian: data race: "), "{text}");
    first.join().unwrap();
    assert_eq!(cell.read(), 1, "the second write did not happen");
}

#[test]
fn a_shared_cell_races_and_never_tears() {
    let cell = Shared::new([0_u64; 8]);
    let found = lints(|| {
        thread::scope(|scope| {
            for number in 1..=2 {
                let cell = &cell;
                scope.spawn(move || {
                    for _ in 0..100 {
                        cell.set([number; 8]);
                        let value = cell.get();
                        assert!(value.iter().all(|word| *word == value[0]));
                    }
                });
            }
        });
    });
    assert!(found.iter().all(|&lint| lint == Lint::DataRace.name() || lint == Lint::LostUpdate.name()), "{found:?}");
    assert!(found.contains(&Lint::DataRace.name()));
}

#[test]
fn exclusive_use_begins_anew() {
    let mut cell = UnsafeCell::new(0);
    struct Sent<'a>(&'a UnsafeCell<u64>);
    // SAFETY: it is used by one thread at a time.
    unsafe impl Send for Sent<'_> {}
    impl Sent<'_> {
        fn write(&self) {
            // SAFETY: as above.
            self.0.with_mut(|value| unsafe { *value += 1 });
        }
    }
    is_quiet(|| {
        let sent = Sent(&cell);
        // Nobody hears of the end of a foreign thread, nor of its start.
        std::thread::scope(|scope| {
            scope.spawn(move || sent.write());
        });
        *cell.get_mut() += 1;
        Sent(&cell).write();
    });
    assert_eq!(cell.into_inner(), 3);
}

/// Accesses `first` in one thread, and then `then` in another one.
fn two_threads(first: impl FnOnce() + Send, then: impl FnOnce() + Send) {
    let (done, go) = turn();
    thread::scope(|scope| {
        scope.spawn(move || {
            first();
            done.send(()).unwrap();
        });
        go.recv().unwrap();
        then();
    });
}

#[test]
fn watched_memory_races_byte_by_byte() {
    let bytes = [0_u8; 16];
    let at = |index: usize| bytes[index..].as_ptr().addr();
    let write = |index: usize, len: usize| watch::write(std::ptr::without_provenance(at(index)), len);
    let read = |index: usize, len: usize| watch::read(std::ptr::without_provenance(at(index)), len);
    is_quiet(|| two_threads(|| write(0, 4), || write(4, 4)));
    is_quiet(|| two_threads(|| write(0, 0), || write(0, 1)));
    races(|| two_threads(|| write(8, 4), || read(11, 2)));
    is_quiet(|| two_threads(|| read(12, 4), || read(12, 4)));
}

#[test]
fn a_field_is_watched_apart_from_its_neighbours() {
    struct Pair {
        left: u32,
        right: u64,
    }
    let pair = Pair { left: 1, right: 2 };
    is_quiet(|| two_threads(|| watch::write_field(&raw const pair.left), || watch::write_field(&raw const pair.right)));
    races(|| two_threads(|| watch::read_field(&raw const pair.right), || watch::write_field(&raw const pair.right)));
}

#[test]
fn memory_that_is_given_to_another_begins_anew() {
    let bytes = [0_u8; 8];
    let at = bytes.as_ptr().addr();
    is_quiet(|| {
        two_threads(
            || {
                watch::write(std::ptr::without_provenance(at), 8);
                watch::forget(std::ptr::without_provenance(at), 8);
            },
            || watch::write(std::ptr::without_provenance(at), 8),
        );
    });
}

#[test]
fn one_race_is_reported_once_and_counted() {
    let cell = Cell::new();
    let reports = found(|| {
        for _ in 0..3 {
            two_threads(|| cell.write(), || cell.write());
        }
    });
    assert_eq!(reports.len(), 1);
    assert!(reports[0].count >= 3, "{}", reports[0].count);
}
