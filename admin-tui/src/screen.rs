//! The nine screens.

use crate::source::Source;
use crate::text::T;

/// A screen, by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Screen {
    Overview,
    Payouts,
    Review,
    Withdrawals,
    Merchants,
    Events,
    Rates,
    Ledger,
    Audit,
}

impl Screen {
    pub const ALL: [Screen; 9] = [
        Screen::Overview,
        Screen::Payouts,
        Screen::Review,
        Screen::Withdrawals,
        Screen::Merchants,
        Screen::Events,
        Screen::Rates,
        Screen::Ledger,
        Screen::Audit,
    ];

    /// Its place among all, from 0.
    pub fn index(self) -> usize {
        Screen::ALL.iter().position(|screen| *screen == self).unwrap_or_default()
    }

    pub fn of_digit(digit: char) -> Option<Screen> {
        let number = digit.to_digit(10)?.checked_sub(1)?;
        Screen::ALL.get(usize::try_from(number).ok()?).copied()
    }

    /// Its name on the command line and in the palette.
    pub fn word(self) -> &'static str {
        match self {
            Screen::Overview => "overview",
            Screen::Payouts => "payouts",
            Screen::Review => "review",
            Screen::Withdrawals => "withdrawals",
            Screen::Merchants => "merchants",
            Screen::Events => "events",
            Screen::Rates => "rates",
            Screen::Ledger => "ledger",
            Screen::Audit => "audit",
        }
    }

    pub fn title(self) -> T {
        match self {
            Screen::Overview => T::Overview,
            Screen::Payouts => T::Payouts,
            Screen::Review => T::Review,
            Screen::Withdrawals => T::Withdrawals,
            Screen::Merchants => T::Merchants,
            Screen::Events => T::Events,
            Screen::Rates => T::RatesQuotes,
            Screen::Ledger => T::Ledger,
            Screen::Audit => T::AuditApprovals,
        }
    }

    /// Its lists; Tab goes from one to the next.
    pub fn sources(self) -> Vec<Source> {
        match self {
            Screen::Overview => Vec::new(),
            Screen::Payouts => vec![Source::Payouts],
            Screen::Review => vec![Source::Payments, Source::Reversals],
            Screen::Withdrawals => vec![Source::Withdrawals],
            Screen::Merchants => vec![Source::Merchants, Source::Fees],
            Screen::Events => vec![Source::Events, Source::Notices],
            Screen::Rates => vec![Source::Rates, Source::Quotes, Source::Positions, Source::Covers],
            Screen::Ledger => vec![Source::Sums, Source::Reconciliation, Source::Statements],
            Screen::Audit => vec![Source::Approvals, Source::Audit],
        }
    }
}
