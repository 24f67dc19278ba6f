//! Blind indexes of this crate: one domain for each kind of datum.

use privacy::Keyring;

/// Finds an account number without its being readable, at banks and with payees alike.
pub fn account_index(keyring: &Keyring, number: &str) -> [u8; 32] {
    keyring.blind_index("account_number", &privacy::normalise_account_number(number))
}

/// Finds the end of an account number. The domain keeps it apart from whole numbers: an end is not found as a number.
pub(crate) fn tail_index(keyring: &Keyring, tail: &str) -> [u8; 32] {
    keyring.blind_index("account_number_tail", tail)
}

/// Finds a name, as R21 compares names.
pub fn name_index(keyring: &Keyring, name: &str) -> [u8; 32] {
    keyring.blind_index("name", &privacy::normalise_name(name))
}

/// Finds an e-mail address.
pub fn email_index(keyring: &Keyring, address: &str) -> [u8; 32] {
    keyring.blind_index("email", &address.trim().to_lowercase())
}

/// Finds a mobile number, as it is written in E.164.
pub(crate) fn mobile_index(keyring: &Keyring, number: &str) -> [u8; 32] {
    keyring.blind_index("mobile", number)
}

/// Finds a document by its number. Kinds are kept apart: the same number of two kinds is two numbers.
pub(crate) fn document_index(keyring: &Keyring, kind: &str, number: &str) -> [u8; 32] {
    keyring.blind_index("document_number", &format!("{kind}\0{number}"))
}

/// What a sealed value is bound to: its table and column, and the row.
pub(crate) fn context(column: &str, row: uuid::Uuid) -> Vec<u8> {
    let mut context = column.as_bytes().to_vec();
    context.push(0);
    context.extend_from_slice(row.as_bytes());
    context
}

/// Opens a sealed text.
pub(crate) fn open_text(
    keyring: &Keyring,
    sealed: &[u8],
    column: &str,
    row: uuid::Uuid,
) -> Result<privacy::Sensitive<String>, crate::Error> {
    let bytes = keyring.open(sealed, &context(column, row))?;
    let text = String::from_utf8(bytes)
        .map_err(|_| crate::Error::Unexpected(format!("{column} of {row} is not text")))?;
    Ok(privacy::Sensitive::new(text))
}
