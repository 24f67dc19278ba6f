//! What counts as the same account number and the same name.

use unicode_normalization::UnicodeNormalization;

/// An account number without spaces, dashes, width and case.
pub fn normalise_account_number(number: &str) -> String {
    number
        .nfkc()
        .filter(|c| !c.is_whitespace() && !matches!(c, '-' | '\u{2010}'..='\u{2015}'))
        .flat_map(char::to_uppercase)
        .collect()
}

/// Characters that differ from others in their width alone, as Unicode keeps them together.
const WIDTHS: std::ops::RangeInclusive<char> = '\u{ff00}'..='\u{ffef}';

/// A name as R21 compares it: case, width, spaces and the order of words don't matter, everything else does. How a
/// character is encoded (é in one piece or in two) is no difference of the name.
pub fn normalise_name(name: &str) -> String {
    let mut wide = String::with_capacity(name.len());
    for character in name.chars() {
        if WIDTHS.contains(&character) {
            wide.extend(std::iter::once(character).nfkc());
        } else {
            wide.push(character);
        }
    }
    // The small sigma has two forms, the capital one.
    let one_sigma = |c| if c == 'ς' { 'σ' } else { c };
    let folded: String = wide.nfc().flat_map(char::to_lowercase).map(one_sigma).nfc().collect();
    let mut words: Vec<&str> = folded.split_whitespace().collect();
    words.sort_unstable();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r21_names_differ_in_case_width_spaces_and_word_order_only() {
        let same = [
            ("Zhang Wei", "zhang  WEI"),
            ("Zhang Wei", "Wei Zhang"),
            ("ＺＨＡＮＧ　ＷＥＩ", "zhang wei"),
            (" 深圳 市 ", "市 深圳"),
            ("José Núñez", "JOSE\u{301} NU\u{301}N\u{303}EZ"),
            ("张\u{3000}伟", "伟 张"),
            ("ソニー", "ｿﾆｰ"),
            ("ﾊﾞﾝｸ", "バンク"),
            ("Acme\u{a0}Ltd", "LTD\tacme"),
            ("Ａｃｍｅ （Ｈ．Ｋ．）", "ACME (h.k.)"),
            ("ÅSA ÖBERG", "åsa öberg"),
            ("ΟΔΟΣ", "οδος"),
        ];
        for (a, b) in same {
            assert_eq!(normalise_name(a), normalise_name(b), "{a} {b}");
        }
        let different = [
            ("Zhang Wei", "Zhang Wai"),
            ("Zhang Wei", "ZhangWei"),
            ("Acme Ltd", "Acme Ltd."),
            ("Acme Ltd", "Acme Limited"),
            ("José", "Jose"),
            ("O'Neil", "ONeil"),
            ("Zhang Wei", "Zhang Wei Wei"),
            ("张伟", "張偉"),
            ("张伟", "张玮"),
            ("张伟", "张 伟"),
            ("Jose\u{301}", "Jose"),
            ("Åsa", "Asa"),
            ("Müller", "Mueller"),
            ("Anne-Marie", "Anne Marie"),
            ("O'Neil", "O\u{2019}Neil"),
            ("Smith & Co", "Smith and Co"),
            ("Weiß", "Weiss"),
            ("Acme 2", "Acme ²"),
            ("Acme 1", "Acme ①"),
            ("Fine", "ﬁne"),
            ("㈱ソニー", "(株)ソニー"),
            ("Zhang Wei", "Zhang We\u{456}"),
            ("Zhang Wei", "Zhang\u{200b} Wei"),
        ];
        for (a, b) in different {
            assert_ne!(normalise_name(a), normalise_name(b), "{a} {b}");
        }
    }

    #[test]
    fn account_numbers_ignore_how_they_are_written() {
        for written in
            ["DE89 3704 0044 0532 0130 00", "de89-3704-0044-0532-0130-00", "ＤＥ89370400440532013000"]
        {
            assert_eq!(normalise_account_number(written), "DE89370400440532013000");
        }
    }
}
