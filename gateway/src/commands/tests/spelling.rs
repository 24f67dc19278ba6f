//! R33: another person, not merely another spelling.

use std::sync::Arc;

use super::world::{World, approve, operate};
use crate::commands::{Action, Command};

#[tokio::test]
async fn r33_who_asked_is_the_same_person_however_its_name_is_written_since() {
    let world = World::new().await;
    let merchant = world.merchant;
    let frozen =
        world.one(operate(Action::FreezeMerchant { merchant, legal_reference: None, until: None })).await;
    assert_eq!(frozen.0, 200, "{frozen:?}");
    let asked = world.ask(Action::UnfreezeMerchant { merchant }).await;
    for person in ["op_ada", "OP_ADA", " op_Ada"] {
        let mut own = approve(asked);
        if let Command::Decide(decide) = &mut own {
            decide.operator.person = Arc::from(person);
        }
        let (status, refused) = world.one(own).await;
        assert_eq!((status, refused["code"].as_str()), (403, Some("forbidden")), "{person}: {refused}");
    }
    assert_eq!(world.one(approve(asked)).await.0, 200, "another one may");
}
