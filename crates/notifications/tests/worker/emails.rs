//! Notices by e-mail: a server that fails, hangs and recovers, hostile receivers, TLS and login.

use std::time::Duration;

use merchants::{MerchantId, MerchantKind, MerchantState, NewMerchant};
use notifications::{
    Channels, EmailSender, Settings, SmtpSettings, SmtpTls, WebhookSender, Worker, dead_letters,
};
use privacy::Sensitive;
use testkit::{MailServer, MailTls};

use crate::world::{SETTINGS, World};

const TIMEOUT: Duration = Duration::from_secs(1);

fn sender(world: &World, server: &MailServer, tls: MailTls, roots: &str) -> EmailSender {
    sender_with(world, server, tls, roots, TIMEOUT)
}

fn sender_with(
    world: &World,
    server: &MailServer,
    tls: MailTls,
    roots: &str,
    timeout: Duration,
) -> EmailSender {
    let login = (tls != MailTls::None).then(|| ("sluice".to_owned(), Sensitive::new("secret".to_owned())));
    let settings = SmtpSettings {
        host: "localhost".to_owned(),
        port: server.port,
        tls: match tls {
            MailTls::StartTls => SmtpTls::StartTls,
            MailTls::Implicit => SmtpTls::Implicit,
            MailTls::None => SmtpTls::None,
        },
        login,
        from: "Sluice <notices@sluice.example>".to_owned(),
    };
    let pool = world.db.pool.clone();
    EmailSender::new(settings, roots.as_bytes(), world.keyring.clone(), pool, timeout).unwrap()
}

fn worker(world: &World, email: EmailSender) -> Worker {
    worker_with(world, email, Duration::from_secs(3))
}

fn worker_with(world: &World, email: EmailSender, lease: Duration) -> Worker {
    let ca = world.receiver.ca.as_bytes();
    let webhook = WebhookSender::new(ca, world.keyring.clone(), true, TIMEOUT).unwrap();
    let settings = Settings { lease, ..SETTINGS };
    Worker::start(world.db.pool.clone(), Channels { webhook, email: Some(email) }, settings)
}

/// A merchant with one notice to it.
async fn told(world: &World, email: &str) -> MerchantId {
    let id = MerchantId::new(world.shard);
    let (kind, state) = (MerchantKind::Enterprise, MerchantState::Active);
    let conn = world.db.pool.get().await.unwrap();
    let new = NewMerchant { id, kind, state, name: "Shenzhen Lamps", email };
    merchants::insert_merchant(&conn, &world.keyring, &new).await.unwrap();
    world.tell(id.uuid(), 1).await;
    id
}

#[tokio::test]
async fn r9_every_notice_arrives_by_mail_though_the_server_fails_and_recovers() {
    let world = World::with_mail_server().await;
    let server = MailServer::start(MailTls::None).await;
    for name in ["ok", "full", "busy", "drops", "forgets"] {
        told(&world, &format!("{name}@shop.example")).await;
    }
    let worker = worker(&world, sender(&world, &server, MailTls::None, ""));
    world.wait_for("delivered", 5).await;
    worker.shutdown(Duration::from_secs(5)).await;

    for (name, tries, mails) in
        [("ok", 1, 1), ("full", 3, 1), ("busy", 2, 1), ("drops", 2, 1), ("forgets", 2, 2)]
    {
        let to = format!("{name}@shop.example");
        assert_eq!((server.tries_of(&to), server.mails(&to).len()), (tries, mails), "{name}");
    }
    let twice = server.mails("forgets@shop.example");
    let ids: Vec<_> = twice.iter().map(|mail| mail.header("Message-ID").unwrap()).collect();
    assert_eq!(ids[0], ids[1], "a repetition is recognisable");
    assert!(ids[0].starts_with("<ntf_") && ids[0].ends_with("@sluice.example>"), "{ids:?}");

    let mail = &server.mails("ok@shop.example")[0];
    assert_eq!(mail.header("From"), Some("Sluice <notices@sluice.example>"));
    assert_eq!(mail.header("To"), Some("ok@shop.example"));
    assert_eq!(mail.header("Auto-Submitted"), Some("auto-generated"));
    let text = mail.body();
    assert!(text.contains("A payment was credited") && text.contains("款项已入账"), "{text}");
    assert!(text.contains("1.00") && !text.contains("Lamps"), "{text}");
}

