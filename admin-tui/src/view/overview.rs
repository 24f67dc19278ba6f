//! The first screen: what needs a person, then the figures behind it.

use admin_api::Overview;

use super::paint::Paint;
use crate::alarms;
use crate::columns::{Tone, age, seconds, tone_of};
use crate::model::{Model, Sample};
use crate::text::{T, fill};
use crate::wrap::{fit, pad};

pub fn draw(model: &Model, paint: &mut Paint<'_>) {
    let theme = paint.theme;
    let Some(overview) = model.overview.data() else {
        let text = if model.overview.trouble.is_some() { T::NoData } else { T::Loading };
        paint.put(1, 1, model.text(text), theme.tone(Tone::Dim));
        return;
    };
    paint.put(1, 0, model.text(T::NeedsYou), theme.tone(Tone::Strong));
    let mut y = 1;
    let alarms = alarms::of(model);
    for (at, alarm) in alarms.iter().enumerate() {
        paint.put(3, y, alarm.sign, theme.tone(alarm.tone));
        paint.put(6, y, &alarm.text, theme.tone(alarm.tone));
        if at == model.selected_alarm {
            paint.put(1, y, ">", theme.tone(Tone::Strong));
            paint.line(y, theme.selected());
        }
        y += 1;
    }
    y += 1;
    let (width, height) = (paint.area.width, paint.area.height.saturating_sub(y));
    let half = width / 2;
    queues(model, overview, &mut paint.part(0, y, half, height));
    let used = health(model, overview, &mut paint.part(half, y, width - half, height));
    curves(model, &mut paint.part(half, y + used + 1, width - half, height.saturating_sub(used + 1)));
}

/// Payouts by bank and status, the worst first; then what lies in suspense.
fn queues(model: &Model, overview: &Overview, paint: &mut Paint<'_>) {
    let theme = paint.theme;
    paint.put(1, 0, model.text(T::Queues), theme.tone(Tone::Strong));
    let mut y = 1;
    let order = |status: &str| match tone_of(status) {
        Tone::Bad => 0,
        Tone::Warn => 1,
        Tone::Plain | Tone::Strong => 2,
        Tone::Good | Tone::Dim => 3,
    };
    let mut queues: Vec<_> = overview.payouts.iter().collect();
    queues.sort_by_key(|queue| order(&queue.status));
    for queue in queues {
        let oldest = if order(&queue.status) < 3 { age(&queue.oldest, model.now()) } else { String::new() };
        let text = format!(
            "{} {} {} {oldest}",
            pad(&fit(&queue.status, 10), 10, false),
            pad(&queue.count.to_string(), 7, true),
            pad(&fit(&queue.bank, 12), 12, false)
        );
        paint.put(3, y, &text, theme.tone(tone_of(&queue.status)));
        y += 1;
    }
    y += 1;
    paint.put(1, y, model.text(T::Suspense), theme.tone(Tone::Strong));
    y += 1;
    if overview.suspense.is_empty() {
        paint.put(3, y, model.text(T::NoneOfThem), theme.tone(Tone::Dim));
        y += 1;
    }
    for line in &overview.suspense {
        let text = format!("{} {}", pad(&line.amount, 18, true), line.currency);
        paint.put(3, y, &text, theme.tone(Tone::Warn));
        y += 1;
    }
    for line in &overview.review {
        let oldest = age(&line.oldest, model.now());
        let text =
            format!("{} {}x {} {} {oldest}", fit(&line.reason, 22), line.count, line.amount, line.currency);
        paint.put(3, y, &text, theme.tone(Tone::Plain));
        y += 1;
    }
}

/// Lanes, pool, banks, rates, and where the book ends; how many lines it took.
fn health(model: &Model, overview: &Overview, paint: &mut Paint<'_>) -> u16 {
    let theme = paint.theme;
    paint.put(1, 0, model.text(T::Health), theme.tone(Tone::Strong));
    let mut lines: Vec<(String, String, Tone)> = Vec::new();
    let depths: Vec<String> = overview.lanes.iter().map(|lane| lane.depth.to_string()).collect();
    lines.push((model.text(T::Lanes).to_owned(), depths.join(" "), Tone::Plain));
    let pool = &overview.pool;
    let used = pool.size.saturating_sub(pool.available).to_string();
    let said = fill(model.text(T::OfMax), &[&used, &pool.max.to_string(), &pool.waiting.to_string()]);
    let tone = if pool.waiting > 0 { Tone::Warn } else { Tone::Plain };
    lines.push((model.text(T::Pool).to_owned(), said, tone));
    for bank in &overview.banks {
        let tone = if bank.breaker == "closed" { Tone::Plain } else { Tone::Bad };
        let text = format!("{} {} ({})", bank.bank, bank.breaker, bank.busy);
        lines.push((model.text(T::Banks).to_owned(), text, tone));
    }
    let rates: Vec<String> = overview
        .rates
        .iter()
        .map(|rate| format!("{} {}", rate.pair, seconds(alarms::whole(rate.age_seconds))))
        .collect();
    for pair in rates.chunks(2) {
        lines.push((model.text(T::RateAges).to_owned(), pair.join("  "), Tone::Plain));
    }
    let heads = overview.ledger_heads.len().to_string();
    lines.push((model.text(T::Heads).to_owned(), heads, Tone::Plain));
    let mut y = 1;
    for (label, text, tone) in lines {
        paint.put(3, y, &pad(&fit(&label, 13), 13, false), theme.tone(Tone::Dim));
        paint.put(17, y, &text, theme.tone(tone));
        y += 1;
    }
    y
}

fn curves(model: &Model, paint: &mut Paint<'_>) {
    let theme = paint.theme;
    if paint.area.height < 2 {
        return;
    }
    paint.put(1, 0, model.text(T::Curves), theme.tone(Tone::Strong));
    let values = |of: fn(&Sample) -> u64| -> Vec<u64> { model.history.iter().map(of).collect() };
    let kinds = [
        (T::CurveUnknown, values(|sample| sample.unknown)),
        (T::CurveReview, values(|sample| sample.review)),
        (T::CurveUnsent, values(|sample| sample.oldest_unsent)),
        (T::CurveWaiting, values(|sample| sample.waiting)),
    ];
    let room = usize::from(paint.area.width).saturating_sub(26);
    for ((label, values), y) in kinds.into_iter().zip(1..) {
        let last = values.last().copied().unwrap_or_default();
        paint.put(3, y, &pad(&fit(model.text(label), 15), 15, false), theme.tone(Tone::Dim));
        paint.put(18, y, &pad(&last.to_string(), 6, true), theme.tone(Tone::Plain));
        paint.put(25, y, &curve(&values, room), theme.tone(Tone::Plain));
    }
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
    use super::curve;

    #[test]
    fn curves_are_scaled_to_their_highest() {
        assert_eq!(curve(&[0, 1, 2, 7], 10), "▁▂▃█");
        assert_eq!(curve(&[0, 0], 10), "▁▁");
        assert_eq!(curve(&[9, 1, u64::MAX], 2), "▁█");
        assert_eq!(curve(&[1], 0), "");
    }
}
