//! One function for each route: reads the request, asks the crates below, writes the answer.

mod accounts;
mod act;
mod admin_actions;
mod admin_reads;
mod admin_withdrawals;
mod amount_freezes;
mod arming;
mod balances;
mod bank_events;
mod dead_letters;
mod events;
mod fees;
mod fields;
mod lane;
mod lists;
mod order_files;
mod orders;
mod overview;
mod pages;
mod partners;
mod payees;
mod positions;
mod quotes;
mod rates;
mod receiving_accounts;
mod reconciliation;
mod reply;
mod reversals;
mod review;
mod search;
mod stores;
mod stream;
mod timeline;
mod transactions;
mod webhooks;
mod withdrawals;

use std::sync::Arc;

use hyper::Response;

use crate::app::App;
use crate::body::Outgoing;
use crate::problem::Refusal;
use crate::request::Request;
use crate::route::Route;

pub use bank_events::{Message, understand};
pub use overview::{Look, look};

/// What a handler gives back.
pub type Answer = Result<Response<Outgoing>, Refusal>;

/// Carries a request out.
///
/// # Errors
/// What the caller is refused for.
pub async fn handle(app: &Arc<App>, request: Request) -> Answer {
    if let Some(answer) = arming::guard(app, &request).await? {
        return Ok(answer);
    }
    match request.entry.route {
        Route::Balances => balances::show(app, &request).await,
        Route::CreateQuote => quotes::create(app, &request).await,
        Route::GetQuote => quotes::show(app, &request).await,
        Route::CreatePayee => payees::create(app, &request).await,
        Route::ListPayees => payees::list(app, &request).await,
        Route::GetPayee => payees::show(app, &request).await,
        Route::DeletePayee => payees::delete(app, &request).await,
        Route::CreateStore => stores::create(app, &request).await,
        Route::ListStores => stores::list(app, &request).await,
        Route::GetStore => stores::show(app, &request).await,
        Route::AuthorizeStore | Route::WithdrawAuthorization => stores::authorize(app, &request).await,
        Route::LinkEbayStore => stores::link(app, &request).await,
        Route::ImportOrders => order_files::import(app, request).await,
        Route::ListOrders => order_files::list(app, &request).await,
        Route::CreateReceivingAccount => receiving_accounts::create(app, &request).await,
        Route::ListReceivingAccounts => receiving_accounts::list(app, &request).await,
        Route::LinkStore => receiving_accounts::link(app, &request).await,
        Route::ListWithdrawals => withdrawals::list(app, &request).await,
        Route::GetWithdrawal => withdrawals::show(app, &request).await,
        Route::Transactions => transactions::list(app, &request).await,
        Route::OpenApi => Ok(pages::openapi()),
        Route::PartnerPage => partners::show(&request),
        Route::ProblemPage => pages::problem(&request),
        Route::Metrics => Ok(pages::metrics(app).await),
        Route::Healthz => Ok(pages::healthz()),
        Route::Readyz => Ok(pages::readyz(app).await),
        Route::BankEvents => bank_events::receive(app, request).await,
        Route::CreateWithdrawal => orders::withdraw(app, request).await,
        Route::ChangePayee => orders::change_payee(app, request).await,
        Route::Me => arming::me(app, &request).await,
        Route::Arm => arming::arm(app, &request).await,
        Route::Disarm => arming::disarm(app, &request).await,
        Route::Overview => overview::show(app, &request).await,
        Route::Stream => stream::open(app, &request).await,
        Route::ListPayments => lists::payments::list(app, &request).await,
        Route::GetPayment => review::show(app, &request).await,
        Route::NotePayment => review::note(app, request).await,
        Route::ListReversals => reversals::list(app, &request).await,
        Route::ListAllWithdrawals => admin_withdrawals::list(app, &request).await,
        Route::ShowWithdrawal => admin_withdrawals::show(app, &request).await,
        Route::Search => search::find(app, &request).await,
        Route::ListPayouts => lists::payouts::list(app, &request).await,
        Route::GetPayout => admin_reads::payout(app, &request).await,
        Route::ListMerchants => lists::merchants::list(app, &request).await,
        Route::ListMerchantPayees => lists::merchants::payees(app, &request).await,
        Route::GetMerchant => admin_reads::merchant(app, &request).await,
        Route::ListEvents => lists::events::list(app, &request).await,
        Route::GetEvent => events::show(app, &request).await,
        Route::UnmaskEvent => events::unmask(app, request).await,
        Route::ReplayEvent => events::replay(app, request).await,
        Route::Rates => rates::show(app, &request).await,
        Route::RateHistory => rates::history(app, &request).await,
        Route::Audit => lists::audit::list(app, &request).await,
        Route::SetFee => fees::set(app, request).await,
        Route::Positions => positions::show(app, &request).await,
        Route::ListCoverDeals => positions::deals(app, &request).await,
        Route::BookCoverDeal => positions::book(app, request).await,
        Route::SetTier => positions::set_tier(app, request).await,
        Route::ListFees => fees::list_all(app, &request).await,
        Route::ListOwnFees => fees::list_own(app, &request).await,
        Route::ListAmountFreezes => amount_freezes::list(app, &request).await,
        Route::LiftAmountFreeze => amount_freezes::lift(app, request).await,
        Route::ListApprovals => lists::approvals::list(app, &request).await,
        Route::GetApproval => lists::approvals::show(app, &request).await,
        Route::ListQuotes => lists::quotes::list(app, &request).await,
        Route::ListAccounts => accounts::list(app, &request).await,
        Route::SumAccounts => accounts::sums(app, &request).await,
        Route::ListTransfers => accounts::transfers(app, &request).await,
        Route::ListReconciliation => reconciliation::lines(app, &request).await,
        Route::ListStatements => reconciliation::statements(app, &request).await,
        Route::CreateWebhook => webhooks::create(app, &request).await,
        Route::ListWebhooks => webhooks::list(app, &request).await,
        Route::DeleteWebhook => webhooks::delete(app, &request).await,
        Route::TestWebhook => webhooks::test(app, &request).await,
        Route::ListDeadLetters => dead_letters::list(app, &request).await,
        Route::ReplayDeadLetter => dead_letters::replay(app, request).await,
        Route::ExplainLine => reconciliation::explain(app, request).await,
        Route::Approve | Route::Reject => admin_actions::decide(app, request).await,
        Route::CreditPayment
        | Route::ReturnPayment
        | Route::RematchPayment
        | Route::DismissReversal
        | Route::RetryPayout
        | Route::HoldPayout
        | Route::ReleasePayout
        | Route::QueryPayout
        | Route::ResolvePayout
        | Route::RefundWithdrawal
        | Route::RefuseWithdrawal
        | Route::ChargeMerchant
        | Route::VerifyMerchant
        | Route::FreezeAmount
        | Route::FreezeMerchant
        | Route::UnfreezeMerchant
        | Route::AcceptRate
        | Route::RejectRate => admin_actions::act(app, request).await,
    }
}
