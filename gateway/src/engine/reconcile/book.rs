//! What the book has, as bank's statements can agree with it.

use deposits::{BookedPayment, Reversal, ReversalState};
use exchange::cover::CoverDeal;
use payouts::{BookedPayout, PayoutState};
use reconciliation::{BookEntry, EntryId, EntryKind};

pub(super) fn of_payment(payment: &BookedPayment) -> BookEntry {
    BookEntry {
        id: EntryId { shard: payment.id.shard(), kind: EntryKind::Payment, id: payment.id.uuid() },
        bank: payment.bank.clone(),
        references: vec![payment.reference.clone()],
        account: Some(payment.account_index),
        amount: payment.amount,
        booked: true,
        at: payment.received_at,
        since: payment.received_at,
    }
}

pub(super) fn of_reversal(reversal: &Reversal) -> BookEntry {
    BookEntry {
        id: EntryId { shard: reversal.id.shard(), kind: EntryKind::Reversal, id: reversal.id.uuid() },
        bank: reversal.bank.clone(),
        references: vec![reversal.reference.clone(), reversal.original_reference.clone()],
        account: reversal.account_index,
        amount: reversal.amount,
        booked: reversal.state == ReversalState::Applied,
        at: reversal.applied_at.unwrap_or(reversal.received_at),
        since: reversal.received_at,
    }
}

/// A payout, and what came back of it. Both have the day of the latter: a bank may tell of a return alone, which posts
/// both, and nothing is listed twice though its days are asked about again.
pub(super) fn of_payout(booked: &BookedPayout) -> Vec<BookEntry> {
    let payout = &booked.payout;
    let sent = payout.sent_at.unwrap_or(payout.created_at);
    let before_it_was_kept = if payout.state == PayoutState::Returned { payout.updated_at } else { sent };
    let at = booked.settled_at.unwrap_or(before_it_was_kept);
    let references = [Some(payout.id.to_string()), payout.bank_reference.clone()];
    let references: Vec<String> =
        references.into_iter().flatten().chain(booked.names.iter().cloned()).collect();
    let entry = |kind, amount, since| BookEntry {
        id: EntryId { shard: payout.id.shard(), kind, id: payout.id.uuid() },
        bank: payout.bank.clone(),
        references: references.clone(),
        account: None,
        amount,
        booked: matches!(payout.state, PayoutState::Paid | PayoutState::Returned),
        at,
        since,
    };
    let mut entries = vec![entry(EntryKind::Payout, payout.amount, sent)];
    if let (PayoutState::Returned, Some(returned)) = (payout.state, payout.returned) {
        entries.push(entry(EntryKind::PayoutReturn, returned, at));
    }
    entries
}

/// A deal with a bank (R19): what was sold leaves one of the institution's accounts, what was bought comes into another.
pub(super) fn of_deal(deal: &CoverDeal) -> [BookEntry; 2] {
    [(EntryKind::CoverSold, deal.sold), (EntryKind::CoverBought, deal.bought)].map(|(kind, amount)| {
        BookEntry {
            id: EntryId { shard: deal.id.shard(), kind, id: deal.id.uuid() },
            bank: deal.bank.clone(),
            references: vec![deal.bank_reference.clone()],
            account: None,
            amount,
            booked: true,
            at: deal.booked_at,
            since: deal.booked_at,
        }
    })
}
