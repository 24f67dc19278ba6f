//! Text that must not end up in a log.

use std::fmt;

use zeroize::Zeroizing;

/// Personal data or an account number on its way to a bank: never printed, wiped when dropped (R37).
///
/// Whoever needs the text says so with [`Hidden::expose`].
#[derive(Clone, PartialEq, Eq)]
pub struct Hidden(Zeroizing<String>);

impl Hidden {
    /// Takes the text over.
    pub fn new(text: impl Into<String>) -> Hidden {
        Hidden(Zeroizing::new(text.into()))
    }

    /// The text itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Hidden {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("…")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r37_debug_shows_nothing() {
        assert_eq!(format!("{:?}", Hidden::new("6222021234567890")), "…");
    }
}
