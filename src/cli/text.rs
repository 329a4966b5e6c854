//! Helpers for the text that commands print.

use std::time::{SystemTime, UNIX_EPOCH};

/// Returns `number` with `noun`, in the plural unless it is one: `1 file`, `2 files`.
pub(super) fn counted(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// Returns today's date in UTC: `2027-01-31`.
pub(super) fn today() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    date(now.as_secs() / (24 * 60 * 60))
}

/// Returns the date of a day, counted from 1970-01-01, in the Gregorian calendar.
fn date(days: u64) -> String {
    // The algorithm counts from 0000-03-01, so that the leap day is the last day of a year, in
    // periods of 400 years.
    let days = days + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    format!("{:04}-{month:02}-{day:02}", era * 400 + year + next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_follow_the_calendar() {
        let days = [0, 59, 11_016, 11_017, 19_782, 20_453, 20_454, 47_540, 47_541];
        let expected = [
            "1970-01-01",
            "1970-03-01",
            "2000-02-29",
            "2000-03-01",
            "2024-02-29",
            "2025-12-31",
            "2026-01-01",
            "2100-02-28",
            "2100-03-01",
        ];
        assert_eq!(days.map(date), expected);
    }

    #[test]
    fn only_one_is_singular() {
        assert_eq!(
            [0, 1, 2].map(|number| counted(number, "file")),
            ["0 files", "1 file", "2 files"]
        );
    }
}
