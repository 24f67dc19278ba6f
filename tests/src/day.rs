//! A day that does not end while a test is about it.

use std::time::Duration;

use time::{Date, OffsetDateTime, Time, UtcOffset};

/// What a test about a day has at least.
const LEFT: Duration = Duration::from_secs(60);

/// Today where clocks are so many hours ahead of UTC. In the day's last minute the next one is waited for.
pub async fn today(hours_ahead: i8) -> Date {
    let offset = UtcOffset::from_hms(hours_ahead, 0, 0).expect("an offset");
    let now = || OffsetDateTime::now_utc().to_offset(offset);
    let left = time_left(now());
    if left < LEFT {
        tokio::time::sleep(left + Duration::from_millis(100)).await;
    }
    now().date()
}

fn time_left(now: OffsetDateTime) -> Duration {
    let tomorrow = now.replace_time(Time::MIDNIGHT) + time::Duration::DAY;
    (tomorrow - now).try_into().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_day_ends_at_its_own_midnight() {
        assert_eq!(time_left(datetime!(2026-12-31 23:59:58.5 +8)), Duration::from_millis(1_500));
        assert_eq!(time_left(datetime!(2026-12-31 00:00 UTC)), Duration::from_secs(86_400));
    }
}
