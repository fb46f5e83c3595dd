//! Reads a call of rustc or rustdoc: which crate, of which package, and whether its locks are to be watched.
//!
//! Must not know: how the call is changed.
//! INVARIANT: what runs in the compiler's own process, or builds the crate, is never watched: cargo names a target for
//! everything else, and for that only.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use crate::plan::Plan;

/// A call of the compiler.
#[derive(Default, Debug)]
pub(super) struct Call {
    /// The package that cargo builds.
    pub(super) package: String,
    /// The package's folder.
    pub(super) folder: PathBuf,
    /// The crate's name.
    pub(super) krate: String,
    /// What tells crates of one name apart in one folder.
    pub(super) metadata: String,
    /// True if it is the package's library, in whatever form, and not a program, a test, or an example.
    pub(super) is_library: bool,
    has_target: bool,
    has_std: bool,
    is_proc_macro: bool,
    is_question: bool,
    is_test: bool,
}

/// Packages that the overlay itself is made of.
const OWN: [&str; 3] = ["gordian", "gordian-std", "cargo-gordian"];

impl Call {
    /// Reads the arguments of a call, and the package from cargo's variables.
    pub(super) fn of(arguments: &[OsString]) -> Self {
        let package = std::env::var("CARGO_PKG_NAME").unwrap_or_default();
        let folder = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default().into();
        Self { package, folder, ..Self::read(arguments) }
    }

    fn read(arguments: &[OsString]) -> Self {
        let mut call = Self::default();
        let mut rest = arguments.iter().map(OsString::as_os_str);
        while let Some(argument) = rest.next() {
            if argument == "-" {
                call.is_question = true;
            }
            if argument == "--test" {
                call.is_test = true;
            }
            let mut value = |flag: &str| value_of(argument, flag, &mut rest);
            if let Some(name) = value("--crate-name") {
                call.krate = name;
            } else if let Some(kind) = value("--crate-type") {
                call.is_proc_macro |= kind == "proc-macro";
                call.is_library |= kind != "bin";
            } else if value("--target").is_some() {
                call.has_target = true;
            } else if value("--print").is_some() {
                call.is_question = true;
            } else if let Some(named) = value("--extern") {
                call.has_std |= named.starts_with("std=");
            } else if let Some(option) = value("-C").or_else(|| value("--codegen")) {
                option.strip_prefix("metadata=").into_iter().for_each(|metadata| call.metadata = metadata.to_owned());
            }
        }
        call.is_library &= !call.is_test;
        call
    }

    /// True if the crate's locks are to be watched.
    pub(super) fn is_watched(&self, plan: &Plan) -> bool {
        self.has_target
            && !self.is_question
            && !self.is_proc_macro
            && !self.has_std
            && !self.krate.is_empty()
            && self.krate != "___"
            && !self.krate.starts_with("build_script_")
            && !OWN.contains(&self.package.as_str())
            && !plan.exclude.contains(&self.package)
    }

    /// True if it is built for where programs run, and not for the compiler's own process.
    pub(super) fn is_for_target(&self) -> bool {
        self.has_target
    }
}

/// Returns the value of a flag, which is a part of its argument or the next one.
fn value_of<'a>(argument: &OsStr, flag: &str, rest: &mut impl Iterator<Item = &'a OsStr>) -> Option<String> {
    let argument = argument.to_str()?;
    let value = argument.strip_prefix(flag)?;
    match value.strip_prefix('=') {
        Some(value) => Some(value.to_owned()),
        // The short flags take their values without anything between.
        None if !value.is_empty() && flag.len() == 2 => Some(value.to_owned()),
        None if value.is_empty() => rest.next().map(|value| value.to_string_lossy().into_owned()),
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(exclude: &[&str]) -> Plan {
        Plan {
            overlay: "libstd.rlib".into(),
            dependencies: vec!["deps".into()],
            rustdoc: "rustdoc".into(),
            wrapper: None,
            exclude: exclude.iter().map(ToString::to_string).collect(),
            unwatched: "unwatched".into(),
        }
    }

    fn call(arguments: &str) -> Call {
        let arguments: Vec<OsString> = arguments.split(' ').map(Into::into).collect();
        Call { package: "bank".to_owned(), ..Call::read(&arguments) }
    }

    fn is_watched(arguments: &str) -> bool {
        call(arguments).is_watched(&plan(&["other"]))
    }

    #[test]
    fn what_is_built_for_the_target_is_watched() {
        assert!(is_watched(
            "--crate-name bank --edition=2024 src/lib.rs --crate-type lib --target x86_64-unknown-linux-gnu"
        ));
        assert!(is_watched("--crate-name bank --test --target=x86_64-unknown-linux-gnu -Cmetadata=12"));
    }

    #[test]
    fn what_runs_in_the_compiler_or_before_it_is_not() {
        assert!(!is_watched("--crate-name bank --crate-type lib src/lib.rs"), "for the host");
        assert!(!is_watched("--crate-name bank --crate-type proc-macro --target t"), "a macro");
        assert!(!is_watched("--crate-name build_script_build --target t"), "a build script");
        assert!(!is_watched("- --crate-name ___ --print=file-names --target t"), "a question");
        assert!(!is_watched("-vV"), "a question about the compiler");
        assert!(!is_watched("--crate-name bank --target t --extern std=other.rlib"), "somebody else's std");
    }

    #[test]
    fn excluded_packages_and_the_library_itself_are_not_watched() {
        let arguments = "--crate-name bank --target t";
        assert!(!call(arguments).is_watched(&plan(&["bank"])));
        let gordian = Call { package: "gordian".to_owned(), ..call(arguments) };
        assert!(!gordian.is_watched(&plan(&[])));
    }

    #[test]
    fn values_are_read_in_every_way_of_writing_them() {
        for written in ["-C metadata=ab", "-Cmetadata=ab", "--codegen metadata=ab", "--codegen=metadata=ab"] {
            assert_eq!(call(&format!("--crate-name bank {written}")).metadata, "ab", "{written}");
        }
        assert_eq!(call("--crate-name bank -Copt-level=3").metadata, "");
    }

    #[test]
    fn a_library_is_told_from_its_tests_and_from_programs() {
        assert!(call("--crate-name bank --crate-type lib").is_library);
        assert!(call("--crate-name bank --crate-type rlib --crate-type cdylib").is_library);
        assert!(!call("--crate-name bank --crate-type bin").is_library);
        assert!(!call("--crate-name bank --crate-type lib --test").is_library);
    }
}
