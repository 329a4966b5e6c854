//! `lint --fix` and `--diff`: what is written, what is shown, what is refused, and that a fixed
//! schema is the schema it was.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use wireproof::finding::Finding;
use wireproof::lint::{fix, rules};
use wireproof::schema::descriptor::FileDescriptorProto;
use wireproof::schema::{Places, Schema};
use wireproof::workspace::Load;

use crate::fixture;

const CONFIG: &str = "\
version: v2
lint:
  use: [IMPORT_USED, SYNTAX_SPECIFIED, MESSAGE_PASCAL_CASE]
  ignore_only: { IMPORT_USED: [ignored.proto] }
";

const BEFORE: &str = "\
// Licence.\r
\r
import \"google/protobuf/any.proto\"; // For later.\r
import \"google/protobuf/duration.proto\";\r
\r
// M's.\r
message m { optional google.protobuf.Duration d = 1; }\r
";

const AFTER: &str = "\
// Licence.\r
\r
syntax = \"proto2\";\r
\r
import \"google/protobuf/duration.proto\";\r
\r
// M's.\r
message m { optional google.protobuf.Duration d = 1; }\r
";

const IGNORED: &str = "syntax = \"proto3\";\nimport \"google/protobuf/any.proto\";\n";

const BY_COMMENT: &str = "\
syntax = \"proto3\";
// buf:lint:ignore IMPORT_USED
import \"google/protobuf/any.proto\";
import \"google/protobuf/api.proto\";
";

/// A folder of sources in which something can be fixed.
fn tree() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let files = [
        ("buf.yaml", CONFIG),
        ("a.proto", BEFORE),
        ("ignored.proto", IGNORED),
        ("comment.proto", BY_COMMENT),
    ];
    for (name, text) in files {
        fs::write(folder.path().join(name), text).expect("it can be written to");
    }
    folder
}

fn read(folder: &Path, name: &str) -> String {
    fs::read_to_string(folder.join(name)).expect("it is there")
}

fn run(program: &str, folder: &Path, args: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(program);
    command.args(args).current_dir(folder).env_remove("CI");
    let Output { status, stdout, stderr } = command.output().expect("the program is there");
    let text = |bytes| String::from_utf8(bytes).expect("what is said is text");
    (status.code(), text(stdout), text(stderr))
}

fn lint(folder: &Path, args: &[&str]) -> (Option<i32>, String, String) {
    run(env!("CARGO_BIN_EXE_wireproof"), folder, &[&["lint"], args].concat())
}

#[test]
fn fixable_findings_are_fixed_and_the_rest_is_reported() {
    let folder = tree();
    let (code, found, says) = lint(folder.path(), &["--fix"]);
    assert_eq!(code, Some(100));
    assert_eq!(
        found,
        "a.proto:8:9: MESSAGE_PASCAL_CASE Message `m` has a name that is not PascalCase.\n"
    );
    let expected = "\
wireproof: fixed a.proto:1:1: SYNTAX_SPECIFIED (no syntax)
wireproof: fixed a.proto:3:1: IMPORT_USED (unused import of google/protobuf/any.proto)
wireproof: fixed comment.proto:4:1: IMPORT_USED (unused import of google/protobuf/api.proto)
";
    assert_eq!(says, expected);
    assert_eq!(read(folder.path(), "a.proto"), AFTER);
    assert_eq!(read(folder.path(), "ignored.proto"), IGNORED, "what is ignored stays");
    let kept = BY_COMMENT.replace("import \"google/protobuf/api.proto\";\n", "");
    assert_eq!(read(folder.path(), "comment.proto"), kept, "by a comment, too");
    assert_eq!(lint(folder.path(), &["--fix"]), (Some(100), found, String::new()));
    assert_eq!(read(folder.path(), "a.proto"), AFTER, "once is enough");
}

#[test]
fn only_reported_findings_are_fixed() {
    let folder = tree();
    let (code, found, _) = lint(folder.path(), &["--fix", "--path", "comment.proto"]);
    assert_eq!((code, &*found), (Some(0), ""));
    assert_eq!(read(folder.path(), "a.proto"), BEFORE);
    let (code, ..) = lint(folder.path(), &["--write-baseline", "known"]);
    assert_eq!(code, Some(0));
    assert_eq!(lint(folder.path(), &["--fix", "--baseline", "known"]).0, Some(0));
    assert_eq!(read(folder.path(), "a.proto"), BEFORE, "it is known");
}

#[test]
fn a_diff_writes_nothing_and_is_what_fix_does() {
    let folder = tree();
    let (code, diff, says) = lint(folder.path(), &["--diff"]);
    assert_eq!(code, Some(100));
    assert!(diff.starts_with("--- a/a.proto\n+++ b/a.proto\n@@ "), "{diff}");
    assert!(says.contains("can be fixed: a.proto:3:1: IMPORT_USED"), "{says}");
    assert!(
        says.ends_with("1 finding without a fix: run `wireproof lint` for details\n"),
        "{says}"
    );
    assert_eq!(read(folder.path(), "a.proto"), BEFORE);
    fs::write(folder.path().join("fix.patch"), diff).expect("it can be written");
    let (code, _, errors) = run("git", folder.path(), &["apply", "fix.patch"]);
    assert_eq!(code, Some(0), "{errors}");
    assert_eq!(read(folder.path(), "a.proto"), AFTER);
    let nothing = lint(folder.path(), &["--diff", "--path", "comment.proto"]);
    assert_eq!(nothing, (Some(0), String::new(), String::new()));
}

