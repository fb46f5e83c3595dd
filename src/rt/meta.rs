//! What a checked lock carries: 32 bytes.
//!
//! Must not know: classes, orders, what the bits of a question mean.
//! INVARIANT: if a thread sees a lock's id, it also sees the question that its first owner asked (`known`). The first
//! owner writes both while nobody else can own the lock exclusively, so neither needs a read-modify-write.

use super::prim::{self, AtomicU32, AtomicU64, Ordering};
use super::site::Site;

/// The part of a lock that the detector reads and writes.
pub(crate) struct Meta {
    /// 0 until the lock is first acquired.
    id: AtomicU64,
    /// The last question asked about this lock whose answer is known; 0 for none.
    known: AtomicU64,
    created: Site,
    /// 0 for none.
    name: u32,
    bits: AtomicU32,
}

/// How a lock came by its number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Birth {
    /// It has this number now, by the caller.
    Now(u64),
    /// Another thread numbered it before.
    Before(u64),
}

const POISONED: u32 = 1;
const RECORDED: u32 = 2;
const WOKEN_FREELY: u32 = 4;

impl Meta {
    prim::const_fn! {
        /// Returns the record of a lock that was created at `created`.
        pub(crate) fn new(created: Site) -> Self {
            Self { id: AtomicU64::new(0), known: AtomicU64::new(0), created, name: 0, bits: AtomicU32::new(0) }
        }
    }

    /// Returns the lock's number, or 0 if it was never acquired.
    #[inline(always)]
    pub(crate) fn id(&self) -> u64 {
        // ORDERING: Acquire; pairs with the Release in `born_exclusive` and `born_shared`. Makes `known` visible.
        self.id.load(Ordering::Acquire)
    }

    /// Returns the last question whose answer is known.
    #[inline(always)]
    pub(crate) fn known(&self) -> u64 {
        // ORDERING: Relaxed; a hash, compared and never followed. `id` orders it where that matters.
        self.known.load(Ordering::Relaxed)
    }

    /// Remembers a question whose answer is known. The lock has a number.
    #[inline(always)]
    pub(crate) fn set_known(&self, question: u64) {
        // ORDERING: Relaxed; as in `known`.
        self.known.store(question, Ordering::Relaxed);
    }

    /// Numbers the lock. The caller owns it exclusively and has seen that it has no number.
    ///
    /// `question`, unless 0, is what the caller asked before it got the lock.
    #[inline]
    pub(crate) fn born_exclusive(&self, id: u64, question: u64) {
        // ORDERING: Relaxed; published by the store below.
        self.known.store(question, Ordering::Relaxed);
        // ORDERING: Release; pairs with the Acquire in `id`. Publishes `known`.
        self.id.store(id, Ordering::Release);
    }

    /// Numbers the lock, unless another owner has done so. The caller owns it, perhaps with others.
    pub(crate) fn born_shared(&self, id: u64) -> Birth {
        // ORDERING: AcqRel and Acquire; the owners may race, and the loser must see what the winner published.
        match self.id.compare_exchange(0, id, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => Birth::Now(id),
            Err(winner) => Birth::Before(winner),
        }
    }

    pub(crate) fn created(&self) -> Site {
        self.created
    }

    pub(crate) fn name(&self) -> u32 {
        self.name
    }

    pub(crate) fn set_name(&mut self, name: u32) {
        self.name = name;
    }

    #[inline(always)]
    pub(crate) fn is_poisoned(&self) -> bool {
        self.bit(POISONED)
    }

    pub(crate) fn poison(&self) {
        // ORDERING: Relaxed; the lock itself orders it between owners, as in std.
        self.bits.fetch_or(POISONED, Ordering::Relaxed);
    }

    pub(crate) fn clear_poison(&self) {
        // ORDERING: Relaxed; as in `poison`.
        self.bits.fetch_and(!POISONED, Ordering::Relaxed);
    }

    /// True if the lock must be forgotten elsewhere when it dies.
    #[inline(always)]
    pub(crate) fn is_recorded(&self) -> bool {
        self.bit(RECORDED)
    }

    pub(crate) fn set_recorded(&self) {
        // ORDERING: Relaxed; read by the owner of the whole lock, who got it by means that order it.
        self.bits.fetch_or(RECORDED, Ordering::Relaxed);
    }

    /// True if a thread that held nothing was seen to wake those who wait.
    #[inline(always)]
    pub(crate) fn is_woken_freely(&self) -> bool {
        self.bit(WOKEN_FREELY)
    }

    pub(crate) fn set_woken_freely(&self) {
        // ORDERING: Relaxed; a hint, which nothing else depends on.
        self.bits.fetch_or(WOKEN_FREELY, Ordering::Relaxed);
    }

    #[inline(always)]
    fn bit(&self, bit: u32) -> bool {
        // ORDERING: Relaxed; as in `poison` and `set_recorded`.
        self.bits.load(Ordering::Relaxed) & bit != 0
    }
}

#[cfg(all(test, loom, feature = "loom"))]
mod model {
    use super::*;
    use loom::sync::{Arc, Mutex};

    /// Claim: no evidence is lost. Whoever sees the number also sees the first owner's question; whoever does not,
    /// finds the number when it owns the lock. Two threads, default bound.
    #[test]
    fn the_first_question_is_seen_with_the_number() {
        loom::model(|| {
            let lock = Arc::new((Mutex::new(()), Meta::new(Site::caller())));
            let acquire = |lock: &(Mutex<()>, Meta), me: u64| {
                let (mutex, meta) = lock;
                let unnumbered = match meta.id() {
                    0 => true,
                    id => {
                        assert_eq!(meta.known(), id * 10, "number without its question");
                        false
                    }
                };
                let _owned = mutex.lock().unwrap();
                if meta.id() == 0 {
                    assert!(unnumbered);
                    meta.born_exclusive(me, me * 10);
                }
                assert_ne!(meta.known(), 0);
            };
            let other = {
                let lock = lock.clone();
                loom::thread::spawn(move || acquire(&lock, 2))
            };
            acquire(&lock, 1);
            other.join().unwrap();
        });
    }

    /// Claim: of two owners that share a lock, exactly one numbers it. Two threads, default bound.
    #[test]
    fn shared_owners_agree_on_one_number() {
        loom::model(|| {
            let meta = Arc::new(Meta::new(Site::caller()));
            let other = {
                let meta = meta.clone();
                loom::thread::spawn(move || meta.born_shared(2))
            };
            let (mine, theirs) = (meta.born_shared(1), other.join().unwrap());
            let agreed =
                matches!((mine, theirs), (Birth::Now(1), Birth::Before(1)) | (Birth::Before(2), Birth::Now(2)));
            assert!(agreed, "{mine:?} {theirs:?}");
        });
    }
}
