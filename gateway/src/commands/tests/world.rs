//! A database with a book, one merchant and its payees, and batches of one's own choice.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use audit::ApprovalId;
use calendar::Calendars;
use deposits::{PaymentDetails, PaymentId, PlatformRemitters, Receipt};
use exchange::{Markups, PublishedRate, RatePolicy};
use idempotency::Request;
use lanes::Work;
use ledger::{Account, Journal, Layout, MerchantRef, Movement};
use merchants::{
    Jurisdiction, MerchantId, MerchantKind, MerchantState, NewMerchant, NewPayee, NewReceivingAccount,
    PayeeId, PayeeRequest, create_payee, insert_merchant, insert_receiving_account,
};
use metrics::LocalRecorderGuard;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle, PrometheusRecorder};
use money::{Currency, FeeSchedule, Money, Rate};
use payouts::{Backoff, BankPolicy, Finding, Payout, PayoutId, PayoutState, Report, Source};
use pg::{Connection, Shard, Shards, Tx};
use privacy::{Keyring, Sensitive};
use serde_json::Value;
use testkit::TestDb;
use time::OffsetDateTime;
use uuid::Uuid;
use vault::Delivery;
use withdrawals::{DeclarationPolicy, Limits, Order, Policy, Pricing, Withdrawal, WithdrawalId};

use crate::activity::Activity;
use crate::commands::{
    Action, BankEvent, ChangePayee, Command, Commands, Content, Decide, Facts, Line, Operate, Operator,
    Prices, Reply, Withdraw,
};

pub const LAYOUT: Layout = Layout { shards: Shards::new(16), chains: 4 };
const NAME: &str = "Shenzhen Bright Trading Co";

pub struct World {
    pub db: TestDb,
    pub merchant: MerchantId,
    keyring: Arc<Keyring>,
    facts: Arc<Facts>,
    commands: Commands,
}

impl World {
    /// With one active merchant.
    pub async fn new() -> World {
        World::with_limits(Limits::default()).await
    }

    /// With one active merchant, who may withdraw so much.
    pub async fn with_limits(limits: Limits) -> World {
        let folder = tempfile::tempdir().unwrap();
        let keyring = Arc::new(Keyring::generate(&folder.path().join("keys")).unwrap());
        let db = testkit::database(&crate::migrate::SETS).await;
        let mut conn = db.owner().get().await.unwrap();
        let tx = conn.begin().await.unwrap();
        ledger::bootstrap(&tx, LAYOUT).await.unwrap();
        tx.commit().await.unwrap();
        let merchant = MerchantId::new(Shard::new(3).unwrap());
        let (kind, state) = (MerchantKind::Enterprise, MerchantState::Active);
        let new = NewMerchant { id: merchant, kind, state, name: NAME, email: "owner@bright.example" };
        insert_merchant(&conn, &keyring, &new).await.unwrap();
        let facts = Facts::new(
            LAYOUT,
            keyring.clone(),
            PlatformRemitters::new([]),
            Policy { limits, ..policy() },
            usd(1_000_000),
            HashMap::from([(bank(), bank_policy())]),
            false,
        );
        let facts = Arc::new(facts);
        let commands = Commands::new(facts.clone(), Arc::new(Activity::default()));
        World { db, merchant, keyring, facts, commands }
    }

    pub fn keyring(&self) -> &Keyring {
        &self.keyring
    }

    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    pub async fn conn(&self) -> Connection {
        self.db.pool.get().await.unwrap()
    }

    pub async fn now(&self) -> OffsetDateTime {
        self.conn().await.now().await.unwrap()
    }

    /// A moment that will have come soon.
    pub async fn soon(&self) -> OffsetDateTime {
        self.now().await + time::Duration::milliseconds(1500)
    }

