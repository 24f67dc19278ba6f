//! R6: orders that merchants bring become evidence, counted in the ledger in the same transaction.

use std::collections::{BTreeMap, HashMap};

use ledger::{Account, Movement};
use merchants::StoreId;
use merchants::orders::{LineError, MOST_STORES, Order, StoreOwner};
use money::{Currency, Money};
use pg::Tx;
use serde_json::json;

use super::batch::Outcome;
use super::operators::{No, answer, no};
use super::stage::Stage;
use super::void::Void;
use super::{Command, ImportOrders, Reply};
use crate::problem::{self, FieldError, Problem};

/// What orders of one store that no payment has used may sum up to, in minor units of a currency. A shard's stores share
/// the account on the other side of theirs (`evidence_source`), whose counters only grow, by what is brought and by what
/// returns give back. A merchant brings them up by 10^16 ([`MOST_STORES`] times this) and by what it was really paid, of
/// the 9.2 * 10^18 that 64 bits hold: nobody fills them alone.
const MOST_UNCOVERED: i64 = 10_000_000_000_000;

/// The same of all stores of a shard, half of 64 bits: whoever fills that, payments and returns (R8) have the other
/// half.
const MOST_UNCOVERED_IN_SHARD: i64 = i64::MAX / 2;

/// Of the stores that a batch imports to: whose they are, and those of the orders that are there already.
#[derive(Debug, Default)]
pub(super) struct Imports {
    owners: HashMap<StoreId, StoreOwner>,
    existing: HashMap<StoreId, HashMap<String, Order>>,
    new: Vec<(StoreId, Order)>,
}

impl Imports {
    /// Locks the stores, so that two imports of one store take turns, and reads what is there.
    pub(super) async fn load(tx: &Tx<'_>, live: &[&Command]) -> Result<Imports, Void> {
        let mut ids: BTreeMap<StoreId, Vec<&str>> = BTreeMap::new();
        for command in live {
            if let Command::ImportOrders(command) = command {
                let named = command.lines.iter().map(|line| line.order.id.as_str());
                ids.entry(command.store).or_default().extend(named);
            }
        }
        let stores: Vec<StoreId> = ids.keys().copied().collect();
        let owners = merchants::orders::lock_stores(tx, &stores).await?;
        let mut existing = HashMap::with_capacity(stores.len());
        for (store, ids) in ids {
            existing.insert(store, merchants::orders::existing_orders(tx, store, &ids).await?);
        }
        Ok(Imports { owners, existing, new: Vec::new() })
    }

    pub(super) async fn save(&self, tx: &Tx<'_>) -> Result<(), Void> {
        Ok(merchants::orders::insert_orders(tx, &self.new).await?)
    }
}

/// The evidence accounts that the imports of a batch may count in.
pub(super) fn accounts(live: &[&Command]) -> Vec<Account> {
    let mut all = Vec::new();
    for command in live {
        let Command::ImportOrders(command) = command else { continue };
        let shard = command.store.shard();
        for currency in sums(command.lines.iter().map(|line| &line.order)).into_keys() {
            all.push(Account::evidence(shard, command.store.uuid(), currency));
            all.push(Account::evidence_source(shard, currency));
        }
    }
    all
}

/// Per currency; an order is bounded, and so is the number of lines, far from 64 bits.
fn sums<'a>(orders: impl Iterator<Item = &'a Order>) -> BTreeMap<Currency, i64> {
    let mut sums = BTreeMap::new();
    for order in orders {
        *sums.entry(order.amount.currency()).or_insert(0) += order.amount.minor();
    }
    sums
}

