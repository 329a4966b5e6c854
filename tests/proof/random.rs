//! Random pairs of schemas: where random values show a difference, the proof has said so. It tries
//! edge values and not all values, so a few pairs in a thousand show a difference that it has missed:
//! they are printed.

use std::collections::{BTreeMap, BTreeSet};

use proptest::strategy::{Strategy as _, ValueTree as _};
use wireproof::compat::Prover;
use wireproof::finding::{Direction, Level, Surface};
use wireproof::roundtrip::arbitrary;
use wireproof::schema::pair::Pair;
use wireproof::schema::{FieldKind, Schema};
use wireproof::value::transfer::{self, Outcome};
use wireproof::value::{MessageType, MessageValue, Restrict, Types, restricted};
use wireproof::workspace::Load;

use crate::fixture;
use crate::parity::pair;
use crate::parity::programs::{scale, tools};

/// The random messages of each type, direction and surface.
const MESSAGES: u32 = 6;

/// What a run did.
#[derive(Default)]
struct Tally {
    pairs: usize,
    messages: usize,
    differences: usize,
    misses: BTreeSet<String>,
}

/// A pair of schemas, and what has been proved about it.
struct Trial<'s> {
    schemas: Pair<&'s Schema>,
    prover: Prover<'s>,
    /// The directions in which a message has a field with an effect, by the message and surface.
    said: BTreeMap<(String, Surface), BTreeSet<Direction>>,
}

impl Trial<'_> {
    /// Whether the proof says that a field of one of the messages on `path`, which begins at a field
    /// of `message`, or an enum of one, has an effect: the values of a repeated message that became
    /// singular are merged, so the difference is inside.
    fn explains(
        &mut self,
        message: &str,
        shown: &Shown,
        surface: Surface,
        direction: Direction,
    ) -> bool {
        let schema = match direction {
            Direction::OldToNew => self.schemas.old,
            Direction::NewToOld => self.schemas.new,
        };
        let mut owners = vec![message.to_owned()];
        if shown.element.is_empty() {
            // The bytes are malformed somewhere.
            owners = reachable(schema, message);
        }
        owners.extend(owner_of(self.schemas, &shown.element));
        // The keys of maps can have dots and brackets; what follows them is then not found.
        let mut at = schema.message(message);
        for name in shown.path.split(['.', '[']).filter(|name| !name.ends_with(']')) {
            let fields = at.into_iter().flat_map(|message| message.fields());
            let mut named = fields.filter(|it| it.name() == name || it.proto().json_name() == name);
            at = match named.next().map(|field| (field.kind(), field.is_map())) {
                Some((FieldKind::Message(entry), true)) => match entry.field(2).map(|it| it.kind())
                {
                    Some(FieldKind::Message(of)) => Some(of),
                    _ => None,
                },
                Some((FieldKind::Message(of), false)) => Some(of),
                _ => None,
            };
            owners.extend(at.map(|message| message.full_name().to_owned()));
        }
        owners.iter().any(|owner| self.says(owner, surface, direction))
    }

    /// Whether the proof says that a field of `message`, or one of its enums, has an effect.
    fn says(&mut self, message: &str, surface: Surface, direction: Direction) -> bool {
        let key = (message.to_owned(), surface);
        if !self.said.contains_key(&key) {
            let found = self.proved(message, surface);
            self.said.insert(key.clone(), found);
        }
        self.said[&key].contains(&direction)
    }

    fn proved(&self, message: &str, surface: Surface) -> BTreeSet<Direction> {
        let mut elements = BTreeSet::new();
        for schema in [self.schemas.old, self.schemas.new] {
            let own = schema.message(message).into_iter().flat_map(|message| message.fields());
            let extensions = schema.extensions();
            let extensions =
                extensions.filter(|field| field.extendee().trim_start_matches('.') == message);
            for field in own.chain(extensions) {
                elements.insert(field.full_name());
                let kinds = match field.kind() {
                    FieldKind::Message(entry) if field.is_map() => {
                        entry.fields().map(|part| part.kind()).collect()
                    }
                    kind => vec![kind],
                };
                for kind in kinds {
                    if let FieldKind::Enum(of) = kind {
                        elements.insert(of.full_name().to_owned());
                        let name = |value: &str| format!("{}.{value}", of.full_name());
                        elements.extend(of.values().map(|value| name(value.name())));
                    }
                }
            }
        }
        let proofs = elements.iter().map(|element| self.prover.prove_element(element, &[surface]));
        let witnesses = proofs.flat_map(|proof| proof.witnesses);
        let lossy = witnesses.filter(|witness| witness.level() >= Level::Lossy);
        lossy.map(|witness| witness.direction).collect()
    }
}

/// Returns the messages that can be in one of the type `message`, with itself.
fn reachable(schema: &Schema, message: &str) -> Vec<String> {
    let mut found = vec![message.to_owned()];
    let mut at = 0;
    while let Some(name) = found.get(at).cloned() {
        let own = schema.message(&name).into_iter().flat_map(|message| message.fields());
        let extensions = schema.extensions();
        let extensions = extensions.filter(|it| it.extendee().trim_start_matches('.') == name);
        for field in own.chain(extensions) {
            if let FieldKind::Message(of) = field.kind()
                && found.iter().all(|known| known != of.full_name())
            {
                found.push(of.full_name().to_owned());
            }
        }
        at += 1;
    }
    found
}

