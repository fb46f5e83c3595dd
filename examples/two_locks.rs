//! Two threads take two locks in opposite orders, and nothing hangs.
//!
//! Run it with `cargo run --example two_locks`. What to look for: the program is never stuck, because a barrier, which is
//! std's and so unseen by gordian, lets the auditor begin only after the teller is done. It plays luck: without it the two
//! could stop each other for ever. gordian reports that from this one harmless run, with all four places.

use gordian::sync::{Arc, Mutex};
use gordian::{Config, Level, Lint, Named, thread};
use std::{process::ExitCode, sync::Barrier};

struct Bank {
    accounts: Mutex<Vec<u64>>,
    ledger: Mutex<u64>,
}

impl Bank {
    fn pay(&self, account: usize, sum: u64) {
        let mut accounts = self.accounts.lock().unwrap();
        let mut ledger = self.ledger.lock().unwrap();
        accounts[account] += sum;
        *ledger += sum;
    }

    fn audit(&self) -> bool {
        let ledger = self.ledger.lock().unwrap();
        let accounts = self.accounts.lock().unwrap();
        accounts.iter().sum::<u64>() == *ledger
    }
}

fn main() -> ExitCode {
    // By default the auditor's second request would panic; here the program goes on.
    Config::new().level(Lint::LockOrder, Level::Warn).install().expect("the GORDIAN variables are understood");

    let accounts = Mutex::new(vec![0, 0]).named("accounts");
    let ledger = Mutex::new(0).named("ledger");
    let bank = Arc::new(Bank { accounts, ledger });
    let paid = Arc::new(Barrier::new(2));

    let teller = spawn("teller", {
        let (bank, paid) = (Arc::clone(&bank), Arc::clone(&paid));
        move || {
            bank.pay(1, 100);
            paid.wait();
            true
        }
    });
    let auditor = spawn("auditor", move || {
        paid.wait();
        bank.audit()
    });
    let is_balanced = teller.join().unwrap() && auditor.join().unwrap();
    assert!(is_balanced);

    if gordian::reports().iter().any(|report| report.lint == "lock_order") {
        println!("two_locks: nothing hung, and the deadlock that waits in this program was reported above");
        ExitCode::SUCCESS
    } else {
        println!("two_locks: nothing was found; is this a build with checked locks, and is GORDIAN unset?");
        ExitCode::FAILURE
    }
}

fn spawn(name: &str, body: impl FnOnce() -> bool + Send + 'static) -> thread::JoinHandle<bool> {
    thread::Builder::new().name(name.to_owned()).spawn(body).expect("a thread starts")
}
