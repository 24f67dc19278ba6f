//! What every batch knows beforehand: configuration, keys, and where accounts were found last.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use calendar::Calendars;
use deposits::{PlatformRemitters, Receipt};
use ledger::Layout;
use merchants::documents::Origin;
use money::{Currency, Money};
use payouts::BankPolicy;
use pg::Shard;
use privacy::Keyring;
use time::macros::time;
use time::{Date, OffsetDateTime, UtcOffset};

use super::notices::banks_of;

/// How many account numbers are remembered with their merchant's shard.
const HOMES: usize = 65_536;

/// R39: working days.
const REVIEWED_WITHIN: u32 = 2;
/// R10: working days.
const SETTLED_WITHIN: u32 = 5;

/// What batches decide by, beside the database.
pub struct Facts {
    /// Shards and chains.
    pub layout: Layout,
    /// Opens and seals personal data.
    pub keyring: Arc<Keyring>,
    /// Which remitters are a platform's.
    pub remitters: PlatformRemitters,
    /// Fees, limits, corridors, the age of rates, and which days banks work.
    pub policy: withdrawals::Policy,
    /// Above this, in US dollars, a second person must approve (R33).
    pub approval_limit: Money,
    /// How payouts go at each bank.
    pub banks: HashMap<Arc<str>, BankPolicy>,
    /// Is there a mail server, so that merchants are told by e-mail too?
    pub emails: bool,
    homes: Mutex<HashMap<[u8; 32], Shard>>,
}

impl Facts {
    /// Facts from configuration.
    pub fn new(
        layout: Layout,
        keyring: Arc<Keyring>,
        remitters: PlatformRemitters,
        policy: withdrawals::Policy,
        approval_limit: Money,
        banks: HashMap<Arc<str>, BankPolicy>,
        emails: bool,
    ) -> Facts {
        let homes = Mutex::new(HashMap::new());
        Facts { layout, keyring, remitters, policy, approval_limit, banks, emails, homes }
    }

    /// Which day it is for the institution: its limits and its merchants' documents go by it.
    pub fn day(&self, at: OffsetDateTime) -> Date {
        at.to_offset(self.policy.limits.offset()).date()
    }

    /// R39: by when an operator has looked at a merchant that came in now: the end of the second working day, Hong Kong's for
    /// who is from there, else mainland China's.
    pub fn review_due(&self, origin: Origin, now: OffsetDateTime) -> OffsetDateTime {
        let jurisdiction = match origin {
            Origin::HongKong => calendar::Jurisdiction::HongKong,
            Origin::Mainland | Origin::Other => calendar::Jurisdiction::China,
        };
        let end = self.policy.calendars.end_of_working_day(jurisdiction, now, REVIEWED_WITHIN).at;
        // As every time is told, also in the answer that comes before it was read from the database.
        end.to_offset(UtcOffset::UTC)
    }

    /// R10: until when a settlement that a platform paid on this day may still be on its way to an account in this currency: the end
    /// of the fifth working day there.
    pub fn settlement_due(&self, currency: Currency, paid_on: Date) -> OffsetDateTime {
        settlement_due(&self.policy.calendars, currency, paid_on)
    }

    /// The shard of the merchant whose account received this, as far as a batch has seen it.
    pub fn home_of(&self, receipt: &Receipt) -> Option<Shard> {
        self.homes.lock().ok()?.get(&receipt.account_index).copied()
    }

    /// Remembers where an account's merchant lives. Only a hint: forgetting all of them costs some speed.
    pub fn remember_home(&self, account_index: [u8; 32], shard: Shard) {
        if let Ok(mut homes) = self.homes.lock() {
            if homes.len() >= HOMES {
                homes.clear();
            }
            homes.insert(account_index, shard);
        }
    }
}

impl std::fmt::Debug for Facts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Facts").field("layout", &self.layout).finish_non_exhaustive()
    }
}

fn settlement_due(calendars: &Calendars, currency: Currency, paid_on: Date) -> OffsetDateTime {
    // At noon in UTC it is the same day wherever we have accounts.
    let noon = OffsetDateTime::new_utc(paid_on, time!(12:00));
    let end = calendars.end_of_working_day(banks_of(currency), noon, SETTLED_WITHIN).at;
    end.to_offset(UtcOffset::UTC)
}

#[cfg(test)]
mod tests {
    use time::macros::{date, datetime};

    use super::*;

    #[test]
    fn r10_a_settlement_has_five_working_days_of_its_account_s_banks() {
        let calendars = Calendars::builtin().expect("calendars");
        // From Friday, 20 November 2026: Thanksgiving is the 26th in the United States, Labour Thanksgiving Day the 23rd in Japan.
        for (currency, day) in [
            (Currency::USD, datetime!(2026-12-01 05:00 UTC)),
            (Currency::JPY, datetime!(2026-11-30 15:00 UTC)),
            (Currency::EUR, datetime!(2026-11-27 23:00 UTC)),
            (Currency::GBP, datetime!(2026-11-28 00:00 UTC)),
        ] {
            let due = settlement_due(&calendars, currency, date!(2026 - 11 - 20));
            assert!((due - day).abs() <= time::Duration::SECOND, "{currency}: {due}");
        }
    }
}