/// A field that does not arrive.
struct Shown {
    path: String,
    element: String,
    what: String,
}

/// Returns the message that has the field `element`.
fn owner_of(schemas: Pair<&Schema>, element: &str) -> Option<String> {
    let extension = [schemas.old, schemas.new]
        .into_iter()
        .find_map(|schema| schema.extensions().find(|field| field.full_name() == element));
    let extended = extension.map(|field| field.extendee().trim_start_matches('.').to_owned());
    extended.or_else(|| Some(element.rsplit_once('.')?.0.to_owned()))
}

/// Returns the fields of `message` that do not arrive.
fn differences(
    surface: Surface,
    writer: &MessageType,
    message: &MessageValue,
    reader: &MessageType,
) -> Vec<Shown> {
    let outcome = match surface {
        Surface::Json => transfer::json(writer, message, reader),
        _ => Some(transfer::binary(writer, message, reader)),
    };
    match outcome {
        None => Vec::new(),
        Some(Outcome::Refused { refusals, .. }) => {
            let shown = refusals.into_iter();
            shown.map(|it| Shown { path: it.path, element: it.element, what: it.error }).collect()
        }
        Some(Outcome::Read { differences, .. }) => {
            let shown = differences.into_iter();
            shown
                .map(|it| Shown {
                    element: writer.written_element(&it.element),
                    what: format!("{}: {} → {}", it.path, it.written, it.read),
                    path: it.path,
                })
                .collect()
        }
    }
}

fn try_pair(trial: &mut Trial<'_>, seed: u64, number: usize, tally: &mut Tally) {
    let types = trial.schemas.map(Types::new);
    let mut runner = scale::runner(seed, number as u64, MESSAGES);
    for old in types.old.messages() {
        let Some(new) = types.new.message(old.name()) else { continue };
        for direction in Direction::ALL {
            let (writer, reader) = match direction {
                Direction::OldToNew => (&old, &new),
                Direction::NewToOld => (&new, &old),
            };
            for _ in 0..MESSAGES {
                let Ok(tree) = arbitrary(writer).new_tree(&mut runner) else { continue };
                let message = tree.current();
                for (surface, what) in
                    [(Surface::Binary, Restrict::Binary), (Surface::Json, Restrict::Json)]
                {
                    tally.messages += 1;
                    let sent = match direction {
                        Direction::OldToNew => message.clone(),
                        Direction::NewToOld => restricted(writer, &message, reader, what),
                    };
                    for shown in differences(surface, writer, &sent, reader) {
                        tally.differences += 1;
                        if !trial.explains(writer.name(), &shown, surface, direction) {
                            let Shown { element, what, .. } = shown;
                            let miss = format!(
                                "pair {number}, {surface}, {direction}, {}: {element}: {what}",
                                writer.name()
                            );
                            tally.misses.insert(miss);
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn what_random_values_show_has_been_proved() {
    let wanted = scale::pairs(40, 10_000);
    for seed in scale::seeds() {
        let trees = pair::trees(seed, wanted);
        let numbered: Vec<(usize, &[_])> = trees.chunks(2).enumerate().collect();
        let tallies = scale::parallel(&numbered, |(number, sources)| {
            let mut tally = Tally::default();
            let compiled = [0, 1].map(|side| {
                let folder = tempfile::tempdir().expect("a temporary folder");
                for (path, text) in &sources[side] {
                    fixture::write(folder.path(), path, text);
                }
                match fixture::try_read(folder.path(), "version: v2") {
                    Load::Ready(loaded) => Some(loaded.schema),
                    Load::CompileErrors(..) => None,
                }
            });
            if let [Some(old), Some(new)] = &compiled {
                let schemas = Pair { old, new };
                let prover = Prover::new(schemas);
                let mut trial = Trial { schemas, prover, said: BTreeMap::new() };
                try_pair(&mut trial, seed, *number, &mut tally);
                tally.pairs += 1;
            }
            Some(tally)
        });
        let (mut pairs, mut messages, mut differences) = (0, 0, 0);
        let mut misses = BTreeSet::new();
        for tally in tallies {
            pairs += tally.pairs;
            messages += tally.messages;
            differences += tally.differences;
            misses.extend(tally.misses);
        }
        tools::say(&format!(
            "proof: {pairs} pairs, {messages} messages, {differences} differences, {} not proved, \
             seed {seed}",
            misses.len()
        ));
        assert!(pairs * 2 > wanted as usize, "most pairs compile");
        let missed: BTreeSet<&str> =
            misses.iter().filter_map(|miss| miss.split(',').next()).collect();
        let shown: Vec<&str> = misses.iter().map(String::as_str).take(20).collect();
        if !shown.is_empty() {
            tools::say(&format!(
                "proof: {} pairs with misses:\n{}",
                missed.len(),
                shown.join("\n")
            ));
        }
        assert!(missed.len() <= 1 + pairs / 100, "seed {seed}:\n{}", shown.join("\n"));
    }
}