    /// Waits until `moment` has come.
    pub async fn after(&self, moment: OffsetDateTime) {
        while self.now().await < moment {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    }

    /// One batch, as a lane carries it out; none of it is there when it fails.
    pub async fn try_batch(&self, batch: &[Command]) -> Result<Vec<Reply>, String> {
        let mut conn = self.conn().await;
        let tx = conn.begin().await.unwrap();
        match self.commands.run(&tx, &batch.iter().collect::<Vec<_>>()).await {
            Ok(replies) => {
                tx.commit().await.unwrap();
                Ok(replies)
            }
            Err(error) => {
                tx.rollback().await.unwrap();
                Err(error.to_string())
            }
        }
    }

    /// The only command of a batch in a transaction that the caller ends.
    pub async fn carry_out(&self, tx: &Tx<'_>, command: &Command) -> Reply {
        self.commands.run(tx, &[command]).await.unwrap().remove(0)
    }

    /// The status and the JSON of each answer.
    pub async fn batch(&self, batch: &[Command]) -> Vec<(u16, Value)> {
        let replies = self.try_batch(batch).await.unwrap();
        let json = |reply: &Reply| serde_json::from_slice(&reply.body).unwrap_or(Value::Null);
        replies.iter().map(|reply| (reply.status, json(reply))).collect()
    }

    /// A batch of one.
    pub async fn one(&self, command: Command) -> (u16, Value) {
        self.batch(&[command]).await.remove(0)
    }

    /// What one person asks and another one approves; the answer to the approval.
    pub async fn by_two(&self, action: Action) -> (u16, Value) {
        let approval = self.ask(action).await;
        self.one(approve(approval)).await
    }

    /// What one person asks another to approve.
    pub async fn ask(&self, action: Action) -> ApprovalId {
        let (status, asked) = self.one(operate(action)).await;
        assert_eq!(status, 202, "{asked}");
        asked["approval_id"].as_str().unwrap().parse().unwrap()
    }

    /// Money arrives for the merchant.
    pub async fn pay_in(&self, amount: Money) {
        let mut conn = self.conn().await;
        let tx = conn.begin().await.unwrap();
        let paid = Movement::PaymentCredited { bank: bank(), merchant: self.book(), amount };
        let mut journal = Journal::open(&tx, LAYOUT, &paid.accounts()).await.unwrap();
        journal.post(&paid, Uuid::now_v7()).unwrap();
        let now = tx.now().await.unwrap();
        journal.write(&tx, now).await.unwrap();
        tx.commit().await.unwrap();
    }

    fn book(&self) -> MerchantRef {
        MerchantRef { shard: self.merchant.shard(), id: self.merchant.uuid() }
    }

    /// The merchant's balance and what it owes, minor units.
    pub async fn money(&self, currency: Currency) -> (i64, i64) {
        let conn = self.conn().await;
        let holdings = ledger::holdings(&conn, self.book()).await.unwrap();
        holdings.get(&currency).map_or((0, 0), |held| (held.balance.minor(), held.receivable.minor()))
    }

    /// What is in suspense, in clearing and at the bank, over all shards, minor units.
    pub async fn institution(&self, currency: Currency) -> (i64, i64, i64) {
        let (mut suspense, mut clearing, mut nostro) = (0, 0, 0);
        for shard in LAYOUT.shards.all() {
            suspense += self.account(Account::suspense(shard, currency)).await;
            clearing += self.account(Account::payout_clearing(shard, &bank(), currency)).await;
            nostro += self.account(Account::nostro(shard, &bank(), currency)).await;
        }
        (suspense, clearing, nostro)
    }

    async fn account(&self, account: Account) -> i64 {
        let mut conn = self.conn().await;
        let tx = conn.begin().await.unwrap();
        let mut journal = Journal::open(&tx, LAYOUT, &[]).await.unwrap();
        journal.add_existing(&tx, std::slice::from_ref(&account)).await.unwrap();
        let balance = journal.balance(&account).unwrap();
        tx.rollback().await.unwrap();
        balance
    }

    /// The proof of the book passes.
    pub async fn verify(&self) {
        let mut conn = self.conn().await;
        let report = ledger::verify(&mut conn, LAYOUT, &[], ledger::Pace::Full).await.unwrap();
        assert!(report.breaches.is_empty(), "{:#?}", report.breaches);
    }

    pub async fn payee(&self, currency: &str) -> PayeeId {
        self.payee_in("CN", currency).await
    }

    /// A payee whose bank is in that country.
    pub async fn payee_in(&self, country: &str, currency: &str) -> PayeeId {
        let id = PayeeId::new(self.merchant.shard());
        let bic = format!("BRGT{country}22");
        let request = PayeeRequest {
            holder_name: NAME,
            country,
            currency,
            account_number: "6222021234567890",
            bank_code: (country != "CN").then_some(&bic),
            bank_name: None,
        };
        let new = NewPayee::check(&self.keyring, id, self.merchant, &request).unwrap().unwrap();
        create_payee(&self.conn().await, &new).await.unwrap();
        id
    }

    /// The merchant orders a withdrawal in one currency.
    pub async fn order(&self, sell: Money) -> Command {
        let order = Order {
            id: WithdrawalId::new(self.merchant.shard()),
            merchant: self.merchant,
            payee: self.payee(sell.currency().code()).await,
            pricing: Pricing::Market { sell, buy: sell.currency() },
            client_reference: None,
        };
        let request = request(&self.merchant.to_string(), self.merchant.shard());
        Command::Withdraw(Box::new(Withdraw { request, order, request_id: "req".into() }))
    }

    /// A withdrawal in one currency, and its payout.
    pub async fn withdraw(&self, sell: Money) -> (WithdrawalId, PayoutId) {
        self.withdraw_as(sell, sell.currency()).await
    }

    /// A withdrawal at the rate of the moment, and its payout.
    pub async fn withdraw_as(&self, sell: Money, buy: Currency) -> (WithdrawalId, PayoutId) {
        let id = WithdrawalId::new(self.merchant.shard());
        let order = Order {
            id,
            merchant: self.merchant,
            payee: self.payee(buy.code()).await,
            pricing: Pricing::Market { sell, buy },
            client_reference: None,
        };
        let (status, answer) = self.place(order).await;
        assert_eq!(status, 201, "{answer}");
        (id, answer["payouts"][0]["id"].as_str().unwrap().parse().unwrap())
    }

    /// What is answered to a withdrawal in one currency.
    pub async fn try_withdraw(&self, sell: Money) -> (u16, Value) {
        let order = Order {
            id: WithdrawalId::new(self.merchant.shard()),
            merchant: self.merchant,
            payee: self.payee(sell.currency().code()).await,
            pricing: Pricing::Market { sell, buy: sell.currency() },
            client_reference: None,
        };
        self.place(order).await
    }

    async fn place(&self, order: Order) -> (u16, Value) {
        let request = request(&self.merchant.to_string(), self.merchant.shard());
        let command = Withdraw { request, order, request_id: "req".into() };
        self.one(Command::Withdraw(Box::new(command))).await
    }

    pub async fn withdrawal(&self, id: WithdrawalId) -> Withdrawal {
        let mut conn = self.conn().await;
        let tx = conn.begin().await.unwrap();
        let rows = withdrawals::lock(&tx, &[id]).await.unwrap();
        let row = rows.get(id).unwrap().clone();
        tx.rollback().await.unwrap();
        row
    }

    /// The attempts at a withdrawal, in order.
    pub async fn attempts(&self, id: WithdrawalId) -> Vec<Payout> {
        self.attempts_in(payouts::Wanted { withdrawals: vec![(id.shard(), id.uuid())], ..Default::default() })
            .await
    }

    /// The attempts to return a payment, in order.
    pub async fn returns(&self, id: PaymentId) -> Vec<Payout> {
        self.attempts_in(payouts::Wanted { payments: vec![(id.shard(), id.uuid())], ..Default::default() })
            .await
    }

    async fn attempts_in(&self, wanted: payouts::Wanted) -> Vec<Payout> {
        let mut conn = self.conn().await;
        let tx = conn.begin().await.unwrap();
        let mut found: Vec<Payout> =
            payouts::lock_wanted(&tx, &wanted).await.unwrap().iter().cloned().collect();
        tx.rollback().await.unwrap();
        found.sort_by_key(|payout| payout.attempt);
        found
    }

    pub async fn payout(&self, id: PayoutId) -> Payout {
        payouts::get(&self.conn().await, id).await.unwrap().unwrap()
    }

    /// The worker has sent it, and the bank has it.
    pub async fn sent(&self, id: PayoutId) {
        assert_eq!(self.payout(id).await.state, PayoutState::Queued);
        let conn = self.db.owner().get().await.unwrap();
        let sent = "UPDATE payouts SET status = 'sent', sends = 1, sent_at = clock_timestamp() WHERE id = $1";
        conn.execute(sent, &[&id.uuid()]).await.unwrap();
        conn.execute("DELETE FROM payout_jobs WHERE payout = $1", &[&id.uuid()]).await.unwrap();
    }

    /// Sent, and refused by the bank for good.
    pub async fn fails(&self, id: PayoutId) {
        self.sent(id).await;
        assert_eq!(self.says(id, failed()).await, ("applied".to_owned(), None));
    }

    /// Sent, and paid by the bank.
    pub async fn pays(&self, id: PayoutId) {
        self.sent(id).await;
        let amount = self.payout(id).await.amount;
        assert_eq!(self.says(id, paid(amount)).await, ("applied".to_owned(), None));
    }

    /// What the bank is told when it says so of a payout: outcome and reason.
    pub async fn says(&self, payout: PayoutId, finding: Finding) -> (String, Option<String>) {
        let (status, told) = self.one(self.event(payout, finding)).await;
        assert_eq!(status, 200, "{told}");
        let text = |name: &str| told["outcomes"][0][name].as_str().map(str::to_owned);
        (text("outcome").unwrap(), text("reason"))
    }

    /// The bank says something of a payout.
    pub fn event(&self, payout: PayoutId, finding: Finding) -> Command {
        let report = Report { source: Source::Callback, finding };
        self.bank_event(Line::Payout { reference: payout.to_string(), payout: Some(payout), report })
    }

    /// The bank pays seven yuan for a dollar.
    pub async fn rate(&self) {
        let as_of = self.now().await;
        let (base, quote, bid, ask) =
            (Currency::USD, Currency::CNY, Rate::parse("7").unwrap(), Rate::parse("7.1").unwrap().into());
        let rate = PublishedRate { base, quote, bid, ask, as_of };
        assert_eq!(
            self.one(self.bank_says(Content::Rates(Prices { rates: vec![rate], unknown: Vec::new() })))
                .await
                .0,
            200
        );
    }

    /// A bank says afterwards that it paid what it had refused, and two persons find that true.
    pub async fn was_paid_after_all(&self, payout: PayoutId) {
        let amount = self.payout(payout).await.amount;
        assert_eq!(self.says(payout, paid(amount)).await, ("applied".into(), Some("disputed".into())));
        let truth = Action::ResolvePayout { payout, executed: true, bank_reference: None };
        let (status, done) = self.by_two(truth).await;
        assert_eq!((status, done["result"]["status"].as_str()), (200, Some("paid")), "{done}");
    }

    /// Sends a withdrawal again, to a new payee; its new payout.
    pub async fn sent_again(&self, id: WithdrawalId) -> PayoutId {
        let (status, answer) = self.one(self.change_payee(id).await).await;
        assert_eq!(status, 200, "{answer}");
        self.attempts(id).await.last().unwrap().id
    }

    /// The merchant names another payee.
    pub async fn change_payee(&self, withdrawal: WithdrawalId) -> Command {
        let payee = self.payee(self.withdrawal(withdrawal).await.buy.currency().code()).await;
        self.change_payee_to(withdrawal, payee)
    }

    /// The merchant names this one.
    pub fn change_payee_to(&self, withdrawal: WithdrawalId, payee: PayeeId) -> Command {
        let command = ChangePayee {
            request: request(&self.merchant.to_string(), self.merchant.shard()),
            merchant: self.merchant,
            withdrawal,
            payee,
            request_id: "req".into(),
        };
        Command::ChangePayee(Box::new(command))
    }

    pub fn bank_event(&self, line: Line) -> Command {
        self.bank_says(Content::Lines(vec![line]))
    }

    fn bank_says(&self, content: Content) -> Command {
        let (event, bank) = (Uuid::now_v7().to_string(), bank());
        let delivery =
            Delivery::new(&self.keyring, LAYOUT.shards, &bank, &event, "key", "", event.as_bytes());
        let delivery = delivery.unwrap();
        let event = BankEvent { bank, delivery, content, request_id: "req".into(), share: None };
        Command::BankEvent(Box::new(event))
    }

    /// Money for an account that nobody knows: it is in review.
    pub async fn reviewed(&self, amount: Money) -> PaymentId {
        let (id, event) = self.arrives("9990001", amount);
        let (status, told) = self.one(event).await;
        assert_eq!((status, told["outcomes"][0]["outcome"].as_str()), (200, Some("in_review")), "{told}");
        id
    }

    /// The bank reports money for an account.
    pub fn arrives(&self, number: &str, amount: Money) -> (PaymentId, Command) {
        let reference = Uuid::now_v7().to_string();
        let id = PaymentId::new(deposits::shard_of(LAYOUT.shards, &bank(), &reference));
        let remitter = "SOMEBODY LTD";
        let details = PaymentDetails {
            account_number: number.into(),
            remitter_name: Some(remitter.into()),
            ..PaymentDetails::default()
        };
        let receipt = Receipt {
            id,
            bank: bank(),
            account_index: merchants::account_index(&self.keyring, number),
            reference,
            position: 0,
            amount,
            sum_mismatch: false,
            entry: None,
            remitter_name: Some(Sensitive::new(remitter.to_owned())),
            details_sealed: details.seal(&self.keyring, id).unwrap().into(),
            uetr: None,
            value_date: None,
            event: Uuid::nil(),
        };
        (id, self.bank_event(Line::Receipt(receipt)))
    }

    /// An account of the merchant's.
    pub async fn account_issued(&self, number: &str, currency: Currency) {
        let (merchant, bank) = (self.merchant, bank());
        let jurisdiction = Jurisdiction::NorthAmerica;
        let stores = &[];
        let new = NewReceivingAccount { merchant, bank: &bank, number, currency, jurisdiction, stores };
        let mut conn = self.conn().await;
        insert_receiving_account(&mut conn, &self.keyring, LAYOUT.shards, &new).await.unwrap();
    }

    pub async fn payment(&self, id: PaymentId) -> deposits::Payment {
        let mut conn = self.conn().await;
        let tx = conn.begin().await.unwrap();
        let payment = deposits::lock(&tx, &[id]).await.unwrap().get(id).unwrap().clone();
        tx.rollback().await.unwrap();
        payment
    }

    /// What the trail says, oldest first: action and who.
    pub async fn trail(&self, subject: &str) -> Vec<(String, String)> {
        let sql = "SELECT action, actor FROM audit_log WHERE subject = $1 ORDER BY seq";
        let rows = self.db.owner().get().await.unwrap().query(sql, &[&subject]).await.unwrap();
        rows.iter().map(|row| (row.get(0), row.get(1))).collect()
    }
}

/// What is counted from now on.
pub struct Counts {
    handle: PrometheusHandle,
    _here: LocalRecorderGuard<'static>,
}

impl Counts {
    pub fn new() -> Counts {
        // For as long as the test's process lives.
        let recorder: &'static PrometheusRecorder =
            Box::leak(Box::new(PrometheusBuilder::new().build_recorder()));
        Counts { handle: recorder.handle(), _here: metrics::set_default_local_recorder(recorder) }
    }

