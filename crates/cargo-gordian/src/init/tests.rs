//! What is written, and what is left alone.

use super::*;
use saphyr::{LoadableYamlNode, Yaml};

fn changed(manifest: &str) -> String {
    with_dependency(manifest).unwrap().unwrap()
}

fn line() -> String {
    format!("gordian = \"{}\"\n", version())
}

const MANIFEST: &str = "\
[package]
name   = 'bank' # ours
version = \"0.1.0\"

[dependencies]
anyhow = \"1\"
# Kept at 1.0 for the old servers.
serde = { version = \"1.0\",  features = [\"derive\"] }

[dev-dependencies]
insta = \"1\"
";

#[test]
fn the_dependency_is_the_only_new_line_and_stands_in_order() {
    let expected = MANIFEST.replace("anyhow = \"1\"\n", &format!("anyhow = \"1\"\n{}", line()));
    assert_eq!(changed(MANIFEST), expected);
}

#[test]
fn dependencies_that_are_not_sorted_stay_so_and_the_new_one_comes_last() {
    let manifest =
        "[package]\nname = \"bank\"\n\n[dependencies]\nserde = \"1\"\nanyhow = \"1\"\n\n[lints]\nworkspace = true\n";
    let expected = manifest.replace("anyhow = \"1\"\n", &format!("anyhow = \"1\"\n{}", line()));
    assert_eq!(changed(manifest), expected);
}

#[test]
fn a_manifest_without_a_table_of_dependencies_gets_one() {
    let package = "[package]\nname = \"bank\"\n";
    assert_eq!(changed(package), format!("{package}\n[dependencies]\n{}", line()));
    let inner = format!("{package}\n[dependencies.serde]\nversion = \"1\"\n");
    let read: toml::Table = toml::from_str(&changed(&inner)).unwrap();
    assert_eq!(read["dependencies"]["gordian"].as_str(), Some(version().as_str()));
    assert_eq!(read["dependencies"]["serde"]["version"].as_str(), Some("1"));
}

#[test]
fn a_manifest_that_has_the_dependency_is_left_alone() {
    for line in
        ["gordian = \"0.1\"", "gordian = { version = \"0.1\", features = [\"check\"] }", "gordian.workspace = true"]
    {
        let manifest = MANIFEST.replace("anyhow = \"1\"", line);
        assert_eq!(with_dependency(&manifest).unwrap(), None, "{line}");
    }
}

#[test]
fn a_manifest_that_is_no_packages_is_named_and_left_alone() {
    for (text, why) in [
        ("[workspace]\nmembers = [\"a\"]\n", "it has no [package]"),
        ("[package]\nname = \"bank\"\ndependencies = 3\n[dependencies]\n= 2", "it is not understood"),
        ("dependencies = 3\n[package]\nname = \"bank\"\n", "`dependencies` is no table"),
    ] {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("Cargo.toml");
        fs::write(&path, text).unwrap();
        let error = format!("{:#}", add_dependency(root.path()).unwrap_err());
        assert!(error.contains(&path.display().to_string()) && error.contains(why), "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }
}

#[test]
fn the_nearest_manifest_is_changed_once() {
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join("Cargo.toml"), MANIFEST).unwrap();
    let inner = root.path().join("src/deep");
    fs::create_dir_all(&inner).unwrap();
    let told = add_dependency(&inner).unwrap().replace(&root.path().display().to_string(), "ROOT");
    insta::assert_snapshot!(told.replace('\\', "/").replace(&line().trim().to_owned(), "LINE"));
    assert_eq!(fs::read_to_string(root.path().join("Cargo.toml")).unwrap(), changed(MANIFEST));
    let again = add_dependency(root.path()).unwrap();
    assert!(again.starts_with("gordian is a dependency in ") && again.ends_with(SWAP), "{again}");
    assert_eq!(fs::read_to_string(root.path().join("Cargo.toml")).unwrap(), changed(MANIFEST));
}

/// The workflow's jobs, commented or not, by what `cargo gordian init --github` writes for a folder of a repository.
fn written(folder: &str) -> String {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir(root.path().join(".git")).unwrap();
    let workspace = root.path().join(folder);
    fs::create_dir_all(&workspace).unwrap();
    let told = add_workflow(&workspace).unwrap();
    let path = root.path().join(".github/workflows/gordian.yml");
    assert!(told.starts_with(&path.display().to_string()), "{told}");
    fs::read_to_string(path).unwrap()
}

/// The same with the commented jobs in place of the first one.
fn split(workflow: &str) -> String {
    let (before, _) = workflow.split_once("\njobs:\n").unwrap();
    let (_, jobs) = workflow.split_once("#\n#   shard:\n").unwrap();
    let jobs: Vec<&str> =
        jobs.lines().map(|line| line.strip_prefix('#').unwrap().strip_prefix(' ').unwrap_or("")).collect();
    format!("{before}\njobs:\n  shard:\n{}\n", jobs.join("\n"))
}

#[test]
fn the_workflow_is_yaml_and_its_steps_are_steps() {
    for (text, jobs) in [(written(""), 1), (split(&written("")), 2), (written("a/b"), 1), (split(&written("a/b")), 2)] {
        let documents = Yaml::load_from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
        let [workflow] = &documents[..] else { panic!("{text}") };
        let named = workflow["jobs"].as_mapping().unwrap();
        assert_eq!(named.len(), jobs, "{text}");
        for (name, job) in named {
            assert!(job["runs-on"].as_str().is_some(), "{name:?}");
            let steps = job["steps"].as_sequence().unwrap();
            let is_step = |step: &Yaml<'_>| {
                let has = |key: &str| step.as_mapping_get(key).is_some_and(|value| value.as_str().is_some());
                has("uses") != has("run")
            };
            assert!(steps.iter().all(is_step), "{name:?}: {steps:?}");
        }
    }
}

#[test]
fn a_workspace_inside_of_its_repository_has_its_folder_in_every_path() {
    for (from, _) in NESTED {
        assert!(WORKFLOW.contains(from), "{from:?}");
    }
    let text = written("a/b");
    let workflow = &Yaml::load_from_str(&text).unwrap()[0];
    assert_eq!(workflow["defaults"]["run"]["working-directory"].as_str(), Some("a/b"));
    let paths = text.lines().filter_map(|line| line.trim_start_matches(['#', ' ']).split_once(": "));
    let paths: Vec<&str> =
        paths.filter(|(key, _)| ["path", "sarif_file", "workspaces"].contains(key)).map(|(_, path)| path).collect();
    assert!(paths.len() >= 5 && paths.iter().all(|path| path.starts_with("a/b")), "{paths:?}");
    assert!(!written("").contains("working-directory"));
}

#[test]
fn a_workflow_that_exists_is_named_and_left_alone() {
    let root = tempfile::tempdir().unwrap();
    add_workflow(root.path()).unwrap();
    let path = root.path().join(".github/workflows/gordian.yml");
    fs::write(&path, "mine").unwrap();
    let error = add_workflow(root.path()).unwrap_err().to_string();
    assert!(error.starts_with(&path.display().to_string()) && error.contains("exists"), "{error}");
    assert_eq!(fs::read_to_string(path).unwrap(), "mine");
}

#[test]
fn every_command_of_the_workflow_is_listed() {
    let listed: Vec<&str> = workflow_commands().collect();
    assert_eq!(listed.len(), WORKFLOW.matches("- run: cargo gordian ").count());
    insta::assert_snapshot!(listed.join("\n"));
}
