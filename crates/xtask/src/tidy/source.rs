//! What files may be called, how long they may be, and what may not stand in them.

use super::File;

const LONGEST: usize = 600;

/// Modules for leftovers: what is in them has a better place.
const LEFTOVERS: &[&str] = &["common", "helper", "helpers", "misc", "util", "utils"];

/// Texts that don't belong into Rust, in two pieces, so that this file is not found by itself.
const NOT_IN_RUST: &[(&str, &str, &str)] = &[
    ("macro_", "rules!", "own macros are hard to read: write a function"),
    ("cfg(", "feature", "one product, no feature flags"),
    ("cfg_attr(", "feature", "one product, no feature flags"),
];

/// Texts that belong nowhere: the machine of whoever wrote them is not the reader's.
const NOWHERE: &[(&str, &str, &str)] = &[
    ("/ho", "me/", "a path of one machine"),
    ("/Us", "ers/", "a path of one machine"),
    ("/ro", "ot/", "a path of one machine"),
    ("crates.io", "-index", "the address of a registry"),
    ("index.", "crates.io", "the address of a registry"),
    ("static.", "crates.io", "the address of a registry"),
    ("crates.io", "/index", "the address of a registry"),
    ("crates.io", "/api", "the address of a registry"),
    ("pypi", ".org", "the address of a registry"),
    ("python", "hosted.org", "the address of a registry"),
    ("registry.", "npmjs", "the address of a registry"),
    ("registry.", "yarnpkg", "the address of a registry"),
    ("deb.", "debian", "the address of a registry"),
    ("security.", "debian", "the address of a registry"),
    ("archive.", "ubuntu", "the address of a registry"),
    ("proxy.", "golang", "the address of a registry"),
    ("ruby", "gems.org", "the address of a registry"),
    ("docker", ".io", "the address of a registry"),
    ("gh", "cr.io", "the address of a registry"),
];

/// Cargo writes where each package comes from.
const WRITTEN_BY_CARGO: &str = "Cargo.lock";

pub(super) fn check(files: &[File]) -> Vec<String> {
    files.iter().filter(|file| file.path != WRITTEN_BY_CARGO).flat_map(check_one).collect()
}

fn check_one(file: &File) -> Vec<String> {
    let mut findings = texts(file, NOWHERE);
    findings.extend(outside(file));
    if file.path.ends_with(".rs") {
        findings.extend(texts(file, NOT_IN_RUST));
        findings.extend(length(file));
        findings.extend(name(file));
    }
    findings
}

fn length(file: &File) -> Option<String> {
    let lines = file.text.lines().count();
    (lines > LONGEST).then(|| format!("{}: {lines} lines, more than {LONGEST}", file.path))
}

fn name(file: &File) -> Option<String> {
    let path = file.path.strip_suffix(".rs")?;
    let found = path.split('/').find(|part| LEFTOVERS.contains(part))?;
    Some(format!("{}: `{found}` says nothing about what is in it", file.path))
}

fn texts(file: &File, unwanted: &[(&str, &str, &str)]) -> Vec<String> {
    let mut findings = Vec::new();
    for (begin, end, why) in unwanted {
        let text = format!("{begin}{end}");
        for (at, _) in file.text.lines().enumerate().filter(|(_, line)| line.contains(&text)) {
            findings.push(format!("{}:{}: `{text}`: {why}", file.path, at + 1));
        }
    }
    findings
}

/// Paths that lead out of the repository, seen from the file itself.
fn outside(file: &File) -> Vec<String> {
    let depth = file.path.matches('/').count();
    let lines = file.text.lines().enumerate().filter(|(_, line)| steps_up(line) > depth);
    lines.map(|(at, _)| format!("{}:{}: a path outside the repository", file.path, at + 1)).collect()
}

/// The longest `../../…` of a line.
fn steps_up(line: &str) -> usize {
    let (mut longest, mut rest) = (0, line);
    while let Some(at) = rest.find("../") {
        rest = &rest[at..];
        let mut steps = 0;
        while let Some(behind) = rest.strip_prefix("../") {
            (steps, rest) = (steps + 1, behind);
        }
        longest = longest.max(steps);
    }
    longest
}

#[cfg(test)]
mod tests {
    use super::super::files;
    use super::*;

    fn found(path: &str, text: &str) -> Vec<String> {
        check(&files(&[(path, text)]))
    }

    #[test]
    fn files_have_at_most_600_lines() {
        assert_eq!(found("a.rs", &"\n".repeat(600)), [""; 0]);
        assert_eq!(found("a.rs", &"\n".repeat(601)), ["a.rs: 601 lines, more than 600"]);
        assert_eq!(found("a.md", &"\n".repeat(601)), [""; 0]);
    }

    #[test]
    fn modules_for_leftovers_are_found() {
        for (path, wrong) in [
            ("crates/a/src/utils.rs", true),
            ("crates/a/tests/common/mod.rs", true),
            ("crates/a/src/uncommon.rs", false),
            ("crates/a/src/common.sql", false),
        ] {
            assert_eq!(!found(path, "").is_empty(), wrong, "{path}");
        }
    }

    #[test]
    fn unwanted_texts_are_found_with_their_line() {
        let macros = format!("fn a() {{}}\nmacro_{}! b {{}}\n", "rules");
        assert!(found("a.rs", &macros)[0].starts_with("a.rs:2: "));
        assert_eq!(found("a.md", &macros), [""; 0]);
        for (begin, end) in
            [("../", "x"), ("/ho", "me/me"), ("/Us", "ers/me"), ("/ro", "ot/x"), ("https://pypi", ".org")]
        {
            let text = format!("see {begin}{end}");
            assert_eq!(found("a.toml", &text).len(), 1, "{text}");
            assert_eq!(found("Cargo.lock", &text), [""; 0], "{text}");
        }
    }

    #[test]
    fn no_path_leads_out_of_the_repository() {
        for (path, text, wrong) in [
            ("a.md", "see ../b", true),
            ("a/b.rs", "include_str!(\"../c\")", false),
            ("a/b.rs", "include_str!(\"../../c\")", true),
            ("a/b/c.rs", "(\"../../d\", \"../e\")", false),
            ("a/b/c.rs", "../x ../../../d", true),
        ] {
            assert_eq!(!found(path, text).is_empty(), wrong, "{path} {text}");
        }
    }

    #[test]
    fn this_file_is_not_found_by_itself() {
        assert_eq!(found("crates/xtask/src/tidy/source.rs", include_str!("source.rs")), [""; 0]);
    }
}
