//! Source places and comments, read from a file's source code info when something has to be
//! said about it.

use prost::Message as _;

use super::descriptor::{Location, SourceCodeInfo};

/// First line, first column, last line, column after the last character; counted from 0, as in
/// descriptors.
pub type Span = [u32; 4];

/// The comments of an element, as they stand in the descriptor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comments {
    /// Directly before the element.
    pub leading: Option<String>,
    /// Directly after it.
    pub trailing: Option<String>,
    /// Before it, each followed by an empty line.
    pub detached: Vec<String>,
}

/// Where the elements of one file stand.
#[derive(Debug, Default)]
pub struct Places {
    /// Sorted by path and, where a path is there several times, by span: `json_name = "x"` comes
    /// before the `"x"` in it.
    locations: Vec<Location>,
}

impl Places {
    /// Decodes source code info. Info that cannot be decoded knows no place.
    pub fn decode(info: &[u8]) -> Self {
        let mut locations = SourceCodeInfo::decode(info).unwrap_or_default().location;
        locations.sort_by(|a, b| (&a.path, &a.span).cmp(&(&b.path, &b.span)));
        Places { locations }
    }

    /// The span of the element at `path`; the first of several.
    pub fn span(&self, path: &[i32]) -> Option<Span> {
        let span = self.find(path)?.span.as_slice();
        let at = |index: usize| u32::try_from(span[index]).unwrap_or(0);
        match span.len() {
            3 => Some([at(0), at(1), at(0), at(2)]),
            4 => Some([at(0), at(1), at(2), at(3)]),
            _ => None,
        }
    }

    /// The comments of the element at `path`.
    pub fn comments(&self, path: &[i32]) -> Option<Comments> {
        let location = self.find(path)?;
        Some(Comments {
            leading: location.leading_comments.clone(),
            trailing: location.trailing_comments.clone(),
            detached: location.leading_detached_comments.clone(),
        })
    }

    /// The path of the place that is nearest to `path` where that may have none of its own: the
    /// first place inside of it, or the closest around it whose path is at least `least` long.
    pub fn nearest<'p>(&'p self, path: &'p [i32], least: usize) -> Option<&'p [i32]> {
        if self.find(path).is_some() {
            return Some(path);
        }
        let begin = self.locations.partition_point(|location| location.path.as_slice() < path);
        let inside = self.locations[begin..].iter().take_while(|at| at.path.starts_with(path));
        if let Some(first) = inside.min_by_key(|location| &location.span) {
            return Some(&first.path);
        }
        let around = (least..path.len()).rev().map(|length| &path[..length]);
        around.into_iter().find(|around| self.find(around).is_some())
    }

    fn find(&self, path: &[i32]) -> Option<&Location> {
        let index = self.locations.partition_point(|location| location.path.as_slice() < path);
        self.locations.get(index).filter(|location| location.path == path)
    }
}
