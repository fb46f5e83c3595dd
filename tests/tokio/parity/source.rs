//! What every set of types must do alike; the module around it names the set `sync`.

use super::sync;
use std::sync::Arc;
use std::time::Duration;
use sync::{
    MappedMutexGuard, Mutex, MutexGuard, Notify, OwnedMappedMutexGuard, OwnedMutexGuard, OwnedRwLockMappedWriteGuard,
    OwnedRwLockReadGuard, OwnedRwLockWriteGuard, OwnedSemaphorePermit, RwLock, RwLockMappedWriteGuard, RwLockReadGuard,
    RwLockWriteGuard, Semaphore, SemaphorePermit, TryLockError, mpsc, oneshot,
};

fn send<T: Send>() {}
fn sync_too<T: Sync>() {}
fn unpin<T: Unpin>() {}
fn is_send_and_sync<T: Send + Sync>(value: T) -> T {
    value
}
fn is_send<T: Send>(value: T) -> T {
    value
}

static MUTEX: Mutex<u8> = Mutex::const_new(1);
static RW_LOCK: RwLock<u8> = RwLock::const_new(1);
static FEW_READERS: RwLock<u8> = RwLock::const_with_max_readers(1, 2);
static SEMAPHORE: Semaphore = Semaphore::const_new(2);
static NOTIFY: Notify = Notify::const_new();

fn run<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_time().build().expect("one thread").block_on(future)
}

#[test]
fn auto_traits() {
    send::<Mutex<u32>>();
    sync_too::<Mutex<u32>>();
    // What is only `Send` can be shared under a mutex.
    sync_too::<Mutex<std::cell::Cell<u32>>>();
    send::<MutexGuard<'_, u32>>();
    sync_too::<MutexGuard<'_, u32>>();
    send::<MappedMutexGuard<'_, u32>>();
    send::<OwnedMutexGuard<u32>>();
    send::<OwnedMappedMutexGuard<u32, u8>>();
    sync_too::<OwnedMappedMutexGuard<u32, u8>>();
    send::<RwLock<u32>>();
    sync_too::<RwLock<u32>>();
    send::<RwLockReadGuard<'_, u32>>();
    sync_too::<RwLockReadGuard<'_, u32>>();
    send::<RwLockWriteGuard<'_, u32>>();
    send::<RwLockMappedWriteGuard<'_, u32>>();
    send::<OwnedRwLockReadGuard<u32, i32>>();
    send::<OwnedRwLockWriteGuard<u32>>();
    sync_too::<OwnedRwLockMappedWriteGuard<u32, i32>>();
    send::<SemaphorePermit<'_>>();
    send::<OwnedSemaphorePermit>();
    unpin::<Mutex<u32>>();
    unpin::<MutexGuard<'_, u32>>();
    unpin::<RwLockReadGuard<'_, u32>>();
    unpin::<mpsc::Receiver<u32>>();
    unpin::<oneshot::Receiver<u32>>();
    send::<mpsc::Sender<u32>>();
    sync_too::<mpsc::Sender<u32>>();
    send::<sync::futures::Notified<'_>>();
    let (mutex, rwlock) = (Arc::new(Mutex::new(0)), Arc::new(RwLock::new(0)));
    drop(is_send_and_sync(mutex.lock()));
    drop(is_send_and_sync(mutex.clone().lock_owned()));
    drop(is_send_and_sync(rwlock.read()));
    drop(is_send_and_sync(rwlock.clone().write_owned()));
    drop(is_send(SEMAPHORE.acquire()));
    drop(is_send_and_sync(NOTIFY.notified()));
}

