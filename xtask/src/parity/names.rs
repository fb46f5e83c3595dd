//! Turns the documentation of std into lists: its stable public names, and what their types have.
//!
//! Must not know: gordian, or what any build of it has.
//! Source: the item pages of the 1.95 documentation. We differ: what only some platforms have is left out.
//! INVARIANT: std has everything that stands here; the probe says so before it asks gordian.

use anyhow::{Context, Result};

/// The modules, and the names in each.
pub(super) const MODULES: &[(&str, &[&str])] = &[
    (
        "sync",
        &[
            "Arc",
            "Barrier",
            "BarrierWaitResult",
            "Condvar",
            "LazyLock",
            "LockResult",
            "Mutex",
            "MutexGuard",
            "ONCE_INIT",
            "Once",
            "OnceLock",
            "OnceState",
            "PoisonError",
            "RwLock",
            "RwLockReadGuard",
            "RwLockWriteGuard",
            "TryLockError",
            "TryLockResult",
            "WaitTimeoutResult",
            "Weak",
            "atomic",
            "mpsc",
        ],
    ),
    (
        "sync::atomic",
        &[
            "ATOMIC_BOOL_INIT",
            "ATOMIC_ISIZE_INIT",
            "ATOMIC_USIZE_INIT",
            "AtomicBool",
            "AtomicI8",
            "AtomicI16",
            "AtomicI32",
            "AtomicI64",
            "AtomicIsize",
            "AtomicPtr",
            "AtomicU8",
            "AtomicU16",
            "AtomicU32",
            "AtomicU64",
            "AtomicUsize",
            "Ordering",
            "compiler_fence",
            "fence",
            "spin_loop_hint",
        ],
    ),
    (
        "sync::mpsc",
        &[
            "IntoIter",
            "Iter",
            "Receiver",
            "RecvError",
            "RecvTimeoutError",
            "SendError",
            "Sender",
            "SyncSender",
            "TryIter",
            "TryRecvError",
            "TrySendError",
            "channel",
            "sync_channel",
        ],
    ),
    (
        "thread",
        &[
            "AccessError",
            "Builder",
            "JoinHandle",
            "LocalKey",
            "Result",
            "Scope",
            "ScopedJoinHandle",
            "Thread",
            "ThreadId",
            "available_parallelism",
            "current",
            "panicking",
            "park",
            "park_timeout",
            "park_timeout_ms",
            "scope",
            "sleep",
            "sleep_ms",
            "spawn",
            "yield_now",
        ],
    ),
];

/// What gordian adds, by its path in the crate.
pub(super) const ADDED: &[&str] = &[
    "sync::RLock",
    "sync::RLockGuard",
    "sync::BoundedSemaphore",
    "sync::Condition",
    "sync::ConditionGuard",
    "sync::Empty",
    "sync::Event",
    "sync::Full",
    "sync::LifoQueue",
    "sync::Lockable",
    "sync::PriorityQueue",
    "sync::Queue",
    "sync::ReleaseError",
    "sync::Semaphore",
    "sync::SemaphorePermit",
    "sync::TaskDoneError",
    "process::Holder",
    "process::Lock",
    "process::LockGuard",
    "process::RLock",
    "process::RLockGuard",
    "cell::Shared",
    "cell::UnsafeCell",
    "watch::forget",
    "watch::read",
    "watch::read_field",
    "watch::write",
    "watch::write_field",
    "Named",
    "model",
    "explore",
    "plain",
    "checked",
    "Config",
    "Lint",
    "Level",
    "Report",
    "collect",
    "reports",
    "assert_clean",
    "lock_graph",
];

/// Type | arguments of a `new` that is `const` | methods | traits. `{integer}` stands for each of [`INTEGERS`].
const TYPES: &str = "
sync::Arc<u8> | | new new_cyclic new_uninit new_zeroed pin try_unwrap into_inner from_raw into_raw increment_strong_count \
    decrement_strong_count as_ptr downgrade weak_count strong_count ptr_eq make_mut unwrap_or_clone get_mut | Clone, Debug, \
    Display, Pointer, Default, Deref, AsRef<u8>, Borrow<u8>, From<u8>, From<Box<u8>>, PartialEq, Eq, PartialOrd, Ord, Hash, \
    Send, Sync, Unpin, UnwindSafe
