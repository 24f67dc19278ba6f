//! Everything that a batch has read and locked, and what it is going to write.

mod load;

use std::collections::HashMap;

use audit::{ApprovalId, Approvals, Entry, NewApproval};
use deposits::{Payment, PaymentId, Payments, Received, ReversalClaim};
use exchange::cover::CoverDeal;
use exchange::positions::Moves;
use exchange::{Market, PublishedRate, QuoteId, Quotes, RateId, Sources};
use ledger::Journal;
use merchants::documents::{Documents, NewDocument};
use merchants::{Directory, FrozenAmounts, Locked, MerchantId, OpenOrders, Payee, PayeeId, Remains};
use money::Currency;
use notifications::Notice;
use payouts::{NewPayout, PayoutId, Payouts, Subject, Wanted};
use pg::{Shard, Tx};
use reconciliation::{Covers, Statement, Stored};
use time::OffsetDateTime;
use uuid::Uuid;
use vault::Turn;
use withdrawals::{Declaration, FeeVersion, Fees, Pricing, Usage, Withdrawal, WithdrawalId, Withdrawals};

use super::action::Action;
use super::alarms::Alarm;
use super::charges::Charged;
use super::covers::{CoverClaims, NewCover};
use super::early::{Early, Number};
use super::facts::Facts;
use super::imports::Imports;
use super::keys::{Claims, Standing};
use super::replays::Remade;
use super::reversals::{NamedReversals, Reversals};
use super::void::{Void, both};
use super::{Command, Content, Said, closing, receivables, resolutions};
use load::{Evidence, Lot, Read, Rows, Told};

/// A batch while it is decided.
pub(super) struct Stage<'f> {
    pub facts: &'f Facts,
    pub now: OffsetDateTime,
    pub merchants: Locked,
    pub directory: Directory,
    pub payments: Payments,
    pub quotes: Quotes,
    pub withdrawals: Withdrawals,
    pub owners: HashMap<PayoutId, Subject>,
    pub payouts: Payouts,
    pub payees: HashMap<PayeeId, Payee>,
    /// Of the merchants who withdraw, are charged, owe something, or have amounts frozen.
    pub frozen: FrozenAmounts,
    /// Of the merchants who are activated, bring documents, or whose documents grow old.
    pub documents: Documents,
    /// What merchants are told of themselves.
    pub told: Vec<Notice>,
    /// What merchants whose freezes may end may owe: in which currencies.
    pub owing: Vec<(MerchantId, Currency)>,
    /// What there was of merchants that may be closed, when their rows were locked.
    pub closing: HashMap<MerchantId, Remains>,
    /// What withdrawals cost.
    pub fees: Fees,
    /// What of limits and allowances is used up by those who withdraw.
    pub usage: Usage,
    pub market: Market,
    pub approvals: Approvals,
    pub journal: Journal,
    /// Uncovered orders that may be needed, and covers that may come back.
    pub orders: OpenOrders,
    pub imports: Imports,
    pub reversals: Reversals,
    /// For each command, what became of its receipts.
    pub received: Vec<Vec<Received>>,
    /// For each command, what its returns of money came to.
    pub returns: Vec<Vec<ReversalClaim>>,
    /// For each command that brought statements, what became of them.
    pub statements: Vec<Vec<Stored>>,
    /// What banks say of pairs that are published, or that operators decide about.
    pub rates: Sources,
    /// Withdrawals whose client reference is free.
    pub references: std::collections::HashSet<WithdrawalId>,
    pub new_payments: Vec<Payment>,
    pub new_withdrawals: Vec<Withdrawal>,
    pub new_payouts: Vec<NewPayout>,
    pub new_approvals: Vec<NewApproval>,
    pub new_fees: Vec<FeeVersion>,
    /// What exchanges and cover deals do to the institution's position.
    pub positions: Moves,
    /// Banks' references of the cover deals that operators want booked.
    pub covers: CoverClaims,
    pub new_covers: Vec<CoverDeal>,
    /// What merchants were charged.
    pub charged: Vec<Charged>,
    /// What conversions of this batch declare (R43).
    pub declarations: Vec<Declaration>,
    pub entries: Vec<Entry>,
    /// For each command that replays an event, what it found.
    pub replays: Vec<Option<Turn>>,
    /// What replays made of events.
    pub later: Vec<Remade>,
    /// What is raised once the batch is committed.
    pub alarms: Vec<Alarm>,
}

