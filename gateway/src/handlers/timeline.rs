//! What happened to one thing, first to last, from everything that wrote something down about it.
//!
//! The book's transfers are not in it: they have no index by their cause.

use admin_api::TimelineEntry;
use payouts::Payout;
use pg::Connection;
use time::OffsetDateTime;

use crate::commands::rfc3339;
use crate::problem::Refusal;

/// Entries of the audit trail about one subject, the newest.
const MOST_AUDITED: i64 = 200;

/// Entries in the order of their times; of equal ones the first that was added comes first.
#[derive(Debug, Default)]
pub struct Timeline {
    entries: Vec<(OffsetDateTime, TimelineEntry)>,
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
        let mut rows = audit::list(conn, Some(subject), None, MOST_AUDITED).await?;
        rows.reverse();
        for entry in rows.into_iter().map(|row| row.entry) {
            if !but.contains(&entry.action.as_str()) {
                let text = format!("{} by {}: {}", entry.action, entry.actor, entry.reason);
                self.add(entry.at, "audit", entry.subject, text);
            }
        }
        Ok(())
    }

    /// All of them, in order.
    pub fn finish(mut self) -> Vec<TimelineEntry> {
        self.entries.sort_by_key(|(at, _)| *at);
        self.entries.into_iter().map(|(_, entry)| entry).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happened_at_one_moment_stays_in_the_order_in_which_it_was_added() {
        let mut timeline = Timeline::default();
        let at = |second| OffsetDateTime::UNIX_EPOCH + time::Duration::seconds(second);
        for (second, kind) in [(2, "payout"), (1, "submitted"), (2, "worker"), (1, "quote_used")] {
            timeline.add(at(second), kind, String::new(), String::new());
        }
        let kinds: Vec<String> = timeline.finish().into_iter().map(|entry| entry.kind).collect();
        assert_eq!(kinds, ["submitted", "quote_used", "payout", "worker"]);
    }
}
