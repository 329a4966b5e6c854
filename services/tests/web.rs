//! Clients in TypeScript, and the page in a browser.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::faults::set_state;
use super::traces::receiver;
use super::{Agentd, root, tool};

/// A folder with copies of the packages and scripts, and the modules that they need beside them: in
/// the repository there is no `node_modules`.
struct Project(tempfile::TempDir);

impl Project {
    /// Returns none if the modules are not installed.
    fn new() -> Option<Self> {
        let plugin = tool("WIREPROOF_PROTOC_GEN_ES")?;
        let modules = plugin.ancestors().nth(2).expect("it is in node_modules/.bin");
        let project = Project(tempfile::tempdir().expect("it can be made"));
        for folder in ["generated/typescript", "services/examples/typescript"] {
            project.copy(Path::new(folder));
        }
        for file in ["client.ts", "page.mjs"] {
            project.copy(&Path::new("services/tests").join(file));
        }
        let own = project.path("services/node_modules");
        fs::create_dir(&own).expect("it can be made");
        symlink(project.path("generated/typescript"), own.join("agent-contract")).expect("linked");
        symlink(modules, project.path("node_modules")).expect("it can be linked");
        Some(project)
    }

    fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    /// Copies a file or a folder of the repository. What is installed there is left out.
    fn copy(&self, path: &Path) {
        let (from, to) = (root().join(path), self.0.path().join(path));
        if from.is_file() {
            fs::create_dir_all(to.parent().expect("it is in a folder")).expect("it can be made");
            fs::copy(from, to).expect("it can be copied");
        } else if !["node_modules", "dist"].iter().any(|name| path.ends_with(name)) {
            for entry in fs::read_dir(from).expect("it is there") {
                self.copy(&path.join(entry.expect("it can be read").file_name()));
            }
        }
    }

    /// Checks the types of the programs that a configuration names, and compiles them.
    fn compile(&self, configuration: &str) -> (bool, String) {
        let tsc = self.path("node_modules/typescript/bin/tsc");
        run(Command::new("node").arg(tsc).arg("-p").arg(self.path(configuration)))
    }
}

/// Runs a program: whether it succeeds, and what it prints.
fn run(command: &mut Command) -> (bool, String) {
    let output = command.output().expect("it runs");
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&text).into_owned())
}

const EXAMPLE: &str = "services/examples/typescript";

/// The example prints documents and an answer, by gRPC and by grpc-web. The same calls end at their
/// deadline, or when they are cancelled.
#[test]
fn the_client_in_typescript_calls_by_grpc_and_by_grpc_web() {
    let Some(project) = Project::new() else { return };
    let (succeeds, text) = project.compile(EXAMPLE);
    assert!(succeeds, "{text}");
    let configuration = r#"{
        "extends": "../examples/typescript/tsconfig.json",
        "compilerOptions": {"rootDir": "..", "outDir": "../dist"},
        "files": ["client.ts"]
    }"#;
    fs::write(project.path("services/tests/tsconfig.json"), configuration).expect("written");
    fs::write(project.path("services/package.json"), r#"{"type": "module"}"#).expect("written");
    let (succeeds, text) = project.compile("services/tests");
    assert!(succeeds, "{text}");

    let main = project.path(EXAMPLE).join("dist/main.js");
    let system = Agentd::start(&[]);
    for (protocol, url) in
        [("grpc", &system.grpc), ("grpc-web", &system.grpc), ("grpc-web", &system.gateway)]
    {
        set_state(&system, "the handbook is stored");
        let question = "How many vacation days do employees have?";
        let (succeeds, text) = run(Command::new("node").arg(&main).args([protocol, url, question]));
        let mut lines = text.lines();
        let first = lines.next().unwrap_or_default();
        assert!(first.starts_with("Score: 0.") && first.contains("30 vacation days"), "{text}");
        let answer = "The document \"Vacation\" says: \"Employees have 30 vacation days a year.\"";
        assert!(succeeds && lines.next_back() == Some(answer), "{protocol}: {text}");

        set_state(&system, "the model is slow");
        let client = project.path("services/dist/tests/client.js");
        let (succeeds, text) = run(Command::new("node").arg(client).args([protocol, url]));
        assert_eq!((succeeds, &*text), (true, "deadline\nabort\ncancel\n"), "{protocol} {url}");
    }
    let (succeeds, text) =
        run(Command::new("node").arg(main).args(["grpc-web", &system.gateway, ""]));
    assert!(!succeeds && text.starts_with("InvalidArgument: "), "{text}");
}

/// A program with a wrong type is refused: the check above looks.
#[test]
fn the_types_of_the_client_are_checked() {
    let Some(project) = Project::new() else { return };
    let path = project.path(EXAMPLE).join("calls.ts");
    let calls = fs::read_to_string(&path).expect("it is text");
    assert!(calls.contains("topK: 5"), "{calls}");
    fs::write(&path, calls.replace("topK: 5", "topK: \"5\"")).expect("it can be written");
    let (succeeds, text) = project.compile(EXAMPLE);
    assert!(!succeeds && text.contains("not assignable to type 'number"), "{text}");
}