/// The ids that a batch names, gathered before anything is locked.
#[derive(Default)]
struct Named {
    share: Vec<MerchantId>,
    exclusive: Vec<MerchantId>,
    /// Merchants whose freezes begin or end: what is queued or held of theirs is stopped, or let go.
    stopped: Vec<MerchantId>,
    payments: Vec<PaymentId>,
    /// Those that may be matched again.
    rematched: Vec<PaymentId>,
    reversals: NamedReversals,
    quotes: Vec<QuoteId>,
    withdrawals: Vec<WithdrawalId>,
    payouts: Vec<PayoutId>,
    payees: Vec<PayeeId>,
    approvals: Vec<ApprovalId>,
    numbers: Vec<Number>,
    /// Merchants to whom operators credit.
    credited: Vec<MerchantId>,
    /// Merchants of whose money decisions need to know what is frozen.
    frozen: Vec<MerchantId>,
    /// Merchants of whose money something may be stopped no more.
    freed: Vec<MerchantId>,
    /// Merchants whose freezes may end.
    released: Vec<MerchantId>,
    /// In which currencies these may owe something.
    owing: Vec<(MerchantId, Currency)>,
    /// Merchants of whose documents decisions need to know.
    identified: Vec<MerchantId>,
    /// Merchants that may be closed.
    closing: Vec<MerchantId>,
    /// Who is charged, in which currency.
    charges: Vec<(MerchantId, Currency)>,
    /// Merchants whose fees decisions need to know.
    priced: Vec<MerchantId>,
    sets_fees: bool,
    covers: Vec<NewCover>,
    /// Payouts that a bank gives back.
    came_back: Vec<PayoutId>,
    /// Payouts about which people found out the truth.
    resolved: Vec<PayoutId>,
    needs_market: bool,
    /// Rates that operators decide about.
    rates: Vec<RateId>,
}

impl Named {
    fn command(&mut self, command: &Command) {
        match command {
            Command::BankEvent(event) => self.content(&event.content),
            Command::Replay(command) => command.content.iter().for_each(|content| self.content(content)),
            Command::Withdraw(command) => {
                self.share.push(command.order.merchant);
                self.frozen.push(command.order.merchant);
                self.priced.push(command.order.merchant);
                self.payees.push(command.order.payee);
                // Also with a quote: limits ask what it is worth.
                self.needs_market = true;
                if let Pricing::Quote(quote) = &command.order.pricing {
                    self.quotes.push(*quote);
                }
            }
            Command::ChangePayee(command) => {
                self.share.push(command.merchant);
                self.payees.push(command.payee);
                self.withdrawals.push(command.withdrawal);
            }
            Command::PayoutReport(report) => {
                self.payouts.push(report.payout);
                self.came_back.extend(report.report.finding.is_return().then_some(report.payout));
            }
            Command::Operate(command) => self.action(&command.action),
            Command::Decide(_) => {}
            Command::Rematch(payments) => {
                self.payments.extend(payments);
                self.rematched.extend(payments);
            }
            Command::ApplyReversals(reversals) => self.reversals.ids.extend(reversals),
            Command::ImportOrders(_) => {}
            Command::LiftFreezes(merchants) => {
                self.exclusive.extend(merchants);
                self.stopped.extend(merchants);
                self.frozen.extend(merchants);
                self.freed.extend(merchants);
                self.released.extend(merchants);
            }
            Command::AgeDocuments(merchants) => {
                self.exclusive.extend(merchants);
                self.identified.extend(merchants);
            }
            Command::CloseEmptied(merchants) => {
                self.exclusive.extend(merchants);
                self.closing.extend(merchants);
            }
        }
    }

    fn content(&mut self, content: &Content) {
        self.payouts.extend(content.payouts());
        self.came_back.extend(content.came_back());
    }

