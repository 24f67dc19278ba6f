//! Keys on screens, lists and details. None of them changes anything on the server.

use super::{ask, doubts, filtering, menu, palette};
use crate::alarms::{self, Lead};
use crate::detail::{self, Link};
use crate::item::{Item, Shape};
use crate::key::Key;
use crate::keymap::{self, Command, Place};
use crate::model::Model;
use crate::model::frame::{Content, Frame};
use crate::model::overlay::Overlay;
use crate::msg::Effect;
use crate::remote::Asked;
use crate::screen::Screen;
use crate::source::Source;
use crate::text::{T, fill};

pub(super) fn key(model: &mut Model, place: Place, key: Key) -> Vec<Effect> {
    if key == Key::Ctrl('c') {
        return vec![Effect::Quit];
    }
    let Some(command) = keymap::command(place, key) else { return Vec::new() };
    if place == Place::Help {
        help(model, command);
        return Vec::new();
    }
    run(model, command, key)
}

fn help(model: &mut Model, command: Command) {
    let Overlay::Help(top) = &mut model.overlay else { return };
    match command {
        Command::Down => *top += 1,
        Command::Up => *top = top.saturating_sub(1),
        Command::PageDown => *top += 10,
        Command::PageUp => *top = top.saturating_sub(10),
        Command::Top => *top = 0,
        Command::Bottom => *top = usize::from(u16::MAX),
        _ => model.overlay = Overlay::None,
    }
}

fn run(model: &mut Model, command: Command, key: Key) -> Vec<Effect> {
    match command {
        Command::Screen => {
            let Key::Char(digit) = key else { return Vec::new() };
            return Screen::of_digit(digit).map(|screen| go(model, screen)).unwrap_or_default();
        }
        Command::Down => step(model, 1),
        Command::Up => step(model, -1),
        Command::Top => to(model, 0),
        Command::Bottom => to(model, usize::MAX),
        Command::PageDown => return page(model, true),
        Command::PageUp => return page(model, false),
        Command::Open => return open(model),
        Command::Back => back(model),
        Command::Quit => {
            if model.stack.is_empty() {
                return vec![Effect::Quit];
            }
            model.say(model.text(T::QuitFromRoot));
        }
        Command::NextTab => {
            let root = &mut model.roots[model.screen.index()];
            if model.stack.is_empty() && !root.frames.is_empty() {
                root.tab = (root.tab + 1) % root.frames.len();
            }
            return ask::shown(model, false);
        }
        Command::Mark => mark(model),
        Command::MarkAll => mark_all(model),
        Command::Actions => menu::open(model),
        Command::Palette => palette::open(model, ""),
        Command::Filter => {
            let typed = model.frame().and_then(Frame::as_list).map(|list| list.typed.clone());
            filtering::open(model, &typed.unwrap_or_default());
        }
        Command::Sort => return filtering::sort(model),
        Command::Refresh => return refresh(model),
        Command::Pause => pause(model),
        Command::Copy => return copy(model),
        Command::Language => model.lang = model.lang.other(),
        Command::Help => model.overlay = Overlay::Help(0),
        Command::Next
        | Command::Previous
        | Command::Accept
        | Command::Complete
        | Command::Choose
        | Command::Leave => {}
    }
    Vec::new()
}

pub(super) fn refresh(model: &mut Model) -> Vec<Effect> {
    model.frozen = false;
    model.say(model.text(T::Asking));
    ask::everything_shown(model)
}

pub(super) fn pause(model: &mut Model) {
    model.frozen = !model.frozen;
    model.say(model.text(if model.frozen { T::Paused } else { T::GoesOn }));
}

/// To a screen, at its root.
pub(super) fn go(model: &mut Model, screen: Screen) -> Vec<Effect> {
    model.screen = screen;
    model.figures_page = 0;
    model.stack.clear();
    model.frozen = false;
    ask::shown(model, false)
}

fn back(model: &mut Model) {
    if model.stack.pop().is_some() {
        model.frozen = false;
        return;
    }
    if let Some(list) = model.frame_mut().and_then(Frame::as_list_mut) {
        if !list.marks.is_empty() {
            list.marks.clear();
        } else if !list.filter.is_empty() {
            filtering::apply(list, "");
        } else {
            model.screen = Screen::Overview;
        }
    }
}

fn step(model: &mut Model, by: isize) {
    let place = selected(model).saturating_add_signed(by);
    to(model, place);
}

fn to(model: &mut Model, place: usize) {
    let place = place.min(lines(model).saturating_sub(1));
    match model.frame_mut().map(|frame| &mut frame.content) {
        None => model.selected_alarm = place,
        Some(Content::List(list)) => list.selected = place,
        Some(Content::Detail(detail)) => detail.selected = place,
    }
}

/// How many lines there are to be on.
fn lines(model: &Model) -> usize {
    match model.frame().map(|frame| &frame.content) {
        None => alarms::of(model).len(),
        Some(Content::List(list)) => list.visible().len(),
        Some(Content::Detail(detail)) => detail::lines(model, detail).len(),
    }
}

fn selected(model: &Model) -> usize {
    match model.frame().map(|frame| &frame.content) {
        None => model.selected_alarm,
        Some(Content::List(list)) => list.selected,
        Some(Content::Detail(detail)) => detail.selected,
    }
}

