//! Cover deals: what the institution exchanged with a bank to settle its position, booked once per reference.

use std::collections::HashSet;
use std::sync::Arc;

use exchange::cover::{self, CoverDeal, CoverId};
use ledger::{Account, Movement};
use money::{Currency, Money};
use pg::Tx;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::operators::{No, illegal};
use super::rfc3339;
use super::stage::Stage;
use super::void::Void;

/// A deal as it is to be booked; amounts are minor units.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewCover {
    pub id: CoverId,
    pub bank: String,
    pub bank_reference: String,
    pub sell: Currency,
    pub sold_minor: i64,
    pub buy: Currency,
    pub bought_minor: i64,
}

impl NewCover {
    fn deal(&self, booked_at: OffsetDateTime) -> Result<CoverDeal, Void> {
        let amount = |minor, currency| {
            Money::new(minor, currency).map_err(|error| Void::unexpected(format!("{}: {error}", self.id)))
        };
        Ok(CoverDeal {
            id: self.id,
            bank: Arc::from(self.bank.as_str()),
            bank_reference: self.bank_reference.clone(),
            sold: amount(self.sold_minor, self.sell)?,
            bought: amount(self.bought_minor, self.buy)?,
            booked_at,
        })
    }

    fn claim(&self) -> (Arc<str>, String, CoverId) {
        (Arc::from(self.bank.as_str()), self.bank_reference.clone(), self.id)
    }

    /// What is sold and what is bought, for comparing with limits: either may be mistyped, and both are booked.
    pub(super) fn sides(&self) -> [Option<Money>; 2] {
        [(self.sold_minor, self.sell), (self.bought_minor, self.buy)]
            .map(|(minor, currency)| Money::new(minor, currency).ok())
    }
}

fn movement(deal: &CoverDeal) -> Movement {
    let (bank, shard) = (deal.bank.clone(), deal.id.shard());
    Movement::CoverDeal { bank, shard, sold: deal.sold, bought: deal.bought }
}

/// The accounts that these deals may touch.
pub(super) fn accounts(deals: &[NewCover], touched: &mut Vec<Account>) {
    for deal in deals {
        let (shard, bank) = (deal.id.shard(), Arc::from(deal.bank.as_str()));
        for currency in [deal.sell, deal.buy] {
            touched.push(Account::exchange(shard, currency));
            touched.push(Account::nostro(shard, &bank, currency));
        }
    }
}

/// Banks' references that this batch has claimed for deals; those of deals that aren't booked are given back.
#[derive(Debug, Default)]
pub(super) struct CoverClaims {
    claims: Vec<(Arc<str>, String, CoverId)>,
    first: HashSet<CoverId>,
}

impl CoverClaims {
    /// Waits for whoever books the same reference at this moment.
    pub(super) async fn claim(tx: &Tx<'_>, deals: &[NewCover]) -> Result<CoverClaims, Void> {
        let claims: Vec<_> = deals.iter().map(NewCover::claim).collect();
        let first = cover::claim_references(tx, &claims).await?;
        Ok(CoverClaims { claims, first })
    }

    fn is_free(&self, deal: CoverId) -> bool {
        self.first.contains(&deal)
    }

    pub(super) async fn release(&self, tx: &Tx<'_>, booked: &[CoverDeal]) -> Result<(), Void> {
        let kept = |id: &CoverId| booked.iter().any(|deal| deal.id == *id);
        let unused = self.claims.iter().filter(|(_, _, id)| self.first.contains(id) && !kept(id));
        Ok(cover::release_references(tx, &unused.cloned().collect::<Vec<_>>()).await?)
    }
}

impl Stage<'_> {
    pub(super) fn cover_possible(&self, deal: &NewCover) -> Result<(), No> {
        if self.covers.is_free(deal.id) {
            return Ok(());
        }
        let (bank, reference) = (&deal.bank, &deal.bank_reference);
        Err(illegal(format!("the deal {reference} of the bank {bank} is booked already")))
    }

    pub(super) fn cover(&mut self, deal: &NewCover) -> Result<Result<(), No>, Void> {
        if let Err(why) = self.cover_possible(deal) {
            return Ok(Err(why));
        }
        let deal = deal.deal(self.now)?;
        self.journal.post(&movement(&deal), deal.id.uuid())?;
        self.positions.settled(deal.id.shard(), deal.sold, deal.bought);
        self.new_covers.push(deal);
        Ok(Ok(()))
    }

    /// The deal as it stands: asked for, or booked.
    pub(super) fn cover_shown(&self, deal: &NewCover) -> Option<Value> {
        let booked = self.new_covers.iter().find(|booked| booked.id == deal.id);
        let row = deal.deal(self.now).ok()?;
        Some(cover_json(&row, booked.map(|booked| booked.booked_at)))
    }
}

/// A deal as operators see it; amounts in major units of their own currency.
pub fn cover_json(deal: &CoverDeal, booked_at: Option<OffsetDateTime>) -> Value {
    json!({
        "id": deal.id.to_string(),
        "status": if booked_at.is_some() { "booked" } else { "requested" },
        "bank": &*deal.bank,
        "bank_reference": deal.bank_reference,
        "sell_currency": deal.sold.currency().code(),
        "sell_amount": deal.sold.to_string(),
        "buy_currency": deal.bought.currency().code(),
        "buy_amount": deal.bought.to_string(),
        "booked_at": booked_at.map(rfc3339),
    })
}
