//! The whole schema: every crate's migrations, and the numbers that the book is made with.

use crate::config::Config;

/// Every set, in the order of the crates' table.
pub const SETS: [pg::MigrationSet; 12] = [
    ledger::MIGRATIONS,
    audit::MIGRATIONS,
    changes::MIGRATIONS,
    merchants::MIGRATIONS,
    exchange::MIGRATIONS,
    vault::MIGRATIONS,
    idempotency::MIGRATIONS,
    deposits::MIGRATIONS,
    withdrawals::MIGRATIONS,
    payouts::MIGRATIONS,
    notifications::MIGRATIONS,
    reconciliation::MIGRATIONS,
];

/// Brings the database up to this binary; says what ran. What the runtime role may do is what migrations have granted it: where
/// that is not there, nothing is granted anew, for nobody knows what else is missing.
///
/// # Errors
/// In words for whoever ran it.
pub async fn migrate(config: &Config) -> Result<Vec<pg::PendingMigration>, String> {
    let url = config.database.url.reveal();
    let ran = pg::migrate(url, &config.database.tls(), &SETS).await.map_err(|error| error.to_string())?;
    let settings = pg::PoolSettings { role: None, ..config.database.pool_settings(1) };
    let pool = pg::Pool::open(url, settings).map_err(|error| error.to_string())?;
    let conn = pool.get().await.map_err(|error| error.to_string())?;
    check_grants(&conn).await?;
    drop(conn);
    bootstrap(&pool, config.ledger.layout()).await.map_err(|error| error.to_string())?;
    Ok(ran)
}

/// Sees that the runtime role has its rights.
///
/// # Errors
/// In words: what it lacks, and what to do.
pub async fn check_grants(conn: &pg::Connection) -> Result<(), String> {
    let tables = pg::ungranted(conn, &SETS).await.map_err(|error| error.to_string())?;
    let Some((first, others)) = tables.split_first() else { return Ok(()) };
    let more = if others.is_empty() { String::new() } else { format!(" and {} other tables", others.len()) };
    let role = pg::RUNTIME_ROLE;
    Err(format!(
        "the role {role} has no right to read {first}{more}: the grants of this database are missing, as after a dump that was \
         restored before the role was there. Now that it is, restore the dump again, into an empty database"
    ))
}

async fn bootstrap(pool: &pg::Pool, layout: ledger::Layout) -> Result<(), ledger::Error> {
    let mut conn = pool.get().await?;
    let tx = conn.begin().await?;
    ledger::bootstrap(&tx, layout).await?;
    Ok(tx.commit().await?)
}

#[cfg(test)]
mod tests {
    use audit::Entry;
    use merchants::MerchantId;
    use metrics_exporter_prometheus::PrometheusBuilder;
    use pg::{MigrationSet, Shard, Tls};
    use testkit::TestDb;
    use uuid::Uuid;

    use super::*;
    use crate::app::App;

    const MERCHANT: &str = "INSERT INTO merchants
            (shard, id, kind, origin, state, name_sealed, name_index, email_sealed, email_index)
        VALUES (3, $1, 'enterprise', $2, $3, '', '', '', '')";

    fn new_id() -> MerchantId {
        MerchantId::new(Shard::new(3).unwrap())
    }

    /// The schema as it was before the merchants' migration of that version.
    async fn before(version: i32) -> TestDb {
        let all = merchants::MIGRATIONS.migrations;
        let older = all.partition_point(|migration| migration.version < version);
        let sets = SETS.map(|set| match set.owner {
            "merchants" => MigrationSet { migrations: &all[..older], ..set },
            _ => set,
        });
        testkit::database(&sets).await
    }

    #[tokio::test]
    async fn r30_who_was_registered_and_never_verified_is_not_verified_any_more() {
        let db = before(15).await;
        let conn = db.owner().get().await.unwrap();
        let verified = async |id: MerchantId| {
            let sql = "SELECT fully_verified_at IS NOT NULL FROM merchants WHERE id = $1";
            conn.query_one(sql, &[&id.uuid()]).await.unwrap().get::<_, bool>(0)
        };
        let [registered, checked, demo, older] = [(); 4].map(|()| new_id());
        for (id, origin) in
            [(registered, Some("other")), (checked, Some("other")), (demo, Some("other")), (older, None)]
        {
            conn.execute(MERCHANT, &[&id.uuid(), &origin, &"active"]).await.unwrap();
            assert!(verified(id).await, "by the column's default");
        }
        let mut entering = db.owner().get().await.unwrap();
        let tx = entering.begin().await.unwrap();
        for (id, action) in [
            (registered, "merchant.register"),
            (checked, "merchant.register"),
            (checked, "merchant.verify"),
            (older, "merchant.freeze"),
        ] {
            audit::append(&tx, &[entry(tx.now().await.unwrap(), action, id)]).await.unwrap();
        }
        tx.commit().await.unwrap();

        pg::migrate(&db.url, &Tls::default(), &SETS).await.unwrap();
        for (id, expected, who) in [
            (registered, false, "nobody has said so"),
            (checked, true, "an operator has said so since"),
            (demo, true, "it was identified elsewhere"),
            (older, true, "it is from before registrations"),
        ] {
            assert_eq!(verified(id).await, expected, "{who}");
        }
    }

