//! All that the console knows and shows. Changed by `update` alone, drawn by `view`.

pub mod confirm;
pub mod frame;
pub mod input;
pub mod overlay;

use std::time::Duration;

use admin_api::{Me, Overview};
use time::OffsetDateTime;

use self::confirm::Confirm;
use self::frame::{Content, Frame, List};
use self::overlay::Overlay;
use crate::action::Who;
use crate::item::Item;
use crate::msg::Clock;
use crate::remote::{Asked, FRESH_FOR};
use crate::screen::Screen;
use crate::text::{Lang, T};

/// What is known before anything is asked.
#[derive(Debug, Clone)]
pub struct Settings {
    pub who: Who,
    pub lang: Lang,
    /// Makes the keys of this run's commands its own.
    pub run: String,
    pub size: (u16, u16),
    pub clock: Clock,
}

/// The model.
#[derive(Debug, Clone)]
pub struct Model {
    pub who: Who,
    pub lang: Lang,
    pub size: (u16, u16),
    pub clock: Clock,
    /// What the server's clock is ahead of this machine's.
    pub skew: time::Duration,
    pub screen: Screen,
    /// Each screen's lists, and which of them is shown.
    pub roots: Vec<Root>,
    /// What was opened from there, the last on top.
    pub stack: Vec<Frame>,
    pub overview: Asked<Overview>,
    pub overview_asked: Duration,
    pub selected_alarm: usize,
    /// Which page of the overview's figures is shown, where they don't fit on one; after the last comes the first.
    pub figures_page: usize,
    pub contact: Contact,
    pub stream: Stream,
    /// Who one is, as the server says.
    pub me: Asked<Me>,
    pub me_asked: Duration,
    pub arming: Arming,
    /// The screen shows what it showed, whatever comes.
    pub frozen: bool,
    pub overlay: Overlay,
    /// Questions that were closed while of some of their commands nobody knew the outcome: with their keys.
    pub left: Vec<Confirm>,
    /// Whoever leaves once more leaves them behind.
    pub leaving: bool,
    pub flash: Option<Flash>,
    run: String,
    next: u64,
}

/// A screen's lists.
#[derive(Debug, Clone, Default)]
pub struct Root {
    pub tab: usize,
    pub frames: Vec<Frame>,
}

/// Whether anybody answers.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Contact {
    /// When somebody last did.
    pub last: Option<Duration>,
    /// Why nobody does.
    pub lost: Option<String>,
    /// Somebody does, and does not let one in.
    pub barred: bool,
}

/// Whether the gateway tells what changes.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Stream {
    pub on: bool,
    /// When it last told anything. A sign of life alone is no news: the gateway may be there without its database.
    pub heard: Duration,
    /// Why there is none.
    pub trouble: Option<String>,
}

/// Whether the operator may act.
#[derive(Debug, Clone, PartialEq)]
pub enum Arming {
    ReadOnly,
    Asked,
    /// By the server; `until` is counted from the console's start.
    Armed {
        until: Duration,
    },
}

/// One line about what just happened.
#[derive(Debug, Clone, PartialEq)]
pub struct Flash {
    pub text: String,
    pub bad: bool,
    pub since: Duration,
}

impl Model {
    pub fn new(settings: Settings) -> Model {
        let mut model = Model {
            who: settings.who,
            lang: settings.lang,
            size: settings.size,
            clock: settings.clock,
            skew: time::Duration::ZERO,
            screen: Screen::Overview,
            roots: Vec::new(),
            stack: Vec::new(),
            overview: Asked::nothing(),
            overview_asked: Duration::ZERO,
            selected_alarm: 0,
            figures_page: 0,
            contact: Contact::default(),
            stream: Stream::default(),
            me: Asked::nothing(),
            me_asked: Duration::ZERO,
            arming: Arming::ReadOnly,
            frozen: false,
            overlay: Overlay::None,
            left: Vec::new(),
            leaving: false,
            flash: None,
            run: settings.run,
            next: 1,
        };
        for screen in Screen::ALL {
            let frames =
                screen.sources().into_iter().map(|source| Frame::list(model.number(), source)).collect();
            model.roots.push(Root { tab: 0, frames });
        }
        model
    }

    /// A number that was not given before: of frames, of questions, of commands.
    pub fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    /// A key for one command, kept as long as its outcome is not known.
    pub fn idempotency_key(&mut self) -> String {
        let number = self.number();
        format!("console-{}-{number}", self.run)
    }

