//! Starts a test again as another process, which does what its test says, and talks with it through pipes.
//!
//! Must not know: locks.
//! Source: libtest's `--exact`; the type name of the body says which test it stands in.
//! INVARIANT: nobody waits for a peer that is gone, nor a peer for a test that is.

use std::env;
use std::io::{self, BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

/// Another process.
pub(crate) struct Peer {
    child: Child,
    input: ChildStdin,
    words: Receiver<String>,
}

/// Runs the calling test again in a new process, and there only `body`, with these variables.
///
/// A test must come here before it does anything else.
pub(crate) fn peer<F: FnOnce()>(variables: &[(&str, &str)], body: F) -> Peer {
    let test = test_of::<F>();
    if env::var(PEER).is_ok_and(|peer| peer == test) {
        body();
        say("ended");
        std::process::exit(0);
    }
    let mut command = Command::new(env::current_exe().expect("this program has a path"));
    for (variable, _) in env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("GORDIAN")) {
        command.env_remove(variable);
    }
    command.args([test, "--exact", "--nocapture", "--test-threads=1"]);
    command.env(PEER, test).envs(variables.iter().copied()).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().expect("this program can be started again");
    let (tell, words) = channel();
    let output = BufReader::new(child.stdout.take().expect("piped"));
    thread::spawn(move || {
        let words = output.lines().map_while(Result::ok).filter_map(|line| Some(line.strip_prefix(WORD)?.to_owned()));
        words.for_each(|word| drop(tell.send(word)));
    });
    Peer { input: child.stdin.take().expect("piped"), child, words }
}

/// Says a word to the test that started this process.
pub(crate) fn say(word: &str) {
    // libtest has begun the line with the test's name.
    println!("\n{WORD}{word}");
    io::stdout().flush().expect("the test reads");
}

/// Waits for the test that started this process to go on, or to be gone.
pub(crate) fn wait() {
    let read = io::stdin().lock().read_line(&mut String::new());
    assert!(read.is_ok(), "{read:?}");
}

/// A forked child.
#[cfg(unix)]
pub(crate) struct Forked(i32);

/// Forks this process. `None` in the child.
#[cfg(unix)]
pub(crate) fn fork() -> Option<Forked> {
    unsafe extern "C" {
        fn fork() -> i32;
    }
    // SAFETY: the child's only thread is this one, and no other thread takes a lock that the child wants.
    let pid = unsafe { fork() };
    assert!(pid >= 0, "this process cannot be forked");
    (pid != 0).then_some(Forked(pid))
}

/// Ends a forked child.
#[cfg(unix)]
pub(crate) fn exit(has_succeeded: bool) -> ! {
    std::process::exit(i32::from(!has_succeeded));
}

#[cfg(unix)]
impl Forked {
    /// Waits for its end, and says whether it was a success.
    pub(crate) fn succeeds(self) -> bool {
        unsafe extern "C" {
            fn waitpid(pid: i32, status: *mut i32, options: i32) -> i32;
        }
        let mut status = -1;
        // SAFETY: it is this process's child, and `status` is a place for its status.
        let waited = unsafe { waitpid(self.0, &mut status, 0) };
        (waited, status) == (self.0, 0)
    }
}

impl Peer {
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits for the peer's next word, which must be this one.
    #[track_caller]
    pub(crate) fn says(&self, word: &str) {
        let said = self.words.recv_timeout(PATIENCE);
        assert_eq!(said.as_deref(), Ok(word), "what the peer has said");
    }

    /// Lets a peer go on that waits.
    pub(crate) fn go_on(&mut self) {
        self.input.write_all(b"\n").expect("the peer waits");
    }

    /// Ends the peer, whatever it does, and waits until it is gone.
    pub(crate) fn kill(&mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("a child can be waited for");
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Much longer than any body takes.
const PATIENCE: Duration = Duration::from_secs(60);
const PEER: &str = "PROCESSES_PEER";
const WORD: &str = "peer says ";

/// Returns the path of the function that `F` is a closure of, without the crate.
fn test_of<F>() -> &'static str {
    let path = std::any::type_name::<F>().trim_end_matches("::{{closure}}");
    path.split_once("::").expect("a closure has a path").1
}
