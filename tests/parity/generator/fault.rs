//! Faults: one change of a text that is likely to break its schema. Those that add a statement or
//! an option are lines of `faults.txt`; the others take what is there away, twice, or elsewhere.

use std::sync::LazyLock;

use proptest::prelude::*;

use crate::parity::generator::names::pick;
use crate::parity::generator::outline::{Body, Outline, Statement, What};
use crate::parity::generator::print::Sources;

/// A fault and what chooses where it is.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    pub kind: Kind,
    file: u16,
    at: u16,
    pick: u16,
}

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A line of `faults.txt`, by its index.
    Add(usize),
    DropStatement,
    CopyStatement,
    MoveStatement,
    DropToken,
    CopyToken,
    SwapTokens,
    ReplaceWord,
    ReplaceNumber,
    CutText,
}

use Kind::*;

/// What rearranges a text.
const REARRANGE: [Kind; 9] = [
    DropStatement,
    CopyStatement,
    MoveStatement,
    DropToken,
    CopyToken,
    SwapTokens,
    ReplaceWord,
    ReplaceNumber,
    CutText,
];

/// Numbers at the edges of what something allows.
const NUMBERS: [&str; 14] = [
    "0",
    "1",
    "2",
    "100",
    "18999",
    "19000",
    "536870911",
    "536870912",
    "2147483647",
    "2147483648",
    "9223372036854775807",
    "18446744073709551615",
    "18446744073709551616",
    "007",
];

/// Places and templates: the lines of `faults.txt`.
fn templates() -> &'static [(&'static str, &'static str)] {
    static ALL: LazyLock<Vec<(&str, &str)>> = LazyLock::new(|| {
        let lines = include_str!("faults.txt").lines();
        let lines = lines.filter(|line| !line.is_empty() && !line.starts_with("# "));
        lines.map(|line| line.split_once(" | ").expect("a place, a bar, a template")).collect()
    });
    &ALL
}

/// Any fault.
pub(crate) fn faults() -> impl Strategy<Value = Fault> {
    let add = (0..templates().len()).prop_map(Add);
    let kind = prop_oneof![2 => add, 1 => proptest::sample::select(&REARRANGE[..])];
    let parts = (kind, any::<u16>(), any::<u16>(), any::<u16>());
    parts.prop_map(|(kind, file, at, pick)| Fault { kind, file, at, pick })
}

/// Every kind of fault once; `n` chooses where.
pub(crate) fn each(n: u16) -> Vec<Fault> {
    let kinds = (0..templates().len()).map(Add).chain(REARRANGE);
    kinds.map(|kind| Fault { kind, file: n, at: n / 3, pick: n / 7 }).collect()
}

impl Kind {
    /// Whether the fault may leave anything behind, not only what has a name in the language.
    pub(crate) fn is_of_tokens(self) -> bool {
        matches!(
            self,
            DropToken
                | CopyToken
                | SwapTokens
                | ReplaceWord
                | ReplaceNumber
                | CutText
                | MoveStatement
        )
    }

    /// What the fault does, in words.
    pub(crate) fn name(self) -> String {
        match self {
            Add(n) => templates()[n].1.to_owned(),
            other => format!("{other:?}"),
        }
    }
}

impl Fault {
    /// The sources with the fault in one file; none where nothing in them can have it.
    pub(crate) fn apply(&self, sources: &Sources) -> Option<Sources> {
        let paths: Vec<&String> = sources.keys().collect();
        let first = usize::from(self.file) % paths.len().max(1);
        // The first file from there on that can have it.
        let ordered = paths[first..].iter().chain(&paths[..first]);
        ordered.copied().find_map(|path| {
            let changed = self.change(&sources[path], &paths)?;
            let mut sources = sources.clone();
            (sources.insert(path.clone(), changed.clone())? != changed).then_some(sources)
        })
    }

    fn change(&self, text: &str, paths: &[&String]) -> Option<String> {
        let site = Site { fault: self, text, outline: Outline::of(text), paths };
        match self.kind {
            Add(n) => site.add(templates()[n].0, templates()[n].1),
            DropStatement => site.edit(&site.statement()?.range, ""),
            CopyStatement => {
                let range = &site.statement()?.range;
                site.edit(&(range.end..range.end), &format!(" {}", &text[range.clone()]))
            }
            MoveStatement => site.move_statement(),
            DropToken => site.edit(&site.token(self.at)?, ""),
            CopyToken => {
                let range = site.token(self.at)?;
                // buf takes any word behind `syntax` (see differences.toml).
                let first = range.start == site.outline.tokens[0].start;
                let copied = site.edit(&(range.end..range.end), &format!(" {}", &text[range]));
                copied.filter(|_| !first)
            }
            SwapTokens => site.swap_tokens(),
            ReplaceWord => site.replace(|c| c.is_alphabetic() || c == '.', site.any_word()?),
            ReplaceNumber => site.replace(|c| c.is_ascii_digit(), pick(&NUMBERS, self.pick)),
            CutText => {
                let from = site.token(self.at)?.start;
                site.edit(&(from..text.len()), "")
            }
        }
    }
}

/// A text in which a fault is put.
struct Site<'a> {
    fault: &'a Fault,
    text: &'a str,
    outline: Outline,
    paths: &'a [&'a String],
}

