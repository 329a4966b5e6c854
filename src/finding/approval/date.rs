//! Dates of approvals, in UTC.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

/// Seconds of a day.
const DAY: u64 = 24 * 60 * 60;

/// Days from 0000-03-01, with which a cycle of leap years begins, to 1970-01-01.
const BEFORE_1970: u64 = 719_468;

/// A day in UTC, written `2027-01-31`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date(toml::value::Date);

impl Date {
    /// Returns the day of `time`.
    pub fn of(time: SystemTime) -> Self {
        let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
        Date::of_days(since.as_secs() / DAY)
    }

    /// Parses `2027-01-31`.
    pub fn parse(text: &str) -> Option<Self> {
        let parsed: toml::value::Datetime = text.parse().ok()?;
        let is_date = parsed.time.is_none() && parsed.offset.is_none();
        parsed.date.filter(|_| is_date).map(Date)
    }

    pub(super) fn of_toml(date: toml::value::Date) -> Self {
        Date(date)
    }

    /// Returns the day that is `days` after 1970-01-01. Months are counted from March, so that the
    /// leap day is the last day of a year.
    fn of_days(days: u64) -> Self {
        let days = days + BEFORE_1970;
        let (era, day) = (days / 146_097, days % 146_097);
        let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
        let day = day - (365 * year + year / 4 - year / 100);
        let month = (5 * day + 2) / 153;
        let day = day - (153 * month + 2) / 5 + 1;
        let month = if month < 10 { month + 3 } else { month - 9 };
        let year = year + era * 400 + u64::from(month <= 2);
        Date(toml::value::Date {
            year: u16::try_from(year).unwrap_or(u16::MAX),
            month: u8::try_from(month).expect("it is 1 to 12"),
            day: u8::try_from(day).expect("it is 1 to 31"),
        })
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_dates() {
        for (days, date) in [
            (0, "1970-01-01"),
            (58, "1970-02-28"),
            (59, "1970-03-01"),
            (11_016, "2000-02-29"),
            (20_513, "2026-03-01"),
            (47_540, "2100-02-28"),
            (47_541, "2100-03-01"),
        ] {
            assert_eq!(Date::of_days(days).to_string(), date);
        }
        let first = UNIX_EPOCH + std::time::Duration::from_secs(DAY - 1);
        assert_eq!(Date::of(first).to_string(), "1970-01-01");
    }

    #[test]
    fn only_dates_are_parsed() {
        assert!(Date::parse("2028-02-29") < Date::parse("2028-03-01"));
        for wrong in ["2027-02-29", "2027-1-1", "2027-01-01T10:00:00", "10:00:00", "tomorrow", ""] {
            assert_eq!(Date::parse(wrong), None, "{wrong}");
        }
    }
}
