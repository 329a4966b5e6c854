//! `diff`, `release` and `changelog` on small repositories: what is listed, which version a change
//! requires, and what becomes of text that was written by hand.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use wireproof::compat::diff::{self, Bump, Change, required};
use wireproof::compat::{self, Settings, rules};
use wireproof::schema::pair::Pair;

use crate::fixture::{self, write};

const CONFIG: &str = "version: v2\n";
const LOG: &str = "contracts/CHANGELOG.md";

const OLD: &str = r#"syntax = "proto3";

package shop.v1;

import "shop/v1/money.proto";

option go_package = "example.com/old";

// An order.
message Order {
  reserved 20 to 29, 40;
  reserved "gone", "kept";
  string id = 1;
  int32 total = 2;
  repeated string tags = 3;
  int32 count = 4;
  map<string, int32> sizes = 5;
  optional int32 level = 6;
  string removed = 7;
  string old_name = 8;
  string json = 9 [json_name = "first"];
  // The state.
  State state = 10;
  string left = 11;
  oneof lost { string lost_field = 12; }
  oneof choice { string one = 13; }
  Money price = 14 [deprecated = true];

  message Inner { int32 x = 1; }
  message Lost { int32 x = 1; }
}

enum State {
  STATE_UNSPECIFIED = 0;
  STATE_OLD = 1;
  STATE_LOST = 2;
  STATE_SAME = 3;
}

message Gone {
  message Nested { int32 x = 1; }
  int32 x = 1;
}

enum GoneState { GONE_STATE_UNSPECIFIED = 0; }

service Shop {
  rpc Get(Order) returns (Order);
  rpc Lose(Order) returns (Order);
  rpc Watch(Order) returns (Order);
}

service GoneShop { rpc Get(Order) returns (Order); }
"#;

const NEW: &str = r#"syntax = "proto3";

package shop.v1;

import "shop/v1/amount.proto";
import "shop/v1/option.proto";

option go_package = "example.com/new";

// An order of a customer.
message Order {
  option (shop.v1.owner) = "team";
  reserved 20 to 25, 40, 50;
  reserved "kept", "also";
  string id = 1;
  int64 total = 2;
  string tags = 3;
  sint32 count = 4;
  map<string, int64> sizes = 5;
  int32 level = 6;
  string new_name = 8;
  string json = 9 [json_name = "second"];
  // The state of the order.
  State state = 10;
  oneof choice { string one = 13; string left = 11; }
  oneof added_choice { string two = 16; }
  string lost_field = 12;
  Money price = 14;
  string added = 15;

  message Inner { int32 x = 1; }
}

enum State {
  STATE_UNSPECIFIED = 0;
  STATE_NEW = 1;
  STATE_SAME = 3 [deprecated = true];
  STATE_ADDED = 4;
}

message Added {
  message Nested { int32 x = 1; }
  int32 x = 1;
}

service Shop {
  rpc Get(Added) returns (Order);
  rpc Watch(Order) returns (stream Order);
  rpc Add(Order) returns (Order);
}

service AddedShop { rpc Get(Order) returns (Order); }
"#;

const MONEY: &str = "syntax = \"proto3\";\npackage shop.v1;\nmessage Money { int64 cents = 1; }\n";

const OPTION: &str = r#"syntax = "proto2";
package shop.v1;
import "google/protobuf/descriptor.proto";
extend google.protobuf.MessageOptions { optional string owner = 50001; }
"#;

fn run(folder: &Path, args: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wireproof"));
    command.args(args).current_dir(folder).env_remove("CI");
    let Output { status, stdout, stderr } = command.output().expect("the binary has been built");
    let text = |bytes| String::from_utf8(bytes).expect("it is text");
    (status.code(), text(stdout), text(stderr))
}

/// Runs a command that must succeed, and returns its output.
fn ok(folder: &Path, args: &[&str]) -> String {
    let (code, output, errors) = run(folder, args);
    assert_eq!(code, Some(0), "{args:?}: {output}{errors}");
    output
}

