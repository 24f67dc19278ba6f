//! As much of DER as a certificate's fields are found with.

/// The explicit version, which stands first or not at all.
const VERSION: u8 = 0xa0;

/// The fields of a certificate behind its version and so many more (RFC 5280, section 4.1).
pub fn after(certificate: &[u8], fields: usize) -> Option<&[u8]> {
    let (_, certificate, _) = element(certificate)?;
    let (_, mut rest, _) = element(certificate)?;
    if rest.first() == Some(&VERSION) {
        rest = element(rest)?.2;
    }
    for _ in 0..fields {
        rest = element(rest)?.2;
    }
    Some(rest)
}

/// The first DER element: its tag, its content, and what comes after it.
pub fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = der.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81..=0x83 => {
            let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            (bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}
