//! By a name that a bank or a merchant gave it.

use admin_api::SearchHit;
use pg::Connection;
use uuid::Uuid;

use super::{SOUGHT, SOUGHT_ROWS, event, hit, payment, payout, withdrawal};
use crate::app::App;
use crate::problem::Refusal;

/// Payments by a bank's reference, and those that are not credited by their UETR; what banks took back, by the reference of that
/// or of its payment; payouts by whatever a bank called them; events by their bank's id; withdrawals by their merchants'.
pub(super) async fn find(app: &App, conn: &Connection, sought: &str) -> Result<Vec<SearchHit>, Refusal> {
    let shards = app.engine.facts().layout.shards;
    let keys: Vec<(&str, &str)> = app.config.banks.iter().map(|bank| (&*bank.id, sought)).collect();
    let mut data = Vec::new();
    for booked in deposits::booked_under(conn, shards, &keys).await?.into_iter().take(SOUGHT) {
        data.extend(deposits::get(conn, booked.id).await?.map(|row| payment(&row)));
    }
    if let Ok(uetr) = Uuid::try_parse(sought) {
        data.extend(deposits::named_by_uetr(conn, uetr, SOUGHT_ROWS).await?.iter().map(payment));
    }
    let back = deposits::taken_back_under(conn, shards, &keys).await?;
    data.extend(back.iter().take(SOUGHT).map(reversal));
    data.extend(deposits::reversals_named(conn, sought, SOUGHT_ROWS).await?.iter().map(reversal));
    data.extend(payouts::named(conn, sought, SOUGHT_ROWS).await?.iter().map(payout));
    for id in vault::of_banks_ids(conn, shards, &keys).await? {
        data.extend(vault::event(conn, id).await?.map(|row| event(&row)));
    }
    let theirs = ::withdrawals::under_reference(conn, sought, SOUGHT_ROWS).await?;
    data.extend(theirs.iter().map(withdrawal));
    Ok(data)
}

/// The title names what can be opened: the payment that it was applied to, else the event that told of it.
fn reversal(row: &deposits::Reversal) -> SearchHit {
    let (amount, currency) = (row.amount, row.amount.currency().code());
    let place = match row.payment {
        Some(payment) => format!("of {payment}"),
        None => format!("told by {}", vault::EventId::from_uuid(row.event)),
    };
    let state = row.state.as_str();
    hit("reversal", row.id, format!("{amount} {currency} taken back by {}, {state}, {place}", row.bank))
}
