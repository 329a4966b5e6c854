//! `new-rule`: everything that a new rule needs, so that what is left to do is to say what it
//! checks and to check it.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use wireproof::compat;
use wireproof::error::{Error, Result};
use wireproof::lint;

use crate::write;

/// Begin a rule: its file, its line in the list, its fixture
#[derive(Debug, clap::Args)]
pub(crate) struct NewRuleArgs {
    /// What kind of rule: lint or compat
    #[arg(value_parser = ["lint", "compat"])]
    kind: String,
    /// Its id, RPC_NO_DELETE for example; the file is called after it
    id: String,
}

pub(crate) fn run(args: &NewRuleArgs, root: &Path) -> Result<()> {
    let new = NewRule::plan(root, &args.kind, &args.id)?;
    new.write()?;
    print!("{}", new.says(root));
    Ok(())
}

/// What is to be written: nothing of it is there yet, but for the list.
struct NewRule {
    kind: String,
    id: String,
    files: Vec<(PathBuf, String)>,
    list: (PathBuf, String),
}

impl NewRule {
    fn plan(root: &Path, kind: &str, id: &str) -> Result<Self> {
        is_id(id).map_err(|error| error.at(id))?;
        let rules = root.join("src").join(kind).join("rules");
        let module = id.to_lowercase();
        let path = rules.join(format!("{module}.rs"));
        let is_known = [lint::rules::table(), compat::rules::table()]
            .concat()
            .iter()
            .any(|rule| rule.id == id);
        if is_known || path.exists() {
            return Err(Error::new("this rule exists already")
                .at(id)
                .help(format!("`cargo xtask explain {id}` shows it")));
        }
        let list = rules.join("mod.rs");
        let listed = fs::read_to_string(&list).map_err(|error| Error::io(&list, error))?;
        let listed = with_line(&listed, &module)
            .ok_or_else(|| Error::new("has no list of rules").at(list.display().to_string()))?;
        let fixture = root.join("tests/fixtures").join(kind).join(id);
        let (source, fixtures) = match kind {
            "lint" => (template(&LINT, id), LINT_FIXTURE),
            _ => (template(&COMPAT, id), COMPAT_FIXTURE),
        };
        let fixtures = fixtures.iter().map(|(path, text)| (fixture.join(path), (*text).to_owned()));
        let files = std::iter::once((path, source)).chain(fixtures).collect();
        Ok(NewRule { kind: kind.to_owned(), id: id.to_owned(), files, list: (list, listed) })
    }

    fn write(&self) -> Result<()> {
        for (path, text) in self.files.iter().chain([&self.list]) {
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder).map_err(|error| Error::io(folder, error))?;
            }
            write(path, text)?;
        }
        Ok(())
    }

    fn says(&self, root: &Path) -> String {
        let shown = |path: &Path| path.strip_prefix(root).unwrap_or(path).display().to_string();
        let mut says = String::new();
        for (path, _) in &self.files {
            let _ = writeln!(says, "written: {}", shown(path));
        }
        let _ = writeln!(says, "a line added: {}", shown(&self.list.0));
        let NewRule { kind, id, .. } = self;
        let _ = writeln!(says, "next: mark what {id} has to find in its fixture, and see");
        let _ =
            writeln!(says, "`cargo xtask test -- {kind}` fail; CONTRIBUTING.md goes on from there");
        says
    }
}

/// Whether `id` is one: words in capitals, at least two.
fn is_id(id: &str) -> Result<()> {
    let is_word = |word: &str| {
        let all = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit();
        !word.is_empty() && word.chars().all(all)
    };
    let begins = id.starts_with(|c: char| c.is_ascii_uppercase());
    match begins && id.contains('_') && id.split('_').all(is_word) {
        true => Ok(()),
        false => Err(Error::new("not a rule id")
            .help("a rule id is upper-case words joined by `_`: RPC_NO_DELETE")),
    }
}

/// `list` with a line for `module`, in alphabetical order; none if it has no list.
fn with_line(list: &str, module: &str) -> Option<String> {
    const BEGIN: &str = "\nrules! {\n";
    let begin = list.find(BEGIN)? + BEGIN.len();
    let end = begin + list[begin..].find("}\n")?;
    let lines = list[begin..end].split_inclusive('\n');
    let line = format!("    {module},\n");
    let before: usize = lines.take_while(|listed| **listed < *line).map(str::len).sum();
    let (head, tail) = list.split_at(begin + before);
    Some(format!("{head}{line}{tail}"))
}

/// What the files of one kind of rules have different from those of the other.
struct Kind {
    /// The type of a rule.
    rule: &'static str,
    /// What else a file needs.
    uses: &'static [&'static str],
    /// What a check is handed, around the name of the element.
    argument: [&'static str; 2],
    /// What a rule's purpose begins with.
    purpose: &'static str,
}

