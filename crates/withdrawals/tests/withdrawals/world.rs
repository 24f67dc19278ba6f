//! A database with a book, one merchant and its payees.

use std::collections::HashMap;
use std::sync::Arc;

use calendar::Calendars;
use exchange::{CurrentRate, FixedSide, Market, Markups, Quote, QuoteId, Quotes, RatePolicy, Terms};
use ledger::{Account, Journal, Layout, MerchantRef, Movement};
use merchants::{
    FrozenAmounts, MerchantId, MerchantKind, MerchantState, NewMerchant, NewPayee, PayeeId, PayeeRequest,
    create_payee, insert_merchant,
};
use money::{Currency, FeeSchedule, Markup, Money, Rate};
use pg::{Connection, Shard, Shards, Tx};
use privacy::Keyring;
use testkit::TestDb;
use time::{Duration, OffsetDateTime, UtcOffset};
use uuid::Uuid;
use withdrawals::{
    DeclarationPolicy, Desk, Fees, Limits, Order, Policy, Pricing, Refusal, Usage, Withdrawal, WithdrawalId,
    WithdrawalState, Withdrawals,
};

pub const LAYOUT: Layout = Layout { shards: Shards::new(16), chains: 4 };
pub const NAME: &str = "Shenzhen Bright Trading Co";

pub struct World {
    pub db: TestDb,
    pub keyring: Keyring,
    pub merchant: MerchantId,
}

impl World {
    /// With one active merchant.
    pub async fn new() -> World {
        let folder = tempfile::tempdir().unwrap();
        let keyring = Keyring::generate(&folder.path().join("keys")).unwrap();
        let db = testkit::database(&[
            exchange::MIGRATIONS,
            ledger::MIGRATIONS,
            merchants::MIGRATIONS,
            withdrawals::MIGRATIONS,
        ])
        .await;
        let mut conn = db.owner().get().await.unwrap();
        let tx = conn.begin().await.unwrap();
        ledger::bootstrap(&tx, LAYOUT).await.unwrap();
        tx.commit().await.unwrap();
        let mut world = World { db, keyring, merchant: MerchantId::new(Shard::new(3).unwrap()) };
        world.merchant = world.merchant(MerchantState::Active).await;
        world
    }

    pub async fn conn(&self) -> Connection {
        self.db.pool.get().await.unwrap()
    }

    pub async fn merchant(&self, state: MerchantState) -> MerchantId {
        let id = MerchantId::new(Shard::new(3).unwrap());
        let new = NewMerchant {
            id,
            kind: MerchantKind::Enterprise,
            state,
            name: NAME,
            email: "owner@bright.example",
        };
        insert_merchant(&self.conn().await, &self.keyring, &new).await.unwrap();
        id
    }

    pub async fn payee(&self, merchant: MerchantId, holder_name: &str, currency: &str) -> PayeeId {
        let id = PayeeId::new(merchant.shard());
        let request = PayeeRequest {
            holder_name,
            country: "CN",
            currency,
            account_number: "6222021234567890",
            bank_code: None,
            bank_name: None,
        };
        let new = NewPayee::check(&self.keyring, id, merchant, &request).unwrap().unwrap();
        create_payee(&self.conn().await, &new).await.unwrap();
        id
    }

    /// Money arrives for the merchant.
    pub async fn pay_in(&self, minor: i64) {
        let mut conn = self.conn().await;
        let tx = conn.begin().await.unwrap();
        let merchant = MerchantRef { shard: self.merchant.shard(), id: self.merchant.uuid() };
        let paid = Movement::PaymentCredited { bank: bank(), merchant, amount: usd(minor) };
        let mut journal = Journal::open(&tx, LAYOUT, &paid.accounts()).await.unwrap();
        journal.post(&paid, Uuid::now_v7()).unwrap();
        let now = tx.now().await.unwrap();
        journal.write(&tx, now).await.unwrap();
        tx.commit().await.unwrap();
    }

