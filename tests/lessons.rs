//! Runs every lesson of `examples/tutorial`, and holds how it ends and what it finds against its section of the README there.
//!
//! Must not know: what a lesson is about.
//! INVARIANT: a lesson is not run only if a feature that it requires is off, and that is said. One that was not built, or is older
//! than its sources, fails.
#![cfg(all(feature = "engine", any(debug_assertions, feature = "check"), not(all(loom, feature = "loom"))))]

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// The features that lessons require, and whether they are on.
const FEATURES: &[(&str, bool)] = &[("engine", cfg!(feature = "engine")), ("tokio", cfg!(feature = "tokio"))];

/// Much longer than any lesson takes; lesson 13 has cargo build `cargo gordian`, if that is not there yet.
const PATIENCE: Duration = Duration::from_secs(900);

#[test]
fn every_lesson_ends_and_finds_as_the_readme_says() {
    let lessons = lessons();
    assert!(!lessons.is_empty());
    let (readme, manifest) = (read("examples/tutorial/README.md"), read("Cargo.toml"));
    let check = |lesson: &str| {
        let section = section(&readme, lesson)?;
        for feature in required(&manifest, lesson)? {
            if !is_on(feature)? {
                // Not by `eprintln!`, which is kept from sight as long as a test passes.
                let said = writeln!(std::io::stderr(), "not run: {lesson}, the feature {feature} is off");
                return said.map_err(|error| error.to_string());
            }
        }
        compare(section, &run(&built(lesson)?)?)
    };
    let failed: Vec<String> = thread::scope(|scope| {
        let runs: Vec<_> = lessons.iter().map(|lesson| (lesson, scope.spawn(|| check(lesson)))).collect();
        let ends = runs.into_iter().map(|(lesson, run)| (lesson, run.join().expect("a check does not panic")));
        ends.filter_map(|(lesson, end)| Some(format!("{lesson}: {}", end.err()?))).collect()
    });
    assert!(failed.is_empty(), "{}", failed.join("\n\n"));
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Returns the names of all lessons that there is a file of, in their order.
fn lessons() -> Vec<String> {
    let entries = fs::read_dir(root().join("examples/tutorial")).expect("there are lessons");
    let paths = entries.map(|entry| entry.expect("the folder can be read").path());
    let sources = paths.filter(|path| path.extension().is_some_and(|extension| extension == "rs"));
    let mut names: Vec<String> =
        sources.map(|path| path.file_stem().expect("it has a name").to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// Returns what the README says of a lesson, from its heading on.
fn section<'a>(readme: &'a str, lesson: &str) -> Result<&'a str, String> {
    let link = format!("({lesson}.rs)");
    readme
        .split("\n## ")
        .find(|section| section.contains(&link))
        .ok_or_else(|| "the README has no section of it".into())
}

/// Returns the features without which cargo does not build a lesson.
fn required<'a>(manifest: &'a str, lesson: &str) -> Result<Vec<&'a str>, String> {
    let name = format!("name = \"{lesson}\"");
    let mut examples = manifest.split("[[example]]").skip(1);
    let example = examples.find(|example| example.contains(&name)).ok_or("Cargo.toml has no [[example]] of it")?;
    let mut lines = example.lines().take_while(|line| !line.starts_with('['));
    let features = lines.find(|line| line.starts_with("required-features")).unwrap_or_default();
    Ok(features.split('"').skip(1).step_by(2).collect())
}

fn is_on(feature: &str) -> Result<bool, String> {
    let known = FEATURES.iter().find(|(name, _)| *name == feature);
    known.map(|(_, is_on)| *is_on).ok_or_else(|| format!("FEATURES does not say whether {feature} is on"))
}

/// Returns the path of a lesson's program, which lies beside this one if cargo built it.
fn built(lesson: &str) -> Result<PathBuf, String> {
    let this = std::env::current_exe().map_err(|error| error.to_string())?;
    let folder = this.parent().and_then(Path::parent).ok_or("this program lies in no target folder")?.join("examples");
    let program = folder.join(lesson).with_extension(std::env::consts::EXE_EXTENSION);
    // `cargo test --test lessons` builds no examples, and would run old ones.
    let hint = "`cargo test` builds it, as `cargo build --examples` does";
    let sources = fs::read_to_string(folder.join(lesson).with_extension("d"));
    let sources = sources.map_err(|_| format!("{} was not built; {hint}", program.display()))?;
    let since = |path: &Path| fs::metadata(path).and_then(|file| file.modified()).ok();
    let is_old = |source: &str| since(Path::new(source)) > since(&program);
    let (_, sources) = sources.split_once(": ").ok_or("cargo's list of its sources cannot be read")?;
    // Cargo puts a backslash before each space in a path.
    let sources = sources.trim().replace("\\ ", "\0");
    match sources.split(' ').map(|source| source.replace('\0', " ")).find(|source| is_old(source)) {
        Some(source) => Err(format!("{} is older than {source}; {hint}", program.display())),
        None => Ok(program),
    }
}

