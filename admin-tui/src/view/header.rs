//! The first two lines: where one is, who, how old what one sees is, and whether one can change anything.

use ratatui::style::{Color, Modifier, Style};

use super::paint::Paint;
use crate::columns::{Tone, seconds};
use crate::model::frame::{Content, Frame, List};
use crate::model::{Arming, Model};
use crate::text::{T, fill};
use crate::update;
use crate::wrap::{fit, fit_id, width};

/// Between what is on the left of the second line and on its right.
const GAP: usize = 3;
/// How much of what is typed as a filter is said there, in columns: what comes after it is not pushed out.
const LEAST_OF_FILTER: usize = 8;
const MOST_OF_FILTER: usize = 30;

/// `PRODUCTION ada (operator) LIVE 2s … READ-ONLY`
pub fn draw(model: &Model, paint: &mut Paint<'_>) {
    let theme = paint.theme;
    let (right, ground) = arming(model);
    let base = match ground {
        Some(colour) => theme.band(colour, Color::White).add_modifier(Modifier::BOLD),
        None => theme.band(Color::Blue, Color::White),
    };
    paint.over(base);
    let (band, band_style) = environment(model, paint);
    let (contact, tone) = contact(model);
    let room = usize::from(paint.area.width);
    let needed = width(&band) + width(&contact) + width(&right) + 4;
    let who = fit(&who(model), room.saturating_sub(needed));
    let mut x = paint.put(0, 0, &band, band_style) + 1;
    let loud = match tone {
        // Not the red of an armed header.
        Tone::Bad => theme.band(Color::White, Color::Red).add_modifier(Modifier::BOLD),
        Tone::Warn => theme.band(Color::Yellow, Color::Black).add_modifier(Modifier::BOLD),
        _ => base,
    };
    x = paint.put(x, 0, &contact, loud) + 1;
    if !who.is_empty() {
        paint.put(x, 0, &who, base);
    }
    let at = room.saturating_sub(width(&right));
    paint.put(u16::try_from(at).unwrap_or_default().max(x), 0, &right, base);
}

/// The environment on its band; production can't be taken for anything else.
fn environment(model: &Model, paint: &Paint<'_>) -> (String, Style) {
    let theme = paint.theme;
    let said = model.me.data().map(|me| &me.environment);
    let Some(environment) = said.or(model.overview.data().map(|overview| &overview.environment)) else {
        return (format!(" {} ", model.text(T::Connecting)), theme.band(Color::DarkGray, Color::White));
    };
    let name = environment.to_uppercase();
    if name.contains("PROD") {
        let style = theme.band(Color::Magenta, Color::White).add_modifier(Modifier::BOLD);
        let word = if name == "PRODUCTION" { model.text(T::Production) } else { &name };
        return (format!(" !! {word} !! "), style);
    }
    let ground = if name.contains("DEV") { Color::Green } else { Color::Cyan };
    (format!(" {} ", fit(&name, 24)), theme.band(ground, Color::Black))
}

fn who(model: &Model) -> String {
    let role = model.who.role.map_or(model.text(T::RoleUnknown), crate::action::Role::name);
    match &model.who.id {
        Some(id) => {
            let person = model.me.data().map(|me| me.person.as_str()).filter(|person| person != id);
            format!("{id} {}({role})", person.map(|person| format!("{person} ")).unwrap_or_default())
        }
        None => role.to_owned(),
    }
}

/// Whether somebody answers, and how old what is shown is.
fn contact(model: &Model) -> (String, Tone) {
    let up = model.clock.up;
    let age =
        |at: std::time::Duration| seconds(i64::try_from(up.saturating_sub(at).as_secs()).unwrap_or(i64::MAX));
    let data = model.shown_at().map_or_else(|| model.text(T::NoData).to_owned(), age);
    let (word, tone) = if model.contact.barred {
        (T::NoAccess, Tone::Bad)
    } else if model.is_offline() {
        (T::Offline, Tone::Bad)
    } else if model.frozen {
        (T::Frozen, Tone::Warn)
    } else if model.contact.last.is_none() {
        (T::Connecting, Tone::Plain)
    } else if model.is_doubtful() {
        (T::Stale, Tone::Warn)
    } else {
        (T::Live, Tone::Good)
    };
    (format!(" {} {data} ", model.text(word)), tone)
}

