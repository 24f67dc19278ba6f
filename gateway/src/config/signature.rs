//! How a bank signs, as configured: `[banks.signature]` for the schemes `hmac` and `rsa-sha256`.

use bank::signing::recipe::{self, Encoding, EventId, Layout, TimestampSource, Unit};
use bank::signing::{Recipe, RecipeKey, RecipeSigningKey, Scheme, Signer, Verifier};
use serde::Deserialize;

use super::sections::{Bank, BankKey};

/// The written form of a signature. What each field means stands beside its example in `config/banks/`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signature {
    pub header: String,
    pub encoding: SignatureEncoding,
    /// Of a header like `t=…,v1=…`, the key of the signatures.
    pub pair: Option<String>,
    pub timestamp_header: Option<String>,
    /// Of a header like `t=…,v1=…`, the key of the time.
    pub timestamp_pair: Option<String>,
    #[serde(default)]
    pub timestamp_unit: TimestampUnit,
    pub event_id_header: Option<String>,
    pub event_id_field: Option<String>,
    /// `{timestamp}`, `{id}` and `{body}` with what stands between them.
    pub signed: String,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SignatureEncoding {
    Hex,
    Base64,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TimestampUnit {
    #[default]
    Seconds,
    Milliseconds,
}

impl Signature {
    fn recipe(&self) -> Result<Recipe, String> {
        let timestamp = match (&self.timestamp_header, &self.timestamp_pair) {
            (None, None) => None,
            (Some(name), None) => Some(TimestampSource::Header(name.clone())),
            (None, Some(key)) => Some(TimestampSource::Pair(key.clone())),
            (Some(_), Some(_)) => return Err("a timestamp stands in one place".into()),
        };
        let event_id = match (&self.event_id_header, &self.event_id_field) {
            (None, None) => EventId::BodyHash,
            (Some(name), None) => EventId::Header(name.clone()),
            (None, Some(field)) => EventId::Field(field.clone()),
            (Some(_), Some(_)) => return Err("an event's id stands in one place".into()),
        };
        let encoding = match self.encoding {
            SignatureEncoding::Hex => Encoding::Hex,
            SignatureEncoding::Base64 => Encoding::Base64,
        };
        let unit = match self.timestamp_unit {
            TimestampUnit::Seconds => Unit::Seconds,
            TimestampUnit::Milliseconds => Unit::Milliseconds,
        };
        let layout = match &self.pair {
            None => Layout::Bare,
            Some(signature) => Layout::Pairs { signature: signature.clone() },
        };
        let timestamp = timestamp.map(|source| (source, unit));
        Recipe::new(&self.header, encoding, layout, timestamp, event_id, &self.signed)
            .map_err(|bad| bad.to_string())
    }
}

impl Bank {
    /// What checks its signatures.
    ///
    /// # Errors
    /// In words, for a configuration that was not checked.
    pub fn verifier(&self) -> Result<Verifier, String> {
        let tolerance = self.tolerance_seconds.duration();
        let key = |read: fn(&str, &str) -> Result<RecipeKey, bank::signing::BadKey>| {
            let read = |key: &BankKey| read(&key.id, key.secret.reveal());
            self.keys.iter().map(read).collect::<Result<Vec<_>, _>>().map_err(|error| error.to_string())
        };
        let keys = match self.scheme()? {
            Scheme::Hmac => key(RecipeKey::hmac)?,
            Scheme::RsaSha256 => key(RecipeKey::rsa)?,
            _ => {
                let keys: Vec<_> =
                    self.keys.iter().map(|key| (key.id.as_str(), key.secret.reveal().as_str())).collect();
                return Verifier::from_secrets(&keys, tolerance).map_err(|error| error.to_string());
            }
        };
        Ok(Verifier::Recipe(recipe::Verifier::new(self.recipe()?, keys, tolerance)))
    }

    /// What signs as the bank must, with its newest (last) key. An RSA bank's private key is not ours to have: it is
    /// given as `private_key`.
    ///
    /// # Errors
    /// In words.
    pub fn signer(&self, private_key: Option<&str>) -> Result<Signer, String> {
        let key = self.keys.last().ok_or("the bank has no key")?;
        let key = match self.scheme()? {
            Scheme::Hmac => RecipeSigningKey::hmac(key.secret.reveal()),
            Scheme::RsaSha256 => {
                let pem =
                    private_key.ok_or("a bank that signs with RSA needs its private key: --key FILE")?;
                RecipeSigningKey::rsa(pem)
            }
            _ => return Signer::from_secrets(&[key.secret.reveal()]).map_err(|error| error.to_string()),
        };
        let key = key.map_err(|error| error.to_string())?;
        Ok(Signer::Recipe(recipe::Signer::new(self.recipe()?, key)))
    }

    fn scheme(&self) -> Result<Scheme, String> {
        self.scheme.parse().map_err(|error: bank::signing::UnknownScheme| error.to_string())
    }

    fn recipe(&self) -> Result<Recipe, String> {
        self.signature.as_ref().ok_or("this scheme needs [banks.signature]")?.recipe()
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use hyper::HeaderMap;
    use hyper::header::{HeaderName, HeaderValue};

    use crate::config::Config;
    use crate::config::tests::LEAST;

    const BODY: &[u8] = br#"{"id":"evt_1","type":"funds.received"}"#;

    /// What independent tools computed: see `bank`'s own tests for how.
    #[test]
    fn r1_every_bank_in_config_banks_verifies_what_such_a_bank_signs() {
        type Case = (&'static str, &'static [u8], i64, &'static [(&'static str, &'static str)], &'static str);
        const BODY_HEX: &str = "f23444b24a7782dbcc6c036496401006b46533522a8f88dc2a80cb978be82840";
        let at = 1_764_000_000;
        let table: [Case; 6] = [
            (
                include_str!("../../../config/banks/airwallex.toml"),
                BODY,
                at,
                &[
                    ("x-signature", "48cf9409698f27f2a6539cfdfb6292b3004de657d96d446a05da6c2e4077ba16"),
                    ("x-timestamp", "1764000000123"),
                ],
                "evt_1",
            ),
            (
                include_str!("../../../config/banks/modern-treasury.toml"),
                BODY,
                at,
                &[("x-signature", BODY_HEX)],
                "evt_1",
            ),
            (
                include_str!("../../../config/banks/column.toml"),
                BODY,
                at,
                &[("column-signature", BODY_HEX)],
                "evt_1",
            ),
            (
                include_str!("../../../config/banks/stripe.toml"),
                BODY,
                at,
                &[(
                    "stripe-signature",
                    "t=1764000000,v1=07b83e0f99c388eb67259eccc18d23aaabfeb575f9cdc7161c37c7262335267c",
                )],
                "evt_1",
            ),
            (
                include_str!("../../../config/banks/wise.toml"),
                BODY,
                at,
                &[("x-delivery-id", "evt_1"), ("x-signature-sha256", RSA_SIGNATURE)],
                "evt_1",
            ),
            (
                include_str!("../../../config/banks/standard-webhooks.toml"),
                br#"{"test": 2432232314}"#,
                1_614_265_330,
                &[
                    ("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"),
                    ("webhook-timestamp", "1614265330"),
                    ("webhook-signature", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
                ],
                "msg_p5jXN8AQM9LWM0D4loKWxJek",
            ),
        ];
        for (file, body, at, pairs, id) in table {
            let config = Config::parse(&format!("{LEAST}\n{file}"), Path::new("/x")).expect("a right file");
            let bank = config.banks.last().expect("a bank");
            let mut headers = HeaderMap::new();
            for (name, value) in pairs {
                headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
            }
            let verifier = bank.verifier().expect("a verifier");
            let verified = verifier.verify(&headers, body, at);
            assert_eq!(verified.map(|verified| verified.event_id), Ok(id.to_owned()), "{}", bank.id);
            assert!(verifier.verify(&headers, b"{}", at).is_err(), "{}", bank.id);
            let expected = verifier.explain().headers;
            assert!(pairs.iter().all(|(name, _)| expected.iter().any(|e| e == name)), "{expected:?}");
        }
    }

    #[test]
    fn a_signature_that_can_not_be_checked_is_refused_with_its_bank() {
        let bank = "[[banks]]\nid = \"b\"\nscheme = \"hmac\"\n\
                    keys = [{ id = \"k\", secret = \"a-secret-of-twenty-four-chars\" }]\n";
        for signature in [
            "",
            "[banks.signature]\nheader = \"x\"\nencoding = \"hex\"\nsigned = \"{body}{body}\"\n",
            "[banks.signature]\nheader = \"x\"\nencoding = \"hex\"\nsigned = \"{timestamp}{body}\"\n",
            "[banks.signature]\nheader = \"x y\"\nencoding = \"hex\"\nsigned = \"{body}\"\n",
        ] {
            let text = format!("{LEAST}\n{bank}{signature}");
            let errors = Config::parse(&text, Path::new("/x")).expect_err("a wrong file");
            assert!(errors.iter().any(|error| error.to_string().contains("banks[1]")), "{errors:?}");
        }
    }

    const RSA_SIGNATURE: &str = "LqbbI540xtkqE/ddc14uPGy+iOB5n8ume2ehop70fecG5Cv5bZ6Q4hUdZsURJLpTK0yiKEJO2VRQVCCoIYdzmKA+nBO8CQ/g0S73D1gKldgcm+E3O1tokBbr1kguAPOo9Ds7ee+5NAyK8NRWRodDsLKzvl80ZrDPMUwKYdG6ldmBP9VIzGRda/UP51zXUfrqcfhI7W2+anG/PI7u4+1pd0xjASTC/dySlPb/ZdIB4LGZ/RuuFqX6deeWVgbgFMSsfS+xC/GqCnDqNDzA49ktAvdeWcFSd715sAJdyziwKsw6SCyU38/UUnyJH3v388hG/vdWqoxrkbiMbvpnO5EDpg==";
}
