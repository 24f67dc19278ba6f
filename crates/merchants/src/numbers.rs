//! Accounts found by what is known of their number: all of it, or the end that their masks show.
//!
//! Nobody is told more of a number by asking than by looking at it: of its end exactly that is kept which the mask shows anyway, and
//! whoever would guess the rest must guess all of it at once (R35).

use pg::Connection;
use privacy::Keyring;
use uuid::Uuid;

use crate::error::Error;
use crate::issue::{self, Issued};
use crate::keys::{account_index, open_text, tail_index};
use crate::payees::{self, Payee};

/// Characters of the end by which a number is found. One whose mask shows less of it is found whole only.
const TAIL: usize = 4;
/// Characters of a text that is taken for an end; longer ones are whole numbers.
const LONGEST_TAIL: usize = 8;
/// Characters of the longest number: an IBAN's.
const LONGEST: usize = 34;

/// The blind index of a number's end; empty where there is none.
pub(crate) fn tail_of(keyring: &Keyring, number: &str) -> Vec<u8> {
    let number = privacy::normalise_account_number(number);
    tail(&number).map(|tail| tail_index(keyring, tail).to_vec()).unwrap_or_default()
}

/// The end by which a number is found: what its mask shows, where that is long enough to find anything by.
fn tail(normalised: &str) -> Option<&str> {
    let shown = privacy::shown_end(normalised);
    (shown.chars().count() == TAIL).then_some(shown)
}

/// A text that may be an account number, or the end of one. Whoever looks for it makes a guess, and may be counted before.
#[derive(Debug)]
pub struct SoughtNumber {
    number: Vec<u8>,
    tail: Option<Vec<u8>>,
}

impl SoughtNumber {
    /// None where the text is neither: it has a digit, 4 to 34 letters and digits, and nothing else but spaces and dashes.
    pub fn read(keyring: &Keyring, text: &str) -> Option<SoughtNumber> {
        let number = privacy::normalise_account_number(text);
        let plain = number.chars().all(|c| c.is_ascii_alphanumeric());
        let has_digit = number.chars().any(|c| c.is_ascii_digit());
        if !plain || !has_digit || !(TAIL..=LONGEST).contains(&number.len()) {
            return None;
        }
        let tail = sought_tail(&number).map(|tail| tail_index(keyring, tail).to_vec());
        Some(SoughtNumber { number: account_index(keyring, &number).to_vec(), tail })
    }
}

/// What is compared with the ends of numbers: the last four of a text that is too short to be anything but an end or a short number.
fn sought_tail(normalised: &str) -> Option<&str> {
    let from = normalised.len().checked_sub(TAIL)?;
    normalised.get(from..).filter(|_| normalised.len() <= LONGEST_TAIL)
}

/// At most `limit` payees whose account has this number, or this end; removed ones among them. Those with the whole number come
/// first, then the newest. Of an end of up to eight characters the last four are compared.
///
/// # Errors
/// The database's; `Unexpected` when a row can't be understood.
pub async fn payees_numbered(
    conn: &Connection,
    sought: &SoughtNumber,
    limit: i64,
) -> Result<Vec<Payee>, Error> {
    let sql = include_str!("sql/find_payees.sql");
    let rows = conn.query(sql, &[&sought.number, &sought.tail, &limit]).await?;
    rows.iter().map(payees::read).collect()
}

/// The same of receiving accounts, whosever and at whichever bank.
///
/// # Errors
/// The database's, the keyring's; `Unexpected` when a row can't be understood.
pub async fn accounts_numbered(
    conn: &Connection,
    keyring: &Keyring,
    sought: &SoughtNumber,
    limit: i64,
) -> Result<Vec<Issued>, Error> {
    let sql = include_str!("sql/find_accounts.sql");
    let rows = conn.query(sql, &[&sought.number, &sought.tail, &limit]).await?;
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
    let (mut ids, mut tails) = (Vec::new(), Vec::new());
    for row in &rows {
        let id: Uuid = row.get("id");
        if let Ok(number) = open_text(keyring, row.get("number_sealed"), column, id) {
            ids.push(id);
            tails.push(tail_of(keyring, number.reveal()));
        }
    }
    tx.execute(save, &[&ids, &tails]).await?;
    tx.commit().await?;
    let last = rows.last().map(|row| row.get("id"));
    Ok(Filled { filled: ids.len(), sealed: rows.len() - ids.len(), last })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What the mask shows, read off the mask itself.
    fn shown(number: &str) -> String {
        privacy::mask_account_number(number).strip_prefix("****").expect("a mask").to_owned()
    }

    #[test]
    fn r35_of_numbers_of_every_length_the_end_that_is_found_is_what_the_mask_shows() {
        let digits = "9876543210987654321098765432109876543210";
        for length in 0..=digits.len() {
            let number = &digits[..length];
            let (known, shown) = (tail(number), shown(number));
            match length {
                0..=8 => assert_eq!(known, None, "of {length}"),
                _ => assert_eq!(known, Some(shown.as_str()), "of {length}"),
            }
            // Of any end that can be typed, what lies before the shown characters makes no difference, right or wrong.
            for count in TAIL..length {
                let right = &digits[length - count..length];
                let (before, last) = right.split_at(count - TAIL);
                let wrong = format!("{}{last}", "x".repeat(before.len()));
                let compared = (count <= LONGEST_TAIL).then_some(last);
                assert_eq!(
                    (sought_tail(right), sought_tail(&wrong)),
                    (compared, compared),
                    "{right} of {length}"
                );
            }
        }
    }

    proptest! {
        #[test]
        fn r35_no_end_knows_more_of_a_number_than_its_mask(text in "\\PC{0,40}") {
            let number = privacy::normalise_account_number(&text);
            if let Some(known) = tail(&number) {
                prop_assert_eq!(known, shown(&number));
            }
        }
    }

    #[test]
    fn r35_what_has_no_digit_or_other_signs_is_no_number() {
        let folder = tempfile::tempdir().expect("a folder");
        let keyring = Keyring::generate(&folder.path().join("keys")).expect("keys");
        for (text, is_number, has_tail) in [
            ("1234", true, true),
            ("12 34", true, true),
            ("AST001S", true, true),
            ("12345678", true, true),
            ("123456789", true, false),
            (&"1".repeat(34), true, false),
            ("123", false, false),
            ("", false, false),
            ("Acme", false, false),
            ("ACMELTD", false, false),
            ("acme trading company", false, false),
            ("78*0", false, false),
            ("pay_1234", false, false),
            ("a@b.c1", false, false),
            (&"1".repeat(35), false, false),
        ] {
            let read = SoughtNumber::read(&keyring, text);
            assert_eq!(read.is_some(), is_number, "{text}");
            assert_eq!(read.is_some_and(|read| read.tail.is_some()), has_tail, "{text}");
        }
    }
}
