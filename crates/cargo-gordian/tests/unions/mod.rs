//! Makes the unions that formats are tried on: a workspace with one of each kind of trouble, hostile names, a thousand locks.
//!
//! Must not know: formats.
//! INVARIANT: each place is one of a source text below, found by what stands there, so that an excerpt shows what it says.

mod make;
mod sources;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use cargo_gordian::union::Union;
use serde_json::{Value, json};

use make::{at, class, edge, finding, frames, lock, pool, process, side, union, unnamed, witness};
use sources::SOURCES;

/// Writes the sources of [`workspace`] under `root`.
pub(crate) fn write_sources(root: &Path) {
    for (path, text) in SOURCES {
        let path = root.join(path);
        fs::create_dir_all(path.parent().expect("a source is in a folder")).expect("a folder can be made");
        fs::write(path, text).expect("a file can be written");
    }
}

/// Returns what three processes of a workspace saw: an inversion across two crates, one that only the union shows, a lock
/// requested again, a race, a ring of five, and one that is suppressed.
pub(crate) fn workspace() -> Union {
    let classes = [
        class("accounts", "Mutex", "Mutex<BTreeMap<AccountId, Cents>>", at(BANK, "Mutex::|new(BTreeMap")),
        class("ledger", "Mutex", "Mutex<Vec<Entry>>", at(BANK, "Mutex::|new(Vec")),
        class("journal", "RwLock", "RwLock<Journal>", at(AUDIT, "RwLock::|new(Journal")),
        class("sessions", "Mutex", "Mutex<HashMap<Token, Session>>", at(WEB, "Mutex::|new(HashMap")),
        unnamed("Mutex", "Mutex<Config>", at(WEB, "Mutex::|new(Config")),
        unnamed("Mutex", "Mutex<PoolInternals<PgConnection>>", pool(377, 24)),
        unnamed("Condvar", "Condvar", pool(383, 19)),
        class("fork 0", "Mutex", "Mutex<Fork>", at(DINNER, "(|Mutex::new(Fork(0))")),
        class("fork 1", "Mutex", "Mutex<Fork>", at(DINNER, "(|Mutex::new(Fork(1))")),
        class("fork 2", "Mutex", "Mutex<Fork>", at(DINNER, "(|Mutex::new(Fork(2))")),
        class("fork 3", "Mutex", "Mutex<Fork>", at(DINNER, "(|Mutex::new(Fork(3))")),
        class("fork 4", "Mutex", "Mutex<Fork>", at(DINNER, "(|Mutex::new(Fork(4))")),
    ];
    let mut edges = vec![
        edge(
            (0, 1),
            3,
            witness(
                0,
                2,
                "teller",
                at(BANK, "accounts.|lock().unwrap(); // debit"),
                at(BANK, "ledger.|lock().unwrap(); // entry"),
                teller(),
            ),
        ),
        edge(
            (1, 0),
            1,
            witness(0, 3, "auditor", at(AUDIT, "ledger.|lock()"), at(AUDIT, "accounts.|lock()"), auditor()),
        ),
        edge(
            (1, 2),
            14,
            witness(0, 3, "auditor", at(AUDIT, "ledger.|lock()"), at(AUDIT, "journal.|write()"), auditor()),
        ),
        edge(
            (4, 5),
            2,
            witness(1, 4, "refresh", at(WEB, "config.|lock().unwrap(); // refresh"), pool(441, 42), refresh()),
        ),
        edge(
            (5, 4),
            1,
            witness(2, 2, "pool-worker-0", pool(402, 35), at(WEB, "config.|lock().unwrap(); // connect"), connect()),
        ),
        edge(
            (3, 4),
            8,
            witness(
                1,
                2,
                "http-0",
                at(WEB, "sessions.|lock().unwrap(); // login"),
                at(WEB, "config.|lock().unwrap(); // connect"),
                login(),
            ),
        ),
        edge(
            (3, 0),
            112,
            witness(
                1,
                2,
                "http-0",
                at(WEB, "sessions.|lock().unwrap(); // login"),
                at(BANK, "accounts.|lock().unwrap(); // debit"),
                login(),
            ),
        ),
    ];
    for seat in 0..5 {
        let (left, right) = (at(DINNER, "left.|lock()"), at(DINNER, "right.|lock()"));
        edges.push(edge(
            (7 + seat, 7 + (seat + 1) % 5),
            5,
            witness(0, 10 + seat as u32, &format!("seat {seat}"), left, right, seat_stack()),
        ));
    }
    let mut findings = vec![
        self_deadlock(&classes),
        inversion(&classes),
        ring(&classes),
        race(),
        class_order(&classes),
        suppressed(&classes),
    ];
    findings.iter_mut().for_each(|found| found["report"]["format"] = json!([2, 1]));
    union(json!({
        "processes": [process(4711, "bank", true), process(4712, "web", true), process(4713, "pool", false)],
        "classes": classes,
        "edges": edges,
        "findings": findings,
        "unwatched": [{ "package": "ffi-shim", "krate": "ffi_shim", "reason": "it does not compile with checked locks: a foreign signature names `std::sync::Mutex`",
            "details": "error[E0308]: mismatched types\n  --> src/lib.rs:14:18\n   expected `std::sync::Mutex<u32>`, found `gordian::sync::Mutex<u32>`" }],
        "holes": [],
    }))
}

