//! How a merchant ends (R38): what must be gone before it is closed, and who is on the way.

use pg::Connection;
use uuid::Uuid;

use crate::MerchantId;
use crate::error::Error;

/// What there still is of a merchant, found while its row is locked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Remains {
    /// Some balance is not zero.
    pub balance: bool,
    /// It owes something, in whatever currency: a charge that its balance didn't cover, or what a bank took back.
    pub receivable: bool,
    /// An authority has stopped an amount, also where there is none of that money.
    pub frozen_amount: bool,
    /// A withdrawal is not final.
    pub withdrawal: bool,
    /// A payout's outcome is to come, unknown or disputed.
    pub payout: bool,
    /// A payment is in review.
    pub payment_in_review: bool,
    /// A payment is on its way back to its remitter.
    pub payment_returning: bool,
}

/// What stands in the way of a merchant's end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Obstacle {
    /// See [`Remains::balance`].
    Balance,
    /// See [`Remains::receivable`].
    Receivable,
    /// See [`Remains::frozen_amount`].
    FrozenAmount,
    /// See [`Remains::withdrawal`].
    Withdrawal,
    /// See [`Remains::payout`].
    Payout,
    /// See [`Remains::payment_in_review`].
    PaymentInReview,
    /// See [`Remains::payment_returning`].
    PaymentReturning,
}

impl Obstacle {
    /// Its word in the contract.
    pub fn as_str(self) -> &'static str {
        match self {
            Obstacle::Balance => "balance",
            Obstacle::Receivable => "receivable",
            Obstacle::FrozenAmount => "frozen_amount",
            Obstacle::Withdrawal => "withdrawal_under_way",
            Obstacle::Payout => "payout_under_way",
            Obstacle::PaymentInReview => "payment_in_review",
            Obstacle::PaymentReturning => "payment_returning",
        }
    }
}

impl Remains {
    /// All that stands in the way; empty where the merchant may be closed.
    pub fn obstacles(&self) -> Vec<Obstacle> {
        let all = [
            (self.balance, Obstacle::Balance),
            (self.receivable, Obstacle::Receivable),
            (self.frozen_amount, Obstacle::FrozenAmount),
            (self.withdrawal, Obstacle::Withdrawal),
            (self.payout, Obstacle::Payout),
            (self.payment_in_review, Obstacle::PaymentInReview),
            (self.payment_returning, Obstacle::PaymentReturning),
        ];
        all.into_iter().filter(|(is_there, _)| *is_there).map(|(_, obstacle)| obstacle).collect()
    }
}

/// At most `limit` merchants that are on the way out, after this one.
///
/// # Errors
/// The database's.
pub async fn closing(
    conn: &Connection,
    after: Option<MerchantId>,
    limit: i64,
) -> Result<Vec<MerchantId>, Error> {
    let after = after.map_or(Uuid::nil(), |id| id.uuid());
    let rows = conn.query(include_str!("sql/closing.sql"), &[&after, &limit]).await?;
    Ok(rows.iter().map(|row| MerchantId::from_uuid(row.get::<_, Uuid>("id"))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r38_whatever_is_left_stands_in_the_way_by_itself() {
        let nothing = Remains::default();
        assert_eq!(nothing.obstacles(), []);
        let table = [
            (Remains { balance: true, ..nothing }, "balance"),
            (Remains { receivable: true, ..nothing }, "receivable"),
            (Remains { frozen_amount: true, ..nothing }, "frozen_amount"),
            (Remains { withdrawal: true, ..nothing }, "withdrawal_under_way"),
            (Remains { payout: true, ..nothing }, "payout_under_way"),
            (Remains { payment_in_review: true, ..nothing }, "payment_in_review"),
            (Remains { payment_returning: true, ..nothing }, "payment_returning"),
        ];
        for (remains, word) in table {
            let words: Vec<&str> = remains.obstacles().into_iter().map(Obstacle::as_str).collect();
            assert_eq!(words, [word]);
        }
        let all = Remains {
            balance: true,
            receivable: true,
            frozen_amount: true,
            withdrawal: true,
            payout: true,
            payment_in_review: true,
            payment_returning: true,
        };
        assert_eq!(all.obstacles().len(), table.len());
    }
}
