//! What an operator was told on the telephone finds the thing: a bank's name for it, or the end of an account number (R35: masked).

use std::time::{Duration, Instant};

use admin_api::{SearchHit, SearchHits};
use serde_json::json;
use tests::{Answer, Sluice, World, funds, unique};

async fn all_hits(world: &World, sought: &str) -> SearchHits {
    let answer = world.look(&path_of(sought)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    read(&answer)
}

fn path_of(sought: &str) -> String {
    format!("/admin/v1/search?q={}", sought.replace(' ', "+"))
}

fn read(answer: &Answer) -> SearchHits {
    serde_json::from_str(&answer.text).expect("the console's type")
}

async fn hits(world: &World, sought: &str) -> Vec<SearchHit> {
    all_hits(world, sought).await.data
}

async fn found(world: &World, sought: &str) -> Vec<(String, String)> {
    hits(world, sought).await.into_iter().map(|hit| (hit.kind, hit.id)).collect()
}

fn one(kind: &str, id: &str) -> Vec<(String, String)> {
    vec![(kind.to_owned(), id.to_owned())]
}

/// By hand: 10.00 − 0.03 = 9.97; × 7.1 = 70.78 CNY.
#[tokio::test]
async fn r29_a_payout_is_found_by_every_name_that_its_bank_gave_it() {
    let (sluice, world) = Sluice::start().await;
    let merchant = world.merchant(0);
    world.pay_in(merchant, "100.00", "USD").await;
    let order = world.withdraw(merchant, merchant.payee("CNY"), "10.00", "USD", "CNY").await;
    let order = world.wait_for(merchant, order.text_of("id"), "paid").await;
    let payout = order.json["payouts"][0]["id"].as_str().unwrap();
    let accepted = order.json["payouts"][0]["bank_reference"].as_str().expect("the bank's reference");
    assert_eq!(found(&world, accepted).await, one("payout", payout));

    let back = unique("BACK");
    let event = json!({"type": "payout.returned", "data": {"reference": payout, "bank_reference": back,
        "amount": "70.00", "currency": "CNY", "reason": "AC04"}});
    let event_id = unique("evt");
    let answer = world.event(&event_id, event.to_string().as_bytes()).await;
    assert_eq!(answer.outcome().0, "applied", "{answer:?}");
    assert_eq!(found(&world, &back).await, one("payout", payout));
    assert_eq!(found(&world, accepted).await, one("payout", payout), "the older name still leads there");
    assert_eq!(found(&world, &event_id).await, one("event", answer.text_of("event_id")));
    // Our reference is the end-to-end id; a bank that knows capitals only gives it back so.
    assert_eq!(found(&world, &payout.to_uppercase()).await, one("payout", payout));
    assert!(found(&world, &back[..back.len() - 1]).await.is_empty());
    sluice.verify().await;
}

#[tokio::test]
async fn r8_what_a_bank_took_back_is_found_by_both_references_and_a_waiting_payment_by_its_uetr() {
    let (sluice, world) = Sluice::start().await;
    let merchant = world.merchant(0);
    let (reported, uetr) = (unique("HB"), uuid_v4());
    let event = json!({"type": "funds.received", "data": {"reference": reported, "account_number": merchant.account("USD"),
        "amount": "30.00", "currency": "USD", "value_date": "2026-11-23", "remitter": {"name": "JANE DOE"}, "uetr": uetr}});
    let answer = world.event(&unique("evt"), event.to_string().as_bytes()).await;
    let payment = answer.json["outcomes"][0]["payment_id"].as_str().unwrap().to_owned();
    assert_eq!(found(&world, &uetr).await, one("payment", &payment));
    assert_eq!(found(&world, &uetr.to_uppercase()).await, one("payment", &payment));

    let taken = |own: &str, original: &str| {
        let event = json!({"type": "funds.returned", "data": {"reference": own, "original_reference": original,
            "amount": "5.00", "currency": "USD", "reason": "AC04"}});
        event.to_string().into_bytes()
    };
    let (applied, waiting, unseen) = (unique("RET"), unique("RET"), unique("HB"));
    world.event(&unique("evt"), &taken(&applied, &reported)).await;
    let told = world.event(&unique("evt"), &taken(&waiting, &unseen)).await;
    let by_own = hits(&world, &applied).await;
    assert_eq!((by_own.len(), by_own[0].kind.as_str()), (1, "reversal"), "{by_own:?}");
    assert_eq!(by_own[0].title, format!("5.00 USD taken back by sandbox, applied, of {payment}"));
    let kinds: Vec<String> = hits(&world, &reported).await.into_iter().map(|hit| hit.kind).collect();
    assert_eq!(kinds, ["payment", "reversal"]);
    for sought in [&waiting, &unseen] {
        let found = hits(&world, sought).await;
        assert_eq!(found.len(), 1, "{found:?}");
        let event = told.text_of("event_id");
        assert_eq!(found[0].title, format!("5.00 USD taken back by sandbox, waiting, told by {event}"));
    }
    sluice.verify().await;
}

/// Random enough, and of version 4, as networks make them.
fn uuid_v4() -> String {
    let digits: String = unique("").chars().filter(char::is_ascii_hexdigit).collect();
    let digits = format!("{digits:0>31}").to_lowercase();
    let digits = &digits[digits.len() - 31..];
    format!(
        "{}-{}-4{}-8{}-{}",
        &digits[..8],
        &digits[8..12],
        &digits[12..15],
        &digits[15..18],
        &digits[18..30]
    )
}

#[tokio::test]
async fn r35_accounts_are_found_by_their_number_and_by_the_end_of_it_and_shown_masked() {
    let (sluice, world) = Sluice::start().await;
    let merchant = world.merchant(0);
    let number = "6222029876541357";
    let payee = world.new_payee(merchant, "CNY", number).await;
    let expected = format!("CNY account ****1357 of {}, verified", merchant.id);
    // Of an end no more is compared than the title shows.
    for sought in ["1357", number, "6222 0298 7654 1357", "541357", "991357", "86541357"] {
        let found = hits(&world, sought).await;
        assert_eq!(found.len(), 1, "{sought}: {found:?}");
        assert_eq!((found[0].kind.as_str(), found[0].id.as_str()), ("payee", payee.as_str()), "{sought}");
        assert_eq!(found[0].title, expected, "{sought}");
    }
    for nothing in ["357", "029876541357", "6222", "6222029876541356"] {
        assert!(found(&world, nothing).await.is_empty(), "{nothing}");
    }

    let own = merchant.account("USD").to_owned();
    let tail = &own[own.len() - 4..];
    let whole = hits(&world, &own).await;
    assert_eq!((whole.len(), whole[0].kind.as_str()), (1, "receiving_account"), "{whole:?}");
    let title = format!("USD receiving account ****{tail} at sandbox of {}", merchant.id);
    assert_eq!(whole[0].title, title);
    assert!(hits(&world, tail).await.contains(&whole[0]));
    let viewer = world.operator("viewer", 0);
    let path = path_of(tail);
    let answer = world.admin().get(&viewer.token, &path).await;
    assert!(answer.status == 200 && !answer.text.contains(&own) && !answer.text.contains(&merchant.name));
    assert_eq!(world.admin().get(&merchant.api_key, &path).await.refusal(), (401, "unauthenticated"));
    sluice.verify().await;
}

/// What was entered before there were such indexes is found some seconds after a gateway has started.
#[tokio::test]
async fn r36_account_numbers_from_before_get_their_indexes_from_the_gateway_that_has_the_key() {
    let (mut sluice, world) = Sluice::start().await;
    let number = "6222029876541357";
    let payee = world.new_payee(world.merchant(0), "CNY", number).await;
    let own = world.merchant(0).account("USD").to_owned();
    let forget = "UPDATE payees SET tail_index = NULL; UPDATE receiving_accounts SET tail_index = NULL";
    world.database().await.batch_execute(forget).await.unwrap();
    assert!(found(&world, "1357").await.is_empty());
    assert_eq!(found(&world, number).await, one("payee", &payee), "the whole number needs none");
    sluice.kill().await;
    let world = sluice.launch().await;
    let (database, deadline) = (world.database().await, Instant::now() + Duration::from_secs(30));
    let left = "SELECT (SELECT count(*) FROM payees WHERE tail_index IS NULL)
                     + (SELECT count(*) FROM receiving_accounts WHERE tail_index IS NULL)";
    // Payees come first, accounts behind them.
    while database.query_one(left, &[]).await.unwrap().get::<_, i64>(0) > 0 {
        assert!(Instant::now() < deadline, "{}", sluice.log());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(found(&world, "1357").await, one("payee", &payee));
    let account = hits(&world, &own[own.len() - 4..]).await;
    assert!(account.iter().any(|hit| hit.kind == "receiving_account"), "{account:?}");
    sluice.verify().await;
}

/// One name may be several things'.
#[tokio::test]
async fn what_has_one_name_is_found_together_and_each_once() {
    let (sluice, world) = Sluice::start().await;
    let merchant = world.merchant(0);
    let name = unique("SAME");
    let answer = world.event(&name, &funds(&name, merchant.account("USD"), "30.00", "USD", "JANE DOE")).await;
    let payment = answer.json["outcomes"][0]["payment_id"].as_str().unwrap().to_owned();
    let expected = [one("payment", &payment), one("event", answer.text_of("event_id"))].concat();
    assert_eq!(found(&world, &name).await, expected);
    sluice.verify().await;
}

#[tokio::test]
async fn an_answer_says_whether_there_are_more_than_its_twenty() {
    let (sluice, world) = Sluice::start().await;
    let merchant = world.merchant(0);
    let number = |n: usize| format!("62220298{n:04}1357");
    for n in 0..20 {
        world.new_payee(merchant, "CNY", &number(n)).await;
    }
    let twenty = all_hits(&world, "1357").await;
    assert_eq!((twenty.data.len(), twenty.more), (20, false), "{twenty:?}");
    let newest = world.new_payee(merchant, "CNY", &number(20)).await;
    let of_more = all_hits(&world, "1357").await;
    assert_eq!((of_more.data.len(), of_more.more), (20, true), "{of_more:?}");
    assert_eq!(of_more.data[0].id, newest, "the newest first");
    let one = all_hits(&world, &number(7)).await;
    assert_eq!((one.data.len(), one.more), (1, false), "{one:?}");
    let none = all_hits(&world, "nobody").await;
    assert_eq!((none.data.len(), none.more), (0, false));
    sluice.verify().await;
}

/// Asks for numbers that nobody has until no more are looked for: how many were, and the refusal.
async fn exhaust(world: &World, token: &str) -> (usize, Answer) {
    for guess in 0..200 {
        let answer = world.admin().get(token, &path_of(&format!("62229900{guess:04}1358"))).await;
        if answer.status != 200 {
            return (guess, answer);
        }
        assert_eq!(read(&answer), SearchHits::default());
    }
    panic!("two hundred guesses, and nobody minds");
}

#[tokio::test]
async fn r35_numbers_are_guessed_thirty_times_a_minute_and_all_else_is_found_beyond_that() {
    let (sluice, world) = Sluice::start().await;
    let merchant = world.merchant(0);
    let number = "6222029876541357";
    let payee = world.new_payee(merchant, "CNY", number).await;
    let reported = unique("HB");
    let told = funds(&reported, merchant.account("USD"), "30.00", "USD", "JANE DOE");
    let answer = world.event(&unique("evt"), &told).await;
    let payment = answer.json["outcomes"][0]["payment_id"].as_str().unwrap().to_owned();

    let one = world.operator("operator", 0);
    let (let_through, refused) = exhaust(&world, &one.token).await;
    assert!(let_through >= 30, "only {let_through}");
    assert_eq!(refused.refusal(), (429, "rate-limited"), "{refused:?}");
    let wait = refused.retry_after.expect("when to come again");
    assert!((1..=2).contains(&wait), "{wait}");
    let detail = format!("account numbers are looked for thirty times a minute; again in {wait} s");
    assert_eq!(refused.text_of("detail"), detail);

    // What is no number, or is somebody's id, takes nothing, is not refused, and gives nothing back.
    let admin = world.admin();
    let name = merchant.name.replace(' ', "+");
    for (sought, found) in [(payee.as_str(), &payee), (&payment, &payment), (&name, &merchant.id)] {
        let answer = admin.get(&one.token, &path_of(sought)).await;
        assert_eq!(answer.status, 200, "{sought}: {answer:?}");
        let hits = read(&answer);
        assert_eq!((hits.data.len(), &hits.data[0].id, hits.more), (1, found, false), "{sought}");
    }
    assert_eq!(admin.get(&one.token, &path_of("nobody")).await.status, 200);

    // A bank's reference might be a number, too: it is found, and the answer says that numbers were not looked for.
    let mut tries = 0;
    loop {
        exhaust(&world, &one.token).await;
        let answer = admin.get(&one.token, &path_of(&reported)).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let hits = read(&answer);
        assert_eq!((hits.data.len(), &hits.data[0].id), (1, &payment), "{hits:?}");
        if hits.more {
            break;
        }
        // Two seconds have passed between the two.
        tries += 1;
        assert!(tries < 20, "numbers are looked for although the limit is used up");
    }
    // Also the right number, of which nothing is told meanwhile.
    let mut tries = 0;
    let answer = loop {
        exhaust(&world, &one.token).await;
        let answer = admin.get(&one.token, &path_of(number)).await;
        tries += 1;
        if answer.status == 429 || tries == 20 {
            break answer;
        }
    };
    assert_eq!(answer.refusal(), (429, "rate-limited"));
    assert!(!answer.text.contains("pye_"), "{answer:?}");

    // Somebody else still may; and the first one again, after the time that the answer says.
    assert_eq!(found(&world, number).await, vec![("payee".to_owned(), payee.clone())]);
    tokio::time::sleep(Duration::from_secs(answer.retry_after.expect("a time"))).await;
    let again = admin.get(&one.token, &path_of(number)).await;
    assert_eq!((again.status, read(&again).data[0].id.as_str()), (200, payee.as_str()));
    sluice.verify().await;
}

/// Asks for addresses that nobody has until no more are looked for: how many were, and the refusal.
async fn exhaust_names(world: &World, token: &str, path: &str) -> (usize, Answer) {
    for guess in 0..200 {
        let sought = format!("{}@example.com", unique("who"));
        let answer = world.admin().get(token, &format!("{path}={sought}")).await;
        if answer.status != 200 {
            return (guess, answer);
        }
        assert_eq!(answer.json["data"], json!([]));
    }
    panic!("two hundred guesses, and nobody minds");
}

#[tokio::test]
async fn r35_names_are_guessed_thirty_times_a_minute_and_ids_and_references_are_found_beyond_that() {
    let (sluice, world) = Sluice::start().await;
    let (merchant, one) = (world.merchant(0), world.operator("operator", 0));
    let event = format!("{}/x", unique("evt"));
    let body = funds(&unique("HB"), merchant.account("USD"), "30.00", "USD", "JANE DOE");
    let event_id = world.event(&event, &body).await.text_of("event_id").to_owned();
    let name = merchant.name.replace(' ', "+");
    let (search, list) = ("/admin/v1/search?q", "/admin/v1/merchants?query");
    let admin = world.admin();
    // One that is looked at again and again takes nothing.
    for _ in 0..100 {
        let again = admin.get(&one.token, &format!("{list}={name}")).await;
        assert_eq!((again.status, &again.json["data"][0]["id"]), (200, &json!(merchant.id)), "{again:?}");
    }

    // Both take from the same.
    let (let_through, refused) = exhaust_names(&world, &one.token, search).await;
    assert!(let_through >= 29, "only {let_through}");
    assert_eq!(refused.refusal(), (429, "rate-limited"), "{refused:?}");
    let wait = refused.retry_after.expect("when to come again");
    assert!((1..=2).contains(&wait), "{wait}");
    let detail = format!("names and addresses are looked for thirty times a minute; again in {wait} s");
    assert_eq!(refused.text_of("detail"), detail);
    // The right name tells nothing meanwhile, however it is sought.
    for path in [search, list] {
        let mut tries = 0;
        let answer = loop {
            exhaust_names(&world, &one.token, list).await;
            let answer = admin.get(&one.token, &format!("{path}={name}")).await;
            tries += 1;
            if answer.status == 429 || tries == 20 {
                break answer;
            }
        };
        assert_eq!(answer.refusal(), (429, "rate-limited"), "{path}");
        assert!(!answer.text.contains("mer_"), "{answer:?}");
    }

    // Ids, references and the whole list are nobody's secret.
    for path in [format!("{list}={}", merchant.id), format!("{search}={}", merchant.id)] {
        let answer = admin.get(&one.token, &path).await;
        assert_eq!((answer.status, &answer.json["data"][0]["id"]), (200, &json!(merchant.id)), "{path}");
    }
    assert_eq!(admin.get(&one.token, "/admin/v1/merchants").await.status, 200);
    let mut tries = 0;
    loop {
        exhaust_names(&world, &one.token, search).await;
        let hits = read(&admin.get(&one.token, &path_of(&event)).await);
        assert_eq!((hits.data.len(), &hits.data[0].id), (1, &event_id), "{hits:?}");
        tries += 1;
        if hits.more {
            break;
        }
        assert!(tries < 20, "names are looked for although the limit is used up");
    }
    // Somebody else still may; and the first one again, after the time that the answer says.
    assert!(found(&world, &merchant.name).await.contains(&("merchant".to_owned(), merchant.id.clone())));
    let (_, refused) = exhaust_names(&world, &one.token, list).await;
    tokio::time::sleep(Duration::from_secs(refused.retry_after.expect("a time"))).await;
    assert_eq!(admin.get(&one.token, &format!("{list}={name}")).await.status, 200);
    sluice.verify().await;
}
