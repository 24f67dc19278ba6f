//! What is exposed, to whom, and how large its body may be: one table for each listener.

mod table;

use std::sync::Arc;

use hyper::Method;

pub use table::TABLE;

/// Which listener a request came in by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Listener {
    Public,
    Admin,
    Metrics,
}

impl Listener {
    /// Its label in metrics.
    pub fn name(self) -> &'static str {
        match self {
            Listener::Public => "public",
            Listener::Admin => "admin",
            Listener::Metrics => "metrics",
        }
    }
}

/// How a caller proves who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Auth {
    /// Anyone.
    None,
    /// A bank, by its signature over the body.
    Bank,
    /// A merchant, by its API key.
    Merchant,
    /// An operator of at least this role, by a token.
    Operator(crate::config::Role),
}

/// Every operation that exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Route {
    BankEvents,
    Balances,
    CreateQuote,
    GetQuote,
    CreatePayee,
    ListPayees,
    GetPayee,
    DeletePayee,
    CreateStore,
    ListStores,
    GetStore,
    AuthorizeStore,
    WithdrawAuthorization,
    LinkEbayStore,
    ImportOrders,
    ListOrders,
    CreateReceivingAccount,
    ListReceivingAccounts,
    LinkStore,
    CreateWithdrawal,
    ListWithdrawals,
    GetWithdrawal,
    ChangePayee,
    Transactions,
    AnnounceSettlement,
    ListSettlements,
    InvestigateSettlement,
    Data,
    CreateWebhook,
    ListWebhooks,
    DeleteWebhook,
    TestWebhook,
    OpenApi,
    ProblemPage,
    PartnerPage,
    Me,
    Arm,
    Disarm,
    Overview,
    Stream,
    ListPayments,
    GetPayment,
    NotePayment,
    CreditPayment,
    ReturnPayment,
    RematchPayment,
    ListReversals,
    ApplyReversal,
    DismissReversal,
    ListInvestigations,
    CloseSettlement,
    ListPayouts,
    RetryPayout,
    HoldPayout,
    ReleasePayout,
    QueryPayout,
    ResolvePayout,
    GetPayout,
    ListAllWithdrawals,
    ShowWithdrawal,
    Search,
    RefundWithdrawal,
    RefuseWithdrawal,
    ChargeMerchant,
    VerifyMerchant,
    FreezeAmount,
    ListAmountFreezes,
    SetFee,
    SetTier,
    Positions,
    ListCoverDeals,
    BookCoverDeal,
    ListFees,
    ListOwnFees,
    LiftAmountFreeze,
    ListMerchants,
    RegisterMerchant,
    ActivateMerchant,
    AddDocument,
    ListDocuments,
    GetMerchant,
    ListMerchantPayees,
    CreateUser,
    ListUsers,
    FreezeUser,
    UnfreezeUser,
    DeleteUser,
    FreezeMerchant,
    UnfreezeMerchant,
    CloseMerchant,
    CopyMerchant,
    ListEvents,
    GetEvent,
    UnmaskEvent,
    ReplayEvent,
    Rates,
    RateHistory,
    AcceptRate,
    RejectRate,
    Audit,
    ListDeadLetters,
    ReplayDeadLetter,
    ListApprovals,
    GetApproval,
    ListQuotes,
    ListAccounts,
    SumAccounts,
    ListTransfers,
    ListReconciliation,
    ListStatements,
    ExplainLine,
    Approve,
    Reject,
    Metrics,
    Healthz,
    Readyz,
}

/// One line of the table.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    pub route: Route,
    pub listener: Listener,
    pub method: &'static str,
    /// Segments; `{…}` takes any one segment, and is the parameter.
    pub path: &'static str,
    pub auth: Auth,
    /// Most bytes of a body; 0 for none.
    pub body_limit: usize,
    /// The label in metrics.
    pub label: &'static str,
}

impl Entry {
    /// What a body may call itself.
    pub fn content_types(&self) -> &'static [&'static str] {
        match self.route {
            Route::BankEvents => &["application/json", "application/xml", "text/xml"],
            Route::ImportOrders => &["application/json", "text/csv"],
            _ => &["application/json"],
        }
    }

    /// Whether it changes something of the institution's or shows what is masked, so that it may need an armed operator (R33).
    pub fn needs_arming(&self) -> bool {
        self.listener == Listener::Admin
            && self.method != "GET"
            && !matches!(self.route, Route::Arm | Route::Disarm)
    }
}

