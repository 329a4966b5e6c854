//! Locations and comments, decoded from the source code info of a file when a finding needs them.

use prost::Message as _;

use super::descriptor::{Location, SourceCodeInfo};

/// First line, first column, last line, column after the last character; counted from 0, as in
/// descriptors.
pub type Span = [u32; 4];

/// The comments of an element, as in the descriptor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comments {
    /// Directly before the element.
    pub leading: Option<String>,
    /// Directly after it.
    pub trailing: Option<String>,
    /// Before it, each followed by an empty line.
    pub detached: Vec<String>,
}

/// The locations of the elements of one file.
#[derive(Debug, Default)]
pub struct Places {
    /// The locations, sorted by path, and by span where several have the same path: `json_name =
    /// "x"` comes before the `"x"` in it.
    locations: Vec<Location>,
}

impl Places {
    /// Decodes source code info. Invalid info has no locations.
    pub fn decode(info: &[u8]) -> Self {
        let mut locations = SourceCodeInfo::decode(info).unwrap_or_default().location;
        locations.sort_by(|a, b| (&a.path, &a.span).cmp(&(&b.path, &b.span)));
        Places { locations }
    }

    /// Returns the span of the element at `path`; the first one of several.
    pub fn span(&self, path: &[i32]) -> Option<Span> {
        let span = self.find(path)?.span.as_slice();
        let at = |index: usize| u32::try_from(span[index]).unwrap_or(0);
        match span.len() {
            3 => Some([at(0), at(1), at(0), at(2)]),
            4 => Some([at(0), at(1), at(2), at(3)]),
            _ => None,
        }
    }

    /// Returns the comments of the element at `path`.
    pub fn comments(&self, path: &[i32]) -> Option<Comments> {
        let location = self.find(path)?;
        Some(Comments {
            leading: location.leading_comments.clone(),
            trailing: location.trailing_comments.clone(),
            detached: location.leading_detached_comments.clone(),
        })
    }

    /// Returns the path of the location that is nearest to `path`: `path` itself if it has a
    /// location, else the first location inside it, else the closest around it whose path has at
    /// least `least` numbers.
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
