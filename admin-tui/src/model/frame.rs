//! What fills the screen: a list, or one thing with all that is known of it.

use std::collections::BTreeMap;
use std::time::Duration;

use admin_api::Changed;
use serde_json::Value;

use crate::filter::Filter;
use crate::item::{Item, Shape};
use crate::remote::Asked;
use crate::source::{Rows, Sort, Source};

/// Rows that one question asks for.
pub const PAGE: usize = 50;

/// Pages that are turned by themselves because nothing is on them.
const FAR: usize = 200;

/// A frame; its number tells whose an answer is.
#[derive(Debug, Clone)]
pub struct Frame {
    pub id: u64,
    /// The stream told of a change in it since it was last asked for.
    pub due: bool,
    /// And that is not answered yet.
    pub unseen: bool,
    pub content: Content,
}

#[derive(Debug, Clone)]
pub enum Content {
    List(Box<List>),
    Detail(Box<Detail>),
}

/// A list, page by page.
#[derive(Debug, Clone)]
pub struct List {
    pub source: Source,
    /// As it was typed.
    pub typed: String,
    pub filter: Filter,
    /// Which of the list's orders it comes in.
    pub sort: usize,
    /// Where the pages after the first begin, up to the one that is shown.
    pub cursors: Vec<String>,
    pub rows: Asked<Rows>,
    pub asked: Duration,
    pub selected: usize,
    /// A row that is looked for page by page, until it is found.
    pub sought: Option<String>,
    /// By key, as they were when they were marked.
    pub marks: BTreeMap<String, Item>,
}

/// One thing.
#[derive(Debug, Clone)]
pub struct Detail {
    pub shape: Shape,
    pub id: String,
    pub item: Asked<Item>,
    /// What the audit trail says of it.
    pub trail: Asked<Rows>,
    /// What else there is: a merchant's frozen amounts.
    pub extra: Asked<Value>,
    /// The withdrawal or payment that a payout is for, with all that happened.
    pub related: Asked<Value>,
    /// The merchant's account in the currency that it is about; nothing where there is none.
    pub account: Asked<Option<String>>,
    /// What was last booked on that account.
    pub transfers: Asked<Rows>,
    /// The list that it is found in, where it has no address of its own.
    pub from: Option<(Source, String)>,
    pub asked: Duration,
    /// The line that the cursor is on.
    pub selected: usize,
}

impl Frame {
    pub fn list(id: u64, source: Source) -> Frame {
        let list = List {
            source,
            typed: String::new(),
            filter: Filter::default(),
            sort: 0,
            cursors: Vec::new(),
            rows: Asked::nothing(),
            asked: Duration::ZERO,
            selected: 0,
            sought: None,
            marks: BTreeMap::new(),
        };
        Frame { id, due: false, unseen: false, content: Content::List(Box::new(list)) }
    }

    pub fn detail(id: u64, shape: Shape, subject: String, item: Asked<Item>) -> Frame {
        let detail = Detail {
            shape,
            id: subject,
            item,
            trail: Asked::nothing(),
            extra: Asked::nothing(),
            related: Asked::nothing(),
            account: Asked::nothing(),
            transfers: Asked::nothing(),
            from: None,
            asked: Duration::ZERO,
            selected: 0,
        };
        // What is known of it is as old as where it was seen: the stream's word counts from the first answer on.
        Frame { id, due: false, unseen: true, content: Content::Detail(Box::new(detail)) }
    }

    pub fn as_list(&self) -> Option<&List> {
        match &self.content {
            Content::List(list) => Some(list),
            Content::Detail(_) => None,
        }
    }

    pub fn as_list_mut(&mut self) -> Option<&mut List> {
        match &mut self.content {
            Content::List(list) => Some(list),
            Content::Detail(_) => None,
        }
    }

    /// The thing that the cursor is on, or that is looked at.
    pub fn item(&self) -> Option<&Item> {
        match &self.content {
            Content::List(list) => list.current(),
            Content::Detail(detail) => detail.item.data(),
        }
    }

    /// All that is known in it, whatever the filter leaves.
    pub fn items(&self) -> &[Item] {
        match &self.content {
            Content::List(list) => list.rows.data().map(|rows| rows.items.as_slice()),
            Content::Detail(detail) => detail.item.data().map(std::slice::from_ref),
        }
        .unwrap_or_default()
    }

    /// When the server said so.
    pub fn shown_at(&self) -> Option<Duration> {
        match &self.content {
            Content::List(list) => list.rows.remote.at(),
            Content::Detail(detail) => detail.item.remote.at(),
        }
    }

    /// Whether the stream tells of every change in it.
    pub fn is_told(&self) -> bool {
        match &self.content {
            Content::List(list) => matches!(
                list.source,
                Source::Payouts
                    | Source::Withdrawals
                    | Source::WithdrawalsOf(_)
                    | Source::Payments
                    | Source::Events
                    | Source::Rates
                    | Source::History(_)
                    | Source::Approvals
                    | Source::Audit
                    | Source::AuditOf(_)
            ),
            Content::Detail(detail) => matches!(
                detail.shape,
                Shape::Payout | Shape::Withdrawal | Shape::Payment | Shape::Event | Shape::Approval
            ),
        }
    }

