//! Ids and shards: text, order and place.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use pg::{Id, KeyHash, Kind, Shard, Shards};
use proptest::prelude::*;
use uuid::Uuid;

enum Parcel {}

impl Kind for Parcel {
    const PREFIX: &'static str = "prc";
}

enum Letter {}

impl Kind for Letter {
    const PREFIX: &'static str = "pr";
}

type ParcelId = Id<Parcel>;

fn assert_shared<T: Send + Sync + Copy + Ord + std::hash::Hash>(_: T) {}

proptest! {
    #[test]
    fn an_id_keeps_its_shard_and_reads_back(number in 0i16..256) {
        let shard = Shard::new(number).unwrap();
        let id = ParcelId::new(shard);
        assert_shared(id);
        prop_assert_eq!(id.shard(), shard);
        prop_assert_eq!(id.shard().number(), number);
        prop_assert_eq!(id.uuid().get_version_num(), 7);
        let text = id.to_string();
        prop_assert_eq!(text.len(), 36);
        prop_assert_eq!(text.parse::<ParcelId>().unwrap(), id);
        prop_assert!(text.parse::<Id<Letter>>().is_err());
        let json = serde_json::to_string(&id).unwrap();
        prop_assert_eq!(&json, &format!("\"{text}\""));
        prop_assert_eq!(serde_json::from_str::<ParcelId>(&json).unwrap(), id);
        prop_assert_eq!(ParcelId::from_uuid(id.uuid()), id);
    }

    #[test]
    fn any_other_spelling_is_refused(text in "\\PC*") {
        if let Ok(id) = text.parse::<ParcelId>() {
            prop_assert_eq!(id.to_string(), text);
        }
    }

    #[test]
    fn every_key_has_one_shard_below_the_count(
        parts in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..20), 0..4),
        count in 0u8..=255,
    ) {
        let shards = Shards::new(count);
        let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
        let shard = shards.of(&parts);
        prop_assert!(shard.number() < i16::from(shards.count()));
        prop_assert_eq!(shard, shards.of(&parts));
        prop_assert!(shards.all().any(|other| other == shard));
    }
}

#[test]
fn near_misses_are_refused() {
    let id = ParcelId::new(Shard::new(3).unwrap());
    let good = id.to_string();
    let digits = &good[4..];
    let v4 = "prc_67e5504410b1426f9247bb680e5fe0c8";
    for bad in [
        digits.to_owned(),
        format!("prc{digits}"),
        format!("PRC_{digits}"),
        format!("prc_{}", Uuid::from_u128(id.uuid().as_u128()).hyphenated()),
        format!("{good}0"),
        good[..35].to_owned(),
        format!(" {good}"),
        format!("prc_{}", "F".repeat(32)),
        format!("prc_{{{}}}", &digits[..30]),
        v4.to_owned(),
        String::new(),
    ] {
        assert!(bad.parse::<ParcelId>().is_err(), "{bad}");
        assert!(serde_json::from_str::<ParcelId>(&format!("\"{bad}\"")).is_err(), "{bad}");
    }
}

#[test]
fn ids_are_unique_and_ascend() {
    let shard = Shard::new(255).unwrap();
    let ids: Vec<ParcelId> = (0..10_000).map(|_| ParcelId::new(shard)).collect();
    assert!(ids.is_sorted());
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
}

/// A change here would lose every row that was ever written.
#[test]
fn shards_never_change() {
    let sixteen = Shards::new(16);
    for (parts, expected) in SHARDS_FOR_EVER {
        let parts: Vec<&[u8]> = parts.iter().map(|part| part.as_bytes()).collect();
        assert_eq!(sixteen.of(&parts).number(), *expected, "{parts:?}");
    }
    assert_eq!(Shards::new(0).count(), 1);
    assert_eq!(Shard::new(256), None);
    assert_eq!(Shard::new(-1), None);
}

const SHARDS_FOR_EVER: &[(&[&str], i16)] =
    &[(&[], 4), (&[""], 10), (&["ab", "c"], 12), (&["a", "bc"], 1), (&["bank-a", "evt-1"], 2)];

/// Worked out by another program's SHA-256 over the parts behind their lengths.
#[test]
fn what_a_key_is_looked_up_by_never_changes() {
    let table = [
        ("evt-1", "cd8ba02a-6fa5-1d61-1b6f-3ca2808ebccc", -3_635_636_170_049_381_023, 1),
        ("evt-2", "8a1b6a49-74d4-c674-1d36-28fb81af170f", -8_495_079_408_379_050_380, 4),
    ];
    for (event, uuid, bits, shard) in table {
        let key = KeyHash::of(&[b"hb", event.as_bytes()]);
        assert_eq!((key.uuid().to_string().as_str(), key.bits()), (uuid, bits), "{event}");
        assert_eq!(key.shard(Shards::new(16)).number(), shard, "{event}");
    }
}

#[test]
fn keys_spread_evenly() {
    let shards = Shards::new(16);
    let mut counts = [0u32; 16];
    for key in 0..16_000u32 {
        counts[usize::try_from(shards.of(&[b"bank", &key.to_be_bytes()]).number()).unwrap()] += 1;
    }
    assert!(counts.iter().all(|count| (850..1150).contains(count)), "{counts:?}");
}
