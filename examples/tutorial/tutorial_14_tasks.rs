//! Lesson 14: a lock that is awaited belongs to a task, and two tasks can take two of them in opposite orders.
//!
//! Run with `cargo run --example tutorial_14_tasks --features tokio`.

use gordian::Named;
use gordian::checked::tokio::sync::Mutex;
use std::sync::Arc;
use tokio::task::yield_now;

/// What two tasks share.
struct Bank {
    accounts: Mutex<Vec<u64>>,
    journal: Mutex<Vec<String>>,
}

impl Bank {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            accounts: Mutex::new(vec![100, 50]).named("accounts"),
            journal: Mutex::new(Vec::new()).named("journal"),
        })
    }

    /// Moves money, and writes it down: first the accounts, then the journal.
    async fn transfer(&self) {
        let mut accounts = self.accounts.lock().await;
        let mut journal = self.journal.lock().await;
        accounts[0] -= 10;
        accounts[1] += 10;
        journal.push("10 from 0 to 1".to_owned());
    }

    /// Compares both, in the opposite order: first the journal, then the accounts.
    async fn audit(&self) -> bool {
        let journal = self.journal.lock().await;
        let accounts = self.accounts.lock().await;
        accounts[1] == 50 + 10 * journal.len() as u64
    }

    /// Compares both, in the one order that everybody keeps.
    async fn audit_in_order(&self) -> bool {
        let accounts = self.accounts.lock().await;
        let journal = self.journal.lock().await;
        accounts[1] == 50 + 10 * journal.len() as u64
    }
}

fn main() {
    println!(
        "1. Two tasks, one thread: `transfer` takes accounts, then journal; `audit` takes journal, then accounts."
    );
    println!("   Neither ever waits here: each is through before the other one begins.");
    let reports = the_bug();
    println!("   gordian's report:\n");
    for report in &reports {
        println!("{report}");
    }
    println!("2. The fix: `audit_in_order` takes accounts first, as `transfer` does.");
    let fixed = the_fix();
    println!("   gordian's reports: {}", fixed.len());

    assert!(reports.iter().any(|report| report.lint == "lock_order"), "{reports:?}");
    assert!(fixed.is_empty(), "{fixed:?}");
    println!("shown: lock_order between the tasks' mutexes \"accounts\" and \"journal\"");
}

/// Opposite orders.
fn the_bug() -> Vec<gordian::Report> {
    gordian::collect(|| {
        run(|bank| async move {
            assert!(bank.audit().await);
        });
    })
}

/// One order.
fn the_fix() -> Vec<gordian::Report> {
    gordian::collect(|| {
        run(|bank| async move {
            assert!(bank.audit_in_order().await);
        });
    })
}

/// Runs a task that transfers and one that audits, both alive at one time.
fn run<A>(audit: impl FnOnce(Arc<Bank>) -> A)
where
    A: Future<Output = ()> + Send + 'static,
{
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a thread is enough");
    runtime.block_on(async {
        let bank = Bank::new();
        let audit = audit(bank.clone());
        let (transfers, audits) = (bank.clone(), bank.clone());
        let transfers = tokio::spawn(async move {
            println!("   a task begins with {} accounts", transfers.accounts.lock().await.len());
            yield_now().await;
            transfers.transfer().await;
        });
        let audits = tokio::spawn(async move {
            println!("   a task begins with {} entries", audits.journal.lock().await.len());
            yield_now().await;
            audit.await;
        });
        transfers.await.expect("the transfers end");
        audits.await.expect("the audits end");
    });
}
