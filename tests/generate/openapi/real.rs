//! Documents of real services, judged by a real validator; and the real buf runs the plugin.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use wireproof::schema::descriptor::FileDescriptorProto;

use super::{compiled, folder, made, mapping};
use crate::oracle::Tree;
use crate::parity::programs::scale;
use crate::parity::programs::tools;

/// How many packages of the corpus have routes, without [`REFUSED`].
const DOCUMENTS: usize = 472;

/// Packages of the corpus in which two methods have one route, of which a server can serve one.
const REFUSED: [&str; 6] = [
    "google.cloud.bigquery.storage.v1",
    "google.cloud.bigquery.storage.v1beta1",
    "google.cloud.bigquery.storage.v1beta2",
    "google.cloud.discoveryengine.v1",
    "google.cloud.discoveryengine.v1alpha",
    "google.cloud.discoveryengine.v1beta",
];

/// A Python that has the validator.
pub(super) fn validator() -> Option<PathBuf> {
    let python = super::super::python()?;
    let mut command = Command::new(&python);
    if tools::answer(command.args(["-c", "import openapi_spec_validator"])).code == 0 {
        return Some(python);
    }
    let in_ci = std::env::var("CI").is_ok_and(|value| value == "true");
    assert!(!in_ci, "there is no openapi-spec-validator: `cargo xtask tools` installs it");
    tools::say(
        "SKIPPED: what a validator says: `cargo xtask tools` installs openapi-spec-validator",
    );
    None
}

/// What the validator says of the documents below `folder`.
pub(super) fn validated(python: &Path, folder: &Path) -> String {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/generate/validate_openapi.py");
    let answer = tools::answer(Command::new(python).arg(script).arg(folder));
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    answer.stdout
}

#[test]
fn a_validator_accepts_the_documents_of_real_services() {
    let corpus = std::env::var_os("WIREPROOF_CORPUS").map(PathBuf::from);
    let Some(corpus) = corpus.filter(|_| scale::long()) else {
        tools::say("SKIPPED OpenAPI: `cargo xtask test --all --corpus DIR` makes it of the corpus");
        return;
    };
    let Some(python) = validator() else { return };
    let files = Tree::of("new", &corpus.join("new")).compiled().expect("the corpus compiles").file;
    let by_path: BTreeMap<&str, &FileDescriptorProto> =
        files.iter().map(|file| (file.name(), file)).collect();
    let mut packages = BTreeMap::<&str, Vec<&str>>::new();
    for file in files.iter().filter(|file| !file.service.is_empty()) {
        packages.entry(file.package()).or_default().push(file.name());
    }
    let folder = tools::temporary();
    let packages: Vec<_> = packages.into_iter().collect();
    let mut refused = scale::parallel(&packages, |(package, targets)| {
        let files = with_imports(&by_path, targets);
        let targets = targets.iter().map(|&target| target.to_owned()).collect();
        match made(files, targets, "") {
            Err(error) => Some(format!("{package}: {error}")),
            Ok(made) => {
                for (_, text) in made {
                    fs::write(folder.path().join(format!("{package}.json")), text)
                        .expect("it can be written");
                }
                None
            }
        }
    });
    let count = fs::read_dir(folder.path()).expect("it is there").count();
    tools::say(&format!("OpenAPI: {count} documents, {} packages refused", refused.len()));
    refused.sort();
    let is_known = |(refused, known): (&String, &str)| {
        refused.starts_with(&format!("{known}: ")) && refused.contains(" is the route of ")
    };
    let all_known = refused.len() == REFUSED.len() && refused.iter().zip(REFUSED).all(is_known);
    assert!(all_known, "{}", refused.join("\n"));
    assert_eq!(count, DOCUMENTS);
    assert_eq!(validated(&python, folder.path()), format!("{count} checked\n"));
}

#[test]
fn a_validator_accepts_every_type_and_refuses_what_is_wrong() {
    let Some(python) = validator() else { return };
    let folder = tools::temporary();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text);
    let files = compiled(&mapping::text()).file;
    for (number, parameter) in ["", "all", "streams=ndjson"].into_iter().enumerate() {
        let made = made(files.clone(), vec!["t.proto".to_owned()], parameter).expect("it is right");
        write(&format!("{number}.json"), &made[0].1).expect("it can be written");
    }
    assert_eq!(validated(&python, folder.path()), "3 checked\n");
    let mut broken = super::document(&mapping::text(), "").expect("it is right");
    broken["components"]["schemas"]["t.Old"]["type"] = "nothing".into();
    write("3.json", &broken.to_string()).expect("it can be written");
    let said = validated(&python, folder.path());
    assert!(said.contains("3.json") && said.contains("'nothing'"), "{said}");
}

#[test]
fn buf_runs_it_and_gets_the_same_bytes_in_both_formats() {
    let Some(buf) = tools::buf() else { return };
    let folder = folder(&mapping::text());
    fs::write(folder.path().join("buf.yaml"), "version: v2\n").expect("it can be written");
    let plugin = |format: &str, out: &str| {
        let opt = format!("format={format}");
        let local = ["wireproof", "plugin", "openapi"];
        serde_json::json!({ "local": local, "out": out, "opt": opt, "strategy": "all" })
    };
    let plugins = [plugin("json", "gen"), plugin("yaml", "gen/yaml")];
    let template = serde_json::json!({ "version": "v2", "plugins": plugins }).to_string();
    let own = Path::new(env!("CARGO_BIN_EXE_wireproof"));
    let binaries = own.parent().expect("it is in a folder").as_os_str();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path: OsString = [binaries, ":".as_ref(), &path].into_iter().collect();
    for (program, out) in [(buf, "theirs"), (own, "ours")] {
        let mut command = Command::new(program);
        command.args(["generate", "--template", &template, "-o", out]);
        command.current_dir(folder.path()).env("PATH", &path);
        let answer = tools::answer(command.env("BUF_CACHE_DIR", folder.path().join("cache")));
        assert_eq!(answer.code, 0, "{}", answer.stderr);
    }
    let read = |path: &str| fs::read_to_string(folder.path().join(path)).expect(path);
    for name in ["gen/openapi.json", "gen/yaml/openapi.yaml"] {
        assert_eq!(read(&format!("ours/{name}")), read(&format!("theirs/{name}")), "{name}");
    }
    let json: serde_json::Value =
        serde_json::from_str(&read("ours/gen/openapi.json")).expect("it is JSON");
    let yaml: serde_json::Value =
        serde_saphyr::from_str(&read("ours/gen/yaml/openapi.yaml")).expect("it is YAML");
    assert_eq!(json, yaml);
}

/// `targets` and all that they import, imports first.
fn with_imports(
    by_path: &BTreeMap<&str, &FileDescriptorProto>,
    targets: &[&str],
) -> Vec<FileDescriptorProto> {
    fn add<'f>(
        by_path: &BTreeMap<&'f str, &'f FileDescriptorProto>,
        path: &str,
        seen: &mut BTreeSet<String>,
        order: &mut Vec<FileDescriptorProto>,
    ) {
        if seen.insert(path.to_owned()) {
            let file = by_path[path];
            file.dependency.iter().for_each(|import| add(by_path, import, seen, order));
            order.push(file.clone());
        }
    }
    let (mut seen, mut order) = (BTreeSet::new(), Vec::new());
    targets.iter().for_each(|target| add(by_path, target, &mut seen, &mut order));
    order
}
