//! The comments and locations of one file, decoded on first use.

use crate::finding::Place;
use crate::schema::{ElementPath, Places, Schema};

/// A look-up of comments and locations. It caches one file, so look-ups should be ordered by file.
#[derive(Debug)]
pub(super) struct Comments<'s> {
    schema: &'s Schema,
    current: Option<(usize, Places)>,
}

impl<'s> Comments<'s> {
    pub(super) fn new(schema: &'s Schema) -> Self {
        Comments { schema, current: None }
    }

    /// Returns the comment directly before `element`, empty if there is no comment; none if
    /// the element has no location.
    pub(super) fn leading(&mut self, element: &ElementPath) -> Option<&str> {
        self.places(element.file()).leading(element.path())
    }

    /// Returns the location of `element`, if it has one.
    pub(super) fn place(&mut self, element: &ElementPath) -> Option<Place> {
        let span = self.places(element.file()).span(element.path())?;
        let file = self.schema.file_at(element.file())?;
        Some(Place::spanning(file.external(), span))
    }

    /// Returns the nearest descriptor path that has a location, like [`Places::nearest`].
    pub(super) fn nearest(&mut self, element: &ElementPath, least: usize) -> Option<ElementPath> {
        let path = self.places(element.file()).nearest(element.path(), least)?.to_vec();
        Some(element.up_to(0).part(&path))
    }

    fn places(&mut self, file: usize) -> &Places {
        if self.current.as_ref().is_none_or(|(current, _)| *current != file) {
            let descriptor = self.schema.file_at(file).map(|file| file.proto());
            let info = descriptor.and_then(|descriptor| descriptor.source_code_info.as_deref());
            self.current = Some((file, info.map(Places::decode).unwrap_or_default()));
        }
        let (_, places) = self.current.as_ref().expect("it was set above");
        places
    }
}
