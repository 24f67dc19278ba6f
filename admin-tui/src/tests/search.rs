//! The palette finds what the server knows.

use super::bench::Bench;
use super::data::{MERCHANT, PAYMENT};
use crate::msg::Effect;

fn asked(bench: &Bench) -> Vec<&str> {
    let path = |effect: &'_ Effect| match effect {
        Effect::Get { path, .. } if path.contains("search") => Some(path.clone()),
        _ => None,
    };
    bench
        .asked
        .iter()
        .filter(|effect| path(effect).is_some())
        .map(|effect| match effect {
            Effect::Get { path, .. } => path.as_str(),
            _ => "",
        })
        .collect()
}

#[test]
fn once_the_typing_rests_the_server_is_asked() {
    let mut bench = Bench::new(100, 30);
    bench.press(": \"HB-20261125-000017\"");
    assert!(asked(&bench).is_empty(), "not while typing");
    bench.pass(0.4);
    assert_eq!(asked(&bench), ["/admin/v1/search?q=HB-20261125-000017"]);
    assert!(bench.shows("searching..."), "{}", bench.screen());
    bench.settle();
    assert!(bench.shows("20.00 USD from sandbox, in_review"), "{}", bench.screen());
    bench.pass(5.0);
    assert!(asked(&bench).is_empty(), "asked once");
    bench.press("Enter");
    assert!(bench.shows(PAYMENT) && bench.shows("WHAT HAPPENED"), "{}", bench.screen());
}

#[test]
fn enter_looks_at_once_where_nothing_fits() {
    let mut bench = Bench::new(100, 30);
    bench.press(": \"HB-20261125-000017\" Enter Down Enter");
    // The second hit is a payee: it leads to whose it is.
    assert!(bench.shows(MERCHANT), "{}", bench.screen());
}

#[test]
fn nothing_found_is_said_and_commands_are_not_looked_for() {
    let mut bench = Bench::new(100, 30);
    bench.press(": \"zzzz\"");
    bench.pass(0.4);
    bench.settle();
    assert!(bench.shows("nothing found by id, reference or name"), "{}", bench.screen());
    for typed in ["arm 15 why", "po", "export /tmp/x"] {
        let mut bench = Bench::new(100, 30);
        bench.press(&format!(": \"{typed}\""));
        bench.pass(0.4);
        assert!(asked(&bench).is_empty(), "{typed}");
    }
}

#[test]
fn an_answer_to_other_words_is_not_shown() {
    let mut bench = Bench::new(100, 30);
    bench.press(": \"HB-20261125-000017\"");
    bench.pass(0.4);
    let late = std::mem::take(&mut bench.asked);
    bench.press("\"8\"");
    bench.asked = late;
    bench.settle();
    assert!(!bench.shows("20.00 USD from"), "{}", bench.screen());
}
