//! What merchants are charged (R46): by two persons, under an id that is known before it is booked, and told to the merchant.

use ledger::MerchantRef;
use merchants::MerchantId;
use money::{Currency, Money};
use notifications::{Notice, NoticeKind};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use withdrawals::{Charge, ChargeId};

use super::operators::amount_of;
use super::stage::Stage;
use super::void::Void;

/// A charge as it is to be booked: `minor` units of `currency`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Kept")]
pub struct NewCharge {
    #[serde(rename = "charge")]
    pub id: ChargeId,
    pub merchant: MerchantId,
    pub minor: i64,
    pub currency: Currency,
}

impl NewCharge {
    /// Under a new id, in the merchant's shard.
    pub fn new(merchant: MerchantId, minor: i64, currency: Currency) -> NewCharge {
        NewCharge { id: ChargeId::new(merchant.shard()), merchant, minor, currency }
    }
}

/// As it waits for a second person. Charges had no ids there before they were traced by them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    charge: Option<ChargeId>,
    merchant: MerchantId,
    minor: i64,
    currency: Currency,
}

impl From<Kept> for NewCharge {
    fn from(kept: Kept) -> NewCharge {
        let Kept { charge, merchant, minor, currency } = kept;
        let new = NewCharge::new(merchant, minor, currency);
        NewCharge { id: charge.unwrap_or(new.id), ..new }
    }
}

/// A charge that this batch has booked.
#[derive(Debug)]
pub(super) struct Charged {
    id: ChargeId,
    merchant: MerchantId,
    amount: Money,
    charge: Charge,
    reason: String,
}

impl Charged {
    /// What operators are shown, and the merchant is told; amounts in major units.
    fn json(&self) -> Value {
        json!({
            "charge_id": self.id.to_string(),
            "amount": self.amount.to_string(),
            "currency": self.amount.currency().code(),
            "covered": self.charge.covered.to_string(),
            "owed": self.charge.owed.to_string(),
            "reason": self.reason,
        })
    }

    fn notice(&self) -> Notice {
        let mut data = self.json();
        data["merchant_id"] = json!(self.merchant.to_string());
        Notice {
            shard: self.merchant.shard(),
            merchant: self.merchant.uuid(),
            kind: NoticeKind::MerchantCharged,
            subject: self.id.to_string(),
            data,
            due_at: None,
        }
    }
}

impl Stage<'_> {
    /// Charges a merchant; what is frozen isn't taken, nor anything of a frozen merchant's, and what is free and doesn't suffice
    /// becomes owed. `reason` is that of whoever asked for it.
    pub(super) fn charge(&mut self, new: &NewCharge, reason: &str) -> Result<(), Void> {
        let (merchant, amount) = (new.merchant, amount_of(new.minor, new.currency)?);
        let book = MerchantRef { shard: merchant.shard(), id: merchant.uuid() };
        let free = self.free_of(merchant, amount.currency())?;
        let charge = Charge::of(amount, free)
            .map_err(|error| Void::unexpected(format!("a charge of {merchant}: {error}")))?;
        self.journal.post(&charge.movement(book), new.id.uuid())?;
        self.charged.push(Charged { id: new.id, merchant, amount, charge, reason: reason.to_owned() });
        Ok(())
    }

    /// Who is charged how much; once it is booked also under which id, and what of it was taken and what is owed.
    pub(super) fn charge_shown(&self, new: &NewCharge) -> Option<Value> {
        let row = self.merchants.get(new.merchant)?;
        let charge = Money::new(new.minor, new.currency).map(|amount| amount.to_string());
        let mut shown = json!({
            "id": new.merchant.to_string(),
            "status": row.state.as_str(),
            "charge": charge.unwrap_or_else(|_| new.minor.to_string()),
            "currency": new.currency.code(),
        });
        let booked = self.charged.iter().find(|charged| charged.id == new.id).map(Charged::json);
        if let (Some(members), Some(Value::Object(booked))) = (shown.as_object_mut(), booked) {
            members.extend(booked);
        }
        Some(shown)
    }

    /// R46: a merchant is told what it was charged, and why.
    pub(super) fn of_charges(&self) -> impl Iterator<Item = Notice> {
        self.charged.iter().map(Charged::notice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::Action;

    #[test]
    fn r46_a_charge_that_waited_before_charges_had_ids_gets_one_of_its_merchants_shard() {
        let shard = pg::Shards::new(16).of(&[b"x"]);
        let merchant = MerchantId::new(shard);
        let kept = json!({"action": "charge", "merchant": merchant, "minor": 1_250, "currency": "USD"});
        let Action::Charge(charge) = serde_json::from_value(kept).expect("as it was kept") else {
            panic!("a charge")
        };
        assert_eq!(charge.id.shard(), merchant.shard());
        assert_eq!((charge.merchant, charge.minor, charge.currency), (merchant, 1_250, Currency::USD));
        let again: NewCharge = serde_json::from_value(serde_json::to_value(&*charge).unwrap()).unwrap();
        assert_eq!(again, *charge, "what waits now keeps its id");
    }
}
