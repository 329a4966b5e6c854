//! Names that are unusual in Rust: the plugin's code compiles in editions 2021 and 2024, or the
//! plugin refuses the schema and says why. `names.txt` has schemas with expectations, and random
//! schemas are tried as well: 20, with `WIREPROOF_ALL=1` 200.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::json;

use super::{Crate, random_names};
use crate::parity::generator::print::Sources;
use crate::parity::generator::random_managed::Random;
use crate::parity::programs::scale;
use crate::parity::programs::tools;

/// A schema of `names.txt`.
#[derive(Default)]
struct Case {
    name: String,
    options: Vec<String>,
    /// The field `strategy` of the plugin, if it is another.
    strategy: Option<String>,
    /// What the plugin says if it refuses the schema.
    refused: Option<String>,
    /// Code that uses the generated code.
    code: String,
    files: Sources,
}

fn cases() -> Vec<Case> {
    let text = fs::read_to_string(super::file("names.txt")).expect("it is committed");
    let (mut cases, mut path) = (Vec::<Case>::new(), None);
    for line in text.lines().skip_while(|line| !line.starts_with("== ")) {
        if let Some(name) = line.strip_prefix("== ") {
            cases.push(Case { name: name.to_owned(), ..Case::default() });
            path = None;
            continue;
        }
        let case = cases.last_mut().expect("the first line begins one");
        if let Some(file) = line.strip_prefix("-- ").and_then(|line| line.strip_suffix(" --")) {
            path = Some(file.to_owned());
        } else if let Some(path) = &path {
            *case.files.entry(path.clone()).or_default() += &format!("{line}\n");
        } else {
            match line.split_once(": ").expect("a line is `KEY: VALUE`") {
                ("opt", option) => case.options.push(option.to_owned()),
                ("strategy", name) => case.strategy = Some(name.to_owned()),
                ("refused", text) => case.refused = Some(text.to_owned()),
                ("use", code) => case.code += &format!("{code}\n"),
                (key, _) => panic!("unknown key {key}"),
            }
        }
    }
    cases
}

/// Generates the code of `files` into `folder`. An error is what the plugin says.
fn generate(
    files: &Sources,
    folder: &Path,
    options: &[String],
    strategy: &str,
) -> Result<(), String> {
    let input = tools::temporary();
    tools::write(input.path(), files);
    let options = [&["modules=mod.rs".to_owned()], options].concat();
    let plugin = json!({
        "local": ["wireproof", "plugin", "rust"], "out": folder, "strategy": strategy,
        "opt": options,
    });
    let template = json!({ "version": "v2", "plugins": [plugin] }).to_string();
    let answer =
        tools::run(tools::wireproof(), input.path(), &["generate", "--template", &template]);
    match answer.code {
        0 => Ok(()),
        _ => Err(format!("{}{}", answer.stdout, answer.stderr)),
    }
}

/// A crate with a module for each schema.
struct Modules {
    made: Crate,
    /// The modules in `lib.rs`, by name, each with a text for the case that it does not compile.
    modules: BTreeMap<String, (String, String)>,
}

impl Modules {
    fn folder(&self, name: &str) -> std::path::PathBuf {
        self.made.0.path().join("src").join(name)
    }

    fn add(&mut self, name: &str, code: &str, about: String) {
        let module = format!("pub mod {name} {{ include!(\"{name}/mod.rs\");\n{code}}}\n");
        self.modules.insert(name.to_owned(), (module, about));
    }

    /// Checks the crate in both editions. An error names the schemas that do not compile.
    fn check(&self, dependencies: &str) {
        let random: Vec<&str> = self.modules.keys().map(|name| &**name).filter(is_random).collect();
        for edition in ["2021", "2024"] {
            let head =
                format!("[package]\nname = \"names\"\nedition = \"{edition}\"\n[workspace]\n");
            self.made.write("Cargo.toml", &[&head, dependencies].concat());
            let failed = self.failures(&random);
            assert!(failed.is_empty(), "edition {edition}:\n{}", failed.join("\n"));
        }
    }

    /// Returns the errors of the cases of `names.txt` together with the schemas in `random`, which
    /// are bisected, since an early error hides others.
    fn failures(&self, random: &[&str]) -> Vec<String> {
        let is_chosen = |name: &&String| !is_random(&&***name) || random.contains(&&***name);
        let chosen = self.modules.keys().filter(is_chosen);
        let code: Vec<&str> = chosen.map(|name| &*self.modules[name].0).collect();
        let lib = format!("#![allow(warnings)]\n//! Generated code.\n{}", code.concat());
        self.made.write("src/lib.rs", &lib);
        let output = self.made.run_cargo(&["check"], "");
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        match random {
            _ if output.status.success() => Vec::new(),
            [] => vec![format!("names.txt: {errors}")],
            [name] => vec![format!("{name}: {errors}\n{}", self.modules[*name].1)],
            _ => {
                let (first, second) = random.split_at(random.len() / 2);
                let found = [self.failures(first), self.failures(second)].concat();
                if found.is_empty() { vec![format!("only together: {errors}")] } else { found }
            }
        }
    }
}

