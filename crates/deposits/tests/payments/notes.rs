//! What operators write down about a payment.

use deposits::{NewNote, PaymentId, add_note, notes};
use pg::Shard;
use privacy::{Keyring, Sensitive};

use crate::world::{World, stray, usd};

#[tokio::test]
async fn r7_r36_notes_are_kept_in_order_sealed_and_never_changed() {
    let world = World::start().await;
    let folder = tempfile::tempdir().unwrap();
    let keyring = Keyring::generate(&folder.path().join("keys.toml")).unwrap();
    let payment = world.take_in_one(stray("A", usd(50))).await.id;
    let words = ["Asked the remitter, Ms Li of 8335001234", "She sends the invoice"];
    let mut conn = world.db.pool.get().await.unwrap();
    for text in words {
        let tx = conn.begin().await.unwrap();
        let text = Sensitive::new(text.to_owned());
        let new = NewNote { payment, author: "op_1", text: &text, now: tx.now().await.unwrap() };
        add_note(&tx, &keyring, &new).await.unwrap();
        tx.commit().await.unwrap();
    }
    let read = notes(&conn, &keyring, payment, 10).await.unwrap();
    let texts: Vec<(&str, &str)> =
        read.iter().map(|note| (note.author.as_str(), note.text.reveal().as_str())).collect();
    assert_eq!(texts, [("op_1", words[0]), ("op_1", words[1])]);
    assert!(!format!("{read:?}").contains("Ms Li"), "R37");
    assert_eq!(notes(&conn, &keyring, payment, 1).await.unwrap().len(), 1);
    let other = PaymentId::new(Shard::new(1).unwrap());
    assert!(notes(&conn, &keyring, other, 10).await.unwrap().is_empty());
    let clear = "SELECT count(*) FROM payment_notes WHERE position('Ms Li'::bytea IN text_sealed) > 0";
    assert_eq!(world.count(clear).await, 0);
    for sql in ["UPDATE payment_notes SET author = 'x'", "DELETE FROM payment_notes"] {
        let refused = conn.batch_execute(sql).await.unwrap_err();
        assert_eq!(refused.code(), Some("42501"), "{sql}: {refused}");
    }
}
