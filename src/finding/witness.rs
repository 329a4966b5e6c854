//! Witnesses: values that show what a change does to data and calls.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// The form in which a value or a call passes between two versions of a schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Surface {
    /// The binary wire format.
    Binary,
    /// The protobuf JSON mapping.
    Json,
    /// Calls of methods.
    Rpc,
    /// Code that names what a generator emits.
    Source,
}

impl Surface {
    /// All surfaces.
    pub const ALL: [Surface; 4] = [Surface::Binary, Surface::Json, Surface::Rpc, Surface::Source];

    /// Returns the name in settings and reports: `binary`.
    pub fn name(self) -> &'static str {
        match self {
            Surface::Binary => "binary",
            Surface::Json => "json",
            Surface::Rpc => "rpc",
            Surface::Source => "source",
        }
    }
}

impl fmt::Display for Surface {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Who writes and who reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// The old version writes or calls, the new one reads or serves.
    OldToNew,
    /// The new version writes, the old one reads.
    NewToOld,
}

impl Direction {
    /// Both directions.
    pub const ALL: [Direction; 2] = [Direction::OldToNew, Direction::NewToOld];

    /// Returns the name in reports: `old-to-new`.
    pub fn name(self) -> &'static str {
        match self {
            Direction::OldToNew => "old-to-new",
            Direction::NewToOld => "new-to-old",
        }
    }
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The effect of a change on a value that the writer may send.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    /// The reader reads no value, whether or not it keeps the bytes.
    Loses,
    /// The reader reads another value.
    Misreads,
    /// The reader refuses the message or the call.
    Fails,
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Effect::Fails => "fails",
            Effect::Misreads => "misreads",
            Effect::Loses => "loses",
        })
    }
}

/// The values that an effect concerns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Extent {
    /// Some values.
    Some,
    /// Every value but the default of the type.
    Every,
}

/// The severity of what a change does, the lowest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// No effect was found, and the shapes are equal.
    Safe,
    /// Only what was added has an effect.
    Note,
    /// Some values are misread, or values are lost.
    Lossy,
    /// Nothing worse was found, and not everything could be tried.
    Unproved,
    /// A message or call is refused, or every value is misread.
    Breaks,
}

impl Level {
    /// The levels of findings that may fail, by the values of `--fail-on`.
    pub const FAILING: [Level; 3] = [Level::Note, Level::Lossy, Level::Breaks];

    /// Whether this level fails if `lowest` is the lowest one that does. What is not proved fails.
    pub fn fails(self, lowest: Level) -> bool {
        self == Level::Unproved || self >= lowest
    }

    /// Returns the name in settings and reports: `breaks`.
    pub fn name(self) -> &'static str {
        match self {
            Level::Safe => "safe",
            Level::Note => "note",
            Level::Lossy => "lossy",
            Level::Unproved => "unproved",
            Level::Breaks => "breaks",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A value that shows a difference between two versions: what one version writes, and what the other
/// reads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Witness {
    /// The form in which the value passes.
    pub surface: Surface,
    /// Who writes and who reads.
    pub direction: Direction,
    /// What the reader does with this value.
    pub effect: Effect,
    /// Whether the effect concerns every value but the default, or some.
    pub extent: Extent,
    /// The full name of the message; of the method for a call; of the element in source code.
    pub message: String,
    /// The full name by which the reader knows the message, if it is another one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_as: Option<String>,
    /// The value in the text format, without the name of the message; for a call its kind, for
    /// source code the declarations that old code names.
    pub written: String,
    /// The bytes of the value, on the binary surface.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "hexadecimal")]
    pub bytes: Option<Vec<u8>>,
    /// The JSON form of the value, on the JSON surface.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub json: Option<String>,
    /// What the reader reads, in the text format; none if it refuses the message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read: Option<String>,
    /// Why the reader refuses the message or the call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// What other runtimes read, where they differ.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub readings: Vec<Reading>,
    /// The command that shows the value again.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub replay: String,
}

/// What some runtimes read, where it is not what the witness says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reading {
    /// The runtimes: `Go, prost`.
    pub runtimes: &'static str,
    /// What they do; none if they read the value as it was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effect: Option<Effect>,
    /// What they read, in the text format; none if they refuse the message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read: Option<String>,
    /// Why they refuse the message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl Witness {
    /// Returns a witness without a value and a reading.
    pub fn new(
        (surface, direction): (Surface, Direction),
        (effect, extent): (Effect, Extent),
        message: impl Into<String>,
        written: impl Into<String>,
    ) -> Self {
        Witness {
            surface,
            direction,
            effect,
            extent,
            message: message.into(),
            read_as: None,
            written: written.into(),
            bytes: None,
            json: None,
            read: None,
            error: None,
            readings: Vec::new(),
            replay: String::new(),
        }
    }

    /// Returns the level of the effect: refusing and misreading every value break, everything else
    /// loses something.
    pub fn level(&self) -> Level {
        match (self.effect, self.extent) {
            (Effect::Fails, _) | (Effect::Misreads, Extent::Every) => Level::Breaks,
            _ => Level::Lossy,
        }
    }
}

impl Witness {
    /// Returns the value that is written, with the name of its type, as one line of text.
    pub fn value(&self) -> String {
        match self.surface {
            Surface::Binary | Surface::Json => in_message(&self.message, &self.written),
            Surface::Rpc | Surface::Source => self.written.clone(),
        }
    }