#[tokio::test]
async fn a_refusal_before_the_letter_and_a_silent_goodbye_cost_nothing() {
    let world = World::with_mail_server().await;
    let server = MailServer::start(MailTls::None).await;
    server.turned_away.store(2, std::sync::atomic::Ordering::SeqCst);
    told(&world, "stays@shop.example").await;
    // Longer than the goodbye is waited for.
    let timeout = Duration::from_secs(4);
    let email = sender_with(&world, &server, MailTls::None, "", timeout);
    let worker = worker_with(&world, email, Duration::from_secs(9));
    world.wait_for("delivered", 1).await;
    worker.shutdown(Duration::from_secs(5)).await;
    assert_eq!(server.mails("stays@shop.example").len(), 1, "554 at the door is no dead letter");
    let conn = world.db.pool.get().await.unwrap();
    let attempts: i32 = conn.query_one("SELECT attempts FROM deliveries", &[]).await.unwrap().get(0);
    assert_eq!(attempts, 3, "two refusals and one that is taken");
}

#[tokio::test]
async fn a_receiver_that_is_none_is_a_dead_letter_at_once() {
    let world = World::with_mail_server().await;
    let server = MailServer::start(MailTls::None).await;
    told(&world, "nobody@shop.example").await;
    told(&world, "a@b.example\r\nBcc: c@d.example").await;
    told(&world, "\"a>\r\nRCPT TO:<c@d.example\"@b.example").await;
    told(&world, "not an address").await;
    let worker = worker(&world, sender(&world, &server, MailTls::None, ""));
    world.wait_for("dead", 4).await;
    worker.shutdown(Duration::from_secs(5)).await;
    assert_eq!(server.tries_of("nobody@shop.example"), 1);
    let conn = world.db.pool.get().await.unwrap();
    let dead = dead_letters(&conn, pg::Place::START, 10).await.unwrap();
    let mut answers: Vec<_> = dead.iter().map(|letter| letter.last_answer.clone().unwrap()).collect();
    answers.sort();
    let none = "the merchant's e-mail address is none";
    assert_eq!(answers, ["SMTP 550", none, none, none]);
    assert!(dead.iter().all(|letter| letter.channel == "email" && letter.endpoint.is_none()));
}

#[tokio::test]
async fn a_server_that_hangs_is_given_up_in_time_and_webhooks_go_on() {
    let world = World::with_mail_server().await;
    let server = MailServer::start(MailTls::None).await;
    let merchant = told(&world, "hangs@shop.example").await;
    world.endpoint(merchant.uuid(), "/ok").await;
    world.tell(merchant.uuid(), 20).await;
    let worker = worker(&world, sender(&world, &server, MailTls::None, ""));
    // The first notice was written before the endpoint was there, and does not go there.
    world.wait_for("delivered", 20).await;
    worker.shutdown(Duration::from_secs(5)).await;
    assert_eq!(world.receiver.counts("/ok").len(), 20);
    assert!(world.answers().await.iter().any(|answer| answer == "no answer in time" || answer == "-"));
}

#[tokio::test]
async fn tls_and_login_or_nothing_is_sent() {
    for tls in [MailTls::StartTls, MailTls::Implicit] {
        let world = World::with_mail_server().await;
        let server = MailServer::start(tls).await;
        told(&world, "ok@shop.example").await;
        // First one that trusts another authority, then the right one.
        let stranger = worker(&world, sender(&world, &server, tls, &world.receiver.ca));
        let begun = tokio::time::Instant::now();
        while !world.answers().await.iter().any(|answer| answer.contains("TLS")) {
            assert!(begun.elapsed() < Duration::from_secs(20), "{tls:?}: {:?}", world.answers().await);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        stranger.shutdown(Duration::from_secs(5)).await;
        assert_eq!((server.logins(), server.tries_of("ok@shop.example")), (0, 0), "{tls:?}");
        let worker = worker(&world, sender(&world, &server, tls, &server.ca));
        world.wait_for("delivered", 1).await;
        worker.shutdown(Duration::from_secs(5)).await;
        assert_eq!(server.logins(), 1, "{tls:?}");
        assert_eq!(server.mails("ok@shop.example").len(), 1, "{tls:?}");
    }
}
