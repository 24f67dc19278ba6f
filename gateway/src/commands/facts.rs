//! What every batch knows beforehand: configuration, keys, and where accounts were found last.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use deposits::{PlatformRemitters, Receipt};
use ledger::Layout;
use merchants::documents::Origin;
use money::Money;
use payouts::BankPolicy;
use pg::Shard;
use privacy::Keyring;
use time::{Date, OffsetDateTime, UtcOffset};

/// How many account numbers are remembered with their merchant's shard.
const HOMES: usize = 65_536;

/// R39: working days.
const REVIEWED_WITHIN: u32 = 2;

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
