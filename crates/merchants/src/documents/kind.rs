//! Which documents there are, and which a merchant needs (R39).

use serde::{Deserialize, Serialize};

use crate::registry::MerchantKind;

/// Where a merchant is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Mainland China.
    Mainland,
    /// Hong Kong.
    HongKong,
    /// Anywhere else.
    Other,
}

impl Origin {
    /// All of them.
    pub const ALL: [Origin; 3] = [Origin::Mainland, Origin::HongKong, Origin::Other];

    /// The name in the contract and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Origin::Mainland => "mainland",
            Origin::HongKong => "hong_kong",
            Origin::Other => "other",
        }
    }

    /// Reads the name.
    pub fn parse(name: &str) -> Option<Origin> {
        Origin::ALL.into_iter().find(|origin| origin.as_str() == name)
    }
}

/// What a document is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DocumentKind {
    /// Of a resident of mainland China.
    ResidentIdentityCard,
    /// Of a resident of Hong Kong; it doesn't expire.
    HongKongIdentityCard,
    /// Of anybody else.
    Passport,
    /// Of an enterprise in mainland China, with its unified social credit code.
    BusinessLicence,
    /// Of an enterprise elsewhere.
    BusinessRegistration,
    /// Whatever shows who speaks for an enterprise by law.
    RepresentativeIdentity,
}

use DocumentKind as D;

impl DocumentKind {
    /// All of them.
    pub const ALL: [DocumentKind; 6] = [
        D::ResidentIdentityCard,
        D::HongKongIdentityCard,
        D::Passport,
        D::BusinessLicence,
        D::BusinessRegistration,
        D::RepresentativeIdentity,
    ];

    /// The name in the contract and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            D::ResidentIdentityCard => "resident_identity_card",
            D::HongKongIdentityCard => "hong_kong_identity_card",
            D::Passport => "passport",
            D::BusinessLicence => "business_licence",
            D::BusinessRegistration => "business_registration",
            D::RepresentativeIdentity => "representative_identity",
        }
    }

    /// Reads the name.
    pub fn parse(name: &str) -> Option<DocumentKind> {
        DocumentKind::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// What a merchant needs, and all that is taken of it.
    pub fn needed(kind: MerchantKind, origin: Origin) -> &'static [DocumentKind] {
        match (kind, origin) {
            (MerchantKind::Individual, Origin::Mainland) => &[D::ResidentIdentityCard],
            (MerchantKind::Individual, Origin::HongKong) => &[D::HongKongIdentityCard],
            (MerchantKind::Individual, Origin::Other) => &[D::Passport],
            (MerchantKind::Enterprise, Origin::Mainland) => &[D::BusinessLicence, D::RepresentativeIdentity],
            (MerchantKind::Enterprise, Origin::HongKong | Origin::Other) => {
                &[D::BusinessRegistration, D::RepresentativeIdentity]
            }
        }
    }

    /// Whether it is one of those that this merchant needs; where nobody wrote down where it is from, wherever that may be.
    pub fn fits(self, kind: MerchantKind, origin: Option<Origin>) -> bool {
        Origin::ALL
            .into_iter()
            .filter(|one| origin.is_none_or(|origin| origin == *one))
            .any(|origin| DocumentKind::needed(kind, origin).contains(&self))
    }

    /// Whether it always has a last day.
    pub(super) fn expires(self) -> bool {
        self == D::Passport
    }

    /// Whether an authority gives its number to one subject alone, for good; of a merchant from somewhere, or from where nobody wrote
    /// down. Passports, and firms beyond Hong Kong, are numbered by each country anew; one person may speak for several enterprises.
    pub(crate) fn names_one_subject(self, origin: Option<Origin>) -> bool {
        match self {
            D::ResidentIdentityCard | D::HongKongIdentityCard | D::BusinessLicence => true,
            D::BusinessRegistration => origin == Some(Origin::HongKong),
            D::Passport | D::RepresentativeIdentity => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use MerchantKind::{Enterprise, Individual};

    use super::*;

    #[test]
    fn r39_who_needs_which_documents() {
        for (kind, origin, needed) in [
            (Individual, Origin::Mainland, &["resident_identity_card"][..]),
            (Individual, Origin::HongKong, &["hong_kong_identity_card"]),
            (Individual, Origin::Other, &["passport"]),
            (Enterprise, Origin::Mainland, &["business_licence", "representative_identity"]),
            (Enterprise, Origin::HongKong, &["business_registration", "representative_identity"]),
            (Enterprise, Origin::Other, &["business_registration", "representative_identity"]),
        ] {
            let names: Vec<_> = DocumentKind::needed(kind, origin).iter().map(|kind| kind.as_str()).collect();
            assert_eq!(names, needed, "{kind:?} {origin:?}");
            for one in DocumentKind::ALL {
                assert_eq!(one.fits(kind, Some(origin)), needed.contains(&one.as_str()), "{one:?}");
            }
        }
        for one in DocumentKind::ALL {
            assert_eq!(DocumentKind::parse(one.as_str()), Some(one));
            assert!(
                one.fits(Individual, None) != one.fits(Enterprise, None),
                "{one:?} is a person's or a firm's"
            );
        }
        for origin in Origin::ALL {
            assert_eq!(Origin::parse(origin.as_str()), Some(origin));
        }
    }

    #[test]
    fn r39_whose_numbers_are_one_subject_s_alone() {
        let (mainland, hong_kong, other) = (Origin::Mainland, Origin::HongKong, Origin::Other);
        for (kind, of) in [
            (D::ResidentIdentityCard, [true; 4]),
            (D::HongKongIdentityCard, [true; 4]),
            (D::Passport, [false; 4]),
            (D::BusinessLicence, [true; 4]),
            (D::BusinessRegistration, [false, true, false, false]),
            (D::RepresentativeIdentity, [false; 4]),
        ] {
            let origins = [Some(mainland), Some(hong_kong), Some(other), None];
            assert_eq!(origins.map(|origin| kind.names_one_subject(origin)), of, "{kind:?}");
        }
    }
}
