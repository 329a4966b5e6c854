//! Property-based round trips: generated messages are written and read again, within a version and
//! across versions of a schema, in binary, JSON and text.
//!
//! A failing message is shrunk to a [`Counterexample`] that names the field, shows the bytes and
//! what the other side reads.

mod across;
mod findings;
mod regressions;
mod within;

use std::collections::BTreeMap;
use std::fmt;
use std::time::{Duration, Instant};

use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

pub use self::regressions::Regression;
use crate::finding::fnv1a;
use crate::parallel;
pub use crate::value::arbitrary;
use crate::value::{Arbitrary, Effect, MessageType, MessageValue, Types};

/// A version of the schema.
#[derive(Clone, Debug)]
pub struct Version {
    /// Its name: `v1.0.0`, or `the working tree`.
    pub name: String,
    /// Its types.
    pub types: Types,
    /// The pool of prost-reflect with the same types, to read the text format; none leaves that out.
    pub pool: Option<prost_reflect::DescriptorPool>,
    /// The names of the messages to test.
    pub messages: Vec<String>,
}

/// The most messages with one edge value that a task tries.
const MAX_EDGES: usize = 10_000;

/// What to run.
#[derive(Clone, Debug)]
pub struct Options {
    /// Random messages for each property: each message type within a version, and each message type
    /// across each pair of versions, in each direction. Those with one edge value come before them;
    /// with 0 there are none of either.
    pub cases: u32,
    /// The seed of the generator.
    pub seed: u64,
    /// Repeats the cases with other seeds until this much time has passed.
    pub time: Option<Duration>,
    /// The part of the message types to test: the first number, from 1, of the second number.
    pub partition: (u32, u32),
    /// The only message type to test, by its full name.
    pub message: Option<String>,
}

impl Default for Options {
    fn default() -> Self {
        Options { cases: 100, seed: 0, time: None, partition: (1, 1), message: None }
    }
}

/// The form in which a message is passed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Surface {
    /// The binary wire format.
    Binary,
    /// The protobuf JSON mapping.
    Json,
    /// The text format.
    Text,
}

impl fmt::Display for Surface {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Surface::Binary => "binary",
            Surface::Json => "JSON",
            Surface::Text => "text",
        })
    }
}

/// Identifies a failure while its message shrinks.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    surface: Surface,
    property: &'static str,
    /// The full name of the field, or of the message.
    element: String,
    effect: Option<Effect>,
}

/// A property that does not hold for a message.
#[derive(Clone, Debug)]
struct Failure {
    key: Key,
    /// The path from the message to the field.
    path: String,
    change: String,
    read: String,
    /// Whether the message is a stored one.
    is_stored: bool,
}

/// The smallest message found for which a property does not hold.
#[derive(Clone, Debug)]
pub struct Counterexample {
    /// The form in which the message was passed on.
    pub surface: Surface,
    /// The property, as a clause: `what v1.0.0 writes, the working tree reads`.
    pub property: String,
    /// The version that wrote the message.
    pub writer: String,
    /// The version that read it.
    pub reader: String,
    /// The older one of the two; none within a version.
    pub older: Option<String>,
    /// What the reader did; none within a version.
    pub effect: Option<Effect>,
    /// The full name of the message type.
    pub message: String,
    /// The full name of the field that differs, or of the message type.
    pub element: String,
    /// The path from the message to the field; empty for the message itself.
    pub path: String,
    /// What differs between the two versions of the field.
    pub change: String,
    /// The message in the text format.
    pub written: String,
    /// The message in the binary format.
    pub bytes: Vec<u8>,
    /// The message in JSON; none on other surfaces.
    pub json: Option<String>,
    /// What was read: the value, or the error.
    pub read: String,
    /// Whether the message is a stored one.
    pub is_stored: bool,
    /// The seed with which it is found again.
    pub seed: u64,
}

/// The result of a run.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// The number of generated messages.
    pub cases: u64,
    /// The number of message types tested within a version.
    pub messages: usize,
    /// The number of pairs of versions of a message type that were tested.
    pub pairs: usize,
    /// The number of pairs that are the same type, so that the test within a version covers them.
    pub equal_pairs: usize,
    /// The counterexamples, one for each property and field.
    pub counterexamples: Vec<Counterexample>,
}

/// A message type to test: within a version, or as written by one version and read by another.
enum Task<'v> {
    Within {
        version: &'v Version,
        of: MessageType,
    },
    Across {
        writer: &'v Version,
        reader: &'v Version,
        written: MessageType,
        read: MessageType,
        reader_is_older: bool,
    },
}

