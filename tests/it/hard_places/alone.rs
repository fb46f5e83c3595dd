//! Runs a body in a process of its own, where a hang, an abort and an exit are things that a test can see.
//!
//! Must not know: what the body does.
//! Source: libtest's `--exact`; the type name of the body says which test it stands in.
//! INVARIANT: a body that did not run to its end never counts as passed.

use std::env;
use std::io::Read;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

/// Runs the calling test again in a new process with these variables, and there only `body`.
///
/// A test may call it many times, with one body.
///
/// # Panics
/// If the process has not ended after [`PATIENCE`]; it is ended then.
pub(crate) fn alone<F: FnOnce()>(variables: &[(&str, &str)], body: F) -> Outcome {
    let test = test_of::<F>();
    if env::var(ALONE).is_ok_and(|alone| alone == test) {
        body();
        println!("{TO_THE_END}");
        std::process::exit(0);
    }
    let mut command = Command::new(env::current_exe().expect("this program has a path"));
    for (variable, _) in env::vars_os() {
        if variable.to_string_lossy().starts_with("GORDIAN") {
            command.env_remove(variable);
        }
    }
    command.args([test, "--exact", "--nocapture", "--test-threads=1"]);
    command.env_remove("NO_COLOR").env(ALONE, test).envs(variables.iter().copied());
    watch(command)
}

/// Says something to the test that started this process.
pub(crate) fn say(key: &str, value: impl std::fmt::Display) {
    // libtest has begun the line with the test's name.
    println!("\n{key}={value}");
}

/// How a process ended, and what it wrote.
pub(crate) struct Outcome {
    status: ExitStatus,
    stdout: String,
    pub(crate) stderr: String,
}

impl Outcome {
    /// Asserts that the body ran to its end.
    #[track_caller]
    pub(crate) fn passes(self) -> Self {
        let passed = self.status.success() && self.stdout.contains(TO_THE_END);
        assert!(passed, "it did not pass: {self}");
        self
    }

    /// Asserts that the body panicked, and that nothing worse happened.
    #[track_caller]
    pub(crate) fn panics(self) -> Self {
        // libtest ends with 101 if a test failed; an abort ends with a signal.
        assert!(self.status.code() == Some(101) && !self.stdout.contains(TO_THE_END), "it did not panic: {self}");
        self
    }

    /// Asserts that the body ended its process with this code.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert!(self.status.code() == Some(code) && !self.stdout.contains(TO_THE_END), "it did not exit: {self}");
        self
    }

    /// Asserts that a signal ended the process.
    #[track_caller]
    pub(crate) fn dies(self) -> Self {
        assert!(self.status.code().is_none() && !self.stdout.contains(TO_THE_END), "it was not killed: {self}");
        self
    }

    /// Returns what the body said with [`say`].
    #[track_caller]
    pub(crate) fn said(&self, key: &str) -> &str {
        let mut values = self.stdout.lines().filter_map(|line| line.strip_prefix(key)?.strip_prefix('='));
        values.next().unwrap_or_else(|| panic!("it did not say {key:?}: {self}"))
    }
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { status, stdout, stderr } = self;
        write!(f, "{status}\n--- stdout\n{stdout}\n--- stderr\n{stderr}\n---")
    }
}

/// Much longer than any body takes.
const PATIENCE: Duration = Duration::from_secs(60);
/// Names the test that is alone.
const ALONE: &str = "HARD_PLACES_ALONE";
const TO_THE_END: &str = "the body ran to its end";

/// Returns the path of the function that `F` is a closure of, without the crate.
fn test_of<F>() -> &'static str {
    let path = std::any::type_name::<F>().trim_end_matches("::{{closure}}");
    path.split_once("::").expect("a closure has a path").1
}

fn watch(mut command: Command) -> Outcome {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("this program can be started again");
    let (tell, ended) = mpsc::channel();
    let stdout = gather(child.stdout.take().expect("piped"), tell.clone());
    let stderr = gather(child.stderr.take().expect("piped"), tell);
    let start = Instant::now();
    let left = || PATIENCE.saturating_sub(start.elapsed());
    let in_time = (0..2).all(|_| ended.recv_timeout(left()).is_ok());
    if !in_time {
        child.kill().expect("a process that hangs can be ended");
    }
    let status = child.wait().expect("a child can be waited for");
    let [stdout, stderr] = [stdout, stderr].map(|text| text.join().expect("reading does not panic"));
    let outcome = Outcome { status, stdout, stderr };
    assert!(in_time, "it hung: {outcome}");
    outcome
}

/// Reads all that a process writes, so that it never waits for its reader.
fn gather(mut pipe: impl Read + Send + 'static, tell: mpsc::Sender<()>) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        pipe.read_to_end(&mut bytes).expect("a pipe can be read");
        tell.send(()).expect("the test waits");
        String::from_utf8_lossy(&bytes).into_owned()
    })
}