    /// Everything that it is about is locked, or read, because it is named here.
    fn action(&mut self, action: &Action) {
        self.needs_market = true;
        self.payments.extend(action.payment());
        self.payouts.extend(action.payout());
        match action {
            Action::CreditPayment { merchant, .. } => {
                self.share.extend(merchant);
                self.credited.extend(merchant);
            }
            Action::AcceptRate { rate } | Action::RejectRate { rate } => self.rates.push(*rate),
            Action::ApplyReversal { reversal, payment } => {
                self.reversals.ids.push(*reversal);
                self.reversals.payments.push(*payment);
            }
            Action::DismissReversal { reversal } => self.reversals.ids.push(*reversal),
            Action::RematchPayment { payment } => self.rematched.push(*payment),
            Action::RetryPayout { payee, .. } => self.payees.extend(payee),
            Action::RefundWithdrawal { withdrawal } | Action::RefuseWithdrawal { withdrawal } => {
                self.withdrawals.push(*withdrawal);
            }
            Action::SetFee(fee) => {
                self.share.extend(fee.merchant);
                self.priced.extend(fee.merchant);
                self.sets_fees = true;
            }
            Action::Charge(charge) => {
                self.charges.push((charge.merchant, charge.currency));
                self.share.push(charge.merchant);
                self.frozen.push(charge.merchant);
            }
            Action::FreezeAmount { merchant, .. } => {
                self.exclusive.push(*merchant);
                self.frozen.push(*merchant);
            }
            Action::LiftAmountFreeze { merchant, .. } => {
                self.exclusive.push(*merchant);
                self.frozen.push(*merchant);
                self.freed.push(*merchant);
            }
            Action::ActivateMerchant { merchant } | Action::AddDocument { merchant, .. } => {
                self.exclusive.push(*merchant);
                self.identified.push(*merchant);
            }
            Action::CloseMerchant { merchant } => {
                self.exclusive.push(*merchant);
                self.closing.push(*merchant);
            }
            Action::ResolvePayout { payout, .. } => self.resolved.push(*payout),
            Action::CoverDeal(deal) => self.covers.push((**deal).clone()),
            Action::FreezeMerchant { merchant, .. } => {
                self.exclusive.push(*merchant);
                self.stopped.push(*merchant);
            }
            Action::UnfreezeMerchant { merchant } => {
                self.exclusive.push(*merchant);
                self.stopped.push(*merchant);
                self.released.push(*merchant);
            }
            Action::VerifyMerchant { merchant, .. } | Action::SetTier { merchant, .. } => {
                self.exclusive.push(*merchant);
            }
            // By their payment or payout, above, and by nothing else.
            Action::ReturnPayment { .. }
            | Action::HoldPayout { .. }
            | Action::ReleasePayout { .. }
            | Action::QueryPayout { .. } => {}
        }
    }
}

impl Named {
    /// Those that are named, and those to whom withdrawals go.
    fn payees_with(&self, withdrawals: &Withdrawals) -> Vec<PayeeId> {
        let paid = self.withdrawals.iter().filter_map(|id| Some(withdrawals.get(*id)?.payee));
        self.payees.iter().copied().chain(paid).collect()
    }
}

fn live<'a>(batch: &[&'a Command], claims: &Claims) -> Vec<&'a Command> {
    let live = |(command, standing): (&&'a Command, &Standing)| {
        matches!(standing, Standing::Live).then_some(*command)
    };
    batch.iter().zip(&claims.standing).filter_map(live).collect()
}

impl<'f> Stage<'f> {
    /// Step 2 of a batch: locks in the one order that the gateway's README lists, reads what decisions need. What arrives is
    /// decided in the midst of it: which accounts are locked next depends on that. This function is the order, and inside each of
    /// its steps what stands in `load.rs`.
    pub(super) async fn load(
        tx: &Tx<'_>,
        facts: &'f Facts,
        batch: &[&Command],
        claims: &Claims,
        early: Early,
    ) -> Result<Stage<'f>, Void> {
        let live = live(batch, claims);
        let mut named = Named::default();
        live.iter().for_each(|command| named.command(command));
        let lot = Lot { tx, facts, batch, claims, live: &live };
        let approvals = lock_approvals(tx, &live, &mut named).await?;
        let covers = CoverClaims::claim(tx, &named.covers).await?;
        let told = lot.told(&mut named, early).await?;
        let now = told.now;
        let statements = store_statements(tx, batch, claims, &told.directory, now).await?;
        // On the heap: all of it together would be too much for a stack.
        let (mut rows, mut fees) = Box::pin(lot.lock_rows(&named, now)).await?;
        // On the heap: it is rare, and would be part of every batch's room otherwise.
        let closing = Box::pin(closing::load(tx, &named.closing)).await?;
        named.charges.extend(resolutions::debtors(&named.resolved, &rows.payouts, &rows.payments));
        named.owing = receivables::owing(tx, &named.released, &named.charges).await?;
        let paid = named.payees_with(&rows.withdrawals);
        let (usage, payees, market, evidence) = tokio::join!(
            biased;
            lot.lock_usage(&rows, &mut fees, now),
            merchants::payees(tx, &paid),
            market(tx, named.needs_market),
            Box::pin(lot.open_evidence(&named, &told, &rows)),
        );
        let (priced, opened) = (both(usage, payees.map_err(Void::from)), both(market, evidence));
        let ((usage, payees), (market, (imports, mut evidence))) = both(priced, opened)?;
        let debtors = lot.lock_accounts(&named, &told, &rows, &mut evidence).await?;
        // Whoever owes nothing is not looked at: most batches ask nothing here.
        rows.frozen.extend(FrozenAmounts::load(tx, &debtors).await?);
        let rates = Sources::lock(tx, &published(&live), &named.rates, now).await?;
        let read = Read {
            owing: named.owing,
            closing,
            approvals,
            covers,
            statements,
            fees,
            usage,
            payees,
            market,
            imports,
            rates,
        };
        Ok(Stage::new(facts, claims, told, rows, evidence, read))
    }

    /// What was read and locked, and nothing decided yet.
    fn new(
        facts: &'f Facts,
        claims: &Claims,
        told: Told,
        rows: Rows,
        evidence: Evidence,
        read: Read,
    ) -> Stage<'f> {
        let Told { now, directory, reversals, owners } = told;
        let Rows { merchants, documents, frozen, payments, quotes, withdrawals, payouts } = rows;
        let Evidence { journal, orders, received } = evidence;
        let Read {
            owing,
            closing,
            approvals,
            covers,
            statements,
            fees,
            usage,
            payees,
            market,
            imports,
            rates,
        } = read;
        Stage {
            facts,
            now,
            merchants,
            directory,
            payments,
            quotes,
            withdrawals,
            owners,
            payouts,
            payees,
            frozen,
            documents,
            told: Vec::new(),
            owing,
            closing,
            fees,
            usage,
            market,
            approvals,
            journal,
            orders,
            imports,
            reversals,
            received,
            returns: claims.returns.clone(),
            statements,
            rates,
            references: claims.references.clone(),
            new_payments: Vec::new(),
            new_withdrawals: Vec::new(),
            new_payouts: Vec::new(),
            new_approvals: Vec::new(),
            new_fees: Vec::new(),
            positions: Moves::default(),
            covers,
            new_covers: Vec::new(),
            charged: Vec::new(),
            declarations: Vec::new(),
            entries: Vec::new(),
            replays: claims.replays.clone(),
            later: Vec::new(),
            alarms: Vec::new(),
        }
    }
}

