//! Whatever is pressed, at whatever size: no panic, and nothing is changed on the server by an operator who may not.

use proptest::prelude::*;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::bench::{Bench, Post};
use super::data;
use crate::action::{Action, Role};
use crate::key::Key;
use crate::model::Model;
use crate::model::confirm::{Confirm, Subject};
use crate::model::overlay::Overlay;
use crate::msg::{Effect, Msg, Outcome, Told};
use crate::text::Lang;
use crate::view::{Theme, draw};

/// What happens to a console.
#[derive(Debug, Clone)]
enum Step {
    Key(Key),
    /// What the question wants typed, where there is one.
    Check,
    /// To an action on one row, or on two.
    Menu(bool),
    /// Everything that the question wants, up to its button.
    Prepare,
    /// The right to act is over.
    Expire,
    Text(&'static str),
    Paste(String),
    Answers,
    Lost,
    Told(u8),
    Outcome(u8),
    Pass(u16),
    Resize(u16, u16),
}

fn step() -> impl Strategy<Value = Step> {
    let often = "123456789jjkkgGvvVaaa/:: ?rsyqL";
    let letters: Vec<char> = often.chars().collect();
    prop_oneof![
        12 => proptest::sample::select(letters).prop_map(|letter| Step::Key(Key::Char(letter))),
        8 => proptest::sample::select(vec![
            Key::Enter, Key::Enter, Key::Enter, Key::Tab, Key::Tab, Key::BackTab, Key::Esc, Key::Up, Key::Down,
            Key::PageUp, Key::PageDown, Key::Home, Key::End, Key::Left, Key::Right, Key::Backspace, Key::Delete,
            Key::Ctrl('c'), Key::Ctrl('u'),
        ]).prop_map(Step::Key),
        2 => any::<char>().prop_map(|any| Step::Key(Key::Char(any))),
        2 => Just(Step::Check),
        3 => any::<bool>().prop_map(Step::Menu),
        5 => Just(Step::Prepare),
        2 => Just(Step::Expire),
        3 => proptest::sample::select(vec![
            "arm 15 why", "query", "freeze", "hold", "export /tmp/x", "unknown", "po_", data::STUCK, "reason",
        ]).prop_map(Step::Text),
        1 => ".{0,12}".prop_map(Step::Paste),
        4 => Just(Step::Answers),
        1 => Just(Step::Lost),
        2 => (0..5_u8).prop_map(Step::Told),
        2 => (0..5_u8).prop_map(Step::Outcome),
        2 => (0..1200_u16).prop_map(Step::Pass),
        1 => (0..200_u16, 0..60_u16).prop_map(|(width, height)| Step::Resize(width, height)),
    ]
}

/// How many keys it was.
fn take(bench: &mut Bench, step: &Step) -> usize {
    let type_in = |bench: &mut Bench, text: &str| {
        for character in text.chars() {
            bench.send(Msg::Key(Key::Char(character)));
        }
        text.chars().count()
    };
    match step {
        Step::Key(key) => {
            bench.send(Msg::Key(*key));
            return 1;
        }
        Step::Text(text) => return type_in(bench, text),
        Step::Check => {
            if let Overlay::Confirm(confirm) = &bench.model.overlay {
                let wanted = confirm.wanted.text.clone();
                return type_in(bench, &wanted);
            }
        }
        Step::Menu(several) => {
            let marks: &[Key] = if *several { &[Key::Char('v'), Key::Char('v')] } else { &[] };
            let keys = [&[Key::Char('2'), Key::Home], marks, &[Key::Char('a'), Key::Enter]].concat();
            keys.iter().for_each(|key| bench.send(Msg::Key(*key)));
            return keys.len();
        }
        Step::Prepare => {
            let Overlay::Confirm(confirm) = &bench.model.overlay else { return 0 };
            let (wanted, extras) = (confirm.wanted.text.clone(), confirm.extras.len());
            bench.send(Msg::Key(Key::Tab));
            (0..extras).for_each(|_| bench.send(Msg::Key(Key::Enter)));
            let typed = type_in(bench, "why");
            bench.send(Msg::Key(Key::Enter));
            let checked = type_in(bench, &wanted);
            bench.send(Msg::Key(Key::Enter));
            return typed + checked + extras + 3;
        }
        Step::Expire => bench.pass(3_600.0),
        Step::Paste(text) => bench.send(Msg::Paste(text.clone())),
        Step::Answers => bench.settle(),
        Step::Lost => bench.lose(),
        Step::Told(which) => {
            let overview = || serde_json::from_value(data::overview("development")).expect("an overview");
            let changed = admin_api::Changed {
                payouts: vec![data::STUCK.to_owned()],
                audit: true,
                ..Default::default()
            };
            bench.send(Msg::Told(match which {
                0 => Told::Began,
                1 => Told::Reset,
                2 => Told::Changed(Box::new(changed)),
                3 => Told::Overview(Box::new(overview())),
                _ => Told::Ended("over".into()),
            }));
        }
        Step::Outcome(which) => {
            if let Some(Post { ticket, .. }) = bench.posts.last().cloned() {
                let outcome = match which {
                    0 => Outcome::Done(serde_json::json!({"status": "held"})),
                    1 => Outcome::Waits(data::APPROVAL.into()),
                    2 => Outcome::Unsure("no answer".into()),
                    4 => Outcome::NotSent("no connection".into()),
                    _ => Outcome::Refused(
                        serde_json::from_value(serde_json::json!(
                            {"title": "no", "status": 409, "code": "illegal-transition"}
                        ))
                        .expect("a problem"),
                    ),
                };
                bench.send(Msg::Posted { ticket, outcome });
            }
        }
        Step::Pass(tenths) => bench.pass(f64::from(*tenths) / 10.0),
        Step::Resize(width, height) => bench.send(Msg::Resize(*width, *height)),
    }
    0
}

fn show(bench: &Bench) {
    let (width, height) = bench.model.size;
    let area = Rect::new(0, 0, width, height);
    let mut buffer = Buffer::empty(area);
    let cursor = draw(&bench.model, Theme { colour: true }, area, &mut buffer);
    assert!(cursor.is_none_or(|cursor| area.contains(cursor)), "the cursor is on the screen");
}

/// A command that may be done: what it does, where it goes, what it is about, and its key.
type Doubt = (Action, String, serde_json::Value, String);

/// All of them, in the question that is open and in those that were left.
fn doubts(model: &Model) -> Vec<Doubt> {
    let open = match &model.overlay {
        Overlay::Confirm(confirm) => Some(&**confirm),
        _ => None,
    };
    let questions = model.left.iter().chain(open);
    questions.flat_map(|confirm| of(confirm, |subject| subject.state.is_in_doubt())).collect()
}

fn of(confirm: &Confirm, is_it: impl Fn(&Subject) -> bool) -> Vec<Doubt> {
    let action = confirm.action;
    let subjects = confirm.subjects.iter().filter(|subject| is_it(subject));
    subjects
        .map(|one| (action, action.path(&one.item), action.body(&one.item, "", &[]), one.key.clone()))
        .collect()
}

/// What was in doubt went out under its own key if at all, and none of it is forgotten.
fn nothing_goes_twice(before: &[Doubt], bench: &Bench, posted: &[Post]) {
    let known = match &bench.model.overlay {
        Overlay::Confirm(confirm) => of(confirm, |_| true),
        _ => Vec::new(),
    };
    let after = doubts(&bench.model);
    for doubt in before {
        let is_kept = after.iter().chain(&known).any(|other| other.3 == doubt.3);
        assert!(is_kept, "a key in doubt is forgotten: {doubt:?}");
        for post in posted {
            let sent = known.iter().find(|one| one.3 == post.key).expect("the question that it comes from");
            let is_same = (&sent.0, &sent.1, &sent.2) == (&doubt.0, &doubt.1, &doubt.2);
            assert!(!is_same || sent.3 == doubt.3, "in doubt, and sent under another key: {doubt:?}");
        }
    }
}

/// One operator's night; how many keys were pressed.
fn night(steps: &[Step], role: Role, may_arm: bool) -> usize {
    let mut bench = Bench::of(80, 24, Lang::English, Some(role), data::answer);
    let mut pressed = 0;
    if may_arm {
        bench.press(": \"arm 60 why\" Enter 2");
    }
    for (at, step) in steps.iter().enumerate() {
        let armed = bench.model.is_armed();
        let (posts, quit) = (bench.posts.len(), bench.wanted.len());
        let complete = matches!(&bench.model.overlay, Overlay::Confirm(confirm) if confirm.is_complete());
        if !may_arm {
            bench.wanted.retain(|effect| !matches!(effect, Effect::Arm(_)));
        }
        let in_doubt = doubts(&bench.model);
        pressed += take(&mut bench, step);
        nothing_goes_twice(&in_doubt, &bench, &bench.posts[posts..]);
        if bench.posts.len() > posts {
            assert!(armed, "a change by someone who may not: {step:?}");
            assert!(complete, "a change that nobody confirmed: {step:?}");
        }
        let asked_to_arm = |effect: &Effect| matches!(effect, Effect::Arm(_));
        if bench.wanted[quit.min(bench.wanted.len())..].iter().any(asked_to_arm) {
            assert!(role > Role::Viewer, "a viewer asks for the right to act");
        }
        if at % 24 == 0 {
            show(&bench);
        }
    }
    show(&bench);
    pressed
}

/// Cases, and steps of each; together well over 100,000 keys.
const CASES: u32 = 200;
const STEPS: usize = 400;

proptest! {
    #![proptest_config(ProptestConfig { cases: CASES, ..ProptestConfig::default() })]

    #[test]
    fn nobody_changes_anything_read_only(steps in proptest::collection::vec(step(), STEPS)) {
        night(&steps, Role::Operator, false);
    }

    #[test]
    fn whoever_is_armed_changes_only_what_is_confirmed(steps in proptest::collection::vec(step(), STEPS)) {
        night(&steps, Role::Approver, true);
    }
}

#[test]
fn the_nights_are_long_enough() {
    use proptest::strategy::ValueTree as _;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let strategy = proptest::collection::vec(step(), STEPS);
    let steps = strategy.new_tree(&mut runner).expect("steps").current();
    let pressed = night(&steps, Role::Approver, true);
    let all = pressed * usize::try_from(CASES).expect("a number") * 2;
    assert!(all > 100_000, "{all} keys");
}

#[test]
fn every_screen_at_every_size() {
    for keys in [
        "2 V a Enter",
        "5 Enter a j j Enter",
        "7 Tab Tab",
        "2 j j j a j Enter Tab Right",
        "1",
        "2",
        "2 Enter",
        "2 a",
        "2 :",
        "2 /",
        "2 ?",
        "5 Enter",
        "6 Enter",
        "8",
        "9 Tab Enter",
    ] {
        let mut bench = Bench::new(80, 24);
        bench.press(": \"arm 15 why\" Enter");
        bench.press(keys);
        for (width, height) in [(0, 0), (1, 1), (5, 2), (20, 5), (20, 3), (40, 10), (300, 100), (u16::MAX, 1)]
        {
            bench.send(Msg::Resize(width, height));
            show(&bench);
            bench.send(Msg::Key(Key::PageDown));
        }
    }
}
