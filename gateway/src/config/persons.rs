//! Which operators are one person: four eyes are two persons (R33), so whoever has several tokens must be known for one.

use merchants::is_unseen;

use super::Operator;

/// Whether both are one person's names. They are written alike within a configuration, but not for ever: what somebody asked for
/// waits while a reload spells the name anew.
pub fn is_same_person(one: &str, other: &str) -> bool {
    one == other || privacy::normalise_name(one) == privacy::normalise_name(other)
}

/// By the place of the operator: what is wrong with its person.
pub(super) fn wrong(operators: &[Operator]) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (at, Operator { person, .. }) in operators.iter().enumerate() {
        if let Some(message) = wrong_name(person) {
            found.push((at, message.to_owned()));
            continue;
        }
        let other =
            operators[..at].iter().position(|o| o.person != *person && is_same_person(&o.person, person));
        if let Some(other) = other {
            found.push((
                at,
                format!(
                    "is the person of operators[{other}], written differently: write both alike, or one person \
                     could approve what it asked for; if they are two, write what tells them apart"
                ),
            ));
        }
    }
    found
}

fn wrong_name(person: &str) -> Option<&'static str> {
    if person.trim().is_empty() {
        return Some("must not be empty");
    }
    if person.trim() != person {
        return Some("must not begin or end with a space");
    }
    person.chars().any(is_unseen).then_some("must have no character that controls or is not seen")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::Config;
    use super::super::tests::LEAST;

    /// What `check-config` says of these persons, each with a token of its own.
    fn faults(persons: &[&str]) -> Vec<String> {
        let (least, _) = LEAST.split_once("[[operators]]").expect("an operator");
        let operator = |(at, person): (usize, &&str)| {
            format!(
                "[[operators]]\nid = \"op_{at}\"\nperson = \"{person}\"\nrole = \"approver\"\ntoken_sha256 = \"{at:064}\"\n"
            )
        };
        let operators: String = persons.iter().enumerate().map(operator).collect();
        match Config::parse(&format!("{least}{operators}"), Path::new("")) {
            Ok(_) => Vec::new(),
            Err(errors) => errors.iter().map(ToString::to_string).collect(),
        }
    }

    #[test]
    fn r33_one_person_is_written_in_one_way() {
        for right in [
            ["Ada", "Ada"].as_slice(),
            &["Ada", "Adam"],
            &["Li Na", "Li Nan", "Li Na"],
            &["José", "Jose"],
            &["Ada (Paris)", "Ada (Rome)"],
        ] {
            assert_eq!(faults(right), [""; 0], "{right:?}");
        }
        for (wrong, path) in [
            (["Ada", "ada"].as_slice(), "operators[1].person: is the person of operators[0]"),
            (&["Bo", "Li Na", "LI  NA"], "operators[2].person: is the person of operators[1]"),
            (&["Li Na", "Na Li"], "operators[1].person: is the person of operators[0]"),
            (&["José", "Jose\u{301}"], "operators[1].person: is the person of operators[0]"),
            (&["Ａｄａ", "Ada"], "operators[1].person: is the person of operators[0]"),
            (&["Ada", "ada "], "operators[1].person: must not begin or end"),
            (&["\u{3000}Ada"], "operators[0].person: must not begin or end"),
            (&["Ada", "A\u{200b}da"], "operators[1].person: must have no character"),
            (&["Ada\u{200e}B"], "operators[0].person: must have no character"),
            (&[" "], "operators[0].person: must not be empty"),
        ] {
            let found = faults(wrong);
            assert!(found.len() == 1 && found[0].starts_with(path), "{wrong:?}: {found:?}");
        }
    }
}
