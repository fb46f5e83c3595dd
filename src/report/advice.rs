//! Turns what threads do and wait for into reasons why that cannot end, and into what to do about it.
//!
//! Must not know: widths, colours, formats.
//! INVARIANT: every sentence is true of the finding at hand; what only might be so is said as such.

use super::describe::PROCESS_LOCK;
use super::{LockReport, Report, Side, Want, explain};
use crate::holder::Holder;
use crate::lint::{Level, Lint};
use std::path::Path;

/// Returns the reasons and the advice of a finding about waits.
pub(super) fn explain(lint: Lint, report: &Report) -> (Vec<String>, Vec<String>) {
    match (lint, &report.sides[..]) {
        (Lint::Deadlock | Lint::Stall, _) => (stuck(report), ways_out(report)),
        (Lint::WaitWhileHolding, [waiter, waker]) => wait_while_holding(report, waiter, waker),
        (Lint::LostNotify, _) => (with_doubt(report, LOST.map(str::to_owned).into()), HEARD.map(str::to_owned).into()),
        (Lint::CondvarTwoMutexes, _) => (TWO_MUTEXES.map(str::to_owned).into(), ONE_MUTEX.map(str::to_owned).into()),
        (Lint::LongHold, [side, ..]) => long_hold(report, side),
        _ => (Vec::new(), Vec::new()),
    }
}

/// More reasons, or ways out, than this are of no help.
const MOST_SENTENCES: usize = 6;

fn stuck(report: &Report) -> Vec<String> {
    let mut reasons = vec![match report.lint == Lint::Deadlock.name() {
        true => "It is so now: this is no prediction.".to_owned(),
        false if report.rests_on_habit() => "It waits now: this is no prediction.".to_owned(),
        false => "No thread that gordian knows can run: whoever has not ended waits.".to_owned(),
    }];
    let of_sides = report.sides.iter().flat_map(|side| side.wants.iter().map(move |want| why(report, side, want)));
    of_sides.flatten().for_each(|reason| add(&mut reasons, reason));
    reasons.truncate(MOST_SENTENCES);
    with_doubt(report, reasons)
}

fn with_doubt(report: &Report, mut reasons: Vec<String>) -> Vec<String> {
    let (has, one) = match report.doubt {
        0 => return reasons,
        1 => ("1 thread of this process has".to_owned(), "it"),
        many => (format!("{many} threads of this process have"), "one of them"),
    };
    let only = if report.level == Level::Warn.name() { " That is why this is only a warning." } else { "" };
    reasons.push(format!(
        "{has} never used gordian; if {one} can wake one of these, this is no {}.{only}",
        report.lint.replace('_', " ")
    ));
    reasons
}

fn add(sentences: &mut Vec<String>, sentence: String) {
    if !sentences.contains(&sentence) {
        sentences.push(sentence);
    }
}