    /// Returns what the reader reads, as one line of text.
    pub fn reading(&self) -> String {
        let of = self.read_as.as_ref().unwrap_or(&self.message);
        let shown =
            |read: Option<&String>, error: Option<&String>| match (self.surface, read, error) {
                (_, _, Some(error)) => format!("error: {error}"),
                (Surface::Binary | Surface::Json, Some(read), _) => in_message(of, read),
                (_, read, _) => read.cloned().unwrap_or_default(),
            };
        let mut text = shown(self.read.as_ref(), self.error.as_ref());
        for Reading { runtimes, effect, read, error } in &self.readings {
            let does = effect.map_or_else(|| "reads it".to_owned(), |effect| effect.to_string());
            let reading = shown(read.as_ref(), error.as_ref());
            text.push_str(&format!("; {runtimes}: {does}: {reading}"));
        }
        text
    }

    /// Returns who does what with how many values: `binary, old-to-new: misreads some values`.
    pub fn summary(&self) -> String {
        let Witness { surface, direction, effect, extent, .. } = self;
        match (surface, extent) {
            (Surface::Source, _) => format!("{surface}: code that names it fails"),
            (Surface::Rpc, Extent::Every) => format!("{surface}, {direction}: every call fails"),
            (Surface::Rpc, Extent::Some) => format!("{surface}, {direction}: calls fail"),
            (_, Extent::Every) => format!("{surface}, {direction}: {effect} every value"),
            (_, Extent::Some) => format!("{surface}, {direction}: {effect} some values"),
        }
    }

    /// Returns the witness as `replay` takes it.
    pub fn argument(&self) -> Argument {
        Argument {
            surface: self.surface,
            direction: self.direction,
            message: self.message.clone(),
            read_as: self.read_as.clone(),
            content: match (&self.bytes, &self.json) {
                (Some(bytes), _) => hex(bytes),
                (None, json) => json.clone().unwrap_or_default(),
            },
        }
    }
}

fn in_message(name: &str, text: &str) -> String {
    if text.is_empty() { format!("{name} {{}}") } else { format!("{name} {{ {text} }}") }
}

/// A witness as `replay` takes it: `binary:old-to-new:shop.v1.Order:0801`. A type that is read as
/// another one is written `shop.v1.Order=shop.v1.Basket`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Argument {
    /// The form in which the value passes.
    pub surface: Surface,
    /// Who writes and who reads.
    pub direction: Direction,
    /// The full name of the message, method or element.
    pub message: String,
    /// The full name by which the reader knows the message, if it is another one.
    pub read_as: Option<String>,
    /// The bytes in hexadecimal digits, or the JSON; empty on the other surfaces.
    pub content: String,
}

impl fmt::Display for Argument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Argument { surface, direction, message, read_as, content } = self;
        write!(f, "{surface}:{direction}:{message}")?;
        if let Some(other) = read_as {
            write!(f, "={other}")?;
        }
        match surface {
            Surface::Binary | Surface::Json => write!(f, ":{content}"),
            Surface::Rpc | Surface::Source => Ok(()),
        }
    }
}

impl Argument {
    /// Parses the text of a witness.
    ///
    /// # Errors
    ///
    /// What is wrong with it, as a sentence without a full stop.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut parts = text.splitn(4, ':');
        let mut part = || parts.next().unwrap_or_default();
        let (surface, direction, name, content) = (part(), part(), part(), part());
        let unknown = |what: &str, found: &str, names: &[&str]| {
            format!("{what} {found:?} is none of {}", names.join(", "))
        };
        let surfaces = Surface::ALL.map(Surface::name);
        let known = Surface::ALL.into_iter().find(|it| it.name() == surface);
        let surface = known.ok_or_else(|| unknown("surface", surface, &surfaces))?;
        let directions = Direction::ALL.map(Direction::name);
        let known = Direction::ALL.into_iter().find(|it| it.name() == direction);
        let direction = known.ok_or_else(|| unknown("direction", direction, &directions))?;
        if name.is_empty() {
            return Err("the name of the message is missing".to_owned());
        }
        let (message, read_as) = match name.split_once('=') {
            Some((message, other)) => (message.to_owned(), Some(other.to_owned())),
            None => (name.to_owned(), None),
        };
        Ok(Argument { surface, direction, message, read_as, content: content.to_owned() })
    }
}

/// The highest level of the effects on each surface that has one.
pub type Levels = BTreeMap<Surface, Level>;

/// Adds `more` to `effects`: the higher level of a surface counts.
pub(crate) fn add_effects(effects: &mut Levels, more: &Levels) {
    for (surface, level) in more {
        let known = effects.entry(*surface).or_insert(*level);
        *known = (*known).max(*level);
    }
}

/// Returns the effects that `witnesses` show.
pub(crate) fn effects_of(witnesses: &[Witness]) -> Levels {
    let mut effects = Levels::new();
    for witness in witnesses {
        add_effects(&mut effects, &Levels::from([(witness.surface, witness.level())]));
    }
    effects
}

/// What is proved about the change of a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// The highest level of the witnesses; [`Level::Note`] if only what was added has an effect.
    pub level: Level,
    /// A witness for each surface and direction on which the change has an effect.
    pub witnesses: Vec<Witness>,
    /// The highest level on each surface, against any of the releases of the finding.
    pub effects: Levels,
    /// Why there is no witness: `the wire does not change: …`. None if there are witnesses.
    pub reason: Option<String>,
}

/// Returns bytes as hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Returns the bytes that hexadecimal digits describe; none if they are no pairs of such digits.
pub fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> =
        text.chars().map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok())).collect();
    let digits = digits.filter(|digits| digits.len() % 2 == 0)?;
    Some(digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}

fn hexadecimal<S: serde::Serializer>(
    bytes: &Option<Vec<u8>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&hex(bytes.as_deref().unwrap_or_default()))
}
