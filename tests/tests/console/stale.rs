//! What the header says while the gateway is there and knows nothing new, and while it is not there.

use tests::{Gate, Sluice};

use super::terminal::{Pane, Tmux};
use super::{SMALL, command_of, stuck};

/// The first word that comes after `LIVE`.
fn then_says(pane: &Pane<'_>, word: &str) {
    let screen = pane.see_that("end of LIVE", |screen| !screen.contains(" LIVE "));
    assert!(screen.contains(&format!(" {word} ")), "{word} first, but\n{screen}");
}

/// By hand: 100.00 less 0.30 is 99.70, at 7.1000 that is 707.87.
#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_without_its_database_is_there_and_one_that_stands_still_is_not() {
    let Some(tmux) = Tmux::there() else { return };
    let (sluice, world) = Sluice::start().await;
    let (database, configuration) = Gate::before_database(&world, &sluice.configuration()).await;
    let mut second = sluice.another("frail", &world, &configuration).await;
    let merchant = world.merchant(0);
    world.pay_in(merchant, "1000.00", "USD").await;
    stuck(&world, merchant, &["100.00"]).await;

    let terminal = tmux.open(&command_of(&sluice, &second.world, world.operator("viewer", 0)), SMALL);
    for (key, shown, hangs) in
        [("2", "707.87", false), ("2", "707.87", true), ("1", "1 payout(s) stuck", false)]
    {
        terminal.press(&[key]);
        terminal.see(&[" LIVE ", shown]);
        // What was seen stays, with its age. Where it is gone, whoever is asked says so at once; where it hangs, nothing comes
        // for long, but the stream goes on giving signs of life.
        if hangs {
            database.hang()
        } else {
            database.shut()
        }
        then_says(&terminal, "STALE");
        terminal.grows_old("STALE");
        terminal.see(&[" STALE ", shown, if hangs { "" } else { "The book cannot be written now" }]);
        database.open();
        terminal.see(&[" LIVE ", shown]);
    }
    // The gateway itself: at first nobody can know, then nobody is there.
    second.stand_still();
    terminal.grows_old("OFFLINE");
    terminal.see(&["OFFLINE", "1 payout(s) stuck"]);
    second.kill().await;
    second.launch().await;
    terminal.see(&[" LIVE ", "1 payout(s) stuck"]);
    terminal.quit();
    sluice.verify().await;
}