#[test]
fn mutexes() {
    run(async {
        let mut guard: MutexGuard<'_, u8> = MUTEX.lock().await;
        *guard += 1;
        assert!(std::ptr::eq(MutexGuard::mutex(&guard), &MUTEX));
        let refused: Result<MutexGuard<'_, u8>, TryLockError> = MUTEX.try_lock();
        assert_eq!(refused.map(|_| ()).unwrap_err().to_string(), "operation would block");
        drop(guard);

        let mutex = Arc::new(Mutex::new((1, "a")));
        assert_eq!(format!("{mutex:?}"), "Mutex { data: (1, \"a\") }");
        let guard = mutex.try_lock().expect("it is free");
        assert_eq!(format!("{mutex:?} {guard:?}"), "Mutex { data: <locked> } (1, \"a\")");
        let Err(guard) = MutexGuard::try_map(guard, |_| None::<&mut u8>) else { panic!("it maps to nothing") };
        let first: MappedMutexGuard<'_, i32> = MutexGuard::map(guard, |(first, _)| first);
        let mut first = MappedMutexGuard::map(first, |first| first);
        *first += 1;
        drop(first);
        let owned: OwnedMutexGuard<(i32, &str)> = mutex.clone().lock_owned().await;
        assert!(Arc::ptr_eq(OwnedMutexGuard::mutex(&owned), &mutex));
        let mut first: OwnedMappedMutexGuard<(i32, &str), i32> = OwnedMutexGuard::map(owned, |(first, _)| first);
        *first += 1;
        assert!(mutex.clone().try_lock_owned().is_err());
        drop(first);
        let mut mutex = Arc::into_inner(mutex).expect("nobody else has it");
        mutex.get_mut().0 += 1;
        assert_eq!(mutex.into_inner(), (4, "a"));
        let unsized_one: Arc<Mutex<[u8]>> = Arc::new(Mutex::new([1, 2]));
        assert_eq!(unsized_one.lock().await.len(), 2);
        assert_eq!(Mutex::<u8>::default().into_inner() + Mutex::from(1).into_inner(), 1);
    });
    let mutex = Arc::new(Mutex::new(0));
    *mutex.blocking_lock() += 1;
    *mutex.clone().blocking_lock_owned() += 1;
    assert_eq!(*mutex.blocking_lock(), 2);
    let blocked = run(async { std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(mutex.blocking_lock()))) });
    assert!(blocked.is_err(), "a runtime's thread may not block");
}

#[test]
fn read_write_locks() {
    run(async {
        let (one, two) = (RW_LOCK.read().await, RW_LOCK.try_read().expect("reads are shared"));
        assert!(RW_LOCK.try_write().is_err() && *one + *two == 2);
        drop((one, two));
        let (one, two) = (FEW_READERS.read().await, FEW_READERS.read().await);
        assert!(FEW_READERS.try_read().is_err(), "there are enough");
        drop((one, two));

        let lock = Arc::new(RwLock::with_max_readers((1, "a"), 10));
        assert_eq!(format!("{lock:?}"), "RwLock { data: (1, \"a\") }");
        let mut write: RwLockWriteGuard<'_, (i32, &str)> = lock.write().await;
        write.0 += 1;
        assert!(lock.try_read().is_err());
        let read: RwLockReadGuard<'_, (i32, &str)> = write.downgrade();
        assert!(lock.try_read().is_ok() && lock.try_write().is_err());
        let first: RwLockReadGuard<'_, i32> = RwLockReadGuard::map(read, |(first, _)| first);
        assert_eq!(*first, 2);
        drop(first);
        let mut first: RwLockMappedWriteGuard<'_, i32> = RwLockWriteGuard::map(lock.write().await, |(first, _)| first);
        *first += 1;
        drop(first);
        let first = RwLockWriteGuard::downgrade_map(lock.write().await, |(first, _)| first);
        assert!(*first == 3 && lock.try_read().is_ok());
        drop(first);
        let mapped = RwLockWriteGuard::into_mapped(lock.write().await);
        let Err(mapped) = RwLockMappedWriteGuard::try_map(mapped, |_| None::<&mut u8>) else { panic!("to nothing") };
        drop(mapped);

        let read: OwnedRwLockReadGuard<(i32, &str)> = lock.clone().read_owned().await;
        assert!(Arc::ptr_eq(OwnedRwLockReadGuard::rwlock(&read), &lock) && lock.clone().try_write_owned().is_err());
        drop(read);
        let mut write: OwnedRwLockWriteGuard<(i32, &str)> = lock.clone().write_owned().await;
        write.0 += 1;
        assert!(lock.clone().try_read_owned().is_err());
        let mapped: OwnedRwLockMappedWriteGuard<(i32, &str), i32> = OwnedRwLockWriteGuard::map(write, |(first, _)| first);
        assert!(Arc::ptr_eq(OwnedRwLockMappedWriteGuard::rwlock(&mapped), &lock));
        drop(mapped);
        let read: OwnedRwLockReadGuard<(i32, &str), i32> =
            OwnedRwLockWriteGuard::downgrade_map(lock.clone().write_owned().await, |(first, _)| first);
        assert_eq!(*read, 4);
        drop(read);
        drop(lock.clone().try_write_owned().expect("it is free").downgrade());
        let mut lock = Arc::into_inner(lock).expect("nobody else has it");
        lock.get_mut().0 += 1;
        assert_eq!(lock.into_inner(), (5, "a"));
        assert_eq!(RwLock::<u8>::default().into_inner() + RwLock::from(1).into_inner(), 1);
    });
    let lock = RwLock::new(0);
    *lock.blocking_write() += 1;
    assert_eq!(*lock.blocking_read(), 1);
}

