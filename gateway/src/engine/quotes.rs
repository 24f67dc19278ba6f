//! Quotes whose time is over leave the open ones; what the others promise, and what exchanges left, are gauges (R17, R19).

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use money::Currency;
use pg::{Connection, Pool};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::Engine;

const PAUSE: Duration = Duration::from_secs(20);
/// Quotes marked in one statement.
const STEP: i64 = 1_000;

/// Marks quotes that are over, step by step.
pub(super) async fn expire(engine: Arc<Engine>, reads: Pool) {
    while engine.pause(PAUSE).await {
        loop {
            let marked = match reads.get().await {
                Ok(conn) => exchange::expire_quotes(&conn, STEP).await,
                Err(error) => Err(error.into()),
            };
            match marked {
                Ok(marked) if marked == STEP.unsigned_abs() => {}
                Ok(_) => break,
                Err(error) => {
                    tracing::warn!(%error, "quotes that are over could not be marked");
                    break;
                }
            }
        }
    }
}

/// Pairs that had open quotes before: one without falls back to zero.
pub(super) type Seen = BTreeSet<(Currency, Currency)>;

pub(super) async fn gauges(conn: &Connection, seen: &mut Seen) -> Result<(), String> {
    let locks = exchange::exposure(conn).await.map_err(|error| error.to_string())?;
    seen.extend(locks.iter().map(|locks| (locks.sell, locks.buy)));
    for (sell, buy) in &*seen {
        let of = locks.iter().find(|locks| (locks.sell, locks.buy) == (*sell, *buy));
        let pair = format!("{}{}", sell.code(), buy.code());
        let (sold, bought) =
            of.map_or((0.0, 0.0), |of| (units(of.sell_minor, *sell), units(of.buy_minor, *buy)));
        metrics::gauge!("sluice_open_quotes", "pair" => pair.clone())
            .set(of.map_or(0, |of| of.quotes) as f64);
        for (side, amount) in [("sell", sold), ("buy", bought)] {
            metrics::gauge!("sluice_open_quotes_amount", "pair" => pair.clone(), "side" => side).set(amount);
        }
    }
    Ok(())
}

pub(super) async fn positions(conn: &Connection) -> Result<(), String> {
    let positions = exchange::positions::positions(conn).await.map_err(|error| error.to_string())?;
    for (currency, held) in exchange::positions::by_currency(&positions) {
        let held = units(held, currency);
        metrics::gauge!("sluice_exchange_position_amount", "currency" => currency.code()).set(held);
    }
    Ok(())
}

/// Major units, for a dashboard.
pub(super) fn units(minor: Decimal, currency: Currency) -> f64 {
    (minor / Decimal::from(10u64.pow(currency.exponent()))).to_f64().unwrap_or(f64::NAN)
}