    /// Whether a change that the stream tells of is one in it.
    pub fn concerns(&self, told: &Changed) -> bool {
        let more = &told.more;
        let payouts = !told.payouts.is_empty() || more.payouts;
        let withdrawals = !told.withdrawals.is_empty() || more.withdrawals;
        let payments = !told.payments.is_empty() || more.payments;
        match &self.content {
            Content::List(list) => match &list.source {
                Source::Payouts => payouts,
                Source::Withdrawals | Source::WithdrawalsOf(_) => withdrawals || payouts,
                Source::Payments | Source::Reversals => payments,
                Source::Events => !told.bank_events.is_empty() || more.bank_events,
                Source::Rates | Source::History(_) => !told.rates.is_empty() || more.rates,
                Source::Approvals => !told.approvals.is_empty() || more.approvals,
                Source::Audit | Source::AuditOf(_) => told.audit,
                _ => false,
            },
            Content::Detail(detail) => {
                let named = |ids: &[String], more: bool| more || ids.contains(&detail.id);
                told.audit
                    || match detail.shape {
                        Shape::Payout => named(&told.payouts, more.payouts),
                        // Its attempts have other ids.
                        Shape::Withdrawal => named(&told.withdrawals, more.withdrawals) || payouts,
                        Shape::Payment => named(&told.payments, more.payments),
                        Shape::Event => named(&told.bank_events, more.bank_events),
                        Shape::Approval => named(&told.approvals, more.approvals),
                        Shape::Merchant => withdrawals || payments,
                        Shape::Rate => !told.rates.is_empty() || more.rates,
                        _ => false,
                    }
            }
        }
    }

    /// Why the last question about it had no answer.
    pub fn trouble(&self) -> Option<&String> {
        match &self.content {
            Content::List(list) => list.rows.trouble.as_ref(),
            Content::Detail(detail) => detail.item.trouble.as_ref(),
        }
    }

    /// Whether the last question about it, or about a part of it, had no answer.
    pub fn lacks_answers(&self) -> bool {
        let Content::Detail(detail) = &self.content else { return self.trouble().is_some() };
        let parts = [&detail.trail.trouble, &detail.extra.trouble, &detail.related.trouble];
        let booked = [&detail.account.trouble, &detail.transfers.trouble];
        self.trouble().is_some() || parts.into_iter().chain(booked).any(Option::is_some)
    }

    pub fn is_doubtful(&self, now: Duration) -> bool {
        match &self.content {
            Content::List(list) => list.rows.is_doubtful(now),
            // These never change.
            Content::Detail(detail) if detail.shape.is_final() => false,
            Content::Detail(detail) => detail.item.is_doubtful(now),
        }
    }
}

impl List {
    /// The rows that the filter leaves of this page.
    pub fn visible(&self) -> Vec<&Item> {
        let rows = self.rows.data().map(|rows| rows.items.as_slice()).unwrap_or_default();
        rows.iter().filter(|item| self.filter.keeps(item)).collect()
    }

    pub fn current(&self) -> Option<&Item> {
        self.visible().get(self.selected).copied()
    }

    /// The cursor of the next page, if there is one.
    pub fn next(&self) -> Option<&String> {
        self.rows.data().and_then(|rows| rows.next.as_ref())
    }

    /// The order that it comes in.
    pub fn order(&self) -> Option<Sort> {
        self.source.rules().sorts.get(self.sort).copied()
    }

    /// The question for the page that is shown.
    pub fn path(&self) -> String {
        let mut path = self.source.path();
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in &self.filter.params {
            query.append_pair(name, value);
        }
        if let Some(sort) = self.order().and_then(|sort| sort.param) {
            query.append_pair("sort", sort);
        }
        if self.source.has_pages() {
            query.append_pair("limit", &PAGE.to_string());
            if let Some(cursor) = self.cursors.last() {
                query.append_pair("cursor", cursor);
            }
        }
        let query = query.finish();
        if !query.is_empty() {
            path.push(if path.contains('?') { '&' } else { '?' });
            path.push_str(&query);
        }
        path
    }

    /// New rows: the cursor stays on the row that it was on, wherever that is now.
    pub fn take(&mut self, rows: Rows, now: Duration) {
        let held = self.current().map(Item::key);
        self.rows.answered(rows, now);
        let visible = self.visible();
        let place = held.and_then(|key| visible.iter().position(|item| item.key() == key));
        self.selected = place.unwrap_or(self.selected).min(visible.len().saturating_sub(1));
        // What was marked is acted upon as it is now, as far as it is known.
        let known: Vec<Item> = self.rows.data().map(|rows| rows.items.clone()).unwrap_or_default();
        for item in known {
            if let Some(mark) = self.marks.get_mut(&item.key()) {
                *mark = item;
            }
        }
    }

    /// Where the row that is looked for may be, if it is not on this page.
    pub fn further(&self) -> Option<&String> {
        let rows = self.rows.data()?;
        let lacks = |id: &String| rows.items.iter().all(|item| item.id() != id);
        // A filter of the server's may let nothing through for a while.
        let goes_on = rows.items.is_empty() || self.sought.as_ref().is_some_and(lacks);
        rows.next.as_ref().filter(|_| goes_on && self.cursors.len() < FAR)
    }

    /// What is acted upon: what is marked, or else the row under the cursor.
    pub fn targets(&self) -> Vec<Item> {
        if self.marks.is_empty() {
            return self.current().cloned().into_iter().collect();
        }
        self.marks.values().cloned().collect()
    }
}
