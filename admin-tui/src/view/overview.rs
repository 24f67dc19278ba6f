//! The first screen. Its first line says in words whether anything is wrong; then what needs somebody, each one Enter away;
//! then the figures behind it, each with a word.

use admin_api::Overview;

use super::paint::Paint;
use crate::alarms::{self, Alarm};
use crate::columns::{Tone, seconds};
use crate::figures::{self, Figure, Grade};
use crate::model::Model;
use crate::text::{T, fill};
use crate::wrap::{fit, pad};

/// Lines of what needs somebody, on a small screen; the others follow the cursor.
const MOST: usize = 6;
/// How wide the words of figures are, and the figures with them on a wide screen.
const WORD: usize = 4;
const WIDEST: u16 = 60;

pub fn draw(model: &Model, paint: &mut Paint<'_>) {
    let theme = paint.theme;
    let Some(overview) = model.overview.data() else {
        let text = if model.overview.trouble.is_some() { T::NoData } else { T::Loading };
        paint.put(1, 1, model.text(text), theme.tone(Tone::Dim));
        return;
    };
    let mut y = headline(model, paint);
    y += 1;
    let (width, height) = (paint.area.width, paint.area.height.saturating_sub(y));
    let half = (width / 2).min(WIDEST);
    let (left, right) = (left(model, overview), right(model, overview));
    let room = usize::from(height);
    let pages = pages(left.len(), room).max(pages(right.len(), room));
    let page = model.figures_page % pages;
    column(model, &left, page, half, &mut paint.part(0, y, half, height));
    let across = (width - half).min(WIDEST);
    column(model, &right, page, across, &mut paint.part(half, y, (width - half).min(WIDEST + 24), height));
}

/// A line of the figures.
enum Row {
    Blank,
    Heading(T),
    Figure(Figure),
    Nothing,
    Curve(T, Vec<u64>),
}

fn left(model: &Model, overview: &Overview) -> Vec<Row> {
    let mut rows = section(T::Queues, figures::work(overview));
    rows.push(Row::Blank);
    rows.extend(section(T::ReviewHead, figures::review(overview, model.now())));
    rows
}

fn right(model: &Model, overview: &Overview) -> Vec<Row> {
    let mut rows = vec![Row::Heading(T::InAndOut)];
    rows.extend(figures::activity(overview).into_iter().map(|(label, values)| Row::Curve(label, values)));
    rows.push(Row::Blank);
    rows.extend(section(T::Health, figures::health(overview, model.now(), model.lang)));
    rows
}

/// Figures under their heading.
fn section(heading: T, figures: Vec<Figure>) -> Vec<Row> {
    let mut rows = vec![Row::Heading(heading)];
    if figures.is_empty() {
        rows.push(Row::Nothing);
    }
    rows.extend(figures.into_iter().map(Row::Figure));
    rows
}

/// Of so many rows that don't fit, one line of each page says that there are others.
fn pages(rows: usize, room: usize) -> usize {
    if rows <= room { 1 } else { rows.div_ceil(room.saturating_sub(1).max(1)) }
}

/// A page of the rows, or all of them where there is room. None is missing without a word.
fn column(model: &Model, rows: &[Row], page: usize, across: u16, paint: &mut Paint<'_>) {
    let room = usize::from(paint.area.height);
    let last = pages(rows.len(), room) - 1;
    let each = if last == 0 { rows.len() } else { room.saturating_sub(1) };
    let page = page.min(last);
    for (row, y) in rows.iter().skip(page * each).take(each).zip(0..) {
        draw_row(model, row, across, y, paint);
    }
    if last > 0 {
        let below = rows.len().saturating_sub((page + 1) * each);
        let (text, count) = if below > 0 { (T::FiguresMore, below) } else { (T::FiguresBack, page * each) };
        let said = fill(model.text(text), &[&count.to_string()]);
        let style = paint.theme.tone(Tone::Warn);
        paint.put(3, u16::try_from(each).unwrap_or(u16::MAX), &said, style);
    }
}

fn draw_row(model: &Model, row: &Row, across: u16, y: u16, paint: &mut Paint<'_>) {
    let theme = paint.theme;
    match row {
        Row::Blank => {}
        Row::Heading(text) => {
            paint.put(1, y, model.text(*text), theme.tone(Tone::Strong));
        }
        Row::Nothing => {
            paint.put(3, y, model.text(T::NoneOfThem), theme.tone(Tone::Dim));
        }
        Row::Figure(figure) => draw_figure(model, figure, across, y, paint),
        Row::Curve(label, values) => draw_curve(model, *label, values, y, paint),
    }
}

