//! The source code info of a file between parsing and the end of linking: encoded as soon as it
//! is there (a large schema holds millions of places), but for the options, whose paths are not
//! known before they are interpreted.

use prost_types::source_code_info::Location;
use rustc_hash::FxHashMap;

use super::columns::Columns;
use crate::schema::Places;

/// Field 999 of every options message: options that are not interpreted yet.
const UNINTERPRETED: i32 = 999;

/// `FieldDescriptorProto.type` and `.type_name`.
const TYPE: i32 = 5;
const TYPE_NAME: i32 = 6;

/// Whether two paths are the type and the type's name of one field. Only a group has both. (In a
/// service, which is at 6 of its file, the same numbers are the streams of a method.)
fn are_type_and_name(first: &[i32], second: &[i32]) -> bool {
    match (first, second) {
        ([6, ..], _) => false,
        ([field @ .., TYPE], [same @ .., TYPE_NAME]) => {
            field == same && matches!(field, [.., 2 | 6 | 7, _])
        }
        _ => false,
    }
}

/// Encoded source code info with holes.
#[derive(Debug, Default)]
pub(super) struct PendingPlaces {
    encoded: Vec<u8>,
    /// The places of options, each with where in `encoded` it belongs, in order.
    options: Vec<(usize, Location)>,
}

impl PendingPlaces {
    /// Takes over what the parser says, with display columns.
    pub(super) fn new(locations: Vec<Location>, columns: &Columns<'_>) -> Self {
        let mut pending = PendingPlaces::default();
        let mut locations = locations.into_iter().peekable();
        while let Some(mut location) = locations.next() {
            if locations.next_if(|next| are_type_and_name(&location.path, &next.path)).is_some() {
                // Of a group: buf has one place for its type, the keyword, and calls it the name.
                *location.path.last_mut().expect("it ends with the type") = TYPE_NAME;
            }
            columns.rewrite(&mut location.span);
            if location.path.contains(&UNINTERPRETED) {
                pending.options.push((pending.encoded.len(), location));
            } else {
                encode(&location, &mut pending.encoded);
            }
        }
        pending.encoded.shrink_to_fit();
        pending
    }

    /// The source code info, the paths of options replaced as `renames` says.
    pub(super) fn finish(self, renames: Vec<(Vec<i32>, Vec<i32>)>) -> Vec<u8> {
        if self.options.is_empty() {
            return self.encoded;
        }
        let mut renames: FxHashMap<_, _> = renames.into_iter().collect();
        let mut out = Vec::with_capacity(self.encoded.len() + 32 * self.options.len());
        let mut copied = 0;
        for (at, mut location) in self.options {
            out.extend_from_slice(&self.encoded[copied..at]);
            copied = at;
            if let Some(path) = renames.remove(&location.path) {
                location.path = path;
            }
            encode(&location, &mut out);
        }
        out.extend_from_slice(&self.encoded[copied..]);
        out
    }

    /// The places as they are now: for showing problems.
    pub(super) fn places(&self) -> Places {
        let mut info = self.encoded.clone();
        self.options.iter().for_each(|(_, location)| encode(location, &mut info));
        Places::decode(&info)
    }
}

/// Appends `location` as an element of `SourceCodeInfo.location` (field 1).
fn encode(location: &Location, out: &mut Vec<u8>) {
    const LOCATION: u32 = 1;
    prost::encoding::message::encode(LOCATION, location, out);
}

#[cfg(test)]
mod tests {
    use prost::Message as _;

    use super::*;

    #[test]
    fn options_find_their_paths_and_the_order_stays() {
        let location = |path: &[i32]| Location {
            path: path.to_vec(),
            span: vec![1, 2, 3],
            ..Default::default()
        };
        let locations = vec![location(&[]), location(&[8, 999, 0]), location(&[4, 0])];
        let pending = PendingPlaces::new(locations, &Columns::new(""));
        assert!(pending.places().span(&[8, 999, 0]).is_some());
        let info = pending.finish(vec![(vec![8, 999, 0], vec![8, 1])]);
        let info = prost_types::SourceCodeInfo::decode(&*info).expect("it was encoded above");
        let paths: Vec<_> = info.location.into_iter().map(|location| location.path).collect();
        assert_eq!(paths, [vec![], vec![8, 1], vec![4, 0]]);
    }
}
