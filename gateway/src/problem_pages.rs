//! A page for each problem: what it means, and what the caller should do.

use crate::problem::Problem::{self, *};

/// What the problem means.
pub fn meaning(problem: Problem) -> &'static str {
    match problem {
        IdempotencyKeyMissing => {
            "This request moves money, so it needs an Idempotency-Key header of 1 to 255 visible ASCII characters. It was missing, empty or malformed. Nothing was done."
        }
        MalformedJson => "The body is not exactly one JSON value in UTF-8, or an object has two equal keys.",
        MalformedXml => "The body is not well-formed XML, or it has a DOCTYPE.",
        Unauthenticated => {
            "The Authorization header is missing, is not a bearer token, or holds a key that is not valid."
        }
        BadSignature => {
            "A signature header is missing or malformed, or no signature matches the bytes that arrived under any live key of this bank."
        }
        TimestampOutOfTolerance => {
            "The signature verifies, but the signed timestamp is too far from our clock. This keeps recorded requests from being played again."
        }
        Forbidden => {
            "The credentials are valid, but this is not allowed with them: the role does not include it, the merchant is not active yet, whoever asked would also approve, or a bank's connection did not show the client certificate that the bank has agreed on. `detail` says which."
        }
        MerchantFrozen => {
            "The merchant is frozen: no withdrawal is accepted and no payout is sent. Payments still arrive."
        }
        MerchantRestricted => {
            "The merchant's documents have expired: it cannot withdraw until they are renewed. Payments still arrive."
        }
        MerchantClosed => "The merchant is closed. Its keys do nothing any more.",
        UserFrozen => "The user that this API key belongs to is frozen.",
        NotArmed => {
            "The request would change something, or show what is masked, and its operator is not armed at this moment: it never was, its time is over, or it was disarmed. Requests of the console need it (header `sluice-console`), and all requests of operators that are configured so (`must_arm`). This request did nothing, and nothing is kept under its idempotency key. What was done under the same key before, while the operator was armed, is still answered as the first time, except for what unmasks."
        }
        NotFound => "There is no such resource, or it belongs to someone else. We do not tell the two apart.",
        MethodNotAllowed => {
            "The path exists, but not for this method. The Allow header lists those it takes."
        }
        EventIdReused => {
            "This event id came earlier with other bytes. The first delivery stands; this one was counted, nothing else was done."
        }
        IdempotencyInProgress => "A request with the same idempotency key has not been answered yet.",
        QuoteExpired => "The quote's time is over. Its rate can no longer be had.",
        QuoteUsed => "Another withdrawal has used the quote. A quote is good for one.",
        IllegalTransition => "The subject exists, but this cannot be done in the state it is in now.",
        ApprovalRequired => "A second person must approve this. The same person cannot ask and approve.",
        BodyTooLarge => "The body is longer than this route takes.",
        UnsupportedMediaType => "The Content-Type is missing, or is not one that this route takes.",
        InvalidRequest => {
            "The request is well-formed, but fields are missing, unknown, of the wrong type or out of range. `errors` lists them with their paths."
        }
        IdempotencyKeyReused => {
            "The idempotency key was used for a request with another method, path or body. Nothing was done."
        }
        InsufficientFunds => {
            "The available balance in the sold currency is smaller than the amount. Nothing was debited."
        }
        LimitExceeded => "The amount would exceed a limit of this merchant.",
        PayeeNotVerified => "The payee has not been verified, or was rejected.",
        PayeeHolderMismatch => {
            "Money is paid only to the merchant itself, and the payee's account holder is somebody else."
        }
        UnsupportedCorridor => {
            "This pair of currencies is not exchanged, or no bank pays out the bought currency."
        }
        RateLimited => {
            "Too many requests in a short time. Operators may search by account number thirty times a minute; ids, references and names are found beyond that, too. Of a merchant's data one copy is made at a time."
        }
        RateUnavailable => {
            "There is no rate for the pair that can be used: none is fresh enough, or the newest is being checked. An old rate is never used instead."
        }
        Overloaded => "The server has more work waiting than it can do in time, and refused at once.",
        LedgerUnavailable => {
            "The book could not be written or read in time. For a request with an idempotency key, whether it was done shows when it is sent again with the same key."
        }
        RequestTimeout => "The request did not arrive completely in time.",
        Internal => "Something unexpected happened on our side. It was logged under the request's id.",
    }
}

/// What the caller should do.
pub fn remedy(problem: Problem) -> &'static str {
    match problem {
        IdempotencyKeyMissing => "Make a key, keep it, and send the request again with it.",
        MalformedJson | MalformedXml => "Mend the body. Sending the same bytes again will not help.",
        Unauthenticated => "Send `Authorization: Bearer <key>` with a live key.",
        BadSignature => {
            "Sign the raw bytes of the body with a live key. `?dry_run=true` says at which step it fails, /partners/start has examples for each scheme, and `sluice sign` prints the headers that we expect."
        }
        TimestampOutOfTolerance => "Set the clock, and sign each delivery anew.",
        Forbidden => {
            "Use credentials with the role that is needed, have another person approve, wait until the merchant is active, or connect with the bank's client certificate."
        }
        MerchantFrozen | MerchantRestricted | MerchantClosed | UserFrozen => {
            "Speak to the institution. Sending the request again will not help."
        }
        NotArmed => {
            "Arm with `POST /admin/v1/arm` (minutes and a reason), look again at what you are about to change, and send the request again; the same idempotency key will do."
        }
        NotFound => "Check the id and the credentials.",
        MethodNotAllowed => "Use one of the methods in the Allow header.",
        EventIdReused => "Give each event an id of its own. If the first delivery was wrong, tell us.",
        IdempotencyInProgress => "Wait a moment, and send the same request with the same key again.",
        QuoteExpired | QuoteUsed => "Make another quote, and withdraw with it under another idempotency key.",
        IllegalTransition => "Read the subject's present state and decide again.",
        ApprovalRequired => "Have another person with the role of an approver decide.",
        BodyTooLarge => "Send less.",
        UnsupportedMediaType => "Send the body with one of the content types that the API documents.",
        InvalidRequest => "Correct the listed fields, and send the request again.",
        IdempotencyKeyReused => "Use another key for another request.",
        InsufficientFunds => "Read the balances, and withdraw no more than what is available.",
        LimitExceeded => "The detail names the limit: ask for less, or later.",
        PayeeNotVerified => "Wait until the payee is verified, or use another.",
        PayeeHolderMismatch => "Name an account of the merchant's own.",
        UnsupportedCorridor => "Use another currency.",
        RateLimited | RateUnavailable | Overloaded | LedgerUnavailable => {
            "Send the same request again after the time in Retry-After, waiting longer each time, with the same idempotency key if it had one."
        }
        RequestTimeout => "Send the request again, in one go.",
        Internal => {
            "Send the same request again, with the same idempotency key if it had one. If it stays, tell us the request's id."
        }
    }
}

/// The page as HTML. Everything in it is ours, so nothing needs escaping.
pub fn page(problem: Problem) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>{code}</title>\n\
         <h1>{title}</h1>\n<p><code>{code}</code>, status {status}</p>\n\
         <h2>What it means</h2>\n<p>{meaning}</p>\n<h2>What to do</h2>\n<p>{remedy}</p>\n</html>\n",
        code = problem.code(),
        title = problem.title(),
        status = problem.status(),
        meaning = meaning(problem),
        remedy = remedy(problem).replace('<', "&lt;").replace('>', "&gt;"),
    )
}
