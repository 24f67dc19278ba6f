//! Whose key it is: one question to the database for all who ask while another one is under way. An answer is never older than
//! its request, so a user who is frozen or deleted is known as such at once.

use std::time::Duration;

use merchants::{ApiKey, Caller};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::problem::{Problem, Refusal};

/// So many keys go into one question.
const MOST: usize = 256;
/// A question that takes longer keeps nobody from the next one.
const SOON: Duration = Duration::from_millis(20);

type Found = Result<Option<Caller>, Refusal>;

struct Login {
    key: ApiKey,
    answer: oneshot::Sender<Found>,
}

/// Asks for users by their keys.
#[derive(Debug)]
pub struct Logins(mpsc::Sender<Login>);

impl Logins {
    /// Asks through this pool until it is dropped; `most` may wait, in `questions` at once where the database is slow: more of
    /// them than the pool has connections, so that who waits for one is counted there.
    pub fn start(pool: pg::Pool, most: usize, questions: usize) -> Logins {
        let (logins, waiting) = mpsc::channel(most.max(1));
        tokio::spawn(answer(pool, waiting, questions.max(1)));
        Logins(logins)
    }

    /// The user with this key, or none.
    ///
    /// # Errors
    /// `overloaded` at once, `ledger-unavailable` within the pool's deadlines.
    pub async fn caller(&self, key: ApiKey) -> Found {
        let (answer, found) = oneshot::channel();
        self.0.try_send(Login { key, answer }).map_err(|error| match error {
            TrySendError::Full(_) => Refusal::new(Problem::Overloaded, "too much is waiting; try again"),
            TrySendError::Closed(_) => unanswered(),
        })?;
        found.await.map_err(|_| unanswered())?
    }
}

fn unanswered() -> Refusal {
    Refusal::new(Problem::LedgerUnavailable, "nobody could look for the user of this key")
}

async fn answer(pool: pg::Pool, mut waiting: mpsc::Receiver<Login>, questions: usize) {
    let mut under_way = JoinSet::new();
    loop {
        while under_way.len() >= questions {
            ended(under_way.join_next().await);
        }
        let mut logins = Vec::with_capacity(MOST);
        if waiting.recv_many(&mut logins, MOST).await == 0 {
            break;
        }
        under_way.spawn(ask(pool.clone(), logins));
        // Meanwhile others gather.
        if let Ok(done) = timeout(SOON, under_way.join_next()).await {
            ended(done);
        }
    }
    while let Some(done) = under_way.join_next().await {
        ended(Some(done));
    }
}

/// Its callers were refused when it ended.
fn ended(question: Option<Result<(), tokio::task::JoinError>>) {
    if let Some(Err(error)) = question {
        tracing::error!(%error, "a look for users ended abnormally");
    }
}

async fn ask(pool: pg::Pool, mut logins: Vec<Login>) {
    // Whoever went away meanwhile needs no answer.
    logins.retain(|login| !login.answer.is_closed());
    match look_up(&pool, &logins).await {
        Ok(found) => {
            for (login, own) in logins.into_iter().zip(found) {
                let _gone = login.answer.send(own);
            }
        }
        Err(refusal) => {
            for login in logins {
                let _gone = login.answer.send(Err(refusal.clone()));
            }
        }
    }
}

async fn look_up(pool: &pg::Pool, logins: &[Login]) -> Result<Vec<Found>, Refusal> {
    if logins.is_empty() {
        return Ok(Vec::new());
    }
    let conn = pool.get().await?;
    let keys: Vec<&ApiKey> = logins.iter().map(|login| &login.key).collect();
    let found = merchants::authenticate(&conn, &keys).await?;
    Ok(found.into_iter().map(|own| own.map_err(Refusal::from)).collect())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use merchants::{
        MerchantId, MerchantKind, MerchantState, NewMerchant, UserId, insert_merchant, insert_user,
    };
    use privacy::Keyring;

    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn r41_many_who_ask_at_once_are_each_told_of_themselves() {
        let db = testkit::database(&[merchants::MIGRATIONS]).await;
        let conn = db.pool.get().await.expect("a connection");
        let folder = tempfile::tempdir().expect("a folder");
        let keyring = Keyring::generate(&folder.path().join("keys")).expect("keys");
        let merchant = MerchantId::new(pg::Shard::new(3).expect("a shard"));
        let (kind, state) = (MerchantKind::Enterprise, MerchantState::Active);
        let new = NewMerchant { id: merchant, kind, state, name: "Bright", email: "owner@bright.example" };
        insert_merchant(&conn, &keyring, &new).await.expect("a merchant");
        let mut keys = Vec::new();
        for place in 0..600 {
            let (user, key) = (UserId::new(merchant.shard()), ApiKey::generate().expect("a key"));
            let known = place % 3 > 0;
            if known {
                insert_user(&conn, user, merchant, "till", &key).await.expect("a user");
            }
            keys.push((key, known.then_some(user)));
        }
        let logins = Logins::start(db.pool.clone(), keys.len(), 2);
        let asking = keys.iter().map(|(key, _)| logins.caller(key.clone()));
        let found = futures_util::future::join_all(asking).await;
        for ((_, user), found) in keys.iter().zip(found) {
            assert_eq!(found.expect("an answer").map(|caller| caller.user), *user);
        }
    }

    #[tokio::test]
    async fn r41_nobody_is_taken_for_anybody_while_the_database_is_away() {
        let nowhere = "postgres://nobody@127.0.0.1:1/none";
        let settings = pg::PoolSettings { wait: Duration::from_millis(300), ..pg::PoolSettings::default() };
        let logins = Logins::start(pg::Pool::open(nowhere, settings).expect("a pool"), 1, 1);
        let refused = logins.caller(ApiKey::generate().expect("a key")).await.expect_err("no answer");
        assert_eq!(refused.problem, Problem::LedgerUnavailable);
        let full = futures_util::future::join(
            logins.caller(ApiKey::generate().expect("a key")),
            logins.caller(ApiKey::generate().expect("a key")),
        );
        let (first, second) = full.await;
        assert_eq!(first.expect_err("no answer").problem, Problem::LedgerUnavailable);
        assert_eq!(second.expect_err("no room").problem, Problem::Overloaded);
    }
}
