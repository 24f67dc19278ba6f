//! R6: orders that merchants bring become evidence, counted in the ledger in the same transaction.

use std::collections::{BTreeMap, HashMap};

use ledger::{Account, Movement};
use merchants::StoreId;
use merchants::orders::{LineError, Order};
use money::{Currency, Money};
use pg::Tx;
use serde_json::json;

use super::batch::Outcome;
use super::operators::{answer, no};
use super::stage::Stage;
use super::void::Void;
use super::{Command, ImportOrders, Reply};
use crate::problem::{self, FieldError, Problem};

/// Of the stores that a batch imports to: whose they are, and those of the orders that are there already.
#[derive(Debug, Default)]
pub(super) struct Imports {
    owners: HashMap<StoreId, merchants::MerchantId>,
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
        if self.imports.owners.get(&command.store) != Some(&command.merchant) {
            return Ok(no(&(Problem::NotFound, "there is no such store".into()), &command.request_id));
        }
        let existing = self.imports.existing.entry(command.store).or_default();
        let import = match merchants::orders::plan_import(existing, &command.lines) {
            Ok(import) => import,
            Err(errors) => return Ok(contradicted(&errors, &command.request_id)),
        };
        for (currency, minor) in sums(import.new.iter()) {
            let amount = Money::new(minor, currency).map_err(|error| Void::unexpected(error.to_string()))?;
            let (shard, store) = (command.store.shard(), command.store.uuid());
            self.journal.post(&Movement::EvidenceAdded { shard, store, amount }, command.import)?;
        }
        let body = json!({"imported": import.new.len(), "unchanged": import.unchanged});
        existing.extend(import.new.iter().map(|order| (order.id.clone(), order.clone())));
        self.imports.new.extend(import.new.into_iter().map(|order| (command.store, order)));
        Ok(Outcome { reply: answer(200, &body)?, stored: false })
    }
}

fn contradicted(errors: &[LineError], request_id: &str) -> Outcome {
    let fields: Vec<FieldError> =
        errors.iter().map(|error| FieldError::new(error.field.clone(), error.message.clone())).collect();
    let detail = format!("{} wrong lines; nothing was imported", errors.len());
    let body = problem::body(Problem::InvalidRequest, &detail, request_id, &fields);
    let status = Problem::InvalidRequest.status();
    Outcome { reply: Reply { status, body, replayed: false }, stored: false }
}
