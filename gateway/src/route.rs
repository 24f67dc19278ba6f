//! What is exposed, to whom, and how large its body may be: one table for each listener.

use std::sync::Arc;

use hyper::Method;

/// Which listener a request came in by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    DismissReversal,
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
    GetMerchant,
    ListMerchantPayees,
    FreezeMerchant,
    UnfreezeMerchant,
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

/// A camt.054 of a thousand transactions has about a million bytes.
const EVENT_BODY: usize = 2 << 20;
/// Ten thousand orders.
const ORDERS_BODY: usize = 2 << 20;
const SMALL_BODY: usize = 16 << 10;

const BANK: Auth = Auth::Bank;
const MERCHANT: Auth = Auth::Merchant;
const VIEWER: Auth = Auth::Operator(crate::config::Role::Viewer);
const OPERATOR: Auth = Auth::Operator(crate::config::Role::Operator);
const APPROVER: Auth = Auth::Operator(crate::config::Role::Approver);

const fn public(
    route: Route,
    method: &'static str,
    path: &'static str,
    auth: Auth,
    label: &'static str,
) -> Entry {
    let body_limit = match (auth, method.as_bytes()) {
        (Auth::Bank, _) => EVENT_BODY,
        (_, b"POST") => SMALL_BODY,
        _ => 0,
    };
    Entry { route, listener: Listener::Public, method, path, auth, body_limit, label }
}

const fn admin(
    route: Route,
    method: &'static str,
    path: &'static str,
    auth: Auth,
    label: &'static str,
) -> Entry {
    Entry { listener: Listener::Admin, ..public(route, method, path, auth, label) }
}

const fn probe(route: Route, path: &'static str, label: &'static str) -> Entry {
    Entry { listener: Listener::Metrics, ..public(route, "GET", path, Auth::None, label) }
}

