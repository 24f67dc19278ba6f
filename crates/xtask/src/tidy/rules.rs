//! The rules in README.md: where each is kept, and that tests bear its name.

use std::collections::BTreeSet;

use super::table::{link, list, rows};
use super::{File, text_of};

const HEADING: &str = "| rule | what it says | kept in | tests |";

/// How the last column begins where nothing keeps the rule yet.
const NOT_BUILT: &str = "not built";

/// A row of the table.
struct Rule<'a> {
    /// `R24`, `I3`.
    name: &'a str,
    /// Names and folders of crates.
    kept_in: Vec<(&'a str, &'a str)>,
    tests: &'a str,
}

fn read<'a>(cells: &[&'a str]) -> Option<Rule<'a>> {
    let &[name, _, kept_in, tests] = cells else { return None };
    let kept_in = list(kept_in).into_iter().map(link).collect::<Option<_>>()?;
    is_rule(&name.to_lowercase()).then_some(Rule { name, kept_in, tests })
}

/// `r24`, `i3`.
fn is_rule(word: &str) -> bool {
    let number = word.strip_prefix(['r', 'i']).unwrap_or_default();
    !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
}

pub(super) fn check(files: &[File]) -> Vec<String> {
    let mut findings = Vec::new();
    let mut rules: Vec<Rule<'_>> = Vec::new();
    for cells in rows(text_of(files, "README.md"), HEADING) {
        match read(&cells) {
            None => findings.push(format!("README.md: no row of a rule: {}", cells.join(" | "))),
            Some(rule) if rules.iter().any(|above| above.name == rule.name) => {
                findings.push(format!("README.md: {} has two rows", rule.name));
            }
            Some(rule) => rules.push(rule),
        }
    }
    let rust = files.iter().filter(|file| file.path.ends_with(".rs"));
    let tested: Vec<(&File, String)> =
        rust.flat_map(|file| carried(&file.text).into_iter().map(move |rule| (file, rule))).collect();
    for (file, name) in &tested {
        if rules.iter().all(|rule| rule.name != name) {
            findings.push(format!("{}: a test of {name}, which the README's rules don't have", file.path));
        }
    }
    let tested: BTreeSet<&str> = tested.iter().map(|(_, name)| name.as_str()).collect();
    findings.extend(rules.iter().flat_map(|rule| check_one(files, rule, tested.contains(rule.name))));
    findings
}

fn check_one(files: &[File], rule: &Rule<'_>, tested: bool) -> Vec<String> {
    let name = rule.name;
    if rule.tests.starts_with(NOT_BUILT) {
        let tested = tested.then(|| format!("README.md: {name} is said not to be built, but has a test"));
        return tested.into_iter().collect();
    }
    let mut findings = Vec::new();
    if !rule.tests.starts_with(&format!("`{}_…`", name.to_lowercase())) {
        findings.push(format!(
            "README.md: the last column of {name} names neither its tests nor is it \"{NOT_BUILT}\""
        ));
    }
    if !tested {
        findings.push(format!("README.md: no test bears the name of {name}"));
    }
    if rule.kept_in.is_empty() {
        findings.push(format!("README.md: no crate keeps {name}"));
    }
    for (of, folder) in &rule.kept_in {
        let readme = format!("{folder}/README.md");
        if !text_of(files, &readme).split(|c: char| !c.is_alphanumeric()).any(|word| word == name) {
            findings.push(format!("{readme}: {of} keeps {name}, but doesn't say so"));
        }
    }
    findings
}

/// The rules that the names of tests begin with: `r6_r15_…` is one of R6 and one of R15.
fn carried(rust: &str) -> BTreeSet<String> {
    let mut carried = BTreeSet::new();
    let mut is_test = false;
    for line in rust.lines().map(str::trim) {
        if line.starts_with("#[") {
            is_test |= line.contains("test");
            continue;
        }
        let name = line.strip_prefix("async ").unwrap_or(line).strip_prefix("fn ");
        if let Some(name) = name.filter(|_| is_test) {
            let words = name.split('_').take_while(|word| is_rule(word));
            carried.extend(words.map(str::to_uppercase));
        }
        is_test = false;
    }
    carried
}

#[cfg(test)]
mod tests {
    use super::super::files;
    use super::*;

    const RULES: &str = "| rule | what it says | kept in | tests |\n|---|---|---|---|\n| R1 | One. | [a](crates/a) | `r1_…` |\n\
         | R2 | Two. | – | not built |\n| I1 | Three. | [a](crates/a) | `i1_…`; the rest not yet |\n";

    fn found(rules: &str, readme: &str, rust: &str) -> Vec<String> {
        check(&files(&[("README.md", rules), ("crates/a/README.md", readme), ("crates/a/src/lib.rs", rust)]))
    }

    #[test]
    fn each_rule_has_a_test_and_a_crate_that_says_so() {
        let both = "#[test]\nfn r1_i1_a() {}\n";
        for (readme, rust, wrong) in [
            ("R1, **I1**", both, &[][..]),
            (
                "R1, **I1**",
                "fn r1_i1_a() {}\n",
                &["README.md: no test bears the name of R1", "README.md: no test bears the name of I1"],
            ),
            ("R17 and I1", both, &["crates/a/README.md: a keeps R1, but doesn't say so"]),
            (
                "R1 I1",
                "#[test]\nfn r1_i1_a() {}\n#[test]\nfn r2_b() {}\n",
                &["README.md: R2 is said not to be built, but has a test"],
            ),
            (
                "R1 I1",
                "#[tokio::test]\nasync fn i1_r1_r9_a() {}\n",
                &["crates/a/src/lib.rs: a test of R9, which the README's rules don't have"],
            ),
        ] {
            assert_eq!(found(RULES, readme, rust), wrong, "{readme} {rust}");
        }
    }

    #[test]
    fn a_wrong_table_is_found() {
        let last = |name: &str| {
            format!("README.md: the last column of {name} names neither its tests nor is it \"not built\"")
        };
        for (right, wrong, told) in [
            ("`r1_…`", "", vec![last("R1")]),
            ("`r1_…`", "`r2_…`", vec![last("R1")]),
            ("| R2 |", "| Two |", vec!["README.md: no row of a rule: Two | Two. | – | not built".into()]),
            ("| R2 |", "| R1 |", vec!["README.md: R1 has two rows".into()]),
            ("[a](crates/a) | `r1_…`", "– | `r1_…`", vec!["README.md: no crate keeps R1".into()]),
        ] {
            let rules = RULES.replacen(right, wrong, 1);
            assert_eq!(found(&rules, "R1 I1", "#[test]\nfn r1_i1_a() {}\n"), told, "{wrong}");
        }
    }

    #[test]
    fn only_tests_carry_rules_and_only_at_the_beginning() {
        let rust = "fn i64_of() {}\n#[test]\nfn r6_r15_a_r7() {}\n\n#[tokio::test(flavor = \"multi_thread\")]\n\
                    async fn i3_b() {}\n    #[test]\n    fn run_r1() {}\n";
        assert_eq!(Vec::from_iter(carried(rust)), ["I3", "R15", "R6"]);
    }
}
