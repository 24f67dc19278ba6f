//! Sealing: what makes the order and content of the book provable. Pure functions over bytes.

use ring::digest;

/// A SHA-256 value.
pub type Hash = [u8; 32];

/// The hash before the first seal of a chain.
pub const GENESIS: Hash = [0; 32];

/// Merkle root over leaves in stored order, as RFC 6962 section 2.1 defines it (leaves prefixed 0x00, nodes
/// 0x01, split at the largest power of two): a proof for one transfer is log2(n) hashes.
pub fn merkle_root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => sha256(&[]),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(largest_power_of_two_below(leaves.len()));
            sha256(&[&[1], &merkle_root(left), &merkle_root(right)])
        }
    }
}

/// The hash of one leaf.
pub fn leaf(bytes: &[u8]) -> Hash {
    sha256(&[&[0], bytes])
}

/// The hash of seal `seq` of `chain`: over the previous seal's hash and everything that this seal says.
pub fn chain_hash(previous: &Hash, chain: i16, seq: i64, count: i32, root: &Hash) -> Hash {
    sha256(&[
        b"sluice seal 1\0",
        previous,
        &chain.to_be_bytes(),
        &seq.to_be_bytes(),
        &count.to_be_bytes(),
        root,
    ])
}

fn largest_power_of_two_below(n: usize) -> usize {
    n.next_power_of_two() / 2
}

fn sha256(parts: &[&[u8]]) -> Hash {
    let mut context = digest::Context::new(&digest::SHA256);
    for part in parts {
        context.update(part);
    }
    let mut out = [0; 32];
    out.copy_from_slice(context.finish().as_ref());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6962's tree over d0..d2: root = H(1, H(1, l0, l1), l2), computed here by hand.
    #[test]
    fn i7_merkle_root_follows_rfc_6962() {
        let leaves = [leaf(b"a"), leaf(b"b"), leaf(b"c")];
        let left = sha256(&[&[1], &leaves[0], &leaves[1]]);
        assert_eq!(merkle_root(&leaves), sha256(&[&[1], &left, &leaves[2]]));
        assert_eq!(merkle_root(&leaves[..1]), leaves[0]);
        let empty = hex::encode(merkle_root(&[]));
        assert_eq!(empty, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }

    #[test]
    fn i7_any_change_changes_the_seal() {
        let root = merkle_root(&[leaf(b"a"), leaf(b"b")]);
        let seal = chain_hash(&GENESIS, 1, 1, 2, &root);
        let swapped = merkle_root(&[leaf(b"b"), leaf(b"a")]);
        for other in [
            chain_hash(&seal, 1, 1, 2, &root),
            chain_hash(&GENESIS, 2, 1, 2, &root),
            chain_hash(&GENESIS, 1, 2, 2, &root),
            chain_hash(&GENESIS, 1, 1, 3, &root),
            chain_hash(&GENESIS, 1, 1, 2, &swapped),
        ] {
            assert_ne!(seal, other);
        }
    }

    #[test]
    fn powers_of_two() {
        let expected = [(2, 1), (3, 2), (4, 2), (5, 4), (8, 4), (9, 8)];
        for (n, split) in expected {
            assert_eq!(largest_power_of_two_below(n), split, "{n}");
        }
    }
}
