//! The code map in README.md: which crates there are, what each is for, who imports whom.

use std::collections::BTreeSet;

use cargo_metadata::{DependencyKind, Metadata};

use super::table::{link, list, rows};
use super::{File, text_of};

const HEADING: &str = "| crate | its one job | imports |";

/// Tests may import it besides what stands above their crate.
const TESTS_ONLY: &str = "testkit";

/// A crate of this workspace, and the crates of this workspace that it imports.
#[derive(Debug)]
pub(super) struct Package {
    pub name: String,
    /// From the root, without a slash at its end.
    pub folder: String,
    pub imports: Vec<Import>,
}

#[derive(Debug)]
pub(super) struct Import {
    pub name: String,
    pub in_tests: bool,
}

pub(super) fn packages(metadata: &Metadata) -> Vec<Package> {
    let members = metadata.workspace_packages();
    let ours = |name: &str| members.iter().any(|member| *member.name == name);
    let package = |member: &&cargo_metadata::Package| Package {
        name: member.name.to_string(),
        folder: member.manifest_path.parent().map_or_else(String::new, |folder| {
            folder.strip_prefix(&metadata.workspace_root).unwrap_or(folder).to_string()
        }),
        imports: member
            .dependencies
            .iter()
            .filter(|dependency| ours(&dependency.name))
            .map(|dependency| Import {
                name: dependency.name.clone(),
                in_tests: dependency.kind == DependencyKind::Development,
            })
            .collect(),
    };
    members.iter().map(package).collect()
}

/// A row of the map.
struct Row<'a> {
    name: &'a str,
    folder: &'a str,
    job: &'a str,
    imports: Vec<&'a str>,
}

fn read<'a>(cells: &[&'a str]) -> Option<Row<'a>> {
    let &[name, job, imports] = cells else { return None };
    let (name, folder) = link(name)?;
    Some(Row { name, folder, job, imports: list(imports) })
}

pub(super) fn check(files: &[File], packages: &[Package]) -> Vec<String> {
    let mut findings = Vec::new();
    let mut map: Vec<Row<'_>> = Vec::new();
    for cells in rows(text_of(files, "README.md"), HEADING) {
        match read(&cells) {
            None => findings.push(format!("no row of a code map: {}", cells.join(" | "))),
            Some(row) if map.iter().any(|above| above.name == row.name) => {
                findings.push(format!("{} has two rows", row.name));
            }
            Some(row) => map.push(row),
        }
    }
    for row in map.iter().filter(|row| packages.iter().all(|package| package.name != row.name)) {
        findings.push(format!("there is no crate {}", row.name));
    }
    for package in packages {
        match map.iter().position(|row| row.name == package.name) {
            None => findings.push(format!("{} has no row in the code map", package.name)),
            Some(at) => findings.extend(check_one(files, package, &map[..at], &map[at])),
        }
    }
    findings.into_iter().map(|finding| format!("README.md: {finding}")).collect()
}

fn check_one(files: &[File], package: &Package, above: &[Row<'_>], row: &Row<'_>) -> Vec<String> {
    let Package { name, folder, .. } = package;
    let mut findings = Vec::new();
    if row.folder != folder {
        findings.push(format!("{name} lies in {folder}"));
    }
    let readme = format!("{folder}/README.md");
    let job = text_of(files, &readme).lines().nth(2).unwrap_or_default();
    if row.job != job {
        findings.push(format!("{name} is for something else than {readme} says: {job}"));
    }
    let is_above = |import: &str| above.iter().any(|row| row.name == import);
    let real = |in_tests| {
        let real = package.imports.iter().filter(move |import| import.in_tests == in_tests);
        real.map(|import| import.name.as_str()).collect::<BTreeSet<&str>>()
    };
    let said: BTreeSet<&str> = row.imports.iter().copied().collect();
    findings.extend(real(false).difference(&said).map(|import| format!("{name} may not import {import}")));
    findings.extend(said.difference(&real(false)).map(|import| format!("{name} doesn't import {import}")));
    let below = said.iter().filter(|import| !is_above(import));
    findings.extend(below.map(|import| format!("{name} stands above {import}, which it imports")));
    let in_tests = real(true);
    let odd = in_tests.difference(&said).filter(|import| **import != TESTS_ONLY && !is_above(import));
    findings.extend(odd.map(|import| format!("{name}'s tests may not import {import}")));
    findings
}

#[cfg(test)]
mod tests {
    use super::super::files;
    use super::*;

    const MAP: &str = "| crate | its one job | imports |\n|---|---|---|\n| [a](crates/a) | Counts. | – |\n\
         | [b](crates/b) | Adds. | a |\n| [c](c) | Shows. | a, b |\n";

    fn package(name: &str, folder: &str, imports: &[(&str, bool)]) -> Package {
        let import = |(name, in_tests): &(&str, bool)| Import { name: (*name).into(), in_tests: *in_tests };
        Package { name: name.into(), folder: folder.into(), imports: imports.iter().map(import).collect() }
    }

    /// What is found where `b` imports this, and the map is that one.
    fn found(map: &str, of_b: &[(&str, bool)]) -> Vec<String> {
        let packages = [
            package("a", "crates/a", &[]),
            package("b", "crates/b", of_b),
            package("c", "c", &[("a", false), ("b", false), ("testkit", true)]),
        ];
        let readmes = [
            ("README.md", map),
            ("crates/a/README.md", "# a\n\nCounts.\n"),
            ("crates/b/README.md", "# b\n\nAdds.\n\nAnd more.\n"),
            ("c/README.md", "# c\n\nShows.\n"),
        ];
        check(&files(&readmes), &packages)
    }

    #[test]
    fn imports_are_exactly_those_of_the_map() {
        for (imports, wrong) in [
            (&[("a", false)][..], &[][..]),
            (&[("a", false), ("testkit", true), ("a", true)], &[]),
            (&[], &["README.md: b doesn't import a"]),
            (&[("a", true)], &["README.md: b doesn't import a"]),
            (&[("a", false), ("c", false)], &["README.md: b may not import c"]),
            (&[("a", false), ("testkit", false)], &["README.md: b may not import testkit"]),
            (&[("a", false), ("c", true)], &["README.md: b's tests may not import c"]),
        ] {
            assert_eq!(found(MAP, imports), wrong, "{imports:?}");
        }
    }

    #[test]
    fn a_wrong_map_is_found() {
        for (right, wrong, told) in [
            (
                "| [a](crates/a) | Counts. | – |\n",
                "",
                &[
                    "a has no row in the code map",
                    "b stands above a, which it imports",
                    "c stands above a, which it imports",
                ][..],
            ),
            ("| a, b |\n", "| a, b |\n| [d](d) | Sleeps. | – |\n", &["there is no crate d"]),
            ("| a, b |\n", "| a, b |\n| [a](crates/a) | Counts. | – |\n", &["a has two rows"]),
            ("[c](c)", "c", &["no row of a code map: c | Shows. | a, b", "c has no row in the code map"]),
            ("(crates/b)", "(b)", &["b lies in crates/b"]),
            ("| Adds. |", "| Subtracts. |", &["b is for something else than crates/b/README.md says: Adds."]),
            (
                "| Counts. | – |",
                "| Counts. | b |",
                &["a doesn't import b", "a stands above b, which it imports"],
            ),
        ] {
            let told: Vec<String> = told.iter().map(|finding| format!("README.md: {finding}")).collect();
            assert_eq!(found(&MAP.replacen(right, wrong, 1), &[("a", false)]), told, "{wrong}");
        }
    }
}
