//! Generated messages satisfy their protovalidate rules: the real protovalidate judges them.

use std::fs;
use std::path::{Path, PathBuf};

use proptest::strategy::{Strategy as _, ValueTree as _};
use serde_json::Value as Json;
use wireproof::roundtrip::arbitrary;
use wireproof::value::{MessageType, MessageValue, Types};
use wireproof::workspace::{Load, Options, load};

use crate::generate::installed_python;
use crate::parity::programs::{scale, tools};

/// A folder with the rules, and an image of it.
fn workspace() -> (tempfile::TempDir, Types) {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let folder = tools::temporary();
    let copy = |from: PathBuf, to: &str| {
        let to = folder.path().join(to);
        fs::create_dir_all(to.parent().expect("it is in a folder")).expect("it can be made");
        fs::copy(from, to).expect("it can be copied");
    };
    let validate = "buf/validate/validate.proto";
    copy(tests.join("fixtures/lint/PROTOVALIDATE").join(validate), validate);
    copy(tests.join("valid/rules.proto"), "rules/v1/rules.proto");
    let program = Path::new(env!("CARGO_BIN_EXE_wireproof"));
    let built = tools::run(program, folder.path(), &["build", "-o", "image.binpb"]);
    assert_eq!(built.code, 0, "{}{}", built.stdout, built.stderr);
    let types = match load(".", &Options::new(folder.path())) {
        Ok(Load::Ready(loaded)) => Types::new(&loaded.schema),
        _ => panic!("the rules compile"),
    };
    (folder, types)
}

/// Returns what Python says of `messages`, a line for each (`messages.py`): with `read` their bytes and
/// JSON, with `validate` the rules that they break. None without Python.
pub(crate) fn asked(
    what: &str,
    (folder, image): (&Path, &str),
    of: &MessageType,
    messages: &[MessageValue],
) -> Option<Vec<Json>> {
    let python = installed_python()?;
    let mut file = Vec::new();
    for message in messages {
        let bytes = of.encode(message);
        file.extend(u32::try_from(bytes.len()).expect("it is small").to_le_bytes());
        file.extend(bytes);
    }
    fs::write(folder.join("messages"), file).expect("it can be written");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/messages.py");
    let script = script.to_str().expect("it is UTF-8");
    let answer = tools::run(&python, folder, &[script, what, image, of.name(), "messages"]);
    assert_eq!(answer.code, 0, "{}: {}", of.name(), answer.stderr);
    let lines = answer.stdout.lines().map(|line| serde_json::from_str(line).expect("it is JSON"));
    let lines: Vec<Json> = lines.collect();
    assert_eq!(lines.len(), messages.len());
    Some(lines)
}

/// Returns those of `messages` that break rules, with these. None without Python.
fn invalid(folder: &Path, of: &MessageType, messages: &[MessageValue]) -> Option<Vec<String>> {
    let answers = asked("validate", (folder, "image.binpb"), of, messages)?;
    let invalid =
        answers.iter().filter(|it| it["rules"].as_array().is_some_and(|it| !it.is_empty()));
    Some(invalid.map(Json::to_string).collect())
}

/// Random messages, those with one edge value each, and every step of their shrinking are valid.
#[test]
fn generated_and_shrunk_messages_satisfy_their_rules() {
    let (folder, types) = workspace();
    let seed = *scale::seeds().last().expect("there is a seed");
    for name in ["Numbers", "Texts", "Others"] {
        let of = types.message(&format!("rules.v1.{name}")).expect("it is declared");
        let mut runner = scale::runner(seed, 0, 1);
        let strategy = arbitrary(&of);
        let mut messages = Vec::new();
        let random = (0..300).map(|_| strategy.new_tree(&mut runner).expect("it is generated"));
        let mut trees: Vec<_> = random.collect();
        trees.extend(strategy.edges(runner.rng(), 2, 1_000));
        for (index, mut tree) in trees.into_iter().enumerate() {
            messages.push(tree.current());
            // Of some, what shrinking tries: half of it fails.
            let mut steps = if index % 10 == 0 { 200 } else { 0 };
            while steps > 0 && (if steps % 2 == 0 { tree.simplify() } else { tree.complicate() }) {
                messages.push(tree.current());
                steps -= 1;
            }
        }
        let Some(invalid) = invalid(folder.path(), &of, &messages) else { return };
        let shown = &invalid[..invalid.len().min(10)];
        assert!(
            invalid.is_empty(),
            "seed {seed}: {} of {} messages of {name} are not valid:\n{}",
            invalid.len(),
            messages.len(),
            shown.join("\n")
        );
        tools::say(&format!("valid: seed {seed}, {} messages of {name}", messages.len()));
    }
}

/// The check can fail: a message that breaks a rule is reported.
#[test]
fn a_message_that_breaks_a_rule_is_reported() {
    let (folder, types) = workspace();
    let of = types.message("rules.v1.Numbers").expect("it is declared");
    let Some(invalid) = invalid(folder.path(), &of, &[of.empty()]) else { return };
    let [one] = &*invalid else { panic!("{invalid:?}") };
    assert!(one.contains("range: int32.gte_lt"), "{one}");
    let rules = one.split("\"rules\"").nth(1).expect("it has rules");
    assert!(!rules.contains("ignored") && !rules.contains("optional_range"), "{one}");
}
