//! The pages for bank partners: how to sign, what to send, what the answers mean.

use hyper::StatusCode;

use super::{Answer, reply};
use crate::problem::Refusal;
use crate::request::Request;

/// Each page under its name.
const PAGES: [(&str, &str); 6] = [
    ("start", include_str!("../../partners/README.md")),
    ("events", include_str!("../../partners/events.md")),
    ("standard-webhooks", include_str!("../../partners/standard-webhooks.md")),
    ("hmac", include_str!("../../partners/hmac.md")),
    ("rsa-sha256", include_str!("../../partners/rsa-sha256.md")),
    ("mtls", include_str!("../../partners/mtls.md")),
];

/// `GET /partners/{page}`; the pages' links to each other end in `.md`. As plain text, which every browser shows.
///
/// # Errors
/// `not-found`.
pub fn show(request: &Request) -> Answer {
    let name = request.parameter();
    let text = page(name.strip_suffix(".md").unwrap_or(name)).ok_or_else(|| Refusal::not_found("page"))?;
    Ok(reply::typed(StatusCode::OK, "text/plain; charset=utf-8", text))
}

fn page(name: &str) -> Option<&'static str> {
    PAGES.iter().find(|page| page.0 == name).map(|page| page.1)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::problem::Problem;

    #[test]
    fn pages_link_to_pages_that_there_are() {
        for (name, text) in PAGES {
            for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
                let there = link.starts_with("https://")
                    || link.strip_suffix(".md").is_some_and(|to| page(to).is_some());
                assert!(there, "{link} on {name}");
            }
        }
        for scheme in ["standard-webhooks", "hmac", "rsa-sha256"] {
            assert!(scheme.parse::<bank::Scheme>().is_ok() && page(scheme).is_some(), "{scheme}");
        }
    }

    /// Every code that is in the table of answers is one, and has the status that stands beside it.
    #[test]
    fn the_table_of_answers_is_true() {
        let events = page("events").expect("the page");
        let table =
            events.split("## What the answers mean").nth(1).and_then(|rest| rest.split("\n## ").next());
        let mut codes = BTreeSet::new();
        for row in table.expect("the table").lines().filter(|line| line.starts_with("| ")).skip(1) {
            let cells: Vec<&str> = row.split('|').map(str::trim).collect();
            let statuses: Vec<u16> = cells[1].split(", ").filter_map(|text| text.parse().ok()).collect();
            for code in
                cells[2].split(", ").map(|code| code.trim_matches('`')).filter(|code| !code.is_empty())
            {
                let problem = Problem::of_code(code).unwrap_or_else(|| panic!("{code} is no code"));
                assert!(statuses.contains(&problem.status()), "{row}");
                codes.insert(code);
            }
        }
        assert_eq!(codes.len(), 14, "{codes:?}");
    }
}