#[test]
fn fix_and_diff_refuse_inputs_that_are_not_on_disk() {
    let folder = tree();
    let built = run(env!("CARGO_BIN_EXE_wireproof"), folder.path(), &["build", "-o", "i.binpb"]);
    assert_eq!(built.0, Some(0), "{}", built.2);
    let cases: [(&[&str], &str); 5] = [
        (&["i.binpb"], "an image"),
        (&["-"], "an image"),
        (&["a.tar.gz"], "an archive"),
        (&[".git"], "a git repository"),
        (&["--staged"], "git's index"),
    ];
    for (args, what) in cases {
        for asked in ["--fix", "--diff"] {
            let (code, found, errors) = lint(folder.path(), &[args, &[asked]].concat());
            assert_eq!((code, &*found), (Some(1), ""), "{args:?}");
            assert!(errors.contains(&format!("on disk, and this is {what}")), "{errors}");
        }
    }
}

#[cfg(unix)]
#[test]
fn a_link_stays_a_link_and_permissions_stay() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let folder = tree();
    let real = folder.path().join("real.txt");
    fs::rename(folder.path().join("a.proto"), &real).expect("it can be moved");
    fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).expect("it can be changed");
    symlink("real.txt", folder.path().join("a.proto")).expect("links can be made");
    lint(folder.path(), &["--fix"]);
    assert!(folder.path().join("a.proto").is_symlink());
    assert_eq!(read(folder.path(), "real.txt"), AFTER);
    let mode = fs::metadata(&real).expect("it is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o640);
    let left = fs::read_dir(folder.path()).expect("it can be listed");
    let left = left.filter(|entry| {
        let name = entry.as_ref().expect("it can be read").file_name();
        name.to_string_lossy().ends_with(".tmp")
    });
    assert_eq!(left.count(), 0);
}

/// A rule that says it can be fixed is one whose findings carry a fix, and the other way round.
#[test]
fn the_pages_of_the_rules_say_what_can_be_fixed() {
    let folder = tree();
    let (schema, found) = linted(folder.path()).expect("it compiles");
    assert_eq!(schema.files().filter(|file| !file.is_import()).count(), 3);
    let fixed: std::collections::BTreeSet<&str> =
        found.iter().filter(|finding| finding.fix.is_some()).map(|finding| finding.rule).collect();
    let says = |rule: &&wireproof::rule::Rule| rule.docs.contains("`wireproof lint --fix` does it");
    let documented = rules::table().into_iter().filter(says).map(|rule| rule.id).collect();
    assert_eq!(fixed, documented);
}

/// Compiles and lints the folder `dir`; none if it does not compile.
fn linted(dir: &Path) -> Option<(Schema, Vec<Finding>)> {
    let config = "{version: v2, lint: {use: [IMPORT_USED, SYNTAX_SPECIFIED]}}";
    let Load::Ready(loaded) = fixture::try_read(dir, config) else { return None };
    let found = wireproof::lint(&loaded);
    Some((loaded.schema, found))
}

/// Numbers that look random (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % n as u64).expect("it is below a usize")
    }
}

/// Ways to write an import that nobody needs.
const FORMS: [&str; 11] = [
    "import \"@\";\n",
    "import \"@\"; // Behind.\n",
    "// Before.\n// And more.\nimport \"@\";\n",
    "/* Before. */\n\timport \"@\"; /* 世界 */\n\n",
    "import \"@\"; /* Of what\nfollows? */\n",
    "\n// Loose.\n\nimport \"@\";\n\n",
    "/* Loose. */\n// Before.\nimport\n  '@'\n;\n",
    "import \"@\"; ",
    "import \"@\"; /* whose? */ ",
    "\nimport \"@\";\n// Behind.\n\n",
    "import weak \"@\";\n\n\n",
];

const UNUSED: [&str; 4] = ["any", "api", "source_context", "type"];

/// `text`, spoiled: imports that nobody needs, no syntax where it is proto2, other line ends.
fn spoiled(text: &str, random: &mut Random) -> String {
    let mut depth = 0_usize;
    let mut starts = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if depth == 0 && !line.contains("syntax =") && !line.trim().is_empty() {
            starts.push(at);
        }
        let code = line.split("//").next().unwrap_or_default();
        depth = (depth + code.matches('{').count()).saturating_sub(code.matches('}').count());
        at += line.len();
    }
    let mut out = text.to_owned();
    let mut places: Vec<usize> =
        UNUSED.iter().map(|_| starts[random.below(starts.len())]).collect();
    places.sort_unstable();
    for (place, name) in places.into_iter().zip(UNUSED).rev() {
        let path = format!("google/protobuf/{name}.proto");
        if random.below(4) > 0 && !text.contains(&path) {
            out.insert_str(place, &FORMS[random.below(FORMS.len())].replace('@', &path));
        }
    }
    if random.below(2) == 0 {
        out = out.replacen("syntax = \"proto2\";\n", "", 1);
    }
    match random.below(4) {
        0 => out.replace('\n', "\r\n"),
        1 => format!("\u{feff}{out}"),
        _ => out,
    }
}

