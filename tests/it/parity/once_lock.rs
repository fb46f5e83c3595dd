//! Calls every method and trait of `OnceLock`.
//!
//! Must not know: which backend it is compiled against; `super` says.
//! Source: the 1.95 documentation of `std::sync`; each literal text here was printed by std.
//! INVARIANT: every expectation holds for std.

use std::rc::Rc;

use super::sync::mpsc::channel;
use super::sync::{Barrier, OnceLock};
use super::thread;
use crate::parity::panics::caught;

static IN_A_STATIC: OnceLock<String> = OnceLock::new();

#[test]
fn new_is_const() {
    assert_eq!(IN_A_STATIC.get_or_init(|| "a".to_owned()), "a");
    assert_eq!(IN_A_STATIC.get().unwrap(), "a");
}

#[test]
fn methods_have_stds_signatures() {
    let new: fn() -> OnceLock<u8> = OnceLock::new;
    let get: for<'a> fn(&'a OnceLock<u8>) -> Option<&'a u8> = OnceLock::get;
    let get_mut: for<'a> fn(&'a mut OnceLock<u8>) -> Option<&'a mut u8> = OnceLock::get_mut;
    let wait: for<'a> fn(&'a OnceLock<u8>) -> &'a u8 = OnceLock::wait;
    let set: fn(&OnceLock<u8>, u8) -> Result<(), u8> = OnceLock::set;
    type Make = fn() -> u8;
    let get_or_init: for<'a> fn(&'a OnceLock<u8>, Make) -> &'a u8 = OnceLock::get_or_init::<Make>;
    let into_inner: fn(OnceLock<u8>) -> Option<u8> = OnceLock::into_inner;
    let take: fn(&mut OnceLock<u8>) -> Option<u8> = OnceLock::take;

    let mut cell = new();
    assert_eq!(get(&cell), None);
    assert_eq!(get_mut(&mut cell), None);
    assert_eq!(take(&mut cell), None);
    set(&cell, 1).unwrap();
    *get_mut(&mut cell).unwrap() += 1;
    assert_eq!((*wait(&cell), *get_or_init(&cell, || 9)), (2, 2));
    assert_eq!(into_inner(cell), Some(2));
}

#[test]
fn set_fills_an_empty_cell_once() {
    let cell = OnceLock::new();
    assert_eq!(cell.get(), None);
    assert_eq!(cell.set("first"), Ok(()));
    assert_eq!(cell.set("second"), Err("second"));
    assert_eq!((cell.get(), *cell.wait()), (Some(&"first"), "first"));
}

#[test]
fn get_mut_take_and_into_inner_own_the_value() {
    let mut cell = OnceLock::new();
    assert_eq!(cell.get_mut(), None);
    assert_eq!(cell.take(), None);
    cell.set(1).unwrap();
    *cell.get_mut().unwrap() += 1;
    assert_eq!(cell.take(), Some(2));
    assert_eq!(cell.get(), None);
    assert_eq!(*cell.get_or_init(|| 7), 7, "a cell that was taken from can be filled again");
    assert_eq!(cell.into_inner(), Some(7));
    assert_eq!(OnceLock::<u8>::new().into_inner(), None);
}

