//! R43: what a balance-of-payments declaration of a conversion needs, written with it.

use std::collections::HashMap;
use std::sync::Arc;

use merchants::MerchantId;
use money::{Currency, Money, Rate};
use pg::{Row, Tx};
use rust_decimal::Decimal;
use time::{Date, OffsetDateTime, UtcOffset};
use uuid::Uuid;

use crate::error::Error;
use crate::{Withdrawal, WithdrawalId};

/// Marks ids of declarations.
#[derive(Debug)]
pub enum DeclarationMark {}
impl pg::Kind for DeclarationMark {
    const PREFIX: &'static str = "bop";
}
/// `bop_…`, in its merchant's shard.
pub type DeclarationId = pg::Id<DeclarationMark>;

/// What is declared of every conversion alike.
#[derive(Debug, Clone, Default)]
pub struct DeclarationPolicy {
    /// The code of the trade behind the money, as the authority lists them.
    pub transaction_code: String,
    /// Where money of a currency comes from, ISO 3166 alpha-2.
    pub origins: HashMap<Currency, String>,
    /// Where a day begins.
    pub offset: Option<UtcOffset>,
}

/// What is declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Declared {
    /// Money was exchanged.
    Conversion,
    /// An exchange was undone before anything was sent (R45).
    Undone,
    /// What was exchanged goes to another country than was declared (R28): this replaces what was declared of it before, and nothing
    /// was exchanged again.
    Amended,
}

impl Declared {
    /// Its name in rows and files.
    pub fn as_str(self) -> &'static str {
        match self {
            Declared::Conversion => "conversion",
            Declared::Undone => "undone",
            Declared::Amended => "amended",
        }
    }
}

/// One record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declaration {
    /// Its id.
    pub id: DeclarationId,
    /// The withdrawal that money was exchanged for.
    pub withdrawal: WithdrawalId,
    /// Who declares.
    pub merchant: MerchantId,
    /// What.
    pub declared: Declared,
    /// The day it counts on.
    pub day: Date,
    /// What was exchanged, sold currency.
    pub net: Money,
    /// The fee that was taken before, sold currency.
    pub fee: Money,
    /// Bought units for one sold.
    pub rate: Rate,
    /// What was bought.
    pub buy: Money,
    /// The bank that carries the payout.
    pub bank: Arc<str>,
    /// Where the money came from, if it is configured for the currency.
    pub origin_country: Option<String>,
    /// Where it goes.
    pub payee_country: String,
    /// The code of the trade.
    pub transaction_code: String,
    /// When it was booked, as its transfers say.
    pub booked_at: OffsetDateTime,
}

impl Declaration {
    /// What `withdrawal` declares, booked at `now`; none where nothing was exchanged.
    pub fn of(
        withdrawal: &Withdrawal,
        declared: Declared,
        payee_country: &str,
        policy: &DeclarationPolicy,
        now: OffsetDateTime,
    ) -> Option<Declaration> {
        let rate = withdrawal.rate.filter(|_| withdrawal.is_exchanged())?;
        Some(Declaration {
            id: DeclarationId::new(withdrawal.merchant.shard()),
            withdrawal: withdrawal.id,
            merchant: withdrawal.merchant,
            declared,
            day: now.to_offset(policy.offset.unwrap_or(UtcOffset::UTC)).date(),
            net: withdrawal.net,
            fee: withdrawal.fee,
            rate,
            buy: withdrawal.buy,
            bank: withdrawal.bank.clone(),
            origin_country: policy.origins.get(&withdrawal.sell.currency()).cloned(),
            payee_country: payee_country.to_owned(),
            transaction_code: policy.transaction_code.clone(),
            booked_at: now,
        })
    }
}

