//! What merchants are told of a batch, written in its own transaction: credited, in review, returned, taken back, and
//! what became of withdrawals (R9), and what was charged (R46).

use calendar::Calendars;
use deposits::{Payment, PaymentState, ReversalState};
use merchants::MerchantId;
use money::{Currency, Money};
use notifications::{Notice, NoticeKind};
use payouts::Payout;
use serde_json::{Value, json};
use time::OffsetDateTime;
use withdrawals::Withdrawal;

use super::answers::rfc3339;
use super::stage::Stage;

impl Stage<'_> {
    /// What the merchants of this batch have to know.
    pub(super) fn notices(&self) -> Vec<Notice> {
        let arrived = self.new_payments.iter().filter_map(|payment| self.of_payment(payment));
        let decided = self.payments.decided().chain(self.payments.owned_now());
        let decided = decided.filter_map(|payment| self.of_payment(payment));
        let own = self.told.iter().cloned();
        let money = arrived.chain(decided).chain(self.of_reversals()).chain(self.of_withdrawals());
        money.chain(self.of_charges()).chain(own).collect()
    }

    /// A credit not later than the next working day, a review at once. Money that is nobody's yet is nobody's news.
    fn of_payment(&self, payment: &Payment) -> Option<Notice> {
        let merchant = payment.merchant?;
        let kind = match payment.status {
            PaymentState::Credited => NoticeKind::PaymentCredited,
            PaymentState::InReview => NoticeKind::PaymentInReview,
            // Where a bank took all of it back, none of it went to its remitter: that is told as what it is.
            PaymentState::Returned if payment.open_amount().minor() == 0 => return None,
            PaymentState::Returned => NoticeKind::PaymentReturned,
            PaymentState::Returning => return None,
        };
        let due_at = (kind == NoticeKind::PaymentCredited)
            .then(|| next_working_day(&self.facts.policy.calendars, payment.amount.currency(), self.now));
        Some(notice(merchant, kind, payment.id.to_string(), payment_json(payment), due_at))
    }

    fn of_reversals(&self) -> impl Iterator<Item = Notice> {
        let applied = self.reversals.iter().filter(|reversal| {
            reversal.state == ReversalState::Applied && reversal.applied_at == Some(self.now)
        });
        applied.filter_map(|reversal| {
            let id = reversal.payment?;
            let arrived = self.new_payments.iter().find(|payment| payment.id == id);
            let payment = arrived.or(self.payments.get(id))?;
            let data = json!({
                "payment_id": id.to_string(),
                "status": payment.status.as_str(),
                "reversed_amount": reversal.amount.to_string(),
                "currency": reversal.amount.currency().code(),
                "reason": reversal.reason,
                "reference": reversal.reference,
            });
            Some(notice(payment.merchant?, NoticeKind::PaymentReversed, id.to_string(), data, None))
        })
    }

    fn of_withdrawals(&self) -> impl Iterator<Item = Notice> {
        self.withdrawals.decided().map(|row| {
            let data = json!({
                "withdrawal_id": row.id.to_string(),
                "status": row.state.as_str(),
                "sell_amount": row.sell.to_string(),
                "sell_currency": row.sell.currency().code(),
                "buy_amount": row.buy.to_string(),
                "buy_currency": row.buy.currency().code(),
                "returned_amount": self.came_back(row).map(|amount| amount.to_string()),
                "client_reference": row.client_reference,
                "failure": row.failure.as_ref().map(|f| json!({"code": f.code, "reason": f.reason})),
            });
            notice(row.merchant, NoticeKind::WithdrawalChanged, row.id.to_string(), data, None)
        })
    }

    /// What a bank gave back of it, as its payouts show it; of several what there is to send, or was refunded.
    fn came_back(&self, row: &Withdrawal) -> Option<Money> {
        let back = |payout: &Payout| payout.returned.filter(|amount| *amount == row.to_send);
        self.payouts.of_withdrawal(row.id.uuid()).find_map(back)
    }
}

fn notice(
    merchant: MerchantId,
    kind: NoticeKind,
    subject: String,
    data: Value,
    due_at: Option<OffsetDateTime>,
) -> Notice {
    Notice { shard: merchant.shard(), merchant: merchant.uuid(), kind, subject, data, due_at }
}

/// No account number and no name: it leaves the house. What was taken back of it, or lost by a return that came back, stands
/// beside the amount that arrived.
fn payment_json(payment: &Payment) -> Value {
    json!({
        "payment_id": payment.id.to_string(),
        "status": payment.status.as_str(),
        "amount": payment.amount.to_string(),
        "reversed_amount": payment.reversed().to_string(),
        "currency": payment.amount.currency().code(),
        "reference": payment.reference,
        "reason": payment.reason.map(deposits::Reason::as_str),
        "received_at": rfc3339(payment.received_at),
    })
}

/// R9: of the account's banks.
fn next_working_day(calendars: &Calendars, currency: Currency, now: OffsetDateTime) -> OffsetDateTime {
    calendars.end_of_next_working_day(banks_of(currency), now).at
}

/// Whose days count for an account: of the jurisdiction that its currency belongs to (R14); sterling keeps British days.
pub(super) fn banks_of(currency: Currency) -> calendar::Jurisdiction {
    match merchants::Jurisdiction::of(currency) {
        _ if currency == Currency::GBP => calendar::Jurisdiction::UnitedKingdom,
        Some(merchants::Jurisdiction::Japan) => calendar::Jurisdiction::Japan,
        Some(merchants::Jurisdiction::NorthAmerica) => calendar::Jurisdiction::NorthAmerica,
        Some(merchants::Jurisdiction::Europe) | None => calendar::Jurisdiction::Europe,
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn r9_a_credit_is_told_by_the_end_of_the_next_working_day_of_its_account() {
        let calendars = Calendars::builtin().expect("calendars");
        let friday = datetime!(2026-11-20 12:00 UTC);
        // The Monday after is a holiday in Japan (Labour Thanksgiving Day, 23 November) and nowhere else.
        for (currency, day) in [
            (Currency::JPY, datetime!(2026-11-24 15:00 UTC)),
            (Currency::GBP, datetime!(2026-11-24 00:00 UTC)),
            (Currency::EUR, datetime!(2026-11-23 23:00 UTC)),
        ] {
            let due = next_working_day(&calendars, currency, friday);
            assert!((due - day).abs() <= time::Duration::SECOND, "{currency}: {due}");
        }
    }
}
