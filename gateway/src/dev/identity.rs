//! Who the demo's merchants are: they come in as any other merchant does, but nobody has to look at them.

use merchants::documents::{DocumentRequest, Documents, NewDocument, Origin, WrongField, documents_of};
use merchants::{DocumentId, Error, MerchantKind, Registration, RegistrationRequest};
use pg::Connection;
use privacy::Keyring;
use time::{Date, Duration, OffsetDateTime};

use super::demo::DemoMerchant;

/// Enters a merchant with its documents. One from before there were any gets them now.
///
/// # Errors
/// The database's; the keyring's.
pub(super) async fn enter(
    conn: &mut Connection,
    keyring: &Keyring,
    demo: &DemoMerchant,
) -> Result<(), Error> {
    let today = OffsetDateTime::now_utc().date();
    let last = (today + Duration::days(3650)).to_string();
    let (origin, mobile, documents) = papers(demo, &last);
    if merchants::merchant(conn, keyring, demo.id).await?.is_some() {
        return complete(conn, keyring, demo, (&documents, today)).await;
    }
    let request = RegistrationRequest {
        kind: &demo.kind,
        origin: origin.as_str(),
        name: &demo.name,
        email: &demo.email,
        mobile,
        documents,
    };
    let new = Registration::check(keyring, demo.id, &request, today)?.map_err(|wrong| unexpected(&wrong))?;
    let tx = conn.begin().await?;
    let now = tx.now().await?;
    new.identified().enter(&tx, now, None).await?.map_err(|wrong| unexpected(&wrong))?;
    tx.commit().await?;
    Ok(())
}

/// An enterprise from Hong Kong, an individual from the mainland: the identity number is the standard's own example.
fn papers<'a>(demo: &DemoMerchant, last: &'a str) -> (Origin, &'static str, Vec<DocumentRequest<'a>>) {
    let document = |kind, number, expires_on| DocumentRequest { kind, number, expires_on };
    if demo.kind == "individual" {
        let card = document("resident_identity_card", "11010519491231002X", Some(last));
        return (Origin::Mainland, "+8613800138000", vec![card]);
    }
    let registration = document("business_registration", "12345678", Some(last));
    let person = document("representative_identity", "A1234563", None);
    (Origin::HongKong, "+85291234567", vec![registration, person])
}

async fn complete(
    conn: &mut Connection,
    keyring: &Keyring,
    demo: &DemoMerchant,
    (documents, today): (&[DocumentRequest<'_>], Date),
) -> Result<(), Error> {
    if !documents_of(conn, demo.id).await?.is_empty() {
        return Ok(());
    }
    let kind = MerchantKind::parse(&demo.kind).ok_or_else(|| Error::Unexpected(demo.kind.clone()))?;
    let mut new = Vec::new();
    for document in documents {
        let id = DocumentId::new(demo.id.shard());
        let checked = NewDocument::check(keyring, id, (kind, None), document, today)?;
        new.push(checked.map_err(|wrong| unexpected(&wrong))?);
    }
    let tx = conn.begin().await?;
    merchants::lock(&tx, &[], &[demo.id]).await?;
    let brought: Vec<_> = new.iter().map(|document| (demo.id, document)).collect();
    let mut held = Documents::load(&tx, &[demo.id], &brought).await?;
    let now = tx.now().await?;
    for document in &new {
        held.add(demo.id, document, now).map_err(|why| Error::Unexpected(format!("a document: {why:?}")))?;
    }
    held.save(&tx).await?;
    tx.commit().await?;
    Ok(())
}

fn unexpected(wrong: &[WrongField]) -> Error {
    Error::Unexpected(format!("the demo's merchant: {wrong:?}"))
}
