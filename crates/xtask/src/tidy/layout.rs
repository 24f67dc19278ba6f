//! What lies where.

use std::collections::BTreeSet;

use super::File;
use super::code_map::Package;

/// All that may lie at the top, besides names that begin with a dot.
const TOP: &[&str] = &[
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE",
    "README.md",
    "admin-tui",
    "clippy.toml",
    "config",
    "crates",
    "deny.toml",
    "gateway",
    "loadtests",
    "rustfmt.toml",
    "target",
    "tests",
    "var",
];

const README_IS_DOCUMENTATION: &str = "#![doc = include_str!(\"../README.md\")]";

pub(super) fn check(files: &[File], packages: &[Package]) -> Vec<String> {
    let mut findings = top(files);
    findings.extend(packages.iter().flat_map(|package| charter(files, package)));
    findings.extend(unused_sql(files));
    findings
}

fn top(files: &[File]) -> Vec<String> {
    let names: BTreeSet<&str> = files.iter().filter_map(|file| file.path.split('/').next()).collect();
    let strange = names.into_iter().filter(|name| !name.starts_with('.') && !TOP.contains(name));
    strange.map(|name| format!("{name}: nothing of that name belongs at the top level")).collect()
}

/// A crate's README says its one job, and is its documentation.
fn charter(files: &[File], package: &Package) -> Vec<String> {
    let folder = &package.folder;
    let find = |path: &str| files.iter().find(|file| file.path == format!("{folder}/{path}"));
    let mut findings = Vec::new();
    match find("README.md") {
        None => findings.push(format!("{folder}: no README.md")),
        Some(readme) if !says_its_job(&readme.text) => {
            findings
                .push(format!("{}: after the heading comes one line with the crate's one job", readme.path));
        }
        Some(_) => {}
    }
    for root in ["src/lib.rs", "src/main.rs"].iter().filter_map(|path| find(path)).take(1) {
        if !root.text.starts_with(README_IS_DOCUMENTATION) {
            findings.push(format!("{}: does not begin with {README_IS_DOCUMENTATION}", root.path));
        }
    }
    findings
}

/// `# name`, an empty line, prose.
fn says_its_job(readme: &str) -> bool {
    let mut lines = readme.lines();
    let heading = lines.next().is_some_and(|line| line.starts_with("# "));
    let empty = lines.next().is_some_and(str::is_empty);
    heading && empty && lines.next().is_some_and(|line| line.starts_with(|c: char| c.is_alphabetic()))
}

fn unused_sql(files: &[File]) -> Vec<String> {
    let rust = files.iter().filter(|file| file.path.ends_with(".rs"));
    let included: BTreeSet<String> = rust.flat_map(included).collect();
    let sql = files.iter().filter(|file| file.path.ends_with(".sql") && !included.contains(&file.path));
    sql.map(|file| format!("{}: included nowhere", file.path)).collect()
}

/// The paths from the root of all that a file includes as text.
fn included(file: &File) -> Vec<String> {
    let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    file.text
        .split("include_str!(")
        .skip(1)
        .filter_map(|rest| rest.trim_start().strip_prefix('"')?.split_once('"'))
        .map(|(path, _)| resolve(folder, path))
        .collect()
}

fn resolve(folder: &str, path: &str) -> String {
    let mut parts = Vec::new();
    for part in folder.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::super::files;
    use super::*;

    #[test]
    fn the_top_level_holds_only_what_is_listed() {
        let found = top(&files(&[
            ("Cargo.toml", ""),
            (".ci/run", ""),
            ("crates/a/x", ""),
            ("notes/x", ""),
            ("TODO.md", ""),
        ]));
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].starts_with("TODO.md") && found[1].starts_with("notes"), "{found:?}");
    }

    #[test]
    fn a_crate_says_its_job_and_documents_itself() {
        let package = Package { name: "a".into(), folder: "crates/a".into(), imports: Vec::new() };
        let good = "# a\n\nDoes one thing.\n";
        let lib = format!("{README_IS_DOCUMENTATION}\n");
        for (readme, lib, wrong) in [
            (Some(good), lib.as_str(), 0),
            (Some("# a\n\n- a list\n"), &lib, 1),
            (Some("# a\nNo empty line.\n"), &lib, 1),
            (Some("# a\n"), &lib, 1),
            (Some(good), "//! Something else\n", 1),
            (None, "", 2),
        ] {
            let mut all = files(&[("crates/a/src/lib.rs", lib)]);
            all.extend(readme.into_iter().flat_map(|text| files(&[("crates/a/README.md", text)])));
            assert_eq!(charter(&all, &package).len(), wrong, "{readme:?} {lib}");
        }
    }

    #[test]
    fn sql_that_nobody_includes_is_found() {
        let found = unused_sql(&files(&[
            (
                "crates/a/src/store.rs",
                "const A: &str = include_str!(\"sql/a.sql\"); include_str!(\n  \"../m/b.sql\")",
            ),
            ("crates/a/src/sql/a.sql", ""),
            ("crates/a/m/b.sql", ""),
            ("crates/a/src/sql/c.sql", ""),
            ("crates/b/src/sql/a.sql", ""),
        ]));
        assert_eq!(
            found,
            ["crates/a/src/sql/c.sql: included nowhere", "crates/b/src/sql/a.sql: included nowhere"]
        );
    }
}
