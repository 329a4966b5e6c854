//! What a change does, put together from its parts.

use crate::finding::{Level, Proof, Surface, Witness, effects_of};

/// What a change does on some surfaces.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) witnesses: Vec<Witness>,
    /// Whether something that was added has an effect.
    pub(super) has_note: bool,
    /// Why not everything could be tried, if so.
    pub(super) unproved: Option<String>,
    /// Why the wire does not change.
    pub(super) reason: Option<String>,
}

impl Found {
    pub(super) fn merge(&mut self, other: Found) {
        self.has_note |= other.has_note;
        self.unproved = self.unproved.take().or(other.unproved);
        self.reason = self.reason.take().or(other.reason);
        self.witnesses.extend(other.witnesses);
    }

    pub(super) fn of_reason(reason: impl Into<String>) -> Self {
        Found { reason: Some(reason.into()), ..Found::default() }
    }

    pub(super) fn of_unproved(why: impl Into<String>) -> Self {
        Found { unproved: Some(why.into()), ..Found::default() }
    }

    /// Returns the proof: of several witnesses of one surface and direction the worst.
    pub(super) fn proof(self, surfaces: &[Surface]) -> Proof {
        let mut witnesses: Vec<Witness> = Vec::new();
        for witness in self.witnesses {
            let same = |other: &&mut Witness| {
                (other.surface, other.direction) == (witness.surface, witness.direction)
            };
            let rank = |witness: &Witness| (witness.level(), witness.effect);
            match witnesses.iter_mut().find(same) {
                Some(known) if rank(known) < rank(&witness) => *known = witness,
                Some(_) => {}
                None => witnesses.push(witness),
            }
        }
        // The worst first; the rest by surface and direction.
        witnesses.sort_by_key(|it| (std::cmp::Reverse(it.level()), it.surface, it.direction));
        let level = witnesses.first().map(Witness::level);
        let level = level.unwrap_or(if self.has_note { Level::Note } else { Level::Safe });
        let level = if self.unproved.is_some() { level.max(Level::Unproved) } else { level };
        let reason = witnesses.is_empty().then(|| {
            if let Some(why) = self.unproved {
                return format!("not proved: {why}");
            }
            let surfaces: Vec<&str> = surfaces.iter().map(|surface| surface.name()).collect();
            let why = match (self.reason, self.has_note) {
                (Some(reason), _) => reason,
                (None, true) => "only what was added has an effect".to_owned(),
                (None, false) => "no value and no call differs".to_owned(),
            };
            format!("nothing breaks on {}: {why}", surfaces.join(", "))
        });
        let effects = effects_of(&witnesses);
        Proof { level, witnesses, effects, reason }
    }
}
