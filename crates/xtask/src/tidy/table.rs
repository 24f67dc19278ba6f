//! Tables of a Markdown file.

/// The cells of each row of the table with exactly this heading; none where there is no such table.
pub(super) fn rows<'a>(text: &'a str, heading: &str) -> Vec<Vec<&'a str>> {
    let table = text.lines().skip_while(|line| *line != heading);
    // Behind the heading comes the line of dashes.
    let rows = table.skip(2).take_while(|line| line.starts_with('|'));
    rows.map(|row| row.trim_matches('|').split('|').map(str::trim).collect()).collect()
}

/// Text and address of `[text](address)`.
pub(super) fn link(cell: &str) -> Option<(&str, &str)> {
    let (text, address) = cell.strip_prefix('[')?.split_once("](")?;
    Some((text, address.strip_suffix(')')?))
}

/// What stands between commas; `–` is nothing.
pub(super) fn list(cell: &str) -> Vec<&str> {
    cell.split(',').map(str::trim).filter(|item| !matches!(*item, "" | "–")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_found_by_its_heading_and_ends_with_its_rows() {
        let text = "# a\n\n| x |\n|---|\n| 0 |\n\n| a | b |\n|---|---|\n| 1 | 2, 3 |\n| [c](d/e) | – |\nend\n| 5 | 6 |\n";
        assert_eq!(rows(text, "| a | b |"), [["1", "2, 3"], ["[c](d/e)", "–"]]);
        assert_eq!(rows(text, "| a | c |"), Vec::<Vec<&str>>::new());
        assert_eq!(link("[c](d/e)"), Some(("c", "d/e")));
        for other in ["c", "[c]", "[c](d", "c](d)"] {
            assert_eq!(link(other), None, "{other}");
        }
        assert_eq!(list("2, 3"), ["2", "3"]);
        assert_eq!(list("–"), [""; 0]);
    }
}