    /// Of all labels together.
    pub fn of(&self, name: &str) -> u64 {
        let text = self.handle.render();
        let of_it =
            text.lines().filter(|line| line.strip_prefix(name).is_some_and(|rest| rest.starts_with('{')));
        of_it.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).sum()
    }
}

/// Ada acts.
pub fn operate(action: Action) -> Command {
    let command = Operate {
        request: request("op_ada", Shard::new(1).unwrap()),
        operator: person("op_ada"),
        reason: "an order".into(),
        action,
        request_id: "req".into(),
    };
    Command::Operate(Box::new(command))
}

/// Bruno approves.
pub fn approve(approval: ApprovalId) -> Command {
    let command = Decide {
        request: request("op_bruno", Shard::new(2).unwrap()),
        operator: person("op_bruno"),
        reason: "seen".into(),
        approval,
        approve: true,
        request_id: "req".into(),
    };
    Command::Decide(Box::new(command))
}

fn person(id: &str) -> Operator {
    Operator { id: id.into(), person: id.into(), origin: "here".into() }
}

pub fn request(scope: &str, shard: Shard) -> Request {
    let id = Uuid::now_v7();
    Request { shard, scope: scope.into(), key: id.to_string(), hash: [7; 32], id }
}

pub fn paid(amount: Money) -> Finding {
    Finding::Paid { amount, amount_received: None, bank_reference: None }
}

