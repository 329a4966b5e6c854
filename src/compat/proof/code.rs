//! What a change does to code that names what generators emit.

use super::found::Found;
use super::source::{Declarations, Language};
use crate::finding::{Direction, Effect, Extent, Surface, Witness};
use crate::schema::pair::Pair;

/// Returns the languages in which code that names the old declaration breaks, as a witness.
pub(super) fn in_source(
    element: &str,
    pair: &Pair<Option<Declarations>>,
    surfaces: &[Surface],
) -> Found {
    let Some(old) = pair.old.as_ref().filter(|_| surfaces.contains(&Surface::Source)) else {
        return Found::default();
    };
    let differs = |index: &usize| pair.new.as_ref().is_none_or(|new| new[*index] != old[*index]);
    let broken: Vec<usize> = (0..Language::ALL.len()).filter(differs).collect();
    if broken.is_empty() {
        return Found::default();
    }
    let read = pair.new.as_ref().map_or_else(|| "gone".to_owned(), |new| shown(&broken, new));
    of_source(element, shown(&broken, old), read, surfaces)
}

/// Returns a witness of code that names something else now.
pub(super) fn of_source(
    element: &str,
    written: String,
    read: String,
    surfaces: &[Surface],
) -> Found {
    if !surfaces.contains(&Surface::Source) {
        return Found::default();
    }
    let witness = Witness {
        read: Some(read),
        ..Witness::new(
            (Surface::Source, Direction::OldToNew),
            (Effect::Fails, Extent::Every),
            element,
            written,
        )
    };
    Found { witnesses: vec![witness], ..Found::default() }
}

/// Returns the declarations in the languages `indexes`, those that are alike together.
fn shown(indexes: &[usize], declared: &Declarations) -> String {
    let mut groups: Vec<(&str, Vec<&str>)> = Vec::new();
    for index in indexes {
        let (text, name) = (&*declared[*index], Language::ALL[*index].name());
        match groups.iter_mut().find(|(known, _)| *known == text) {
            Some((_, names)) => names.push(name),
            None => groups.push((text, vec![name])),
        }
    }
    let shown = groups.iter().map(|(text, names)| format!("{}: {text}", names.join(", ")));
    shown.collect::<Vec<_>>().join("; ")
}
