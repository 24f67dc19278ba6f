//! Who is calling.

use hyper::HeaderMap;
use merchants::{ApiKey, MerchantId, MerchantState, UserState};
use ring::digest::{SHA256, digest};
use subtle::ConstantTimeEq as _;

use crate::app::App;
use crate::config::Operator;
use crate::metrics;
use crate::problem::{Problem, Refusal};
use crate::request::bearer;
use crate::route::{Auth, Entry};

/// A caller, as far as the request's head says.
#[derive(Clone, Debug)]
pub enum Caller {
    Anyone,
    /// One that is configured; whether it really is the bank, its signature over the body says.
    Bank,
    Merchant(merchants::Caller),
    Operator(Operator),
}

impl Caller {
    /// The merchant, on its routes.
    ///
    /// # Errors
    /// `unauthenticated` on other routes.
    pub fn merchant(&self) -> Result<MerchantId, Refusal> {
        match self {
            Caller::Merchant(caller) => Ok(caller.merchant),
            _ => Err(stranger("this needs a merchant's key")),
        }
    }

    /// The operator, on its routes.
    ///
    /// # Errors
    /// `unauthenticated` on other routes.
    pub fn operator(&self) -> Result<&Operator, Refusal> {
        match self {
            Caller::Operator(operator) => Ok(operator),
            _ => Err(stranger("this needs an operator's token")),
        }
    }
}

/// Finds out who calls, and whether they may call this.
///
/// # Errors
/// `unauthenticated`, `forbidden`, `user-frozen`, `merchant-closed`; `not-found` for a bank that there isn't.
pub async fn authenticate(
    app: &App,
    entry: &Entry,
    parameter: Option<&str>,
    headers: &HeaderMap,
) -> Result<Caller, Refusal> {
    match entry.auth {
        Auth::None => Ok(Caller::Anyone),
        Auth::Bank => {
            let known = parameter.is_some_and(|id| app.live.get().door(id).is_some());
            if known { Ok(Caller::Bank) } else { Err(Refusal::not_found("bank")) }
        }
        // On the heap: it would be part of every request's room otherwise.
        Auth::Merchant => Box::pin(merchant(app, headers)).await.map(Caller::Merchant),
        Auth::Operator(role) => {
            let live = app.live.get();
            let operator = operator(&live.operators, headers)?;
            if operator.role < role {
                let detail = format!("this needs the role {}", role.as_str());
                return Err(Refusal::new(Problem::Forbidden, detail));
            }
            Ok(Caller::Operator(operator.clone()))
        }
    }
}

async fn merchant(app: &App, headers: &HeaderMap) -> Result<merchants::Caller, Refusal> {
    let unknown = || {
        metrics::authentication_failed("merchant");
        stranger("the key is not valid")
    };
    let token = bearer(headers).inspect_err(|_| metrics::authentication_failed("merchant"))?;
    if !ApiKey::could_be(token) {
        return Err(unknown());
    }
    let caller = app.logins.caller(ApiKey::from_caller(token)).await?.ok_or_else(unknown)?;
    match caller.user_state {
        UserState::Active => {}
        UserState::Frozen => return Err(Refusal::new(Problem::UserFrozen, "the user of this key is frozen")),
        UserState::Deleted => return Err(unknown()),
    }
    if caller.merchant_state == MerchantState::Closed {
        return Err(Refusal::new(Problem::MerchantClosed, "the merchant is closed"));
    }
    Ok(caller)
}

/// Compares with every token, each in constant time, so that time tells nothing.
fn operator<'o>(operators: &'o [Operator], headers: &HeaderMap) -> Result<&'o Operator, Refusal> {
    let token = bearer(headers).inspect_err(|_| metrics::authentication_failed("operator"))?;
    let hash = digest(&SHA256, token.as_bytes());
    let mut found = None;
    for operator in operators {
        if bool::from(operator.token_sha256.ct_eq(hash.as_ref())) {
            found = Some(operator);
        }
    }
    found.ok_or_else(|| {
        metrics::authentication_failed("operator");
        stranger("the token is not valid")
    })
}

fn stranger(detail: &str) -> Refusal {
    Refusal::new(Problem::Unauthenticated, detail)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use hyper::header::{AUTHORIZATION, HeaderValue};

    use super::*;
    use crate::config::{Config, tests::LEAST};

    #[test]
    fn r36_an_operator_is_known_by_the_hash_of_its_token() {
        let config = Config::parse(LEAST, Path::new("")).expect("a right file");
        let with = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(AUTHORIZATION, HeaderValue::from_str(value).expect("a value"));
            operator(&config.operators, &headers).map(|operator| operator.id.clone()).map_err(|r| r.problem)
        };
        // LEAST holds the SHA-256 of "test".
        assert_eq!(with("Bearer test").as_deref(), Ok("op_li"));
        assert_eq!(with("bearer test").as_deref(), Ok("op_li"));
        for wrong in ["Bearer tesT", "Bearer ", "Basic test", "test"] {
            assert_eq!(with(wrong), Err(Problem::Unauthenticated), "{wrong}");
        }
    }
}
