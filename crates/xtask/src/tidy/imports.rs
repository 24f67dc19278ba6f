//! Who may import whom.

use cargo_metadata::{DependencyKind, Metadata};

/// Each crate and what it may import. A row imports only rows above it, so there are no circles; a test may
/// besides use [`TESTS_ONLY`] and any row above its own.
const ALLOWED: &[(&str, &[&str])] = &[
    ("calendar", &[]),
    ("money", &[]),
    ("pg", &[]),
    ("privacy", &[]),
    ("admin-api", &["money"]),
    ("bank", &["money"]),
    ("sandbox-bank", &["bank", "money"]),
    ("lanes", &["pg"]),
    ("idempotency", &["pg"]),
    ("audit", &["pg"]),
    ("changes", &["pg"]),
    ("vault", &["bank", "pg", "privacy"]),
    ("exchange", &["money", "pg"]),
    ("ledger", &["money", "pg"]),
    ("merchants", &["audit", "money", "pg", "privacy"]),
    ("deposits", &["audit", "ledger", "merchants", "money", "pg", "privacy"]),
    ("withdrawals", &["audit", "calendar", "exchange", "ledger", "merchants", "money", "pg", "privacy"]),
    ("payouts", &["bank", "changes", "ledger", "money", "pg", "withdrawals"]),
    ("notifications", &["bank", "merchants", "money", "pg", "privacy"]),
    ("reconciliation", &["money", "pg"]),
    (
        "testkit",
        &[
            "admin-api",
            "audit",
            "bank",
            "calendar",
            "changes",
            "deposits",
            "exchange",
            "idempotency",
            "lanes",
            "ledger",
            "merchants",
            "money",
            "notifications",
            "payouts",
            "pg",
            "privacy",
            "reconciliation",
            "sandbox-bank",
            "vault",
            "withdrawals",
        ],
    ),
    (
        "gateway",
        &[
            "admin-api",
            "audit",
            "bank",
            "calendar",
            "changes",
            "deposits",
            "exchange",
            "idempotency",
            "lanes",
            "ledger",
            "merchants",
            "money",
            "notifications",
            "payouts",
            "pg",
            "privacy",
            "reconciliation",
            "sandbox-bank",
            "vault",
            "withdrawals",
        ],
    ),
    ("admin-tui", &["admin-api", "money"]),
    ("loadtests", &["bank", "gateway", "merchants", "money", "pg", "privacy", "sandbox-bank"]),
    ("tests", &["admin-api", "bank", "money", "testkit"]),
    ("xtask", &["pg"]),
];

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

pub(super) fn check(packages: &[Package]) -> Vec<String> {
    packages.iter().flat_map(check_one).collect()
}

fn check_one(package: &Package) -> Vec<String> {
    let name = &package.name;
    let Some((above, allowed)) = row(name) else {
        return vec![format!("{name} has no row in xtask's table of imports")];
    };
    let may = |import: &Import| {
        allowed.contains(&import.name.as_str())
            || import.in_tests
                && (import.name == TESTS_ONLY || above.iter().any(|(name, _)| *name == import.name))
    };
    let forbidden = package.imports.iter().filter(|import| !may(import));
    forbidden.map(|import| format!("{name} may not import {}", import.name)).collect()
}

type Rows = &'static [(&'static str, &'static [&'static str])];

fn row(name: &str) -> Option<(Rows, &'static [&'static str])> {
    let at = ALLOWED.iter().position(|(row, _)| *row == name)?;
    Some((&ALLOWED[..at], ALLOWED[at].1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(name: &str, imports: &[(&str, bool)]) -> Vec<String> {
        let imports =
            imports.iter().map(|(name, in_tests)| Import { name: (*name).into(), in_tests: *in_tests });
        check(&[Package { name: name.into(), folder: String::new(), imports: imports.collect() }])
    }

    #[test]
    fn each_row_imports_only_rows_above_it() {
        for (at, (name, allowed)) in ALLOWED.iter().enumerate() {
            for import in *allowed {
                assert!(ALLOWED[..at].iter().any(|(above, _)| above == import), "{name}: {import}");
            }
        }
    }

    #[test]
    fn each_crate_has_one_row() {
        let mut names: Vec<_> = ALLOWED.iter().map(|(name, _)| name).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), ALLOWED.len());
    }

    #[test]
    fn imports_are_those_of_the_table() {
        for (name, imports, wrong) in [
            ("ledger", &[("money", false), ("pg", false)][..], &[][..]),
            ("ledger", &[("bank", false)], &["ledger may not import bank"]),
            ("ledger", &[("testkit", true), ("bank", true)], &[]),
            ("ledger", &[("testkit", false)], &["ledger may not import testkit"]),
            ("ledger", &[("payouts", true)], &["ledger may not import payouts"]),
            ("pg", &[("testkit", true)], &[]),
            ("gateway", &[("testkit", false), ("payouts", false)], &["gateway may not import testkit"]),
            ("admin-tui", &[("pg", false)], &["admin-tui may not import pg"]),
            ("else", &[], &["else has no row in xtask's table of imports"]),
        ] {
            assert_eq!(found(name, imports), wrong, "{name} {imports:?}");
        }
    }
}