/// Returns a union in which all that a program can name tries to break out of where it is shown.
pub(crate) fn hostile() -> Union {
    let name = "</script><img src=x onerror=\"window.hacked=1\">";
    let long = format!("Mutex<{}{name}>", "alloc::vec::Vec<core::option::Option<".repeat(60));
    let file = "src/</script><svg onload=alert(1)>\u{202e}sr.bil\u{7}.rs";
    let made = json!({ "file": file, "line": 3, "column": 5 });
    let (a, b) = (
        class(name, "Mutex", &long, made.clone()),
        class("a\u{0}b\u{1b}[31m'\"&amp;{{data}}]]>", "Mutex", "<!--", made.clone()),
    );
    let stack = json!([{ "function": "<img src=x onerror=alert(2)>::run", "place": made }]);
    let edges = [
        edge((0, 1), 1, witness(0, 1, name, made.clone(), made.clone(), stack.clone())),
        edge((1, 0), 1, witness(0, 2, name, made.clone(), made.clone(), stack.clone())),
    ];
    let locks = [lock(&a, name), lock(&b, "b")];
    let sides = [
        side(1, name, &[(0, made.clone())], Some((1, made.clone())), stack.clone()),
        side(2, "\u{202e}evil", &[(1, made.clone())], Some((0, made.clone())), stack),
    ];
    let mut found = finding("G010", "lock_order", "deny", name, "G010-00000000000000ff", &locks, &sides);
    found["report"]["reasons"] = json!([name, "<b>bold</b>"]);
    found["standing"] = json!({ "suppressed": name });
    let mut process = process(1, name, false);
    process["arguments"] = json!([name]);
    process["started_ms"] = json!(u64::MAX);
    let unwatched = json!([{ "package": name, "krate": name, "reason": name, "details": name }]);
    union(
        json!({ "processes": [process], "classes": [a, b], "edges": edges, "findings": [found], "unwatched": unwatched, "holes": [name] }),
    )
}

/// Returns `count` lock classes in a fifth as many files, with two and a half times as many orders; three are on a cycle.
pub(crate) fn many(count: usize) -> Union {
    let mut seed = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = |below: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        (seed % below as u64) as usize
    };
    let files: Vec<String> =
        (0..count / 5).map(|file| format!("crates/{}/src/part_{file}.rs", CRATES[file % CRATES.len()])).collect();
    let types =
        ["Mutex<State>", "RwLock<HashMap<Key, Arc<Entry>>>", "Mutex<VecDeque<Job>>", "Mutex<Option<JoinHandle<()>>>"];
    let place = |class: usize, line: usize| json!({ "file": files[class % files.len()], "line": line, "column": 9 });
    let classes: Vec<Value> = (0..count)
        .map(|at| {
            let (made, type_name) = (place(at, 10 + at / files.len() * 7), types[random(types.len())]);
            if random(3) == 0 {
                class(&format!("lock_{at}"), "Mutex", type_name, made)
            } else {
                unnamed(&type_name[..type_name.find('<').unwrap_or(0)], type_name, made)
            }
        })
        .collect();
    let mut ends: BTreeMap<(usize, usize), u64> = BTreeMap::new();
    for _ in 0..count * 5 / 2 {
        let from = random(count - 1);
        // Most orders are among neighbours, as in a program made of layers.
        let to = (from + 1 + random(12) * if random(8) == 0 { 17 } else { 1 }).min(count - 1);
        ends.insert((from, to), 1 + random(40) as u64 * random(9) as u64);
    }
    let cycle = [(3, 40), (40, 77), (77, 3)];
    cycle.iter().for_each(|&ends_of| _ = ends.insert(ends_of, 2));
    let stack = |class: usize| json!([{ "function": format!("part_{class}::Worker::step"), "place": place(class, 31) }, { "function": "engine::run", "place": place(0, 12) }]);
    let edges: Vec<Value> = ends
        .iter()
        .map(|(&(from, to), &count)| {
            edge((from, to), count, witness(from % 3, 2, "worker", place(from, 30), place(to, 31), stack(to)))
        })
        .collect();
    let locks: Vec<Value> = cycle.iter().map(|&(class, _)| lock(&classes[class], &format!("lock {class}"))).collect();
    let sides: Vec<Value> = cycle
        .iter()
        .enumerate()
        .map(|(at, &(from, to))| {
            side(2 + at as u32, "worker", &[(at, place(from, 30))], Some(((at + 1) % 3, place(to, 31))), stack(to))
        })
        .collect();
    let found = finding(
        "G010",
        "lock_order",
        "deny",
        "three locks are taken in a ring",
        "G010-0000000000001000",
        &locks,
        &sides,
    );
    union(
        json!({ "processes": [process(1, "a", true), process(2, "b", true), process(3, "c", true)], "classes": classes, "edges": edges, "findings": [found], "unwatched": [], "holes": [] }),
    )
}

