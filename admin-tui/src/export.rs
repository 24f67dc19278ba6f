//! The page that a list shows, as CSV: every column, nothing shortened.

use crate::columns;
use crate::model::Model;
use crate::model::frame::Frame;
use crate::text::{Lang, T};

/// # Errors
/// In words, where there is nothing to export.
pub fn csv(model: &Model) -> Result<String, String> {
    let list = model.frame().and_then(Frame::as_list);
    let rows = list.map(crate::model::frame::List::visible).unwrap_or_default();
    let Some(first) = rows.first() else { return Err(model.text(T::NothingToExport).to_owned()) };
    let columns = columns::of(first.shape);
    let mut writer = csv::Writer::from_writer(Vec::new());
    let titles = columns.iter().map(|column| match column.title {
        T::Nothing => "sign",
        title => title.in_lang(Lang::English),
    });
    let failed = |error: csv::Error| error.to_string();
    writer.write_record(titles).map_err(failed)?;
    for item in rows {
        let cells = columns::cells(item, model.now());
        writer.write_record(cells.iter().map(|cell| harmless(&cell.text))).map_err(failed)?;
    }
    let bytes = writer.into_inner().map_err(|error| error.to_string())?;
    String::from_utf8(bytes).map_err(|error| error.to_string())
}

/// A spreadsheet takes what begins like this for a formula, full-width signs too; a number is none.
fn harmless(text: &str) -> String {
    let is_number = text.trim_start_matches('-').chars().all(|c| c.is_ascii_digit() || c == '.');
    match text.chars().next() {
        Some('=' | '+' | '@' | '＝' | '＋' | '－' | '＠') => format!("'{text}"),
        Some('-') if !is_number => format!("'{text}"),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::harmless;

    #[test]
    fn no_formula_gets_into_a_spreadsheet() {
        for (text, expected) in [
            ("=HYPERLINK(\"x\")", "'=HYPERLINK(\"x\")"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("-1+cmd", "'-1+cmd"),
            ("＝SUM(A1)", "'＝SUM(A1)"),
            ("＋1", "'＋1"),
            ("－1", "'－1"),
            ("＠SUM(A1)", "'＠SUM(A1)"),
            ("-99.70", "-99.70"),
            ("99.70", "99.70"),
            ("", ""),
        ] {
            assert_eq!(harmless(text), expected);
        }
    }
}
