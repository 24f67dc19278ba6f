//! How many requests there may be at once: those that are worked on, on each listener apart, and those that wait for
//! their body; and how many orders may be on their way into the database.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use merchants::MerchantId;
use merchants::orders::MAX_LINES;
use tokio::sync::{AcquireError, Notify, OwnedSemaphorePermit, Semaphore, SemaphorePermit};
use tokio::time::timeout;

use crate::config;
use crate::problem::{Problem, Refusal};
use crate::route::Listener;

/// By then, whoever was asked to make room has.
const A_MOMENT: Duration = Duration::from_secs(1);

/// Bodies that are read after their answer, at once.
const MOST_UNWANTED: usize = 256;

/// Orders on their way at once: two of the largest files. A lane carries out what waits in one transaction, and that
/// must not grow with the number of files: others wait for it, and no statement may take too long.
const MOST_ORDERS: usize = 2 * MAX_LINES;

/// How long a file waits until those before it are done.
const ORDERS_PATIENCE: Duration = Duration::from_secs(2);

/// Of a request that is worked on, where its listener has so many only.
pub type Place<'a> = Option<SemaphorePermit<'a>>;

/// The room for requests.
#[derive(Debug)]
pub struct Room {
    public: Semaphore,
    admin: Semaphore,
    bodies: Bodies,
    unwanted: Arc<Semaphore>,
    orders: Orders,
}

impl Room {
    /// As large as configured.
    pub fn new(config: &config::Server) -> Room {
        Room {
            public: Semaphore::new(config.max_requests),
            admin: Semaphore::new(config.admin_max_requests),
            bodies: Bodies::new(config.max_bodies),
            unwanted: Arc::new(Semaphore::new(MOST_UNWANTED)),
            orders: Orders::default(),
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

    /// Where files of orders wait for their turn.
    pub fn orders(&self) -> &Orders {
        &self.orders
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

/// Places for orders that merchants bring, as many as a file has. One merchant takes half of them at most: whatever it
/// sends, others find some.
#[derive(Debug)]
pub struct Orders {
    all: Arc<Semaphore>,
    /// Of each merchant with orders on their way.
    merchants: Mutex<HashMap<MerchantId, Weak<Semaphore>>>,
}

/// The places of a file, until it is done.
#[derive(Debug)]
pub struct OrdersPlace {
    _of_merchant: OwnedSemaphorePermit,
    _of_all: OwnedSemaphorePermit,
}

impl Default for Orders {
    fn default() -> Orders {
        Orders { all: Arc::new(Semaphore::new(MOST_ORDERS)), merchants: Mutex::default() }
    }
}

impl Orders {
    /// Places for a merchant's file, in the order in which they come; a file has at most [`MAX_LINES`].
    ///
    /// # Errors
    /// `overloaded` where those before it take too long.
    pub async fn place(&self, merchant: MerchantId, orders: usize) -> Result<OrdersPlace, Refusal> {
        let orders = u32::try_from(orders.min(MAX_LINES)).unwrap_or(u32::MAX);
        let own = self.of_merchant(merchant);
        let both = async {
            let of_merchant = own.acquire_many_owned(orders).await?;
            let of_all = self.all.clone().acquire_many_owned(orders).await?;
            Ok(OrdersPlace { _of_merchant: of_merchant, _of_all: of_all })
        };
        match timeout(ORDERS_PATIENCE, both).await {
            Ok(Ok::<_, AcquireError>(place)) => Ok(place),
            _ => Err(Refusal::new(
                Problem::Overloaded,
                "too many orders are on their way; nothing was imported",
            )),
        }
    }

    fn of_merchant(&self, merchant: MerchantId) -> Arc<Semaphore> {
        let mut merchants = self.merchants.lock().unwrap_or_else(PoisonError::into_inner);
        merchants.retain(|_, places| places.strong_count() > 0);
        if let Some(places) = merchants.get(&merchant).and_then(Weak::upgrade) {
            return places;
        }
        let places = Arc::new(Semaphore::new(MAX_LINES));
        merchants.insert(merchant, Arc::downgrade(&places));
        places
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

    fn merchant() -> MerchantId {
        MerchantId::new(pg::Shards::new(16).of(&[b"a merchant"]))
    }

    #[tokio::test]
    async fn one_merchants_orders_wait_for_each_other_and_leave_room_for_anothers() {
        let orders = Orders::default();
        let (flood, other) = (merchant(), merchant());
        let first = orders.place(flood, MAX_LINES).await.expect("a place");
        assert_eq!(orders.place(flood, 1).await.expect_err("none").problem, Problem::Overloaded);
        let small: Vec<_> = futures_util::future::join_all((0..100).map(|_| orders.place(other, 100))).await;
        assert!(small.iter().all(Result::is_ok), "as many small files as one large one");
        let waits = orders.place(flood, MAX_LINES);
        let (second, ()) = tokio::join!(waits, async { drop(first) });
        drop((second.expect("the first one's place"), small));
        assert_eq!(orders.all.available_permits(), MOST_ORDERS, "all is given back");
        drop(orders.place(other, 1).await.expect("a place"));
        assert!(orders.merchants.lock().expect("no panic").len() == 1, "nothing is kept of who has gone");
    }

    #[tokio::test]
    async fn a_file_for_which_there_is_no_room_in_time_is_refused_and_keeps_nothing() {
        let orders = Orders::default();
        let (one, two, three) = (merchant(), merchant(), merchant());
        let places = [orders.place(one, MAX_LINES).await, orders.place(two, MAX_LINES).await];
        assert_eq!(orders.place(three, 1).await.expect_err("none").problem, Problem::Overloaded);
        drop(places);
        drop(orders.place(three, MAX_LINES).await.expect("a place"));
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
