//! The source info of a file from parsing to the end of linking. It is encoded early, since a large
//! schema has millions of locations. Only locations of options are kept apart, because their paths
//! are not known before interpretation.

use prost_types::source_code_info::Location;
use rustc_hash::FxHashMap;

use super::columns::Columns;
use super::option_entries::Texts;
use crate::compile::EntryLocations;
use crate::compile::options::Rename;
use crate::schema::Places;
use crate::schema::tag::field::{JSON_NAME, TYPE, TYPE_NAME};
use crate::schema::tag::{UNINTERPRETED_OPTION, file, message, source_code_info};

/// Whether two paths are those of the type and of the type name of one field. Only a group has
/// both. (In a service, at 6 of its file, the same numbers are the streaming flags of a method.)
fn are_type_and_name(first: &[i32], second: &[i32]) -> bool {
    match (first, second) {
        ([file::SERVICE, ..], _) => false,
        ([field @ .., TYPE], [same @ .., TYPE_NAME]) => {
            // Paths of the sixth and the seventh option of a message look alike.
            field == same
                && matches!(
                    field,
                    [.., message::FIELD | message::EXTENSION | file::EXTENSION, index]
                        if *index != UNINTERPRETED_OPTION
                )
        }
        _ => false,
    }
}

/// Drops the second location of JSON names: the parser has one for `json_name = "x"` and one for
/// the value; buf writes the first, and reads one of the two if an image has both.
fn drop_json_values(locations: &mut Vec<Location>) {
    let is_json_name = |path: &[i32]| {
        matches!(
            path,
            [file::EXTENSION, _, JSON_NAME]
                | [file::MESSAGE_TYPE, .., message::FIELD | message::EXTENSION, _, JSON_NAME]
        )
    };
    let mut first = FxHashMap::<Vec<i32>, Vec<i32>>::default();
    for Location { path, span, .. } in
        locations.iter().filter(|location| is_json_name(&location.path))
    {
        let first = first.entry(path.clone()).or_insert_with(|| span.clone());
        if *span < *first {
            first.clone_from(span);
        }
    }
    if !first.is_empty() {
        locations
            .retain(|location| first.get(&location.path).is_none_or(|span| *span == location.span));
    }
}

/// Encoded source info without the options.
#[derive(Debug, Default)]
pub(in crate::compile) struct PendingSourceInfo {
    encoded: Vec<u8>,
    /// The locations of options, each with its position in `encoded`, in order.
    options: Vec<(usize, Location)>,
    /// The texts of options whose entries get locations.
    texts: Texts,
}

impl PendingSourceInfo {
    /// Returns the parser's locations, with display columns.
    pub(in crate::compile) fn new(
        mut locations: Vec<Location>,
        source: &str,
        entries: &EntryLocations,
    ) -> Self {
        drop_json_values(&mut locations);
        let mut columns = Columns::new(source);
        let options =
            locations.iter().filter(|location| location.path.contains(&UNINTERPRETED_OPTION));
        let texts = Texts::of(options, source, entries);
        let mut pending = PendingSourceInfo { texts, ..PendingSourceInfo::default() };
        let mut locations = locations.into_iter().peekable();
        while let Some(mut location) = locations.next() {
            if locations.next_if(|next| are_type_and_name(&location.path, &next.path)).is_some() {
                // In buf, a group has one location for its type: the span of the keyword, the path
                // of the type name.
                *location.path.last_mut().expect("it ends with the type") = TYPE_NAME;
            }
            columns.rewrite(&mut location.span);
            if location.path.contains(&UNINTERPRETED_OPTION) {
                pending.options.push((pending.encoded.len(), location));
            } else {
                encode(&location, &mut pending.encoded);
            }
        }
        pending.encoded.shrink_to_fit();
        pending
    }

    /// Returns the source info, with the paths of options replaced as in `renames`.
    pub(in crate::compile) fn finish(self, renames: Vec<Rename>) -> Vec<u8> {
        if self.options.is_empty() {
            return self.encoded;
        }
        let renames = renames.into_iter().map(|rename| (rename.from, (rename.to, rename.entries)));
        let mut renames: FxHashMap<_, _> = renames.collect();
        let mut out = Vec::with_capacity(self.encoded.len() + 32 * self.options.len());
        let mut columns = self.texts.columns();
        let mut copied = 0;
        for (at, mut location) in self.options {
            out.extend_from_slice(&self.encoded[copied..at]);
            copied = at;
            let mut within = Vec::new();
            if let Some((path, entries)) = renames.remove(&location.path) {
                if let Some(entries) = entries {
                    within = self.texts.locations(&mut location, &entries, &mut columns);
                }
                location.path = path;
            }
            encode(&location, &mut out);
            within.iter().for_each(|location| encode(location, &mut out));
        }
        out.extend_from_slice(&self.encoded[copied..]);
        out
    }

    /// Returns the current locations, to report problems.
    pub(in crate::compile) fn places(&self) -> Places {
        let mut info = self.encoded.clone();
        self.options.iter().for_each(|(_, location)| encode(location, &mut info));
        Places::decode(&info)
    }
}

/// Appends `location` as an element of `SourceCodeInfo.location` (field 1).
fn encode(location: &Location, out: &mut Vec<u8>) {
    prost::encoding::message::encode(source_code_info::LOCATION as u32, location, out);
}

#[cfg(test)]
mod tests {
    use prost::Message as _;

    use super::*;

    #[test]
    fn every_option_has_a_location() {
        let options: String = (0..9).map(|at| format!("option (o) = {at}; ")).collect();
        let source = format!("message M {{ {options} }}");
        let parsed = crate::compile::parse::parse_text(&source);
        let source_info = parsed.expect("it is well formed").source_info;
        for option in 0..9 {
            assert!(
                source_info.places().span(&[4, 0, 7, UNINTERPRETED_OPTION, option]).is_some(),
                "{option}"
            );
        }
    }

    #[test]
    fn a_json_name_has_one_location() {
        let source = "message M { optional int32 a = 1 [json_name = \"x\"]; }";
        let parsed = crate::compile::parse::parse_text(source);
        let info = parsed.expect("it is well formed").source_info.finish(Vec::new());
        let info = prost_types::SourceCodeInfo::decode(&*info).expect("it was encoded above");
        let names = info.location.iter().filter(|location| location.path == [4, 0, 2, 0, 10]);
        let spans: Vec<_> = names.map(|location| &*location.span).collect();
        assert_eq!(spans, [[0, 34, 49]]);
    }

    #[test]
    fn option_paths_are_replaced_in_order() {
        let location = |path: &[i32]| Location {
            path: path.to_vec(),
            span: vec![1, 2, 3],
            ..Default::default()
        };
        let locations = vec![location(&[]), location(&[8, 999, 0]), location(&[4, 0])];
        let pending = PendingSourceInfo::new(locations, "", &EntryLocations::default());
        assert!(pending.places().span(&[8, 999, 0]).is_some());
        let info =
            pending.finish(vec![Rename { from: vec![8, 999, 0], to: vec![8, 1], entries: None }]);
        let info = prost_types::SourceCodeInfo::decode(&*info).expect("it was encoded above");
        let paths: Vec<_> = info.location.into_iter().map(|location| location.path).collect();
        assert_eq!(paths, [vec![], vec![8, 1], vec![4, 0]]);
    }
}
