//! Records that were written by hand, and what is found beside them.

use super::*;
use serde_json::{Value, json};
use std::time::{SystemTime, UNIX_EPOCH};
use tempfile::TempDir;

/// A folder with records of one program, which started now.
struct Records {
    folder: TempDir,
    program: PathBuf,
    started_ms: u64,
}

fn milliseconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).expect("it is after 1970").as_millis().try_into().expect("it is soon")
}

impl Records {
    fn new(program: impl Into<PathBuf>) -> Self {
        let folder = tempfile::tempdir().expect("a folder can be made");
        Self { folder, program: program.into(), started_ms: milliseconds(SystemTime::now()) }
    }

    fn process(&self, pid: u32) -> Value {
        json!({ "process": {
            "format": [1, 0], "gordian": "0.1.0", "host": host(), "pid": pid, "started_ms": self.started_ms,
            "program": self.program, "arguments": [], "package": null,
        } })
    }

    fn write(&self, pid: u32, lines: &[Value]) {
        self.write_text(pid, &text(&[&[self.process(pid)], lines].concat()));
    }

    fn write_text(&self, pid: u32, text: &str) {
        fs::write(self.path(pid, "json"), text).expect("a record can be written");
    }

    fn path(&self, pid: u32, extension: &str) -> PathBuf {
        self.folder.path().join(format!("{pid}-{}.{extension}", self.started_ms))
    }

    fn resolve(&self) -> Vec<String> {
        resolve(self.folder.path(), root()).expect("the folder can be read and written")
    }

    /// Returns the frames beside a record. `None` if there is no such file.
    fn beside(&self, pid: u32) -> Option<Vec<Frames>> {
        let text = fs::read_to_string(self.path(pid, "symbols.json")).ok()?;
        let frames = text.lines().map(|line| match serde_json::from_str(line) {
            Ok(Line::Frames(frames)) => frames,
            other => panic!("{line} is read as {other:?}"),
        });
        Some(frames.collect())
    }
}

fn text(lines: &[Value]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

fn stack(addresses: &[u64]) -> Value {
    json!({ "stack": { "addresses": addresses } })
}

fn edge(stack: Option<u32>) -> Value {
    json!({ "edge": {
        "from": 0, "to": 1, "held": "exclusive", "wanted": "exclusive", "held_at": 0, "wanted_at": 1, "gates": [],
        "thread": 1, "stack": stack,
    } })
}

/// The workspace, which cargo compiles from.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("this package is two folders below its workspace")
}

#[test]
fn a_program_that_is_gone_is_told_and_nothing_is_written() {
    let records = Records::new("/nowhere/bank");
    records.write(1, &[stack(&[1]), edge(Some(0))]);
    records.write(2, &[stack(&[1]), edge(Some(0))]);
    assert_eq!(records.resolve(), ["Stacks of the program /nowhere/bank could not be resolved, since it is gone."]);
    assert_eq!((records.beside(1), records.beside(2)), (None, None));
}

#[test]
fn programs_are_counted_once_for_each_reason() {
    let mut records = Records::new("/nowhere/bank");
    records.write(1, &[stack(&[1]), edge(Some(0))]);
    records.program = "/nowhere/atm".into();
    records.write(2, &[stack(&[1]), edge(Some(0))]);
    records.program = root().join("Cargo.toml");
    records.write(3, &[stack(&[1]), edge(Some(0))]);
    assert_eq!(
        records.resolve(),
        [
            "Stacks of 2 programs, such as /nowhere/atm, could not be resolved, since they are gone.".to_owned(),
            format!(
                "Stacks of the program {} could not be resolved, since its file cannot be read as a program.",
                records.program.display()
            ),
        ]
    );
}

#[test]
fn a_record_without_stacks_that_an_edge_names_asks_for_no_program() {
    let records = Records::new("/nowhere/bank");
    records.write(1, &[edge(None)]);
    records.write(2, &[stack(&[1]), edge(None), edge(Some(1))]);
    records.write_text(3, "");
    records.write_text(4, "{\"process\":{\"format\":[2,0]}}\n");
    records.write_text(5, &text(&[stack(&[1]), edge(Some(0))]));
    assert_eq!(records.resolve(), Vec::<String>::new());
}

#[test]
fn a_folder_that_is_not_there_has_no_records() {
    let records = Records::new("");
    assert_eq!(resolve(&records.folder.path().join("none"), root()).unwrap(), Vec::<String>::new());
    let error = resolve(&root().join("Cargo.toml"), root()).unwrap_err();
    assert!(error.to_string().contains("Cargo.toml cannot be listed"), "{error}");
}

/// Where this program's own stacks, or those of one that is compiled, can be had.
#[cfg(all(target_os = "linux", not(miri)))]
mod linux {
    use super::*;
    use addr2line::demangle_auto;
    use object::{Object, ObjectSymbol};
    use std::process::Command;