const LINT: Kind = Kind {
    rule: "LintRule",
    uses: &[],
    argument: ["", "<'_>"],
    purpose: "Say here how it has to be.",
};

const COMPAT: Kind = Kind {
    rule: "CompatRule",
    uses: &["Pair"],
    argument: ["Pair<", "<'_>>"],
    purpose: "Say here what has to stay as it was.",
};

/// What rules are asked about, by how their ids begin.
const ELEMENTS: [(&str, &str); 6] = [
    ("ENUM_", "Enum"),
    ("EXTENSION_", "Field"),
    ("FIELD_", "Field"),
    ("MESSAGE_", "Message"),
    ("RPC_", "Method"),
    ("SERVICE_", "Service"),
];

/// The file of a rule that finds nothing.
fn template(kind: &Kind, id: &str) -> String {
    let asked = ELEMENTS.iter().find(|(prefix, _)| id.starts_with(prefix));
    let element = asked.map_or("File", |(_, element)| element);
    let mut uses = vec!["Check", "Findings", "Rule", kind.rule, element];
    uses.extend(kind.uses);
    uses.sort_unstable();
    let [before, behind] = kind.argument;
    TEMPLATE
        .replace("{uses}", &uses.join(", "))
        .replace("{type}", kind.rule)
        .replace("{id}", id)
        .replace("{purpose}", kind.purpose)
        .replace("{element}", element)
        .replace("{argument}", &format!("{before}{element}{behind}"))
}

const TEMPLATE: &str = r#"use super::{{uses}, off};

pub(super) const RULES: &[{type}] = &[{type} {
    rule: Rule {
        id: "{id}",
        purpose: "{purpose}",
        docs: "\
## What it checks

Say here what is looked at, and when it is wrong.

## Why

Say here what breaks, and for whom.

## Instead

Say here what to do.
",
        v1beta1: None,
        v1: None,
        // The categories that buf lists for it; `on` instead of `off` if it is on by default.
        v2: off(&[]),
        ..Rule::PLAIN
    },
    check: Check::{element}(check),
}];

fn check(_: {argument}, _: &mut Findings<'_>) {}
"#;

const PROTO: &str = "\
syntax = \"proto3\";

package acme.v1;

message Near {}
";

/// The files of the fixtures, without a finding: the tests ask for one.
const LINT_FIXTURE: &[(&str, &str)] = &[("acme/v1/a.proto", PROTO), ("expect", "")];
const COMPAT_FIXTURE: &[(&str, &str)] =
    &[("old/a.proto", PROTO), ("new/a.proto", PROTO), ("expect", "")];

#[cfg(test)]
#[path = "new_rule_tests.rs"]
mod in_a_copy;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_words_in_capitals() {
        for id in ["RPC_NO_DELETE", "FIELD_INT32_X"] {
            assert!(is_id(id).is_ok(), "{id}");
        }
        for id in
            ["", "RPC", "rpc_no", "Rpc_No", "RPC__NO", "_RPC_NO", "RPC_NO_", "1_A", "A_Ä", "../A_B"]
        {
            assert!(is_id(id).is_err(), "{id}");
        }
    }

    #[test]
    fn a_line_comes_where_it_belongs() {
        let list = "mod x;\n\nrules! {\n    b_b,\n    d,\n}\n\nfn f() {}\n";
        for module in ["a", "b_a", "b_c", "c", "e"] {
            let found = with_line(list, module).expect("there is a list");
            let names: Vec<&str> = found.lines().skip(3).take_while(|line| *line != "}").collect();
            let mut sorted = names.clone();
            sorted.sort_unstable();
            assert_eq!(names, sorted);
            assert_eq!(found.replacen(&format!("    {module},\n"), "", 1), list);
        }
        assert_eq!(with_line("no list", "a"), None);
    }

    #[test]
    fn a_file_is_as_rustfmt_would_have_it() {
        let lint = template(&LINT, "RPC_NO_X");
        assert!(lint.starts_with("use super::{Check, Findings, LintRule, Method, Rule, off};\n"));
        assert!(lint.ends_with("fn check(_: Method<'_>, _: &mut Findings<'_>) {}\n"));
        let compat = template(&COMPAT, "ENUM_VALUE_X");
        let uses = "use super::{Check, CompatRule, Enum, Findings, Pair, Rule, off};\n";
        assert!(compat.starts_with(uses));
        assert!(compat.ends_with("fn check(_: Pair<Enum<'_>>, _: &mut Findings<'_>) {}\n"));
    }
}
