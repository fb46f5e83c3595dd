//! What is dropped, or taken apart, by whoever has it alone: gordian does not see what says that, but whose it was.

use super::{Cell, is_quiet, races, turn};
use gordian::checked::sync::{Mutex, OnceLock, RwLock};
use gordian::checked::thread;
use std::sync::Arc;

/// Writes its cell at its end.
struct Writes(Arc<Cell>);

impl Drop for Writes {
    fn drop(&mut self) {
        self.0.write();
    }
}

/// Another thread does `first` to what both own, and goes; then this one has it alone, and does `then`.
fn had_by_two<T: Send + Sync + 'static>(
    owned: impl FnOnce(Writes) -> T,
    first: impl FnOnce(&T, &Cell) + Send + 'static,
    then: impl FnOnce(T),
) {
    let (cell, (done, go)) = (Cell::new(), turn());
    let mine = Arc::new(owned(Writes(Arc::clone(&cell))));
    let theirs = Arc::clone(&mine);
    let other = thread::spawn(move || {
        first(&theirs, &cell);
        drop(theirs);
        done.send(()).unwrap();
    });
    go.recv().unwrap();
    then(Arc::into_inner(mine).expect("the other thread has dropped its own"));
    other.join().unwrap();
}

#[test]
fn who_has_a_lock_alone_comes_after_all_who_had_it() {
    is_quiet(|| {
        let write = |lock: &Mutex<Writes>, _: &Cell| lock.lock().unwrap().0.write();
        had_by_two(Mutex::new, write, drop);
        had_by_two(Mutex::new, write, |lock| drop(lock.into_inner()));
        had_by_two(Mutex::new, write, |mut lock| lock.get_mut().unwrap().0.write());
    });
    is_quiet(|| {
        let read = |lock: &RwLock<Writes>, _: &Cell| {
            lock.read().unwrap().0.read();
        };
        had_by_two(RwLock::new, read, drop);
        had_by_two(RwLock::new, read, |lock| drop(lock.into_inner()));
        had_by_two(RwLock::new, read, |mut lock| lock.get_mut().unwrap().0.write());
    });
    races(|| had_by_two(Mutex::new, |_: &Mutex<Writes>, cell: &Cell| cell.write(), drop));
}

#[test]
fn who_has_an_initialised_value_alone_comes_after_its_initialiser() {
    type Owned = (OnceLock<()>, Writes);
    let own = |writes| -> Owned { (OnceLock::new(), writes) };
    let set = |(once, _): &Owned, cell: &Cell| {
        cell.write();
        once.set(()).unwrap();
    };
    is_quiet(|| {
        had_by_two(own, set, drop);
        had_by_two(own, set, |(once, _writes)| assert_eq!(once.into_inner(), Some(())));
        had_by_two(own, set, |(mut once, _writes)| assert_eq!(once.take(), Some(())));
        had_by_two(own, set, |(mut once, _writes)| assert_eq!(once.get_mut(), Some(&mut ())));
    });
    races(|| had_by_two(own, |_, cell| cell.write(), drop));
}
