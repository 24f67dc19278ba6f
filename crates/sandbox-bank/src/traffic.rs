//! Money that arrives: payments into given accounts, a few a second.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use money::{Currency, Money};
use serde_json::json;
use time::OffsetDateTime;
use tokio::sync::Semaphore;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};
use uuid::Uuid;

use crate::callbacks::ATTEMPT;
use crate::chance;
use crate::sandbox::Bank;
use crate::webhook_client::CONNECTIONS;

/// Attempts for one payment; a gateway that is away longer misses it.
const ATTEMPTS: u32 = 6;
/// No finer than the timer.
const FINEST: Duration = Duration::from_millis(5);

/// Where traffic goes.
#[derive(Clone, Debug)]
pub struct TrafficAccount {
    /// The receiving account's number.
    pub number: String,
    /// Its currency.
    pub currency: Currency,
    /// Who sends money to it.
    pub remitter: String,
}

/// Posts about `per_second` payments a second until the bank stops, to each account in turn. At most as many are
/// under way as there are connections: a slow gateway gets fewer.
pub(crate) async fn post_payments(bank: Arc<Bank>, per_second: u32, accounts: Vec<TrafficAccount>) {
    let period = (Duration::from_secs(1) / per_second.max(1)).max(FINEST);
    let mut ticks = interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let mut turn = accounts.iter().cycle();
    let (mut due, mut last) = (0.0, Instant::now());
    loop {
        tokio::select! {
            () = bank.stopping.cancelled() => return,
            _ = ticks.tick() => {}
        }
        let elapsed = last.elapsed().as_secs_f64().min(1.0);
        last = Instant::now();
        due += elapsed * f64::from(per_second);
        while due >= 1.0 {
            due -= 1.0;
            let (Some(account), Ok(place)) = (turn.next(), places.clone().try_acquire_owned()) else {
                continue;
            };
            let (id, body) = payment(account);
            let posting = bank.clone();
            bank.tasks.spawn(async move {
                let _place = place;
                tokio::select! {
                    () = posting.stopping.cancelled() => {}
                    () = post(&posting, &id, body) => {}
                }
            });
        }
    }
}

fn payment(account: &TrafficAccount) -> (String, Bytes) {
    let unique = Uuid::now_v7().simple().to_string();
    let today = OffsetDateTime::now_utc().date();
    let body = json!({"type": "funds.received", "data": {
        "reference": format!("SBX-{unique}"),
        "account_number": account.number,
        "amount": amount(account.currency),
        "currency": account.currency.code(),
        "value_date": today.to_string(),
        "remitter": {"name": account.remitter, "account_number": "000123456789"},
        "remittance_information": "Settlement",
        "end_to_end_id": format!("E2E-{}", &unique[..24]),
    }});
    (format!("funds-{unique}"), Bytes::from(body.to_string()))
}

/// Ten to two hundred and fifty units, a hundred times that in currencies without minor units.
fn amount(currency: Currency) -> String {
    let scale = 10_i64.pow(currency.exponent().clamp(2, 4));
    let minor = 10 * scale + i64::try_from(chance::below(240 * scale.unsigned_abs())).unwrap_or(0);
    Money::new(minor, currency).map_or_else(|_| "1".into(), |money| money.to_string())
}

async fn post(bank: &Bank, id: &str, body: Bytes) {
    let mut pause = bank.timing.retry_first;
    for _ in 0..ATTEMPTS {
        match bank.webhooks.post(id, body.clone(), Instant::now() + ATTEMPT).await {
            Ok(answer) if answer.status.is_success() => return,
            Ok(answer) => tracing::debug!(id, status = answer.status.as_u16(), "payment not taken"),
            Err(error) => tracing::debug!(id, %error, "payment not taken"),
        }
        sleep(chance::around(pause)).await;
        pause = (pause * 2).min(bank.timing.retry_most);
    }
    tracing::warn!(id, "a payment was given up");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn payments_are_what_the_gateway_reads() {
        for currency in [Currency::USD, Currency::JPY] {
            let account = TrafficAccount { number: "8335".into(), currency, remitter: "PAYPAL INC".into() };
            let (first, body) = payment(&account);
            let Ok(bank::Event::FundsReceived(read)) = bank::event::parse(&body) else {
                panic!("no payment")
            };
            assert_eq!((read.account_number.as_str(), read.amount.currency()), ("8335", currency));
            assert_eq!(read.remitter_name.as_deref(), Some("PAYPAL INC"));
            assert_ne!(payment(&account).0, first);
        }
    }
}