pub fn failed() -> Finding {
    Finding::Failed { reason: "AC01".into(), amount: None, bank_reference: None }
}

pub fn returned(amount: Money) -> Finding {
    Finding::Returned { amount, sent: None, reason: Some("AC04".into()), bank_reference: None }
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

/// 1 %; dollars are paid out as they are, or exchanged into yuan.
fn policy() -> Policy {
    Policy {
        fees: FeeSchedule::share(10_000),
        routes: HashMap::from([(Currency::USD, bank()), (Currency::CNY, bank())]),
        pairs: vec![(Currency::USD, Currency::CNY)],
        markups: Markups::default(),
        rates: RatePolicy::of_age(time::Duration::minutes(5)),
        refund_fee: true,
        limits: Limits::default(),
        hold_above: None,
        calendars: Calendars::builtin().unwrap(),
        declarations: DeclarationPolicy::default(),
    }
}

fn bank_policy() -> BankPolicy {
    let ms = Duration::from_millis;
    let backoff = Backoff { first: ms(20), most: ms(100) };
    BankPolicy {
        deduplicates_references: true,
        request_timeout: ms(200),
        lease: ms(500),
        settle: ms(800),
        max_sends: 3,
        max_queries: 5,
        send_backoff: backoff,
        query_backoff: backoff,
        poll: backoff,
    }
}
