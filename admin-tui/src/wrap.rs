//! Text in columns of a terminal: Chinese characters take two.

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// How many columns it takes.
pub fn width(text: &str) -> usize {
    text.width()
}

/// As much as fits; what is cut off is shown by a mark.
pub fn fit(text: &str, most: usize) -> String {
    if width(text) <= most {
        return text.to_owned();
    }
    let (head, _) = split(text, most.saturating_sub(1));
    if most == 0 { String::new() } else { format!("{head}>") }
}

/// As much of an id as fits: its kind and its end, which tells it from others.
pub fn fit_id(id: &str, most: usize) -> String {
    let count = id.chars().count();
    if count <= most || !id.is_ascii() {
        return fit(id, most);
    }
    let kind = id.find('_').map_or(0, |at| at + 1);
    let room = most.saturating_sub(kind + 2);
    if room < 4 {
        return fit(id, most);
    }
    format!("{}..{}", &id[..kind], &id[count - room.min(8)..])
}

/// Filled up with blanks, on the left where it stands on the right.
pub fn pad(text: &str, to: usize, right: bool) -> String {
    let blanks = " ".repeat(to.saturating_sub(width(text)));
    if right { format!("{blanks}{text}") } else { format!("{text}{blanks}") }
}

/// Lines of at most so many columns, broken at blanks where there are any. Blanks at the beginning stay.
pub fn wrap(text: &str, most: usize) -> Vec<String> {
    let most = most.max(2);
    let mut lines = Vec::new();
    let mut rest = text;
    while width(rest) > most {
        let (head, _) = split(rest, most);
        let indent = head.len() - head.trim_start().len();
        let at_blank = head.rfind(' ').filter(|at| *at > indent && *at > head.len() / 3);
        let cut = match at_blank {
            Some(at) if !rest[head.len()..].starts_with(' ') => at,
            _ => head.len(),
        };
        if cut == 0 {
            break;
        }
        let cut = before_closing(rest, cut);
        lines.push(rest[..cut].to_owned());
        rest = rest[cut..].trim_start();
    }
    lines.push(rest.to_owned());
    lines
}

/// No line begins with a Chinese mark that closes what stands before it: one more character goes down with it.
fn before_closing(text: &str, cut: usize) -> usize {
    let last = text[..cut].char_indices().next_back().map_or(0, |(at, _)| at);
    if last > 0 && text[cut..].starts_with(['。', '，', '、', '；', '：', '）', '！', '？']) {
        last
    } else {
        cut
    }
}

/// The part that fits, and the rest.
fn split(text: &str, most: usize) -> (&str, &str) {
    let mut columns = 0;
    for (at, character) in text.char_indices() {
        columns += character.width().unwrap_or_default();
        if columns > most {
            return text.split_at(at);
        }
    }
    (text, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_long_is_cut_with_a_mark() {
        for (text, most, expected) in [
            ("payouts", 7, "payouts"),
            ("payouts", 5, "payo>"),
            ("出款出款", 5, "出款>"),
            ("出款出款", 4, "出>"),
            ("x", 0, ""),
        ] {
            assert_eq!(fit(text, most), expected);
            assert!(width(&fit(text, most)) <= most);
        }
    }

    #[test]
    fn of_an_id_the_end_stays() {
        let id = "po_0123456789abcdef0123456789abcdef";
        assert_eq!(fit_id(id, 40), id);
        assert_eq!(fit_id(id, 13), "po_..89abcdef");
        assert_eq!(fit_id(id, 10), "po_..bcdef");
        assert_eq!(fit_id(id, 6), "po_01>");
    }

    #[test]
    fn lines_break_at_blanks_and_nothing_is_lost() {
        assert_eq!(wrap("ask the bank again", 8), ["ask the", "bank", "again"]);
        assert_eq!(wrap("再次询问银行", 5), ["再次", "询问", "银行"]);
        assert_eq!(wrap("再次询问银行。", 12), ["再次询问银", "行。"]);
        assert_eq!(wrap("0123456789", 4), ["0123", "4567", "89"]);
        assert_eq!(wrap("  a: 1", 20), ["  a: 1"]);
        assert_eq!(wrap("", 5), [""]);
    }
}
