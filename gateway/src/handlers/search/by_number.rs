//! By an account number, or the end of one.

use admin_api::SearchHit;
use merchants::SoughtNumber;
use pg::Connection;

use super::{SOUGHT_ROWS, hit, payee};
use crate::app::App;
use crate::problem::Refusal;

/// Receiving accounts and payees. What may be a number, and how much of it is compared, is `merchants`' to say.
pub(super) async fn find(
    app: &App,
    conn: &Connection,
    sought: &SoughtNumber,
) -> Result<Vec<SearchHit>, Refusal> {
    let accounts = merchants::accounts_numbered(conn, &app.keyring, sought, SOUGHT_ROWS).await?;
    let mut data: Vec<SearchHit> = accounts.iter().map(receiving_account).collect();
    for found in merchants::payees_numbered(conn, sought, SOUGHT_ROWS).await? {
        data.push(payee(app, &found)?);
    }
    Ok(data)
}

fn receiving_account(row: &merchants::Issued) -> SearchHit {
    let number = privacy::mask_account_number(row.number.reveal());
    let title =
        format!("{} receiving account {number} at {} of {}", row.currency.code(), row.bank, row.merchant);
    hit("receiving_account", row.id, title)
}