/// Returns why a side's wait cannot end.
fn why(report: &Report, side: &Side, want: &Want) -> Vec<String> {
    let (thing, lock) = (report.said(want.lock), &report.locks[want.lock]);
    let Some(wakers) = &want.wakers else { return Vec::new() };
    let mut reasons = Vec::new();
    reasons.push(match (want.deed, wakers.who) {
        ("request", "gone") => format!(
            "{} ended while its guard of {thing} was still there; a guard cannot leave its thread, so nobody is left who \
             could give {thing} back.",
            capitalised(&report.threads(&wakers.threads))
        ),
        ("request", _) if lock.is_initialised() => {
            "While an initialiser runs, all others wait for it to end; and its own thread waits, too.".to_owned()
        }
        ("request", _) if !report.queued(want, wakers).0.is_empty() => {
            "A read waits behind a writer that has queued before it, and the writer waits for the reads that came first."
                .to_owned()
        }
        ("request", _) => {
            "Only its holder can give a lock back, and every holder that is waited for here waits itself.".to_owned()
        }
        ("wait" | "wait_timeout", "each") => {
            "A wait takes its mutex again before it returns, notified or not; and the mutex is held by one who waits."
                .to_owned()
        }
        ("wait" | "wait_timeout", _) => {
            "A condition variable wakes nobody by itself: a thread that runs has to notify it.".to_owned()
        }
        ("receive", _) => "A receive ends with a message, or when the last Sender is dropped; no thread is left that \
                           could send or drop one."
            .to_owned(),
        ("send", _) => "A send without room ends when a message is taken out, or when the Receiver is dropped; no \
                        thread is left that could do so."
            .to_owned(),
        ("arrive", _) => "A barrier opens when as many threads wait at it as it was made for; no thread is left that \
                          could still arrive."
            .to_owned(),
        ("join", _) => "A join ends when its thread does, and the thread that is joined here waits itself.".to_owned(),
        ("end_scope", _) => {
            "The end of a scope waits for the ends of all its threads, and not all of them can end.".to_owned()
        }
        ("acquire", "each" | "any_of") => {
            "A permit comes back when its guard is dropped, and all who hold one wait themselves.".to_owned()
        }
        ("acquire", _) => {
            "A permit comes back when its guard is dropped, or by `release`; no thread is left to do so.".to_owned()
        }
        ("wait_event", _) => "An event is raised by a thread that sets it, and no thread is left to do so.".to_owned(),
        ("get", "users") => {
            format!("A get ends when an item is put, and {} alone has done so yet.", report.threads(&wakers.threads))
        }
        ("get", _) => "A get ends when an item is put; no thread is left that could put one.".to_owned(),
        ("put", "users") => {
            let who = report.threads(&wakers.threads);
            format!("A put without room ends when an item is taken out, and {who} alone has done so yet.")
        }
        ("put", _) => {
            "A put without room ends when an item is taken out; no thread is left that could take one.".to_owned()
        }
        ("join_tasks", "debtors") => format!(
            "A join ends when `task_done` was called once for each item that was put; {} took items and has not called \
             it for all of them.",
            report.threads(&wakers.threads)
        ),
        ("join_tasks", _) => "A join ends when `task_done` was called once for each item that was put; no thread is left \
                              that could call it."
            .to_owned(),
        ("park", _) => "A parked thread goes on when another one unparks it, and no thread is left to do so.".to_owned(),
        _ => return Vec::new(),
    });
    reasons.extend(keeps(report, side, want));
    reasons
}

/// Returns what stays locked during a wait.
fn keeps(report: &Report, side: &Side, want: &Want) -> Option<String> {
    let held = report.said(side.hold()?.lock);
    match want.deed {
        "wait" | "wait_timeout" if report.locks[want.lock].kind != "Notify" => Some(format!(
            "A wait gives back its own mutex and no other lock: {held} stays locked while the thread sleeps."
        )),
        _ => None,
    }
}

fn ways_out(report: &Report) -> Vec<String> {
    let is_plain = |side: &Side| {
        let of_locks = side.wants.as_ref().zip(side.hold());
        of_locks.is_some_and(|(want, held)| {
            let is_once = |lock: usize| report.locks[lock].is_initialised();
            want.deed == "request" && want.lock != held.lock && !is_once(want.lock) && !is_once(held.lock)
        })
    };
    if report.is_circle() && report.sides.iter().all(is_plain) {
        return explain::one_order(report);
    }
    let mut advice = Vec::new();
    let of_sides = report.sides.iter().flat_map(|side| side.wants.iter().map(move |want| way_out(report, side, want)));
    of_sides.flatten().for_each(|way| add(&mut advice, way));
    if advice.is_empty() {
        advice.push(
            "Break it at one place: let one of these threads give back what it holds before it waits, or wait for a \
             limited time only."
                .to_owned(),
        );
    }
    advice.truncate(MOST_SENTENCES);
    advice
}

