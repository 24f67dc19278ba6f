//! What a file of orders comes to: all of it, or nothing and every line that stands against it.

use std::collections::HashMap;

use super::{Order, Place};

/// A line that was understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderLine {
    /// Where it stands.
    pub place: Place,
    /// What it says.
    pub order: Order,
}

/// One wrong field of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineError {
    /// `line 3: amount` or `orders[2].amount`.
    pub field: String,
    /// What is wrong with it; never quotes the value.
    pub message: String,
}

impl LineError {
    pub(super) fn new(place: Place, field: &str, message: impl Into<String>) -> LineError {
        LineError { field: place.field(field), message: message.into() }
    }
}

/// What is to be done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Import {
    /// Orders that were not there.
    pub new: Vec<Order>,
    /// How many lines repeat what is there already.
    pub unchanged: usize,
}

/// Compares the lines with the orders that are there and with each other. An order that was counted once never
/// changes: a line that says otherwise is wrong, and so is the file.
///
/// # Errors
/// Every line that contradicts.
pub fn plan_import(existing: &HashMap<String, Order>, lines: &[OrderLine]) -> Result<Import, Vec<LineError>> {
    let mut import = Import::default();
    let mut errors = Vec::new();
    let mut named: HashMap<&str, &OrderLine> = HashMap::with_capacity(lines.len());
    for line in lines {
        let id = line.order.id.as_str();
        let before = existing.get(id).or_else(|| named.get(id).map(|earlier| &earlier.order));
        match before {
            Some(known) if *known == line.order => import.unchanged += 1,
            Some(_) => {
                let message = "was imported before with another amount, currency or time";
                errors.push(LineError::new(line.place, "order_id", message));
            }
            None => {
                import.new.push(line.order.clone());
                named.insert(id, line);
            }
        }
    }
    if errors.is_empty() { Ok(import) } else { Err(errors) }
}

#[cfg(test)]
mod tests {
    use money::{Currency, Money};
    use time::OffsetDateTime;

    use super::*;

    fn line(number: u64, id: &str, minor: i64) -> OrderLine {
        let amount = Money::new(minor, Currency::USD).unwrap();
        let order = Order { id: id.into(), amount, ordered_at: OffsetDateTime::UNIX_EPOCH };
        OrderLine { place: Place::Line(number), order }
    }

    #[test]
    fn a_repeated_order_changes_nothing() {
        let existing = HashMap::from([("A".to_owned(), line(0, "A", 5).order)]);
        let lines = [line(2, "A", 5), line(3, "B", 7), line(4, "B", 7)];
        let import = plan_import(&existing, &lines).unwrap();
        assert_eq!((import.new, import.unchanged), (vec![line(3, "B", 7).order], 2));
    }

    #[test]
    fn every_contradicting_line_is_named_and_nothing_is_imported() {
        let existing = HashMap::from([("A".to_owned(), line(0, "A", 5).order)]);
        let lines = [line(2, "A", 6), line(3, "B", 7), line(4, "B", 8), line(5, "C", 1)];
        let errors = plan_import(&existing, &lines).unwrap_err();
        let fields: Vec<&str> = errors.iter().map(|error| error.field.as_str()).collect();
        assert_eq!(fields, ["line 2: order_id", "line 4: order_id"]);
    }
}