#[test]
fn semaphores() {
    run(async {
        let semaphore = Arc::new(Semaphore::new(4));
        let mut two = semaphore.acquire_many(2).await.expect("it is open");
        assert!(two.num_permits() == 2 && semaphore.available_permits() == 2);
        let one = two.split(1).expect("it has two");
        assert!(two.split(2).is_none() && one.num_permits() == 1);
        two.merge(one);
        drop(two);
        semaphore.acquire().await.expect("it is open").forget();
        assert_eq!((semaphore.available_permits(), semaphore.forget_permits(1)), (3, 1));
        semaphore.add_permits(1);
        let owned = semaphore.clone().acquire_owned().await.expect("it is open");
        assert!(Arc::ptr_eq(owned.semaphore(), &semaphore));
        let mut many = semaphore.clone().try_acquire_many_owned(2).expect("there are enough");
        many.merge(owned);
        assert_eq!((many.num_permits(), semaphore.try_acquire().is_err()), (3, true));
        drop(many.split(1));
        many.forget();
        drop(semaphore.try_acquire_many(1).expect("there is one"));
        drop(semaphore.clone().try_acquire_owned().expect("there is one"));
        drop(semaphore.clone().acquire_many_owned(1).await.expect("there is one"));
        semaphore.close();
        assert!(semaphore.is_closed() && semaphore.acquire().await.is_err());
        const { assert!(Semaphore::MAX_PERMITS > 1_000) };
        assert!(SEMAPHORE.acquire().await.is_ok());
    });
}

#[test]
fn notifications() {
    run(async {
        let notify = Arc::new(Notify::new());
        notify.notify_one();
        notify.notified().await;
        let mut all = std::pin::pin!(notify.notified());
        assert!(!all.as_mut().enable());
        notify.notify_waiters();
        all.await;
        let owned = notify.clone().notified_owned();
        notify.notify_one();
        owned.await;
        notify.notify_last();
        notify.notified().await;
        drop(Notify::default().notified());
    });
}

