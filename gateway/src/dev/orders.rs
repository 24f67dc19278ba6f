//! The demo's trade evidence: orders that cover what its merchants are going to receive, brought as any merchant
//! brings them.

use std::sync::Arc;
use std::time::Duration;

use merchants::orders::{Order, OrderLine, Place};
use money::{Currency, Money};
use time::OffsetDateTime;
use time::macros::datetime;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::demo::{Demo, DemoAccount, DemoMerchant};
use crate::commands::{Command, ImportOrders};
use crate::engine::Engine;

/// What the demo's orders cover on each account, in major units.
const COVERED: &str = "1000000.00";
/// The same at each start, so that it is the same order.
const ORDERED_AT: OffsetDateTime = datetime!(2026-01-01 00:00 UTC);
/// How often traffic brings new orders.
const EVERY: Duration = Duration::from_secs(1);
/// The most that one payment of the sandbox's traffic brings, in hundreds of units for currencies without minor units.
const LARGEST_PAYMENT: i64 = 250;

/// One large order for each account; at the next start it is there already.
///
/// # Errors
/// In words.
pub async fn cover(engine: &Engine, demo: &Demo) -> Result<(), String> {
    for (merchant, account) in accounts(demo) {
        let currency = Currency::parse(&account.currency).map_err(|error| error.to_string())?;
        let amount = Money::parse(COVERED, currency).map_err(|error| error.to_string())?;
        let order = Order { id: "DEMO-0001".into(), amount, ordered_at: ORDERED_AT };
        bring(engine, merchant, account, order).await?;
    }
    Ok(())
}

/// Brings the orders that the traffic of `per_second` payments settles, until `stop`.
pub async fn follow_traffic(engine: Arc<Engine>, demo: Demo, per_second: u32, stop: CancellationToken) {
    let payments = i64::from(per_second) / i64::try_from(accounts(&demo).count().max(1)).unwrap_or(1) + 2;
    loop {
        for (merchant, account) in accounts(&demo) {
            let Ok(currency) = Currency::parse(&account.currency) else { continue };
            let scale = 10_i64.pow(currency.exponent().clamp(2, 4));
            let Ok(amount) = Money::new(LARGEST_PAYMENT * scale * payments, currency) else { continue };
            let id = format!("DEMO-{}", Uuid::now_v7().simple());
            let order = Order { id, amount, ordered_at: ORDERED_AT };
            if let Err(why) = bring(&engine, merchant, account, order).await {
                tracing::debug!(why, "demo orders were not brought");
            }
        }
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            () = stop.cancelled() => return,
        }
    }
}

fn accounts(demo: &Demo) -> impl Iterator<Item = (&DemoMerchant, &DemoAccount)> {
    demo.merchants
        .iter()
        .flat_map(|merchant| merchant.receiving_accounts.iter().map(move |account| (merchant, account)))
}

async fn bring(
    engine: &Engine,
    merchant: &DemoMerchant,
    account: &DemoAccount,
    order: Order,
) -> Result<(), String> {
    let command = ImportOrders {
        merchant: merchant.id,
        store: account.store.id,
        import: Uuid::now_v7(),
        lines: vec![OrderLine { place: Place::Item(0), order }],
        request_id: "dev".to_owned(),
    };
    let reply = engine
        .submit(Command::ImportOrders(Box::new(command)))
        .await
        .map_err(|no| format!("orders of {}: {no:?}", merchant.id))?;
    if reply.status == 200 {
        Ok(())
    } else {
        Err(format!("orders of {}: answered {}", merchant.id, reply.status))
    }
}
