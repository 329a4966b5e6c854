//! Insertions of plugins into files. A file is split at its insertion points once, regardless of
//! the number of insertions, and joined at the end.

use rustc_hash::FxHashMap;

use crate::error::Result;
use crate::schema::image::Budget;

/// The start of an insertion point; its name and `)` follow.
const MARK: &str = "@@protoc_insertion_point(";

/// The memory of a piece in addition to its text, and of an insertion point in addition to its
/// name.
const PIECE: usize = 128;

/// A file with insertion points.
pub(super) struct Insertions {
    /// A circular linked list, in any order in memory. The first piece is empty: it is the start
    /// and the end.
    pieces: Vec<Piece>,
    /// The indices of the pieces with an insertion point, by its name.
    points: FxHashMap<String, Vec<usize>>,
    length: usize,
}

/// A line with insertion points, or text between two of these.
#[derive(Default)]
struct Piece {
    text: String,
    before: usize,
    after: usize,
}

impl Insertions {
    /// Splits `text`. The memory of its pieces counts in `budget`.
    pub(super) fn new(text: &str, budget: &Budget) -> Result<Self> {
        let mut insertions =
            Insertions { pieces: vec![Piece::default()], points: FxHashMap::default(), length: 0 };
        insertions.put(0, text, budget)?;
        Ok(insertions)
    }

    /// Inserts `text` before each line with the insertion point `point`, indented like that line.
    /// Its memory counts in `budget`. Returns false if there is no such line.
    pub(super) fn insert(&mut self, point: &str, text: &str, budget: &Budget) -> Result<bool> {
        // The inserted text may contain the same point, for later insertions.
        let Some(lines) = self.points.get(point) else { return Ok(false) };
        // An empty text needs no work, regardless of the number of lines.
        let lines = if text.is_empty() { Vec::new() } else { lines.clone() };
        for line in lines {
            let marked = &self.pieces[line].text;
            let indent = marked.len() - marked.trim_start_matches([' ', '\t']).len();
            budget.take(text.len() + text.lines().count().saturating_mul(indent + 1))?;
            let indent = &marked[..indent];
            let lines = text.lines().flat_map(|inserted| [indent, inserted, "\n"]);
            let indented: String = lines.collect();
            self.put(line, &indented, budget)?;
        }
        Ok(true)
    }

    /// Whether the current content is `text`.
    pub(super) fn is(&self, text: &str) -> bool {
        let mut rest = Some(text);
        self.texts().for_each(|piece| rest = rest.and_then(|rest| rest.strip_prefix(piece)));
        rest == Some("")
    }

    /// Returns the current content.
    pub(super) fn text(&self) -> String {
        let mut text = String::with_capacity(self.length);
        text.extend(self.texts());
        text
    }

    fn texts(&self) -> impl Iterator<Item = &str> {
        let next = |at: &usize| Some(self.pieces[*at].after).filter(|after| *after != 0);
        std::iter::successors(next(&0), next).map(|at| &*self.pieces[at].text)
    }

    /// Inserts the pieces of `text` before the piece `at`.
    fn put(&mut self, at: usize, text: &str, budget: &Budget) -> Result<()> {
        let mut rest = text;
        while !rest.is_empty() {
            let marked =
                rest.find(MARK).map(|mark| rest[..mark].rfind('\n').map_or(0, |end| end + 1));
            let length = match marked {
                Some(0) => rest.find('\n').map_or(rest.len(), |end| end + 1),
                Some(start) => start,
                None => rest.len(),
            };
            let (piece, after) = rest.split_at(length);
            budget.take(PIECE)?;
            if marked == Some(0) {
                self.add_points(piece, budget)?;
            }
            self.link(at, piece);
            rest = after;
        }
        Ok(())
    }

    /// Records the insertion points of a line, which will be the next piece.
    fn add_points(&mut self, line: &str, budget: &Budget) -> Result<()> {
        let piece = self.pieces.len();
        for (point, _) in line.split(MARK).skip(1).filter_map(|rest| rest.split_once(')')) {
            budget.take(PIECE + point.len())?;
            let pieces = self.points.entry(point.to_owned()).or_default();
            // A line may have a point twice.
            if pieces.last() != Some(&piece) {
                pieces.push(piece);
            }
        }
        Ok(())
    }

    /// Inserts `text` as a piece before the piece `after`.
    fn link(&mut self, after: usize, text: &str) {
        let (new, before) = (self.pieces.len(), self.pieces[after].before);
        self.pieces.push(Piece { text: text.to_owned(), before, after });
        self.pieces[before].after = new;
        self.pieces[after].before = new;
        self.length += text.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Inserts line by line, without a limit.
    fn plain(text: &str, point: &str, inserted: &str) -> Option<String> {
        let mark = format!("{MARK}{point})");
        let mut whole = String::new();
        for line in text.split_inclusive('\n') {
            if line.contains(&mark) {
                let indent = &line[..line.len() - line.trim_start_matches([' ', '\t']).len()];
                inserted.lines().for_each(|new| whole.extend([indent, new, "\n"]));
            }
            whole.push_str(line);
        }
        text.contains(&mark).then_some(whole)
    }

    #[test]
    fn pieces_are_the_same_as_lines() {
        let point = |name: &str| format!("{MARK}{name})");
        let (x, y) = (point("x"), point("y"));
        let inserted = [
            ("x", "one".to_owned()),
            ("y", "\n two\n\n".to_owned()),
            ("x", format!("{y} {x}\n\t// {y}\nlast")),
            ("z", "missing".to_owned()),
            ("x", String::new()),
            ("y", "three\r\nfour".to_owned()),
            ("x", "five".to_owned()),
        ];
        for text in [
            format!("a {{\n\t// {x}{y}{x}\n}}\n\n  {y}"),
            format!("{x}\n{x}\n\n{y}\nend"),
            format!("no point: {MARK}\n {MARK}x {y}\n"),
            String::new(),
        ] {
            let budget = Budget::new(1 << 20);
            let mut pieces = Insertions::new(&text, &budget).expect("it is short");
            let mut whole = text;
            for (point, inserted) in &inserted {
                let expected = plain(&whole, point, inserted);
                let is_there = pieces.insert(point, inserted, &budget).expect("it is short");
                assert_eq!(is_there, expected.is_some(), "{point} in {whole:?}");
                whole = expected.unwrap_or(whole);
                assert_eq!(pieces.text(), whole);
                assert!(pieces.is(&whole) && !pieces.is(&format!("{whole} ")));
                assert!(whole.is_empty() || !pieces.is(&whole[1..]));
            }
        }
    }

    #[test]
    fn all_that_is_inserted_counts() {
        let budget = Budget::new(20 * PIECE);
        let mut pieces = Insertions::new(&format!("{MARK}x)\n"), &budget).expect("it is short");
        let text = format!("{MARK}x)");
        let inserted =
            (0..20).map(|_| pieces.insert("x", &text, &budget)).take_while(Result::is_ok);
        assert_eq!(inserted.count(), 3);
        assert!(pieces.insert("x", "", &budget).expect("nothing costs nothing"));
    }
}
