//! A database with statements in it, and short words for what happens there.

use money::{Currency, Money};
use pg::{Shard, Shards};
use reconciliation::{
    BookEntry, Covers, Cursor, Direction, EntryId, EntryKind, Error, Line, LineFilter, LineState, Settled,
    Statement, StatementId, StatementLine, Stored, due, list, settle, shard_of, store,
};
use testkit::TestDb;
use time::macros::date;
use time::{Date, Duration, OffsetDateTime};
use uuid::Uuid;

pub const OWN: [u8; 32] = [1; 32];
pub const RECEIVING: [u8; 32] = [2; 32];
pub const DAY: Date = date!(2026 - 11 - 20);

pub struct World {
    pub db: TestDb,
}

impl World {
    pub async fn new() -> World {
        World { db: testkit::database(&[reconciliation::MIGRATIONS]).await }
    }

    /// One batch with these.
    pub async fn store(&self, statements: &[&Statement]) -> Vec<Stored> {
        let mut conn = self.db.pool.get().await.unwrap();
        let tx = conn.begin().await.unwrap();
        let now = tx.now().await.unwrap();
        let stored = store(&tx, statements, now).await.unwrap();
        tx.commit().await.unwrap();
        stored
    }

    /// What is due `later` from now.
    pub async fn due(&self, later: Duration) -> Vec<Line> {
        let conn = self.db.pool.get().await.unwrap();
        let now = conn.now().await.unwrap();
        due(&conn, now + later, 1_000).await.unwrap()
    }

    pub async fn settle(&self, lines: &[Line], book: &[BookEntry]) -> Result<Settled, Error> {
        let mut conn = self.db.pool.get().await?;
        let tx = conn.begin().await?;
        let now = tx.now().await?;
        // Waited for either way: what is undone by itself holds its locks a moment longer, and a round would leave
        // those lines alone.
        match settle(&tx, lines, book, now).await {
            Ok(settled) => tx.commit().await.map(|()| settled).map_err(Error::from),
            Err(error) => {
                tx.rollback().await?;
                Err(error)
            }
        }
    }

    /// One round over everything that is open.
    pub async fn round(&self, book: &[BookEntry]) -> Settled {
        let lines = self.due(Duration::days(1)).await;
        self.settle(&lines, book).await.unwrap()
    }

    /// Open lines, oldest first: outcome, amount in minor units.
    pub async fn open(&self) -> Vec<(&'static str, i64)> {
        let conn = self.db.pool.get().await.unwrap();
        let open = list(&conn, LineState::Open, LineFilter::default(), Cursor::START, 1_000).await.unwrap();
        let mut open: Vec<_> = open.iter().map(|line| (line.outcome.as_str(), line.amount.minor())).collect();
        open.sort();
        open
    }
}

pub fn statement(number: &str, account: [u8; 32], lines: Vec<StatementLine>) -> Statement {
    let covers = if account == OWN { Covers::OwnAccount } else { Covers::ReceivingAccount };
    let lines = (0i32..).zip(lines).map(|(position, line)| StatementLine { position, ..line });
    Statement {
        id: StatementId::new(shard_of(Shards::new(16), "hb", &account)),
        bank: "hb".into(),
        account,
        covers,
        number: number.into(),
        currency: Currency::USD,
        period: Some((DAY, DAY)),
        opening_minor: None,
        closing_minor: None,
        event: Uuid::now_v7(),
        lines: lines.collect(),
    }
}

pub fn line(direction: Direction, reference: &str, minor: i64) -> StatementLine {
    StatementLine {
        position: 0,
        booked_on: Some(DAY),
        value_date: Some(DAY),
        amount: usd(minor),
        direction,
        reversal: false,
        references: vec![reference.into()],
    }
}

pub fn usd(minor: i64) -> Money {
    Money::new(minor, Currency::USD).unwrap()
}

pub fn entry(kind: EntryKind, number: u128, reference: &str, minor: i64) -> BookEntry {
    let shard = Shard::new(i16::try_from(number % 16).unwrap()).unwrap();
    BookEntry {
        id: EntryId { shard, kind, id: Uuid::from_u128(number) },
        bank: "hb".into(),
        references: vec![reference.into()],
        account: matches!(kind, EntryKind::Payment | EntryKind::Reversal).then_some(RECEIVING),
        amount: usd(minor),
        booked: true,
        at: noon(DAY),
        since: noon(DAY),
    }
}

pub fn noon(day: Date) -> OffsetDateTime {
    day.midnight().assume_utc() + Duration::hours(12)
}
