//! What happened to one thing, first to last, from everything that wrote something down about it.
//!
//! The book's transfers have no index by their cause: they are looked for in the batches of the moments at which something happened.

use std::collections::{BTreeSet, HashMap};

use admin_api::TimelineEntry;
use ledger::{AccountKey, AccountKind, Layout};
use payouts::Payout;
use pg::{Connection, Shard};
use serde_json::Value;
use time::OffsetDateTime;
use uuid::Uuid;

use super::accounts;
use crate::commands::rfc3339;
use crate::problem::{self, Refusal};

/// Entries of the audit trail about one subject, the newest.
const MOST_AUDITED: i64 = 200;
/// Moments at which the book is looked at: the first ones and the last ones of more.
const MOST_MOMENTS: usize = 500;
/// Transfers that one timeline shows.
const MOST_BOOKED: i64 = 500;

/// Entries in the order of their times; of equal ones the first that was added comes first.
#[derive(Debug, Default)]
pub struct Timeline {
    entries: Vec<(OffsetDateTime, TimelineEntry)>,
    /// Something is left out, since there was too much of it.
    truncated: bool,
}

impl Timeline {
    /// Adds what happened, without personal data.
    pub fn add(&mut self, at: OffsetDateTime, kind: &str, id: String, text: String) {
        let entry = TimelineEntry { at: rfc3339(at), kind: kind.to_owned(), id, text };
        self.entries.push((at, entry));
    }

    /// Adds a payout and all that was asked and heard about it.
    ///
    /// # Errors
    /// The database's.
    pub async fn add_payout(&mut self, conn: &Connection, payout: &Payout) -> Result<(), Refusal> {
        let (amount, id) = (payout.amount, payout.id.to_string());
        let currency = amount.currency().code();
        let text = format!("attempt {}: {amount} {currency} through {}", payout.attempt, payout.bank);
        self.add(payout.created_at, "payout", id.clone(), text);
        for line in payouts::evidence(conn, payout.id).await? {
            self.add(line.at, &line.source, id.clone(), line.text);
        }
        self.add_audit(conn, &id, &[]).await
    }

    /// Adds what the audit trail says of a subject, but for these actions.
    ///
    /// # Errors
    /// The database's.
    pub async fn add_audit(&mut self, conn: &Connection, subject: &str, but: &[&str]) -> Result<(), Refusal> {
        let mut rows = audit::list(conn, Some(subject), None, MOST_AUDITED + 1).await?;
        self.truncated |= cut(&mut rows, MOST_AUDITED);
        rows.reverse();
        for entry in rows.into_iter().map(|row| row.entry) {
            if !but.contains(&entry.action.as_str()) {
                let text = format!("{} by {}: {}", entry.action, entry.actor, entry.reason);
                self.add(entry.at, "audit", entry.subject, text);
            }
        }
        Ok(())
    }

    /// Adds what was booked at the moments that are in it by now, in these shards and for these causes, each an id and how it is
    /// written: every leg that moves money, whosever the accounts are.
    ///
    /// # Errors
    /// The database's.
    pub async fn add_booked(
        &mut self,
        conn: &Connection,
        layout: Layout,
        shards: &BTreeSet<Shard>,
        causes: &HashMap<Uuid, String>,
    ) -> Result<(), Refusal> {
        let (shards, ids) = (Vec::from_iter(shards.iter().copied()), Vec::from_iter(causes.keys().copied()));
        let moments = self.moments();
        let mut found = ledger::booked_for(conn, layout, &shards, &moments, &ids, MOST_BOOKED + 1).await?;
        self.truncated |= cut(&mut found, MOST_BOOKED);
        let mut names: HashMap<AccountKey, String> = HashMap::new();
        for shard in shards {
            let keys = found.iter().flat_map(|one| [one.debit, one.credit]);
            let of_shard: BTreeSet<Uuid> = keys.filter(|key| key.shard == shard).map(|key| key.id).collect();
            let rows = ledger::accounts_in(conn, shard, &Vec::from_iter(of_shard)).await?;
            names.extend(rows.iter().map(|row| (row.key, accounts::name(row))));
        }
        let name = |key: AccountKey| names.get(&key).cloned().unwrap_or_else(|| key.to_string());
        // What passes between shards leaves the one before it comes into the other.
        found.sort_by_key(|one| (one.posted_at, name(one.debit) == AccountKind::Intershard.as_str()));
        for one in found.iter().filter(|one| one.kind.moves_money()) {
            let (amount, currency) = (one.amount, one.amount.currency().code());
            let (debit, credit, kind) = (name(one.debit), name(one.credit), one.kind.as_str());
            let text = format!("{amount} {currency} from {debit} to {credit} ({kind})");
            self.add(one.posted_at, "transfer", causes.get(&one.cause).cloned().unwrap_or_default(), text);
        }
        Ok(())
    }

