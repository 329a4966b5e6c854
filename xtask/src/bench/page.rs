//! Renders `BENCHMARKS.md` from the results.

use std::fmt::{Display, Write as _};
use std::time::Duration;

use super::case::{Budget, Measured, Time};
use super::cold::Cold;
use super::measure::Cost;
use super::tree::Part;

/// The content of the page.
pub(super) struct Page {
    /// The setting of the measurement, as names and values.
    pub(super) setting: Vec<(&'static str, String)>,
    /// The description of the tree.
    pub(super) tree: String,
    pub(super) cases: Vec<Measured>,
    /// The cost of building parts of the tree, from small to large.
    pub(super) sizes: Vec<(Part, Measured)>,
    /// The cost of building the tree, by the number of broken files.
    pub(super) broken: Vec<(usize, Cost)>,
    /// The number of files that are checked against releases.
    pub(super) part: usize,
    /// The cost of the check, by the number of releases.
    pub(super) releases: Vec<(usize, Cost)>,
    pub(super) cold: Cold,
}

impl Page {
    /// Returns the page as Markdown.
    pub(super) fn text(&self) -> String {
        let mut text = String::from(
            "# Benchmarks\n\n\
             Written by `cargo xtask bench toolchain`; do not edit. wireproof and the real buf do the \
             same work on the same files alternately. The numbers are medians. User and system \
             time is the sum over all threads. Peak memory is the largest resident set of a single \
             process.\n\n",
        );
        for (name, value) in &self.setting {
            let _ = writeln!(text, "- {name}: {value}");
        }
        let _ = writeln!(text, "- schemas: {}", self.tree);
        text.push_str(
            "\n## Budgets\n\n\
             The maximum cost of wireproof relative to buf for the same work, and the measured \
             cost.\n\n\
             | work | measure | at most | measured | |\n\
             | --- | --- | --- | --- | --- |\n",
        );
        self.cases.iter().for_each(|case| budgets(&mut text, case));
        text.push_str(
            "\n## The same work\n\n\
             `generate` with wireproof writes only files that change; buf writes all files.\n\n",
        );
        text.push_str("| work | runs each | measure | wireproof | buf | wireproof : buf |\n");
        text.push_str("| --- | --- | --- | --- | --- | --- |\n");
        self.cases.iter().for_each(|case| compared(&mut text, case));
        text.push_str(
            "\n## Cost against size\n\n\
             `build` of parts of the schemas: the first files in order of path, each with its \
             imports. If the cost is linear in the size of the sources, the last column is constant, \
             except for the cost of the start.\n\n\
             | files | source | wireproof: wall | user + system | peak memory | buf: wall | user + system | wireproof: user + system for 1 MB |\n\
             | --- | --- | --- | --- | --- | --- | --- | --- |\n",
        );
        self.sizes.iter().for_each(|(part, measured)| sized(&mut text, part, measured));
        let _ = write!(
            text,
            "\n## Broken files\n\n\
             `build` of all schemas, by the number of files that do not parse. Each of them is \
             reported.\n\n{COUNTED}",
        );
        counted(&mut text, &self.broken);
        let files = thousands(self.part);
        let _ = write!(
            text,
            "\n## Releases\n\n\
             `check-compat` of {files} files of the schemas, by the number of releases. Each release \
             is an image of the old version.\n\n{COUNTED}",
        );
        counted(&mut text, &self.releases);
        let Cold { cost, crates, builds } = &self.cold;
        let (wall, cpu) = (seconds(cost.wall), seconds(cost.cpu));
        let _ = write!(
            text,
            "\n## Fresh clone\n\n\
             `cargo xtask check` in a fresh clone, measured once: {wall} ({cpu} user + system). \
             It compiles {crates} dependencies, which were downloaded before.\n\n\
             The first build of the program alone:\n\n\
             | Cargo features | dependencies | wall | user + system |\n| --- | --- | --- | --- |\n"
        );
        for (name, (crates, cost)) in
            ["default", "none (`--no-default-features`)"].iter().zip(builds)
        {
            let (wall, cpu) = (seconds(cost.wall), seconds(cost.cpu));
            let _ = writeln!(text, "| {name} | {crates} | {wall} | {cpu} |");
        }
        text
    }
}

/// The head of a table whose rows have a number and a cost.
const COUNTED: &str =
    "| number | wall | user + system | peak memory |\n| --- | --- | --- | --- |\n";

/// Writes a row for each number.
fn counted(text: &mut String, costs: &[(usize, Cost)]) {
    for (count, cost) in costs {
        let (wall, cpu, peak) = (seconds(cost.wall), seconds(cost.cpu), megabytes(cost.peak));
        let _ = writeln!(text, "| {} | {wall} | {cpu} | {peak} |", thousands(*count));
    }
}

/// Writes a row for each measure that a budget limits.
fn budgets(text: &mut String, case: &Measured) {
    let Some(Budget { time, faster, smaller }) = case.budget else { return };
    let (ours, theirs) = (case.wireproof, case.buf);
    let mut row = |measure, times: f64, limit: f64| {
        let verdict = if times >= limit { "met" } else { "**exceeded**" };
        let title = &case.title;
        let _ =
            writeln!(text, "| {title} | {measure} | 1 : {limit} | 1 : {times:.1} | {verdict} |");
    };
    match time {
        Time::Wall => row("wall", times(ours, theirs, |cost| cost.wall), faster),
        Time::Cpu => row("user + system", times(ours, theirs, |cost| cost.cpu), faster),
    }
    if let Some(smaller) = smaller {
        row("peak memory", theirs.peak as f64 / ours.peak as f64, smaller);
    }
}

/// Writes a row for each measure.
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

/// Returns a time with three significant digits.
pub(super) fn seconds(time: Duration) -> String {
    match time.as_secs_f64() {
        long if long >= 10.0 => format!("{long:.1} s"),
        middle if middle >= 1.0 => format!("{middle:.2} s"),
        short => format!("{:.1} ms", short * 1e3),
    }
}

pub(super) fn megabytes(bytes: u64) -> String {
    let megabytes = bytes as f64 / 1e6;
    if megabytes < 10.0 { format!("{megabytes:.2} MB") } else { format!("{megabytes:.0} MB") }
}

/// Splits a page before `heading`; without it, the second part is empty.
pub(super) fn split<'p>(page: &'p str, heading: &str) -> (&'p str, &'p str) {
    let found = page.find(&format!("\n{heading}")).map(|before| before + 1);
    page.split_at(found.unwrap_or(page.len()))
}

/// Returns a number with separators: 7,234.
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
    fn numbers_are_rounded() {
        assert_eq!(seconds(Duration::from_millis(12_345)), "12.3 s");
        assert_eq!(seconds(Duration::from_millis(1_234)), "1.23 s");
        assert_eq!(seconds(Duration::from_micros(4_560)), "4.6 ms");
        assert_eq!(megabytes(512_000_000), "512 MB");
        assert_eq!(megabytes(50_000), "0.05 MB");
        assert_eq!(thousands(1_007_234), "1,007,234");
        assert_eq!(thousands(10), "10");
    }

    #[test]
    fn a_page_is_split_at_a_heading() {
        let page = "# A\n\n## B\n\nc\n";
        assert_eq!(split(page, "## B\n"), ("# A\n\n", "## B\n\nc\n"));
        assert_eq!(split(page, "## C\n"), (page, ""));
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
            "| build | wall | 1 : 8 | 1 : 10.0 | met |\n\
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
