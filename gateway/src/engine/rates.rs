//! What Prometheus is told of rates (R16).

use exchange::Survey;
use withdrawals::Policy;

/// The configured pairs and nothing else become labels.
pub(super) async fn gauges(conn: &pg::Connection, policy: &Policy) -> Result<(), String> {
    let survey = Survey::now(conn).await.map_err(|error| error.to_string())?;
    for (base, quote) in &policy.pairs {
        let pair = format!("{}{}", base.code(), quote.code());
        let pricing = survey.pricing(*base, *quote, &policy.rates);
        let available = if pricing.is_some() { 1.0 } else { 0.0 };
        metrics::gauge!("sluice_rate_available", "pair" => pair.clone()).set(available);
        let newest = || survey.newest().find(|rate| (rate.base, rate.quote) == (*base, *quote));
        if let Some(rate) = pricing.or_else(newest) {
            let age = (survey.at - rate.as_of).as_seconds_f64().max(0.0);
            metrics::gauge!("sluice_rate_age_seconds", "pair" => pair).set(age);
        }
    }
    metrics::gauge!("sluice_rates_held").set(survey.held() as f64);
    Ok(())
}