#[test]
fn channels() {
    run(async {
        let (sender, mut receiver) = mpsc::channel(2);
        sender.send(1).await.expect("there is room");
        sender.try_send(2).expect("there is room");
        assert!(matches!(sender.try_send(3), Err(mpsc::error::TrySendError::Full(3))));
        assert!(matches!(
            sender.send_timeout(3, Duration::ZERO).await,
            Err(mpsc::error::SendTimeoutError::Timeout(3))
        ));
        assert_eq!((sender.capacity(), sender.max_capacity(), receiver.len(), receiver.is_empty()), (0, 2, 2, false));
        assert_eq!((receiver.recv().await, receiver.try_recv()), (Some(1), Ok(2)));
        let permit: mpsc::Permit<'_, i32> = sender.reserve().await.expect("there is room");
        permit.send(3);
        let owned: mpsc::OwnedPermit<i32> = sender.clone().try_reserve_owned().expect("there is room");
        assert!(owned.same_channel_as_sender(&sender));
        let again = owned.send(4);
        assert!(again.same_channel(&sender) && sender.try_reserve().is_err());
        drop(again.downgrade().upgrade());
        let mut many = Vec::new();
        assert_eq!((receiver.recv_many(&mut many, 10).await, &many[..]), (2, &[3, 4][..]));
        for permit in sender.reserve_many(2).await.expect("there is room") {
            permit.send(5);
        }
        let next = std::future::poll_fn(|cx| receiver.poll_recv(cx)).await;
        assert_eq!((next, sender.strong_count(), receiver.sender_strong_count()), (Some(5), 2, 2));
        drop(sender.clone().reserve_owned().await.expect("there is room").release());
        receiver.close();
        assert!(sender.is_closed() && receiver.is_closed());
        assert!(matches!(sender.send(6).await, Err(mpsc::error::SendError(6))));
        drop((receiver.recv().await, receiver));
        sender.closed().await;

        let (sender, mut receiver) = mpsc::unbounded_channel();
        sender.send(1).expect("it is open");
        let weak: mpsc::WeakUnboundedSender<i32> = sender.downgrade();
        assert_eq!((weak.strong_count(), receiver.recv().await), (1, Some(1)));
        drop(sender);
        assert_eq!((weak.upgrade().is_none(), receiver.recv().await), (true, None));

        let (sender, receiver) = oneshot::channel();
        sender.send(1).expect("it is awaited");
        assert_eq!(receiver.await, Ok(1));
        let (mut sender, mut receiver) = oneshot::channel::<u8>();
        assert_eq!(receiver.try_recv(), Err(oneshot::error::TryRecvError::Empty));
        receiver.close();
        sender.closed().await;
        assert!(sender.is_closed() && !receiver.is_terminated());
    });
    let (sender, mut receiver) = mpsc::channel(1);
    sender.blocking_send(1).expect("there is room");
    assert_eq!(receiver.blocking_recv(), Some(1));
    let (sender, receiver) = oneshot::channel();
    sender.send(1).expect("it is awaited");
    assert_eq!(receiver.blocking_recv(), Ok(1));
}

#[test]
fn the_rest_is_there() {
    run(async {
        let (sender, mut receiver) = sync::watch::channel(0);
        sender.send(1).expect("it is watched");
        receiver.changed().await.expect("it has changed");
        let (sender, mut receiver) = sync::broadcast::channel(1);
        sender.send(1).expect("it is heard");
        assert_eq!(receiver.recv().await, Ok(1));
        assert_eq!(*sync::OnceCell::const_new().get_or_init(|| async { 1 }).await, 1);
        assert!(sync::Barrier::new(1).wait().await.is_leader());
    });
}

#[test]
fn who_blocks_leaves_what_the_thread_was_unparked_for() {
    let (sender, receiver) = oneshot::channel();
    let blocks = std::thread::spawn(move || {
        std::thread::current().unpark();
        assert_eq!(receiver.blocking_recv(), Ok(1));
        // It returns at once, since the thread was unparked before.
        std::thread::park();
    });
    // That the other one blocks by then is likely, and cannot be known.
    (0..1_000).for_each(|_| std::thread::yield_now());
    sender.send(1).expect("it waits");
    blocks.join().expect("it ends");
}

#[test]
fn who_was_let_in_and_goes_away_lets_the_next_one_in() {
    use std::task::{Context, Waker};
    let mut context = Context::from_waker(Waker::noop());

    let mutex = Mutex::new(());
    let held = mutex.try_lock().expect("it is free");
    let (mut first, mut second) = (Box::pin(mutex.lock()), Box::pin(mutex.lock()));
    assert!(first.as_mut().poll(&mut context).is_pending() && second.as_mut().poll(&mut context).is_pending());
    drop(held);
    assert!(mutex.try_lock().is_err(), "the first one has it");
    drop(first);
    assert!(second.as_mut().poll(&mut context).is_ready());

    let semaphore = Semaphore::new(2);
    let held = semaphore.try_acquire_many(2).expect("it is free");
    let mut both = Box::pin(semaphore.acquire_many(2));
    assert!(both.as_mut().poll(&mut context).is_pending());
    drop(held);
    assert!(semaphore.try_acquire().is_err(), "they are given away");
    drop(both);
    assert_eq!(semaphore.available_permits(), 2);

    let notify = Arc::new(Notify::new());
    let (mut first, mut second) = (Box::pin(notify.notified()), Box::pin(notify.clone().notified_owned()));
    assert!(first.as_mut().poll(&mut context).is_pending() && second.as_mut().poll(&mut context).is_pending());
    notify.notify_one();
    drop(first);
    assert!(second.as_mut().poll(&mut context).is_ready());
}
