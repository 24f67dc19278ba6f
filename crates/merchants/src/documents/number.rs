//! What the numbers of documents say by themselves: no authority is asked.

use time::{Date, Month};

use super::kind::{DocumentKind, Origin};

/// R39: who is younger is no merchant.
const OF_AGE: i32 = 18;

/// A document's number as it is kept: without spaces, hyphens, brackets, width and case.
pub(super) fn normalise(number: &str) -> String {
    let mut number = privacy::normalise_account_number(number);
    number.retain(|c| !matches!(c, '(' | ')'));
    number
}

/// Why a normalised number can't be one of these documents'.
pub(super) fn fault(
    kind: DocumentKind,
    origin: Option<Origin>,
    number: &str,
    today: Date,
) -> Option<&'static str> {
    let (length, plain) = (number.len(), number.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    let wrong = |right: bool, message| (!right).then_some(message);
    match kind {
        DocumentKind::ResidentIdentityCard => match resident_birth(number) {
            None => Some(
                "is no resident identity number (GB 11643): its form, birth date or check digit is wrong",
            ),
            Some(birth) if !is_of_age(birth, today) => Some("is that of somebody younger than 18"),
            Some(_) => None,
        },
        DocumentKind::HongKongIdentityCard => {
            wrong(hong_kong_fits(number), "is no Hong Kong identity number: its form or check digit is wrong")
        }
        DocumentKind::BusinessLicence => wrong(
            credit_code_fits(number),
            "is no unified social credit code: its form or check digit is wrong",
        ),
        DocumentKind::BusinessRegistration if origin == Some(Origin::HongKong) => wrong(
            length == 8 && number.bytes().all(|byte| byte.is_ascii_digit()),
            "must have the eight digits of a business registration",
        ),
        DocumentKind::BusinessRegistration => {
            wrong(plain && (4..=34).contains(&length), "must have 4 to 34 letters and digits")
        }
        DocumentKind::Passport | DocumentKind::RepresentativeIdentity => {
            wrong(plain && (5..=20).contains(&length), "must have 5 to 20 letters and digits")
        }
    }
}

/// The birth date in a resident identity number: GB 11643, six digits of a place, eight of a date, three to tell apart, and
/// a check digit by ISO 7064 MOD 11-2. None where there can't be such a number.
fn resident_birth(number: &str) -> Option<Date> {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    const CHECKS: &[u8; 11] = b"10X98765432";
    let bytes: &[u8; 18] = number.as_bytes().try_into().ok()?;
    let (rest, check) = (number.get(..17)?, bytes.last()?);
    let digits: Vec<u32> = rest.chars().map(|c| c.to_digit(10)).collect::<Option<_>>()?;
    let sum: u32 = digits.iter().zip(WEIGHTS).map(|(digit, weight)| digit * weight).sum();
    let fits = CHECKS.get(usize::try_from(sum % 11).ok()?)? == check && *digits.first()? != 0;
    let part = |from: usize, to: usize| rest.get(from..to)?.parse::<u16>().ok();
    let month = Month::try_from(u8::try_from(part(10, 12)?).ok()?).ok()?;
    let day = u8::try_from(part(12, 14)?).ok()?;
    Date::from_calendar_date(i32::from(part(6, 10)?), month, day).ok().filter(|_| fits)
}

/// From the eighteenth birthday on; who was born on 29 February has it on 1 March.
fn is_of_age(birth: Date, today: Date) -> bool {
    let years = today.year() - birth.year();
    let day_of_year = |date: Date| (u8::from(date.month()), date.day());
    years > OF_AGE || (years == OF_AGE && day_of_year(today) >= day_of_year(birth))
}

/// Hong Kong's: one letter or two, six digits, a check digit: 11 divides the weighted sum, letters counting from 10 on and a
/// missing one 36.
fn hong_kong_fits(number: &str) -> bool {
    let letters = number.bytes().take_while(u8::is_ascii_uppercase).count();
    if !number.is_ascii() || !(1..=2).contains(&letters) || number.len() != letters + 7 {
        return false;
    }
    let values: Option<Vec<u32>> = number.chars().map(|c| c.to_digit(36)).collect();
    let Some(values) = values else { return false };
    let digits_only = values.iter().skip(letters).take(6).all(|value| *value < 10);
    let blank = (letters == 1).then_some(36);
    let sum: u32 =
        blank.into_iter().chain(values.iter().copied()).zip((1..=9).rev()).map(|(v, w)| v * w).sum();
    digits_only && values.last().is_some_and(|check| *check <= 10) && sum.is_multiple_of(11)
}