/// Tests `versions`, the oldest first: each message type of the last one within that version, and
/// each message type that two versions have across that pair, in both directions. The messages of
/// `regressions` are tried first. `progress` receives the number of finished and of all tasks.
pub fn run(
    versions: &[Version],
    regressions: &[Regression],
    options: &Options,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Report {
    let mut report = Report::default();
    let tasks = tasks(versions, options, &mut report);
    let started = Instant::now();
    let (done, count) = (std::sync::atomic::AtomicUsize::new(0), tasks.len());
    let mut found = BTreeMap::new();
    let mut round = 0;
    loop {
        let results = parallel::map(tasks.iter().collect(), |task| {
            let is_first = round == 0;
            let is_over = options.time.is_some_and(|time| started.elapsed() >= time);
            if is_over && !is_first {
                return (0, BTreeMap::new());
            }
            let seed = options.seed.wrapping_add(round);
            let first = is_first.then(|| task.regressions(regressions));
            let result = task.run(seed, options.cases, first);
            let done = done.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1;
            if is_first {
                progress(done, count);
            }
            result
        });
        for (task, (cases, failures)) in tasks.iter().zip(results) {
            report.cases += cases;
            for (key, (failure, message)) in failures {
                let seed = options.seed.wrapping_add(round);
                let example = task.counterexample(&failure, &message, seed);
                let key = (key, example.writer.clone(), example.reader.clone());
                found.entry(key).or_insert(example);
            }
        }
        round += 1;
        if options.time.is_none_or(|time| started.elapsed() >= time) {
            break;
        }
    }
    report.counterexamples = found.into_values().collect();
    report
}

fn tasks<'v>(versions: &'v [Version], options: &Options, report: &mut Report) -> Vec<Task<'v>> {
    let mut tasks = Vec::new();
    let (part, parts) = options.partition;
    let mut number = 0;
    let mut is_chosen = |name: &str| {
        if options.message.as_deref().is_some_and(|chosen| chosen != name) {
            return false;
        }
        number += 1;
        number % parts.max(1) == part % parts.max(1)
    };
    let Some((current, _)) = versions.split_last() else { return tasks };
    // A type that only releases have is compared among them.
    let mut names: Vec<&String> = Vec::new();
    let mut known = rustc_hash::FxHashSet::default();
    for name in versions.iter().rev().flat_map(|version| &version.messages) {
        if known.insert(name) && is_chosen(name) {
            names.push(name);
        }
    }
    for of in names.iter().filter_map(|name| current.types.message(name)) {
        report.messages += 1;
        tasks.push(Task::Within { version: current, of });
    }
    for (index, newer) in versions.iter().enumerate() {
        for older in &versions[..index] {
            for name in &names {
                let (Some(old), Some(new)) = (older.types.message(name), newer.types.message(name))
                else {
                    continue;
                };
                if old.is_equivalent(&new) {
                    report.equal_pairs += 1;
                    continue;
                }
                report.pairs += 1;
                for (writer, written, reader, read, reader_is_older) in
                    [(older, &old, newer, &new, false), (newer, &new, older, &old, true)]
                {
                    let (written, read) = (written.clone(), read.clone());
                    tasks.push(Task::Across { writer, reader, written, read, reader_is_older });
                }
            }
        }
    }
    tasks
}

type Failures = BTreeMap<Key, (Failure, MessageValue)>;

