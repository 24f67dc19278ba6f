//! What operators do about a rate that jumps (R16).

use exchange::{RateId, ReviewRefusal};
use serde_json::{Value, json};

use super::answers::rfc3339;
use super::operators::{No, illegal};
use super::stage::Stage;
use crate::problem::Problem;

impl Stage<'_> {
    /// The rate with what it is compared with. None: there is no such rate.
    pub(super) fn rate_shown(&self, id: RateId) -> Option<Value> {
        let rate = self.rates.get(id)?;
        let accepted = self.rates.accepted(rate.base, rate.quote, &rate.bank);
        Some(json!({
            "id": id.to_string(),
            "status": rate.state.as_str(),
            "pair": format!("{}{}", rate.base.code(), rate.quote.code()),
            "bank": rate.bank,
            "bid": rate.bid.to_string(),
            "ask": rate.ask.to_string(),
            "as_of": rfc3339(rate.as_of),
            "accepted": accepted.map(|(bid, ask, as_of)| json!({
                "bid": bid.to_string(),
                "ask": ask.to_string(),
                "as_of": rfc3339(as_of),
            })),
        }))
    }

    pub(super) fn accept_rate(&mut self, id: RateId) -> Result<(), No> {
        self.rates.accept(id, &self.facts.policy.rates, self.now).map_err(rate_problem)
    }

    pub(super) fn reject_rate(&mut self, id: RateId) -> Result<(), No> {
        self.rates.reject(id, self.now).map_err(rate_problem)
    }
}

fn rate_problem(refusal: ReviewRefusal) -> No {
    match refusal {
        ReviewRefusal::NotFound => (Problem::NotFound, "there is no such rate".to_owned()),
        ReviewRefusal::NotHeld(state) => illegal(format!("the rate is {}", state.as_str())),
        ReviewRefusal::TooOld => {
            illegal("the rate is too old to be used: wait for the bank's next".to_owned())
        }
    }
}
