//! The steps of [`Stage::load`], each of which reads or locks what belongs together.

use std::collections::HashMap;

use audit::Approvals;
use deposits::{Claimed, Incoming, Matching, Payment, PaymentId, Payments, Receipt, Received};
use exchange::{Market, Quotes, Sources};
use ledger::Journal;
use merchants::documents::Documents;
use merchants::{Directory, FrozenAmounts, Locked, MerchantId, OpenOrders, Payee, PayeeId, Remains};
use money::Currency;
use payouts::{PayoutId, Payouts, Subject};
use pg::Tx;
use reconciliation::Stored;
use time::OffsetDateTime;
use withdrawals::{Fees, Usage, WithdrawalId, Withdrawals};

use super::Named;
use crate::commands::covers::CoverClaims;
use crate::commands::early::Early;
use crate::commands::facts::Facts;
use crate::commands::imports::Imports;
use crate::commands::keys::{self, Claims, Standing};
use crate::commands::receivables::debtors;
use crate::commands::reversals::Reversals;
use crate::commands::void::{Void, both};
use crate::commands::{Command, accounts, covers, evidence, fees, limits, resolutions};

/// A batch on its way onto the stage.
pub(super) struct Lot<'a, 't, 'f> {
    pub tx: &'a Tx<'t>,
    pub facts: &'f Facts,
    pub batch: &'a [&'a Command],
    pub claims: &'a Claims,
    pub live: &'a [&'a Command],
}

/// What is known of a batch's subjects before they are locked.
pub(super) struct Told {
    pub now: OffsetDateTime,
    pub directory: Directory,
    pub reversals: Reversals,
    pub owners: HashMap<PayoutId, Subject>,
}

/// What is locked, in this order.
pub(super) struct Rows {
    pub merchants: Locked,
    pub documents: Documents,
    pub frozen: FrozenAmounts,
    pub payments: Payments,
    pub quotes: Quotes,
    pub withdrawals: Withdrawals,
    pub payouts: Payouts,
}

/// The book, the orders, and what became of what arrived.
pub(super) struct Evidence {
    pub journal: Journal,
    pub orders: OpenOrders,
    pub received: Vec<Vec<Received>>,
}

/// All the rest.
pub(super) struct Read {
    pub owing: Vec<(MerchantId, Currency)>,
    pub closing: HashMap<MerchantId, Remains>,
    pub approvals: Approvals,
    pub covers: CoverClaims,
    pub statements: Vec<Vec<Stored>>,
    pub fees: Fees,
    pub usage: Usage,
    pub payees: HashMap<PayeeId, Payee>,
    pub market: Market,
    pub imports: Imports,
    pub rates: Sources,
}

