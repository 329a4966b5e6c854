//! `contract can-i-deploy`: from published results and what runs in an environment.

use std::fs;

use super::provider::{self, Fault};
use super::{runtime, types, wireproof, workspace};
/// From files alone: published results, and what runs in an environment.
#[test]
fn a_version_can_be_deployed_when_its_consumers_were_verified() {
    let (folder, runtime) = (workspace(), runtime());
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("it is in a folder")).expect("it can be made");
        fs::write(path, text).expect("it can be written");
    };
    write(
        "contracts/environments/production.toml",
        "[consumers]\nreader = \"unreleased\"\n\n[services]\nlibrary = \"1.0\"\n",
    );
    let ask = |version: &str| {
        let args = ["--service", "library", "--version", version, "--to", "production"];
        wireproof(folder.path(), &[&["contract", "can-i-deploy"], &args[..]].concat())
    };
    let answer = ask("1.0");
    assert_eq!(answer.code, 100, "{}", answer.stderr);
    assert!(
        answer.stdout.starts_with("no: there is no result for library 1.0"),
        "{}",
        answer.stdout
    );
    for (fault, version) in [(Fault::None, "1.0"), (Fault::LostTrailer, "1.1")] {
        let provider = runtime.block_on(provider::start(fault, types()));
        let (target, states) =
            (format!("http://{}", provider.address), format!("http://{}/", provider.states));
        let publish = format!("library@{version}");
        let args = ["--target", &target, "--states", &states, "--publish", &publish];
        wireproof(folder.path(), &[&["contract", "verify"], &args[..]].concat());
    }
    let answer = ask("1.0");
    assert_eq!(
        (answer.code, &*answer.stdout),
        (0, "yes: library 1.0 passes all 10 of reader unreleased\n"),
        "{}",
        answer.stderr
    );
    let answer = ask("1.1");
    let expected = "no: library 1.1 fails reader unreleased: a book is found\n";
    assert_eq!((answer.code, &*answer.stdout), (100, expected), "{}", answer.stderr);
    // A generated call that fails counts, too: no interaction looks at the enum.
    let file = "contracts/interactions/reader/library.yaml";
    let text = fs::read_to_string(folder.path().join(file)).expect("it is there");
    let refused = "  - name: a book without authorization is refused";
    let (head, rest) = text.split_once(refused).expect("it is there");
    let (_, rest) = rest.split_once("  - name: ").expect("others follow");
    let text_without = format!("{head}  - name: {rest}");
    write(file, &text_without.replace("          genre: GENRE_NOVEL\n", ""));
    let provider = runtime.block_on(provider::start(Fault::WrongEnumNumber, types()));
    let (target, states) =
        (format!("http://{}", provider.address), format!("http://{}/", provider.states));
    let header = "authorization: reader";
    let args = ["--target", &target, "--states", &states, "--publish", "library@1.2"];
    let args = [&["contract", "verify", "--header", header], &args[..]].concat();
    assert_eq!(wireproof(folder.path(), &args).code, 100);
    let answer = ask("1.2");
    let expected = "no: library 1.2 fails generated calls: library.v1.LibraryService.GetBook";
    assert!(answer.code == 100 && answer.stdout.starts_with(expected), "{}", answer.stdout);
    // An interaction that has changed since is not verified.
    let answer = ask("1.0");
    let expected = "before these were written or changed: a book is found\n";
    assert!(answer.code == 100 && answer.stdout.ends_with(expected), "{}", answer.stdout);
    write(file, &text);
    // The consumer asks about what runs there.
    let args = ["--service", "reader", "--version", "unreleased", "--to", "production"];
    let answer = wireproof(folder.path(), &[&["contract", "can-i-deploy"], &args[..]].concat());
    assert_eq!(answer.code, 0, "{}{}", answer.stdout, answer.stderr);
    // An interaction that was written since is not verified yet.
    let path = folder.path().join("contracts/interactions/reader/library.yaml");
    let text = fs::read_to_string(&path).expect("it is there");
    let renamed = text.replace("a book is uploaded in chunks", "a book is uploaded");
    fs::write(&path, renamed).expect("it can be written");
    let answer = ask("1.0");
    assert!(
        answer.code == 100
            && answer.stdout.contains("before these were written or changed: a book is uploaded\n"),
        "{}",
        answer.stdout
    );
    write("contracts/environments/production.toml", "[consumer]\n");
    let answer = ask("1.0");
    assert_eq!(answer.code, 1);
    assert!(
        answer.stderr.contains("contracts/environments/production.toml: line 1: "),
        "{}",
        answer.stderr
    );
}