/// The element of a list that `n` means.
fn nth<T>(list: &[T], n: u16) -> Option<&T> {
    list.get(usize::from(n) % list.len().max(1))
}

impl Site<'_> {
    fn edit(&self, range: &std::ops::Range<usize>, with: &str) -> Option<String> {
        let (before, after) = (&self.text[..range.start], &self.text[range.end..]);
        Some(format!("{before}{with}{after}"))
    }

    fn statement(&self) -> Option<&Statement> {
        nth(&self.outline.statements, self.fault.at)
    }

    fn token(&self, n: u16) -> Option<std::ops::Range<usize>> {
        nth(&self.outline.tokens, n).cloned()
    }

    fn add(&self, place: &str, template: &str) -> Option<String> {
        if ["field", "value"].contains(&place) {
            return self.add_option(place, template);
        }
        let what = match place {
            "file" => What::File,
            "message" => What::Message,
            "oneof" => What::Oneof,
            "enum" => What::Enum,
            "service" => What::Service,
            "method" => What::Method,
            "extend" => What::Extend,
            _ => panic!("faults.txt: no such place: {place}"),
        };
        let bodies: Vec<usize> = (0..self.outline.bodies.len())
            .filter(|&body| self.outline.bodies[body].what == what)
            .collect();
        let body = *nth(&bodies, self.fault.at)?;
        let said = self.filled(template, body)?;
        let Body { range, .. } = &self.outline.bodies[body];
        // A syntax statement has to stay the first.
        let at_end = what == What::File || self.fault.pick.is_multiple_of(2);
        let at = if at_end { range.end } else { range.start };
        self.edit(&(at..at), &format!("\n{said}\n"))
    }

    fn add_option(&self, place: &str, option: &str) -> Option<String> {
        let of_enum = |s: &&Statement| self.outline.bodies[s.within].what == What::Enum;
        let members = self.outline.statements.iter().filter(|s| s.brackets.is_some());
        let members: Vec<_> = members.filter(|s| of_enum(s) == (place == "value")).collect();
        let member = nth(&members, self.fault.at)?;
        let said = self.filled(option, member.within)?;
        let (at, brackets) = member.brackets.expect("they were chosen by it");
        let said = if brackets { format!("{said}, ") } else { format!(" [{said}]") };
        self.edit(&(at..at), &said)
    }

    /// The template with what stands in braces replaced; none where there is no such thing.
    fn filled(&self, template: &str, body: usize) -> Option<String> {
        let proto3 = self.text.contains("\"proto3\"");
        let mut said = template.replace("{l} ", if proto3 { "" } else { "optional " });
        let members = self.outline.members(body);
        let member = nth(&members, self.fault.pick);
        let values: Vec<_> = (0..self.outline.bodies.len())
            .filter(|&b| self.outline.bodies[b].what == What::Enum)
            .flat_map(|b| self.outline.members(b))
            .collect();
        let (messages, enums) = (self.outline.declared("message"), self.outline.declared("enum"));
        let choices = [
            ("{name}", member.map(|m| m.0.as_str())),
            ("{number}", member.map(|m| m.1.as_str())),
            ("{message}", nth(&messages, self.fault.pick).copied()),
            ("{enum}", nth(&enums, self.fault.pick).copied()),
            ("{enumvalue}", nth(&values, self.fault.pick).map(|v| v.0.as_str())),
            ("{path}", nth(self.paths, self.fault.pick).map(|p| p.as_str())),
        ];
        for (mark, choice) in choices {
            if said.contains(mark) {
                said = said.replace(mark, choice?);
            }
        }
        Some(said)
    }

    /// A statement goes to the end of another body.
    fn move_statement(&self) -> Option<String> {
        let from = &self.statement()?.range;
        let to = nth(&self.outline.bodies, self.fault.pick)?.range.end;
        let moved = &self.text[from.clone()];
        match to {
            _ if to >= from.end => Some(format!(
                "{}{}\n{moved}\n{}",
                &self.text[..from.start],
                &self.text[from.end..to],
                &self.text[to..]
            )),
            _ if to <= from.start => Some(format!(
                "{}\n{moved}\n{}{}",
                &self.text[..to],
                &self.text[to..from.start],
                &self.text[from.end..]
            )),
            _ => None,
        }
    }

    fn swap_tokens(&self) -> Option<String> {
        let n = usize::from(self.fault.at) % self.outline.tokens.len().checked_sub(1)?.max(1);
        let (a, b) = (self.outline.tokens.get(n)?, self.outline.tokens.get(n + 1)?);
        let [first, between, second] =
            [a.clone(), a.end..b.start, b.clone()].map(|range| &self.text[range]);
        self.edit(&(a.start..b.end), &format!("{second} {between} {first}"))
    }

    /// Any word of the text.
    fn any_word(&self) -> Option<&str> {
        let words = self.outline.tokens.iter().map(|range| &self.text[range.clone()]);
        let words: Vec<_> = words.filter(|w| w.starts_with(char::is_alphabetic)).collect();
        nth(&words, self.fault.pick).copied()
    }

    /// A token that begins like this becomes another.
    fn replace(&self, begins: impl Fn(char) -> bool, with: &str) -> Option<String> {
        let tokens = self.outline.tokens.iter();
        let alike: Vec<_> =
            tokens.filter(|range| self.text[range.start..].starts_with(&begins)).collect();
        self.edit(nth(&alike, self.fault.at)?, with)
    }
}