impl Lot<'_, '_, '_> {
    /// Names what a batch's subjects belong to: that is locked before them.
    pub(super) async fn told(&self, named: &mut Named, early: Early) -> Result<Told, Void> {
        let Lot { tx, facts, batch, claims, .. } = *self;
        let Early { now, awaited, mut directory, mut owners } = early;
        let receipts = new_receipts(batch, claims);
        let waiting = if awaited { deposits::waiting_for(tx, &receipts).await? } else { Vec::new() };
        let reversals = Reversals::load(tx, batch, claims, &receipts, waiting, &named.reversals, now).await?;
        named.payments.extend(reversals.payments());
        // Those that approvals are about; besides what a bank named that does not exist, which is not found again.
        let known = |id: &PayoutId| owners.contains_key(id);
        let further: Vec<PayoutId> = named.payouts.iter().copied().filter(|id| !known(id)).collect();
        owners.extend(payouts::subjects(tx, &further).await?);
        // Whose a payout's withdrawal is, the payout says itself.
        let owned_by_name = named.withdrawals.clone();
        follow_owners(&owners, named);
        follow_payments(tx, named).await?;
        named.share.extend(withdrawals::merchants_of(tx, &owned_by_name).await?);
        directory.extend(merchants::receiving_accounts(tx, facts.layout.shards, &named.numbers).await?);
        named.share.extend(directory.values().map(|account| account.merchant));
        Ok(Told { now, directory, reversals, owners })
    }

    /// The rows behind a batch's subjects, locked in this order. None waits for the answer of the one before: PostgreSQL
    /// takes them in turn.
    pub(super) async fn lock_rows(&self, named: &Named, now: OffsetDateTime) -> Result<(Rows, Fees), Void> {
        let Lot { tx, live, .. } = *self;
        let wanted = super::wanted(named);
        // Those that are locked exclusively are locked one by one, and their documents' numbers are claimed one by one:
        // nothing goes beside that.
        let exclusive = match named.exclusive.as_slice() {
            [] => None,
            exclusive => Some(merchants::lock(tx, &named.share, exclusive).await?),
        };
        let documents = Documents::load(tx, &named.identified, &super::brought(live)).await?;
        let shared = async {
            match exclusive {
                Some(locked) => Ok(locked),
                None => merchants::lock(tx, &named.share, &[]).await,
            }
        };
        let (merchants, frozen, payments, quotes, withdrawals, payouts, fees) = tokio::join!(
            biased;
            shared,
            FrozenAmounts::load(tx, &named.frozen),
            deposits::lock(tx, &named.payments),
            exchange::lock_quotes(tx, &named.quotes),
            withdrawals::lock(tx, &named.withdrawals),
            payouts::lock_wanted(tx, &wanted),
            self.fees(named, now),
        );
        let of_merchants = both(merchants.map_err(Void::from), frozen.map_err(Void::from));
        let money_in = both(payments.map_err(Void::from), quotes.map_err(Void::from));
        let money_out = both(withdrawals.map_err(Void::from), both(payouts.map_err(Void::from), fees));
        let ((merchants, frozen), (money_in, money_out)) = both(of_merchants, both(money_in, money_out))?;
        let ((payments, quotes), (withdrawals, (payouts, fees))) = (money_in, money_out);
        Ok((Rows { merchants, documents, frozen, payments, quotes, withdrawals, payouts }, fees))
    }

    /// What withdrawals cost.
    async fn fees(&self, named: &Named, now: OffsetDateTime) -> Result<Fees, Void> {
        let Lot { tx, facts, .. } = *self;
        if named.priced.is_empty() && !named.sets_fees {
            return Ok(Fees::none(facts.policy.fees));
        }
        fees::load(tx, &named.priced, &named.quotes, facts, now).await
    }

    /// What of limits and allowances is used up.
    pub(super) async fn lock_usage(
        &self,
        rows: &Rows,
        fees: &mut Fees,
        now: OffsetDateTime,
    ) -> Result<Usage, Void> {
        let Lot { tx, facts, live, .. } = *self;
        let mut counters = limits::counters(live, facts, &rows.quotes, &rows.withdrawals, now);
        let allowances = fees::counters(live, fees, &rows.quotes, now);
        counters.extend(allowances.iter().map(|(counter, _)| counter.clone()));
        let usage = Usage::lock(tx, counters).await?;
        let reserved: Vec<(MerchantId, Currency)> = allowances.into_iter().map(|(_, of)| of).collect();
        fees.load_reserved(tx, &reserved, now).await?;
        Ok(usage)
    }

    /// Orders that are brought; those that may cover what arrives, and what became of it.
    pub(super) async fn open_evidence(
        &self,
        named: &Named,
        told: &Told,
        rows: &Rows,
    ) -> Result<(Imports, Evidence), Void> {
        let Lot { tx, facts, batch, claims, live } = *self;
        let imports = Imports::load(tx, live).await?;
        let wanted = evidence::wanted(batch, claims, &told.directory, &rows.payments, &named.rematched);
        let mut reversed = told.reversals.credited(&rows.payments);
        reversed.extend(resolutions::uncovered(&named.resolved, &rows.payouts, &rows.payments));
        reversed.sort_unstable();
        reversed.dedup();
        let (journal, mut orders) = evidence::open(tx, facts.layout, live, &wanted, &reversed).await?;
        let (accounts, merchants, remitters) = (&told.directory, &rows.merchants, &facts.remitters);
        let matching = Matching { accounts, merchants, remitters, now: told.now };
        let received = receive(batch, claims, &matching, &mut orders);
        Ok((imports, Evidence { journal, orders, received }))
    }

    /// Every account that a decision may touch, receivables last; who of their owners owes something, or may come to.
    pub(super) async fn lock_accounts(
        &self,
        named: &Named,
        told: &Told,
        rows: &Rows,
        evidence: &mut Evidence,
    ) -> Result<Vec<MerchantId>, Void> {
        let Rows { frozen, payments, quotes, withdrawals, payouts, .. } = rows;
        let Evidence { journal, received, .. } = evidence;
        let mut touched = accounts::of_received(received);
        accounts::of_payments(payments, &told.directory, &named.credited, &mut touched);
        accounts::of_withdrawals(withdrawals, &mut touched);
        accounts::of_charged(&named.came_back, payouts, withdrawals, &mut touched);
        resolutions::of_credited(payouts, payments, &mut touched);
        accounts::of_freed(&named.freed, frozen, &named.owing, &mut touched);
        let receivables = accounts::receivables(&touched);
        for command in self.live {
            accounts::of_command(command, self.facts, quotes, &mut touched);
        }
        accounts::of_charges(&named.charges, &mut touched);
        covers::accounts(&named.covers, &mut touched);
        accounts::of_payouts(payouts, &mut touched);
        journal.add_guarding(self.tx, &touched, &receivables).await?;
        let mut owed = told.reversals.receivables(payments, &arriving(received));
        owed.extend(accounts::owed_for_charges(&named.charges));
        journal.add(self.tx, &owed).await?;
        debtors(&receivables, &owed, journal)
    }
}

