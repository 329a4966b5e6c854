//! Versions of releases, and which of them are supported: `1.2.0`, `>=1.2, <3`.

use std::cmp::Ordering;
use std::fmt;

use crate::error::{Error, Result};

/// A semantic version. Its order is that of precedence; build metadata is dropped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// Raised when something breaks.
    pub major: u64,
    /// Raised when something is added.
    pub minor: u64,
    /// Raised when nothing changes for a user.
    pub patch: u64,
    /// What follows the `-`; empty for a release proper.
    pub pre: String,
}

impl Version {
    /// Reads `1.2.3` or `1.2.3-rc.1+build`, with or without a leading `v`.
    pub fn parse(text: &str) -> Result<Self> {
        let wrong = || Error::new(format!("{text:?} is not a version like 1.2.3"));
        let version = text.strip_prefix('v').unwrap_or(text);
        let version = version.split('+').next().unwrap_or_default();
        let (numbers, pre) = version.split_once('-').unwrap_or((version, ""));
        let numbers: Vec<u64> =
            numbers.split('.').map(number).collect::<Option<_>>().ok_or_else(wrong)?;
        match numbers[..] {
            [major, minor, patch] => Ok(Version { major, minor, patch, pre: pre.to_owned() }),
            _ => Err(wrong()),
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)?;
        if self.pre.is_empty() { Ok(()) } else { write!(f, "-{}", self.pre) }
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        let numbers = |version: &Version| (version.major, version.minor, version.patch);
        numbers(self).cmp(&numbers(other)).then_with(|| cmp_pre(&self.pre, &other.pre))
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// A release comes after its pre-releases; their parts compare as numbers where they are numbers.
fn cmp_pre(a: &str, b: &str) -> Ordering {
    if a.is_empty() || b.is_empty() {
        return a.is_empty().cmp(&b.is_empty());
    }
    let part = |part: &str| (number(part).is_none(), number(part), part.to_owned());
    a.split('.').map(part).cmp(b.split('.').map(part))
}

/// Digits without a needless 0 before them.
fn number(text: &str) -> Option<u64> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit());
    let is_short = text.len() == 1 || !text.starts_with('0');
    if is_plain && is_short { text.parse().ok() } else { None }
}

/// Which versions are meant: comparisons that all hold, separated by commas.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Requirement(Vec<Comparison>);

/// `>=1.2`: an operator and the numbers given.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Comparison {
    operator: Operator,
    numbers: Vec<u64>,
    pre: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    AtLeast,
    Above,
    AtMost,
    Below,
    Exactly,
    /// `^1.2`, and `1.2`: what does not break it.
    Compatible,
    /// `~1.2`: patches of it.
    Patches,
}

const OPERATORS: [(&str, Operator); 7] = [
    (">=", Operator::AtLeast),
    ("<=", Operator::AtMost),
    (">", Operator::Above),
    ("<", Operator::Below),
    ("=", Operator::Exactly),
    ("^", Operator::Compatible),
    ("~", Operator::Patches),
];

impl Requirement {
    /// Reads `>=1.2, <3`; `*` is every version.
    pub fn parse(text: &str) -> Result<Self> {
        if text.trim() == "*" {
            return Ok(Requirement::default());
        }
        let comparisons = text.split(',').map(|part| Comparison::parse(part.trim()));
        let comparisons = comparisons.collect::<Option<Vec<_>>>();
        comparisons.map(Requirement).ok_or_else(|| {
            Error::new(format!("{text:?} is not a requirement like \">=1.2\" or \">=1.2, <3\""))
        })
    }

    /// Whether `version` is meant.
    pub fn matches(&self, version: &Version) -> bool {
        self.0.iter().all(|comparison| comparison.matches(version))
    }
}

impl Comparison {
    fn parse(text: &str) -> Option<Self> {
        let found = OPERATORS.iter().find_map(|(sign, operator)| {
            text.strip_prefix(sign).map(|rest| (*operator, rest.trim_start()))
        });
        let (operator, rest) = found.unwrap_or((Operator::Compatible, text));
        let rest = rest.strip_prefix('v').unwrap_or(rest);
        let (numbers, pre) = rest.split_once('-').unwrap_or((rest, ""));
        let numbers: Vec<u64> = numbers.split('.').map(number).collect::<Option<_>>()?;
        let is_whole = numbers.len() == 3 || pre.is_empty();
        (numbers.len() <= 3 && is_whole).then(|| Comparison {
            operator,
            numbers,
            pre: pre.to_owned(),
        })
    }

    fn matches(&self, version: &Version) -> bool {
        let order = self.order(version);
        match self.operator {
            Operator::AtLeast => order.is_ge(),
            Operator::Above => order.is_gt(),
            Operator::AtMost => order.is_le(),
            Operator::Below => order.is_lt(),
            Operator::Exactly => order.is_eq(),
            Operator::Compatible => {
                self.is_reached(version) && self.same_until(self.first_kept(), version)
            }
            Operator::Patches => self.is_reached(version) && self.same_until(2, version),
        }
    }

    /// How `version` stands to the numbers given: equal, if it begins with them.
    fn order(&self, version: &Version) -> Ordering {
        let numbers = [version.major, version.minor, version.patch];
        let order = numbers[..self.numbers.len()].cmp(&self.numbers[..]);
        if self.numbers.len() < 3 {
            order
        } else {
            order.then_with(|| cmp_pre(&version.pre, &self.pre))
        }
    }

    fn is_reached(&self, version: &Version) -> bool {
        self.order(version).is_ge()
    }

    /// How many numbers a compatible version shares: up to the first that is not 0.
    fn first_kept(&self) -> usize {
        self.numbers
            .iter()
            .position(|number| *number != 0)
            .map_or(self.numbers.len(), |zeros| zeros + 1)
    }

    fn same_until(&self, count: usize, version: &Version) -> bool {
        let numbers = [version.major, version.minor, version.patch];
        let count = count.min(self.numbers.len());
        numbers[..count] == self.numbers[..count]
    }
}