fn read(folder: &Path, path: &str) -> String {
    fs::read_to_string(folder.join(path)).expect("it is there")
}

/// A repository with the old schema, released as v1.0.0, and the new one in its tree.
fn changed() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    write(folder.path(), "buf.yaml", CONFIG);
    write(folder.path(), "shop/v1/shop.proto", OLD);
    write(folder.path(), "shop/v1/money.proto", MONEY);
    let package =
        |name| format!("syntax = \"proto3\";\npackage {name};\nmessage A {{}}\nmessage B {{}}\n");
    write(folder.path(), "old/v1/old.proto", &package("old.v1"));
    ok(folder.path(), &["release", "1.0.0"]);
    fs::remove_file(folder.path().join("shop/v1/money.proto")).expect("it is there");
    fs::remove_file(folder.path().join("old/v1/old.proto")).expect("it is there");
    write(folder.path(), "shop/v1/shop.proto", NEW);
    write(folder.path(), "shop/v1/amount.proto", MONEY);
    write(folder.path(), "shop/v1/option.proto", OPTION);
    write(folder.path(), "new/v1/new.proto", &package("new.v1"));
    folder
}

/// A repository with one message, whose fields are `fields`.
fn message(fields: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    write(folder.path(), "buf.yaml", CONFIG);
    set(folder.path(), fields);
    folder
}

fn set(folder: &Path, fields: &str) {
    let text = format!("syntax = \"proto3\";\npackage a;\n\nmessage M {{\n{fields}\n}}\n");
    write(folder, "a.proto", &text);
}

const ID: &str = "  string id = 1;";

#[test]
fn every_kind_of_change_is_listed() {
    let folder = changed();
    insta::assert_snapshot!("diff-text", ok(folder.path(), &["diff"]));
    insta::assert_snapshot!("diff-markdown", ok(folder.path(), &["diff", "--format", "markdown"]));
}

#[test]
fn a_schema_has_no_changes_against_itself() {
    let folder = changed();
    write(folder.path(), "buf.yaml", "version: v2\nbreaking: {use: [WIRE]}\n");
    assert_eq!(ok(folder.path(), &["diff", "--against", "."]), "bump: none (no changes)\n");
    ok(folder.path(), &["release", "2.0.0"]);
    assert_eq!(
        ok(folder.path(), &["diff"]),
        "bump: none (no changes)\n",
        "a release keeps comments"
    );
}

#[test]
fn json_has_the_bump_and_the_locations() {
    let folder = message(ID);
    ok(folder.path(), &["release", "1.0.0"]);
    set(folder.path(), "  string id = 1;\n  string note = 2;");
    let document: Value =
        serde_json::from_str(&ok(folder.path(), &["diff", "--format", "json"])).expect("JSON");
    let change = serde_json::json!({
        "kind": "added",
        "element": "a.M.note",
        "change": "field `note` (2) of message `a.M`: `string`",
        "bump": "minor",
        "audience": ["binary", "JSON", "generated code"],
        "place": {"path": "a.proto", "start_line": 6, "start_column": 3},
    });
    let expected = serde_json::json!({
        "from": "v1.0.0", "to": "the working tree", "bump": "minor", "changes": [change],
    });
    assert_eq!(document, expected);
}