/// What prices are worth, where a decision needs to know.
async fn market(tx: &Tx<'_>, needed: bool) -> Result<Market, Void> {
    if needed { Ok(exchange::current_rates(tx).await?) } else { Ok(Market::default()) }
}

/// The documents that a batch brings.
fn brought<'a>(live: &[&'a Command]) -> Vec<(MerchantId, &'a NewDocument)> {
    let document = |command: &&'a Command| match command {
        Command::Operate(command) => match &command.action {
            Action::AddDocument { merchant, document } => Some((*merchant, &**document)),
            _ => None,
        },
        _ => None,
    };
    live.iter().filter_map(document).collect()
}

async fn lock_approvals(tx: &Tx<'_>, live: &[&Command], named: &mut Named) -> Result<Approvals, Void> {
    for command in live {
        if let Command::Decide(command) = command {
            named.approvals.push(command.approval);
        }
    }
    let approvals = audit::lock_approvals(tx, &named.approvals).await?;
    for id in named.approvals.clone() {
        if let Some(approval) = approvals.get(id) {
            let action: Action = serde_json::from_str(&approval.request)?;
            named.action(&action);
        }
    }
    Ok(approvals)
}

fn wanted(named: &Named) -> Wanted {
    let key = |shard: Shard, id: Uuid| (shard, id);
    Wanted {
        ids: named.payouts.clone(),
        withdrawals: named.withdrawals.iter().map(|id| key(id.shard(), id.uuid())).collect(),
        payments: named.payments.iter().map(|id| key(id.shard(), id.uuid())).collect(),
        not_at_bank_of: named.stopped.iter().map(|id| key(id.shard(), id.uuid())).collect(),
        judged: named.resolved.clone(),
    }
}

/// R44: kept once each; a statement of one of our receiving accounts covers that account alone.
async fn store_statements(
    tx: &Tx<'_>,
    batch: &[&Command],
    claims: &Claims,
    directory: &Directory,
    now: OffsetDateTime,
) -> Result<Vec<Vec<Stored>>, Void> {
    let covered = |statement: &Statement| {
        let known = directory.contains_key(&(statement.bank.clone(), statement.account));
        let covers = if known { Covers::ReceivingAccount } else { Covers::OwnAccount };
        Statement { covers, ..statement.clone() }
    };
    let mut stored = Vec::with_capacity(batch.len());
    for (command, standing) in batch.iter().zip(&claims.standing) {
        let brought: Vec<Statement> = match (command.content(), standing) {
            (Some(content), Standing::Live) => content.statements().iter().map(covered).collect(),
            _ => Vec::new(),
        };
        let all: Vec<&Statement> = brought.iter().collect();
        stored.push(if all.is_empty() { Vec::new() } else { reconciliation::store(tx, &all, now).await? });
    }
    Ok(stored)
}

/// Banks with the rates that they publish.
fn published<'a>(live: &[&'a Command]) -> Vec<(&'a str, &'a [PublishedRate])> {
    let rates = |command: &&'a Command| match command.said()? {
        Said { bank, content: Content::Rates(prices) } => Some((&**bank, prices.rates.as_slice())),
        _ => None,
    };
    live.iter().filter_map(rates).collect()
}
