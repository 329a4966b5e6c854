//! The rules of findings that no `buf.yaml` configures: they have an id and a page, too.

use super::Rule;
use crate::finding::{APPROVAL, COMPILE, CONTRACT, ROUNDTRIP, STALE_STUB};

/// The rules that are in no version of `buf.yaml`.
pub static OTHERS: [Rule; 5] = [
    Rule {
        id: APPROVAL,
        purpose: "Approvals are valid, and each one is used.",
        docs: "\
## What it checks

`wireproof check-compat` and `check` read the approvals in `contracts/accepted`, which
`wireproof accept` writes. An approval has not expired, and its file is valid. If a schema is compared
with all supported releases, the approval of each of them still matches a finding.

## Why

An approval with an expiry date was given for a limited time. One that matches no finding would accept
the same break again later, without anybody deciding so. One that is not valid accepts nothing.

## Instead

Expired: undo the break and delete the file, or run the command in the finding of the break again.
Unused: delete the file. Not valid: restore the file from git, or write it again with
`wireproof accept`. The name of the file is the fingerprint of the rule, the element and the change in
it, so a file that was renamed or edited there is not valid.
",
        ..Rule::PLAIN
    },
    Rule {
        id: COMPILE,
        purpose: "The schema compiles.",
        docs: "\
## What it checks

The files are valid Protocol Buffers: the syntax is correct, all names resolve, and the rules of the
language are met.

## Why

A schema that does not compile cannot be compared, and no code can be generated from it.

## Instead

Fix the first error of a file first: later errors are often a consequence of it.
",
        ..Rule::PLAIN
    },
    Rule {
        id: CONTRACT,
        purpose: "A server does what its consumers rely on.",
        docs: "\
## What it checks

`wireproof contract verify`, `contract test` and `check` send the requests in
`contracts/interactions` to a running server, and compare its responses with the ones in the file.
`contract test` also calls every method between each pair of versions.

## Why

A consumer was tested against the responses in the file. It may break if the real server responds
differently.

## Instead

Fix the server. If its response is right, the consumer that wrote the interaction changes it, and
relies on less: a matcher accepts every value that the consumer can use.
",
        ..Rule::PLAIN
    },
    Rule {
        id: ROUNDTRIP,
        purpose: "What one version writes, the others read with the same values.",
        docs: "\
## What it checks

`wireproof roundtrip` and `check` write generated messages with the schema of one version and read
them with that of another: the supported releases and the working tree, or the version of
`--against`. A finding names the smallest message found whose values are not the same.

## Why

Clients, servers and stored data do not change all at once. A value that is lost or misread on the
way changes what the program does, without an error.

## Instead

Undo the change, and add a new field instead. The command in the finding runs the message again.
",
        ..Rule::PLAIN
    },
    Rule {
        id: STALE_STUB,
        purpose: "Generated files are what the plugins generate.",
        docs: "\
## What it checks

`wireproof generate --check` and `check` run the plugins of `buf.gen.yaml`, write nothing, and
compare the result with the output folders: no file differs, is missing, or is left over from an
earlier run.

## Why

Programs are built from the generated files. If they are stale, the schema says one thing and the
programs do another.

## Instead

Run `wireproof generate` and commit the result. Files that buf or another tool generated are not
listed in `.wireproof-files`: run `wireproof generate --force` once. It replaces them, and lists
them from then on. Move hand-written files out of the way first.

A file that looks generated and that no plugin produces is left over: delete it. If it is
hand-written, give it a name that no generated file has.
",
        ..Rule::PLAIN
    },
];

#[cfg(test)]
mod tests {
    use super::OTHERS;

    #[test]
    fn every_id_of_a_finding_has_a_page_with_the_headings() {
        let ids: Vec<&str> = include_str!("../finding.rs")
            .lines()
            .filter_map(|line| line.strip_prefix("pub const ")?.split_once(": &str = \""))
            .map(|(id, _)| id)
            .filter(|id| *id != "DETAIL")
            .collect();
        assert!(ids.len() >= OTHERS.len(), "the ids are found: {ids:?}");
        for id in ids {
            let rule = OTHERS.iter().find(|rule| rule.id == id);
            let rule = rule.unwrap_or_else(|| panic!("{id} has no page"));
            for heading in ["What it checks", "Why", "Instead"] {
                assert!(rule.section(heading).is_some(), "{id}: {heading}");
            }
            assert!(rule.page().contains("`buf.yaml` does not configure it"), "{}", rule.page());
        }
    }
}