    /// Returns a stack as a record has it, and the line that catches it.
    #[inline(never)]
    fn caught() -> (Vec<u64>, u32) {
        let program = std::env::current_exe().expect("this program has a path");
        let maps = fs::read_to_string("/proc/self/maps").expect("Linux tells");
        let mut ours = maps.lines().filter(|line| line.ends_with(program.to_str().expect("its path is text")));
        let start = ours.next().and_then(|line| line.split('-').next()).expect("it is loaded");
        let base = u64::from_str_radix(start, 16).expect("it is a number");
        let mut addresses = Vec::new();
        let line = line!() + 1;
        backtrace::trace(|frame| {
            addresses.extend((frame.ip() as u64).checked_sub(base).filter(|address| *address < 1 << 32));
            true
        });
        (addresses, line)
    }

    #[inline(always)]
    fn caught_inline() -> (Vec<u64>, u32) {
        caught()
    }

    fn this_program() -> Records {
        Records::new(std::env::current_exe().expect("this program has a path"))
    }

    #[test]
    fn a_stack_is_told_by_functions_with_their_places() {
        let ((addresses, line), own_line) = (caught_inline(), line!());
        let records = this_program();
        records.write(1, &[stack(&addresses), edge(Some(0)), json!({ "end": { "holes": [] } })]);
        assert_eq!(records.resolve(), Vec::<String>::new());
        let found = records.beside(1).expect("it was resolved");
        let [Frames { stack: 0, frames }] = &found[..] else { panic!("{found:?}") };
        let names: Vec<_> = frames.iter().map(|frame| frame.function.as_str()).collect();
        let own = "cargo_gordian::symbols::tests::linux::a_stack_is_told_by_functions_with_their_places";
        // Optimized programs have inlined more, and have no places by default.
        if !cfg!(debug_assertions) {
            assert!(names.iter().any(|name| name.starts_with(own)), "{names:?}");
            return;
        }
        // Outside of a test there is the closure that the harness calls.
        let here = "cargo_gordian::symbols::tests::linux::";
        assert_eq!(names[..3], [&format!("{here}caught"), &format!("{here}caught_inline"), own]);
        assert!(names.len() == 4 && names[3].starts_with(own), "{names:?}");
        let place = |frame: usize| {
            let place = frames[frame].place.as_ref().expect("debug information tells");
            (place.file.as_str(), place.line)
        };
        let file = "crates/cargo-gordian/src/symbols/tests.rs";
        assert_eq!((place(0), place(2)), ((file, line), (file, own_line)));
    }

    #[test]
    fn a_call_that_never_returns_is_in_the_function_that_it_is_the_end_of() {
        let records = this_program();
        let file = fs::read(&records.program).expect("it is there");
        let program = object::File::parse(&*file).expect("it is a program");
        let caught = program.symbols().find(|symbol| {
            let name = demangle_auto(symbol.name().unwrap_or_default().into(), None);
            name.ends_with("::symbols::tests::linux::caught")
        });
        let end = caught.map(|symbol| symbol.address() + symbol.size()).expect("it is a function of its own");
        records.write(1, &[stack(&[end]), edge(Some(0))]);
        assert_eq!(records.resolve(), Vec::<String>::new());
        let found = records.beside(1).unwrap_or_default();
        let last = found.iter().flat_map(|found| &found.frames).last().map(|frame| frame.function.as_str());
        assert!(last.is_some_and(|last| last.ends_with("::linux::caught")), "{found:?}");
    }

    #[test]
    fn what_is_resolved_is_not_resolved_again() {
        let records = this_program();
        records.write(1, &[stack(&caught().0), edge(Some(0))]);
        records.resolve();
        assert!(records.beside(1).is_some_and(|found| found.len() == 1));
        fs::write(records.path(1, "symbols.json"), "").expect("it can be written");
        records.write(2, &[stack(&caught().0), edge(Some(0))]);
        assert_eq!(records.resolve(), Vec::<String>::new());
        assert_eq!(records.beside(1), Some(vec![]));
        assert!(records.beside(2).is_some_and(|found| found.len() == 1));
        let files = fs::read_dir(records.folder.path()).expect("it can be listed").count();
        assert_eq!(files, 4, "two records, and what is beside them");
    }

    #[test]
    fn a_program_that_is_newer_than_its_record_is_not_asked() {
        let mut records = this_program();
        let about = fs::metadata(&records.program).expect("it is there");
        let changed = milliseconds(about.modified().expect("Linux tells"));
        records.started_ms = changed - 1;
        records.write(1, &[stack(&caught().0), edge(Some(0))]);
        let told = records.resolve();
        assert!(told[0].ends_with("since it has changed after it was run."), "{told:?}");
        assert_eq!((told.len(), records.beside(1)), (1, None));
        // The same millisecond is early enough: a test is run as soon as it is built.
        records.started_ms = changed;
        records.write(1, &[stack(&caught().0), edge(Some(0))]);
        records.resolve();
        assert!(records.beside(1).is_some());
    }

