//! Whose money a platform's is: the names under which platforms remit, as configured.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use unicode_normalization::UnicodeNormalization;

/// The configured names, by platform. A name is compared whole, without regard to case, width, punctuation and
/// runs of spaces: banks differ in these, and a part of a name proves nothing. A name that holds anything else than
/// letters, digits, spaces and punctuation is nobody's: no platform writes marks that nobody sees, so whoever does
/// wants to look like one.
#[derive(Debug, Clone, Default)]
pub struct PlatformRemitters {
    platforms: HashMap<String, HashSet<String>>,
}

impl PlatformRemitters {
    /// From pairs of platform (as stores name it) and remitter's name. Names without a letter or digit are left out,
    /// since they would equal every other such name; so are names that are nobody's.
    pub fn new<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> PlatformRemitters {
        let mut platforms: HashMap<String, HashSet<String>> = HashMap::new();
        for (platform, name) in pairs {
            if let Some(name) = normalised(name) {
                platforms.entry(platform.to_owned()).or_default().insert(name);
            }
        }
        PlatformRemitters { platforms }
    }

    /// Whether `name` is one under which `platform` remits.
    pub fn is_of(&self, platform: &str, name: &str) -> bool {
        let Some(name) = normalised(name) else { return false };
        self.platforms.get(platform).is_some_and(|names| names.contains(&name))
    }
}

/// The name's words in small letters; none of a name that has none, or that holds what no name is written with. Not in capitals:
/// there letters become one that look alike and are not (`ı` and `i`, `ß` and `ss`).
fn normalised(name: &str) -> Option<String> {
    if name.chars().any(passes_for_ascii) {
        return None;
    }
    // ASCII is its own normal form, and most names are nothing else.
    let name = if name.is_ascii() { Cow::Borrowed(name) } else { Cow::Owned(name.nfkc().collect()) };
    if !name.chars().all(|c| c.is_alphanumeric() || parts_words(c)) {
        return None;
    }
    let words: Vec<&str> = name.split(parts_words).filter(|word| !word.is_empty()).collect();
    (!words.is_empty()).then(|| words.join(" ").to_lowercase())
}

/// A letter or digit that compatibility normalisation makes one of ASCII's, and that is not just its full width: `ſ`, `ℌ`, the
/// sign for kelvin.
fn passes_for_ascii(c: char) -> bool {
    let wide = '\u{ff01}'..='\u{ff5e}';
    !c.is_ascii()
        && !wide.contains(&c)
        && std::iter::once(c).nfkc().any(|became| became.is_ascii_alphanumeric())
}