/// Returns a union with nothing but a process and a lock.
pub(crate) fn one_lock() -> Union {
    let classes = [class("accounts", "Mutex", "Mutex<u64>", at(BANK, "Mutex::|new(BTreeMap"))];
    union(
        json!({ "processes": [process(4711, "bank", true)], "classes": classes, "edges": [], "findings": [], "unwatched": [], "holes": [] }),
    )
}

const BANK: &str = "crates/bank/src/transfer.rs";
const AUDIT: &str = "crates/audit/src/lib.rs";
const WEB: &str = "crates/web/src/session.rs";
const DINNER: &str = "crates/dinner/src/lib.rs";
const CRATES: [&str; 12] =
    ["api", "bank", "cache", "db", "engine", "files", "gate", "hub", "index", "jobs", "keys", "logs"];

fn inversion(classes: &[Value]) -> Value {
    let locks = [lock(&classes[0], "accounts"), lock(&classes[1], "ledger")];
    let sides = [
        side(
            2,
            "teller",
            &[(0, at(BANK, "accounts.|lock().unwrap(); // debit"))],
            Some((1, at(BANK, "ledger.|lock().unwrap(); // entry"))),
            teller(),
        ),
        side(3, "auditor", &[(1, at(AUDIT, "ledger.|lock()"))], Some((0, at(AUDIT, "accounts.|lock()"))), auditor()),
    ];
    let title = "thread 2 'teller' takes `accounts`, then `ledger`; thread 3 'auditor' takes `ledger`, then `accounts`: each can end up waiting for the other for ever.";
    let mut found = finding("G010", "lock_order", "deny", title, "G010-261dd92c566278d4", &locks, &sides);
    found["report"]["count"] = 3.into();
    found["report"]["reasons"] = json!([
        "The two sides ran in different threads, and no hand-over between threads puts one before another.",
        "No lock was held by two sides that would have let only one of them in."
    ]);
    found["report"]["advice"] = json!([
        "Take `accounts` before `ledger` in both places: crates/audit/src/lib.rs has them the other way round.",
        "Or hold one at a time: give `ledger` back before `accounts` is requested."
    ]);
    found
}

fn self_deadlock(classes: &[Value]) -> Value {
    let stack = frames(&[
        ("web::session::Sessions::len", WEB, "sessions.|lock().unwrap().len()"),
        ("web::session::Sessions::expire", WEB, "self.|len()"),
        ("web::tests::old_sessions_expire", "crates/web/tests/expiry.rs", "sessions.|expire()"),
    ]);
    let sides = [side(
        1,
        "tests::old_sessions_expire",
        &[(0, at(WEB, "sessions.|lock().unwrap(); // expire"))],
        Some((0, at(WEB, "sessions.|lock().unwrap().len()"))),
        stack,
    )];
    let title = "thread 1 'tests::old_sessions_expire' requests `sessions`, which it holds itself: it waits for ever.";
    let mut found = finding(
        "G002",
        "self_deadlock",
        "deny",
        title,
        "G002-58b1c0a9f3e07d12",
        &[lock(&classes[3], "sessions")],
        &sides,
    );
    found["report"]["advice"] = json!(["Give `sessions` back before `len` is called, or count what the guard shows."]);
    found["processes"] = json!([1]);
    found
}

fn ring(classes: &[Value]) -> Value {
    let locks: Vec<Value> = (0..5).map(|seat| lock(&classes[7 + seat], &format!("fork {seat}"))).collect();
    let seats = |seat: usize| {
        side(
            10 + seat as u32,
            &format!("seat {seat}"),
            &[(seat, at(DINNER, "left.|lock()"))],
            Some(((seat + 1) % 5, at(DINNER, "right.|lock()"))),
            seat_stack(),
        )
    };
    let sides: Vec<Value> = (0..5).map(seats).collect();
    let mut found = finding(
        "G010",
        "lock_order",
        "deny",
        "five threads each take a fork, then the next one's: all can end up waiting for ever.",
        "G010-93ac04e1b75d2f60",
        &locks,
        &sides,
    );
    found["standing"] = "known".into();
    found["report"]["count"] = 25.into();
    found
}