/// Returns what a side could do otherwise.
fn way_out(report: &Report, side: &Side, want: &Want) -> Vec<String> {
    let (lock, here) = (&report.locks[want.lock], explain::short(&want.site));
    let is_gone = want.wakers.as_ref().is_some_and(|wakers| wakers.who == "gone");
    let is_queued = want.wakers.as_ref().is_some_and(|wakers| !report.queued(want, wakers).0.is_empty());
    let mut ways: Vec<String> = give_back(report, side, want).into_iter().collect();
    let holds_nothing = side.hold().is_none();
    ways.extend(match want.deed {
        "request" if is_gone => Some(
            "Look for what keeps that guard from being dropped: `mem::forget`, `ManuallyDrop`, `Box::leak`, a cycle of \
             `Rc`."
                .to_owned(),
        ),
        "request" if is_queued => Some(format!(
            "Give the locks one order for readers too, and read a lock once at a time: at {here} a read is requested \
             while others wait for its thread, and a queued writer makes it wait.",
        )),
        "wait" | "wait_timeout" if holds_nothing => Some(
            "Check in a loop, under the mutex, what is waited for (`wait_while`), so that a notification that came \
             before the wait is not missed; and notify after each change of it."
                .to_owned(),
        ),
        "receive" if holds_nothing => Some(format!(
            "If the thread that receives at {here} keeps a Sender, or a clone of one, alive: drop it before \
             (`drop(sender)`). A loop over a Receiver ends only when every Sender is gone.",
        )),
        "send" if holds_nothing => Some(format!(
            "Receive in another thread than the one that sends at {here}, or make the bound given at {} as large as \
             what is sent before anybody receives.",
            explain::short(&lock.created)
        )),
        "arrive" => Some(format!(
            "Compare the number that the Barrier got at {} with the threads that come: all of them, each as often as \
             the others, also when one returns early.",
            explain::short(&lock.created)
        )),
        "wait_event" if holds_nothing => Some(format!(
            "Set the event on every path of the thread that should, also when it fails or returns early; with \
             `wait_timeout` at {here} this thread could look around in between.",
        )),
        "get" if holds_nothing => Some(format!(
            "A queue has no end of its own: put one item that means the end for each thread that gets at {here}, or use \
             `get_timeout` there.",
        )),
        "put" if holds_nothing => Some(format!(
            "Take items in another thread than the one that puts at {here}, or give the queue that is made at {} as much \
             room as it needs before anybody takes.",
            explain::short(&lock.created)
        )),
        "join_tasks" if holds_nothing => Some(
            "Call `task_done` once after every get, on every path, also when the work fails: a guard that calls it in its \
             `drop` does."
                .to_owned(),
        ),
        "park" if holds_nothing => Some(
            "Let whoever sets what this thread waits for call `unpark` on its handle afterwards, and park in a loop that \
             checks it. An `unpark` that comes first is remembered, but only one."
                .to_owned(),
        ),
        _ => None,
    });
    ways
}

/// Returns how to wait without a lock that others need.
fn give_back(report: &Report, side: &Side, want: &Want) -> Option<String> {
    let index = side.hold()?.lock;
    let (held, here) = (report.said(index), explain::short(&want.site));
    if report.locks[index].is_initialised() {
        return Some(format!(
            "Let the initialiser of {held} need nothing of threads that may wait for {held}: do what waits at {here} \
             before it, and only store the result in it.",
        ));
    }
    match want.deed {
        "wait" if report.locks[want.lock].kind == "Notify" => {
            Some(format!("Give {held} back before the `.await` at {here}: whoever notifies needs it first."))
        }
        "wait" | "wait_timeout" => Some(format!(
            "Wait with no other lock held: give {held} back before {here}; or let {held} guard what is waited for, and \
             hand its guard to the wait.",
        )),
        "join" => Some(format!(
            "Give {held} back before {here} (`drop` the guard, or end its block), or join before {held} is taken: the \
             thread that is joined needs it to end.",
        )),
        "end_scope" => Some(format!(
            "Give {held} back before {here} (`drop` the guard, or end its block), or take it inside of the scope: the \
             scope's threads need it to end.",
        )),
        "receive" => Some(format!("Give {held} back before the receive at {here}: whoever sends needs it first.")),
        "send" => Some(format!("Give {held} back before the send at {here}: whoever receives needs it first.")),
        "arrive" => Some(format!("Give {held} back before {here}: threads that have yet to arrive need it first.")),
        "acquire" => Some(format!(
            "Acquire the permit at {here} before {held} is taken, or give {held} back before: those who have the permits \
             need it first.",
        )),
        "wait_event" => {
            Some(format!("Give {held} back before the wait at {here}: whoever sets the event needs it first."))
        }
        "get" => Some(format!("Give {held} back before the get at {here}: whoever puts needs it first.")),
        "put" => Some(format!("Give {held} back before the put at {here}: whoever gets needs it first.")),
        "join_tasks" => {
            Some(format!("Give {held} back before the join at {here}: whoever has tasks to do needs it first."))
        }
        "park" => Some(format!("Give {held} back before the thread parks at {here}: others need it first.")),
        _ => None,
    }
}