/// Where a request goes.
#[derive(Clone, Debug)]
pub enum Found {
    /// To this entry, with the path's parameter, if it has one.
    Route(&'static Entry, Option<Arc<str>>),
    /// The path exists for other methods only: what `Allow` says.
    OtherMethod(&'static str),
    /// Nowhere.
    Nothing,
}

/// Finds the entry of a listener for a method and a path. `HEAD` goes where `GET` goes.
pub fn find(listener: Listener, method: &Method, path: &str) -> Found {
    let wanted = if *method == Method::HEAD { "GET" } else { method.as_str() };
    let mut allowed = 0;
    for entry in TABLE.iter().filter(|entry| entry.listener == listener) {
        let Some(parameter) = matches(entry.path, path) else { continue };
        if entry.method == wanted {
            return Found::Route(entry, parameter.map(Arc::from));
        }
        allowed |= bit(entry.method);
    }
    match allowed {
        0 => Found::Nothing,
        _ => Found::OtherMethod(ALLOWED[allowed]),
    }
}

/// A path's parameter, if the path is the pattern's. No escapes: none of ours has a byte that needs one.
fn matches<'p>(pattern: &str, path: &'p str) -> Option<Option<&'p str>> {
    let mut found = None;
    let mut segments = path.split('/');
    for expected in pattern.split('/') {
        let segment = segments.next()?;
        if expected.starts_with('{') {
            if segment.is_empty() || segment.len() > 128 {
                return None;
            }
            found = Some(segment);
        } else if expected != segment {
            return None;
        }
    }
    segments.next().is_none().then_some(found)
}

/// What `Allow` says for each set of methods, by [`bit`].
const ALLOWED: [&str; 8] = [
    "",
    "GET, HEAD",
    "POST",
    "GET, HEAD, POST",
    "DELETE",
    "GET, HEAD, DELETE",
    "POST, DELETE",
    "GET, HEAD, POST, DELETE",
];

fn bit(method: &str) -> usize {
    match method {
        "GET" => 1,
        "POST" => 2,
        _ => 4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(listener: Listener, method: Method, path: &str) -> String {
        match find(listener, &method, path) {
            Found::Route(entry, parameter) => {
                format!("{:?} {}", entry.route, parameter.unwrap_or_default()).trim_end().to_owned()
            }
            Found::OtherMethod(allow) => allow.to_owned(),
            Found::Nothing => "-".to_owned(),
        }
    }

    #[test]
    fn paths_go_where_they_should() {
        use Listener::{Admin, Metrics, Public};
        let table = [
            (Public, Method::POST, "/v1/banks/alpha/events", "BankEvents alpha"),
            (Public, Method::GET, "/v1/banks/alpha/events", "POST"),
            (Public, Method::GET, "/v1/payees", "ListPayees"),
            (Public, Method::HEAD, "/v1/payees", "ListPayees"),
            (Public, Method::PUT, "/v1/payees", "GET, HEAD, POST"),
            (Public, Method::POST, "/v1/payees/pye_1", "GET, HEAD, DELETE"),
            (Public, Method::DELETE, "/v1/payees/pye_1", "DeletePayee pye_1"),
            (Public, Method::GET, "/v1/payees/", "-"),
            (Public, Method::GET, "/v1/payees/a/b", "-"),
            (Public, Method::GET, "//v1/payees", "-"),
            (Public, Method::GET, "/v1/withdrawals/wd_1", "GetWithdrawal wd_1"),
            (Public, Method::POST, "/v1/withdrawals/wd_1/payee", "ChangePayee wd_1"),
            (Public, Method::GET, "/admin/v1/overview", "-"),
            (Public, Method::GET, "/metrics", "-"),
            (Admin, Method::GET, "/admin/v1/overview", "Overview"),
            (Admin, Method::GET, "/v1/balances", "-"),
            (Admin, Method::POST, "/admin/v1/approvals/apr_1/reject", "Reject apr_1"),
            (Metrics, Method::GET, "/readyz", "Readyz"),
            (Metrics, Method::POST, "/readyz", "GET, HEAD"),
        ];
        for (listener, method, path, expected) in table {
            assert_eq!(found(listener, method.clone(), path), expected, "{method} {path}");
        }
    }

    #[test]
    fn every_change_has_a_body_and_someone_who_answers_for_it() {
        for entry in TABLE {
            assert_eq!(entry.method == "POST", entry.body_limit > 0, "{}", entry.path);
            if entry.method != "GET" {
                assert_ne!(entry.auth, Auth::None, "{}", entry.path);
                assert_ne!(entry.auth, Auth::Operator(crate::config::Role::Viewer), "{}", entry.path);
            }
            let own = ["/admin/v1/arm", "/admin/v1/disarm"].contains(&entry.path);
            let changes = entry.path.starts_with("/admin/") && entry.method != "GET" && !own;
            assert_eq!(entry.needs_arming(), changes, "{}", entry.path);
            let expects = match entry.listener {
                Listener::Admin if entry.path.starts_with("/admin/") => true,
                Listener::Admin => entry.auth == Auth::None,
                _ => !entry.path.starts_with("/admin/"),
            };
            assert!(expects, "{}", entry.path);
        }
    }
}
