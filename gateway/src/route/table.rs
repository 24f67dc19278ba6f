//! The table of routes.

use super::{Auth, Entry, Listener, Route};

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

/// Every route, each listener's together.
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
    public(Route::AnnounceSettlement, "POST", "/v1/settlements", MERCHANT, "announce_settlement"),
    public(Route::ListSettlements, "GET", "/v1/settlements", MERCHANT, "list_settlements"),
    public(
        Route::InvestigateSettlement,
        "POST",
        "/v1/settlements/{id}/investigate",
        MERCHANT,
        "investigate_settlement",
    ),
    public(Route::Data, "GET", "/v1/data", MERCHANT, "data"),
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
    admin(Route::ApplyReversal, "POST", "/admin/v1/reversals/{id}/apply", OPERATOR, "apply_reversal"),
    admin(Route::DismissReversal, "POST", "/admin/v1/reversals/{id}/dismiss", OPERATOR, "dismiss_reversal"),
    admin(Route::RematchPayment, "POST", "/admin/v1/payments/{id}/rematch", OPERATOR, "rematch_payment"),
    admin(Route::ListInvestigations, "GET", "/admin/v1/settlements", VIEWER, "list_investigations"),
    admin(Route::CloseSettlement, "POST", "/admin/v1/settlements/{id}/close", OPERATOR, "close_settlement"),
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
    admin(Route::RegisterMerchant, "POST", "/admin/v1/merchants", OPERATOR, "register_merchant"),
    admin(
        Route::ActivateMerchant,
        "POST",
        "/admin/v1/merchants/{id}/activate",
        OPERATOR,
        "activate_merchant",
    ),
    admin(Route::AddDocument, "POST", "/admin/v1/merchants/{id}/documents", OPERATOR, "add_document"),
    admin(Route::ListDocuments, "GET", "/admin/v1/merchants/{id}/documents", VIEWER, "list_documents"),
    admin(Route::GetMerchant, "GET", "/admin/v1/merchants/{id}", VIEWER, "get_merchant"),
    admin(
        Route::ListMerchantPayees,
        "GET",
        "/admin/v1/merchants/{id}/payees",
        VIEWER,
        "list_merchant_payees",
    ),
    // Its key takes out whatever the merchant has, and no second person is asked.
    admin(Route::CreateUser, "POST", "/admin/v1/merchants/{id}/users", APPROVER, "create_user"),
    admin(Route::ListUsers, "GET", "/admin/v1/merchants/{id}/users", VIEWER, "list_users"),
    admin(Route::FreezeUser, "POST", "/admin/v1/users/{id}/freeze", OPERATOR, "freeze_user"),
    admin(Route::UnfreezeUser, "POST", "/admin/v1/users/{id}/unfreeze", OPERATOR, "unfreeze_user"),
    admin(Route::DeleteUser, "POST", "/admin/v1/users/{id}/delete", OPERATOR, "delete_user"),
    admin(Route::FreezeMerchant, "POST", "/admin/v1/merchants/{id}/freeze", OPERATOR, "freeze_merchant"),
    admin(
        Route::UnfreezeMerchant,
        "POST",
        "/admin/v1/merchants/{id}/unfreeze",
        OPERATOR,
        "unfreeze_merchant",
    ),
    admin(Route::CloseMerchant, "POST", "/admin/v1/merchants/{id}/close", OPERATOR, "close_merchant"),
    admin(Route::CopyMerchant, "POST", "/admin/v1/merchants/{id}/data", OPERATOR, "copy_merchant"),
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
