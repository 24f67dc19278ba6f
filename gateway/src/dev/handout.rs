//! What `dev` hands out when it is ready: `sandbox.json`, and lines to try it with.

use std::path::Path;

use serde_json::{Value, json};

use super::demo::{BANK, Demo};
use super::tls;

/// Where everything listens and lies.
#[derive(Debug, Clone)]
pub struct Addresses {
    pub public_url: String,
    pub admin_url: String,
    pub metrics_url: String,
    pub sandbox_bank_url: String,
    pub ca_cert: String,
    pub config: String,
    pub database_url: String,
}

/// Writes `sandbox.json`, whole or not at all.
///
/// # Errors
/// In words.
pub fn write_sandbox_json(dir: &Path, at: &Addresses, demo: &Demo) -> Result<(), String> {
    let path = dir.join("sandbox.json");
    let text = serde_json::to_string_pretty(&sandbox_json(at, demo)).map_err(|error| error.to_string())?;
    tls::write(&path, &text, 0o600).map_err(|error| format!("{}: {error}", path.display()))
}

fn sandbox_json(at: &Addresses, demo: &Demo) -> Value {
    let merchants: Vec<Value> = demo
        .merchants
        .iter()
        .map(|merchant| {
            let accounts = merchant.receiving_accounts.iter();
            json!({
                "id": merchant.id,
                "name": merchant.name,
                "kind": merchant.kind,
                "api_key": merchant.api_key,
                "receiving_accounts": accounts.clone()
                    .map(|a| json!({"number": a.number, "currency": a.currency, "bank": BANK}))
                    .collect::<Vec<_>>(),
                "stores": accounts
                    .map(|a| json!({"id": a.store.id, "platform": a.store.platform, "site": a.store.site}))
                    .collect::<Vec<_>>(),
                "payees": merchant.payees.iter()
                    .map(|p| json!({"id": p.id, "currency": p.currency, "account_number": p.account_number}))
                    .collect::<Vec<_>>(),
            })
        })
        .collect();
    let operators: Vec<Value> = demo
        .operators
        .iter()
        .map(|operator| json!({"id": operator.id, "role": operator.role, "token": operator.token}))
        .collect();
    json!({
        "public_url": at.public_url,
        "admin_url": at.admin_url,
        "metrics_url": at.metrics_url,
        "sandbox_bank_url": at.sandbox_bank_url,
        "ca_cert": at.ca_cert,
        "config": at.config,
        "database_url": at.database_url,
        "banks": [{"id": BANK, "scheme": "standard-webhooks", "secret": demo.event_secret}],
        "merchants": merchants,
        "operators": operators,
    })
}

/// The lines that `dev` prints: they work as they are printed, in this order, in a shell anywhere on this machine.
pub fn try_it(at: &Addresses, demo: &Demo, program: &str) -> String {
    let Some(merchant) = demo.merchants.first() else { return String::new() };
    let number = merchant.receiving_accounts.first().map_or("", |account| account.number.as_str());
    let payee = merchant.payees.first().map(|payee| payee.id.to_string()).unwrap_or_default();
    let operator = demo.operators.get(1).map_or("", |operator| operator.token.as_str());
    let Addresses { public_url, admin_url, sandbox_bank_url, ca_cert, config, .. } = at;
    let (key, bank) = (&merchant.api_key, BANK);
    // The console lies beside this program, its addresses and tokens beside the configuration.
    let beside = |file: &str| Path::new(file).parent().unwrap_or(Path::new(".")).to_path_buf();
    let (console, folder) = (beside(program).join("sluice-console"), beside(config));
    let (console, folder) = (console.display(), folder.display());
    format!(
        r#"
Try it, in another shell:

# 1. The bank reports a payment of 2,500.00 USD, signed.
printf '%s' '{{"type":"funds.received","data":{{"reference":"TRY-'$(date +%s)'","account_number":"{number}","amount":"2500.00","currency":"USD","value_date":"'$(date -u +%F)'","remitter":{{"name":"AMAZON PAYMENTS INC"}}}}}}' > /tmp/sluice-event.json
{program} sign --config {config} --bank {bank} /tmp/sluice-event.json > /tmp/sluice-headers.txt
curl -sS --cacert {ca_cert} -H @/tmp/sluice-headers.txt -H 'Content-Type: application/json' --data-binary @/tmp/sluice-event.json {public_url}/v1/banks/{bank}/events; echo

# 2. It is in the merchant's balance.
curl -sS --cacert {ca_cert} -H 'Authorization: Bearer {key}' {public_url}/v1/balances; echo

# 3. Lock a rate.
QUOTE=$(curl -sS --cacert {ca_cert} -H 'Authorization: Bearer {key}' -H 'Content-Type: application/json' -d '{{"sell_currency":"USD","buy_currency":"CNY","sell_amount":"1000.00"}}' {public_url}/v1/quotes | sed 's/.*"id":"\(qt_[0-9a-f]*\)".*/\1/'); echo "$QUOTE"

# 4. Withdraw at that rate.
WITHDRAWAL=$(curl -sS --cacert {ca_cert} -H 'Authorization: Bearer {key}' -H 'Content-Type: application/json' -H "Idempotency-Key: try-$QUOTE" -d '{{"payee_id":"{payee}","quote_id":"'$QUOTE'"}}' {public_url}/v1/withdrawals | grep -o 'wd_[0-9a-f]*' | head -n 1); echo "$WITHDRAWAL"

# 5. A moment later it is paid, and the bank has executed it once.
sleep 2; curl -sS --cacert {ca_cert} -H 'Authorization: Bearer {key}' {public_url}/v1/withdrawals/$WITHDRAWAL; echo
curl -sS {sandbox_bank_url}/journal | tail -c 300; echo

# What operators see first.
curl -sS --cacert {ca_cert} -H 'Authorization: Bearer {operator}' {admin_url}/admin/v1/overview; echo

# Every cent, proved.
{program} verify --config {config}

# The operators' console; `q` leaves.
{console} --dev --var {folder}
"#
    )
}