    /// When something happened, each moment once.
    fn moments(&mut self) -> Vec<OffsetDateTime> {
        let distinct: BTreeSet<OffsetDateTime> = self.entries.iter().map(|(at, _)| *at).collect();
        let mut moments = Vec::from_iter(distinct);
        if moments.len() > MOST_MOMENTS {
            self.truncated = true;
            moments.drain(MOST_MOMENTS / 2..moments.len() - MOST_MOMENTS / 2);
        }
        moments
    }

    /// All of them, in order, and whether anything is left out.
    pub fn finish(mut self) -> (Vec<TimelineEntry>, bool) {
        self.entries.sort_by_key(|(at, _)| *at);
        (self.entries.into_iter().map(|(_, entry)| entry).collect(), self.truncated)
    }

    /// The same as members of an answer.
    ///
    /// # Errors
    /// `internal`, for what can't be JSON.
    pub fn tell(self, answer: &mut Value) -> Result<(), Refusal> {
        let (entries, truncated) = self.finish();
        answer["timeline"] = serde_json::to_value(entries).map_err(|error| problem::internal(&error))?;
        answer["timeline_truncated"] = truncated.into();
        Ok(())
    }
}

/// Leaves the first so many; whether there were more.
fn cut<T>(rows: &mut Vec<T>, most: i64) -> bool {
    let most = usize::try_from(most).unwrap_or_default();
    let there_were_more = rows.len() > most;
    rows.truncate(most);
    there_were_more
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_very_many_moments_the_first_and_the_last_are_looked_at() {
        let mut timeline = Timeline::default();
        let at = |second| OffsetDateTime::UNIX_EPOCH + time::Duration::seconds(second);
        for second in (0..600).chain(0..600) {
            timeline.add(at(second), "query", String::new(), String::new());
        }
        let moments = timeline.moments();
        assert!(timeline.truncated, "and it says so");
        assert_eq!(moments.len(), 500);
        assert_eq!(
            (moments[0], moments[249], moments[250], moments[499]),
            (at(0), at(249), at(350), at(599))
        );
    }

    #[test]
    fn up_to_so_many_nothing_is_left_out() {
        let mut timeline = Timeline::default();
        for second in 0..500 {
            let at = OffsetDateTime::UNIX_EPOCH + time::Duration::seconds(second);
            timeline.add(at, "query", String::new(), String::new());
        }
        assert_eq!((timeline.moments().len(), timeline.truncated), (500, false));
        let (mut all, mut more) = (vec![1, 2, 3], vec![1, 2, 3, 4]);
        assert_eq!((cut(&mut all, 3), cut(&mut more, 3)), (false, true));
        assert_eq!((all, more), (vec![1, 2, 3], vec![1, 2, 3]));
    }

    #[test]
    fn what_happened_at_one_moment_stays_in_the_order_in_which_it_was_added() {
        let mut timeline = Timeline::default();
        let at = |second| OffsetDateTime::UNIX_EPOCH + time::Duration::seconds(second);
        for (second, kind) in [(2, "payout"), (1, "submitted"), (2, "worker"), (1, "quote_used")] {
            timeline.add(at(second), kind, String::new(), String::new());
        }
        let kinds: Vec<String> = timeline.finish().0.into_iter().map(|entry| entry.kind).collect();
        assert_eq!(kinds, ["submitted", "quote_used", "payout", "worker"]);
    }
}