    pub async fn balance(&self) -> i64 {
        let conn = self.conn().await;
        let merchant = MerchantRef { shard: self.merchant.shard(), id: self.merchant.uuid() };
        let holdings = ledger::holdings(&conn, merchant).await.unwrap();
        holdings.get(&Currency::USD).map_or(0, |held| held.balance.minor())
    }

    /// A batch of one order, as the write path does it.
    pub async fn submit(&self, order: &Order) -> Result<Withdrawal, Refusal> {
        let mut conn = self.conn().await;
        let tx = conn.begin().await.unwrap();
        let now = tx.now().await.unwrap();
        let locked = merchants::lock(&tx, &[order.merchant], &[]).await.unwrap();
        let payees = merchants::payees(&tx, &[order.payee]).await.unwrap();
        let quotes: Vec<_> = match &order.pricing {
            Pricing::Quote(id) => vec![*id],
            Pricing::Market { .. } => Vec::new(),
        };
        let mut quotes = exchange::lock_quotes(&tx, &quotes).await.unwrap();
        let mut journal = Journal::open(&tx, LAYOUT, &accounts(order)).await.unwrap();
        let (policy, market) = (policy(), market(now));
        let (mut fees, mut usage) = self.fees(&tx, order, &quotes, now).await;
        let mut desk = Desk {
            policy: &policy,
            payees: &payees,
            frozen: &FrozenAmounts::default(),
            fees: &mut fees,
            usage: &mut usage,
            market: &market,
            quotes: &mut quotes,
            journal: &mut journal,
            now,
        };
        let decided = desk.submit(order, locked.get(order.merchant).unwrap()).unwrap();
        if let Ok(withdrawal) = &decided {
            withdrawals::write(&tx, &[withdrawal], &Withdrawals::default(), now).await.unwrap();
        }
        quotes.save(&tx).await.unwrap();
        usage.save(&tx).await.unwrap();
        fees.save(&tx).await.unwrap();
        journal.write(&tx, now).await.unwrap();
        tx.commit().await.unwrap();
        decided
    }

    /// A quote of so many cents for yuan, as it is made for a merchant.
    pub async fn quote(&self, sell: i64) -> Quote {
        let mut conn = self.conn().await;
        let tx = conn.begin().await.unwrap();
        let now = tx.now().await.unwrap();
        let (corridor, at) = ((Currency::USD, Currency::CNY), (now, UtcOffset::UTC));
        let fee = withdrawals::fee_for_quote(&tx, policy().fees, self.merchant, corridor, at).await.unwrap();
        let side = FixedSide::Sell(usd(sell));
        let (terms, rates) = (Terms { fees: fee, markup: Markup::NONE }, RatePolicy::of_age(Duration::HOUR));
        let price = exchange::price(side, corridor, &market(now), terms, now, &rates);
        let quote = Quote {
            id: QuoteId::new(self.merchant.shard()),
            merchant: self.merchant.uuid(),
            fixed_side: "sell".into(),
            price: price.unwrap(),
            expires_at: now + Duration::MINUTE,
            created_at: now,
            withdrawal: None,
        };
        exchange::insert_quote(&tx, &quote).await.unwrap();
        let (of, free) = ((self.merchant, Currency::USD), fee.free_used(usd(sell)));
        withdrawals::reserve(&tx, quote.id, of, free, quote.expires_at).await.unwrap();
        tx.commit().await.unwrap();
        quote
    }