impl Task<'_> {
    fn written(&self) -> &MessageType {
        match self {
            Task::Within { of, .. } => of,
            Task::Across { written, .. } => written,
        }
    }

    fn strategy(&self) -> Arbitrary {
        match self {
            Task::Within { of, .. } => arbitrary(of).with_unknown_fields(),
            Task::Across { written, .. } => arbitrary(written),
        }
    }

    /// Returns the stored messages that this task has to try: those of its type, whichever version
    /// wrote them when they were found.
    fn regressions(&self, all: &[Regression]) -> Vec<MessageValue> {
        let of = self.written();
        let writer = match self {
            Task::Within { version, .. } => &version.name,
            Task::Across { writer, .. } => &writer.name,
        };
        let stored = all.iter().filter(|regression| regression.message == of.name());
        let messages = stored.filter_map(|regression| {
            let mut message = of.decode(&regression.bytes).ok()?;
            // What another version wrote: this one could not write fields that it does not know.
            if regression.writer != *writer {
                message.discard_unknown();
            }
            // A version of the same name may have changed since: it has to set what it requires now.
            of.missing_required(&message).is_empty().then_some(message)
        });
        messages.collect()
    }

    /// Tests `cases` random messages; before them, in the first round, the stored ones in `first` and
    /// those with one edge value each.
    fn run(&self, seed: u64, cases: u32, first: Option<Vec<MessageValue>>) -> (u64, Failures) {
        let mut failures = Failures::new();
        let mut count = 0;
        let tries_edges = first.is_some() && cases > 0;
        for message in first.into_iter().flatten() {
            count += 1;
            for failure in self.failures(&message) {
                let failure = Failure { is_stored: true, ..failure };
                // Of several stored messages that show the same, the smallest is reported.
                let size = |message: &MessageValue| self.written().encode(message).len();
                let known = failures.get(&failure.key);
                if known.is_none_or(|(_, known)| size(&message) < size(known)) {
                    failures.insert(failure.key.clone(), (failure, message.clone()));
                }
            }
        }
        let strategy = self.strategy();
        let mut runner = TestRunner::new_with_rng(Config::default(), self.rng(seed));
        let edges = tries_edges.then(|| strategy.edges(&mut self.rng(seed), 1, MAX_EDGES));
        let random = (0..cases).map_while(|_| strategy.new_tree(&mut runner).ok());
        for tree in edges.into_iter().flatten().chain(random) {
            count += 1;
            let found = self.failures(&tree.current());
            let new = found.into_iter().find(|failure| !failures.contains_key(&failure.key));
            if let Some(failure) = new {
                // The same property has to fail for the same field.
                let (message, failure) = tree.smallest(failure, |message, known| {
                    self.failures(message).into_iter().find(|it| it.key == known.key)
                });
                failures.insert(failure.key.clone(), (failure, message));
            }
        }
        if let Task::Within { of, .. } = self {
            for failure in within::malformed(of, runner.rng(), cases) {
                failures.entry(failure.0.key.clone()).or_insert(failure);
            }
        }
        (count, failures)
    }

    /// Returns the generator of this task: the same for the same seed, whatever else is tested.
    fn rng(&self, seed: u64) -> TestRng {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        let name = match self {
            Task::Within { of, .. } => of.name().to_owned(),
            Task::Across { writer, reader, written, .. } => {
                format!("{} {} {}", written.name(), writer.name, reader.name)
            }
        };
        bytes[8..16].copy_from_slice(&fnv1a([&*name]).to_le_bytes());
        TestRng::from_seed(RngAlgorithm::ChaCha, &bytes)
    }

    fn failures(&self, message: &MessageValue) -> Vec<Failure> {
        match self {
            Task::Within { version, of } => within::failures(version, of, message),
            Task::Across { written, read, reader_is_older, .. } => {
                across::failures(written, read, *reader_is_older, message)
            }
        }
    }

    fn counterexample(
        &self,
        failure: &Failure,
        message: &MessageValue,
        seed: u64,
    ) -> Counterexample {
        let of = self.written();
        let (writer, reader) = match self {
            Task::Within { version, .. } => (&version.name, &version.name),
            Task::Across { writer, reader, .. } => (&writer.name, &reader.name),
        };
        let older = match self {
            Task::Within { .. } => None,
            Task::Across { reader_is_older: true, .. } => Some(reader.clone()),
            Task::Across { .. } => Some(writer.clone()),
        };
        let property = match self {
            Task::Within { .. } => failure.key.property.to_owned(),
            Task::Across { .. } if failure.key.property == across::RELAY => {
                format!("{reader} passes on what {writer} writes")
            }
            Task::Across { .. } => format!("{reader} reads what {writer} writes"),
        };
        let json = (failure.key.surface == Surface::Json)
            .then(|| of.to_json(message).map_or_else(|e| e.to_string(), |json| json.to_string()));
        Counterexample {
            surface: failure.key.surface,
            property,
            writer: writer.clone(),
            reader: reader.clone(),
            older,
            effect: failure.key.effect,
            message: of.name().to_owned(),
            element: failure.key.element.clone(),
            path: failure.path.clone(),
            change: failure.change.clone(),
            written: of.to_text(message),
            bytes: of.encode(message),
            json,
            read: failure.read.clone(),
            is_stored: failure.is_stored,
            seed,
        }
    }
}