    #[tokio::test]
    async fn r39_a_firm_of_hong_kong_from_before_has_its_number_alone() {
        let db = before(16).await;
        let conn = db.owner().get().await.unwrap();
        let document = "INSERT INTO merchant_documents
                (shard, id, merchant, kind, number_sealed, number_index, added_at, replaced_at)
            VALUES (3, gen_random_uuid(), $1, $2, '', $3, now(), $4)";
        let (registration, now) = ("business_registration", conn.now().await.unwrap());
        let mut firms = Vec::new();
        for (origin, state, kind, number, replaced) in [
            ("hong_kong", "active", registration, "1", None),
            // The same firm came twice.
            ("hong_kong", "pending", registration, "1", None),
            ("hong_kong", "closed", registration, "2", None),
            ("hong_kong", "active", registration, "3", Some(now)),
            ("other", "active", registration, "4", None),
            ("hong_kong", "active", "representative_identity", "5", None),
        ] {
            let id = new_id();
            conn.execute(MERCHANT, &[&id.uuid(), &origin, &state]).await.unwrap();
            conn.execute(document, &[&id.uuid(), &kind, &number.as_bytes(), &replaced]).await.unwrap();
            firms.push(id.uuid());
        }
        pg::migrate(&db.url, &Tls::default(), &SETS).await.unwrap();
        let rows = conn.query("SELECT kind, mark_index, merchant FROM merchant_marks", &[]).await.unwrap();
        let marks: Vec<(&str, &[u8], Uuid)> =
            rows.iter().map(|row| (row.get("kind"), row.get("mark_index"), row.get("merchant"))).collect();
        assert_eq!(marks, [("document", b"1".as_slice(), firms[0])], "whoever came first");
    }

    #[tokio::test]
    async fn a_dump_that_was_restored_without_its_grants_is_told_of_by_migrate_and_by_serve() {
        let (folder, db) = (tempfile::tempdir().unwrap(), testkit::database(&SETS).await);
        let config = config(&db, folder.path());
        migrate(&config).await.unwrap();
        let open = async || {
            let metrics = PrometheusBuilder::new().build_recorder().handle();
            App::open(config.clone(), metrics).await.map(|app| app.engine.clone())
        };
        open().await.unwrap().stop().await;
        // As pg_restore leaves it where no such role is there: `migrate` makes that, and grants it the table of versions.
        let revoked = "REVOKE ALL ON ALL TABLES IN SCHEMA public FROM sluice_runtime";
        db.owner().get().await.unwrap().batch_execute(revoked).await.unwrap();
        let said = migrate(&config).await.unwrap_err();
        assert!(said.contains("sluice_runtime has no right to read ") && said.contains("restore"), "{said}");
        assert_eq!(open().await.map(|_| ()).unwrap_err(), said);
    }

    fn config(db: &TestDb, folder: &std::path::Path) -> Config {
        let own = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        std::fs::write(folder.join("server.pem"), own.cert.pem()).unwrap();
        std::fs::write(folder.join("server.key"), own.signing_key.serialize_pem()).unwrap();
        privacy::Keyring::generate(&folder.join("keys")).unwrap();
        let text = format!(
            "key_file = \"keys\"\n[server]\ntls_certificate = \"server.pem\"\ntls_key = \"server.key\"\n\
             [database]\nurl = {:?}\npool_size = 2\n[lanes]\ncount = 1\n",
            db.url
        );
        Config::parse(&text, folder).unwrap()
    }

    fn entry(at: time::OffsetDateTime, action: &str, id: MerchantId) -> Entry {
        Entry {
            at,
            actor: "op_ada".into(),
            person: "ada".into(),
            origin: "127.0.0.1".into(),
            action: action.into(),
            subject: id.to_string(),
            reason: "seen".into(),
            before: None,
            after: None,
            idempotency_key: None,
        }
    }
}