    #[test]
    fn a_record_of_another_machine_is_not_resolved_here() {
        let records = this_program();
        let mut process = records.process(1);
        process["process"]["host"] = json!("elsewhere");
        records.write_text(1, &text(&[process, stack(&caught().0), edge(Some(0))]));
        let told = records.resolve();
        assert!(told[0].ends_with("since it ran on another machine."), "{told:?}");
        assert_eq!((told.len(), records.beside(1)), (1, None));
    }

    #[test]
    fn addresses_that_lie_nowhere_have_no_frames() {
        let records = this_program();
        let nowhere = [0, 1 << 40, u64::MAX];
        records.write(1, &[stack(&nowhere), edge(Some(0))]);
        let told = records.resolve();
        assert!(told[0].ends_with("since it has no names for their addresses."), "{told:?}");
        assert_eq!((told.len(), records.beside(1)), (1, None));
        records.write(1, &[stack(&nowhere), stack(&caught().0), edge(Some(0)), edge(Some(1))]);
        assert_eq!(records.resolve(), Vec::<String>::new());
        let found: Vec<_> = records.beside(1).unwrap_or_default().iter().map(|frames| frames.stack).collect();
        assert_eq!(found, [1]);
    }

    #[test]
    fn only_stacks_before_a_wrong_line_and_with_an_edge_are_resolved() {
        let records = this_program();
        let caught = stack(&caught().0);
        let unknown = json!({ "later": { "stack": 7 } });
        let lines = [caught.clone(), edge(None), caught.clone(), unknown, edge(Some(1)), edge(Some(1))];
        let whole = text(&[&[records.process(1)], &lines[..]].concat());
        records.write_text(1, &format!("{whole}{caught}\n{}", &edge(Some(2)).to_string()[..40]));
        records.write_text(2, &format!("{whole}{{\"stack\":7}}\n{caught}\n{}\n", edge(Some(2))));
        assert_eq!(records.resolve(), Vec::<String>::new());
        for pid in [1, 2] {
            let found: Vec<_> = records.beside(pid).unwrap_or_default().iter().map(|frames| frames.stack).collect();
            assert_eq!(found, [1], "{pid}");
        }
    }

    /// Prints a return address into `teller`, counted from where it was loaded.
    const BANK: &str = r#"
fn main() {
    let program = std::env::current_exe().unwrap();
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    let line = maps.lines().find(|line| line.ends_with(program.to_str().unwrap())).unwrap();
    let base = usize::from_str_radix(line.split('-').next().unwrap(), 16).unwrap();
    println!("{}", teller as fn() as usize - base + 1);
}
#[inline(never)]
fn teller() {}
"#;

    /// Compiles the program in this way and resolves its stack: a name and a place.
    fn compiled(options: &[&str]) -> Result<(String, Option<String>), String> {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let [source, program] = ["bank.rs", "bank"].map(|name| folder.path().join(name));
        fs::write(&source, BANK).expect("a source can be written");
        let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        let mut rustc = Command::new(rustc);
        rustc.arg(&source).arg("-o").arg(&program).args(options).current_dir(folder.path());
        assert!(rustc.status().expect("there is a compiler").success(), "{rustc:?}");
        let printed = Command::new(&program).output().expect("it runs").stdout;
        let address =
            String::from_utf8(printed).ok().and_then(|text| text.trim().parse().ok()).expect("it is a number");
        let records = Records::new(program);
        records.write(1, &[stack(&[address]), edge(Some(0))]);
        let told = resolve(records.folder.path(), folder.path()).expect("the folder can be read and written");
        let Some(found) = records.beside(1) else { return Err(told.concat()) };
        let [Frames { frames, .. }] = &found[..] else { panic!("{found:?}") };
        let [frame] = &frames[..] else { panic!("{frames:?}") };
        Ok((frame.function.clone(), frame.place.as_ref().map(|place| format!("{}:{}", place.file, place.line))))
    }

    #[test]
    fn a_program_is_read_however_it_was_linked() {
        let with_place = Ok(("bank::teller".to_owned(), Some("bank.rs:10".to_owned())));
        assert_eq!(compiled(&["-g"]), with_place);
        assert_eq!(compiled(&["-g", "-Crelocation-model=static"]), with_place);
        assert_eq!(compiled(&["-g", "-Csplit-debuginfo=packed"]), with_place);
        assert_eq!(compiled(&["-g", "-Csplit-debuginfo=unpacked"]), with_place);
    }

    #[test]
    fn without_debug_information_there_are_names_and_without_symbols_nothing() {
        assert_eq!(compiled(&["-Cdebuginfo=0"]), Ok(("bank::teller".to_owned(), None)));
        let told = compiled(&["-g", "-Cstrip=symbols"]).unwrap_err();
        assert!(told.ends_with("since it has no names for their addresses."), "{told}");
    }
}