/// The example's dependencies are those that it is tested with.
#[test]
fn the_example_names_the_versions_that_are_tested() {
    let package = include_str!("../examples/typescript/package.json");
    let package: serde_json::Value = serde_json::from_str(package).expect("it is JSON");
    let tools = fs::read_to_string(root().join("xtask/src/tools.rs")).expect("it is text");
    for key in ["dependencies", "devDependencies"] {
        for (name, version) in package[key].as_object().expect("it is an object") {
            let version = version.as_str().expect("it is text");
            let is_own =
                name == "agent-contract" && version == "file:../../../generated/typescript";
            assert!(is_own || tools.contains(&format!("\"{name}@{version}\"")), "{name} {version}");
        }
    }
}

/// `services/web/client.js` is the example's client with its dependencies.
#[test]
fn the_client_of_the_page_is_current() {
    let Some(project) = Project::new() else { return };
    let bundle = project.path("client.js");
    let mut esbuild = Command::new(project.path("node_modules/.bin/esbuild"));
    esbuild
        .arg(project.path(EXAMPLE).join("browser.ts"))
        .arg(format!("--outfile={}", bundle.display()));
    esbuild.args([
        "--bundle",
        "--format=esm",
        "--minify",
        "--target=es2022",
        "--log-level=warning",
    ]);
    let banner = "// Made from services/examples/typescript/browser.ts; licences: LICENSE";
    esbuild.args(["--legal-comments=none", &format!("--banner:js={banner}")]);
    let (succeeds, text) = run(&mut esbuild);
    assert!(succeeds, "{text}");
    let committed = root().join("services/web/client.js");
    if std::env::var_os("WIREPROOF_UPDATE_CLIENT").is_some() {
        fs::copy(&bundle, &committed).expect("it can be copied");
    }
    let made = fs::read(bundle).expect("it is made");
    let is_current = fs::read(committed).expect("it is there") == made;
    assert!(is_current, "set WIREPROOF_UPDATE_CLIENT=1 to update services/web/client.js");
    assert!(made.len() < 150_000, "{} bytes", made.len());
}

/// Returns the browser that `cargo xtask tools` installs, or the one of this machine. Without one
/// the test is skipped, also in CI: not every machine can have the browser.
fn chromium() -> Option<PathBuf> {
    let on_path = || {
        let paths = std::env::var_os("PATH")?;
        let mut found = std::env::split_paths(&paths).map(|folder| folder.join("chromium"));
        found.find(|path| path.is_file())
    };
    let found = std::env::var_os("WIREPROOF_CHROMIUM").map(PathBuf::from).or_else(on_path);
    if found.is_none() {
        let _ = writeln!(
            std::io::stderr(),
            "SKIPPED: no chromium for the page: WIREPROOF_CHROMIUM is not set, and none is on PATH"
        );
    }
    found
}

/// The page in a browser: see `page.mjs`. `WIREPROOF_SCREENSHOTS` is the folder of its pictures.
#[test]
fn the_page_chats_in_a_browser() {
    let Some(chromium) = chromium() else { return };
    let Some(project) = Project::new() else { return };
    let config = project.path("agentd.toml");
    fs::write(&config, "[clients.keys]\nkey-of-anna = \"anna\"\n").expect("it can be written");
    let (received, otlp) = receiver();
    let open = Agentd::start(&["--otlp", &otlp]);
    let closed = Agentd::start(&["--config", config.to_str().expect("it is text")]);
    let pictures = std::env::var_os("WIREPROOF_SCREENSHOTS").map(PathBuf::from);
    let pictures = pictures.unwrap_or_else(|| project.path("pictures"));
    let mut node = Command::new("node");
    node.arg(project.path("services/tests/page.mjs")).arg(chromium);
    node.args([&open.gateway, &open.states, &closed.gateway]).arg(pictures);
    let (succeeds, text) = run(node.env("HOME", project.0.path()));
    assert!(succeeds, "{text}");
    let lines: Vec<(&str, &str)> = text.lines().filter_map(|line| line.rsplit_once(' ')).collect();
    let runs: Vec<&str> = lines.iter().map(|(run, _)| *run).collect();
    assert_eq!(runs, ["sse light", "sse dark", "grpc-web light", "grpc-web dark"], "{text}");
    // The trace begins in the browser, and has every service that the turn called.
    open.end();
    for (run, traceparent) in lines {
        let names = received.names_below(traceparent);
        for name in [
            "ConversationService/StreamTurn",
            "PermissionService/CheckPermission",
            "RagService/Retrieve",
            "MemoryService/SearchMemories",
            "ToolService/ListTools",
            "MemoryService/AppendMemory",
        ] {
            assert!(names.iter().any(|it| it.ends_with(name)), "{run}: {name}: {names:?}");
        }
    }
}