/// Under WIRE, a name may change; what is removed breaks in any case.
#[test]
fn the_rules_in_use_decide_what_breaks() {
    let folder = message("  string id = 1;\n  string name = 2;");
    ok(folder.path(), &["release", "1.0.0"]);
    set(folder.path(), "  string key = 1;\n  string name = 2;");
    let bump = |folder: &Path| {
        ok(folder, &["diff"]).lines().last().map(str::to_owned).expect("it has a last line")
    };
    let name = "(altered: field `key` (1) of message `a.M`: name `id` → `key`)";
    assert_eq!(bump(folder.path()), format!("bump: major {name}"));
    write(folder.path(), "buf.yaml", "version: v2\nbreaking: {use: [WIRE]}\n");
    assert_eq!(bump(folder.path()), format!("bump: minor {name}"));
    set(folder.path(), "  reserved 2;\n  string id = 1;");
    let removed = "(removed: field `name` (2) of message `a.M`: `string`)";
    assert_eq!(bump(folder.path()), format!("bump: major {removed}"));
}

#[test]
fn versions_are_inputs_and_the_newest_full_release_is_the_default() {
    let folder = message(ID);
    ok(folder.path(), &["release", "1.0.0"]);
    set(folder.path(), "  string id = 1;\n  string note = 2;");
    ok(folder.path(), &["release", "1.1.0"]);
    set(folder.path(), "  string id = 1;\n  string note = 2;\n  string more = 3;");
    ok(folder.path(), &["release", "1.2.0-rc.1"]);
    let elements = |args: &[&str]| -> Vec<String> {
        let args = [&["diff", "--format", "json"], args].concat();
        let document: Value = serde_json::from_str(&ok(folder.path(), &args)).expect("JSON");
        let changes = document["changes"].as_array().expect("a list").iter();
        changes.map(|change| change["element"].as_str().expect("a name").to_owned()).collect()
    };
    assert_eq!(elements(&[]), ["a.M.more"], "a pre-release promises nothing");
    assert_eq!(elements(&["--to", "v1.1.0"]), ["a.M.note"]);
    assert_eq!(elements(&["--from", "1.0.0"]), ["a.M.more", "a.M.note"]);
    assert_eq!(elements(&["--from", "1.1.0", "--to", "1.0.0"]), ["a.M.note"], "removed");
    let image = "contracts/releases/v1.0.0.binpb";
    assert_eq!(elements(&[".", "--against", image]), ["a.M.more", "a.M.note"]);
    assert_eq!(elements(&[image]), ["a.M.note"], "an image as INPUT");
    let (code, _, errors) = run(folder.path(), &["diff", "--from", "3.0.0"]);
    assert_eq!(code, Some(1));
    assert!(errors.contains("no release v3.0.0") && errors.contains("v1.1.0"), "{errors}");
    let (code, _, errors) = run(folder.path(), &["diff", "--to", "1.0.0"]);
    assert!(code == Some(1) && errors.contains("there is no release to compare with"), "{errors}");
}

/// Whether a release of `version` is refused, and what the error says.
fn refused(folder: &Path, version: &str) -> Option<String> {
    let (code, _, errors) = run(folder, &["release", version]);
    assert!(matches!(code, Some(0 | 1)), "{errors}");
    (code == Some(1)).then_some(errors)
}

#[test]
fn a_version_that_is_too_small_is_refused() {
    let with_note = "  string id = 1;\n  string note = 2;";
    let cases = [
        // The fields, a version that is too small, the least one, and the change that requires it.
        ("  int32 id = 1;", "1.9.0", "2.0.0", "type `string` → `int32`"),
        (with_note, "1.0.9", "1.1.0", "added: field `note` (2)"),
        ("  // The id.\n  string id = 1;", "1.0.0", "1.0.1", ""),
        ("  string id = 1 [deprecated = true];", "1.0.0", "1.0.1", ""),
    ];
    for (fields, small, least, change) in cases {
        let folder = message(ID);
        ok(folder.path(), &["release", "1.0.0"]);
        let before = read(folder.path(), LOG);
        set(folder.path(), fields);
        let error = refused(folder.path(), small).expect("it is too small");
        assert!(error.contains(change), "{error}");
        assert!(change.is_empty() || error.contains(&format!("v{least} or greater")), "{error}");
        assert_eq!(read(folder.path(), LOG), before, "nothing is written");
        assert!(
            !folder.path().join(format!("contracts/releases/v{small}.binpb")).exists()
                || small == "1.0.0"
        );
        assert_eq!(refused(folder.path(), least), None);
    }
}

