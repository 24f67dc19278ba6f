//! What anyone may read: the API's description, the problems' pages, metrics and probes.

use hyper::header::{HeaderValue, RETRY_AFTER};
use hyper::{Response, StatusCode};

use super::{Answer, reply};
use crate::app::App;
use crate::body::Outgoing;
use crate::problem::{self, Problem, Refusal};
use crate::problem_pages;
use crate::request::Request;

/// The API's description.
pub const OPENAPI: &str = include_str!("../../openapi.yaml");

pub fn openapi() -> Response<Outgoing> {
    reply::typed(StatusCode::OK, "application/yaml", OPENAPI)
}

pub fn problem(request: &Request) -> Answer {
    let problem = Problem::of_code(request.parameter()).ok_or_else(|| Refusal::not_found("problem"))?;
    Ok(reply::typed(StatusCode::OK, "text/html; charset=utf-8", problem_pages::page(problem)))
}

/// Asks for readiness besides, so that `sluice_ready` is true where nobody asks `/readyz`.
pub async fn metrics(app: &App) -> Response<Outgoing> {
    let _its_gauge_tells = app.readiness.check(&app.pool).await;
    reply::typed(StatusCode::OK, "text/plain; version=0.0.4; charset=utf-8", app.metrics.render())
}

pub fn healthz() -> Response<Outgoing> {
    reply::typed(StatusCode::OK, "text/plain; charset=utf-8", "ok\n")
}

pub async fn readyz(app: &App) -> Response<Outgoing> {
    let plain = |status, text| reply::typed(status, "text/plain; charset=utf-8", format!("{text}\n"));
    match app.readiness.check(&app.pool).await {
        Ok(()) => plain(StatusCode::OK, "ready".to_owned()),
        Err(why) => {
            let mut response = plain(StatusCode::SERVICE_UNAVAILABLE, why);
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(problem::RETRY_AFTER_SECONDS));
            response
        }
    }
}

#[cfg(test)]
mod contract;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::route;

    /// The document's operations: method, path and `operationId`, read from its fixed layout.
    fn documented() -> BTreeSet<(String, String, String)> {
        let paths = OPENAPI.split("\npaths:\n").nth(1).and_then(|rest| rest.split("\nwebhooks:\n").next());
        let (mut path, mut method) = ("", "");
        let mut operations = BTreeSet::new();
        for line in paths.expect("paths before webhooks").lines() {
            let name = line.trim();
            match line.len() - line.trim_start().len() {
                2 => path = name.trim_end_matches(':'),
                4 => method = name.trim_end_matches(':'),
                _ => {}
            }
            if let Some(id) = name.strip_prefix("operationId: ") {
                operations.insert((method.to_uppercase(), path.to_owned(), id.to_owned()));
            }
        }
        operations
    }

    #[test]
    fn the_document_holds_every_route_and_nothing_else() {
        let routes: BTreeSet<_> = route::TABLE
            .iter()
            .map(|entry| (entry.method.to_owned(), entry.path.to_owned(), format!("{:?}", entry.route)))
            .collect();
        assert_eq!(documented(), routes);
    }

    #[test]
    fn the_document_holds_every_problem() {
        for problem in Problem::all() {
            assert!(OPENAPI.contains(&format!("            - {}\n", problem.code())), "{}", problem.code());
        }
    }

    #[test]
    fn what_the_document_refers_to_is_in_it() {
        let components = OPENAPI.split("\ncomponents:\n").nth(1).expect("components");
        let (mut kind, mut defined) = ("", BTreeSet::new());
        for line in components.lines() {
            let name = line.trim().split(':').next().unwrap_or_default();
            match line.len() - line.trim_start().len() {
                2 => kind = name,
                4 => drop(defined.insert(format!("{kind}/{name}"))),
                _ => {}
            }
        }
        let ends = |c: char| c == '"' || c.is_whitespace();
        let used = OPENAPI.split("#/components/").skip(1).filter_map(|rest| rest.split(ends).next());
        let missing: BTreeSet<&str> = used.filter(|name| !defined.contains(*name)).collect();
        assert_eq!(missing, BTreeSet::new());
    }

    /// YAML 1.1 reads these words as truth values, and many readers of OpenAPI still do.
    #[test]
    fn the_documents_texts_are_texts_for_every_reader() {
        for line in OPENAPI.lines() {
            let text = line.trim().strip_prefix("description: ").unwrap_or_default();
            assert!(!["yes", "no", "on", "off"].contains(&text.to_lowercase().as_str()), "{line}");
        }
    }
}