/// Returns what a program prints, which must end with exit code 0.
fn run(program: &Path) -> Result<String, String> {
    let told = |error: std::io::Error| error.to_string();
    let (mut reader, writer) = std::io::pipe().map_err(told)?;
    let mut command = Command::new(program);
    for (variable, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("GORDIAN")) {
        command.env_remove(variable);
    }
    command.current_dir(root()).env("RUST_BACKTRACE", "0").stdin(Stdio::null());
    let mut child = command.stdout(writer.try_clone().map_err(told)?).stderr(writer).spawn().map_err(told)?;
    // It has the pipe's other end, and as long as it does the pipe does not end.
    drop(command);
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let read = reader.read_to_end(&mut bytes).map(|_| String::from_utf8_lossy(&bytes).into_owned());
        sender.send(read)
    });
    let output = receiver.recv_timeout(PATIENCE);
    if output.is_err() {
        child.kill().map_err(told)?;
    }
    let status = child.wait().map_err(told)?;
    let output = output.map_err(|_| "it hung")?.map_err(told)?;
    if status.success() { Ok(output) } else { Err(format!("{status}\n{output}")) }
}

/// Holds what a lesson printed against its section.
fn compare(section: &str, output: &str) -> Result<(), String> {
    let shows = |line: &&str| line.starts_with("shown: ");
    let promised: Vec<&str> = section.lines().filter(shows).collect();
    let shown: Vec<&str> = output.lines().filter(shows).collect();
    if promised.len() != 1 || promised != shown || output.lines().last() != shown.first().copied() {
        return Err(format!("the README says {promised:?}, and it ends with {shown:?}\n{output}"));
    }
    let (promised, found) = (codes(section), codes(output));
    if promised == found {
        return Ok(());
    }
    Err(format!("the README names {promised:?}, and it finds {found:?}\n{output}"))
}

/// Returns the codes of lints that a text names.
fn codes(text: &str) -> BTreeSet<&str> {
    let words = text.split(|letter: char| !letter.is_ascii_alphanumeric());
    let is_code = |digits: &str| digits.len() == 3 && digits.bytes().all(|digit| digit.is_ascii_digit());
    words.filter(|word| word.strip_prefix('G').is_some_and(is_code)).collect()
}

#[test]
fn only_the_same_end_and_the_same_codes_are_as_the_readme_says() {
    let section = "01 counter\n\nFinds `lost_update` (G031).\n\n```text\nshown: an update\n```\n";
    let ends =
        |output: &str| compare(section, output).err().map(|why| why.lines().next().unwrap_or_default().to_owned());
    assert_eq!(ends("warning: [G031 lost_update, warn]\nfingerprint: G031-ffa5\nshown: an update\n"), None);
    for (output, why) in [
        ("G031\n", r#"the README says ["shown: an update"], and it ends with []"#),
        ("G031\nshown: two\n", r#"the README says ["shown: an update"], and it ends with ["shown: two"]"#),
        (
            "G031\nshown: an update\n!\n",
            r#"the README says ["shown: an update"], and it ends with ["shown: an update"]"#,
        ),
        ("shown: an update\n", r#"the README names {"G031"}, and it finds {}"#),
        ("G031 G001\nshown: an update\n", r#"the README names {"G031"}, and it finds {"G001", "G031"}"#),
    ] {
        assert_eq!(ends(output).as_deref(), Some(why));
    }
}

#[test]
fn what_the_readme_or_the_manifest_or_the_features_leave_out_is_an_error() {
    let readme = "# Lessons\n\n## 01 counter\n\n[Its source](tutorial_01_counter.rs)\n\n## 02 lock\n\n[Its source](tutorial_02_lock.rs)\n";
    assert!(section(readme, "tutorial_02_lock").is_ok_and(|section| section.starts_with("02 lock")));
    assert_eq!(section(readme, "tutorial_03_rlock"), Err("the README has no section of it".to_owned()));

    let manifest =
        "[[example]]\nname = \"a\"\nrequired-features = [\"engine\", \"x\"]\n\n[[example]]\nname = \"b\"\n\n[lints]\n";
    assert_eq!(required(manifest, "a"), Ok(vec!["engine", "x"]));
    assert_eq!(required(manifest, "b"), Ok(vec![]));
    assert_eq!(required(manifest, "c"), Err("Cargo.toml has no [[example]] of it".to_owned()));
    assert_eq!(is_on("engine"), Ok(true));
    assert_eq!(is_on("x"), Err("FEATURES does not say whether x is on".to_owned()));
}
