//! Advisories about dependencies. Their database lies elsewhere, and not every machine reaches it.

use std::process::{Command, Stdio};

use crate::Failure;

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The database was read, and knows nothing against us.
    None,
    /// An advisory, or anything else that isn't clearly a matter of the network.
    Found,
    Unreachable,
}

/// Runs `cargo deny check advisories` and prints what it says.
pub(super) fn check(mut deny: Command) -> Result<Outcome, Failure> {
    let output = deny.stdin(Stdio::null()).output()?;
    let said =
        [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
    print!("{said}");
    Ok(outcome(output.status.success(), &said))
}

/// Only a run that couldn't fetch, and reports no advisory from an older copy, counts as unreachable.
fn outcome(success: bool, said: &str) -> Outcome {
    let unreachable = said.contains("failed to fetch advisory database") && !said.contains("error[");
    match success {
        true => Outcome::None,
        false if unreachable => Outcome::Unreachable,
        false => Outcome::Found,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_database_out_of_reach_is_no_failure() {
        let fetch = "[ERROR] failed to fetch advisory database https://host.example/db with cli: failed to clone\n\
                     fatal: Could not resolve host: host.example\n";
        let advisory = "error[vulnerability]: Use after free\n  ID: RUSTSEC-2020-0001\nadvisories FAILED\n";
        for (success, said, expected) in [
            (true, "advisories ok\n", Outcome::None),
            (true, "warning[advisory-not-detected]: \nadvisories ok\n", Outcome::None),
            (false, fetch, Outcome::Unreachable),
            (false, advisory, Outcome::Found),
            (false, &format!("{fetch}{advisory}"), Outcome::Found),
            (false, "error: failed to load advisory database: broken\n", Outcome::Found),
            (false, "", Outcome::Found),
        ] {
            assert_eq!(outcome(success, said), expected, "{said}");
        }
    }
}
