//! What the institution keeps of an exchange besides the fee (R19): shown apart, and nothing unless configured.

/// A whole, in millionths.
pub(crate) const MILLION: u32 = 1_000_000;

/// Shares of what is bought, in millionths: 1,000 is 0.1 %. By default there are none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Markup {
    /// The spread on the bank's rate.
    pub spread: u32,
    /// For locking the rate.
    pub premium: u32,
}

impl Markup {
    /// The bank's own price.
    pub const NONE: Markup = Markup { spread: 0, premium: 0 };

    /// Whether nothing is left of any amount, however large.
    pub(crate) fn takes_all(self) -> bool {
        self.spread.saturating_add(self.premium) >= MILLION
    }
}
