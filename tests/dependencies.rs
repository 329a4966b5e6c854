//! Dependencies from a registry, in vendor folders: docs/dependencies.md.

use std::path::Path;
use std::process::{Command, Output};

use crate::parity::programs::tools::buf;

const SCHEMA: &str = "syntax = \"proto3\";\npackage w.v1;\nimport \"google/type/date.proto\";\n\
    message W {\n  google.type.Date at = 1;\n}\n";
const CHANGED: &str = "syntax = \"proto3\";\npackage w.v1;\nimport \"google/type/date.proto\";\n\
    message W {\n  string at = 1;\n}\n";
const DATE: &str = "syntax = \"proto3\";\npackage google.type;\n\
    option go_package = \"google.golang.org/genproto/googleapis/type/date;date\";\n\
    message Date {\n  int32 year = 1;\n}\n";
const V2: &str = "version: v2\nmodules: [{path: proto, name: buf.build/acme/weather}]\n\
    deps: [buf.build/googleapis/googleapis, buf.build/acme/money]\n";
const V1: &str = "version: v1\ndeps: [buf.build/googleapis/googleapis]\n";
/// A plugin that writes its request to a file and generates nothing.
const PLUGIN: &str = "  - local: [sh, -c, cat > request]\n    out: gen\n    strategy: all\n    include_imports: true\n";
const VENDOR: &str = "[deps]\nvendor = 'third_party'\n";
const TABLE: &str = "[deps.vendor]\n'buf.build/googleapis/googleapis' = 'third_party/googleapis'\n\
    'buf.build/acme/money' = 'third_party/money'\n";

/// A git repository.
pub(crate) struct Repository(tempfile::TempDir);

impl Repository {
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let repository = Repository(tempfile::tempdir().expect("a temporary folder can be made"));
        repository.git(&["init", "--quiet", "--initial-branch=main"]);
        repository.write(files);
        repository
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn write(&self, files: &[(&str, &str)]) {
        for (path, text) in files {
            let path = self.path().join(path);
            let parent = path.parent().expect("a file is in a folder");
            std::fs::create_dir_all(parent).expect("a folder can be made");
            std::fs::write(&path, text).expect("a file can be written");
        }
    }

    fn git(&self, args: &[&str]) {
        let mut git = Command::new("git");
        git.args(["-c", "user.name=t", "-c", "user.email=t@example.invalid"]).args(args);
        let output = git.current_dir(self.path()).output().expect("git is installed");
        assert!(output.status.success(), "{args:?}: {}", errors(&output));
    }

    pub(crate) fn commit(&self) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message=m"]);
    }

    fn run(&self, args: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wireproof"));
        command.args(args).current_dir(self.path()).output().expect("the binary has been built")
    }

    /// Runs the program. Returns its exit code, its report and its messages.
    fn outcome(&self, args: &[&str]) -> (i32, String) {
        let output = self.run(args);
        let report = String::from_utf8_lossy(&output.stdout).into_owned();
        (output.status.code().expect("it ends by itself"), report + &errors(&output))
    }
}

/// A module in buf's cache: its folder, its `module.yaml` and its files.
struct Cached {
    path: &'static str,
    description: &'static str,
    files: &'static [(&'static str, &'static str)],
}

/// `buf.lock` of v2, and the modules in it.
const LOCK: &str = "version: v2
deps:
  - name: buf.build/acme/money
    commit: 22222222222242228222222222222222
    digest: b5:6c63706f7c47b39a2a99b414d163492f1e294a35e741ff6120a7d5ac4401f75dee52a3294636ada10e344c431d1c87dbbfd6015600eb0a4d2db5d54598845b5b
  - name: buf.build/googleapis/googleapis
    commit: 11111111111141118111111111111111
    digest: b5:b16792b770bf07787e3a93a0957ef07f853159bde40419500a9abcd3598b1df11fb0eb73c3cf0f741b9eb7d935842dab539d76fd2060ec7fdc61f68c689ca774
";

const FILES: &[(&str, &str)] = &[
    ("google/type/date.proto", "syntax = \"proto3\";\npackage google.type;\nmessage Date {}\n"),
    ("README.md", "x\n"),
    ("LICENSE", "l\n"),
];