/// Keeps records, in the transaction that exchanges.
///
/// # Errors
/// The database's; `Unexpected` when fewer rows were written than given.
pub async fn declare(tx: &Tx<'_>, records: &[Declaration]) -> Result<(), Error> {
    if records.is_empty() {
        return Ok(());
    }
    let shards: Vec<i16> = records.iter().map(|r| r.id.shard().number()).collect();
    let ids: Vec<Uuid> = records.iter().map(|r| r.id.uuid()).collect();
    let withdrawals: Vec<Uuid> = records.iter().map(|r| r.withdrawal.uuid()).collect();
    let merchants: Vec<Uuid> = records.iter().map(|r| r.merchant.uuid()).collect();
    let events: Vec<&str> = records.iter().map(|r| r.declared.as_str()).collect();
    let days: Vec<Date> = records.iter().map(|r| r.day).collect();
    let sold: Vec<&str> = records.iter().map(|r| r.net.currency().code()).collect();
    let nets: Vec<i64> = records.iter().map(|r| r.net.minor()).collect();
    let fees: Vec<i64> = records.iter().map(|r| r.fee.minor()).collect();
    let rates: Vec<Decimal> = records.iter().map(|r| r.rate.into()).collect();
    let bought: Vec<&str> = records.iter().map(|r| r.buy.currency().code()).collect();
    let buys: Vec<i64> = records.iter().map(|r| r.buy.minor()).collect();
    let banks: Vec<&str> = records.iter().map(|r| &*r.bank).collect();
    let origins: Vec<Option<&str>> = records.iter().map(|r| r.origin_country.as_deref()).collect();
    let countries: Vec<&str> = records.iter().map(|r| r.payee_country.as_str()).collect();
    let codes: Vec<&str> = records.iter().map(|r| r.transaction_code.as_str()).collect();
    let times: Vec<OffsetDateTime> = records.iter().map(|r| r.booked_at).collect();
    let parameters: [&(dyn pg::ToSql + Sync); 17] = [
        &shards,
        &ids,
        &withdrawals,
        &merchants,
        &events,
        &days,
        &sold,
        &nets,
        &fees,
        &rates,
        &bought,
        &buys,
        &banks,
        &origins,
        &countries,
        &codes,
        &times,
    ];
    let written = tx.execute(include_str!("sql/declare.sql"), &parameters).await?;
    if written == records.len() as u64 {
        return Ok(());
    }
    Err(Error::Unexpected(format!("{written} declarations instead of {}", records.len())))
}

/// A day's records after `after` (booked at, id) in the order in which they are exported, `limit` at most.
///
/// # Errors
/// The database's; `Unexpected` when a row can't be understood.
pub async fn declarations(
    tx: &Tx<'_>,
    day: Date,
    after: Option<(OffsetDateTime, DeclarationId)>,
    limit: i64,
) -> Result<Vec<Declaration>, Error> {
    let (at, id) = after.map_or((OffsetDateTime::UNIX_EPOCH, Uuid::nil()), |(at, id)| (at, id.uuid()));
    let rows = tx.query(include_str!("sql/declarations.sql"), &[&day, &at, &id, &limit]).await?;
    rows.iter().map(read).collect()
}

fn read(row: &Row) -> Result<Declaration, Error> {
    let id = DeclarationId::from_uuid(row.get("id"));
    let broken = |what: &str| Error::Unexpected(format!("{what} of {id}"));
    let money = |minor: &str, currency: &str| {
        let currency = Currency::from_db(row.get(currency)).map_err(|_| broken("the currency"))?;
        Money::new(row.get(minor), currency).map_err(|_| broken("an amount"))
    };
    Ok(Declaration {
        id,
        withdrawal: WithdrawalId::from_uuid(row.get("withdrawal")),
        merchant: MerchantId::from_uuid(row.get("merchant")),
        declared: match row.get("event") {
            "conversion" => Declared::Conversion,
            "undone" => Declared::Undone,
            "amended" => Declared::Amended,
            _ => return Err(broken("the event")),
        },
        day: row.get("day"),
        net: money("net_minor", "sell_currency")?,
        fee: money("fee_minor", "sell_currency")?,
        rate: Rate::try_from(row.get::<_, Decimal>("rate")).map_err(|_| broken("the rate"))?,
        buy: money("buy_minor", "buy_currency")?,
        bank: Arc::from(row.get::<_, &str>("bank")),
        origin_country: row.get("origin_country"),
        payee_country: row.get("payee_country"),
        transaction_code: row.get("transaction_code"),
        booked_at: row.get("booked_at"),
    })
}