sync::Arc<std::fmt::Error> | | | Error
sync::Arc<str> | | | Default, From<&'static str>, From<String>, From<Box<str>>
sync::Arc<[u8]> | | new_uninit_slice new_zeroed_slice make_mut | Default, From<&'static [u8]>, From<Vec<u8>>, FromIterator<u8>
sync::Arc<MaybeUninit<u8>> | | assume_init |
sync::Arc<dyn Any + Send + Sync> | | downcast |
sync::Weak<u8> | () | from_raw into_raw as_ptr upgrade strong_count weak_count ptr_eq | Clone, Debug, Default, Send, Sync, Unpin
sync::Barrier | (1) | new wait | Debug, Send, Sync, Unpin, UnwindSafe, RefUnwindSafe
sync::BarrierWaitResult | | is_leader | Debug, Send, Sync, Unpin, UnwindSafe, RefUnwindSafe
sync::Condvar | () | new wait wait_while wait_timeout_ms wait_timeout wait_timeout_while notify_one notify_all | Debug, Default, \
    Send, Sync, Unpin, UnwindSafe, RefUnwindSafe
sync::LazyLock<u8> | (u8::default) | new force_mut force get_mut get | Debug, Default, Deref, DerefMut, Send, Sync, Unpin, UnwindSafe, \
    RefUnwindSafe
sync::Mutex<u8> | (0) | new lock try_lock is_poisoned clear_poison into_inner get_mut | Debug, Default, From<u8>, Send, Sync, \
    Unpin, UnwindSafe, RefUnwindSafe
sync::MutexGuard<'static, u8> | | | Debug, Display, Deref, DerefMut, Sync, Unpin, UnwindSafe, RefUnwindSafe
sync::Once | () | new call_once call_once_force is_completed wait wait_force | Debug, Send, Sync, Unpin, UnwindSafe, RefUnwindSafe
sync::OnceLock<u8> | () | new get get_mut wait set get_or_init into_inner take | Clone, Debug, Default, From<u8>, PartialEq, Eq, \
    Send, Sync, Unpin, UnwindSafe, RefUnwindSafe
sync::OnceState | | is_poisoned | Debug, Unpin
sync::PoisonError<u8> | | new into_inner get_ref get_mut | Debug, Display, Error, Send, Sync
sync::TryLockError<u8> | | | Debug, Display, Error, From<std::sync::PoisonError<u8>>, Send, Sync
sync::RwLock<u8> | (0) | new read try_read write try_write is_poisoned clear_poison into_inner get_mut | Debug, Default, From<u8>, \
    Send, Sync, Unpin, UnwindSafe, RefUnwindSafe
sync::RwLockReadGuard<'static, u8> | | | Debug, Display, Deref, Sync, Unpin, UnwindSafe, RefUnwindSafe
sync::RwLockWriteGuard<'static, u8> | | downgrade | Debug, Display, Deref, DerefMut, Sync, Unpin, UnwindSafe, RefUnwindSafe
sync::WaitTimeoutResult | | timed_out | Clone, Copy, Debug, PartialEq, Eq, Send, Sync
sync::atomic::AtomicBool | (false) | new from_ptr get_mut into_inner load store swap compare_and_swap compare_exchange \
    compare_exchange_weak fetch_and fetch_nand fetch_or fetch_xor fetch_not as_ptr fetch_update try_update update | Debug, Default, \
    From<bool>, Send, Sync, Unpin, UnwindSafe, RefUnwindSafe
sync::atomic::AtomicPtr<u8> | (std::ptr::null_mut()) | new from_ptr get_mut into_inner load store swap compare_and_swap \
    compare_exchange compare_exchange_weak fetch_update try_update update fetch_ptr_add fetch_ptr_sub fetch_byte_add \
    fetch_byte_sub fetch_or fetch_and fetch_xor as_ptr | Debug, Pointer, Default, From<*mut u8>, Send, Sync, Unpin, RefUnwindSafe
sync::atomic::Atomic{integer} | (0) | new from_ptr get_mut into_inner load store swap compare_and_swap compare_exchange \
    compare_exchange_weak fetch_add fetch_sub fetch_and fetch_nand fetch_or fetch_xor fetch_update try_update update fetch_max \
    fetch_min as_ptr | Debug, Default, From<{primitive}>, Send, Sync, Unpin, UnwindSafe, RefUnwindSafe
