//! Tests of `wireproof.toml`.

use semver::Version;

use super::*;
use crate::config::{Judge, ProofSettings};
use crate::finding::{Level, Surface};
use crate::rule::PROOF_RULES;

fn settings(toml: &str) -> Result<Settings> {
    Settings::load(&tree([("r/wireproof.toml", toml)]), "r/a/b")
}

fn supports(settings: &Settings, version: &str) -> bool {
    settings.supports(&Version::parse(version).unwrap())
}

#[test]
fn every_release_is_supported_unless_something_else_is_said() {
    for toml in ["", "history.supported = '*'"] {
        let settings = settings(toml).unwrap();
        for version in ["0.1.0", "2.0.0", "2.1.0-rc.1"] {
            assert!(supports(&settings, version), "{toml:?} {version}");
        }
    }
    let settings = settings("history.supported = '>=2.0.0-rc.1'").unwrap();
    assert!(supports(&settings, "2.0.0-rc.2") && supports(&settings, "2.1.0"));
    assert!(!supports(&settings, "2.0.0-beta") && !supports(&settings, "1.9.0"));
}

#[test]
fn settings_have_defaults() {
    let settings = settings("").unwrap();
    assert_eq!(settings.root, "r");
    assert_eq!(settings.file.as_deref(), Some("r/wireproof.toml"));
    assert_eq!(settings.accepted, "r/contracts/accepted");
    assert_eq!(settings.releases, "r/contracts/releases");
    assert_eq!(settings.vendor, []);
    let by_yaml = Settings::load(&tree([("r/buf.yaml", V2)]), "r/a").unwrap();
    assert_eq!((by_yaml.root.as_str(), by_yaml.file), ("r", None));
    assert_eq!(Settings::load(&tree([]), "r/a").unwrap().root, "r/a");
}

#[test]
fn settings_are_read() {
    let toml = "accepted = 'approved'\nhistory = { releases = '../old', supported = '>=1.2' }\n\
                [deps]\nvendor = 'third_party'\n[lint]\nbaseline = 'known.txt'\n";
    let settings = settings(toml).unwrap();
    assert_eq!(settings.accepted, "r/approved");
    assert_eq!(settings.releases, "old");
    assert!(supports(&settings, "1.2.0") && !supports(&settings, "1.1.9"));
    let vendor = |toml: &str| {
        let folders = self::settings(toml).unwrap().vendor.into_iter();
        folders.map(|vendor| (vendor.module, vendor.folder)).collect::<Vec<_>>()
    };
    assert_eq!(vendor(toml), [(None, "r/third_party".to_owned())]);
    let table = "[deps.vendor]\n'buf.build/a/b' = 'x/b'\n'buf.build/a/c' = '../x/c'\n";
    let of = |module: &str, folder: &str| (Some(module.to_owned()), folder.to_owned());
    assert_eq!(vendor(table), [of("buf.build/a/b", "r/x/b"), of("buf.build/a/c", "x/c")]);
    assert_eq!(settings.baseline.as_deref(), Some("r/known.txt"));
}

#[test]
fn proofs_are_off_until_the_file_says_otherwise() {
    let proof = |toml: &str| settings(toml).expect("the settings are valid").proof;
    assert_eq!(proof(""), ProofSettings::default());
    let toml = "[proof]\nrules = ['PROOF_RPC_NO_DELETE', 'PROOF']\njudge = 'proof'\n\
                fail-on = 'breaks'\nsurfaces = ['rpc']\n";
    let expected = ProofSettings {
        rules: PROOF_RULES.to_vec(),
        judge: Judge::Proof,
        fail_on: Level::Breaks,
        surfaces: Some(vec![Surface::Rpc]),
    };
    assert_eq!(proof(toml), expected);
}

#[test]
fn mistakes_in_settings_have_a_place() {
    for (toml, place, says) in [
        ("[hisory]", ":1:2: unknown key `hisory`", "did you mean `history`?"),
        ("[history]\nsuported = '*'", ":2:1: unknown key `suported`", "did you mean `supported`?"),
        ("acepted = 'x'", ":1:1: unknown key `acepted`", "did you mean `accepted`?"),
        ("other = 'x'", ":1:1: unknown key `other`", "accepted, contract, deps, history"),
        ("accepted = 1", ":1:12: ", "string"),
        ("accepted = '../../x'", ": ", "is outside of the folder"),
        ("[proof]\njudges = 'proof'", ":2:1: unknown key `judges`", "did you mean `judge`?"),
        ("[proof]\njudge = 'buf'", ":2:9: unknown judge \"buf\"", "rules, proof"),
        ("[proof]\nfail-on = 'safe'", ":2:11: unknown level \"safe\"", "note, lossy, breaks"),
        ("[proof]\nrules = ['FILE']", ":2:10: unknown rule \"FILE\"", "PROOF_RPC_NO_DELETE"),
        ("[proof]\nsurfaces = ['wire']", ":2:13: unknown surface \"wire\"", "binary, json, rpc"),
        ("[contract]\nprovider = 'x'", ":2:12: ", "sequence"),
        ("[history]\nsupported = 'new'", ":2:13: ", ">=1.2"),
        ("[history]\nreleases = 1", ":2:12: ", "string"),
        ("[history\n", ":1:9: ", ""),
        ("deps = 1", ":1:8: ", ""),
        ("deps.vendor = '/abs'", ": ", "absolute"),
        ("deps.vendor = 1", ":1:15: ", "a folder, or a table from the names of modules"),
        ("[deps.vendor]\nx = 'a'", ":", "module name \"x\" is not `registry/owner/name`"),
        ("[deps.vendor]\n'r.x/o/n' = '../../a'", ": ", "outside of the folder"),
        ("deps.vendor = {'r.x/o/a' = 'v', 'r.x/o/b' = 'v/b'}", ": ", "a folder of its own"),
        ("lint.baseline = '../../known.txt'", ": ", "is outside of the folder"),
    ] {
        let error = settings(toml).unwrap_err().to_string();
        assert!(error.starts_with(&format!("r/wireproof.toml{place}")), "{toml:?}: {error}");
        assert!(error.contains(says), "{toml:?}: {error}");
    }
}
