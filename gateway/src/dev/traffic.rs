//! Live traffic: demo merchants withdraw some of what the sandbox bank pays in.

use std::sync::Arc;
use std::time::Duration;

use bank::https::HttpsClient;
use bytes::Bytes;
use hyper::Method;
use serde_json::json;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::demo::{Demo, DemoMerchant};

/// Payments for each withdrawal, about.
const PAYMENTS_A_WITHDRAWAL: f64 = 5.0;
const DEADLINE: Duration = Duration::from_secs(10);

/// Withdraws until `stop`: each merchant in turn, from one of its currencies to one of its payees. Refusals (too
/// little in the balance, a rate that is too old) are part of life.
pub async fn withdraw(client: Arc<HttpsClient>, demo: Demo, per_second: u32, stop: CancellationToken) {
    let pause = Duration::from_secs_f64(PAYMENTS_A_WITHDRAWAL / f64::from(per_second.max(1)));
    for turn in 0usize.. {
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = stop.cancelled() => return,
        }
        let Some(merchant) = demo.merchants.get(turn % demo.merchants.len().max(1)) else { return };
        if let Err(why) = one(&client, merchant, turn).await {
            tracing::debug!(merchant = %merchant.id, why, "a demo withdrawal was not made");
        }
    }
}

async fn one(client: &HttpsClient, merchant: &DemoMerchant, turn: usize) -> Result<(), String> {
    let payee = pick(&merchant.payees, turn)?;
    let sell = match payee.currency.as_str() {
        "CNY" => pick(&merchant.receiving_accounts, turn)?.currency.as_str(),
        same => same,
    };
    let amount = if sell == "JPY" {
        format!("{}", 500 + turn % 5000)
    } else {
        format!("{}.{:02}", 5 + turn % 60, turn % 100)
    };
    let body = json!({
        "payee_id": payee.id,
        "sell_currency": sell,
        "sell_amount": amount,
        "buy_currency": payee.currency,
    });
    let headers = [
        ("authorization", format!("Bearer {}", merchant.api_key)),
        ("idempotency-key", uuid::Uuid::now_v7().to_string()),
    ];
    let body = Bytes::from(body.to_string());
    let answer = client
        .request(Method::POST, "/v1/withdrawals", &headers, body, Instant::now() + DEADLINE)
        .await
        .map_err(|failure| format!("{failure:?}"))?;
    if answer.status.is_success() { Ok(()) } else { Err(format!("answered {}", answer.status)) }
}

fn pick<T>(from: &[T], turn: usize) -> Result<&T, String> {
    from.get((turn / 2) % from.len().max(1)).ok_or_else(|| "the demo has none".to_owned())
}