/// Whether a module is that of a random schema.
fn is_random(name: &&str) -> bool {
    name.starts_with("random")
}

fn text_of(files: &Sources) -> String {
    files.iter().map(|(path, text)| format!("-- {path} --\n{text}")).collect()
}

/// Adds what is documented: the code that a user writes, for the schema that it is about.
fn add_documented(modules: &mut Modules) -> String {
    let page = fs::read_to_string(Path::new(super::ROOT).join("docs/generate.md"));
    let page = page.expect("it is committed");
    let (_, section) = page.split_once("#### How to use it").expect("there is such a section");
    let block = |language: &str| {
        let (_, rest) = section.split_once(&format!("```{language}\n")).expect("it has a block");
        rest.split_once("```").expect("a block ends").0.to_owned()
    };
    let schema = Sources::from([("acme/v1/order.proto".to_owned(), block("proto"))]);
    let folder = modules.folder("documented").join("proto");
    let json = ["json=json.rs".to_owned()];
    generate(&schema, &folder, &json, "all").expect("it is a schema");
    modules.made.write("src/documented/mod.rs", &block("rust"));
    let documented = ("pub mod documented;\n".to_owned(), "docs/generate.md".to_owned());
    modules.modules.insert("documented".to_owned(), documented);
    block("toml")
}

#[test]
fn unusual_names_compile_or_are_refused() {
    let mut modules = Modules { made: Crate::empty(), modules: BTreeMap::new() };
    let dependencies = add_documented(&mut modules);
    for case in cases() {
        let strategy = case.strategy.as_deref().unwrap_or("all");
        let answer = generate(&case.files, &modules.folder(&case.name), &case.options, strategy);
        match (answer, case.refused) {
            (Ok(()), None) => modules.add(&case.name, &case.code, text_of(&case.files)),
            (Err(found), Some(text)) => {
                assert!(found.contains(&text), "{}: {found}", case.name);
            }
            (Ok(()), Some(_)) => panic!("{} is not refused", case.name),
            (Err(found), None) => panic!("{} is refused: {found}", case.name),
        }
    }
    let seed = scale::seeds()[0];
    let mut random = Random::new(seed);
    let wanted = if scale::long() { 200 } else { 20 };
    let (mut tried, mut accepted) = (0, 0);
    while tried < wanted {
        let files = random_names::schema(&mut random);
        let name = format!("random{tried}");
        // Every second one has the JSON mapping, which names all messages.
        let json = ["json=json.rs".to_owned()];
        let (options, code) = match tried % 2 {
            0 => (&[][..], String::new()),
            _ => (&json[..], format!("mod json {{ include!(\"{name}/json.rs\"); }}\n")),
        };
        match generate(&files, &modules.folder(&name), options, "all") {
            Ok(()) => {
                modules.add(&name, &code, text_of(&files));
                accepted += 1;
            }
            // It is no schema.
            Err(text) if text.contains("COMPILE") => continue,
            Err(text) => {
                let has_place = text
                    .split(".proto:")
                    .skip(1)
                    .any(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
                let is_told = text.contains("rename") && has_place;
                assert!(is_told, "{text}\n{}", text_of(&files));
            }
        }
        tried += 1;
    }
    modules.check(&dependencies);
    tools::say(&format!(
        "rust: of {wanted} schemas with unusual names, {accepted} compile and the others are \
         refused, seed {seed}"
    ));
    assert!(accepted >= wanted / 4 && accepted < wanted, "too few or too many are refused");
}

#[test]
fn files_about_all_packages_are_not_written_for_a_part() {
    let input = tools::temporary();
    let file =
        |package: &str| format!("syntax = \"proto3\";\npackage {package};\nmessage M {{}}\n");
    let files = [("a/a.proto", file("a")), ("b/b.proto", file("b"))];
    tools::write(input.path(), &files.map(|(path, text)| (path.to_owned(), text)).into());
    for option in ["modules=mod.rs", "json=json.rs"] {
        let plugin = json!({"local": ["wireproof", "plugin", "rust"], "out": "gen", "opt": option});
        let template = json!({ "version": "v2", "plugins": [plugin] }).to_string();
        let args = ["generate", "--template", &*template, "--path", "a"];
        let answer = tools::run(tools::wireproof(), input.path(), &args);
        let told = format!("{option} is a file about all packages, and --path selects a part");
        assert!(answer.code == 1 && answer.stderr.contains(&told), "{}", answer.stderr);
        assert!(!input.path().join("gen").exists());
    }
}