fn arming(model: &Model) -> (String, Option<Color>) {
    match &model.arming {
        Arming::Armed { .. } if model.is_armed() => {
            let left = update::left(model).unwrap_or_default().as_secs();
            let left = format!("{}:{:02}", left / 60, left % 60);
            (format!(" {} {left} ", model.text(T::Armed)), Some(Color::Red))
        }
        Arming::Asked => (format!(" {} ", model.text(T::AskingToArm)), None),
        Arming::ReadOnly | Arming::Armed { .. } => (format!(" {} ", model.text(T::ReadOnly)), None),
    }
}

/// `2 Payouts / po_..89abcdef … 1-17 of 50  more: PgDn`
pub fn crumbs(model: &Model, paint: &mut Paint<'_>) {
    let theme = paint.theme;
    let number = model.screen.index() + 1;
    let mut x =
        paint.put(1, 0, &format!("{number} {}", model.text(model.screen.title())), theme.tone(Tone::Strong));
    let room = usize::from(paint.area.width).saturating_sub(GAP);
    if model.stack.is_empty() {
        let most = room.saturating_sub(width(&place(model, LEAST_OF_FILTER)));
        x = tabs(model, paint, x, most);
    }
    for frame in &model.stack {
        x = paint.put(x, 0, " / ", theme.tone(Tone::Dim));
        x = paint.put(x, 0, &name(model, frame), theme.tone(Tone::Plain));
    }
    let without = width(&place(model, 0));
    let of_filter = room.saturating_sub(usize::from(x) + without).clamp(LEAST_OF_FILTER, MOST_OF_FILTER);
    let said = place(model, of_filter);
    let at = (room + GAP).saturating_sub(width(&said) + 1);
    paint.put(u16::try_from(at).unwrap_or_default().max(x + 2), 0, &said, theme.tone(Tone::Plain));
}

/// Where one is in what is shown, with so much of what is typed as a filter.
fn place(model: &Model, of_filter: usize) -> String {
    match model.frame().map(|frame| &frame.content) {
        None => String::new(),
        Some(Content::List(list)) => position(model, list, of_filter),
        Some(Content::Detail(detail)) => {
            let lines = crate::detail::lines(model, detail).len();
            format!("{}/{lines}", detail.selected.saturating_add(1).min(lines))
        }
    }
}

/// The screen's lists, where it has several; where they don't fit before this column, the one that is shown.
fn tabs(model: &Model, paint: &mut Paint<'_>, mut x: u16, most: usize) -> u16 {
    let theme = paint.theme;
    let root = &model.roots[model.screen.index()];
    if root.frames.len() < 2 {
        return x;
    }
    let titles = root.frames.iter().map(|frame| frame.as_list().map(|list| model.text(list.source.title())));
    let titles: Vec<(usize, &str)> =
        titles.enumerate().filter_map(|(at, title)| Some((at, title?))).collect();
    let needed: usize = titles.iter().map(|(_, title)| width(title) + 3).sum();
    let all = usize::from(x) + needed + 4 <= most;
    for (at, title) in titles.into_iter().filter(|(at, _)| all || *at == root.tab) {
        let (text, tone) = if at == root.tab {
            (format!("[{title}]"), Tone::Strong)
        } else {
            (format!(" {title} "), Tone::Dim)
        };
        x = paint.put(x + 1, 0, &text, theme.tone(tone));
    }
    paint.put(x + 1, 0, "Tab", theme.tone(Tone::Dim))
}

fn name(model: &Model, frame: &Frame) -> String {
    match &frame.content {
        Content::List(list) => model.text(list.source.title()).to_owned(),
        Content::Detail(detail) => fit_id(&detail.id, 20),
    }
}

/// Marks, filter, place and page of a list.
fn position(model: &Model, list: &List, of_filter: usize) -> String {
    let mut said = Vec::new();
    if !list.marks.is_empty() {
        said.push(fill(model.text(T::Marked), &[&list.marks.len().to_string()]));
    }
    if !list.typed.is_empty() {
        let only = if list.filter.narrow.is_empty() {
            String::new()
        } else {
            format!(" ({})", model.text(T::ThisPage))
        };
        said.push(format!("{}: {}{only}", model.text(T::Filtered), fit(&list.typed, of_filter)));
    }
    if let Some(sort) = list.order().and_then(|sort| sort.param) {
        said.push(fill(model.text(T::SortShort), &[sort]));
    }
    let rows = list.visible().len();
    if rows > 0 {
        said.push(format!("{}/{rows}", list.selected + 1));
    }
    if !list.cursors.is_empty() || list.next().is_some() {
        said.push(fill(model.text(T::PageNumber), &[&(list.cursors.len() + 1).to_string()]));
    }
    if list.next().is_some() {
        said.push(model.text(T::More).to_owned());
    }
    said.join("  ")
}
