//! What a thread hands over after its body is over: by the destructors of its thread-locals, and of a result nobody takes.

use super::{Cell, is_quiet, races, turn};
use gordian::checked::sync::Mutex;
use gordian::checked::sync::mpsc::{Sender, channel};
use gordian::checked::thread;
use std::cell::RefCell;
use std::sync::Arc;

/// Calls a closure at the end of its life.
struct AtEnd(Option<Box<dyn FnOnce() + Send>>);

impl Drop for AtEnd {
    fn drop(&mut self) {
        self.0.take().into_iter().for_each(|act| act());
    }
}

thread_local! {
    static AT_END: RefCell<Option<AtEnd>> = const { RefCell::new(None) };
}

/// Calls `act` when the thread-locals of the running thread are destroyed.
fn at_end(act: impl FnOnce() + Send + 'static) {
    AT_END.with(|at_end| *at_end.borrow_mut() = Some(AtEnd(Some(Box::new(act)))));
}

#[test]
fn a_thread_locals_destructor_hands_over_what_its_thread_did() {
    let cell = Cell::new();
    is_quiet(|| {
        let (sender, receiver) = channel();
        let theirs = Arc::clone(&cell);
        let ended = thread::spawn(move || {
            theirs.write();
            at_end(move || sender.send(()).unwrap());
        });
        receiver.recv().unwrap();
        cell.write();
        ended.join().unwrap();
    });
    let cell = Cell::new();
    races(|| {
        let (done, go) = turn();
        let theirs = Arc::clone(&cell);
        let ended = thread::spawn(move || {
            theirs.write();
            at_end(move || done.send(()).unwrap());
        });
        go.recv().unwrap();
        cell.write();
        ended.join().unwrap();
    });
}

#[test]
fn a_thread_locals_destructor_passes_on_what_others_did() {
    let pass_on = |mutex: Arc<Mutex<()>>, taken: Arc<Mutex<()>>| {
        let cell = Cell::new();
        let (sender, receiver) = channel();
        let (done, go) = turn();
        let passes = thread::spawn(move || {
            at_end(move || {
                go.recv().unwrap();
                drop(taken.lock());
                sender.send(()).unwrap();
            });
        });
        let theirs = Arc::clone(&cell);
        let writes = thread::spawn(move || {
            theirs.write();
            drop(mutex.lock());
            done.send(()).unwrap();
        });
        receiver.recv().unwrap();
        cell.write();
        passes.join().unwrap();
        writes.join().unwrap();
    };
    is_quiet(|| {
        let mutex = Arc::new(Mutex::new(()));
        pass_on(Arc::clone(&mutex), mutex);
    });
    races(|| pass_on(Arc::new(Mutex::new(())), Arc::new(Mutex::new(()))));
}

#[test]
fn a_result_that_nobody_takes_hands_over_as_it_is_dropped() {
    let drop_result = |hands_over: bool| {
        let cell = Cell::new();
        let (sender, receiver) = channel::<()>();
        let (done, go) = turn();
        let theirs = Arc::clone(&cell);
        let body = move || -> (Option<Sender<()>>, AtEnd) {
            theirs.write();
            (hands_over.then_some(sender), AtEnd(Some(Box::new(move || done.send(()).unwrap()))))
        };
        drop(thread::spawn(body));
        go.recv().unwrap();
        assert!(receiver.recv().is_err());
        cell.write();
    };
    is_quiet(|| drop_result(true));
}
