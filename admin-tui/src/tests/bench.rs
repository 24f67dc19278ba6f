//! A console on the bench.

use std::time::Duration;

use admin_api::Me;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use time::macros::datetime;

use super::data;
use crate::action::{Role, Who};
use crate::key::Key;
use crate::model::{Model, Settings};
use crate::msg::{Clock, Effect, Msg, Outcome, Trouble};
use crate::once::line;
use crate::text::Lang;
use crate::update::update;
use crate::view::{Theme, draw};

/// What the tests' clock says at the start.
pub const START: OffsetDateTime = datetime!(2026-11-26 03:00 UTC);

/// A command that was sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Post {
    pub ticket: u64,
    pub path: String,
    pub body: Value,
    pub key: String,
}

pub struct Bench {
    pub model: Model,
    /// What was asked and not answered yet.
    pub asked: Vec<Effect>,
    pub posts: Vec<Post>,
    /// Everything else that was wanted.
    pub wanted: Vec<Effect>,
    up: Duration,
    role: Option<Role>,
    /// Whose token it is.
    pub id: String,
    /// Until when the server lets this operator act, and why.
    pub armed: Option<(OffsetDateTime, String)>,
    answers: fn(&str) -> Value,
}

impl Bench {
    /// A console of an operator that has just come up and got its first answers.
    pub fn new(width: u16, height: u16) -> Bench {
        Bench::of(width, height, Lang::English, Some(Role::Operator), data::answer)
    }

    pub fn of(width: u16, height: u16, lang: Lang, role: Option<Role>, answers: fn(&str) -> Value) -> Bench {
        let settings = Settings {
            who: Who { id: Some("ops-1".to_owned()), role },
            lang,
            run: "run".to_owned(),
            size: (width, height),
            clock: Clock { up: Duration::ZERO, wall: START },
        };
        let mut bench = Bench {
            model: Model::new(settings),
            asked: Vec::new(),
            posts: Vec::new(),
            wanted: Vec::new(),
            up: Duration::ZERO,
            role,
            id: "ops-1".to_owned(),
            armed: None,
            answers,
        };
        bench.pass(0.0);
        bench.settle();
        bench
    }

    /// What the server says of the operator.
    fn me(&self) -> Me {
        let armed = self.armed.as_ref().filter(|(until, _)| *until > START + self.up);
        let overview = (self.answers)("/admin/v1/overview");
        Me {
            operator_id: self.id.clone(),
            person: "olga".to_owned(),
            role: self.role.map_or("unheard-of", Role::name).to_owned(),
            environment: overview["environment"].as_str().unwrap_or_default().to_owned(),
            must_arm: false,
            armed_until: armed.map(|(until, _)| until.format(&Rfc3339).expect("a time")),
            armed_reason: armed.map(|(_, reason)| reason.clone()),
        }
    }

    pub fn send(&mut self, msg: Msg) {
        for effect in update(&mut self.model, msg) {
            match effect {
                Effect::Get { .. } => self.asked.push(effect),
                Effect::Post { ticket, path, body, key } => {
                    self.posts.push(Post { ticket, path, body, key });
                }
                other => self.wanted.push(other),
            }
        }
    }

    /// Time goes by, in one step.
    pub fn pass(&mut self, seconds: f64) {
        self.up += Duration::from_secs_f64(seconds);
        let clock = Clock { up: self.up, wall: START + self.up };
        self.send(Msg::Tick(clock));
    }

    /// Everything that was asked is answered, and what is asked because of that; arming is granted.
    pub fn settle(&mut self) {
        for _ in 0..4 {
            for effect in std::mem::take(&mut self.asked) {
                let Effect::Get { to, generation, path } = effect else { continue };
                let answer = if path == "/admin/v1/me" {
                    serde_json::to_value(self.me()).expect("JSON")
                } else {
                    (self.answers)(&path)
                };
                let answer = Ok(crate::plain::plain_json(answer));
                self.send(Msg::Got { to, generation, answer });
            }
        }
        for effect in std::mem::take(&mut self.wanted) {
            match effect {
                Effect::Arm(arm) => {
                    let until = START + self.up + Duration::from_secs(u64::from(arm.minutes) * 60);
                    self.armed = Some((until, arm.reason));
                    self.send(Msg::Armed(Ok(self.me())));
                }
                Effect::Disarm => {
                    self.armed = None;
                    self.send(Msg::Armed(Ok(self.me())));
                }
                other => self.wanted.push(other),
            }
        }
    }

    /// From now on other answers.
    pub fn answer_by(&mut self, answers: fn(&str) -> Value) {
        self.answers = answers;
    }

    /// Nobody answers.
    pub fn lose(&mut self) {
        self.fail(&Trouble::NoContact("no connection: refused".to_owned()));
    }

    /// What was asked has no other answer than this.
    pub fn fail(&mut self, trouble: &Trouble) {
        for effect in std::mem::take(&mut self.asked) {
            let Effect::Get { to, generation, .. } = effect else { continue };
            self.send(Msg::Got { to, generation, answer: Err(trouble.clone()) });
        }
    }

    /// What came of the last command.
    pub fn posted(&mut self, outcome: Outcome) {
        let ticket = self.posts.last().expect("a command").ticket;
        self.send(Msg::Posted { ticket, outcome });
    }

    /// Keys as help writes them, blanks between; a word in quotes is typed. Answers come after each.
    pub fn press(&mut self, keys: &str) {
        let mut rest = keys.trim();
        while !rest.is_empty() {
            if let Some(quoted) = rest.strip_prefix('"') {
                let (text, after) = quoted.split_once('"').expect("an end of the quotation");
                for character in text.chars() {
                    self.send(Msg::Key(Key::Char(character)));
                }
                rest = after.trim_start();
            } else {
                let (name, after) = rest.split_once(' ').unwrap_or((rest, ""));
                self.send(Msg::Key(named(name)));
                rest = after.trim_start();
            }
            self.settle();
        }
    }

    /// The screen, line by line.
    pub fn screen(&self) -> String {
        let (width, height) = self.model.size;
        let area = Rect::new(0, 0, width, height);
        let mut buffer = Buffer::empty(area);
        draw(&self.model, Theme { colour: true }, area, &mut buffer);
        (0..height).map(|y| format!("{}\n", line(&buffer, area, y))).collect()
    }

    pub fn shows(&self, text: &str) -> bool {
        self.screen().contains(text)
    }
}

pub fn named(name: &str) -> Key {
    let known = [
        Key::Enter,
        Key::Esc,
        Key::Tab,
        Key::BackTab,
        Key::Backspace,
        Key::Up,
        Key::Down,
        Key::Left,
        Key::Right,
        Key::PageDown,
        Key::PageUp,
        Key::Ctrl('c'),
        Key::Char(' '),
    ];
    let found = known.into_iter().find(|key| key.name() == name);
    found.unwrap_or_else(|| {
        let mut characters = name.chars();
        let only = characters.next().filter(|_| characters.next().is_none());
        Key::Char(only.unwrap_or_else(|| panic!("no key {name}")))
    })
}
