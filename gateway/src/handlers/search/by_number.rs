//! By an account number, or the end of one.

use admin_api::SearchHit;
use pg::Connection;

use super::{MOST_OF_A_KIND, hit, payee};
use crate::app::App;
use crate::problem::Refusal;

/// Receiving accounts and payees. How much of a number is compared is `merchants`' to say.
pub(super) async fn find(app: &App, conn: &Connection, sought: &str) -> Result<Vec<SearchHit>, Refusal> {
    let keyring = &app.keyring;
    let accounts = merchants::accounts_numbered(conn, keyring, sought, MOST_OF_A_KIND).await?;
    let mut data: Vec<SearchHit> = accounts.iter().map(receiving_account).collect();
    for found in merchants::payees_numbered(conn, keyring, sought, MOST_OF_A_KIND).await? {
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
