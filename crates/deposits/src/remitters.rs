//! Whose money a platform's is: the names under which platforms remit, as configured.

use std::collections::{HashMap, HashSet};

use unicode_normalization::UnicodeNormalization;

/// The configured names, by platform. A name is compared whole, without regard to case, width, punctuation and
/// runs of spaces: banks differ in these, and a part of a name proves nothing.
#[derive(Debug, Clone, Default)]
pub struct PlatformRemitters {
    platforms: HashMap<String, HashSet<String>>,
}

impl PlatformRemitters {
    /// From pairs of platform (as stores name it) and remitter's name. Names without a letter or digit are
    /// left out: they would equal every other such name.
    pub fn new<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> PlatformRemitters {
        let mut platforms: HashMap<String, HashSet<String>> = HashMap::new();
        for (platform, name) in pairs {
            let name = normalised(name);
            if !name.is_empty() {
                platforms.entry(platform.to_owned()).or_default().insert(name);
            }
        }
        PlatformRemitters { platforms }
    }

    /// Whether `name` is one under which `platform` remits.
    pub fn is_of(&self, platform: &str, name: &str) -> bool {
        self.platforms.get(platform).is_some_and(|names| names.contains(&normalised(name)))
    }
}

fn normalised(name: &str) -> String {
    let name: String = name.nfkc().collect();
    let words: Vec<&str> =
        name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    words.join(" ").to_uppercase()
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
        ];
        for (platform, name, expected) in table {
            assert_eq!(remitters.is_of(platform, name), expected, "{platform}: {name:?}");
        }
    }
}