/// The table.
pub const TABLE: &[Entry] = &[
    public(Route::BankEvents, "POST", "/v1/banks/{bank}/events", BANK, "bank_events"),
    public(Route::Balances, "GET", "/v1/balances", MERCHANT, "balances"),
    public(Route::CreateQuote, "POST", "/v1/quotes", MERCHANT, "create_quote"),
    public(Route::GetQuote, "GET", "/v1/quotes/{id}", MERCHANT, "get_quote"),
    public(Route::CreatePayee, "POST", "/v1/payees", MERCHANT, "create_payee"),
    public(Route::ListPayees, "GET", "/v1/payees", MERCHANT, "list_payees"),
    public(Route::GetPayee, "GET", "/v1/payees/{id}", MERCHANT, "get_payee"),
    public(Route::DeletePayee, "DELETE", "/v1/payees/{id}", MERCHANT, "delete_payee"),
    public(Route::CreateStore, "POST", "/v1/stores", MERCHANT, "create_store"),
    public(Route::ListStores, "GET", "/v1/stores", MERCHANT, "list_stores"),
    public(Route::GetStore, "GET", "/v1/stores/{id}", MERCHANT, "get_store"),
    public(Route::AuthorizeStore, "POST", "/v1/stores/{id}/authorization", MERCHANT, "authorize_store"),
    public(
        Route::WithdrawAuthorization,
        "DELETE",
        "/v1/stores/{id}/authorization",
        MERCHANT,
        "withdraw_authorization",
    ),
    public(Route::LinkEbayStore, "POST", "/v1/stores/{id}/links", MERCHANT, "link_ebay_store"),
    Entry {
        body_limit: ORDERS_BODY,
        ..public(Route::ImportOrders, "POST", "/v1/stores/{id}/orders", MERCHANT, "import_orders")
    },
    public(Route::ListOrders, "GET", "/v1/stores/{id}/orders", MERCHANT, "list_orders"),
    public(
        Route::CreateReceivingAccount,
        "POST",
        "/v1/receiving-accounts",
        MERCHANT,
        "create_receiving_account",
    ),
    public(
        Route::ListReceivingAccounts,
        "GET",
        "/v1/receiving-accounts",
        MERCHANT,
        "list_receiving_accounts",
    ),
    public(Route::LinkStore, "POST", "/v1/receiving-accounts/{id}/stores", MERCHANT, "link_store"),
    public(Route::CreateWithdrawal, "POST", "/v1/withdrawals", MERCHANT, "create_withdrawal"),
    public(Route::ListWithdrawals, "GET", "/v1/withdrawals", MERCHANT, "list_withdrawals"),
    public(Route::GetWithdrawal, "GET", "/v1/withdrawals/{id}", MERCHANT, "get_withdrawal"),
    public(Route::ChangePayee, "POST", "/v1/withdrawals/{id}/payee", MERCHANT, "change_payee"),
    public(Route::ListOwnFees, "GET", "/v1/fees", MERCHANT, "list_own_fees"),
    public(Route::Transactions, "GET", "/v1/transactions", MERCHANT, "transactions"),
    public(Route::CreateWebhook, "POST", "/v1/webhooks", MERCHANT, "create_webhook"),
    public(Route::ListWebhooks, "GET", "/v1/webhooks", MERCHANT, "list_webhooks"),
    public(Route::DeleteWebhook, "DELETE", "/v1/webhooks/{id}", MERCHANT, "delete_webhook"),
    public(Route::TestWebhook, "POST", "/v1/webhooks/{id}/test", MERCHANT, "test_webhook"),
    public(Route::OpenApi, "GET", "/openapi.yaml", Auth::None, "openapi"),
    public(Route::ProblemPage, "GET", "/problems/{code}", Auth::None, "problem_page"),
    public(Route::PartnerPage, "GET", "/partners/{page}", Auth::None, "partner_page"),
    admin(Route::OpenApi, "GET", "/openapi.yaml", Auth::None, "openapi"),
    admin(Route::ProblemPage, "GET", "/problems/{code}", Auth::None, "problem_page"),
    admin(Route::Me, "GET", "/admin/v1/me", VIEWER, "me"),
    admin(Route::Arm, "POST", "/admin/v1/arm", OPERATOR, "arm"),
    admin(Route::Disarm, "POST", "/admin/v1/disarm", OPERATOR, "disarm"),
    admin(Route::Overview, "GET", "/admin/v1/overview", VIEWER, "overview"),
    admin(Route::Stream, "GET", "/admin/v1/stream", VIEWER, "stream"),
    admin(Route::ListPayments, "GET", "/admin/v1/payments", VIEWER, "list_payments"),
    admin(Route::GetPayment, "GET", "/admin/v1/payments/{id}", VIEWER, "get_payment"),
    admin(Route::NotePayment, "POST", "/admin/v1/payments/{id}/notes", OPERATOR, "note_payment"),
    admin(Route::CreditPayment, "POST", "/admin/v1/payments/{id}/credit", OPERATOR, "credit_payment"),
    admin(Route::ReturnPayment, "POST", "/admin/v1/payments/{id}/return", OPERATOR, "return_payment"),
    admin(Route::ListReversals, "GET", "/admin/v1/reversals", VIEWER, "list_reversals"),
    admin(Route::DismissReversal, "POST", "/admin/v1/reversals/{id}/dismiss", OPERATOR, "dismiss_reversal"),
    admin(Route::RematchPayment, "POST", "/admin/v1/payments/{id}/rematch", OPERATOR, "rematch_payment"),
    admin(Route::ListPayouts, "GET", "/admin/v1/payouts", VIEWER, "list_payouts"),
    admin(Route::RetryPayout, "POST", "/admin/v1/payouts/{id}/retry", OPERATOR, "retry_payout"),
    admin(Route::HoldPayout, "POST", "/admin/v1/payouts/{id}/hold", OPERATOR, "hold_payout"),
    admin(Route::ReleasePayout, "POST", "/admin/v1/payouts/{id}/release", OPERATOR, "release_payout"),
    admin(Route::QueryPayout, "POST", "/admin/v1/payouts/{id}/query", OPERATOR, "query_payout"),
    admin(Route::ResolvePayout, "POST", "/admin/v1/payouts/{id}/resolve", OPERATOR, "resolve_payout"),
    admin(Route::GetPayout, "GET", "/admin/v1/payouts/{id}", VIEWER, "get_payout"),
    admin(Route::ListAllWithdrawals, "GET", "/admin/v1/withdrawals", VIEWER, "list_all_withdrawals"),
    admin(Route::ShowWithdrawal, "GET", "/admin/v1/withdrawals/{id}", VIEWER, "show_withdrawal"),
    admin(Route::Search, "GET", "/admin/v1/search", VIEWER, "search"),
    admin(
        Route::RefundWithdrawal,
        "POST",
        "/admin/v1/withdrawals/{id}/refund",
        OPERATOR,
        "refund_withdrawal",
    ),
    admin(
        Route::RefuseWithdrawal,
        "POST",
        "/admin/v1/withdrawals/{id}/refuse",
        OPERATOR,
        "refuse_withdrawal",
    ),
    admin(Route::ChargeMerchant, "POST", "/admin/v1/merchants/{id}/charge", OPERATOR, "charge_merchant"),
    admin(
        Route::VerifyMerchant,
        "POST",
        "/admin/v1/merchants/{id}/verification",
        OPERATOR,
        "verify_merchant",
    ),
    admin(Route::FreezeAmount, "POST", "/admin/v1/merchants/{id}/amount-freezes", OPERATOR, "freeze_amount"),
    admin(
        Route::ListAmountFreezes,
        "GET",
        "/admin/v1/merchants/{id}/amount-freezes",
        VIEWER,
        "list_amount_freezes",
    ),
    admin(
        Route::LiftAmountFreeze,
        "POST",
        "/admin/v1/amount-freezes/{id}/lift",
        OPERATOR,
        "lift_amount_freeze",
    ),
    admin(Route::SetTier, "POST", "/admin/v1/merchants/{id}/tier", OPERATOR, "set_tier"),
    admin(Route::Positions, "GET", "/admin/v1/positions", VIEWER, "positions"),
    admin(Route::ListCoverDeals, "GET", "/admin/v1/cover-deals", VIEWER, "list_cover_deals"),
    admin(Route::BookCoverDeal, "POST", "/admin/v1/cover-deals", OPERATOR, "book_cover_deal"),
    admin(Route::SetFee, "POST", "/admin/v1/fees", OPERATOR, "set_fee"),
    admin(Route::ListFees, "GET", "/admin/v1/fees", VIEWER, "list_fees"),
    admin(Route::ListMerchants, "GET", "/admin/v1/merchants", VIEWER, "list_merchants"),
    admin(Route::GetMerchant, "GET", "/admin/v1/merchants/{id}", VIEWER, "get_merchant"),
    admin(
        Route::ListMerchantPayees,
        "GET",
        "/admin/v1/merchants/{id}/payees",
        VIEWER,
        "list_merchant_payees",
    ),
    admin(Route::FreezeMerchant, "POST", "/admin/v1/merchants/{id}/freeze", OPERATOR, "freeze_merchant"),
    admin(
        Route::UnfreezeMerchant,
        "POST",
        "/admin/v1/merchants/{id}/unfreeze",
        OPERATOR,
        "unfreeze_merchant",
    ),
    admin(Route::ListEvents, "GET", "/admin/v1/events", VIEWER, "list_events"),
    admin(Route::GetEvent, "GET", "/admin/v1/events/{id}", VIEWER, "get_event"),
    admin(Route::UnmaskEvent, "POST", "/admin/v1/events/{id}/unmask", OPERATOR, "unmask_event"),
    admin(Route::ReplayEvent, "POST", "/admin/v1/events/{id}/replay", OPERATOR, "replay_event"),
    admin(Route::Rates, "GET", "/admin/v1/rates", VIEWER, "rates"),
    admin(Route::RateHistory, "GET", "/admin/v1/rates/history", VIEWER, "rate_history"),
    admin(Route::AcceptRate, "POST", "/admin/v1/rates/{id}/accept", OPERATOR, "accept_rate"),
    admin(Route::RejectRate, "POST", "/admin/v1/rates/{id}/reject", OPERATOR, "reject_rate"),
    admin(Route::Audit, "GET", "/admin/v1/audit", VIEWER, "audit"),
    admin(Route::ListDeadLetters, "GET", "/admin/v1/dead-letters", VIEWER, "list_dead_letters"),
    admin(
        Route::ReplayDeadLetter,
        "POST",
        "/admin/v1/dead-letters/{id}/replay",
        OPERATOR,
        "replay_dead_letter",
    ),
    admin(Route::ListApprovals, "GET", "/admin/v1/approvals", VIEWER, "list_approvals"),
    admin(Route::GetApproval, "GET", "/admin/v1/approvals/{id}", VIEWER, "get_approval"),
    admin(Route::ListQuotes, "GET", "/admin/v1/quotes", VIEWER, "list_quotes"),
    admin(Route::SumAccounts, "GET", "/admin/v1/ledger/accounts", VIEWER, "sum_accounts"),
    admin(Route::ListAccounts, "GET", "/admin/v1/accounts", VIEWER, "list_accounts"),
    admin(Route::ListTransfers, "GET", "/admin/v1/accounts/{id}/transfers", VIEWER, "list_transfers"),
    admin(Route::ListReconciliation, "GET", "/admin/v1/reconciliation", VIEWER, "list_reconciliation"),
    admin(Route::ListStatements, "GET", "/admin/v1/reconciliation/statements", VIEWER, "list_statements"),
    admin(
        Route::ExplainLine,
        "POST",
        "/admin/v1/reconciliation/lines/{id}/explain",
        OPERATOR,
        "explain_line",
    ),
    admin(Route::Approve, "POST", "/admin/v1/approvals/{id}/approve", APPROVER, "approve"),
    admin(Route::Reject, "POST", "/admin/v1/approvals/{id}/reject", APPROVER, "reject"),
    probe(Route::Metrics, "/metrics", "metrics"),
    probe(Route::Healthz, "/healthz", "healthz"),
    probe(Route::Readyz, "/readyz", "readyz"),
];

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
                assert_ne!(entry.auth, VIEWER, "{}", entry.path);
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