    pub fn text(&self, text: T) -> &'static str {
        text.in_lang(self.lang)
    }

    /// Now, by the server's clock as far as it is known; a clock at the end of all dates is none.
    pub fn now(&self) -> OffsetDateTime {
        self.clock.wall.checked_add(self.skew).unwrap_or(self.clock.wall)
    }

    pub fn is_armed(&self) -> bool {
        matches!(self.arming, Arming::Armed { until } if self.clock.up < until)
    }

    /// What is shown now, where it is not the overview.
    pub fn frame(&self) -> Option<&Frame> {
        self.stack.last().or_else(|| {
            let root = &self.roots[self.screen.index()];
            root.frames.get(root.tab)
        })
    }

    pub fn frame_mut(&mut self) -> Option<&mut Frame> {
        if self.stack.is_empty() {
            let root = &mut self.roots[self.screen.index()];
            root.frames.get_mut(root.tab)
        } else {
            self.stack.last_mut()
        }
    }

    /// The frame with this number, shown or not.
    pub fn frame_of(&mut self, id: u64) -> Option<&mut Frame> {
        let roots = self.roots.iter_mut().flat_map(|root| &mut root.frames);
        roots.chain(&mut self.stack).find(|frame| frame.id == id)
    }

    /// All of them, those on top last.
    fn frames(&self) -> impl Iterator<Item = &Frame> {
        self.roots.iter().flat_map(|root| &root.frames).chain(&self.stack)
    }

    /// Every list that was looked at: what the palette finds ids in.
    pub fn lists(&self) -> impl Iterator<Item = &List> {
        self.frames().filter_map(Frame::as_list)
    }

    /// A thing as it was last seen, in whatever list or by itself, and when that was.
    pub fn last_seen(&self, is_it: impl Fn(&Item) -> bool) -> Option<(&Item, Duration)> {
        let sights = self.frames().filter_map(|frame| {
            let seen = frame.items().iter().find(|item| is_it(item))?;
            Some((seen, frame.shown_at()?))
        });
        sights.max_by_key(|(_, at)| *at)
    }

    /// Whether the stream tells what changes: where nothing else happens, it brings an overview every few seconds.
    pub fn is_told(&self) -> bool {
        self.stream.on && self.clock.up.saturating_sub(self.stream.heard) < FRESH_FOR
    }

    /// Whether nobody is there: the last question had no answer, and the stream gave no sign of life for long.
    pub fn is_offline(&self) -> bool {
        let sign = self.contact.last.filter(|_| self.stream.on);
        let lately = sign.is_some_and(|at| self.clock.up.saturating_sub(at) < FRESH_FOR);
        self.contact.lost.is_some() && !lately
    }

    /// When what is shown was true: when it was asked for, or when the stream last told anything, where it tells of such
    /// things and told of no change since.
    pub fn shown_at(&self) -> Option<Duration> {
        match self.frame() {
            Some(frame) => {
                let asked = frame.shown_at()?;
                let is_told = self.stream.on && !self.frozen && !frame.unseen && frame.is_told();
                Some(if is_told { asked.max(self.stream.heard) } else { asked })
            }
            None => self.overview.remote.at(),
        }
    }

    /// Whether what is shown is to be doubted: it could not be asked for again, or is old.
    pub fn is_doubtful(&self) -> bool {
        let now = self.clock.up;
        let young = self.shown_at().is_some_and(|at| now.saturating_sub(at) < FRESH_FOR);
        self.trouble().is_some()
            || match self.frame() {
                None => self.overview.is_doubtful(now),
                Some(frame) => frame.is_doubtful(now) && !young,
            }
    }

    /// Why what is shown could not be asked for again.
    pub fn trouble(&self) -> Option<&String> {
        self.frame().map_or(self.overview.trouble.as_ref(), Frame::trouble)
    }

    /// How long an answer about what is shown has been awaited.
    pub fn waits(&self) -> Option<Duration> {
        let now = self.clock.up;
        match self.frame().map(|frame| &frame.content) {
            None => self.overview.waits(now),
            Some(Content::List(list)) => list.rows.waits(now),
            Some(Content::Detail(detail)) => detail.item.waits(now),
        }
    }

    /// How many rows of a list there is room for.
    pub fn page_height(&self) -> usize {
        usize::from(self.size.1).saturating_sub(6).max(1)
    }

    pub fn say(&mut self, text: impl Into<String>) {
        self.flash = Some(Flash { text: text.into(), bad: false, since: self.clock.up });
    }

    pub fn warn(&mut self, text: impl Into<String>) {
        self.flash = Some(Flash { text: text.into(), bad: true, since: self.clock.up });
    }
}