#[test]
fn before_1_0_a_minor_version_may_break() {
    let folder = message(ID);
    ok(folder.path(), &["release", "0.1.0"]);
    set(folder.path(), "  string id = 1;\n  string note = 2;");
    assert_eq!(refused(folder.path(), "0.1.1"), None, "a patch may add");
    set(folder.path(), "  string note = 2;");
    let error = refused(folder.path(), "0.1.2").expect("it breaks");
    assert!(error.contains("v0.2.0 or greater; removed: field `id` (1)"), "{error}");
    assert_eq!(refused(folder.path(), "0.2.0"), None);
}

#[test]
fn of_a_pre_release_the_version_that_it_precedes_counts() {
    let folder = message(ID);
    ok(folder.path(), &["release", "1.0.0"]);
    set(folder.path(), "  string id = 1;\n  string note = 2;");
    let error = refused(folder.path(), "1.0.1-rc.1").expect("it adds");
    assert!(error.contains("v1.1.0 or greater"), "{error}");
    assert_eq!(refused(folder.path(), "1.1.0-rc.1"), None);
    // What only a pre-release had may change.
    set(folder.path(), "  string id = 1;\n  int32 note = 2;");
    assert_eq!(refused(folder.path(), "1.1.0"), None);
}

/// Returns the text with the dates of entries replaced.
fn undated(text: &str) -> String {
    let line = |line: &str| match line.split_once(" (2") {
        Some((heading, date)) if heading.starts_with("## v") => {
            assert_eq!(date.len(), "026-11-30)".len(), "{line}");
            format!("{heading} (DATE)")
        }
        _ => line.to_owned(),
    };
    text.lines().map(|text| line(text) + "\n").collect()
}

#[test]
fn a_release_adds_its_entry_and_keeps_the_text_of_others() {
    let folder = changed();
    write(folder.path(), LOG, &(read(folder.path(), LOG) + "\nWritten by hand.\n"));
    ok(folder.path(), &["release", "2.0.0"]);
    insta::assert_snapshot!("changelog", undated(&read(folder.path(), LOG)));
    let text =
        read(folder.path(), LOG).replace("- message `shop.v1.Added`", "- one **more** message");
    write(folder.path(), LOG, &text);
    set(folder.path(), ID);
    ok(folder.path(), &["release", "2.1.0"]);
    let after = read(folder.path(), LOG);
    let (before, kept) = after.split_at(after.find("## v2.0.0").expect("it has the entry"));
    assert!(text.ends_with(kept) && before.contains("## v2.1.0 ("), "{after}");
}

#[test]
fn missing_entries_are_reported_and_added() {
    let folder = message(ID);
    ok(folder.path(), &["release", "1.0.0"]);
    set(folder.path(), "  string id = 1;\n  string note = 2;");
    ok(folder.path(), &["release", "1.1.0"]);
    assert_eq!(ok(folder.path(), &["changelog", "--check"]), "");
    let own = "# Ours\n\n## v1.1.0, by hand\n\n- a note\n";
    write(folder.path(), LOG, own);
    let (code, output, _) = run(folder.path(), &["changelog", "--check"]);
    assert_eq!((code, output), (Some(100), format!("{LOG}: v1.0.0 has no entry\n")));
    let expected = format!("{own}\n## v1.0.0\n\nFirst release: 1 file, 1 message.\n");
    assert_eq!(ok(folder.path(), &["changelog", "--stdout"]), expected);
    assert_eq!(read(folder.path(), LOG), own, "--stdout writes nothing");
    ok(folder.path(), &["changelog"]);
    assert_eq!(read(folder.path(), LOG), expected);
    ok(folder.path(), &["changelog"]);
    assert_eq!(read(folder.path(), LOG), expected);
}