/// A payout's withdrawal, payment and merchant are locked before it.
fn follow_owners(owners: &HashMap<PayoutId, Subject>, named: &mut Named) {
    for owner in owners.values() {
        named.withdrawals.extend(owner.withdrawal.map(WithdrawalId::from_uuid));
        named.payments.extend(owner.payment.map(PaymentId::from_uuid));
        named.share.extend(owner.merchant.map(MerchantId::from_uuid));
    }
    let resolved = named.resolved.iter().filter_map(|id| owners.get(id)?.merchant);
    named.frozen.extend(resolved.map(MerchantId::from_uuid));
}

/// A reviewed payment's merchant and account are looked at before it is locked.
async fn follow_payments(tx: &Tx<'_>, named: &mut Named) -> Result<(), Void> {
    for id in named.payments.clone() {
        if let Some(payment) = deposits::peek(tx, id).await? {
            named.share.extend(payment.merchant);
            named.numbers.push((payment.bank.clone(), payment.account_index));
        }
    }
    Ok(())
}

/// The receipts that are payments nobody has seen before.
fn new_receipts<'a>(batch: &[&'a Command], claims: &Claims) -> Vec<&'a Receipt> {
    let of = |((command, standing), claimed): ((&&'a Command, &Standing), &Vec<Claimed>)| {
        let receipts = keys::receipts_of(command, standing).into_iter().zip(claimed.clone());
        let new = receipts.filter(|(_, claimed)| matches!(claimed, Claimed::New { .. }));
        new.map(|(receipt, _)| receipt).collect::<Vec<_>>()
    };
    batch.iter().zip(&claims.standing).zip(&claims.receipts).flat_map(of).collect()
}

fn arriving(received: &[Vec<Received>]) -> Vec<&Payment> {
    received
        .iter()
        .flatten()
        .filter_map(|received| match received {
            Received::Payment { payment, .. } => Some(payment.as_ref()),
            Received::Duplicate(_) => None,
        })
        .collect()
}

fn receive(
    batch: &[&Command],
    claims: &Claims,
    matching: &Matching<'_>,
    orders: &mut OpenOrders,
) -> Vec<Vec<Received>> {
    let mut all = Vec::with_capacity(batch.len());
    for ((command, standing), claimed) in batch.iter().zip(&claims.standing).zip(&claims.receipts) {
        let incoming: Vec<Incoming<'_>> = keys::receipts_of(command, standing)
            .into_iter()
            .zip(claimed)
            .map(|(receipt, claimed)| Incoming { receipt, claimed: *claimed })
            .collect();
        all.push(deposits::receive(&incoming, matching, orders));
    }
    all
}