#[test]
fn one_initialiser_runs_and_all_see_its_value() {
    let cell = OnceLock::new();
    let together = Barrier::new(4);
    let values: Vec<usize> = thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|number| {
                let (cell, together) = (&cell, &together);
                scope.spawn(move || {
                    together.wait();
                    *cell.get_or_init(|| number)
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(values, [*cell.get().unwrap(); 4]);
}

#[test]
fn wait_blocks_until_the_cell_is_filled() {
    let cell = OnceLock::new();
    let (about_to_wait, heard) = channel();
    thread::scope(|scope| {
        let waiter = scope.spawn(|| {
            about_to_wait.send(()).unwrap();
            *cell.wait()
        });
        heard.recv().unwrap();
        cell.set(5).unwrap();
        assert_eq!(waiter.join().unwrap(), 5);
    });
}

#[test]
fn a_cell_is_empty_while_it_is_initialised() {
    let cell = OnceLock::new();
    let (started, heard) = channel();
    thread::scope(|scope| {
        // Made in the scope: an assertion that fails drops `go_on`, and the scope need not wait for ever.
        let (go_on, released) = channel::<()>();
        let cell = &cell;
        let first = scope.spawn(move || {
            *cell.get_or_init(|| {
                started.send(()).unwrap();
                released.recv().unwrap();
                1
            })
        });
        heard.recv().unwrap();
        assert_eq!(cell.get(), None);
        assert_eq!(format!("{cell:?}"), "OnceLock(<uninit>)");
        assert_eq!(cell.clone().get(), None);
        let (about_to_set, heard) = channel();
        let second = scope.spawn(move || {
            about_to_set.send(()).unwrap();
            cell.set(2)
        });
        heard.recv().unwrap();
        go_on.send(()).unwrap();
        assert_eq!((first.join().unwrap(), second.join().unwrap()), (1, Err(2)));
    });
}

#[test]
fn an_initialiser_that_panics_leaves_the_cell_empty_and_usable() {
    let cell = OnceLock::<u8>::new();
    let panic = caught(|| *cell.get_or_init(|| panic!("no value")));
    assert_eq!(panic.text, "no value");
    assert_eq!((cell.get(), format!("{cell:?}").as_str()), (None, "OnceLock(<uninit>)"));
    assert_eq!(*cell.get_or_init(|| 3), 3);

    let cell = OnceLock::<u8>::new();
    assert_eq!(caught(|| *cell.get_or_init(|| panic!("no value"))).text, "no value");
    assert_eq!(cell.set(4), Ok(()));
    assert_eq!(*cell.wait(), 4);
}

#[test]
fn clone_copies_the_value_and_not_the_cell() {
    let cell = OnceLock::new();
    let empty = cell.clone();
    cell.set("a".to_owned()).unwrap();
    let mut full = cell.clone();
    assert_eq!((empty.get(), full.get()), (None, Some(&"a".to_owned())));
    full.clone_from(&empty);
    assert_eq!(full.get(), None);
    full.clone_from(&cell);
    assert_eq!(full.into_inner().unwrap(), "a");
}

#[test]
fn default_from_and_equality_look_at_the_value() {
    fn is_eq<T: Eq>(_: &T) {}
    let empty = OnceLock::<u8>::default();
    let one = OnceLock::from(1);
    let other: OnceLock<u8> = 1.into();
    is_eq(&one);
    assert!(one == other && one != empty && empty == OnceLock::new());
    assert_ne!(one, OnceLock::from(2));
}

#[test]
fn debug_is_stds() {
    let cell = OnceLock::new();
    assert_eq!(format!("{cell:?} {cell:#?}"), "OnceLock(<uninit>) OnceLock(\n    <uninit>,\n)");
    cell.set("a").unwrap();
    assert_eq!(format!("{cell:?} {cell:#?}"), "OnceLock(\"a\") OnceLock(\n    \"a\",\n)");
}

#[test]
fn the_value_is_dropped_once() {
    let value = Rc::new(());
    drop(OnceLock::from(Rc::clone(&value)));
    drop(OnceLock::from(Rc::clone(&value)).into_inner());
    drop(OnceLock::from(Rc::clone(&value)).take());
    drop(OnceLock::<Rc<()>>::new());
    assert_eq!(Rc::strong_count(&value), 1);
}

#[test]
#[expect(clippy::needless_late_init, reason = "the cell must be declared before what it borrows")]
fn a_cell_may_borrow_what_is_dropped_before_it() {
    let cell;
    let text = String::from("a");
    cell = OnceLock::from(&text);
    assert_eq!(**cell.get().unwrap(), "a");
}
