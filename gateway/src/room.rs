//! How many requests there may be at once: those that are worked on, on each listener apart, and those that wait for their body.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, SemaphorePermit};
use tokio::time::timeout;

use crate::config;
use crate::problem::{Problem, Refusal};
use crate::route::Listener;

/// By then, whoever was asked to make room has.
const A_MOMENT: Duration = Duration::from_secs(1);

/// Bodies that are read after their answer, at once.
const MOST_UNWANTED: usize = 256;

/// Of a request that is worked on, where its listener has so many only.
pub type Place<'a> = Option<SemaphorePermit<'a>>;

/// The room for requests.
#[derive(Debug)]
pub struct Room {
    public: Semaphore,
    admin: Semaphore,
    bodies: Bodies,
    unwanted: Arc<Semaphore>,
}

impl Room {
    /// As large as configured.
    pub fn new(config: &config::Server) -> Room {
        Room {
            public: Semaphore::new(config.max_requests),
            admin: Semaphore::new(config.admin_max_requests),
            bodies: Bodies::new(config.max_bodies),
            unwanted: Arc::new(Semaphore::new(MOST_UNWANTED)),
        }
    }

    /// A place for the time of a request's work; probes and Prometheus need none.
    ///
    /// # Errors
    /// `overloaded`, at once.
    pub fn work(&self, listener: Listener) -> Result<Place<'_>, Refusal> {
        let places = match listener {
            Listener::Metrics => return Ok(None),
            Listener::Public => &self.public,
            Listener::Admin => &self.admin,
        };
        let place = places.try_acquire();
        place.map(Some).map_err(|_| Refusal::new(Problem::Overloaded, "too many requests at once"))
    }

    /// Where requests of this listener wait for their body. Operators, who are known before, keep their place of work meanwhile.
    pub fn bodies(&self, listener: Listener) -> Option<&Bodies> {
        (listener == Listener::Public).then_some(&self.bodies)
    }

    /// A place for reading a body that nobody wants, after the answer; none where that is done for enough of them.
    pub fn unwanted(&self) -> Option<OwnedSemaphorePermit> {
        self.unwanted.clone().try_acquire_owned().ok()
    }

    /// How many more requests may be worked on.
    #[cfg(test)]
    pub fn left(&self, listener: Listener) -> usize {
        if listener == Listener::Public { &self.public } else { &self.admin }.available_permits()
    }
}

/// Places for requests whose body is on its way. Anyone may begin a body and never end it, so who comes when all places are
/// taken gets the place of whoever has waited longest: slow ones go first, and a body that comes soon finds a place whatever
/// strangers do.
#[derive(Debug)]
pub struct Bodies {
    places: Semaphore,
    /// Those who wait for their body, in the order in which they came.
    crowded: Notify,
}

impl Bodies {
    fn new(places: usize) -> Bodies {
        Bodies { places: Semaphore::new(places), crowded: Notify::new() }
    }

    /// A place: at once where one is free, else as soon as somebody has made room.
    ///
    /// # Errors
    /// `overloaded` where nobody has.
    pub async fn place(&self) -> Result<SemaphorePermit<'_>, Refusal> {
        if let Ok(place) = self.places.try_acquire() {
            return Ok(place);
        }
        self.crowded.notify_one();
        match timeout(A_MOMENT, self.places.acquire()).await {
            Ok(Ok(place)) => Ok(place),
            _ => Err(crowded()),
        }
    }

    /// Waits until it is one's turn to make room: longest first, and only while there is no other place.
    pub async fn turn_to_leave(&self) -> Refusal {
        loop {
            self.crowded.notified().await;
            if self.left() == 0 {
                return crowded();
            }
        }
    }

    /// How many places are free.
    pub fn left(&self) -> usize {
        self.places.available_permits()
    }
}

fn crowded() -> Refusal {
    Refusal::new(Problem::Overloaded, "too many requests wait for their body at once")
}

#[cfg(test)]
mod tests {
    use tokio::task::{JoinHandle, yield_now};

    use super::*;

    /// Takes a place and keeps it until it is asked to leave.
    async fn slow(bodies: &Arc<Bodies>) -> JoinHandle<Refusal> {
        let own = bodies.clone();
        let task = tokio::spawn(async move {
            let _place = own.place().await.expect("a place");
            own.turn_to_leave().await
        });
        yield_now().await;
        task
    }

    #[tokio::test]
    async fn who_has_waited_longest_makes_room_and_nobody_else_does() {
        let bodies = Arc::new(Bodies::new(2));
        let (first, second) = (slow(&bodies).await, slow(&bodies).await);
        assert_eq!(bodies.left(), 0);
        let place = bodies.place().await.expect("the first one's place");
        assert_eq!(first.await.expect("no panic").problem, Problem::Overloaded);
        assert!(!second.is_finished());
        drop(place);
        assert_eq!(bodies.left(), 1);
        // As long as there is one, nobody is asked.
        drop(bodies.place().await.expect("the free place"));
        yield_now().await;
        assert!(!second.is_finished());
    }

    #[tokio::test]
    async fn where_nobody_makes_room_the_next_is_refused_and_later_nobody_leaves_for_it() {
        let bodies = Arc::new(Bodies::new(1));
        let working = bodies.place().await.expect("the place");
        assert_eq!(bodies.place().await.expect_err("none").problem, Problem::Overloaded);
        drop(working);
        let two = Arc::new(Bodies::new(2));
        two.crowded.notify_one();
        let calm = slow(&two).await;
        yield_now().await;
        assert!(!calm.is_finished(), "there is another place");
    }
}