/// The changelog of a project at the top of its repository is not that of its contract.
#[test]
fn releases_at_the_top_have_their_changelog_inside() {
    let folder = message(ID);
    write(folder.path(), "wireproof.toml", "history.releases = 'promises'\n");
    write(folder.path(), "CHANGELOG.md", "# Of the project\n");
    ok(folder.path(), &["release", "1.0.0"]);
    assert_eq!(read(folder.path(), "CHANGELOG.md"), "# Of the project\n");
    assert!(read(folder.path(), "promises/CHANGELOG.md").contains("## v1.0.0 ("));
}

/// The image is the release: it is written first, and the entry can be added later.
#[test]
fn a_release_whose_changelog_cannot_be_written_says_what_to_do() {
    let folder = message(ID);
    fs::create_dir_all(folder.path().join(LOG)).expect("folders can be made");
    let (code, _, errors) = run(folder.path(), &["release", "1.0.0"]);
    assert_eq!(code, Some(1), "{errors}");
    assert!(errors.contains(LOG) && errors.contains("`wireproof changelog` adds it"), "{errors}");
    fs::remove_dir(folder.path().join(LOG)).expect("it is empty");
    ok(folder.path(), &["changelog"]);
    assert!(read(folder.path(), LOG).contains("## v1.0.0\n"));
}

#[test]
fn a_summary_for_pull_requests_says_what_breaks_and_how_to_accept_it() {
    let folder = message(ID);
    write(folder.path(), "buf.yaml", "version: v2\nlint: {use: [FIELD_LOWER_SNAKE_CASE]}\n");
    ok(folder.path(), &["release", "1.0.0"]);
    let summary = |command: &str| run(folder.path(), &[command, "--error-format", "markdown"]);
    assert_eq!(summary("check-compat").1, "## wireproof: no findings\n");
    assert_eq!(summary("check").1, "## wireproof: no findings\n", "one document for all stages");
    set(folder.path(), "  int32 id = 1;");
    let (code, report, _) = summary("check-compat");
    assert_eq!(code, Some(100));
    insta::assert_snapshot!("markdown-compat", report);
}

/// The fixtures of the breaking rules have every change that a rule knows. Each finding makes a change
/// major; few of them are about something that is no change of an element by itself.
#[test]
fn every_finding_is_a_change() {
    let ids = rules::table().into_iter().filter(|rule| !rule.deprecated).map(|rule| rule.id);
    let ids = ids.collect::<Vec<_>>().join(", ");
    let config = format!("version: v2\nbreaking:\n  use: [{ids}]\n");
    let mut own = BTreeSet::new();
    for folder in fixture::fixtures("compat") {
        let (old, _) = fixture::read(&folder.join("old"), &config);
        let (new, workspace) = fixture::read(&folder.join("new"), &config);
        let modules: Vec<_> = workspace.modules.into_iter().map(|module| module.breaking).collect();
        let settings = Settings {
            modules: &modules,
            exclude_imports: true,
            proof: compat::ProofSettings::default(),
        };
        let findings = compat::check(Pair { old: &old, new: &new }, &settings);
        let changes = diff::diff(Pair { old: &old, new: &new }, &findings);
        assert_eq!(required(&changes), Some(Bump::Major), "{}", folder.display());
        let is_own = |change: &&Change| {
            findings
                .iter()
                .any(|finding| finding.message.trim_end_matches('.').ends_with(&change.what[1..]))
        };
        own.extend(changes.iter().filter(is_own).map(|change| change.what.clone()));
        for schema in [&old, &new] {
            let changes = diff::diff(Pair { old: schema, new: schema }, &[]);
            assert_eq!(changes, [], "{} against itself", folder.display());
        }
    }
    let own: Vec<String> = own.into_iter().collect();
    insta::assert_snapshot!("diff-of-findings", own.join("\n"));
}
