//! A database, its keys, and one merchant.

use merchants::{
    Freeze, MerchantId, MerchantKind, MerchantState, NewMerchant, NewStore, StoreId, insert_merchant,
    insert_store,
};
use pg::{Connection, Shard, Shards};
use privacy::Keyring;
use testkit::TestDb;
use time::OffsetDateTime;

pub const SHARDS: Shards = Shards::new(16);
pub const NAME: &str = "Shenzhen Bright Trading Co";
pub const EMAIL: &str = "Owner@Bright.example";

pub struct World {
    pub db: TestDb,
    pub keyring: Keyring,
}

impl World {
    pub async fn new() -> World {
        let folder = tempfile::tempdir().unwrap();
        let keyring = Keyring::generate(&folder.path().join("keys")).unwrap();
        World { db: testkit::database(&[merchants::MIGRATIONS]).await, keyring }
    }

    pub async fn conn(&self) -> Connection {
        self.db.pool.get().await.unwrap()
    }

    pub async fn merchant(&self, name: &str, state: MerchantState) -> MerchantId {
        let id = MerchantId::new(Shard::new(3).unwrap());
        let kind = MerchantKind::Enterprise;
        let new = NewMerchant { id, kind, state, name, email: EMAIL };
        insert_merchant(&self.conn().await, &self.keyring, &new).await.unwrap();
        id
    }

    pub async fn store(
        &self,
        merchant: MerchantId,
        platform: &str,
        authorised_until: Option<OffsetDateTime>,
    ) -> StoreId {
        let id = StoreId::new(merchant.shard());
        let new = NewStore { id, merchant, platform, site: "US", name: "Bright", authorised_until };
        insert_store(&self.conn().await, &new).await.unwrap();
        id
    }

    pub async fn now(&self) -> OffsetDateTime {
        self.conn().await.now().await.unwrap()
    }
}

pub fn freeze(reason: &str) -> Freeze {
    Freeze { reason: reason.into(), legal_reference: None, until: None }
}
