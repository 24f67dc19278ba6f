//! A file of orders, read line by line: CSV (RFC 4180, with a header), or fields that somebody else took out of JSON.

use std::fmt;

use csv::{ByteRecord, ReaderBuilder};
use money::{Currency, Money};
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime, UtcOffset};

use super::{LineError, Order, OrderLine};

/// Lines in one file.
pub const MAX_LINES: usize = 10_000;
/// Wrong fields that are named; more are only counted.
pub const MAX_ERRORS: usize = 1_000;
/// Longest order id, in characters.
const MAX_ID: usize = 64;
/// Clocks differ; an order from further ahead is a mistake.
const AHEAD: Duration = Duration::DAY;
/// In minor units: a sale above a thousand million dollars is a mistake, and sums stay far from 64 bits.
const MAX_MINOR: i64 = 100_000_000_000;
/// No marketplace is older.
const EARLIEST: i64 = 631_152_000;

const HEADER: [&str; 4] = ["order_id", "amount", "currency", "ordered_at"];

/// Where an order stands in what was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The line of a CSV file, the header being line 1.
    Line(u64),
    /// The place in JSON's `orders`, from 0.
    Item(usize),
}

impl Place {
    pub(super) fn field(self, field: &str) -> String {
        match self {
            Place::Line(line) if field.is_empty() => format!("line {line}"),
            Place::Line(line) => format!("line {line}: {field}"),
            Place::Item(item) if field.is_empty() => format!("orders[{item}]"),
            Place::Item(item) => format!("orders[{item}].{field}"),
        }
    }
}

/// An order as it was sent; absent fields are none.
#[derive(Clone, Copy, Default)]
pub struct RawLine<'a> {
    /// `order_id`
    pub id: Option<&'a str>,
    /// `amount`
    pub amount: Option<&'a str>,
    /// `currency`
    pub currency: Option<&'a str>,
    /// `ordered_at`
    pub ordered_at: Option<&'a str>,
}

impl fmt::Debug for RawLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RawLine(…)")
    }
}

/// Reads a CSV file: `order_id,amount,currency,ordered_at`, in that order. `now` is the database's time.
///
/// # Errors
/// Every wrong field, with its line.
pub fn read_csv(bytes: &[u8], now: OffsetDateTime) -> Result<Vec<OrderLine>, Vec<LineError>> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut reader = ReaderBuilder::new().has_headers(false).flexible(true).from_reader(bytes);
    let (mut lines, mut errors) = (Vec::new(), Vec::new());
    let mut record = ByteRecord::new();
    let mut lines_of = LinesOf { bytes, counted: 0, line: 1 };
    let mut first = true;
    loop {
        match reader.read_byte_record(&mut record) {
            Ok(true) => {}
            Ok(false) => break,
            Err(_) => {
                errors.push(LineError::new(lines_of.place(reader.position().byte()), "", "can't be read"));
                break;
            }
        }
        let place = lines_of.place(record.position().map_or(0, csv::Position::byte));
        if std::mem::take(&mut first) {
            if !record.iter().eq(HEADER.iter().map(|name| name.as_bytes())) {
                let message = format!("must be the header {}", HEADER.join(","));
                return Err(vec![LineError::new(place, "", message)]);
            }
            continue;
        }
        if lines.len() + errors.len() >= MAX_LINES {
            errors.push(LineError::new(place, "", format!("a file has at most {MAX_LINES} orders")));
            break;
        }
        lines.extend(read_record(place, &record, now, &mut errors));
    }
    if first {
        return Err(vec![LineError::new(Place::Line(1), "", "the file is empty")]);
    }
    if errors.is_empty() { Ok(lines) } else { Err(errors) }
}

/// Counts lines. The reader's own count is one short where lines end with CR LF: it stops between the two.
struct LinesOf<'a> {
    bytes: &'a [u8],
    counted: usize,
    line: u64,
}

impl LinesOf<'_> {
    /// The line of the record that begins at this byte.
    fn place(&mut self, byte: u64) -> Place {
        let at = usize::try_from(byte).unwrap_or(usize::MAX).min(self.bytes.len());
        let begins = at + self.bytes[at..].iter().take_while(|byte| matches!(byte, b'\n' | b'\r')).count();
        let passed = self.bytes.get(self.counted..begins).unwrap_or_default();
        self.line += passed.iter().filter(|byte| **byte == b'\n').count() as u64;
        self.counted = begins.max(self.counted);
        Place::Line(self.line)
    }
}

fn read_record(
    place: Place,
    record: &ByteRecord,
    now: OffsetDateTime,
    errors: &mut Vec<LineError>,
) -> Option<OrderLine> {
    if record.len() != HEADER.len() {
        let message = format!("has {} fields instead of {}", record.len(), HEADER.len());
        errors.push(LineError::new(place, "", message));
        return None;
    }
    let field = |at: usize| record.get(at).map(std::str::from_utf8).transpose();
    let (Ok(id), Ok(amount), Ok(currency), Ok(ordered_at)) = (field(0), field(1), field(2), field(3)) else {
        errors.push(LineError::new(place, "", "is not UTF-8"));
        return None;
    };
    read_line(place, RawLine { id, amount, currency, ordered_at }, now, errors)
}

