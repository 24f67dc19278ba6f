//! What happens to the console, and what it wants done.

use std::time::Duration;

use admin_api::{Changed, Me, Overview, ProblemAnswer};
use serde_json::Value;
use time::OffsetDateTime;

use crate::key::Key;

/// What happens.
#[derive(Debug, Clone, PartialEq)]
pub enum Msg {
    Key(Key),
    /// Pasted text; never taken for keys.
    Paste(String),
    Resize(u16, u16),
    Tick(Clock),
    /// An answer to a question.
    Got {
        to: Slot,
        generation: u64,
        answer: Result<Value, Trouble>,
    },
    /// What came of a command.
    Posted {
        ticket: u64,
        outcome: Outcome,
    },
    /// What the server says of the right to act, asked for or given back.
    Armed(Result<Me, Trouble>),
    /// What the stream of events tells.
    Told(Told),
    /// What came of an export: where it lies.
    Exported(Result<String, String>),
}

/// What the gateway's stream tells.
#[derive(Debug, Clone, PartialEq)]
pub enum Told {
    /// It begins, or goes on.
    Began,
    /// What was told before is not all: everything must be asked anew.
    Reset,
    Changed(Box<Changed>),
    Overview(Box<Overview>),
    /// Nothing, and somebody is there.
    Beat,
    /// Why it is over.
    Ended(String),
}

/// What is wanted done.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    Get {
        to: Slot,
        generation: u64,
        path: String,
    },
    /// The only effect that changes anything on the server.
    Post {
        ticket: u64,
        path: String,
        body: Value,
        key: String,
    },
    /// Asks for the right to act.
    Arm(Arm),
    /// Gives it back.
    Disarm,
    Copy(String),
    Export {
        file: String,
        text: String,
    },
    Quit,
}

/// Where an answer belongs: a part of a frame. Frames that are gone have no slots.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot {
    pub frame: u64,
    pub part: Part,
}

/// A part of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The overview, which also tells whether anybody answers.
    Overview,
    /// Who one is, and whether one may act.
    Me,
    Rows,
    Item,
    Trail,
    Extra,
    Related,
    Account,
    Transfers,
    /// A merchant's payees, to choose from.
    Payees,
    /// The withdrawal behind what is asked about.
    Behind,
    /// What the palette looks for.
    Search,
}

/// The time, as the loop sees it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Clock {
    /// Since the console's start.
    pub up: Duration,
    /// This machine's clock.
    pub wall: OffsetDateTime,
}

/// The code of a refusal that is not in the gateway's words: somebody between answered for it.
pub const FOREIGN: &str = "?";

/// Why a question has no answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Trouble {
    /// Nobody answered.
    NoContact(String),
    /// The server answered, and refuses.
    Refused(ProblemAnswer),
}

impl Trouble {
    /// On one line.
    pub fn words(&self) -> String {
        match self {
            Trouble::NoContact(why) => why.clone(),
            Trouble::Refused(problem) => in_words(problem),
        }
    }
}

/// A problem on one line: its title, what is particular to it, and which fields are wrong.
pub fn in_words(problem: &ProblemAnswer) -> String {
    let mut words = problem.title.clone();
    if !problem.detail.is_empty() {
        words.push_str(": ");
        words.push_str(&problem.detail);
    }
    for wrong in &problem.errors {
        let said = format!("{}: {}", wrong.field, wrong.message);
        if !words.contains(&said) {
            words.push_str("; ");
            words.push_str(&said);
        }
    }
    format!("{words} ({} {})", problem.status, problem.code)
}

/// What came of a command.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// It is done: the subject afterwards.
    Done(Value),
    /// A second person must approve: the approval's id.
    Waits(String),
    /// The server decided against it.
    Refused(ProblemAnswer),
    /// No byte of it left: it is surely not done.
    NotSent(String),
    /// Nobody knows, or not now: the same command under the same key finds out.
    Unsure(String),
}

/// The right to act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arm {
    pub minutes: u32,
    pub reason: String,
}