fn race() -> Value {
    let cell = json!({ "label": "hits", "name": "hits", "kind": "UnsafeCell", "type_name": "UnsafeCell<u64>", "created": at(WEB, "UnsafeCell::|new(0)") });
    let access = |number: u32, name: &str, deed: &str, needle: &str, value: &str| {
        let mut side = side(
            number,
            name,
            &[],
            Some((0, at(WEB, needle))),
            frames(&[("web::session::Hits::touch", WEB, needle), ("web::serve", WEB, "hits.|touch()")]),
        );
        side["wants"]["deed"] = deed.into();
        side["wants"]["mode"] = Value::Null;
        side["value"] = value.into();
        side
    };
    let sides = [
        access(2, "http-0", "write", "self.hits.|with_mut", "41"),
        access(3, "http-1", "read", "self.hits.|with(", "40"),
    ];
    let title = "thread 2 'http-0' writes `hits` and thread 3 'http-1' reads it, with no order between the two.";
    let mut found = finding("G030", "data_race", "deny", title, "G030-0c44aa01d2e9b7f3", &[cell], &sides);
    found["processes"] = json!([1]);
    found
}

fn class_order(classes: &[Value]) -> Value {
    let locks = [
        lock(&classes[4], "Mutex<Config> (session.rs:11)"),
        lock(&classes[5], "Mutex<PoolInternals<PgConnection>> (lib.rs:377)"),
    ];
    let sides = [
        side(4, "refresh", &[(0, at(WEB, "config.|lock().unwrap(); // refresh"))], Some((1, pool(441, 42))), refresh()),
        side(
            2,
            "pool-worker-0",
            &[(1, pool(402, 35))],
            Some((0, at(WEB, "config.|lock().unwrap(); // connect"))),
            connect(),
        ),
    ];
    let title = "locks created at crates/web/src/session.rs and /opt/cargo/registry/src/example.org-1949cf8c6b5b557f/r2d2-0.8.10/src/lib.rs:377 are taken in opposite orders, each in another process.";
    let mut found = finding("G011", "class_order", "warn", title, "G011-7fe1209bb3c5a846", &locks, &sides);
    found["found_by"] = 0.into();
    found["processes"] = json!([1, 2]);
    found["report"]["reasons"] = json!(["No process saw both orders: `web` saw the first, `pool` the second."]);
    found
}

fn suppressed(classes: &[Value]) -> Value {
    let sides = [side(2, "http-0", &[(0, at(WEB, "sessions.|lock().unwrap(); // login"))], None, login())];
    let mut found = finding(
        "G041",
        "long_hold",
        "warn",
        "`sessions` was held for 812 ms by thread 2 'http-0'.",
        "G041-1b5d0e6f7788a9c0",
        &[lock(&classes[3], "sessions")],
        &sides,
    );
    found["report"]["sides"][0]["lasted_ms"] = 812.into();
    found["standing"] = json!({ "suppressed": "the login page is being rewritten, see #418; until 2026-12-31" });
    found
}

fn teller() -> Value {
    frames(&[
        ("bank::transfer::Bank::transfer", BANK, "ledger.|lock().unwrap(); // entry"),
        ("bank::transfer::Teller::serve", BANK, "bank.|transfer("),
        ("bank::transfer::Teller::spawn::{closure}", BANK, "self.|serve("),
    ])
}

fn auditor() -> Value {
    frames(&[
        ("audit::Auditor::balance", AUDIT, "accounts.|lock()"),
        ("audit::Auditor::run", AUDIT, "self.|balance()"),
        ("audit::spawn::{closure}", AUDIT, "auditor.|run()"),
    ])
}

fn login() -> Value {
    frames(&[
        ("web::session::Sessions::login", WEB, "sessions.|lock().unwrap(); // login"),
        ("web::serve", WEB, "hits.|touch()"),
    ])
}

fn refresh() -> Value {
    json!([{ "function": "r2d2::Pool<M>::get_timeout", "place": pool(441, 42) }, { "function": "web::session::refresh", "place": at(WEB, "config.|lock().unwrap(); // refresh") }])
}

fn connect() -> Value {
    json!([{ "function": "web::session::Manager::connect", "place": at(WEB, "config.|lock().unwrap(); // connect") }, { "function": "r2d2::add_connection::inner::{closure}", "place": pool(402, 35) }, { "function": "scheduled_thread_pool::Worker::run_job", "place": null }])
}

fn seat_stack() -> Value {
    frames(&[("dinner::Seat::eat", DINNER, "right.|lock()"), ("dinner::dine::{closure}", DINNER, "seat.|eat()")])
}