/// What must not change: all but imports and syntax, with the comments of all but those.
type Kept = (FileDescriptorProto, BTreeMap<Vec<i32>, (Option<String>, Option<String>)>);

fn kept(schema: &Schema) -> BTreeMap<String, Kept> {
    let own = schema.files().filter(|file| !file.is_import());
    own.map(|file| {
        let proto = file.proto();
        let info = proto.source_code_info.as_deref().expect("sources have places");
        let places = Places::decode(info);
        let elements = file.all_messages().map(|message| message.element_path());
        let elements =
            elements.chain(file.all_enums().map(|enumeration| enumeration.element_path()));
        let elements = elements.chain(file.services().map(|service| service.element_path()));
        let paths = elements.map(|element| element.path().to_vec()).chain([vec![2]]);
        let comments = paths.filter_map(|path| {
            let comments = places.comments(&path)?;
            Some((path, (comments.leading, comments.trailing)))
        });
        let rest = FileDescriptorProto {
            dependency: Vec::new(),
            weak_dependency: Vec::new(),
            public_dependency: Vec::new(),
            source_code_info: None,
            ..proto.clone()
        };
        (file.path().to_owned(), (rest, comments.collect()))
    })
    .collect()
}

/// Says no more than what is not the same.
fn assert_same(after: &BTreeMap<String, Kept>, before: &BTreeMap<String, Kept>, texts: &str) {
    assert_eq!(after.keys().collect::<Vec<_>>(), before.keys().collect::<Vec<_>>());
    for (path, (descriptor, comments)) in before {
        assert!(after[path].0 == *descriptor, "{path} is another schema:\n{texts}");
        for (element, comments) in comments {
            assert_eq!(after[path].1.get(element), Some(comments), "{element:?}:\n{texts}");
        }
    }
}

fn protos(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).expect("it can be listed") {
            let path = entry.expect("it can be read").path();
            match path.extension().is_some_and(|extension| extension == "proto") {
                true => found.push(path),
                false if path.is_dir() => open.push(path),
                false => {}
            }
        }
    }
    found.sort();
    found
}

/// Mends what `dir` holds, as the command does.
fn fix_all(dir: &Path, found: &[Finding]) {
    for path in protos(dir) {
        let name = path.strip_prefix(dir).expect("it is below").to_str().expect("it is UTF-8");
        let here = |finding: &&Finding| {
            finding
                .place
                .path
                .as_deref()
                .is_some_and(|p| p == path.to_str().unwrap_or_default() || p == name)
        };
        let here: Vec<&Finding> = found.iter().filter(here).collect();
        let text = fs::read_to_string(&path).expect("it is text");
        let fixed = fix::apply_fixes(&text, &here);
        assert_eq!(fixed.findings.len(), here.len(), "{name}: all of it can be fixed:\n{text}");
        fs::write(&path, fixed.text).expect("it can be written");
    }
}

#[test]
fn a_fixed_schema_is_the_same_schema() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/compat");
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let (mut tried, mut fixed) = (0, 0);
    let rules = fs::read_dir(fixtures).expect("there are fixtures");
    let mut rules: Vec<PathBuf> = rules.map(|rule| rule.expect("it can be read").path()).collect();
    rules.sort();
    for tree in rules.iter().flat_map(|rule| [rule.join("old"), rule.join("new")]) {
        for _ in 0..2 {
            let folder = tempfile::tempdir().expect("a temporary folder can be made");
            for path in protos(&tree) {
                let to = folder.path().join(path.strip_prefix(&tree).expect("it is below"));
                fs::create_dir_all(to.parent().expect("it is in a folder")).expect("it is made");
                let text = fs::read_to_string(&path).expect("it is text");
                fs::write(to, spoiled(&text, &mut random)).expect("it is written");
            }
            // An import in the middle of a statement is no import.
            let Some((before, found)) = linted(folder.path()) else { continue };
            tried += 1;
            fixed += found.len();
            let texts: Vec<String> = protos(folder.path())
                .iter()
                .map(|path| fs::read_to_string(path).expect("text"))
                .collect();
            fix_all(folder.path(), &found);
            let after = linted(folder.path());
            let (after, left) = after.unwrap_or_else(|| panic!("no longer compiles: {texts:#?}"));
            assert_eq!(left, [], "{texts:#?}");
            assert_same(&kept(&after), &kept(&before), &texts.join("\n-----\n"));
        }
    }
    assert!(tried > 200 && fixed > 500, "{tried} trees, {fixed} findings");
}
