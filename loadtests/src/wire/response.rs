//! Reads the gateway's answers: HTTP/1.1 with a Content-Length, which is all that it sends to our requests.

use std::ops::Range;

/// What an answer's head says, and where in the buffer its body lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The status.
    pub status: u16,
    /// Seconds after which to come again, if it says so.
    pub retry_after: Option<u64>,
    /// `Idempotency-Replayed: true`.
    pub replayed: bool,
    /// The server closes the connection after it.
    pub close: bool,
    /// The whole body; the answer ends with it.
    pub body: Range<usize>,
}

/// Not an answer of the gateway.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("malformed answer: {0}")]
pub struct Malformed(pub &'static str);

/// The answer at the start of `buffer`; none while it is not whole.
///
/// # Errors
/// [`Malformed`], also for a transfer coding: the gateway's answers have their length.
pub fn parse(buffer: &[u8]) -> Result<Option<Head>, Malformed> {
    let Some(end) = head_end(buffer) else { return Ok(None) };
    let (head, rest) = buffer.split_at(end);
    let mut lines = head.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let status = status(lines.next().unwrap_or_default())?;
    let mut said = Head { status, retry_after: None, replayed: false, close: false, body: end..end };
    let mut length = None;
    for line in lines {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else { continue };
        let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
        match name.len() {
            10 if name.eq_ignore_ascii_case(b"connection") => {
                said.close = value.eq_ignore_ascii_case(b"close");
            }
            11 if name.eq_ignore_ascii_case(b"retry-after") => said.retry_after = number(value),
            14 if name.eq_ignore_ascii_case(b"content-length") => length = number(value),
            17 if name.eq_ignore_ascii_case(b"transfer-encoding") => {
                return Err(Malformed("a transfer coding"));
            }
            20 if name.eq_ignore_ascii_case(b"idempotency-replayed") => said.replayed = value == b"true",
            _ => {}
        }
    }
    let length = length.and_then(|length| usize::try_from(length).ok()).ok_or(Malformed("no length"))?;
    if rest.len() < length {
        return Ok(None);
    }
    said.body.end += length;
    Ok(Some(said))
}

fn head_end(buffer: &[u8]) -> Option<usize> {
    buffer.windows(4).position(|window| window == b"\r\n\r\n").map(|at| at + 4)
}

/// `HTTP/1.1 200 OK`
fn status(line: &[u8]) -> Result<u16, Malformed> {
    let digits = line.strip_prefix(b"HTTP/1.1 ").and_then(|rest| rest.get(..3)).and_then(number);
    digits.and_then(|status| u16::try_from(status).ok()).ok_or(Malformed("no status"))
}

fn number(digits: &[u8]) -> Option<u64> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// The 32 hexadecimal digits of the first id with this prefix (`pay_`) in an answer's JSON, as a number.
pub fn id_in(body: &[u8], prefix: &[u8]) -> Option<u128> {
    let at = body.windows(prefix.len()).position(|window| window == prefix)? + prefix.len();
    let digits = std::str::from_utf8(body.get(at..at + 32)?).ok()?;
    u128::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/problem+json\r\n\
        Retry-After: 1\r\nidempotency-replayed: true\r\nConnection: close\r\nContent-Length: 4\r\n\r\n{ab}HTTP";

    #[test]
    fn an_answer_is_read_once_it_is_whole() {
        let whole = ANSWER.len() - 4;
        for end in 0..whole {
            assert_eq!(parse(&ANSWER[..end]), Ok(None), "{end} bytes");
        }
        let body = whole - 4..whole;
        let expected = Head { status: 503, retry_after: Some(1), replayed: true, close: true, body };
        assert_eq!(parse(ANSWER), Ok(Some(expected)), "what follows is not touched");
    }

    #[test]
    fn what_the_gateway_never_sends_is_refused() {
        for (text, why) in [
            ("HTTP/1.0 200 OK\r\ncontent-length: 0\r\n\r\n", "no status"),
            ("HTTP/1.1 2x0 OK\r\ncontent-length: 0\r\n\r\n", "no status"),
            ("HTTP/1.1 200 OK\r\n\r\n", "no length"),
            ("HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n", "no length"),
            ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n", "a transfer coding"),
        ] {
            assert_eq!(parse(text.as_bytes()), Err(Malformed(why)), "{text}");
        }
    }

    #[test]
    fn ids_are_found_in_answers() {
        let body = br#"{"outcomes":[{"payment_id":"pay_0193000000007000800000000000000a"}]}"#;
        assert_eq!(id_in(body, b"pay_"), Some(0x0193_0000_0000_7000_8000_0000_0000_000a));
        assert_eq!(id_in(body, b"wd_"), None);
        assert_eq!(id_in(b"pay_0193", b"pay_"), None);
    }
}
