//! `new-rule`: creates the files of a rule, without its documentation and its check.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use wireproof::compat;
use wireproof::error::{Error, Result};
use wireproof::lint;

use crate::write;

/// Create a rule: its file, its line in the list, its fixture
#[derive(Debug, clap::Args)]
pub(crate) struct NewRuleArgs {
    /// Kind of rule: lint or compat
    #[arg(value_parser = ["lint", "compat"])]
    kind: String,
    /// Rule id, for example RPC_NO_DELETE; in lower case, it is the name of the file
    id: String,
}

pub(crate) fn run(args: &NewRuleArgs, root: &Path) -> Result<()> {
    let new = NewRule::plan(root, &args.kind, &args.id)?;
    new.write()?;
    print!("{}", new.summary(root));
    Ok(())
}

/// The files to write: new ones, and the list of rules.
struct NewRule {
    kind: String,
    id: String,
    /// The new files, by path.
    files: Vec<(PathBuf, String)>,
    /// The file with the list of rules, and its new content.
    list: (PathBuf, String),
}

impl NewRule {
    /// Plans the files of the rule `id`. Fails if there is such a rule.
    fn plan(root: &Path, kind: &str, id: &str) -> Result<Self> {
        check_id(id).map_err(|error| error.at(id))?;
        let rules = root.join("src").join(kind).join("rules");
        let module = id.to_lowercase();
        let path = rules.join(format!("{module}.rs"));
        let is_known = [lint::rules::table(), compat::rules::table()]
            .concat()
            .iter()
            .any(|rule| rule.id == id);
        if is_known || path.exists() {
            return Err(Error::new("this rule already exists")
                .at(id)
                .help(format!("show it with `cargo xtask explain {id}`")));
        }
        let list = rules.join("mod.rs");
        let listed = fs::read_to_string(&list).map_err(|error| Error::io(&list, error))?;
        let listed = insert_sorted(&listed, &module).ok_or_else(|| {
            Error::new("the list of rules is missing").at(list.display().to_string())
        })?;
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

    /// Returns the written files, and the next steps.
    fn summary(&self, root: &Path) -> String {
        let shown = |path: &Path| path.strip_prefix(root).unwrap_or(path).display().to_string();
        let mut summary = String::new();
        for (path, _) in &self.files {
            let _ = writeln!(summary, "written: {}", shown(path));
        }
        let _ = writeln!(summary, "line added: {}", shown(&self.list.0));
        let NewRule { kind, id, .. } = self;
        let _ = writeln!(
            summary,
            "next: mark the expected findings of {id} in its fixture, and see\n\
             `cargo xtask test -- {kind}` fail; CONTRIBUTING.md has the other steps"
        );
        summary
    }
}

/// Fails unless `id` is at least two upper-case words.
fn check_id(id: &str) -> Result<()> {
    let is_word = |word: &str| {
        let all = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit();
        !word.is_empty() && word.chars().all(all)
    };
    let begins = id.starts_with(|c: char| c.is_ascii_uppercase());
    if begins && id.contains('_') && id.split('_').all(is_word) {
        Ok(())
    } else {
        Err(Error::new("not a rule id")
            .help("use upper-case words joined by `_`, for example RPC_NO_DELETE"))
    }
}

/// Inserts a line for `module` into the list of rules in `list`, in alphabetical order. Returns none
/// if there is no list.
fn insert_sorted(list: &str, module: &str) -> Option<String> {
    const BEGIN: &str = "\nrules! {\n";
    let begin = list.find(BEGIN)? + BEGIN.len();
    let end = begin + list[begin..].find("}\n")?;
    let lines = list[begin..end].split_inclusive('\n');
    let line = format!("    {module},\n");
    let before: usize = lines.take_while(|listed| **listed < *line).map(str::len).sum();
    let (head, tail) = list.split_at(begin + before);
    Some(format!("{head}{line}{tail}"))
}

/// The differences between the files of lint rules and of compat rules.
struct Kind {
    /// The type of a rule.
    rule: &'static str,
    /// The additional imports of a file.
    uses: &'static [&'static str],
    /// The type of the argument of a check, before and after the name of the element.
    argument: [&'static str; 2],
    /// The placeholder for the purpose.
    purpose: &'static str,
}

const LINT: Kind = Kind {
    rule: "LintRule",
    uses: &[],
    argument: ["", "<'_>"],
    purpose: "State the requirement in one sentence.",
};

const COMPAT: Kind = Kind {
    rule: "CompatRule",
    uses: &["Pair"],
    argument: ["Pair<", "<'_>>"],
    purpose: "State what must not change in one sentence.",
};

/// The elements that rules check, by the prefix of their ids.
const ELEMENTS: [(&str, &str); 6] = [
    ("ENUM_", "Enum"),
    ("EXTENSION_", "Field"),
    ("FIELD_", "Field"),
    ("MESSAGE_", "Message"),
    ("RPC_", "Method"),
    ("SERVICE_", "Service"),
];

/// Returns the file of a rule that reports nothing.
fn template(kind: &Kind, id: &str) -> String {
    let known = ELEMENTS.iter().find(|(prefix, _)| id.starts_with(prefix));
    let element = known.map_or("File", |(_, element)| element);
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

Describe what the rule looks at, and what it reports.

## Why

Describe what breaks, and for whom.

## Instead

Describe what to do.
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

/// The files of a fixture. They have no finding, so the tests fail until one is added.
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
    fn ids_are_upper_case_words() {
        for id in ["RPC_NO_DELETE", "FIELD_INT32_X"] {
            assert!(check_id(id).is_ok(), "{id}");
        }
        for id in
            ["", "RPC", "rpc_no", "Rpc_No", "RPC__NO", "_RPC_NO", "RPC_NO_", "1_A", "A_Ä", "../A_B"]
        {
            assert!(check_id(id).is_err(), "{id}");
        }
    }

    #[test]
    fn lines_are_inserted_in_order() {
        let list = "mod x;\n\nrules! {\n    b_b,\n    d,\n}\n\nfn f() {}\n";
        for module in ["a", "b_a", "b_c", "c", "e"] {
            let found = insert_sorted(list, module).expect("there is a list");
            let names: Vec<&str> = found.lines().skip(3).take_while(|line| *line != "}").collect();
            let mut sorted = names.clone();
            sorted.sort_unstable();
            assert_eq!(names, sorted);
            assert_eq!(found.replacen(&format!("    {module},\n"), "", 1), list);
        }
        assert_eq!(insert_sorted("no list", "a"), None);
    }

    #[test]
    fn files_are_formatted_like_rustfmt() {
        let lint = template(&LINT, "RPC_NO_X");
        assert!(lint.starts_with("use super::{Check, Findings, LintRule, Method, Rule, off};\n"));
        assert!(lint.ends_with("fn check(_: Method<'_>, _: &mut Findings<'_>) {}\n"));
        let compat = template(&COMPAT, "ENUM_VALUE_X");
        let uses = "use super::{Check, CompatRule, Enum, Findings, Pair, Rule, off};\n";
        assert!(compat.starts_with(uses));
        assert!(compat.ends_with("fn check(_: Pair<Enum<'_>>, _: &mut Findings<'_>) {}\n"));
    }
}