const CACHED: [Cached; 2] = [
    Cached {
        path: "b5/buf.build/acme/money/22222222222242228222222222222222",
        description: "version: v1
files_dir: files
deps:
  - name: buf.build/googleapis/googleapis
    commit: 11111111111141118111111111111111
    digest: b5:b16792b770bf07787e3a93a0957ef07f853159bde40419500a9abcd3598b1df11fb0eb73c3cf0f741b9eb7d935842dab539d76fd2060ec7fdc61f68c689ca774
",
        files: &[(
            "acme/money.proto",
            "syntax = \"proto3\";\npackage acme;\nimport \"google/type/date.proto\";\nmessage Money { google.type.Date d = 1; }\n",
        )],
    },
    Cached {
        path: "b5/buf.build/googleapis/googleapis/11111111111141118111111111111111",
        description: "version: v1\nfiles_dir: files\n",
        files: FILES,
    },
];

/// `buf.lock` of v1, whose digest covers the module's `buf.yaml`.
const LOCK_V1: &str = "version: v1
deps:
  - remote: buf.build
    owner: googleapis
    repository: googleapis
    commit: 11111111111141118111111111111111
    digest: shake256:408044e2ebe54fd2cf999c50583097fd6cf3767d71ceefb49a6c7789688837be927d5f80c7daa6b9aa91a9f7bec2e8fd3fb97675dcf6ee513536723a30270f45
";

const CACHED_V1: Cached = Cached {
    path: "shake256/buf.build/googleapis/googleapis/11111111111141118111111111111111",
    description: "version: v1\nfiles_dir: files\nv1_buf_yaml_file: v1_buf_yaml/buf.yaml\n",
    files: FILES,
};

