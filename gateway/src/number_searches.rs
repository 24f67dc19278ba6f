//! How often one person may search by account numbers (R35). Each search is a guess at what a mask hides: who may ask without end
//! has, in some weeks, the numbers that nobody has shown him.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Searches at once, after a pause.
const AT_ONCE: u32 = 30;
/// So long lasts one: thirty a minute.
const EACH: Duration = Duration::from_secs(2);

/// What each person has left, of this gateway alone: with several gateways it is so many times as much.
#[derive(Debug, Default)]
pub struct NumberSearches {
    /// Persons who have searched in the last minute, each with when all of the searches will be there again. Who is not here has all.
    full_at: Mutex<HashMap<String, Instant>>,
}

impl NumberSearches {
    /// Takes one search of a person's, whichever of the tokens it came with.
    ///
    /// # Errors
    /// After how long there will be one again. Asking before costs nothing.
    pub fn take(&self, person: &str, now: Instant) -> Result<(), Duration> {
        let mut full_at = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        full_at.retain(|_, at| *at > now);
        let at = taken(full_at.get(person).copied(), now)?;
        full_at.insert(person.to_owned(), at);
        Ok(())
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
    fn through(searches: &NumberSearches, person: &str, now: Instant, asked: u32) -> usize {
        (0..asked).filter(|_| searches.take(person, now).is_ok()).count()
    }

    #[test]
    fn r35_thirty_at_once_then_one_each_two_seconds_and_a_pause_gives_them_back() {
        let (searches, start) = (NumberSearches::default(), Instant::now());
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
        let (searches, start) = (NumberSearches::default(), Instant::now());
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
        let (searches, start) = (NumberSearches::default(), Instant::now());
        assert_eq!(through(&searches, "li", start, 40), 30);
        assert_eq!(through(&searches, "wang", start, 3), 3);
        assert_eq!(searches.full_at.lock().unwrap().len(), 2);
        let later = start + Duration::from_secs(6);
        assert_eq!(through(&searches, "chen", later, 1), 1);
        let known = searches.full_at.lock().unwrap();
        assert!(!known.contains_key("wang") && known.contains_key("li") && known.len() == 2, "{known:?}");
    }
}