sync::atomic::Ordering | | | Clone, Copy, Debug, Hash, PartialEq, Eq
sync::mpsc::IntoIter<u8> | | | Debug, Iterator, Send
sync::mpsc::Iter<'static, u8> | | | Debug, Iterator
sync::mpsc::TryIter<'static, u8> | | | Debug, Iterator
sync::mpsc::Receiver<u8> | | try_recv recv recv_timeout iter try_iter | Debug, IntoIterator, Send, Unpin, UnwindSafe, RefUnwindSafe
sync::mpsc::Sender<u8> | | send | Clone, Debug, Send, Sync, Unpin, UnwindSafe, RefUnwindSafe
sync::mpsc::SyncSender<u8> | | send try_send | Clone, Debug, Send, Sync, Unpin, UnwindSafe, RefUnwindSafe
sync::mpsc::RecvError | | | Clone, Copy, Debug, Display, Error, PartialEq, Eq
sync::mpsc::SendError<u8> | | | Clone, Copy, Debug, Display, Error, PartialEq, Eq
sync::mpsc::RecvTimeoutError | | | Clone, Copy, Debug, Display, Error, From<std::sync::mpsc::RecvError>, PartialEq, Eq
sync::mpsc::TryRecvError | | | Clone, Copy, Debug, Display, Error, From<std::sync::mpsc::RecvError>, PartialEq, Eq
sync::mpsc::TrySendError<u8> | | | Clone, Copy, Debug, Display, Error, From<std::sync::mpsc::SendError<u8>>, PartialEq, Eq
thread::AccessError | | | Clone, Copy, Debug, Display, Error, PartialEq, Eq
thread::Builder | | new name stack_size spawn spawn_unchecked spawn_scoped | Debug, Send, Sync
thread::JoinHandle<u8> | | thread join is_finished | Debug, Send, Sync, Unpin
thread::LocalKey<u8> | | with try_with | Debug, Send, Sync
thread::LocalKey<Cell<u8>> | | get set take replace |
thread::LocalKey<RefCell<u8>> | | with_borrow with_borrow_mut set take replace |
thread::Scope<'static, 'static> | | spawn | Debug, Send, Sync
thread::ScopedJoinHandle<'static, u8> | | thread join is_finished | Debug, Send, Sync, Unpin
thread::Thread | | unpark id name | Clone, Debug, Send, Sync, Unpin, UnwindSafe, RefUnwindSafe
thread::ThreadId | | | Clone, Copy, Debug, Hash, PartialEq, Eq, Send, Sync
";

/// The integers that every platform with std has atomics of, and the ends of the atomics' names.
const INTEGERS: &[(&str, &str)] = &[
    ("I8", "i8"),
    ("I16", "i16"),
    ("I32", "i32"),
    ("I64", "i64"),
    ("Isize", "isize"),
    ("U8", "u8"),
    ("U16", "u16"),
    ("U32", "u32"),
    ("U64", "u64"),
    ("Usize", "usize"),
];

/// What is no method and no trait: the type's path, what it is called, and the code; `ROOT` stands for `std` or `gordian`.
const OTHERS: &[(&str, &str, &str)] = &[
    (
        "sync::Arc",
        "coercion to an unsized value",
        "fn probe(it: ROOT::sync::Arc<u8>) -> ROOT::sync::Arc<dyn Debug> { it }",
    ),
    ("sync::Mutex", "unsized data", "fn probe(_: &ROOT::sync::Mutex<[u8]>) {}"),
    ("sync::RwLock", "unsized data", "fn probe(_: &ROOT::sync::RwLock<[u8]>) {}"),
    (
        "sync::mpsc::Receiver",
        "iteration by reference",
        "fn probe() where &'static ROOT::sync::mpsc::Receiver<u8>: IntoIterator {}",
    ),
];

/// Something that a type of std has.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Member {
    /// The path of the type, as in `sync::Mutex`; one of the names in [`MODULES`].
    pub(super) owner: String,
    /// The type as users write it, with arguments where they matter.
    pub(super) shown: String,
    pub(super) label: String,
    code: String,
}

impl Member {
    /// Returns an item that compiles, but for types to infer, only if the type that `root` has has this too.
    pub(super) fn code(&self, root: &str) -> String {
        self.code.replace("ROOT", root)
    }
}

