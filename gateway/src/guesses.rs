//! How often one person may ask what a mask hides (R35): by searches for whole account numbers, names and e-mail addresses, and by
//! entering what may be another merchant's already. Each is a guess: who may ask without end has, in some weeks, what nobody has
//! shown him.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Guesses at once, after a pause.
const AT_ONCE: u32 = 30;
/// So long lasts one: thirty a minute.
const EACH: Duration = Duration::from_secs(2);

/// Of each kind of guess its own, so that one kind of work is not in the other's way.
#[derive(Debug, Default)]
pub struct Guesses {
    /// Searches by account number, or the end of one.
    pub numbers: Bucket,
    /// Searches by a whole name or e-mail address.
    pub names: Bucket,
    /// E-mail addresses, mobile numbers and documents' numbers that were entered and refused: they are another merchant's, or are
    /// not the merchant's own.
    pub marks: Bucket,
}

/// What each person has left, of this gateway alone: with several gateways it is so many times as much.
#[derive(Debug, Default)]
pub struct Bucket {
    /// Persons who have guessed in the last minute. Who is not here has all.
    persons: Mutex<HashMap<String, Person>>,
    hasher: RandomState,
}

#[derive(Debug, Clone, Copy)]
struct Person {
    /// When all of the guesses will be there again.
    full_at: Instant,
    /// What the last one was, as a hash.
    last: Option<u64>,
}

impl Bucket {
    /// Takes one guess of a person's, whichever of the tokens it came with.
    ///
    /// # Errors
    /// After how long there will be one again. Asking before costs nothing.
    pub fn take(&self, person: &str, now: Instant) -> Result<(), Duration> {
        self.take_one(person, None, now)
    }

    /// The same for what is sought. What the person sought the last time is no new guess: another page of it, or a screen that is kept
    /// fresh, takes nothing.
    ///
    /// # Errors
    /// As [`Bucket::take`].
    pub fn take_for(&self, person: &str, sought: &str, now: Instant) -> Result<(), Duration> {
        self.take_one(person, Some(self.hasher.hash_one(sought)), now)
    }

    fn take_one(&self, person: &str, what: Option<u64>, now: Instant) -> Result<(), Duration> {
        let mut persons = self.persons.lock().unwrap_or_else(PoisonError::into_inner);
        persons.retain(|_, left| left.full_at > now);
        let left = persons.get(person).copied();
        if what.is_some() && left.is_some_and(|left| left.last == what) {
            return Ok(());
        }
        let full_at = taken(left.map(|left| left.full_at), now)?;
        persons.insert(person.to_owned(), Person { full_at, last: what });
        Ok(())
    }

    /// Gives back one that was taken for nothing: it told the person nothing. Never more than were taken.
    pub fn give_back(&self, person: &str) {
        let mut persons = self.persons.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(left) = persons.get_mut(person) {
            left.full_at = left.full_at.checked_sub(EACH).unwrap_or(left.full_at);
        }
    }
}

/// When all will be there again, after one was taken from what is full at `full_at`.
fn taken(full_at: Option<Instant>, now: Instant) -> Result<Instant, Duration> {
    let at = full_at.map_or(now, |at| at.max(now)) + EACH;
    match (at - now).checked_sub(EACH * AT_ONCE) {
        Some(over) if !over.is_zero() => Err(over),
        _ => Ok(at),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many of `asked` searches at this moment are let through.
    fn through(searches: &Bucket, person: &str, now: Instant, asked: u32) -> usize {
        (0..asked).filter(|_| searches.take(person, now).is_ok()).count()
    }

    #[test]
    fn r35_thirty_at_once_then_one_each_two_seconds_and_a_pause_gives_them_back() {
        let (searches, start) = (Bucket::default(), Instant::now());
        let at = |seconds: f64| start + Duration::from_secs_f64(seconds);
        assert_eq!(through(&searches, "li", at(0.0), 100), 30);
        assert_eq!(searches.take("li", at(0.0)), Err(Duration::from_secs(2)));
        assert_eq!(searches.take("li", at(1.5)), Err(Duration::from_millis(500)));
        assert_eq!(through(&searches, "li", at(1.999), 5), 0, "refusals cost nothing, and give nothing");
        assert_eq!(through(&searches, "li", at(2.0), 5), 1);
        assert_eq!(through(&searches, "li", at(12.0), 50), 5);
        assert_eq!(through(&searches, "li", at(71.9), 50), 29);
        assert_eq!(through(&searches, "li", at(10_000.0), 50), 30, "never more than thirty at once");
    }

    #[test]
    fn r35_in_no_minute_are_there_more_than_sixty() {
        let (searches, start) = (Bucket::default(), Instant::now());
        let tenths = (0..3000).map(|n| start + Duration::from_millis(100 * n));
        let times: Vec<Instant> = tenths.filter(|now| searches.take("li", *now).is_ok()).collect();
        for from in &times {
            let until = *from + Duration::from_secs(60);
            assert!(times.iter().filter(|at| *at >= from && **at < until).count() <= 60);
        }
        // 300 seconds: thirty, and one each two seconds.
        assert_eq!(times.len(), 30 + 149);
    }

    #[test]
    fn r35_one_person_takes_nothing_from_another_and_nobody_is_remembered_for_long() {
        let (searches, start) = (Bucket::default(), Instant::now());
        assert_eq!(through(&searches, "li", start, 40), 30);
        assert_eq!(through(&searches, "wang", start, 3), 3);
        assert_eq!(searches.persons.lock().unwrap().len(), 2);
        let later = start + Duration::from_secs(6);
        assert_eq!(through(&searches, "chen", later, 1), 1);
        let known = searches.persons.lock().unwrap();
        assert!(!known.contains_key("wang") && known.contains_key("li") && known.len() == 2, "{known:?}");
    }

    #[test]
    fn r35_the_same_again_is_no_new_guess() {
        let (searches, start) = (Bucket::default(), Instant::now());
        let asked = |sought: &str| searches.take_for("li", sought, start).is_ok();
        assert!((0..100).all(|_| asked("Wang Fang")));
        assert_eq!((0..100).filter(|n| asked(&format!("Wang {n}"))).count(), 29);
        assert!(asked("Wang 28") && !asked("Wang Fang"), "the last one only");
        assert!(!asked("Wang 99") && asked("Wang 28"), "a refusal is not what was sought");
        assert!(searches.take_for("chen", "Wang Fang", start).is_ok(), "each person's own");
        // By turns each is a new one.
        let turns = (0..100).filter(|n| searches.take_for("wu", ["a", "b"][n % 2], start).is_ok());
        assert_eq!(turns.count(), 30 + 35, "the last that was let through is free");
    }

    #[test]
    fn r35_what_told_nothing_is_given_back_and_no_more() {
        let (guesses, start) = (Bucket::default(), Instant::now());
        for _ in 0..100 {
            assert_eq!(guesses.take("li", start), Ok(()));
            guesses.give_back("li");
        }
        assert_eq!(through(&guesses, "li", start, 40), 30, "as if nobody had asked");
        guesses.give_back("li");
        guesses.give_back("wang");
        assert_eq!((through(&guesses, "li", start, 40), through(&guesses, "wang", start, 40)), (1, 30));
        // Given back after they had come back by themselves.
        let later = start + Duration::from_secs(100);
        assert_eq!(guesses.take("li", later), Ok(()));
        (0..5).for_each(|_| guesses.give_back("li"));
        assert_eq!(through(&guesses, "li", later, 40), 30);
    }
}
