//! Turns the library's sources into a table that the program carries: the overlay is built from it by the user's compiler.
//!
//! Must not know: how the overlay is built.
//! INVARIANT: everything is read from `library/`, whose links lead into the repository and become files when the crate is
//! packaged; so an installed program needs no checkout.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

use toml::Table;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=library");
    let library = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("library");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    let manifest = out.join("gordian.toml");
    fs::write(&manifest, alone(&read(&library.join("gordian.toml")))).expect("the output folder can be written");

    let mut files = vec![
        ("Cargo.toml".to_owned(), manifest),
        ("crates/gordian-std/Cargo.toml".to_owned(), library.join("gordian-std.toml")),
        ("crates/gordian-std/Cargo.lock".to_owned(), library.join("lock.toml")),
    ];
    add(&library.join("gordian"), "src", &mut files);
    add(&library.join("gordian-std"), "crates/gordian-std/src", &mut files);
    add(&library.join("lints"), "docs/lints", &mut files);
    files.sort();

    let mut table = String::from("&[\n");
    for (name, path) in &files {
        println!("cargo::rerun-if-changed={}", path.display());
        writeln!(table, "    ({name:?}, include_str!({path:?})),").expect("a string takes all");
    }
    table.push(']');
    fs::write(out.join("sources.rs"), table).expect("the output folder can be written");
}

/// Adds the sources below a folder, and the pages that they include; snapshots are for tests only.
fn add(folder: &Path, name: &str, files: &mut Vec<(String, PathBuf)>) {
    for entry in fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let path = entry.expect("a folder that could be opened can be read").path();
        let file = path.file_name().and_then(|name| name.to_str()).expect("the sources have plain names");
        let name = format!("{name}/{file}");
        match path.extension().and_then(|extension| extension.to_str()) {
            _ if path.is_dir() => add(&path, &name, files),
            Some("rs" | "md") => files.push((name, path)),
            _ => {}
        }
    }
}

/// Returns the library's manifest as it is outside of its workspace, with nothing that only its own tests and models need.
fn alone(manifest: &str) -> String {
    let mut manifest: Table = manifest.parse().expect("the manifest is TOML");
    // A packaged crate's manifest has no workspace any more: cargo has filled in what came from there.
    let workspace = manifest.remove("workspace").and_then(|table| table.get("package").cloned());
    for section in ["dev-dependencies", "bench", "example", "test", "lints", "target"] {
        manifest.remove(section);
    }
    let section = |manifest: &mut Table, name: &str| match manifest.remove(name) {
        Some(toml::Value::Table(table)) => table,
        _ => panic!("the manifest has a section {name:?}"),
    };
    let mut package = section(&mut manifest, "package");
    if let Some(shared) = workspace {
        for (key, value) in &mut package {
            if value.get("workspace").is_some() {
                *value = shared.get(key).unwrap_or_else(|| panic!("the workspace has {key:?}")).clone();
            }
        }
    }
    for described in ["include", "readme", "keywords", "categories"] {
        package.remove(described);
    }
    manifest.insert("package".to_owned(), package.into());
    let mut features = section(&mut manifest, "features");
    features.remove("loom");
    manifest.insert("features".to_owned(), features.into());
    // The user's flags may deny warnings, and a newer compiler may have more of them.
    let allow = Table::from_iter([("warnings".to_owned(), toml::Value::from("allow"))]);
    manifest.insert("lints".to_owned(), Table::from_iter([("rust".to_owned(), allow.into())]).into());
    // Whatever folder it is unpacked in, it is nobody's member.
    manifest.insert("workspace".to_owned(), Table::new().into());
    toml::to_string(&manifest).expect("what was read can be written")
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
