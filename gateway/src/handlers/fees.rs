//! Fees: what holds, and a new version, which two persons set (R23).

use merchants::MerchantId;
use money::Money;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::Deserialize;
use withdrawals::{FeeId, FeeVersion, FeesOf};

use super::fields::Fields;
use super::{Answer, admin_actions, lane, reply};
use crate::app::App;
use crate::body;
use crate::commands::{Action, Command, NewFee, Operate, fee_json};
use crate::problem::Refusal;
use crate::request::{Query, Request};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FeeBody {
    merchant_id: Option<MerchantId>,
    sell_currency: String,
    buy_currency: Option<String>,
    fixed: Option<String>,
    percent: Option<String>,
    minimum: Option<String>,
    maximum: Option<String>,
    free_per_month: Option<String>,
    valid_from: Option<String>,
    valid_until: Option<String>,
    reason: String,
}

/// `GET /admin/v1/fees`: all versions, also those to come and those that are over; a merchant's with everyone's.
///
/// # Errors
/// What is wrong with the request; the database's.
pub async fn list_all(app: &App, request: &Request) -> Answer {
    let query = request.query(&["limit", "cursor", "merchant_id"])?;
    let of = match query.get("merchant_id") {
        None => FeesOf::All,
        Some(text) => FeesOf::Merchant(
            text.parse().map_err(|_| Refusal::field("merchant_id", "is not the id of a merchant"))?,
        ),
    };
    page(app, &query, of).await
}

/// `GET /v1/fees`: the merchant's own versions and everyone's.
///
/// # Errors
/// What is wrong with the request; the database's.
pub async fn list_own(app: &App, request: &Request) -> Answer {
    let merchant = request.caller.merchant()?;
    page(app, &request.query(&["limit", "cursor"])?, FeesOf::Merchant(merchant)).await
}

async fn page(app: &App, query: &Query, of: FeesOf) -> Answer {
    let (page, after) = (query.page()?, query.cursor::<FeeId>()?);
    let conn = app.pool.get().await?;
    let rows = withdrawals::fees(&conn, of, after, page.fetch()).await?;
    reply::list(&page, rows, |row: &FeeVersion| row.id.to_string(), |row| Ok(fee_json(row)))
}

/// `POST /admin/v1/fees`: asks for a second person.
///
/// # Errors
/// What is wrong with the request; the lane's.
pub async fn set(app: &App, request: Request) -> Answer {
    let (operator, keyed) = admin_actions::who(app, &request)?;
    let body: FeeBody = body::parse(&request.body)?;
    admin_actions::check_reason(&body.reason)?;
    let fee = read(&body, FeeId::new(keyed.shard))?;
    let action = Action::SetFee(Box::new(fee));
    let (reason, request_id) = (body.reason, request.id.to_string());
    let command = Operate { request: keyed, operator, reason, action, request_id };
    lane::carry_out(app, Command::Operate(Box::new(command))).await
}

fn read(body: &FeeBody, id: FeeId) -> Result<NewFee, Refusal> {
    let mut fields = Fields::default();
    let sell = fields.currency("sell_currency", &body.sell_currency);
    let buy = body.buy_currency.as_ref().map(|code| fields.currency("buy_currency", code));
    let mut amount = |field, text: &Option<String>| {
        text.as_ref().and_then(|text| fields.amount(field, text, sell)).as_ref().map(Money::minor)
    };
    let fixed = amount("fixed", &body.fixed);
    let minimum = amount("minimum", &body.minimum);
    let maximum = amount("maximum", &body.maximum);
    let free = amount("free_per_month", &body.free_per_month);
    let share = body.percent.as_deref().map_or(Some(0), parts_per_million);
    if share.is_none() {
        fields.wrong("percent", "must be 0 to 99.9999, with four decimals at most");
    }
    if maximum.is_some_and(|most| most < minimum.unwrap_or(0)) {
        fields.wrong("maximum", "must not be less than the minimum");
    }
    let valid_from = body.valid_from.as_ref().and_then(|text| fields.time("valid_from", text));
    let valid_until = body.valid_until.as_ref().and_then(|text| fields.time("valid_until", text));
    fields.finish()?;
    let (Some(sell), Some(parts_per_million)) = (sell, share) else {
        return Err(Refusal::field("sell_currency", "is missing"));
    };
    Ok(NewFee {
        id,
        merchant: body.merchant_id,
        sell,
        buy: buy.flatten(),
        fixed_minor: fixed.unwrap_or(0),
        parts_per_million,
        minimum_minor: minimum.unwrap_or(0),
        maximum_minor: maximum,
        free_minor: free.unwrap_or(0),
        valid_from,
        valid_until,
    })
}

/// 0.3 per cent are 3,000 millionths; none where it would take all, or has more decimals than are counted.
fn parts_per_million(percent: &str) -> Option<u32> {
    let digits = percent.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let millionths =
        percent.parse::<Decimal>().ok().filter(|_| digits)?.checked_mul(Decimal::from(10_000))?;
    let millionths = Some(millionths).filter(Decimal::is_integer)?.to_u32()?;
    (millionths < 1_000_000).then_some(millionths)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percents_are_exact_or_refused() {
        let rows = [
            ("0.3", Some(3_000)),
            ("0", Some(0)),
            ("0.0001", Some(1)),
            ("99.9999", Some(999_999)),
            ("100", None),
            ("0.00001", None),
            ("-1", None),
            ("1e1", None),
            ("", None),
            ("0.30000", Some(3_000)),
            ("9999999999999999999999999999", None),
            ("79228162514264337593543950335", None),
            ("0.3000000000000000000000000000", Some(3_000)),
        ];
        for (text, expected) in rows {
            assert_eq!(parts_per_million(text), expected, "{text}");
        }
    }

    #[test]
    fn all_that_is_wrong_with_a_fee_comes_at_once() {
        let text = r#"{"sell_currency":"USD","buy_currency":"xx","fixed":"0.001","percent":"100","minimum":"5.00",
            "maximum":"4.00","valid_from":"soon","reason":"x"}"#;
        let body: FeeBody = body::parse(text.as_bytes()).unwrap();
        let id = FeeId::new(pg::Shards::new(16).of(&[b"x"]));
        let wrong: Vec<String> =
            read(&body, id).unwrap_err().errors.into_iter().map(|error| error.field).collect();
        assert_eq!(wrong, ["buy_currency", "fixed", "percent", "maximum", "valid_from"]);
    }
}