/// Reads one order; none where a field is wrong, and then each wrong field is in `errors`.
pub fn read_line(
    place: Place,
    raw: RawLine<'_>,
    now: OffsetDateTime,
    errors: &mut Vec<LineError>,
) -> Option<OrderLine> {
    let mut wrong = |field: &str, message: &str| {
        errors.push(LineError::new(place, field, message));
    };
    let id = raw.id.filter(|id| is_id(id));
    if id.is_none() {
        wrong("order_id", "must be 1 to 64 characters, none of them a control character");
    }
    let currency = raw.currency.and_then(|code| Currency::parse(code).ok());
    if currency.is_none() {
        wrong("currency", "must be an ISO 4217 code");
    }
    let amount = match (raw.amount, currency) {
        (Some(text), Some(currency)) => match Money::parse(text, currency) {
            Ok(amount) if (1..=MAX_MINOR).contains(&amount.minor()) => Some(amount),
            Ok(amount) if amount.minor() > 0 => {
                wrong("amount", "is too large for one order");
                None
            }
            Ok(_) => {
                wrong("amount", "must be above zero");
                None
            }
            Err(error) => {
                wrong("amount", &error.to_string());
                None
            }
        },
        (None, _) => {
            wrong("amount", "is missing");
            None
        }
        (Some(_), None) => None,
    };
    let ordered_at = raw.ordered_at.and_then(|text| OffsetDateTime::parse(text, &Rfc3339).ok());
    let possible = ordered_at.filter(|at| at.unix_timestamp() >= EARLIEST && *at <= now + AHEAD);
    if possible.is_none() {
        let message = if ordered_at.is_none() {
            "must be an RFC 3339 time, 2026-11-23T08:00:00Z"
        } else {
            "lies too far back or in the future"
        };
        wrong("ordered_at", message);
    }
    let order = Order { id: id?.to_owned(), amount: amount?, ordered_at: to_micros(possible?) };
    Some(OrderLine { place, order })
}

fn is_id(id: &str) -> bool {
    let length = id.chars().count();
    (1..=MAX_ID).contains(&length) && !id.chars().any(char::is_control) && id.trim() == id
}

/// As exact as the database keeps it, so that a repeated line is equal to what was stored.
fn to_micros(at: OffsetDateTime) -> OffsetDateTime {
    let at = at.to_offset(UtcOffset::UTC);
    at.replace_nanosecond(at.nanosecond() / 1_000 * 1_000).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: OffsetDateTime = time::macros::datetime!(2026-11-23 08:00 UTC);

    fn fields(text: &str) -> Vec<String> {
        read_csv(text.as_bytes(), NOW).unwrap_err().into_iter().map(|error| error.field).collect()
    }

    #[test]
    fn a_file_is_read_with_quotes_bom_and_any_line_ends() {
        let text = "\u{feff}order_id,amount,currency,ordered_at\r\n\
                    \"A,1\",12.50,USD,2026-11-22T10:00:00+08:00\r\n\
                    B,300,JPY,2026-11-23T07:59:59.123456789Z\n";
        let lines = read_csv(text.as_bytes(), NOW).unwrap();
        let told: Vec<_> =
            lines.iter().map(|l| (l.place, l.order.id.as_str(), l.order.amount.minor())).collect();
        assert_eq!(told, [(Place::Line(2), "A,1", 1_250), (Place::Line(3), "B", 300)]);
        assert_eq!(lines[0].order.ordered_at, time::macros::datetime!(2026-11-22 02:00 UTC));
        assert_eq!(lines[1].order.ordered_at.nanosecond(), 123_456_000);
    }

    #[test]
    fn every_wrong_field_is_named_with_its_line() {
        let text = "order_id,amount,currency,ordered_at\n\
                    A,1.00,USD,2026-11-22T10:00:00Z\n\
                    ,1.001,USD,yesterday\n\
                    C,-1,usd,2026-11-25T10:00:00Z\n\
                    D,1.00,USD\n\
                    E,0.00,USD,1901-01-01T00:00:00Z\n";
        let expected = [
            "line 3: order_id",
            "line 3: amount",
            "line 3: ordered_at",
            "line 4: currency",
            "line 4: ordered_at",
            "line 5",
            "line 6: amount",
            "line 6: ordered_at",
        ];
        assert_eq!(fields(text), expected);
    }

    #[test]
    fn a_file_without_its_header_is_refused() {
        for text in ["", "A,1.00,USD,2026-11-22T10:00:00Z\n", "order_id;amount;currency;ordered_at\n"] {
            assert_eq!(fields(text), ["line 1"], "{text:?}");
        }
        assert_eq!(read_csv(b"order_id,amount,currency,ordered_at\n", NOW), Ok(Vec::new()));
    }

    #[test]
    fn a_file_is_bounded() {
        let line = "A,1.00,USD,2026-11-22T10:00:00Z\n";
        let text = format!("order_id,amount,currency,ordered_at\n{}", line.repeat(MAX_LINES + 1));
        assert_eq!(fields(&text), [format!("line {}", MAX_LINES + 2)]);
    }

    #[test]
    fn bytes_that_are_no_text_are_named_by_line() {
        let mut bytes =
            b"order_id,amount,currency,ordered_at\nA\xff,1.00,USD,2026-11-22T10:00:00Z\n".to_vec();
        bytes.extend_from_slice("é,1.00,USD,2026-11-22T10:00:00Z\n".as_bytes());
        let errors = read_csv(&bytes, NOW).unwrap_err();
        assert_eq!(errors.len(), 1);
        assert_eq!(errors[0].field, "line 2");
    }
}
