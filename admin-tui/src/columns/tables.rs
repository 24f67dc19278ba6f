//! Which columns each shape has.

use super::Column;
use crate::item::Shape;
use crate::text::T;

const fn left(title: T, most: usize, rank: u8) -> Column {
    Column::left(title, most, rank)
}

const fn right(title: T, most: usize, rank: u8) -> Column {
    Column::right(title, most, rank)
}

const SIGN: Column = left(T::Nothing, 2, 0);
const ID: Column = left(T::Id, 37, 0);
const STATUS: Column = left(T::Status, 13, 0);
const AMOUNT: Column = right(T::Amount, 20, 0);
const CURRENCY: Column = left(T::Currency, 4, 0);
const AGE: Column = right(T::Age, 5, 0);
const BANK: Column = left(T::Bank, 12, 1);
const REASON: Column = left(T::Reason, 24, 1);
const MERCHANT: Column = left(T::Merchant, 37, 4);

const PAYOUT: &[Column] = &[
    SIGN,
    STATUS,
    AMOUNT,
    CURRENCY,
    right(T::CameBack, 20, 0).rare(),
    AGE,
    ID,
    BANK,
    right(T::Tries, 9, 0),
    left(T::Reason, 24, 1),
    left(T::To, 12, 2),
    MERCHANT,
    left(T::BankReference, 20, 5),
];
const WITHDRAWAL: &[Column] = &[
    SIGN,
    left(T::Status, 21, 0),
    AMOUNT,
    CURRENCY,
    right(T::CameBack, 20, 0).rare(),
    AGE,
    ID,
    left(T::To, 12, 0),
    left(T::Reason, 10, 1),
    right(T::Sold, 24, 1),
    BANK,
    right(T::AttemptsTitle, 8, 2),
    MERCHANT,
    left(T::Reference, 24, 5),
];
const PAYMENT: &[Column] = &[
    SIGN,
    STATUS,
    AMOUNT,
    CURRENCY,
    right(T::TakenBack, 20, 0).rare(),
    AGE,
    left(T::Reason, 26, 0),
    ID,
    BANK,
    left(T::Remitter, 14, 2),
    left(T::AccountNumber, 12, 3),
    MERCHANT,
    left(T::Reference, 24, 5),
];
const REVERSAL: &[Column] =
    &[SIGN, STATUS, AMOUNT, CURRENCY, AGE, REASON, ID, BANK, left(T::Reference, 24, 5)];
const MERCHANT_LIST: &[Column] = &[
    SIGN,
    STATUS,
    left(T::Name, 16, 0),
    left(T::Kind, 12, 0),
    ID,
    left(T::Reason, 24, 1),
    left(T::Email, 24, 2),
    AGE,
];
const EVENT: &[Column] = &[
    SIGN,
    left(T::Verdict, 10, 0),
    right(T::Http, 4, 0),
    AGE,
    BANK,
    ID,
    left(T::EventId, 34, 1),
    right(T::Redeliveries, 7, 2),
    left(T::Key, 12, 3),
];
const RATE: &[Column] = &[
    SIGN,
    left(T::Pair, 8, 0),
    right(T::Bid, 14, 0),
    right(T::Ask, 14, 0),
    AGE,
    BANK,
    STATUS,
    left(T::Prices, 6, 0),
    right(T::HeldBid, 14, 1),
    right(T::HeldAsk, 14, 1),
    left(T::AsOf, 28, 2),
];
const ACCOUNT: &[Column] = &[
    left(T::Name, 42, 0),
    right(T::Balance, 22, 0),
    CURRENCY,
    right(T::Shard, 5, 1),
    right(T::Debits, 22, 2),
    right(T::Credits, 22, 2),
    left(T::Id, 44, 4),
];
const TRANSFER: &[Column] = &[
    left(T::Direction, 7, 0),
    AMOUNT,
    CURRENCY,
    AGE,
    left(T::Kind, 20, 0),
    left(T::Cause, 37, 0),
    left(T::OtherAccount, 40, 1),
];
const LINE: &[Column] = &[
    SIGN,
    STATUS,
    left(T::Outcome, 15, 0),
    AMOUNT,
    CURRENCY,
    left(T::Direction, 7, 1),
    AGE,
    BANK,
    ID,
    left(T::Reason, 24, 3),
];
const APPROVAL: &[Column] = &[
    SIGN,
    STATUS,
    left(T::Action, 20, 0),
    left(T::Subject, 37, 0),
    left(T::RequestedBy, 14, 0),
    AGE,
    left(T::Reason, 40, 1),
    left(T::Id, 37, 3),
];
const AUDIT: &[Column] = &[
    right(T::Sequence, 7, 2),
    AGE,
    left(T::Actor, 14, 0),
    left(T::Action, 28, 0),
    left(T::Subject, 37, 0),
    left(T::Reason, 40, 0),
    left(T::Origin, 16, 4),
];

/// The columns of things of this shape.
pub fn of(shape: Shape) -> Vec<Column> {
    let columns = match shape {
        Shape::Payout => PAYOUT,
        Shape::Withdrawal => WITHDRAWAL,
        Shape::Payment => PAYMENT,
        Shape::Reversal => REVERSAL,
        Shape::Merchant => MERCHANT_LIST,
        Shape::Event => EVENT,
        Shape::Rate => RATE,
        Shape::Account => ACCOUNT,
        Shape::Transfer => TRANSFER,
        Shape::Line => LINE,
        Shape::Approval => APPROVAL,
        Shape::Audit => AUDIT,
        simple => return super::simple::columns(simple),
    };
    columns.to_vec()
}
