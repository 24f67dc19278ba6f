//! What documents decide: whether a merchant may be active, and what a day does to them (R39, R40).

use time::Date;

use super::{Document, DocumentKind, Validity};
use crate::DocumentId;

/// Why a merchant's documents don't do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lack {
    /// One that it needs was never shown.
    Missing(DocumentKind),
    /// One that it has is over.
    Expired(DocumentKind),
}

impl std::fmt::Display for Lack {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Lack::Missing(kind) => write!(f, "the merchant's {} is missing", kind.as_str()),
            Lack::Expired(kind) => write!(f, "the merchant's {} has expired", kind.as_str()),
        }
    }
}

/// The first thing that stands in the way of those in effect; none: they do.
pub(super) fn lack(needed: &[DocumentKind], in_effect: &[&Document], today: Date) -> Option<Lack> {
    let has = |kind: &&DocumentKind| in_effect.iter().any(|document| document.kind == **kind);
    let missing = needed.iter().find(|kind| !has(kind)).map(|kind| Lack::Missing(*kind));
    let expired = in_effect.iter().find(|document| document.validity(today) == Validity::Expired);
    missing.or(expired.map(|document| Lack::Expired(document.kind)))
}

/// What a day does to a merchant's documents.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Aged {
    /// Of these it is told, once.
    pub expiring: Vec<DocumentId>,
    /// These have expired, and nobody had seen it yet.
    pub expired: Vec<DocumentId>,
}

/// Each document is told of once, and expires once; of one that has expired already nobody is told that it will.
pub(super) fn aged(in_effect: &[&Document], today: Date) -> Aged {
    let of = |validity: Validity, news: fn(&Document) -> bool| {
        let found =
            in_effect.iter().filter(|document| document.validity(today) == validity && news(document));
        found.map(|document| document.id).collect()
    };
    Aged {
        expiring: of(Validity::Expiring, |document| document.told_at.is_none()),
        expired: of(Validity::Expired, |document| document.lapsed_at.is_none()),
    }
}

#[cfg(test)]
mod tests {
    use pg::Shard;
    use time::OffsetDateTime;
    use time::macros::date;

    use super::*;
    use crate::MerchantId;

    const TODAY: Date = date!(2026 - 11 - 27);
    const NOW: Option<OffsetDateTime> = Some(OffsetDateTime::UNIX_EPOCH);

    fn document(kind: DocumentKind, expires_on: Option<Date>) -> Document {
        let shard = Shard::new(1).unwrap();
        Document {
            id: DocumentId::new(shard),
            merchant: MerchantId::new(shard),
            kind,
            expires_on,
            added_at: OffsetDateTime::UNIX_EPOCH,
            told_at: None,
            lapsed_at: None,
            replaced_at: None,
            number_sealed: Vec::new(),
            number_index: [0; 32],
        }
    }

    #[test]
    fn r39_all_that_is_needed_is_there_and_holds() {
        use DocumentKind::{BusinessLicence as Licence, RepresentativeIdentity as Person};
        let needed = [Licence, Person];
        let (over, last_day) = (Some(date!(2026 - 11 - 26)), Some(TODAY));
        for (in_effect, expected) in [
            (vec![], Some(Lack::Missing(Licence))),
            (vec![(Licence, None)], Some(Lack::Missing(Person))),
            (vec![(Person, None)], Some(Lack::Missing(Licence))),
            (vec![(Person, None), (Licence, last_day)], None),
            (vec![(Person, over), (Licence, None)], Some(Lack::Expired(Person))),
            (vec![(Person, over)], Some(Lack::Missing(Licence))),
        ] {
            let documents: Vec<Document> =
                in_effect.iter().map(|(kind, last)| document(*kind, *last)).collect();
            let all: Vec<&Document> = documents.iter().collect();
            assert_eq!(lack(&needed, &all, TODAY), expected, "{in_effect:?}");
        }
        let old = document(Licence, over);
        assert_eq!(lack(&[], &[&old], TODAY), Some(Lack::Expired(Licence)), "one that isn't needed, too");
        assert_eq!(lack(&[], &[], TODAY), None);
    }

    /// Sixty days from 27 November are 26 January: three more of November, 31 of December, 26 of January.
    #[test]
    fn r40_each_document_is_told_of_once_and_expires_once() {
        let kind = DocumentKind::Passport;
        for (last, told, lapsed, expiring, expired) in [
            (None, None, None, false, false),
            (Some(date!(2027 - 01 - 27)), None, None, false, false),
            (Some(date!(2027 - 01 - 26)), None, None, true, false),
            (Some(date!(2027 - 01 - 26)), NOW, None, false, false),
            (Some(TODAY), None, None, true, false),
            (Some(TODAY), NOW, None, false, false),
            (Some(date!(2026 - 11 - 26)), NOW, None, false, true),
            (Some(date!(2026 - 11 - 26)), None, None, false, true),
            (Some(date!(2026 - 11 - 26)), NOW, NOW, false, false),
        ] {
            let one = Document { told_at: told, lapsed_at: lapsed, ..document(kind, last) };
            let aged = aged(&[&one], TODAY);
            assert_eq!((aged.expiring == [one.id], aged.expired == [one.id]), (expiring, expired), "{one:?}");
        }
    }
}