/// Whether anything is wrong, in words; then what. How many lines it took.
fn headline(model: &Model, paint: &mut Paint<'_>) -> u16 {
    let theme = paint.theme;
    let alarms = alarms::of(model);
    if alarms.is_empty() {
        let (said, tone) = well(model);
        paint.put(1, 0, &said, theme.tone(tone));
        return 1;
    }
    let worst = if alarms.iter().any(|alarm| alarm.tone == Tone::Bad) { Tone::Bad } else { Tone::Warn };
    let count = alarms.len().to_string();
    let said = if alarms.len() == 1 {
        model.text(T::OneNeedsYou).to_owned()
    } else {
        fill(model.text(T::NeedYou), &[&count])
    };
    paint.put(1, 0, &said, theme.tone(worst));
    let room = if paint.area.height >= 30 { alarms.len() } else { MOST.min(alarms.len()) };
    let from = model.selected_alarm.saturating_sub(room - 1);
    for ((at, alarm), y) in alarms.iter().enumerate().skip(from).take(room).zip(1..) {
        line(alarm, at == model.selected_alarm, y, paint);
    }
    let hidden = alarms.len() - room;
    if hidden > 0 {
        let said = fill(model.text(T::Further), &[&hidden.to_string()]);
        let at = usize::from(paint.area.width).saturating_sub(crate::wrap::width(&said) + 1);
        paint.put(u16::try_from(at).unwrap_or_default(), 0, &said, theme.tone(Tone::Dim));
    }
    u16::try_from(room + 1).unwrap_or(u16::MAX)
}

/// Nothing is wrong; or nothing was when anybody last said so.
fn well(model: &Model) -> (String, Tone) {
    if !model.is_doubtful() && !model.is_offline() {
        return (model.text(T::AllWell).to_owned(), Tone::Good);
    }
    let age = model.clock.up.saturating_sub(model.overview.remote.at().unwrap_or_default());
    let age = seconds(i64::try_from(age.as_secs()).unwrap_or(i64::MAX));
    (fill(model.text(T::AllWasWell), &[&age]), Tone::Warn)
}

fn line(alarm: &Alarm, selected: bool, y: u16, paint: &mut Paint<'_>) {
    let theme = paint.theme;
    paint.put(3, y, alarm.sign, theme.tone(alarm.tone));
    paint.put(6, y, &alarm.text, theme.tone(alarm.tone));
    if selected {
        paint.put(1, y, ">", theme.tone(Tone::Strong));
        paint.line(y, theme.selected());
    }
}

fn draw_figure(model: &Model, figure: &Figure, across: u16, y: u16, paint: &mut Paint<'_>) {
    let theme = paint.theme;
    let room = usize::from(across).saturating_sub(WORD + 4).max(1);
    let value = fit(&figure.value, room);
    let label = format!("{} {}", model.text(figure.label), figure.of);
    let label = fit(label.trim(), room.saturating_sub(crate::wrap::width(&value) + 1));
    paint.put(3, y, &label, theme.tone(Tone::Dim));
    let tone = if figure.grade == Grade::Fine { Tone::Plain } else { figure.grade.tone() };
    let x = 3 + room.saturating_sub(crate::wrap::width(&value));
    paint.put(u16::try_from(x).unwrap_or_default(), y, &value, theme.tone(tone));
    let x = u16::try_from(room + 4).unwrap_or_default();
    paint.put(x, y, model.text(figure.grade.word()), theme.tone(figure.grade.tone()));
}

/// What comes in or goes out, each second of the last minute.
fn draw_curve(model: &Model, label: T, values: &[u64], y: u16, paint: &mut Paint<'_>) {
    let theme = paint.theme;
    let room = usize::from(paint.area.width).saturating_sub(24);
    let minute = values.iter().fold(0_u64, |sum, value| sum.saturating_add(*value));
    let each = u64::try_from(values.len()).unwrap_or(u64::MAX);
    let said = match (minute.checked_div(each), minute.saturating_mul(10).checked_div(each)) {
        (Some(whole), Some(tenths)) => format!("{whole}.{}/s", tenths % 10),
        _ => "-".to_owned(),
    };
    paint.put(3, y, &pad(&fit(model.text(label), 12), 12, false), theme.tone(Tone::Dim));
    paint.put(15, y, &pad(&said, 7, true), theme.tone(Tone::Plain));
    paint.put(23, y, &curve(values, room), theme.tone(Tone::Plain));
}

/// The last values as little columns.
fn curve(values: &[u64], room: usize) -> String {
    const STEPS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let shown = &values[values.len().saturating_sub(room)..];
    let most = shown.iter().copied().max().unwrap_or_default().max(1);
    let step = |value: &u64| {
        let height = u128::from(*value) * 7 / u128::from(most);
        STEPS[usize::try_from(height).unwrap_or_default().min(7)]
    };
    shown.iter().map(step).collect()
}

#[cfg(test)]
mod tests {
    use super::{curve, pages};

    #[test]
    fn what_does_not_fit_is_on_further_pages() {
        for (rows, room, expected) in
            [(0, 0, 1), (0, 5, 1), (5, 5, 1), (6, 5, 2), (8, 5, 2), (9, 5, 3), (3, 1, 3), (3, 0, 3)]
        {
            assert_eq!(pages(rows, room), expected, "{rows} in {room}");
        }
    }

    #[test]
    fn curves_are_scaled_to_their_highest() {
        assert_eq!(curve(&[0, 1, 2, 7], 10), "▁▂▃█");
        assert_eq!(curve(&[0, 0], 10), "▁▁");
        assert_eq!(curve(&[9, 1, u64::MAX], 2), "▁█");
        assert_eq!(curve(&[1], 0), "");
    }
}
