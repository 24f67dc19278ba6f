//! A page of a list whose filter has no index of its own.
//!
//! Such a statement looks at so many rows of an index and no more, in the order of the list, and tells of the last of each
//! stretch that it stopped there. A page then holds what was found up to the first of these places, perhaps nothing, and the
//! next one goes on behind it: however rare what is sought, one page costs what it costs.

use std::fmt;
use std::str::FromStr;

use time::OffsetDateTime;
use uuid::Uuid;

/// How many rows to ask for, so that it is seen whether there are more than the page holds.
pub fn one_more(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX - 1) + 1
}

/// Later than everything: the end of the year 9999, before which a list of the newest begins.
pub fn far_off() -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(253_402_300_799).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

/// A place in a list by time: the next page begins behind it, whatever has become of the row that stood there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// When, to the microsecond, as the database keeps times.
    pub at: OffsetDateTime,
    /// Of which of those of that moment.
    pub id: Uuid,
}

impl Place {
    /// Before everything.
    pub const START: Place = Place { at: OffsetDateTime::UNIX_EPOCH, id: Uuid::nil() };
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.at.unix_timestamp_nanos() / 1_000, self.id.simple())
    }
}

/// A text that is no place in a list of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a cursor of this list")]
pub struct BadPlace;

impl FromStr for Place {
    type Err = BadPlace;

    fn from_str(text: &str) -> Result<Place, BadPlace> {
        let (micros, id) = text.split_once('.').ok_or(BadPlace)?;
        // Nothing of ours is older than 1970, and before 4714 BC the database has no times.
        let micros: i64 = micros.parse().ok().filter(|micros| *micros >= 0).ok_or(BadPlace)?;
        let at =
            OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1_000).map_err(|_| BadPlace)?;
        let place = Place { at, id: Uuid::try_parse(id).map_err(|_| BadPlace)? };
        if place.to_string() == text { Ok(place) } else { Err(BadPlace) }
    }
}

/// A row that was looked at.
#[derive(Debug, Clone)]
pub struct Looked<R> {
    /// It.
    pub row: R,
    /// Whether the filter lets it through.
    pub matches: bool,
    /// Whether it is the last of its stretch that was looked at, though perhaps not the last there is.
    pub stops: bool,
}

/// A page, and behind which row the next one begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paged<R> {
    /// At most as many as were asked for.
    pub rows: Vec<R>,
    /// None after the last page. It need not be one of `rows`.
    pub last: Option<R>,
}

impl<R: Clone> Paged<R> {
    /// The page of at most `limit` rows that these, in the order of the list, make.
    pub fn cut(looked_at: Vec<Looked<R>>, limit: usize) -> Paged<R> {
        let mut rows = Vec::new();
        let mut last = None;
        for looked in looked_at {
            if rows.len() == limit {
                return Paged { rows, last };
            }
            last = Some(looked.row.clone());
            if looked.matches {
                rows.push(looked.row);
            }
            if looked.stops {
                return Paged { rows, last };
            }
        }
        Paged { rows, last: None }
    }

    /// The page of at most `limit` rows, where one more was asked for to see whether there are any.
    pub fn of(rows: Vec<R>, limit: usize) -> Paged<R> {
        let looked = |row| Looked { row, matches: true, stops: false };
        Paged::cut(rows.into_iter().map(looked).collect(), limit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_survives_its_text_and_nothing_else_is_one() {
        let at = OffsetDateTime::from_unix_timestamp_nanos(1_763_900_000_123_456_000).expect("a time");
        let id = Uuid::try_parse("019aadd2-6b7c-7d1e-8a6f-0123456789ab").expect("an id");
        for place in [Place { at, id }, Place::START] {
            assert_eq!(place.to_string().parse(), Ok(place));
        }
        for text in [
            "",
            ".",
            "1",
            "+1.019aadd26b7c7d1e8a6f0123456789ab",
            "1.019aadd2",
            "1.x",
            "-1.019aadd26b7c7d1e8a6f0123456789ab",
            "-377705116800000000.019aadd26b7c7d1e8a6f0123456789ab",
            "99999999999999999999.0",
        ] {
            assert_eq!(text.parse::<Place>(), Err(BadPlace), "{text:?}");
        }
    }

    /// `m` matches, `.` does not, in capitals and `|` it stops.
    fn cut(text: &str, limit: usize) -> (Vec<usize>, Option<usize>) {
        let looked = |(row, kind): (usize, char)| Looked {
            row,
            matches: "mM".contains(kind),
            stops: "M|".contains(kind),
        };
        let page = Paged::cut(text.chars().enumerate().map(looked).collect(), limit);
        (page.rows, page.last)
    }

    #[test]
    fn a_page_ends_where_it_is_full_or_where_somebody_stopped_looking() {
        for (text, limit, rows, last) in [
            ("", 2, &[][..], None),
            ("mm", 2, &[0, 1], None),
            ("mmm", 2, &[0, 1], Some(1)),
            ("m.m.m", 2, &[0, 2], Some(2)),
            ("m.m..", 2, &[0, 2], Some(2)),
            ("...|", 2, &[], Some(3)),
            ("m|mM", 2, &[0], Some(1)),
            ("mM", 2, &[0, 1], Some(1)),
            ("M", 2, &[0], Some(0)),
            ("m...", 2, &[0], None),
        ] {
            assert_eq!(cut(text, limit), (rows.to_vec(), last), "{text}");
        }
        assert_eq!(Paged::of(vec![1, 2, 3], 2), Paged { rows: vec![1, 2], last: Some(2) });
        assert_eq!(Paged::of(vec![1, 2], 2), Paged { rows: vec![1, 2], last: None });
    }
}