fn errors(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Returns a template with the rules of managed mode, which are those of v1 if they begin with an option.
fn template(rules: &str) -> String {
    let head = format!("managed:\n  enabled: true\n{rules}plugins:\n");
    if rules.trim_start().starts_with("go_package_prefix") {
        let script = "  - plugin: go\n    path: [sh, -c, cat > request]\n";
        return format!("version: v1\n{head}{script}    out: gen\n    strategy: all\n");
    }
    format!("version: v2\n{head}{PLUGIN}")
}

const DISABLE: &str = "  disable: [{module: buf.build/googleapis/googleapis, file_option: go_package_prefix}]\n  \
    override: [{file_option: go_package_prefix, value: example.com/gen}]\n";
const OVERRIDE: &str = "  override: [{module: buf.build/googleapis/googleapis, file_option: go_package_prefix, value: example.com/g}]\n";
/// v1 names modules in `except` and `override`.
const V1_RULES: &str = "  go_package_prefix:\n    default: example.com/gen\n    \
    except: [buf.build/googleapis/googleapis]\n";
const V1_OVERRIDE: &str = "  go_package_prefix:\n    default: example.com/gen\n    \
    override: {buf.build/googleapis/googleapis: example.com/g}\n";
const OWN: &str = "  override: [{module: buf.build/acme/weather, file_option: go_package_prefix, value: example.com/w}]\n";

#[test]
fn rules_of_managed_mode_that_name_a_module_hold_for_its_vendored_files() {
    let unchanged = "google.golang.org/genproto/googleapis/type/date;date";
    for (rules, date, own) in [
        (DISABLE, unchanged, "example.com/gen/w/v1;wv1"),
        (OVERRIDE, "example.com/g/google/type", ""),
        (OWN, unchanged, "example.com/w/w/v1;wv1"),
        (V1_RULES, unchanged, "example.com/gen/w/v1;wv1"),
        (V1_OVERRIDE, "example.com/g/google/type", "example.com/gen/w/v1;wv1"),
    ] {
        let repository = Repository::new(&[
            ("buf.yaml", V2),
            ("buf.gen.yaml", &template(rules)),
            ("wireproof.toml", TABLE),
            ("proto/w/v1/w.proto", SCHEMA),
            ("third_party/googleapis/google/type/date.proto", DATE),
            ("third_party/money/acme/money.proto", "syntax = \"proto3\";\npackage acme;\n"),
        ]);
        let (code, printed) = repository.outcome(&["generate"]);
        assert_eq!(code, 0, "{rules}: {printed}");
        let request = std::fs::read(repository.path().join("request")).expect("the plugin ran");
        let request = String::from_utf8_lossy(&request);
        for option in [date, own] {
            assert!(request.contains(option), "{rules}: no {option:?} in the request");
        }
    }
}

#[test]
fn a_rule_that_names_a_module_is_refused_if_the_module_of_a_vendored_file_is_unknown() {
    let repository = Repository::new(&[
        ("buf.yaml", V2),
        ("buf.gen.yaml", &template(DISABLE)),
        ("wireproof.toml", VENDOR),
        ("proto/w/v1/w.proto", SCHEMA),
        ("third_party/google/type/date.proto", DATE),
    ]);
    for rules in [V1_RULES, V1_OVERRIDE, DISABLE] {
        repository.write(&[("buf.gen.yaml", &template(rules))]);
        let (code, printed) = repository.outcome(&["generate"]);
        assert!(code == 1 && printed.contains("`[deps.vendor]`"), "{rules}: {printed}");
    }
    let (_, printed) = repository.outcome(&["generate"]);
    for part in [
        "third_party/google/type/date.proto: a rule of managed mode names the module \"buf.build/googleapis/googleapis\"",
        "`[deps.vendor]`: \"buf.build/acme/money\" = \"third_party/money\", \
         \"buf.build/googleapis/googleapis\" = \"third_party/googleapis\"",
    ] {
        assert!(printed.contains(part), "{part}: {printed}");
    }
    // A rule for the own module can be told, so can every rule without a module.
    for rules in [OWN, "  override: [{file_option: go_package_prefix, value: example.com/gen}]\n"] {
        repository.write(&[("buf.gen.yaml", &template(rules))]);
        let (code, printed) = repository.outcome(&["generate"]);
        assert_eq!(code, 0, "{rules}: {printed}");
    }
    // With one dependency, direct and locked, every vendored file is its.
    let one = V2.replace(", buf.build/acme/money", "");
    repository.write(&[("buf.yaml", &one), ("buf.gen.yaml", &template(DISABLE))]);
    assert_eq!(repository.outcome(&["generate"]).0, 0);
    let lock = "version: v2\ndeps:\n  - name: buf.build/googleapis/googleapis\n    commit: a\n  \
                - name: buf.build/acme/other\n    commit: b\n";
    repository.write(&[("buf.lock", lock)]);
    let (code, printed) = repository.outcome(&["generate"]);
    assert!(code == 1 && printed.contains("acme/other"), "{printed}");
}

#[test]
fn an_older_version_uses_the_vendor_folder_of_the_working_tree() {
    let one = "version: v2\nmodules: [{path: ., excludes: [third_party]}]\ndeps: [buf.build/googleapis/googleapis]\n";
    let repository = Repository::new(&[("buf.yaml", one), ("w/v1/w.proto", SCHEMA)]);
    repository.commit();
    let against = ["check-compat", "--against", ".git#branch=main"];
    let date = ("third_party/google/type/date.proto", DATE);
    repository.write(&[("wireproof.toml", VENDOR), date]);
    let (code, printed) = repository.outcome(&against);
    assert_eq!(code, 0, "{printed}");
    let told =
        "--against .git#branch=main has no vendor folders: those of the working tree are used";
    assert_eq!(printed.matches(told).count(), 1, "{printed}");

    // The settings are committed, and git ignores the folder.
    repository.write(&[(".gitignore", "/third_party/\n")]);
    repository.commit();
    repository.write(&[("w/v1/w.proto", CHANGED)]);
    let (code, printed) = repository.outcome(&against);
    assert!(code == 100 && printed.contains("w/v1/w.proto:5:3: "), "{printed}");
    assert_eq!(printed.matches(told).count(), 1, "{printed}");
    // The index has no such folder, either.
    repository.git(&["add", "--all"]);
    for args in
        [&["lint", "--staged"][..], &["check-compat", "--staged", "--against", ".git#branch=main"]]
    {
        // A witness has the error of the reader: an error of the command is the exit code 1.
        let (code, printed) = repository.outcome(args);
        let is_broken = printed.contains("not found") || printed.contains("COMPILE");
        assert!(code != 1 && !is_broken, "{printed}");
    }

    // A folder that the older version has is its own.
    repository.git(&["add", "--all", "--force"]);
    repository.git(&["commit", "--quiet", "--message=m"]);
    let (code, printed) = repository.outcome(&against);
    assert!(code == 0 && !printed.contains("working tree"), "{printed}");
}

#[test]
fn a_vendor_folder_inside_a_module_is_not_part_of_it() {
    let repository = Repository::new(&[("buf.yaml", V1), ("w/v1/w.proto", SCHEMA)]);
    // The help of the error, followed to the letter.
    let (code, printed) = repository.outcome(&["build", "--error-format", "json"]);
    assert_eq!(code, 100, "{printed}");
    for part in [
        "`buf export buf.build/googleapis/googleapis -o third_party`",
        "wireproof.toml: `[deps]` `vendor = \\\"third_party\\\"`",
    ] {
        assert!(printed.contains(part), "{printed}");
    }
    repository.write(&[("wireproof.toml", VENDOR), ("third_party/google/type/date.proto", DATE)]);
    for command in ["build", "lint"] {
        let (code, printed) = repository.outcome(&[command]);
        assert_eq!(code, 0, "{command}: {printed}");
    }
    let (_, listed) = repository.outcome(&["build", "-o", "-#format=json"]);
    assert_eq!(listed.matches("\"isImport\":true").count(), 1, "{listed}");
    // The older version had the folder, and nothing said that it was not a part of the module.
    std::fs::remove_file(repository.path().join("wireproof.toml")).expect("it is there");
    repository
        .write(&[("w/v1/w.proto", &SCHEMA.replace("google/type", "third_party/google/type"))]);
    repository.commit();
    repository.write(&[("wireproof.toml", VENDOR), ("w/v1/w.proto", SCHEMA)]);
    let (_, printed) = repository.outcome(&["check-compat", "--against", ".git#branch=main"]);
    assert!(!printed.contains("FILE_NO_DELETE"), "{printed}");
}

#[test]
fn a_vendor_folder_that_is_not_there_is_an_error_that_names_it() {
    for (toml, help) in [
        (VENDOR, "`buf export buf.build/acme/money -o third_party`; if it is a git submodule"),
        (
            TABLE,
            "`buf export buf.build/googleapis/googleapis --exclude-imports -o third_party/googleapis`",
        ),
    ] {
        let repository = Repository::new(&[
            ("buf.yaml", V2),
            ("wireproof.toml", toml),
            ("proto/w/v1/w.proto", SCHEMA),
            ("third_party/money/x.proto", DATE),
            ("old/buf.yaml", "version: v2\n"),
            (
                "old/w.proto",
                "syntax = \"proto3\";\npackage w.v1;\nimport \"google/type/date.proto\";\n",
            ),
        ]);
        if toml == VENDOR {
            std::fs::remove_dir_all(repository.path().join("third_party")).expect("it is there");
        }
        for args in [&["lint"][..], &["check-compat", "--against", "old"], &["lint", "--staged"]] {
            repository.git(&["add", "--all"]);
            let (code, printed) = repository.outcome(args);
            assert_eq!(code, 1, "{args:?}: {printed}");
            let names = "wireproof: wireproof.toml: the vendor folder \"third_party";
            assert!(printed.contains(names), "{args:?}: {printed}");
            assert!(printed.contains(help), "{args:?}: {printed}");
        }
    }
}

#[test]
fn a_file_in_two_vendor_folders_is_ambiguous() {
    let repository = Repository::new(&[
        ("buf.yaml", V2),
        ("wireproof.toml", TABLE),
        ("proto/w/v1/w.proto", SCHEMA),
        ("third_party/googleapis/google/type/date.proto", DATE),
        ("third_party/money/google/type/date.proto", DATE),
    ]);
    let (code, printed) = repository.outcome(&["lint", "--error-format", "json"]);
    assert_eq!(code, 100, "{printed}");
    for part in [
        "is ambiguous: third_party/money/google/type/date.proto, \
         third_party/googleapis/google/type/date.proto",
        "`buf export --exclude-imports`",
    ] {
        assert!(printed.contains(part), "{printed}");
    }
}

/// Writes buf's cache.
fn write_cache(repository: &Repository, modules: &[Cached]) {
    for module in modules {
        let folder = format!("cache/v3/modules/{}", module.path);
        for (path, text) in module.files {
            repository.write(&[(&format!("{folder}/files/{path}"), text)]);
        }
        repository.write(&[(&format!("{folder}/module.yaml"), module.description)]);
        if module.description.contains("v1_buf_yaml") {
            let text = "version: v1\nname: buf.build/googleapis/googleapis\n";
            repository.write(&[(&format!("{folder}/v1_buf_yaml/buf.yaml"), text)]);
        }
    }
}

/// buf and wireproof read the same cache, without a network. A module whose files do not have the
/// digest of `buf.lock` is refused by both.
#[test]
fn modules_of_buf_lock_are_read_from_the_cache_of_buf() {
    const MONEY: &str = "syntax = \"proto3\";\npackage w.v1;\nimport \"acme/money.proto\";\n\
        message W {\n  acme.Money m = 1;\n}\n";
    let v2 = "version: v2\nmodules: [{path: proto}]\ndeps: [buf.build/acme/money]\n";
    let v1 = V1.replace("deps", "build: {excludes: [cache]}\ndeps");
    let cases = [
        (v2, LOCK, ("proto/w/v1/w.proto", MONEY), &CACHED[..]),
        (&*v1, LOCK_V1, ("w/v1/w.proto", SCHEMA), &[CACHED_V1][..]),
    ];
    for (config, lock, schema, cached) in cases {
        let repository = Repository::new(&[("buf.yaml", config), ("buf.lock", lock), schema]);
        let mut programs = vec![Path::new(env!("CARGO_BIN_EXE_wireproof"))];
        programs.extend(buf());
        let run_with = |program: &Path, variable: &str, folder: &str| {
            let mut command = Command::new(program);
            command.arg("build").current_dir(repository.path());
            command.env_remove("XDG_CACHE_HOME").env(variable, repository.path().join(folder));
            command.output().expect("the program is there")
        };
        let run = |program: &Path| run_with(program, "BUF_CACHE_DIR", "cache");
        let (code, printed) = repository.outcome(&["build", "--error-format", "json"]);
        assert!(code == 100 && printed.contains("buf export"), "without a cache: {printed}");
        write_cache(&repository, cached);
        for program in &programs {
            let output = run(program);
            assert!(output.status.success(), "{program:?}: {}", errors(&output));
        }
        // The folder of the user's caches, and the one that is used without a setting.
        for (variable, home, cache) in
            [("XDG_CACHE_HOME", "xdg", "xdg/buf"), ("HOME", "home", "home/.cache/buf")]
        {
            let from = repository.path().join("cache");
            let to = repository.path().join(cache);
            std::fs::create_dir_all(to.parent().expect("it is in a folder")).expect("it is made");
            std::fs::rename(&from, &to).expect("it is on the same disk");
            for program in &programs {
                let output = run_with(program, variable, home);
                assert!(output.status.success(), "{program:?} {variable}: {}", errors(&output));
            }
            std::fs::rename(&to, &from).expect("it is on the same disk");
        }
        let changed = format!("cache/v3/modules/{}/files/{}", cached[0].path, cached[0].files[0].0);
        let text = std::fs::read_to_string(repository.path().join(&changed)).expect("it is there");
        repository.write(&[(&changed, &format!("{text}// More.\n"))]);
        for program in &programs {
            let output = run(program);
            let told = errors(&output);
            assert!(
                output.status.code() == Some(1) && told.contains("digest"),
                "{program:?}: {told}"
            );
        }
    }
}

#[test]
fn a_misspelled_module_is_named() {
    let table = TABLE.replace("googleapis/googleapis'", "googleapis/googleapi'");
    let repository = Repository::new(&[
        ("buf.yaml", V2),
        ("wireproof.toml", &table),
        ("proto/w/v1/w.proto", SCHEMA),
        ("third_party/googleapis/google/type/date.proto", DATE),
        ("third_party/money/x.proto", DATE),
    ]);
    let (code, printed) = repository.outcome(&["lint"]);
    assert_eq!(code, 1, "{printed}");
    let told = "wireproof.toml: `deps.vendor` has a folder for \"buf.build/googleapis/googleapi\", \
                which is in neither `deps` nor buf.lock, and none for \
                \"buf.build/googleapis/googleapis\"";
    assert!(printed.contains(told), "{printed}");
}

/// A pull request must not make the report quote a file outside of the repository.
#[test]
#[cfg(unix)]
fn a_vendored_link_out_of_the_repository_is_not_quoted() {
    let outside = tempfile::tempdir().expect("a temporary folder can be made");
    let secret = outside.path().join("secret.txt");
    std::fs::write(&secret, "TOPSECRET is no schema\n").expect("it can be written");
    let repository = Repository::new(&[("buf.yaml", V1), ("w/v1/w.proto", SCHEMA)]);
    repository.commit();
    repository.write(&[("wireproof.toml", VENDOR), ("third_party/google/type/other.proto", DATE)]);
    let link = repository.path().join("third_party/google/type/date.proto");
    std::os::unix::fs::symlink(&secret, link).expect("a link can be made");
    for args in [&["lint"][..], &["check-compat", "--against", ".git#branch=main"]] {
        for format in ["text", "json"] {
            let (code, printed) = repository.outcome(&[args, &["--error-format", format]].concat());
            assert_eq!(code, 100, "{args:?}: {printed}");
            assert!(!printed.contains("TOPSECRET"), "{args:?}: {printed}");
        }
    }
}

#[test]
fn an_older_version_uses_vendor_folders_and_the_cache_of_buf_together() {
    const MONEY: &str = "syntax = \"proto3\";\npackage w.v1;\nimport \"acme/money.proto\";\n\
        message W {\n  acme.Money m = 1;\n}\n";
    let config = "version: v2\nmodules: [{path: proto}]\ndeps: [buf.build/acme/money]\n";
    let repository = Repository::new(&[
        ("buf.yaml", config),
        ("buf.lock", LOCK),
        ("proto/w/v1/w.proto", MONEY),
        (".gitignore", "cache\n"),
    ]);
    repository.commit();
    write_cache(&repository, &CACHED);
    let table = "[deps.vendor]\n'buf.build/googleapis/googleapis' = 'third_party/googleapis'\n";
    let date = ("third_party/googleapis/google/type/date.proto", DATE);
    repository.write(&[("wireproof.toml", table), date]);
    let mut command = Command::new(env!("CARGO_BIN_EXE_wireproof"));
    command.args(["check-compat", "--against", ".git#branch=main"]);
    command.current_dir(repository.path()).env("BUF_CACHE_DIR", repository.path().join("cache"));
    let output = command.output().expect("the program is there");
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        errors(&output)
    );
}