/// A screenful on or back; at the end of a page to the next one.
fn page(model: &mut Model, forward: bool) -> Vec<Effect> {
    if model.frame().is_none() {
        let page = model.figures_page;
        model.figures_page = if forward { page.wrapping_add(1) } else { page.saturating_sub(1) };
        return Vec::new();
    }
    let height = isize::try_from(model.page_height()).unwrap_or(isize::MAX);
    let Some(list) = model.frame_mut().and_then(Frame::as_list_mut) else {
        step(model, if forward { height } else { -height });
        return Vec::new();
    };
    let last = list.visible().len().saturating_sub(1);
    let turned = match (forward, list.selected) {
        (true, selected) if selected >= last => list.next().cloned().map(|next| list.cursors.push(next)),
        (false, 0) => list.cursors.pop().map(|_| ()),
        _ => None,
    };
    if turned.is_none() {
        step(model, if forward { height } else { -height });
        return Vec::new();
    }
    list.rows.forget();
    list.selected = 0;
    list.sought = None;
    ask::shown(model, true)
}

pub(super) fn open(model: &mut Model) -> Vec<Effect> {
    let target = match model.frame().map(|frame| &frame.content) {
        None => return open_alarm(model),
        Some(Content::List(list)) => match list.current() {
            Some(item) if item.shape == Shape::Account => Some(Link::List(Source::Transfers(item.key()))),
            Some(item) if item.shape == Shape::Sum => {
                let (kind, currency) = (item.text("kind"), item.text("currency"));
                Some(Link::List(Source::Shards(kind.to_owned(), currency.to_owned())))
            }
            Some(item) => Some(Link::Item(Box::new(item.clone()))),
            None => None,
        },
        Some(Content::Detail(frame)) => {
            let lines = detail::lines(model, frame);
            lines.into_iter().nth(frame.selected).and_then(|line| line.link)
        }
    };
    match target {
        None => Vec::new(),
        Some(link) => follow(model, link),
    }
}

fn open_alarm(model: &mut Model) -> Vec<Effect> {
    let Some(alarm) = alarms::of(model).into_iter().nth(model.selected_alarm) else { return Vec::new() };
    let (screen, tab, filter) = match alarm.leads_to {
        Some(Lead::List(screen, tab, filter)) => (screen, tab, filter),
        Some(Lead::Left) => {
            doubts::reopen(model);
            return Vec::new();
        }
        None => return Vec::new(),
    };
    model.screen = screen;
    let root = &mut model.roots[screen.index()];
    root.tab = tab.min(root.frames.len().saturating_sub(1));
    if let Some(list) = model.frame_mut().and_then(Frame::as_list_mut) {
        filtering::begin(list, filter);
    }
    ask::shown(model, true)
}

/// The most frames that lie on each other: whoever follows links in a circle comes to an end.
const DEEPEST: usize = 16;

/// Opens what a link leads to.
pub(super) fn follow(model: &mut Model, link: Link) -> Vec<Effect> {
    if model.stack.len() >= DEEPEST {
        model.stack.remove(0);
    }
    let (number, up) = (model.number(), model.clock.up);
    let frame = match link {
        Link::List(source) => Frame::list(number, source),
        Link::Item(item) => {
            let seen = model.shown_at().unwrap_or(up);
            let from = model.frame().and_then(Frame::as_list).map(|list| (list.source.clone(), list.path()));
            let mut frame = Frame::detail(number, item.shape, item.key(), Asked::known(*item, seen));
            if let Content::Detail(detail) = &mut frame.content {
                detail.from = from;
            }
            frame
        }
        Link::Id(shape, id) => {
            let known = model.last_seen(|item| item.shape == shape && item.id() == id);
            let known = known.map(|(item, at)| Asked::known(item.clone(), at));
            Frame::detail(number, shape, id, known.unwrap_or_else(Asked::nothing))
        }
    };
    model.stack.push(frame);
    model.frozen = false;
    ask::shown(model, true)
}

fn mark(model: &mut Model) {
    let Some(list) = model.frame_mut().and_then(Frame::as_list_mut) else { return };
    let Some(item) = list.current().cloned() else { return };
    if list.marks.remove(&item.key()).is_none() {
        list.marks.insert(item.key(), item);
    }
    let last = list.visible().len().saturating_sub(1);
    list.selected = (list.selected + 1).min(last);
}

/// Every row of this page, or none of it where all are marked.
fn mark_all(model: &mut Model) {
    let Some(list) = model.frame_mut().and_then(Frame::as_list_mut) else { return };
    let rows: Vec<Item> = list.visible().into_iter().cloned().collect();
    if rows.iter().all(|item| list.marks.contains_key(&item.key())) {
        rows.iter().for_each(|item| drop(list.marks.remove(&item.key())));
    } else {
        list.marks.extend(rows.into_iter().map(|item| (item.key(), item)));
    }
}

fn copy(model: &mut Model) -> Vec<Effect> {
    let linked = match model.frame().map(|frame| &frame.content) {
        Some(Content::Detail(frame)) => {
            let lines = detail::lines(model, frame);
            lines.into_iter().nth(frame.selected).and_then(|line| match line.link {
                Some(Link::Id(_, id)) => Some(id),
                _ => None,
            })
        }
        _ => None,
    };
    let text = linked.or_else(|| model.frame().and_then(Frame::item).map(Item::to_copy));
    match text {
        None => {
            model.say(model.text(T::NothingToCopy));
            Vec::new()
        }
        Some(text) => {
            model.say(fill(model.text(T::Copied), &[&text]));
            vec![Effect::Copy(text)]
        }
    }
}
