//! Heads that were written out earlier: each must lie on its chain. There may be one for each minute of a year.

use crate::heads::Head;

/// By chain, then by place, each once.
pub(super) fn in_order(known: &[Head]) -> Vec<Head> {
    let mut heads = known.to_vec();
    heads.sort_unstable_by_key(|head| (head.chain, head.seq, head.hash));
    heads.dedup();
    heads
}

/// The chains of heads, in order, that a book of so many chains has not.
pub(super) fn strangers(known: &[Head], chains: i16) -> Vec<i16> {
    let mut strange: Vec<i16> = known.iter().map(|head| head.chain).collect();
    strange.dedup();
    strange.retain(|chain| !(0..chains).contains(chain));
    strange
}

/// The heads of one chain that a walk has not come to yet.
pub(super) struct Known<'a> {
    rest: &'a [Head],
    /// One that is not on the chain was named: those behind it follow from it, so they are not either.
    named: bool,
}

impl Known<'_> {
    /// Those of a chain, out of heads in order.
    pub(super) fn of(known: &[Head], chain: i16) -> Known<'_> {
        let (first, end) = (
            known.partition_point(|head| head.chain < chain),
            known.partition_point(|head| head.chain <= chain),
        );
        Known { rest: &known[first..end], named: false }
    }

    /// The walk has come to `here`: what was written out and lies no further is right here, or it is not there. All hashes of
    /// one place count, since two of them are a breach by themselves.
    pub(super) fn pass(&mut self, here: &Head, breaches: &mut Vec<String>) {
        while let Some((first, rest)) = self.rest.split_first().filter(|(first, _)| first.seq <= here.seq) {
            self.rest = rest;
            if first == here || self.named {
                continue;
            }
            self.named = true;
            let what = if first.seq == here.seq {
                "is not the one that was written out"
            } else {
                "was written out and is not there"
            };
            breaches.push(format!("I7: chain {}: seal {} {what}", here.chain, first.seq));
        }
    }

    /// The last of those that lie behind the chain's end.
    pub(super) fn behind(&self, end: &Head) -> Option<String> {
        let last = self.rest.last()?;
        Some(format!("I7: chain {} ends at {}, but {} was written out", end.chain, end.seq, last.seq))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(chain: i16, seq: i64, hash: u8) -> Head {
        Head { chain, seq, hash: [hash; 32] }
    }

    /// What is said of chain 1, whose seals are 1 to 4 but for the third, each with its number for a hash.
    fn said(known: &[Head]) -> Vec<String> {
        let (known, mut breaches) = (in_order(known), Vec::new());
        let mut of_chain = Known::of(&known, 1);
        let end = head(1, 4, 4);
        for here in [head(1, 0, 0), head(1, 1, 1), head(1, 2, 2), end] {
            of_chain.pass(&here, &mut breaches);
        }
        breaches.extend(of_chain.behind(&end));
        breaches
    }

    #[test]
    fn i7_heads_lie_on_their_chain_or_the_first_that_does_not_is_named() {
        assert_eq!(said(&[]), Vec::<String>::new());
        let others = [head(0, 2, 9), head(2, 2, 9)];
        assert_eq!(
            said(&[others[0], head(1, 4, 4), head(1, 2, 2), head(1, 2, 2), others[1]]),
            Vec::<String>::new()
        );
        assert_eq!(
            said(&[head(1, 3, 3), head(1, 4, 4)]),
            ["I7: chain 1: seal 3 was written out and is not there"]
        );
        for known in [[head(1, 2, 2), head(1, 2, 9)], [head(1, 4, 9), head(1, 2, 9)]] {
            assert_eq!(said(&known), ["I7: chain 1: seal 2 is not the one that was written out"]);
        }
        assert_eq!(said(&[head(1, 6, 6), head(1, 9, 9)]), ["I7: chain 1 ends at 4, but 9 was written out"]);
    }

    #[test]
    fn i7_chains_that_the_book_has_not_are_named_once() {
        let known = in_order(&[head(4, 2, 2), head(-1, 1, 1), head(3, 9, 9), head(4, 1, 1)]);
        assert_eq!(strangers(&known, 4), [-1, 4]);
    }
}