impl Stage<'_> {
    pub(super) fn import_orders(&mut self, command: &ImportOrders) -> Result<Outcome, Void> {
        if let Some(why) = self.may_bring(command) {
            return Ok(no(&why, &command.request_id));
        }
        let existing = self.imports.existing.entry(command.store).or_default();
        let import = match merchants::orders::plan_import(existing, &command.lines) {
            Ok(import) => import,
            Err(errors) => return Ok(contradicted(&errors, &command.request_id)),
        };
        if let Some(why) = self.count(command, &sums(import.new.iter()))? {
            return Ok(no(&why, &command.request_id));
        }
        let body = json!({"imported": import.new.len(), "unchanged": import.unchanged});
        let existing = self.imports.existing.entry(command.store).or_default();
        existing.extend(import.new.iter().map(|order| (order.id.clone(), order.clone())));
        self.imports.new.extend(import.new.into_iter().map(|order| (command.store, order)));
        Ok(Outcome { reply: answer(200, &body)?, stored: false })
    }

    fn may_bring(&self, command: &ImportOrders) -> Option<No> {
        match self.imports.owners.get(&command.store) {
            Some(owner) if owner.merchant != command.merchant => {}
            Some(owner) if owner.is_early => return None,
            Some(_) => {
                let detail = format!("only the first {MOST_STORES} stores of a merchant bring orders");
                return Some((Problem::LimitExceeded, detail));
            }
            None => {}
        }
        Some((Problem::NotFound, "there is no such store".into()))
    }

    /// Counts new orders as evidence, those of each currency, or none of them and says why.
    fn count(&mut self, command: &ImportOrders, sums: &BTreeMap<Currency, i64>) -> Result<Option<No>, Void> {
        let mut added = Vec::new();
        for (currency, minor) in sums {
            let amount =
                Money::new(*minor, *currency).map_err(|error| Void::unexpected(error.to_string()))?;
            if let Some(why) = self.no_room(command.store, amount)? {
                return Ok(Some(why));
            }
            added.push(amount);
        }
        let (shard, store) = (command.store.shard(), command.store.uuid());
        for (place, amount) in added.iter().copied().enumerate() {
            let evidence = Movement::EvidenceAdded { shard, store, amount };
            match self.journal.post(&evidence, command.import) {
                Ok(_) => {}
                Err(ledger::Error::Overflow(_)) => {
                    // What was counted in other currencies is taken back: it is the whole file or nothing.
                    for amount in added.iter().copied().take(place) {
                        let back = Movement::EvidenceUsed { shard, store, amount };
                        self.journal.post(&back, command.import)?;
                    }
                    return Ok(Some(full(amount.currency())));
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(None)
    }

    fn no_room(&self, store: StoreId, amount: Money) -> Result<Option<No>, Void> {
        let (shard, currency) = (store.shard(), amount.currency());
        let uncovered = self.journal.balance(&Account::evidence(shard, store.uuid(), currency))?;
        if uncovered.saturating_add(amount.minor()) > MOST_UNCOVERED {
            return Ok(Some((Problem::LimitExceeded, too_much(uncovered, currency))));
        }
        let of_all = self.journal.balance(&Account::evidence_source(shard, currency))?.saturating_neg();
        let is_full = of_all.saturating_add(amount.minor()) > MOST_UNCOVERED_IN_SHARD;
        Ok(is_full.then(|| full(currency)))
    }
}

fn too_much(uncovered: i64, currency: Currency) -> String {
    let told = |minor| match Money::new(minor, currency) {
        Ok(amount) => format!("{amount} {}", currency.code()),
        Err(_) => currency.code().to_owned(),
    };
    format!(
        "orders of a store that no payment has used may sum up to {}, and {} of them are there; nothing was imported",
        told(MOST_UNCOVERED),
        told(uncovered)
    )
}

fn full(currency: Currency) -> No {
    let code = currency.code();
    (Problem::LimitExceeded, format!("no more orders in {code} can be counted; nothing was imported"))
}

fn contradicted(errors: &[LineError], request_id: &str) -> Outcome {
    let fields: Vec<FieldError> =
        errors.iter().map(|error| FieldError::new(error.field.clone(), error.message.clone())).collect();
    let detail = format!("{} wrong lines; nothing was imported", errors.len());
    let body = problem::body(Problem::InvalidRequest, &detail, request_id, &fields);
    let status = Problem::InvalidRequest.status();
    Outcome { reply: Reply { status, body, replayed: false }, stored: false }
}