fn wait_while_holding(report: &Report, waiter: &Side, waker: &Side) -> (Vec<String>, Vec<String>) {
    let Some((want, held)) = waiter.wants.as_ref().zip(waiter.hold()) else { return (Vec::new(), Vec::new()) };
    let said = report.said(held.lock);
    let mut reasons = vec![keeps(report, waiter, want).unwrap_or_else(|| {
        format!("{said} stays locked as long as the wait at {} takes.", explain::short(&want.site))
    })];
    let need = match (&waker.wants, waker.hold()) {
        (Some(act), Some(hold)) if act.deed != "request" => {
            format!("took {said} at {} on its way to {}", explain::short(&hold.site), explain::short(&act.site))
        }
        (Some(act), _) => format!("requests {said} at {}", explain::short(&act.site)),
        _ => format!("needs {said}"),
    };
    if report.is_on_one_thread(waiter, waker) {
        reasons.push(format!(
            "{} {need}, and blocks the thread that would have to poll {} again, which alone can give it back.",
            capitalised(&waker.thread.to_string()),
            waiter.thread
        ));
        return (
            reasons,
            vec![format!(
                "Give {said} back before the `.await` at {}, or make it a lock that is awaited: a lock of a thread's must not \
             be held where others run on that thread.",
                explain::short(&want.site)
            )],
        );
    }
    reasons.push(format!(
        "{} {need}: if the wait comes first, it is stuck there, and never gets to what would end the wait.",
        capitalised(&waker.thread.to_string())
    ));
    (reasons, give_back(report, waiter, want).into_iter().collect())
}

const LOST: [&str; 2] = [
    "A condition variable has no memory: a notification that finds nobody waiting is gone.",
    "Nobody is left who could notify again. In a run where the wait comes first, it works, which is why tests pass.",
];

const HEARD: [&str; 2] = [
    "Before each wait, check under the mutex whether what is waited for is so already, in a loop: `wait_while` does it.",
    "Change what is waited for under that same mutex, and notify after the change: then it is either seen before the \
     wait, or the wait hears the notification.",
];

const TWO_MUTEXES: [&str; 2] = [
    "A condition variable belongs to one mutex: std may panic if it is ever used with another one.",
    "Whoever changes what is waited for under one mutex does not keep out the one who checks it under the other: a notify \
     can fall between that check and its wait, and is lost.",
];

const ONE_MUTEX: [&str; 2] = [
    "Give each mutex a Condvar of its own, beside it in one struct, and notify the one that belongs to what changed.",
    "Or put all that is waited for under one mutex, and wait with that.",
];

fn long_hold(report: &Report, side: &Side) -> (Vec<String>, Vec<String>) {
    let limit = "The limit is the one that `Config::watchdog` was given.".to_owned();
    let Some(want) = &side.wants else {
        let held = side.hold().map_or_else(|| "the lock".to_owned(), |held| report.said(held.lock));
        let reasons = vec![limit, format!("As long as {held} is held, all others that request it wait.")];
        let advice = vec![
            format!(
                "Do the slow part outside: copy what it needs out of {held}, give that back, and lock again to store the result."
            ),
            "Look for input, output, a wait or a computation between the lock and the end of its guard; a guard in the \
             head of a `match` or `if let` lives to the end of the statement."
                .to_owned(),
        ];
        return (reasons, advice);
    };
    let lock = &report.locks[want.lock];
    let mut reasons = vec![limit];
    reasons.extend(holder(lock).map(|holder| format!("{} is held by {holder}.", report.said(want.lock))));
    let mut advice = Vec::new();
    if lock.is_lock() {
        advice.push(format!(
            "Look at what is done while {} is held, and do the slow part of it outside.",
            report.said(want.lock)
        ));
    } else {
        advice.push("Look at what the thread that should end this wait does instead.".to_owned());
    }
    if !side.held.is_empty() {
        advice
            .push("This thread holds locks while it waits, so that others wait with it: give them back first.".into());
    }
    (reasons, advice)
}

/// Returns who has left a note that it has a lock between processes. It is waited for while this is told.
fn holder(lock: &LockReport) -> Option<Holder> {
    let path = lock.name.filter(|_| lock.kind == PROCESS_LOCK)?;
    Holder::read(Path::new(path))
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}
