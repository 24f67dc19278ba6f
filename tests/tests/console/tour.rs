//! Records the tour in the console's documentation from the running program.

use std::path::Path;

use serde_json::json;
use tests::{Sluice, World, unique};

use super::terminal::{Pane, Tmux, console};
use super::{SMALL, stuck};

const HEAD: &str = "# A tour of the console

Six screens at 80×24, recorded from the running program against a `sluice dev` with a payout that its bank never gets.
Taken again by

```sh
cargo build -p gateway -p admin-tui && cargo test -p tests --test console -- --ignored the_tour_is_recorded
```
";

/// What is seen, and why.
struct Stop {
    title: &'static str,
    says: &'static str,
    screen: String,
}

/// Money whose remitter is not the platform, and money for an account that nobody knows.
async fn to_be_reviewed(world: &World) {
    let merchant = world.merchant(1);
    for (account, amount, name) in [
        (merchant.account("EUR"), "1250.00", "AMAZ0N PAYMENTS INC"),
        ("8335009999", "480.00", "AMAZON PAYMENTS INC"),
    ] {
        let event = json!({"type": "funds.received", "data": {"reference": unique("HB"), "account_number": account,
            "amount": amount, "currency": "EUR", "remitter": {"name": name}}});
        let answer = world.event(&unique("evt"), event.to_string().as_bytes()).await;
        assert_eq!(answer.outcome().0, "in_review", "{answer:?}");
    }
}

fn recorded(pane: &Pane<'_>, title: &'static str, says: &'static str, shows: &[&str]) -> Stop {
    let screen = pane.see(&[shows, &["LIVE"]].concat());
    Stop { title, says, screen }
}

#[tokio::test]
#[ignore = "writes admin-tui/TOUR.md"]
async fn the_tour_is_recorded() {
    let Some(tmux) = Tmux::there() else { return };
    let (sluice, world) = Sluice::start_busy(5, "").await;
    let merchant = world.merchant(0);
    world.pay_in(merchant, "5000.00", "USD").await;
    to_be_reviewed(&world).await;
    let payout = stuck(&world, merchant, &["1250.00"]).await.remove(0);
    let terminal = tmux.open(&format!("{} --dev --var {}", console(), sluice.dir().display()), SMALL);
    let mut stops = Vec::new();
    stops.push(recorded(
        &terminal,
        "What needs a person",
        "The overview begins with what needs a person, the worst first; Enter goes there.",
        &["payout(s) stuck"],
    ));
    terminal.press(&["Enter"]);
    stops.push(recorded(
        &terminal,
        "The payout that is stuck",
        "The list that the alarm leads to. `!!` means that nothing more happens by itself.",
        &["2 Payouts", "!! unknown"],
    ));
    terminal.press(&["Enter"]);
    stops.push(recorded(
        &terminal,
        "What happened to it",
        "What the state means and what to do, the payout, and everything that was sent, asked and answered.",
        &[&payout, "STUCK."],
    ));
    terminal.command("arm 15 a payout is stuck");
    terminal.see(&[" ARMED "]);
    terminal.choose("Ask the bank");
    terminal.see(&[">[ Cancel ]"]);
    terminal.press(&["Tab"]);
    terminal.write("the merchant asks");
    stops.push(recorded(
        &terminal,
        "The question before anything is done",
        "Armed, the header is red. The question says what will happen, has begun on Cancel, and wants a reason and the \
         amount typed.",
        &["the merchant asks"],
    ));
    terminal.press(&["Enter"]);
    let amount = world.look(&format!("/admin/v1/payouts/{payout}")).await.text_of("amount").to_owned();
    terminal.write(&amount);
    terminal.press(&["Enter", "Enter"]);
    terminal.see(&["done, now:"]);
    terminal.press(&["Enter", "3"]);
    stops.push(recorded(
        &terminal,
        "Money that waits to be looked at",
        "Whose it may be is masked; the reason is the first that applies.",
        &["3 Review", "remitter_not_platform", "unknown_account"],
    ));
    terminal.press(&["9", "Tab"]);
    stops.push(recorded(
        &terminal,
        "Who did what",
        "The audit trail: who, when, what, why; Enter shows the thing before and after.",
        &["payout.query"],
    ));
    let mut text = HEAD.to_owned();
    for (at, Stop { title, says, screen }) in stops.iter().enumerate() {
        let lines: Vec<&str> = screen.lines().map(str::trim_end).collect();
        text += &format!("\n## {}. {title}\n\n{says}\n\n```text\n{}\n```\n", at + 1, lines.join("\n"));
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../admin-tui/TOUR.md");
    std::fs::write(file, text).expect("written");
}