    /// What this order costs, with the counter of the allowance locked.
    async fn fees(&self, tx: &Tx<'_>, order: &Order, quotes: &Quotes, now: OffsetDateTime) -> (Fees, Usage) {
        let (merchant, at) = (order.merchant, (now, UtcOffset::UTC));
        let named: Vec<_> = match &order.pricing {
            Pricing::Quote(id) => vec![*id],
            Pricing::Market { .. } => Vec::new(),
        };
        let mut fees = Fees::load(tx, policy().fees, &[merchant], &named, at).await.unwrap();
        let counter = match &order.pricing {
            Pricing::Quote(id) => quotes
                .get(*id)
                .and_then(|quote| fees.counter_of_quote(*id, merchant, quote.price.sell.currency(), now)),
            Pricing::Market { sell, buy } => fees.counter_at_market(merchant, (sell.currency(), *buy), now),
        };
        let usage = Usage::lock(tx, counter.into_iter().collect()).await.unwrap();
        fees.load_reserved(tx, &[(merchant, Currency::USD)], now).await.unwrap();
        (fees, usage)
    }

    pub async fn insert(&self, rows: &[&Withdrawal]) {
        let mut conn = self.conn().await;
        let tx = conn.begin().await.unwrap();
        withdrawals::write(&tx, rows, &Withdrawals::default(), rows[0].created_at).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// A withdrawal of 1,000.00 USD, as it could have been decided.
    pub async fn withdrawal(&self) -> Withdrawal {
        let now = self.conn().await.now().await.unwrap();
        Withdrawal {
            id: WithdrawalId::new(self.merchant.shard()),
            merchant: self.merchant,
            payee: PayeeId::new(self.merchant.shard()),
            quote: None,
            client_reference: Some("inv-1".into()),
            state: WithdrawalState::Processing,
            bank: bank(),
            sell: usd(100_000),
            fee: usd(300),
            net: usd(99_700),
            rate: Some(Rate::parse("7.1").unwrap()),
            rate_as_of: Some(now - Duration::MINUTE),
            buy: cny(707_870),
            spread: cny(0),
            premium: cny(0),
            exact: "7078.70".parse().unwrap(),
            to_send: cny(707_870),
            attempts: 1,
            failure: None,
            worth_usd_minor: None,
            free_minor: 0,
            estimated_arrival: now + Duration::minutes(5),
            created_at: now,
            updated_at: now,
        }
    }
}

/// 0.3 %; dollars are exchanged into yuan, and paid out as they are.
pub fn policy() -> Policy {
    Policy {
        fees: FeeSchedule::share(3_000),
        routes: HashMap::from([(Currency::USD, bank()), (Currency::CNY, bank())]),
        pairs: vec![(Currency::USD, Currency::CNY)],
        markups: Markups::default(),
        rates: RatePolicy::of_age(Duration::minutes(5)),
        refund_fee: true,
        limits: Limits::default(),
        hold_above: None,
        calendars: Calendars::builtin().unwrap(),
        declarations: DeclarationPolicy::default(),
    }
}

fn market(now: OffsetDateTime) -> Market {
    Market::new([CurrentRate {
        base: Currency::USD,
        quote: Currency::CNY,
        bid: Rate::parse("7.1").unwrap(),
        ask: Rate::parse("7.2").unwrap().into(),
        as_of: now - Duration::MINUTE,
        bank: "hb".into(),
    }])
}

fn accounts(order: &Order) -> Vec<Account> {
    let shard = order.merchant.shard();
    let mut accounts = vec![
        Account::merchant(shard, order.merchant.uuid(), Currency::USD),
        Account::fees(shard, Currency::USD),
    ];
    for currency in [Currency::USD, Currency::CNY] {
        accounts.push(Account::exchange(shard, currency));
        accounts.push(Account::payout_clearing(shard, &bank(), currency));
    }
    accounts
}

pub fn order(merchant: MerchantId, payee: PayeeId, sell: i64, buy: Currency) -> Order {
    Order {
        id: WithdrawalId::new(merchant.shard()),
        merchant,
        payee,
        pricing: Pricing::Market { sell: usd(sell), buy },
        client_reference: None,
    }
}

pub fn bank() -> Arc<str> {
    Arc::from("hb")
}

pub fn usd(minor: i64) -> Money {
    Money::new(minor, Currency::USD).unwrap()
}

pub fn cny(minor: i64) -> Money {
    Money::new(minor, Currency::CNY).unwrap()
}
