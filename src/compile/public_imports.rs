//! The transitive public imports of files. Each file that has any has a row of bits. Long chains of
//! public imports cost little more than their source text, and every query reads one bit.

use super::problem::Problem;
use super::symbols::{Symbols, packages_outwards};
use crate::schema::tag;

/// The limit on the bytes of all rows together. 30,000 files of which each re-exports all others
/// need as much.
const MAX_BYTES: usize = 128 << 20;

/// The re-exports of each file, if it has any.
#[derive(Debug, Default)]
pub(super) struct PublicImports(Vec<Option<Row>>);

#[derive(Clone, Debug)]
struct Row {
    files: Bits,
    /// The packages of these files, and the packages around them, by number.
    packages: Bits,
}

impl PublicImports {
    /// Follows the public imports of all files. `packages` has their packages, `public` the public
    /// imports of each, imports before importers. Also returns a problem for each file beyond the
    /// limit.
    pub(super) fn new(
        public: impl Iterator<Item = (u32, impl Iterator<Item = u32>)>,
        symbols: &Symbols,
        packages: &[String],
    ) -> (Self, Vec<(u32, Problem)>) {
        let mut public_imports = PublicImports(vec![None; packages.len()]);
        let empty = Row::new(packages.len(), symbols.package_count());
        let (mut left, mut problems) = (MAX_BYTES, Vec::new());
        for (file, public) in public {
            let mut public = public.peekable();
            if public.peek().is_none() {
                continue;
            }
            let Some(rest) = left.checked_sub(empty.bytes()) else {
                let message = "too many files import others publicly";
                problems.push((file, Problem::at(vec![tag::file::PUBLIC_DEPENDENCY, 0], message)));
                continue;
            };
            left = rest;
            let mut row = empty.clone();
            public.for_each(|import| {
                public_imports.add(&mut row, import, symbols, &packages[import as usize]);
            });
            public_imports.0[file as usize] = Some(row);
        }
        (public_imports, problems)
    }

    /// Adds a file in `package`, and its re-exports, to `row`.
    fn add(&self, row: &mut Row, file: u32, symbols: &Symbols, package: &str) {
        row.files.insert(file);
        let packages = packages_outwards(package).filter_map(|name| symbols.package(name));
        packages.for_each(|number| row.packages.insert(number));
        if let Some(inner) = &self.0[file as usize] {
            row.files.extend(&inner.files);
            row.packages.extend(&inner.packages);
        }
    }

    /// Whether `from` re-exports any file.
    pub(super) fn reexports_any(&self, from: u32) -> bool {
        self.row(from).is_some()
    }

    /// Whether `from` re-exports `file`.
    pub(super) fn reexports(&self, from: u32, file: u32) -> bool {
        self.row(from).is_some_and(|row| row.files.contains(file))
    }

    /// Whether `from` re-exports a file in the package with this number, or in a package inside it.
    pub(super) fn reexports_package(&self, from: u32, package: u32) -> bool {
        self.row(from).is_some_and(|row| row.packages.contains(package))
    }

    /// Returns the packages of the re-exports of `from`, and the packages around them, by number.
    pub(super) fn packages(&self, from: u32) -> impl Iterator<Item = u32> {
        self.row(from).into_iter().flat_map(|row| row.packages.iter())
    }

    fn row(&self, file: u32) -> Option<&Row> {
        self.0.get(file as usize)?.as_ref()
    }
}

impl Row {
    fn new(files: usize, packages: usize) -> Self {
        Row { files: Bits::new(files), packages: Bits::new(packages) }
    }

    fn bytes(&self) -> usize {
        (self.files.0.len() + self.packages.0.len()) * size_of::<u64>()
    }
}

/// A set of small numbers.
#[derive(Clone, Debug)]
struct Bits(Box<[u64]>);

impl Bits {
    fn new(count: usize) -> Self {
        Bits(vec![0; count.div_ceil(64)].into())
    }

    fn insert(&mut self, number: u32) {
        self.0[number as usize / 64] |= 1 << (number % 64);
    }

    fn contains(&self, number: u32) -> bool {
        self.0.get(number as usize / 64).is_some_and(|word| word >> (number % 64) & 1 == 1)
    }

    fn extend(&mut self, other: &Bits) {
        self.0.iter_mut().zip(&other.0).for_each(|(word, other)| *word |= other);
    }

    fn iter(&self) -> impl Iterator<Item = u32> {
        let words = (0..).zip(&self.0).filter(|(_, word)| **word != 0);
        words.flat_map(|(index, word)| {
            (0..64).filter(move |bit| word >> bit & 1 == 1).map(move |bit| index * 64 + bit)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_contains_its_numbers() {
        let numbers = [0, 63, 64, 199];
        let mut bits = Bits::new(200);
        numbers.into_iter().for_each(|number| bits.insert(number));
        let mut more = Bits::new(200);
        more.insert(1);
        bits.extend(&more);
        assert_eq!(bits.iter().collect::<Vec<_>>(), [0, 1, 63, 64, 199]);
        assert!(bits.contains(63) && !bits.contains(62) && !bits.contains(200));
    }
}