/// Spaces (also a bank's line ends and tabs) and the punctuation that names are written with, as compatibility
/// normalisation leaves them.
fn parts_words(c: char) -> bool {
    let dashes_and_quotes = '\u{2010}'..='\u{201f}';
    matches!(c, ' ' | '\t' | '\r' | '\n' | '·' | '・' | '、' | '。')
        || c.is_ascii_punctuation()
        || dashes_and_quotes.contains(&c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r6_a_platforms_name_is_compared_whole() {
        let remitters = PlatformRemitters::new([
            ("amazon", "AMAZON PAYMENTS INC"),
            ("amazon", "AMAZON SERVICES JAPAN"),
            ("paypal", "PAYPAL INC"),
            ("ebay", "..."),
        ]);
        let table = [
            ("amazon", "AMAZON PAYMENTS INC", true),
            ("amazon", "Amazon  Payments, Inc.", true),
            ("amazon", "amazon services japan", true),
            ("amazon", "ＡＭＡＺＯＮ　ＳＥＲＶＩＣＥＳ　ＪＡＰＡＮ", true),
            ("amazon", "AMAZON", false),
            ("amazon", "AMAZON PAYMENTS INC LTD", false),
            ("amazon", "NOT AMAZON PAYMENTS INC", false),
            ("amazon", "AMAZONPAYMENTS INC", false),
            ("amazon", "PAYPAL INC", false),
            ("Amazon", "AMAZON PAYMENTS INC", false),
            ("amazon", "", false),
            ("ebay", "", false),
            ("ebay", "---", false),
            ("amazon", "AMAZON PAYMENTS\r\nINC", true),
            ("amazon", "AMAZON\u{a0}PAYMENTS\u{2013}INC", true),
            ("amazon", "\u{201c}AMAZON PAYMENTS\u{201d} (INC)", true),
            ("amazon", "AMA-ZON PAYMENTS INC", false),
        ];
        for (platform, name, expected) in table {
            assert_eq!(remitters.is_of(platform, name), expected, "{platform}: {name:?}");
        }
    }

    /// Letters that a mapping of case or of compatibility makes ASCII's, which they are not.
    #[test]
    fn r6_a_letter_that_only_maps_onto_a_platforms_is_another() {
        let names = ["AMAZON PAYMENTS INC", "KISS GROSS LTD", "Ünlü Iş GmbH"];
        let remitters = PlatformRemitters::new(names.map(|name| ("amazon", name)));
        let table = [
            ("amazon payments inc", true),
            ("ＡＭＡＺＯＮ ｐａｙｍｅｎｔｓ ＩＮＣ", true),
            ("kiss gross ltd", true),
            ("ÜNLÜ IŞ GMBH", true),
            ("AMAZON PAYMENTS \u{131}NC", false),
            ("amazon payments \u{131}nc", false),
            ("AMAZON PAYMENTS \u{130}NC", false),
            ("AMAZON PAYMENTS I\u{307}NC", false),
            ("AMAZON PAYMENT\u{17f} INC", false),
            ("amazon payment\u{17f} inc", false),
            ("\u{212a}ISS GROSS LTD", false),
            ("KISS GRO\u{df} LTD", false),
            ("kiss gro\u{1e9e} ltd", false),
            ("\u{24b6}MAZON PAYMENTS INC", false),
            ("\u{1d400}MAZON PAYMENTS INC", false),
            ("AMAZON PAYMENTS \u{2160}NC", false),
            ("ünlü \u{131}ş gmbh", false),
        ];
        for (name, expected) in table {
            assert_eq!(remitters.is_of("amazon", name), expected, "{name:?}");
        }
    }

    /// Marks that are not seen, or that turn what is seen, and marks that lie over letters or are none of a name's: at
    /// every place, where they would vanish with the spaces.
    #[test]
    fn r6_a_name_with_hidden_marks_is_not_the_platforms() {
        let remitters = PlatformRemitters::new([
            ("amazon", "AMAZON PAYMENTS INC"),
            ("ebay", "EBAY\u{200b} INC"),
            ("paypal", "\u{202e}PAYPAL INC"),
        ]);
        let marks = [
            '\0',
            '\u{1}',
            '\u{7}',
            '\u{1b}',
            '\u{7f}',
            '\u{85}',
            '\u{9b}', // control
            '\u{61c}',
            '\u{200e}',
            '\u{200f}',
            '\u{202a}',
            '\u{202b}',
            '\u{202c}',
            '\u{202d}',
            '\u{202e}',
            '\u{2066}',
            '\u{2067}',
            '\u{2068}',
            '\u{2069}', // bidirectional
            '\u{ad}',
            '\u{34f}',
            '\u{115f}',
            '\u{180e}',
            '\u{200b}',
            '\u{200c}',
            '\u{200d}',
            '\u{2060}',
            '\u{2061}',
            '\u{2064}',
            '\u{206a}',
            '\u{206f}',
            '\u{3164}',
            '\u{feff}',
            '\u{ffa0}',
            '\u{e0041}', // of no width
            '\u{fe0e}',
            '\u{fe0f}',
            '\u{e0100}', // variation selectors
            '\u{2028}',
            '\u{2029}',
            '\u{fff9}',
            '\u{fffb}',
            '\u{fffd}', // lines, annotations, what was lost
            '\u{336}',
            '\u{20dd}',
            '\u{e000}',
            '\u{10ffff}',
            '★',
            '™',
        ];
        for mark in marks {
            for name in [
                format!("{mark}AMAZON PAYMENTS INC"),
                format!("AMAZON PAYMENTS INC{mark}"),
                format!("AMAZON{mark} PAYMENTS INC"),
                format!("AMAZON {mark} PAYMENTS INC"),
                format!("AMAZON{mark}PAYMENTS INC"),
                format!("AMA{mark}ZON PAYMENTS INC"),
            ] {
                assert!(!remitters.is_of("amazon", &name), "{name:?}");
            }
        }
        for name in ["EBAY INC", "EBAY\u{200b} INC"] {
            assert!(!remitters.is_of("ebay", name), "a configured name that is nobody's: {name:?}");
        }
        assert!(!remitters.is_of("paypal", "PAYPAL INC"));
    }
}