/// The command of the action for an input in a subfolder.
#[test]
fn an_older_version_uses_the_vendor_folder_of_an_input_in_a_subfolder() {
    let repository = Repository::new(&[("api/buf.yaml", V1), ("api/w/v1/w.proto", SCHEMA)]);
    repository.commit();
    let date = ("api/third_party/google/type/date.proto", DATE);
    repository.write(&[("api/wireproof.toml", VENDOR), date]);
    let against = ["check-compat", "api", "--against", ".git#branch=main,subdir=api"];
    let (code, printed) = repository.outcome(&against);
    assert!(code == 0 && printed.contains("of the working tree are used"), "{printed}");
    repository.write(&[("api/w/v1/w.proto", CHANGED)]);
    let (code, printed) = repository.outcome(&against);
    assert!(code == 100 && printed.contains("api/w/v1/w.proto:5:3: "), "{printed}");
}

/// A vendor folder inside a git submodule, on disk, in the index and for an older version.
#[test]
fn a_vendor_folder_can_be_in_a_submodule() {
    let module = Repository::new(&[("google/type/date.proto", DATE)]);
    module.commit();
    let repository = Repository::new(&[("buf.yaml", V1), ("w/v1/w.proto", SCHEMA)]);
    let url = format!("file://{}", module.path().display());
    let clone = ["submodule", "--quiet", "add", &url, "third_party"];
    repository.git(&[&["-c", "protocol.file.allow=always"], &clone[..]].concat());
    repository.write(&[("wireproof.toml", VENDOR)]);
    repository.commit();
    for args in
        [&["lint"][..], &["lint", "--staged"], &["check-compat", "--against", ".git#branch=main"]]
    {
        let (code, printed) = repository.outcome(args);
        assert_eq!(code, 0, "{args:?}: {printed}");
    }
}
