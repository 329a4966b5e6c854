//! `BENCHMARKS.md`: the whole page, made anew from what was measured.

use std::fmt::{Display, Write as _};
use std::time::Duration;

use super::case::{Budget, Measured, Time};
use super::cold::Cold;
use super::measure::Cost;
use super::tree::Part;

/// Everything that the page says.
pub(super) struct Page {
    /// Where and when: a name and what it was.
    pub(super) setting: Vec<(&'static str, String)>,
    /// What the tree is.
    pub(super) tree: String,
    pub(super) cases: Vec<Measured>,
    /// The cost of building parts of the tree, from small to large.
    pub(super) sizes: Vec<(Part, Measured)>,
    /// The cost of building the tree when so many of its files are broken.
    pub(super) broken: Vec<(usize, Cost)>,
    /// The files of the part that is checked against so many releases, and what that costs.
    pub(super) part: usize,
    pub(super) releases: Vec<(usize, Cost)>,
    pub(super) cold: Cold,
}

impl Page {
    pub(super) fn text(&self) -> String {
        let mut text = String::from(
            "# Benchmarks\n\n\
             Written by `cargo xtask bench toolchain`: change nothing here by hand. wireproof and \
             the real buf do the same work on the same files by turns (one, the other, one, the \
             other), and the median of each measure counts. User and system time is that of all \
             threads together; peak memory is the largest resident set of a single process.\n\n",
        );
        for (name, value) in &self.setting {
            let _ = writeln!(text, "- {name}: {value}");
        }
        let _ = writeln!(text, "- schemas: {}", self.tree);
        text.push_str(
            "\n## Budgets\n\n\
             What wireproof may take of what buf takes at the same work, and what it took.\n\n\
             | work | measure | at most | measured | |\n\
             | --- | --- | --- | --- | --- |\n",
        );
        self.cases.iter().for_each(|case| budgets(&mut text, case));
        text.push_str(
            "\n## The same work\n\n\
             Of stubs that are there already wireproof writes those that are not the same; buf \
             writes all.\n\n",
        );
        text.push_str("| work | runs each | measure | wireproof | buf | wireproof : buf |\n");
        text.push_str("| --- | --- | --- | --- | --- | --- |\n");
        self.cases.iter().for_each(|case| compared(&mut text, case));
        text.push_str(
            "\n## Cost against size\n\n\
             `build` of parts of the schemas: the first files in order of path, each with all \
             that it imports. A cost that grows with what is read has a constant last column, \
             but for what starting costs.\n\n\
             | files | source | wireproof: wall | user + system | peak memory | buf: wall | user + system | wireproof: user + system for 1 MB |\n\
             | --- | --- | --- | --- | --- | --- | --- | --- |\n",
        );
        self.sizes.iter().for_each(|(part, measured)| sized(&mut text, part, measured));
        let _ = write!(
            text,
            "\n## Broken files\n\n\
             `build` of all of the schemas, so many of which do not parse: every one of them is \
             reported.\n\n{COUNTED}",
        );
        counted(&mut text, &self.broken);
        let files = thousands(self.part);
        let _ = write!(
            text,
            "\n## Releases\n\n\
             `check-compat` of {files} files of the schemas against so many releases, each an \
             image of the old version.\n\n{COUNTED}",
        );
        counted(&mut text, &self.releases);
        let Cold { cost, crates } = &self.cold;
        let (wall, cpu) = (seconds(cost.wall), seconds(cost.cpu));
        let _ = write!(
            text,
            "\n## From cold\n\n\
             `cargo xtask check` in a fresh clone, measured once: {wall} ({cpu} user + system). \
             It compiles {crates} crates besides this one; they had been downloaded before.\n"
        );
        text
    }
}

const COUNTED: &str =
    "| number | wall | user + system | peak memory |\n| --- | --- | --- | --- |\n";

fn counted(text: &mut String, costs: &[(usize, Cost)]) {
    for (count, cost) in costs {
        let (wall, cpu, peak) = (seconds(cost.wall), seconds(cost.cpu), megabytes(cost.peak));
        let _ = writeln!(text, "| {} | {wall} | {cpu} | {peak} |", thousands(*count));
    }
}

/// A row for each thing that a budget limits.
fn budgets(text: &mut String, case: &Measured) {
    let Some(Budget { time, faster, smaller }) = case.budget else { return };
    let (ours, theirs) = (case.wireproof, case.buf);
    let mut row = |measure, times: f64, limit: f64| {
        let held = if times >= limit { "held" } else { "**exceeded**" };
        let title = &case.title;
        let _ = writeln!(text, "| {title} | {measure} | 1 : {limit} | 1 : {times:.1} | {held} |");
    };
    match time {
        Time::Wall => row("wall", times(ours, theirs, |cost| cost.wall), faster),
        Time::Cpu => row("user + system", times(ours, theirs, |cost| cost.cpu), faster),
    }
    if let Some(smaller) = smaller {
        row("peak memory", theirs.peak as f64 / ours.peak as f64, smaller);
    }
}

/// Three rows: one for each measure.
fn compared(text: &mut String, case: &Measured) {
    let (ours, theirs) = (case.wireproof, case.buf);
    let runs = case.runs;
    let wall = (seconds(ours.wall), seconds(theirs.wall), ratio(ours, theirs, |cost| cost.wall));
    let cpu = (seconds(ours.cpu), seconds(theirs.cpu), ratio(ours, theirs, |cost| cost.cpu));
    let peak = theirs.peak as f64 / ours.peak as f64;
    let peak = (megabytes(ours.peak), megabytes(theirs.peak), format!("1 : {peak:.1}"));
    let _ = writeln!(text, "| {} | {runs} | wall | {} |", case.title, cells(wall));
    let _ = writeln!(text, "| | | user + system | {} |", cells(cpu));
    let _ = writeln!(text, "| | | peak memory | {} |", cells(peak));
}

fn cells((ours, theirs, ratio): (impl Display, impl Display, String)) -> String {
    format!("{ours} | {theirs} | {ratio}")
}

fn ratio(ours: Cost, theirs: Cost, of: impl Fn(Cost) -> Duration) -> String {
    format!("1 : {:.1}", times(ours, theirs, of))
}

fn times(ours: Cost, theirs: Cost, of: impl Fn(Cost) -> Duration) -> f64 {
    of(theirs).as_secs_f64() / of(ours).as_secs_f64()
}

fn sized(text: &mut String, part: &Part, measured: &Measured) {
    let (ours, theirs) = (measured.wireproof, measured.buf);
    let for_one = ours.cpu.div_f64(part.size as f64 / 1e6);
    let cells = [
        thousands(part.files),
        megabytes(part.size),
        seconds(ours.wall),
        seconds(ours.cpu),
        megabytes(ours.peak),
        seconds(theirs.wall),
        seconds(theirs.cpu),
        seconds(for_one),
    ];
    let _ = writeln!(text, "| {} |", cells.join(" | "));
}

/// Three digits that count.
fn seconds(time: Duration) -> String {
    match time.as_secs_f64() {
        long if long >= 10.0 => format!("{long:.1} s"),
        middle if middle >= 1.0 => format!("{middle:.2} s"),
        short => format!("{:.1} ms", short * 1e3),
    }
}

fn megabytes(bytes: u64) -> String {
    let megabytes = bytes as f64 / 1e6;
    if megabytes < 10.0 { format!("{megabytes:.2} MB") } else { format!("{megabytes:.0} MB") }
}

/// 7234 as 7,234.
pub(super) fn thousands(number: usize) -> String {
    match (number / 1000, number % 1000) {
        (0, rest) => rest.to_string(),
        (thousand, rest) => format!("{},{rest:03}", thousands(thousand)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        assert_eq!(seconds(Duration::from_millis(12_345)), "12.3 s");
        assert_eq!(seconds(Duration::from_millis(1_234)), "1.23 s");
        assert_eq!(seconds(Duration::from_micros(4_560)), "4.6 ms");
        assert_eq!(megabytes(512_000_000), "512 MB");
        assert_eq!(megabytes(50_000), "0.05 MB");
        assert_eq!(thousands(1_007_234), "1,007,234");
        assert_eq!(thousands(10), "10");
    }

    #[test]
    fn a_comparison_has_a_row_for_each_measure() {
        let cost = |wall, cpu, peak| Cost {
            wall: Duration::from_secs(wall),
            cpu: Duration::from_secs(cpu),
            peak,
        };
        let mut text = String::new();
        let (wireproof, buf) = (cost(2, 3, 10_000_000), cost(20, 27, 60_000_000));
        let budget = Budget { time: Time::Wall, faster: 8.0, smaller: Some(7.0) };
        let (title, budget) = ("build".to_owned(), Some(budget));
        let measured = Measured { title, budget, runs: 3, wireproof, buf };
        budgets(&mut text, &measured);
        assert_eq!(
            text,
            "| build | wall | 1 : 8 | 1 : 10.0 | held |\n\
             | build | peak memory | 1 : 7 | 1 : 6.0 | **exceeded** |\n"
        );
        text.clear();
        compared(&mut text, &measured);
        assert_eq!(
            text,
            "| build | 3 | wall | 2.00 s | 20.0 s | 1 : 10.0 |\n\
             | | | user + system | 3.00 s | 27.0 s | 1 : 9.0 |\n\
             | | | peak memory | 10 MB | 60 MB | 1 : 6.0 |\n"
        );
    }
}
