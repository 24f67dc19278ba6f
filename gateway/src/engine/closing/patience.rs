//! How often a merchant on its way out is looked at: the longer it keeps something, the more rarely.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use merchants::MerchantId;

/// Not more rarely than this: some merchants wait for years for what nobody claims.
const RARELY: Duration = Duration::from_secs(60 * 60);
/// It waits for this part of the time for which it has been on its way as far as this gateway has seen: its end is late by no
/// greater part.
const PART: u32 = 60;

/// Who was seen on the way out, one entry each, in this gateway's memory: after a restart all are looked at often again.
#[derive(Debug, Default)]
pub(super) struct Patience {
    seen: HashMap<MerchantId, Seen>,
    round: u64,
}

#[derive(Debug)]
struct Seen {
    since: Instant,
    next: Instant,
    round: u64,
}

impl Patience {
    /// Those of the found ones that are to be looked at now. They stay so until [`Patience::keeps`] is said of them.
    pub(super) fn whose_turn(&mut self, found: &[MerchantId], now: Instant) -> Vec<MerchantId> {
        let mut turn = Vec::new();
        for merchant in found {
            let new = || Seen { since: now, next: now, round: self.round };
            let seen = self.seen.entry(*merchant).or_insert_with(new);
            seen.round = self.round;
            if seen.next <= now {
                turn.push(*merchant);
            }
        }
        turn
    }

    /// It was looked at, and is not empty.
    pub(super) fn keeps(&mut self, merchant: MerchantId, now: Instant) {
        if let Some(seen) = self.seen.get_mut(&merchant) {
            seen.next = now + wait(now - seen.since);
        }
    }

    /// Everybody who is on the way out was found: the others are closed, or frozen, and begin anew if they come back.
    pub(super) fn ends_a_round(&mut self) {
        self.seen.retain(|_, seen| seen.round == self.round);
        self.round += 1;
    }
}

fn wait(on_its_way: Duration) -> Duration {
    (on_its_way / PART).min(RARELY)
}

#[cfg(test)]
mod tests {
    use pg::Shard;

    use super::*;

    const PAUSE: Duration = Duration::from_secs(10);

    fn merchant() -> MerchantId {
        MerchantId::new(Shard::new(3).unwrap())
    }

    /// When one that never empties is looked at, in rounds of ten seconds.
    fn looks(rounds: u32) -> Vec<Duration> {
        let (mut patience, one, begin) = (Patience::default(), merchant(), Instant::now());
        let turns = (0..rounds).map(|round| PAUSE * round).filter(|at| {
            let turn = looked(&mut patience, &[one], begin + *at);
            patience.ends_a_round();
            !turn.is_empty()
        });
        turns.collect()
    }

    /// All whose turn it is keep something.
    fn looked(patience: &mut Patience, found: &[MerchantId], now: Instant) -> Vec<MerchantId> {
        let turn = patience.whose_turn(found, now);
        turn.iter().for_each(|merchant| patience.keeps(*merchant, now));
        turn
    }

    #[test]
    fn r38_one_that_keeps_something_is_looked_at_ever_more_rarely_and_never_forgotten() {
        let (hour, week) = (Duration::from_secs(3_600), 7 * 24 * 360);
        let looks = looks(week);
        assert_eq!(looks.iter().filter(|at| **at < hour / 6).count(), 60, "each round, for ten minutes");
        let of_the_last_day = looks.iter().filter(|at| **at >= hour * 144).count();
        assert!((22..=24).contains(&of_the_last_day), "{of_the_last_day} times, not 8,640");
        assert!(looks.len() < 1_000, "{} times in a week, not 60,480", looks.len());
        for pair in looks.windows(2) {
            let (between, late) = (pair[1] - pair[0], pair[0] / PART + PAUSE);
            assert!(between <= late.min(hour + PAUSE), "{between:?} after {:?}", pair[0]);
        }
    }

    #[test]
    fn r38_who_is_on_the_way_out_again_is_looked_at_at_once() {
        let (mut patience, begin) = (Patience::default(), Instant::now());
        let (goes, stays) = (merchant(), merchant());
        let later = begin + Duration::from_secs(86_400);
        assert_eq!(looked(&mut patience, &[goes, stays], begin), [goes, stays]);
        patience.ends_a_round();
        assert_eq!(looked(&mut patience, &[goes, stays], later), [goes, stays]);
        patience.ends_a_round();
        assert_eq!(looked(&mut patience, &[goes, stays], later + PAUSE), []);
        patience.ends_a_round();
        // One was frozen meanwhile.
        assert_eq!(looked(&mut patience, &[stays], later + 2 * PAUSE), []);
        patience.ends_a_round();
        assert_eq!(patience.seen.len(), 1, "nobody is remembered for ever");
        assert_eq!(looked(&mut patience, &[goes, stays], later + 3 * PAUSE), [goes]);
    }
    /// It was empty, and could not be closed now; or nobody could look.
    #[test]
    fn r38_who_was_found_empty_stays_next() {
        let (mut patience, one, begin) = (Patience::default(), merchant(), Instant::now());
        let later = begin + Duration::from_secs(86_400);
        assert_eq!(looked(&mut patience, &[one], begin), [one]);
        for round in 0..3 {
            assert_eq!(patience.whose_turn(&[one], later + PAUSE * round), [one]);
            patience.ends_a_round();
        }
    }
}
