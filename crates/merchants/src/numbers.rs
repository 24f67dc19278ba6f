//! Accounts found by what is known of their number: all of it, or the end of it.
//!
//! A number may be told by its end only as far as it can't be guessed from answers: one search compares four characters,
//! which operators see anyway, or eight at once, so that nobody is told the next digit by asking ten times (R35).

use pg::Connection;
use privacy::Keyring;
use uuid::Uuid;

use crate::error::Error;
use crate::issue::{self, Issued};
use crate::keys::{account_index, open_text, tail_index};
use crate::payees::{self, Payee};

/// Numbers shorter than this are found whole only: their masks show less than four characters.
const SHORTEST_WITH_TAIL: usize = 9;

/// The blind indexes of a number's end: of its last four characters and of its last eight. Empty where there is none.
#[derive(Debug)]
pub(crate) struct Tails {
    pub(crate) four: Vec<u8>,
    pub(crate) eight: Vec<u8>,
}

impl Tails {
    /// Those of a number.
    pub(crate) fn of(keyring: &Keyring, number: &str) -> Tails {
        let number = privacy::normalise_account_number(number);
        let length = number.chars().count();
        let tail = |count: usize| match last(&number, count) {
            Some(tail) if length >= SHORTEST_WITH_TAIL => tail_index(keyring, tail).to_vec(),
            _ => Vec::new(),
        };
        Tails { four: tail(4), eight: tail(8) }
    }
}

/// The last so many characters, if there are as many.
fn last(text: &str, count: usize) -> Option<&str> {
    let from = text.chars().count().checked_sub(count)?;
    text.char_indices().map(|(at, _)| at).nth(from).and_then(|at| text.get(at..))
}

/// What a search compares: always the whole number; besides, of four to seven characters the last four, of eight all.
struct Sought {
    number: Vec<u8>,
    four: Option<Vec<u8>>,
    eight: Option<Vec<u8>>,
}

impl Sought {
    /// None where the text is no number or end of one.
    fn read(keyring: &Keyring, text: &str) -> Option<Sought> {
        let number = privacy::normalise_account_number(text);
        let plain = number.chars().all(|c| c.is_ascii_alphanumeric());
        if number.len() < 4 || !plain {
            return None;
        }
        let tail = |count| last(&number, count).map(|tail| tail_index(keyring, tail).to_vec());
        let (four, eight) = match number.len() {
            4..=7 => (tail(4), None),
            8 => (None, tail(8)),
            _ => (None, None),
        };
        Some(Sought { number: account_index(keyring, &number).to_vec(), four, eight })
    }
}

/// At most `limit` payees whose account has this number, or this end of four to eight characters; removed ones among them. Those
/// with the whole number come first, then the newest. Of five to seven characters the last four are compared.
///
/// # Errors
/// The database's; `Unexpected` when a row can't be understood.
pub async fn payees_numbered(
    conn: &Connection,
    keyring: &Keyring,
    text: &str,
    limit: i64,
) -> Result<Vec<Payee>, Error> {
    let Some(sought) = Sought::read(keyring, text) else { return Ok(Vec::new()) };
    let sql = include_str!("sql/find_payees.sql");
    let rows = conn.query(sql, &[&sought.number, &sought.four, &sought.eight, &limit]).await?;
    rows.iter().map(payees::read).collect()
}

/// The same of receiving accounts, whosever and at whichever bank.
///
/// # Errors
/// The database's, the keyring's; `Unexpected` when a row can't be understood.
pub async fn accounts_numbered(
    conn: &Connection,
    keyring: &Keyring,
    text: &str,
    limit: i64,
) -> Result<Vec<Issued>, Error> {
    let Some(sought) = Sought::read(keyring, text) else { return Ok(Vec::new()) };
    let sql = include_str!("sql/find_accounts.sql");
    let rows = conn.query(sql, &[&sought.number, &sought.four, &sought.eight, &limit]).await?;
    rows.iter().map(|row| issue::read(keyring, row)).collect()
}

/// Whose account numbers a row holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Numbered {
    /// Accounts that merchants withdraw to.
    Payees,
    /// Accounts that collect for merchants.
    ReceivingAccounts,
}

/// What one step of [`fill_tails`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Filled {
    /// Rows that can be found by their end now.
    pub filled: usize,
    /// Rows whose number can't be opened: their key is not here.
    pub sealed: usize,
    /// The next step begins behind this row; none after the last.
    pub last: Option<Uuid>,
}

/// Makes the indexes of at most `limit` rows that were entered before there were any, behind `after`, in a transaction of its own.
/// Several gateways may do it at the same time.
///
/// # Errors
/// The database's.
pub async fn fill_tails(
    conn: &mut Connection,
    keyring: &Keyring,
    which: Numbered,
    after: Uuid,
    limit: i64,
) -> Result<Filled, Error> {
    let (wanted, save, column) = match which {
        Numbered::Payees => (
            include_str!("sql/payees_without_tails.sql"),
            include_str!("sql/save_payee_tails.sql"),
            "payees.number",
        ),
        Numbered::ReceivingAccounts => (
            include_str!("sql/accounts_without_tails.sql"),
            include_str!("sql/save_account_tails.sql"),
            "receiving_accounts.number",
        ),
    };
    let tx = conn.begin().await?;
    let rows = tx.query(wanted, &[&after, &limit]).await?;
    let (mut ids, mut fours, mut eights) = (Vec::new(), Vec::new(), Vec::new());
    for row in &rows {
        let id: Uuid = row.get("id");
        if let Ok(number) = open_text(keyring, row.get("number_sealed"), column, id) {
            let tails = Tails::of(keyring, number.reveal());
            ids.push(id);
            fours.push(tails.four);
            eights.push(tails.eight);
        }
    }
    tx.execute(save, &[&ids, &fours, &eights]).await?;
    tx.commit().await?;
    let last = rows.last().map(|row| row.get("id"));
    Ok(Filled { filled: ids.len(), sealed: rows.len() - ids.len(), last })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_text_is_counted_in_characters() {
        for (text, count, end) in [
            ("12345678", 4, Some("5678")),
            ("1234", 4, Some("1234")),
            ("123", 4, None),
            ("", 4, None),
            ("1ä2ö", 3, Some("ä2ö")),
        ] {
            assert_eq!(last(text, count), end, "{text}");
        }
    }
}
