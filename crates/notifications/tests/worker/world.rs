//! A database, merchants with endpoints, and workers on them.

use std::sync::Arc;
use std::time::Duration;

use notifications::{
    Channels, EndpointId, MIGRATIONS, Notice, NoticeKind, Schedule, Settings, WebhookSender, Worker,
    create_endpoint, enqueue,
};
use pg::Shard;
use privacy::{Keyring, Sensitive};
use serde_json::json;
use testkit::Receiver;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

pub struct World {
    pub db: testkit::TestDb,
    pub keyring: Arc<Keyring>,
    pub receiver: Receiver,
    pub shard: Shard,
    pub allow_private: bool,
    /// Is there a mail server?
    pub email: bool,
    _keys: tempfile::TempDir,
}

/// The schedule a thousand times as fast: 5 ms, 300 ms, 1.8 s, 7.2 s.
pub const FAST: Schedule = Schedule { scale: 0.001 };

pub const SETTINGS: Settings = Settings {
    concurrency: 8,
    per_destination: 2,
    lease: Duration::from_secs(5),
    schedule: FAST,
    idle: Duration::from_millis(20),
};

impl World {
    pub async fn new() -> World {
        let keys = tempfile::tempdir().unwrap();
        World {
            db: testkit::database(&[merchants::MIGRATIONS, MIGRATIONS]).await,
            keyring: Arc::new(Keyring::generate(&keys.path().join("keys.toml")).unwrap()),
            receiver: Receiver::start().await,
            shard: Shard::new(3).unwrap(),
            allow_private: true,
            email: false,
            _keys: keys,
        }
    }

    pub async fn with_mail_server() -> World {
        World { email: true, ..World::new().await }
    }

    pub async fn endpoint(&self, merchant: Uuid, path: &str) -> (EndpointId, Sensitive<String>) {
        let mut conn = self.db.pool.get().await.unwrap();
        let tx = conn.begin().await.unwrap();
        let (id, url) = (EndpointId::new(self.shard), format!("{}{path}", self.receiver.base));
        let made = create_endpoint(&tx, &self.keyring, id, merchant, &url).await.unwrap();
        tx.commit().await.unwrap();
        (id, made.expect("room for an endpoint").1)
    }

    /// Enqueues `n` credits for a merchant.
    pub async fn tell(&self, merchant: Uuid, n: usize) {
        let notice = |at: usize| Notice {
            shard: self.shard,
            merchant,
            kind: NoticeKind::PaymentCredited,
            subject: format!("pay_{at}"),
            data: json!({"payment": format!("pay_{at}"), "amount": "1.00", "currency": "USD"}),
            due_at: None,
        };
        let mut conn = self.db.pool.get().await.unwrap();
        let now = conn.now().await.unwrap();
        let tx = conn.begin().await.unwrap();
        enqueue(&tx, &(0..n).map(notice).collect::<Vec<_>>(), self.email, now).await.unwrap();
        tx.commit().await.unwrap();
    }

    pub fn worker(&self, settings: Settings) -> Worker {
        let timeout = Duration::from_secs(1);
        let (ca, keyring) = (self.receiver.ca.as_bytes(), self.keyring.clone());
        let webhook = WebhookSender::new(ca, keyring, self.allow_private, timeout).unwrap();
        Worker::start(self.db.pool.clone(), Channels { webhook, email: None }, settings)
    }

    /// Deliveries by state.
    pub async fn count(&self, state: &'static str) -> i64 {
        let conn = self.db.pool.get().await.unwrap();
        let rows = conn.query("SELECT count(*) FROM deliveries WHERE state = $1", &[&state]).await.unwrap();
        rows[0].get(0)
    }

    pub async fn answers(&self) -> Vec<String> {
        let conn = self.db.pool.get().await.unwrap();
        let sql = "SELECT coalesce(last_answer, '-') FROM deliveries ORDER BY id";
        conn.query(sql, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
    }

    pub async fn wait_for(&self, state: &'static str, wanted: i64) {
        let deadline = Instant::now() + Duration::from_secs(20);
        while self.count(state).await != wanted {
            let found =
                (self.count("pending").await, self.count("delivered").await, self.count("dead").await);
            assert!(
                Instant::now() < deadline,
                "pending, delivered, dead: {found:?}; {:?}",
                self.answers().await
            );
            sleep(Duration::from_millis(20)).await;
        }
    }
}
