//! The sources of the workspace that the unions are about.
//!
//! Must not know: which places of them a union names.
//! INVARIANT: what a place is found by stands in its file once.

/// Path and text of each file.
pub(crate) const SOURCES: [(&str, &str); 5] = [
    (
        "crates/bank/src/transfer.rs",
        r#"//! Moves money between accounts.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

pub struct Bank {
    pub accounts: Mutex<BTreeMap<AccountId, Cents>>,
    pub ledger: Mutex<Vec<Entry>>,
}

impl Bank {
    pub fn open() -> Arc<Self> {
        Arc::new(Self {
            accounts: Mutex::new(BTreeMap::new()),
            ledger: Mutex::new(Vec::new()),
        })
    }

    pub fn transfer(&self, from: AccountId, to: AccountId, sum: Cents) -> Result<(), Broke> {
        let mut accounts = self.accounts.lock().unwrap(); // debit first
        *accounts.get_mut(&from).ok_or(Broke)? -= sum;
        *accounts.entry(to).or_default() += sum;
        let mut ledger = self.ledger.lock().unwrap(); // entry second
        ledger.push(Entry { from, to, sum });
        Ok(())
    }
}

impl Teller {
    fn serve(&self, bank: &Bank) {
        for Order { from, to, sum } in self.orders.iter() {
            let _ = bank.transfer(from, to, sum);
        }
    }

    pub fn spawn(self, bank: Arc<Bank>) -> JoinHandle<()> {
        Builder::new().name("teller".into()).spawn(move || self.serve(&bank)).unwrap()
    }
}
"#,
    ),
    (
        "crates/audit/src/lib.rs",
        r#"//! Checks that no money is lost.

use bank::transfer::Bank;
use std::sync::{Arc, RwLock};

pub struct Auditor {
    bank: Arc<Bank>,
    journal: RwLock<Journal>,
}

impl Auditor {
    pub fn new(bank: Arc<Bank>) -> Self {
        Self { bank, journal: RwLock::new(Journal::default()) }
    }

    fn balance(&self) -> Cents {
        let ledger = self.bank.ledger.lock().unwrap();
        let moved: Cents = ledger.iter().map(|entry| entry.sum).sum();
        // The ledger must not grow while the accounts are read.
        let accounts = self.bank.accounts.lock().unwrap();
        self.journal.write().unwrap().note(moved, accounts.len());
        accounts.values().sum()
    }

    fn run(&self) {
        while !self.is_closed() {
            assert_eq!(self.balance(), self.expected);
        }
    }
}

pub(crate) fn spawn(auditor: Auditor) -> JoinHandle<()> {
    Builder::new().name("auditor".into()).spawn(move || auditor.run()).unwrap()
}
"#,
    ),
    (
        "crates/web/src/session.rs",
        r#"//! Who is logged in.

pub struct Sessions {
	sessions: Mutex<HashMap<Token, Session>>,
	config: Arc<Mutex<Config>>,
	hits: Hits,
}

pub(crate) fn new() -> Sessions {
	let sessions = Mutex::new(HashMap::new());
	let config = Arc::new(Mutex::new(Config::read()));
	Sessions { sessions, config, hits: Hits(UnsafeCell::new(0)) }
}

impl Sessions {
	pub fn len(&self) -> usize {
		self.sessions.lock().unwrap().len()
	}

	pub fn expire(&self) {
		let mut sessions = self.sessions.lock().unwrap(); // expire
		if self.len() > LIMIT {
			sessions.retain(|_, session| session.is_fresh());
		}
	}

	pub fn login(&self, user: &User) -> Token {
		let mut sessions = self.sessions.lock().unwrap(); // login
		self.connect(user).map(|session| sessions.insert(session))
	}

	fn connect(&self) -> Result<PgConnection, Error> {
		let config = self.config.lock().unwrap(); // connect
		PgConnection::open(&config.url)
	}
}

fn refresh(config: &Mutex<Config>, pool: &Pool) {
	let mut config = config.lock().unwrap(); // refresh
	config.reload(&mut pool.get().unwrap());
}

impl Hits {
	fn touch(&self) -> u64 {
		self.hits.with_mut(|hits| unsafe { *hits += 1 });
		self.hits.with(|hits| unsafe { *hits })
	}
}

fn serve(sessions: &Sessions) {
	sessions.hits.touch();
}
"#,
    ),
    (
        "crates/web/tests/expiry.rs",
        r#"#[test]
fn old_sessions_expire() {
    let sessions = web::session::new();
    sessions.expire();
}
"#,
    ),
    (
        "crates/dinner/src/lib.rs",
        r#"//! Five philosophers.

fn lay() -> [Arc<Mutex<Fork>>; 5] {
    [
        Arc::new(Mutex::new(Fork(0))),
        Arc::new(Mutex::new(Fork(1))),
        Arc::new(Mutex::new(Fork(2))),
        Arc::new(Mutex::new(Fork(3))),
        Arc::new(Mutex::new(Fork(4))),
    ]
}

impl Seat {
    fn eat(&self) {
        let left = self.left.lock().unwrap();
        let right = self.right.lock().unwrap();
        left.eat_with(&right);
    }
}

fn dine(seat: Seat) -> JoinHandle<()> {
    spawn(move || seat.eat())
}
"#,
    ),
];