/// Returns everything that is known of std's types.
pub(super) fn members() -> Result<Vec<Member>> {
    let mut all = Vec::new();
    for row in TYPES.lines().filter(|row| !row.is_empty()) {
        let integers = if row.contains("{integer}") { INTEGERS } else { &INTEGERS[..1] };
        for (end, primitive) in integers {
            let row = row.replace("{integer}", end).replace("{primitive}", primitive);
            all.extend(of_row(&row).with_context(|| format!("cannot read the row {row:?}"))?);
        }
    }
    all.extend(OTHERS.iter().map(|&(owner, label, code)| Member {
        owner: owner.into(),
        shown: last(owner).into(),
        label: label.into(),
        code: code.into(),
    }));
    Ok(all)
}

fn of_row(row: &str) -> Option<Vec<Member>> {
    let mut columns = row.split('|').map(str::trim);
    let (kind, constant, methods, traits) = (columns.next()?, columns.next()?, columns.next()?, columns.next()?);
    let owner = kind.split('<').next()?;
    let shown = shown(kind, owner);
    let member =
        |label: &str, code: String| Member { owner: owner.into(), shown: shown.clone(), label: label.into(), code };
    let mut all = Vec::new();
    if !constant.is_empty() {
        let code = format!("const PROBE: ROOT::{kind} = <ROOT::{kind}>::new{constant};");
        all.push(member("`const` in `new`", code));
    }
    for method in methods.split_whitespace() {
        all.push(member(&format!("`{method}`"), format!("fn probe() {{ let _ = <ROOT::{kind}>::{method}; }}")));
    }
    for implemented in traits.split(", ").filter(|text| !text.is_empty()) {
        all.push(member(&format!("`{implemented}`"), format!("fn probe() where ROOT::{kind}: {implemented} {{}}")));
    }
    columns.next().is_none().then_some(all)
}

/// Returns `Mutex` for `sync::Mutex<u8>`: an argument is shown only if it is no stand-in for any other.
fn shown(kind: &str, owner: &str) -> String {
    let arguments = &kind[owner.len()..];
    let any = ["", "<u8>", "<'static, u8>", "<'static, 'static>"].contains(&arguments);
    if any { last(owner).into() } else { format!("{}{arguments}", last(owner)) }
}

fn last(path: &str) -> &str {
    path.rsplit("::").next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;

    use super::*;

    /// Returns the names that `use`s of `module` take, in the text of a Rust file.
    fn used(text: &str, module: &str) -> BTreeSet<String> {
        let words = |list: &str| list.split(',').map(|name| name.trim().to_string()).collect::<Vec<_>>();
        let opening = format!(" use {module}::{{");
        let lists = text.split(opening.as_str()).skip(1);
        let names = lists.flat_map(|rest| words(rest.split('}').next().unwrap_or_default()));
        names.filter(|name| !name.is_empty()).collect()
    }

    #[test]
    fn the_names_are_those_that_the_parity_test_resolves() {
        let path = crate::cargo::root().join("tests/it/parity/reexports.rs");
        let text = fs::read_to_string(path).expect("the parity test is there");
        for &(module, names) in MODULES {
            let names: BTreeSet<String> = names.iter().map(ToString::to_string).collect();
            assert_eq!(names, used(&text, module), "{module}");
        }
    }

    #[test]
    fn a_name_that_no_use_takes_is_not_found() {
        let text = "    pub(super) use sync::{\n        Arc, Mutex,\n    };\n    use sync::atomic::{AtomicU8};\n";
        assert_eq!(used(text, "sync"), ["Arc", "Mutex"].map(String::from).into());
        assert_eq!(used(text, "thread"), BTreeSet::new());
    }

    #[test]
    fn every_member_belongs_to_a_name_of_the_list() {
        let members = members().expect("the rows can be read");
        for member in &members {
            let (module, name) = member.owner.rsplit_once("::").expect("a path");
            let names = MODULES.iter().find(|(path, _)| *path == module).expect("a module of the list").1;
            assert!(names.contains(&name), "{member:?}");
        }
        assert!(members.iter().any(|member| member.shown == "AtomicU64" && member.label == "`fetch_max`"));
    }

    #[test]
    fn a_row_with_a_column_too_many_or_too_few_is_refused() {
        assert!(of_row("sync::Mutex<u8> | (0) | lock | Debug").is_some_and(|members| members.len() == 3));
        assert_eq!(of_row("sync::Mutex<u8> | (0) | lock"), None);
        assert_eq!(of_row("sync::Mutex<u8> | (0) | lock | Debug | Default"), None);
    }
}