/// GB 32100: 18 characters of an alphabet without I, O, S, V and Z, the last one a check.
fn credit_code_fits(code: &str) -> bool {
    const ALPHABET: &str = "0123456789ABCDEFGHJKLMNPQRTUWXY";
    let values: Option<Vec<usize>> = code.chars().map(|c| ALPHABET.find(c)).collect();
    let Some(values) = values.filter(|values| values.len() == 18) else { return false };
    let Some((check, rest)) = values.split_last() else { return false };
    let (sum, _) = rest.iter().fold((0, 1), |(sum, weight), value| (sum + value * weight, weight * 3 % 31));
    (31 - sum % 31) % 31 == *check
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    const TODAY: Date = date!(2026 - 11 - 27);

    /// 11010519491231002X is the standard's own example. Its sum: 7+9+0+5+0+20+2+9+24+27+7+18+30+5+0+0+4 = 167 = 15·11 + 2,
    /// and the third of 10X98765432 is X.
    #[test]
    fn r39_resident_identity_numbers() {
        for (number, birth) in [
            ("11010519491231002X", Some(date!(1949 - 12 - 31))),
            ("440524188001010014", Some(date!(1880 - 01 - 01))),
            ("110105194912310021", None),
            ("11010519491231003X", None),
            // The check digit of these fits: with the thirteenth month the sum is 176 = 16·11, with the 32nd of December
            // 172 = 15·11 + 7, with 29 February 1949, which was no leap year, 190 = 17·11 + 3.
            ("110105194913310021", None),
            ("110105194912320025", None),
            ("110105194902290029", None),
            ("11010519491231002", None),
            ("11010519491231002XX", None),
            ("11010519491231002x", None),
            ("1101051949123100２X", None),
            ("", None),
        ] {
            assert_eq!(resident_birth(number), birth, "{number}");
        }
        let kind = DocumentKind::ResidentIdentityCard;
        assert_eq!(normalise(" 110105 19491231-002x"), "11010519491231002X");
        assert_eq!(fault(kind, None, "11010519491231002X", TODAY), None);
        assert!(fault(kind, None, "110105194912310021", TODAY).is_some());
        assert!(fault(kind, None, "11010519491231002X", date!(1967 - 12 - 30)).is_some());
    }

    #[test]
    fn r39_who_is_of_age() {
        for (birth, today, of_age) in [
            (date!(2008 - 11 - 27), TODAY, true),
            (date!(2008 - 11 - 28), TODAY, false),
            (date!(2008 - 12 - 01), TODAY, false),
            (date!(2008 - 02 - 29), date!(2026 - 02 - 28), false),
            (date!(2008 - 02 - 29), date!(2026 - 03 - 01), true),
            (date!(2009 - 01 - 01), TODAY, false),
            (date!(1949 - 12 - 31), TODAY, true),
            (date!(2030 - 01 - 01), TODAY, false),
        ] {
            assert_eq!(is_of_age(birth, today), of_age, "{birth} on {today}");
        }
    }

    /// A123456(3): 36·9 + 10·8 + 1·7 + 2·6 + 3·5 + 4·4 + 5·3 + 6·2 = 481, and 481 + 3 = 44·11.
    #[test]
    fn r39_hong_kong_identity_numbers() {
        for (number, fits) in [
            ("A1234563", true),
            ("G123456A", true),
            ("AB9876543", true),
            ("A1234564", false),
            ("A123456B", false),
            ("A12345A3", false),
            ("ABC9876543", false),
            ("12345678", false),
            ("A123456", false),
            ("", false),
        ] {
            assert_eq!(hong_kong_fits(number), fits, "{number}");
        }
        assert_eq!(normalise("a123456(3)"), "A1234563");
    }

    #[test]
    fn r39_unified_social_credit_codes() {
        for (code, fits) in [
            ("91110000600037341L", true),
            ("91350100M000100Y43", true),
            ("91350100M000100Y4Z", false),
            ("91350100M000100Y44", false),
            ("91350100M000100Y4", false),
            ("", false),
        ] {
            assert_eq!(credit_code_fits(code), fits, "{code}");
        }
    }

    #[test]
    fn r39_other_numbers_are_held_to_their_form() {
        use DocumentKind as D;
        for (kind, origin, number, right) in [
            (D::BusinessRegistration, Origin::HongKong, "12345678", true),
            (D::BusinessRegistration, Origin::HongKong, "1234567A", false),
            (D::BusinessRegistration, Origin::Other, "HRB12345", true),
            (D::BusinessRegistration, Origin::Other, "1", false),
            (D::Passport, Origin::Other, "C01X00T47", true),
            (D::Passport, Origin::Other, "C01X00T4/", false),
            (D::RepresentativeIdentity, Origin::Mainland, "11010519491231002X", true),
            (D::RepresentativeIdentity, Origin::Mainland, "1234", false),
        ] {
            assert_eq!(fault(kind, Some(origin), number, TODAY).is_none(), right, "{kind:?} {number}");
        }
    }
}
