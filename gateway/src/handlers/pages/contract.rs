//! The document, as strict readers of YAML and of JSON Schema take it.

use std::collections::BTreeSet;

use super::OPENAPI;

/// The keys that stand twice in one mapping, with the numbers of their lines. YAML forbids it, and of readers that let it pass
/// one takes the first and another the second.
///
/// It knows what the document uses: blocks, mappings and lists in brackets that end on their line, texts of several lines.
fn repeated(document: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut open: Vec<(usize, BTreeSet<&str>)> = Vec::new();
    let mut text_under = None;
    for (number, line) in document.lines().enumerate() {
        let mut rest = line.trim_start();
        let mut column = line.len() - rest.len();
        if rest.is_empty() || rest.starts_with('#') || text_under.is_some_and(|under| column > under) {
            continue;
        }
        text_under = None;
        while let Some(item) = rest.strip_prefix("- ") {
            // Each item of a list is a mapping of its own.
            open.retain(|(at, _)| *at <= column);
            column += 2;
            rest = item;
        }
        let in_brackets = rest.starts_with(['{', '[']);
        let (key, value) = match rest.split_once(':') {
            Some((key, value)) if !in_brackets && (value.is_empty() || value.starts_with(' ')) => {
                (key, value)
            }
            _ => ("", rest),
        };
        let mut twice = in_one_line(value.trim());
        if !key.is_empty() {
            open.retain(|(at, _)| *at <= column);
            if open.last().is_none_or(|(at, _)| *at < column) {
                open.push((column, BTreeSet::new()));
            }
            if open.last_mut().is_some_and(|(_, keys)| !keys.insert(key)) {
                twice.push(key);
            }
            text_under = value.trim().starts_with(['|', '>']).then_some(column);
        }
        found.extend(twice.iter().map(|key| format!("{}: {key}", number + 1)));
    }
    found
}

/// The same within the brackets of one line.
fn in_one_line(value: &str) -> Vec<&str> {
    let (mut found, mut open): (Vec<&str>, Vec<BTreeSet<&str>>) = (Vec::new(), Vec::new());
    let (mut begin, mut quoted, mut escaped) = (0, None, false);
    for (at, c) in value.char_indices() {
        let token = value[begin..at].trim();
        match (quoted, c) {
            (Some(_), _) if escaped => escaped = false,
            (Some('"'), '\\') => escaped = true,
            (Some(quote), c) => quoted = Some(quote).filter(|quote| *quote != c),
            (None, '"' | '\'') if token.is_empty() => quoted = Some(c),
            (None, '{' | '[') if token.is_empty() => {
                open.push(BTreeSet::new());
                begin = at + 1;
            }
            (None, '}' | ']') if !open.is_empty() => {
                open.pop();
                begin = at + 1;
            }
            (None, ',') if !open.is_empty() => begin = at + 1,
            (None, ':') if value[at + 1..].starts_with(' ') => {
                if open.last_mut().is_some_and(|keys| !keys.insert(token)) {
                    found.push(token);
                }
                begin = at + 1;
            }
            _ => {}
        }
    }
    assert!(open.is_empty() && quoted.is_none(), "no end on this line: {value}");
    found
}

#[test]
fn no_key_of_the_document_stands_twice() {
    assert_eq!(repeated(OPENAPI), [] as [&str; 0]);
}

#[test]
fn a_key_that_stands_twice_is_found_wherever_it_stands() {
    for (document, expected) in [
        ("a: 1\nb: 2\na: 3\n", &["3: a"][..]),
        ("a:\n  x: 1\n  y: 2\n  x: 3\nb:\n  x: 1\n", &["4: x"]),
        ("a:\n  - x: 1\n    y: 2\n  - x: 1\n    x: 2\n", &["5: x"]),
        ("a:\n  x:\n    - b\n    - c\n  x: 1\n", &["5: x"]),
        ("a: { x: 1, y: { x: 1 }, z: [x, x], x: 2 }\n", &["1: x"]),
        ("a:\n  - { x: 1 }\n  - { x: 1, x: 2 }\n", &["3: x"]),
        ("a: { x: The bank's, y: \"x: 1, x: \\\"2\", z: 1 }\nb: |\n  a: 1\n\n  a: 1\nc: 1\n", &[]),
        ("\"200\":\n  x: 1\n\"401\": { x: 1 }\n\"200\": 1\n", &["4: \"200\""]),
    ] {
        assert_eq!(repeated(document), expected, "{document}");
    }
}

/// The lines of a schema.
fn schema(name: &str) -> Vec<&'static str> {
    let begin = format!("    {name}:");
    let lines = OPENAPI.lines().skip_while(|line| *line != begin).skip(1);
    lines.take_while(|line| line.is_empty() || line.starts_with("     ")).collect()
}

/// What stands in the brackets behind `begin`.
fn listed<'a>(line: &'a str, begin: &str) -> Option<Vec<&'a str>> {
    let (list, _) = line.split_once(begin)?.1.split_once(']')?;
    Some(list.split(',').map(str::trim).collect())
}

/// The types that have a branch of their own in `BankEvent`, each with the schema of its data.
fn branches() -> Vec<(&'static str, &'static str)> {
    let mut branches = Vec::new();
    for line in schema("BankEvent").iter().filter(|line| line.contains("- properties: {")) {
        let (_, data) = line.split_once("#/components/schemas/").expect("the data's schema");
        let (data, _) = data.split_once('"').expect("its end");
        let one = || line.split_once("const: ")?.1.split_once(' ').map(|(name, _)| vec![name]);
        let types = listed(line, "enum: [").or_else(one).expect("types");
        branches.extend(types.into_iter().map(|name| (name, data)));
    }
    branches
}

/// A type that is known has one branch, which demands what the code demands, and the branch for the rest is none of its.
#[test]
fn what_banks_say_fits_one_branch_each_and_names_what_must_be_there() {
    let of_branches: Vec<&str> = branches().into_iter().map(|(name, _)| name).collect();
    let known = [
        "funds.received",
        "funds.returned",
        "payout.paid",
        "payout.failed",
        "payout.returned",
        "rates.published",
    ];
    assert_eq!(of_branches, known);
    let excluded = schema("BankEvent").into_iter().find_map(|line| listed(line, "not: { enum: ["));
    assert_eq!(excluded, Some(known.to_vec()));
    for (name, data) in branches() {
        let parsed = bank::event::parse(format!(r#"{{"type":"{name}","data":{{}}}}"#).as_bytes());
        let Err(bank::ParseError::Invalid(errors)) = parsed else { panic!("{name}: {parsed:?}") };
        let demanded: BTreeSet<&str> =
            errors.iter().filter_map(|error| error.field.strip_prefix("data.")).collect();
        let required = schema(data).into_iter().find_map(|line| listed(line, "      required: ["));
        assert_eq!(required.map(BTreeSet::from_iter), Some(demanded), "{name}");
    }
}

#[test]
fn every_reason_of_a_review_is_in_the_document() {
    let lines = schema("ReviewReason");
    let items = lines.iter().filter_map(|line| line.strip_prefix("        - "));
    let (told, listed): (Vec<&str>, Vec<&str>) = items.partition(|item| item.starts_with('`'));
    let names = deposits::Reason::ALL.map(deposits::Reason::as_str);
    assert_eq!(listed, names);
    let told: Vec<&str> = told.iter().filter_map(|item| item.split('`').nth(1)).collect();
    assert_eq!(told, names, "in words");
}
