//! One function for each route: reads the request, asks the crates below, writes the answer.

mod accounts;
mod act;
mod admin_actions;
mod admin_reads;
mod admin_withdrawals;
mod amount_freezes;
mod arming;
mod ask;
mod balances;
mod bank_events;
mod data;
mod dead_letters;
mod events;
mod fees;
mod fields;
mod lane;
mod lists;
mod order_files;
mod overview;
mod pages;
mod partners;
mod payees;
mod positions;
mod quotes;
mod rates;
mod receiving_accounts;
mod reconciliation;
mod registration;
mod reply;
mod reversals;
mod review;
mod search;
mod settlements;
mod stores;
mod stream;
mod timeline;
mod transactions;
mod users;
mod webhooks;
mod withdraw;
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

/// Carries a request out. Each handler has its room on the heap: in one with all of them a request would have that of the
/// largest, and it is moved several times on its way to a handler.
///
/// # Errors
/// What the caller is refused for.
pub async fn handle(app: &Arc<App>, request: Request) -> Answer {
    if let Some(answer) = arming::guard(app, &request).await? {
        return Ok(answer);
    }
    match request.entry.route {
        Route::Balances => Box::pin(balances::show(app, &request)).await,
        Route::CreateQuote => Box::pin(quotes::create(app, &request)).await,
        Route::GetQuote => Box::pin(quotes::show(app, &request)).await,
        Route::CreatePayee => Box::pin(payees::create(app, &request)).await,
        Route::ListPayees => Box::pin(payees::list(app, &request)).await,
        Route::GetPayee => Box::pin(payees::show(app, &request)).await,
        Route::DeletePayee => Box::pin(payees::delete(app, &request)).await,
        Route::CreateStore => Box::pin(stores::create(app, &request)).await,
        Route::ListStores => Box::pin(stores::list(app, &request)).await,
        Route::GetStore => Box::pin(stores::show(app, &request)).await,
        Route::AuthorizeStore | Route::WithdrawAuthorization => {
            Box::pin(stores::authorize(app, &request)).await
        }
        Route::LinkEbayStore => Box::pin(stores::link(app, &request)).await,
        Route::ImportOrders => Box::pin(order_files::import(app, request)).await,
        Route::ListOrders => Box::pin(order_files::list(app, &request)).await,
        Route::CreateReceivingAccount => Box::pin(receiving_accounts::create(app, &request)).await,
        Route::ListReceivingAccounts => Box::pin(receiving_accounts::list(app, &request)).await,
        Route::LinkStore => Box::pin(receiving_accounts::link(app, &request)).await,
        Route::ListWithdrawals => Box::pin(withdrawals::list(app, &request)).await,
        Route::GetWithdrawal => Box::pin(withdrawals::show(app, &request)).await,
        Route::Transactions => Box::pin(transactions::list(app, &request)).await,
        Route::AnnounceSettlement => Box::pin(settlements::create(app, &request)).await,
        Route::ListSettlements => Box::pin(settlements::own(app, &request)).await,
        Route::InvestigateSettlement => Box::pin(settlements::investigate(app, &request)).await,
        Route::ListInvestigations => Box::pin(settlements::queue(app, &request)).await,
        Route::CloseSettlement => Box::pin(settlements::close(app, &request)).await,
        Route::Data => Box::pin(data::own(app, &request)).await,
        Route::CopyMerchant => Box::pin(data::of_merchant(app, &request)).await,
        Route::OpenApi => Ok(pages::openapi()),
        Route::PartnerPage => partners::show(&request),
        Route::ProblemPage => pages::problem(&request),
        Route::Metrics => Ok(Box::pin(pages::metrics(app)).await),
        Route::Healthz => Ok(pages::healthz()),
        Route::Readyz => Ok(Box::pin(pages::readyz(app)).await),
        Route::BankEvents => Box::pin(bank_events::receive(app, request)).await,
        Route::CreateWithdrawal => Box::pin(withdraw::withdraw(app, request)).await,
        Route::ChangePayee => Box::pin(withdraw::change_payee(app, request)).await,
        Route::Me => Box::pin(arming::me(app, &request)).await,
        Route::Arm => Box::pin(arming::arm(app, &request)).await,
        Route::Disarm => Box::pin(arming::disarm(app, &request)).await,
        Route::Overview => Box::pin(overview::show(app, &request)).await,
        Route::Stream => Box::pin(stream::open(app, &request)).await,
        Route::ListPayments => Box::pin(lists::payments::list(app, &request)).await,
        Route::GetPayment => Box::pin(review::show(app, &request)).await,
        Route::NotePayment => Box::pin(review::note(app, request)).await,
        Route::ListReversals => Box::pin(reversals::list(app, &request)).await,
        Route::ListAllWithdrawals => Box::pin(admin_withdrawals::list(app, &request)).await,
        Route::ShowWithdrawal => Box::pin(admin_withdrawals::show(app, &request)).await,
        Route::Search => Box::pin(search::find(app, &request)).await,
        Route::ListPayouts => Box::pin(lists::payouts::list(app, &request)).await,
        Route::GetPayout => Box::pin(admin_reads::payout(app, &request)).await,
        Route::ListMerchants => Box::pin(lists::merchants::list(app, &request)).await,
        Route::ListMerchantPayees => Box::pin(lists::merchants::payees(app, &request)).await,
        Route::RegisterMerchant => Box::pin(registration::register(app, request)).await,
        Route::AddDocument => Box::pin(registration::add_document(app, request)).await,
        Route::ListDocuments => Box::pin(registration::documents(app, &request)).await,
        Route::CreateUser => Box::pin(users::create(app, &request)).await,
        Route::ListUsers => Box::pin(users::list(app, &request)).await,
        Route::FreezeUser | Route::UnfreezeUser | Route::DeleteUser => {
            Box::pin(users::change(app, &request)).await
        }
        Route::GetMerchant => Box::pin(admin_reads::merchant(app, &request)).await,
        Route::ListEvents => Box::pin(lists::events::list(app, &request)).await,
        Route::GetEvent => Box::pin(events::show(app, &request)).await,
        Route::UnmaskEvent => Box::pin(events::unmask(app, request)).await,
        Route::ReplayEvent => Box::pin(events::replay(app, request)).await,
        Route::Rates => Box::pin(rates::show(app, &request)).await,
        Route::RateHistory => Box::pin(rates::history(app, &request)).await,
        Route::Audit => Box::pin(lists::audit::list(app, &request)).await,
        Route::SetFee => Box::pin(fees::set(app, request)).await,
        Route::Positions => Box::pin(positions::show(app, &request)).await,
        Route::ListCoverDeals => Box::pin(positions::deals(app, &request)).await,
        Route::BookCoverDeal => Box::pin(positions::book(app, request)).await,
        Route::SetTier => Box::pin(positions::set_tier(app, request)).await,
        Route::ListFees => Box::pin(fees::list_all(app, &request)).await,
        Route::ListOwnFees => Box::pin(fees::list_own(app, &request)).await,
        Route::ListAmountFreezes => Box::pin(amount_freezes::list(app, &request)).await,
        Route::LiftAmountFreeze => Box::pin(amount_freezes::lift(app, request)).await,
        Route::ListApprovals => Box::pin(lists::approvals::list(app, &request)).await,
        Route::GetApproval => Box::pin(lists::approvals::show(app, &request)).await,
        Route::ListQuotes => Box::pin(lists::quotes::list(app, &request)).await,
        Route::ListAccounts => Box::pin(accounts::list(app, &request)).await,
        Route::SumAccounts => Box::pin(accounts::sums(app, &request)).await,
        Route::ListTransfers => Box::pin(accounts::transfers(app, &request)).await,
        Route::ListReconciliation => Box::pin(reconciliation::lines(app, &request)).await,
        Route::ListStatements => Box::pin(reconciliation::statements(app, &request)).await,
        Route::CreateWebhook => Box::pin(webhooks::create(app, &request)).await,
        Route::ListWebhooks => Box::pin(webhooks::list(app, &request)).await,
        Route::DeleteWebhook => Box::pin(webhooks::delete(app, &request)).await,
        Route::TestWebhook => Box::pin(webhooks::test(app, &request)).await,
        Route::ListDeadLetters => Box::pin(dead_letters::list(app, &request)).await,
        Route::ReplayDeadLetter => Box::pin(dead_letters::replay(app, request)).await,
        Route::ExplainLine => Box::pin(reconciliation::explain(app, request)).await,
        Route::Approve | Route::Reject => Box::pin(admin_actions::decide(app, request)).await,
        Route::CreditPayment
        | Route::ReturnPayment
        | Route::RematchPayment
        | Route::ApplyReversal
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
        | Route::ActivateMerchant
        | Route::FreezeMerchant
        | Route::UnfreezeMerchant
        | Route::CloseMerchant
        | Route::AcceptRate
        | Route::RejectRate => Box::pin(admin_actions::act(app, request)).await,
    }
}
