//! The gates for CI: the scripts of `action.yml` as this repository's workflow calls it, and those of
//! the GitLab template, run by bash in clones of depth 1. What only their services can do (caches,
//! uploads, the build, which `install.rs` tests) is left out.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

use crate::gate::repository;

/// The repository.
const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const CONTRACT: &str = "proto/agent/agent_services.proto";

/// A repository as CI checks it out: its newest commit, and nothing of those before.
struct Checkout {
    folder: tempfile::TempDir,
}

impl Checkout {
    /// This repository's contract, committed; then every `(from, to)` is replaced in `CONTRACT`, and
    /// that is committed as well.
    fn of(edits: &[(&str, &str)]) -> Self {
        let origin = repository();
        init(origin.path());
        commit(origin.path());
        if !edits.is_empty() {
            let path = origin.path().join(CONTRACT);
            let mut text = fs::read_to_string(&path).expect("the contract is there");
            for (from, to) in edits {
                assert_eq!(text.matches(from).count(), 1, "`{from}` is in the contract once");
                text = text.replace(from, to);
            }
            fs::write(&path, text).expect("it can be written to");
            commit(origin.path());
        }
        Checkout::cloned(origin)
    }

    /// A repository whose last commit brings its first schema.
    fn of_first_schemas() -> Self {
        let origin = tempfile::tempdir().expect("a temporary folder can be made");
        init(origin.path());
        fs::write(origin.path().join("README"), "No schema yet.\n").expect("it can be written");
        commit(origin.path());
        fs::create_dir(origin.path().join("api")).expect("it can be made");
        let schema = "syntax = \"proto3\";\npackage api;\nmessage M {}\n";
        fs::write(origin.path().join("api/a.proto"), schema).expect("it can be written");
        commit(origin.path());
        Checkout::cloned(origin)
    }

    fn cloned(origin: tempfile::TempDir) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        // Kept, for a shallow clone fetches what it lacks from where it was cloned.
        let url = format!("file://{}", origin.keep().display());
        git(folder.path(), &["clone", "--quiet", "--depth=1", &url, "work"]);
        Checkout { folder }
    }

    fn work(&self) -> PathBuf {
        self.folder.path().join("work")
    }

    fn temp(&self) -> PathBuf {
        self.folder.path().join("temp")
    }

    /// Puts the wireproof of this build where a script expects one, in `root/bin`.
    fn install(&self, root: &Path) {
        fs::create_dir_all(root.join("bin")).expect("folders can be made");
        let installed = root.join("bin").join("wireproof");
        if installed.exists() {
            return;
        }
        // Not a copy: while it is written no thread may start a process, or it is "busy".
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_wireproof"), installed).expect("a link");
    }

    /// Runs `script` as a runner does, at the root of the checkout.
    fn bash(&self, script: &str, env: &BTreeMap<String, String>) -> Output {
        let mut bash = Command::new("bash");
        bash.args(["--noprofile", "--norc", "-eo", "pipefail", "-c", script]);
        bash.env("CI", "true").env_remove("CI_MERGE_REQUEST_DIFF_BASE_SHA");
        bash.envs(env).current_dir(self.work()).output().expect("bash is there")
    }
}

impl Drop for Checkout {
    fn drop(&mut self) {
        let url = git(&self.work(), &["remote", "get-url", "origin"]);
        let origin = url.trim().trim_start_matches("file://");
        fs::remove_dir_all(origin).expect("the origin was made for this checkout");
    }
}

fn git(folder: &Path, args: &[&str]) -> String {
    let output = Command::new("git").args(args).current_dir(folder).output();
    let output = output.expect("git is there");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "git {args:?}: {errors}");
    String::from_utf8(output.stdout).expect("git prints text")
}

fn init(folder: &Path) {
    git(folder, &["init", "--quiet", "--initial-branch=main"]);
}

fn commit(folder: &Path) {
    git(folder, &["add", "--all"]);
    let names = ["-c", "user.name=T", "-c", "user.email=t@example.com"];
    git(folder, &[&names[..], &["commit", "--quiet", "--message=A change"]].concat());
}

/// A YAML file of this repository.
fn yaml(text: &str) -> Value {
    serde_saphyr::from_str(text).expect("it is YAML")
}

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(ROOT).join(path)).expect("the repository has it")
}

/// A run of the action: what its expressions can refer to.
struct Run<'a> {
    checkout: &'a Checkout,
    /// `inputs.…`, `steps.….outputs.…` and the like, by their whole names.
    values: BTreeMap<String, String>,
    failed: bool,
}

/// What became of a step of the action that was run.
struct Step {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Run<'_> {
    /// Runs the action in `checkout` with these inputs: every step that has a script, but the build.
    fn of(checkout: &Checkout, inputs: &[(&str, &str)]) -> BTreeMap<String, Step> {
        let action = yaml(&read("action.yml"));
        let mut run = Run { checkout, values: BTreeMap::new(), failed: false };
        for (name, input) in action["inputs"].as_object().expect("the action has inputs") {
            let default = input["default"].as_str().expect("an input has a default");
            run.set(&format!("inputs.{name}"), default);
        }
        for (name, value) in inputs {
            assert!(run.set(&format!("inputs.{name}"), value), "the action has the input {name}");
        }
        run.set("runner.temp", &checkout.temp().display().to_string());
        run.set("github.action_path", ROOT);
        checkout.install(&checkout.temp().join("wireproof"));
        let steps = action["runs"]["steps"].as_array().expect("the action has steps");
        let steps = steps.iter().filter(|step| step["run"].is_string() && step["id"] != "install");
        steps.filter_map(|step| run.step(step)).collect()
    }

    /// Whether there was such a value before.
    fn set(&mut self, name: &str, value: &str) -> bool {
        self.values.insert(name.to_owned(), value.to_owned()).is_some()
    }

    fn step(&mut self, step: &Value) -> Option<(String, Step)> {
        let id = step["id"].as_str().expect("a step with a script has an id").to_owned();
        if !self.holds(step["if"].as_str()) {
            return None;
        }
        let outputs = self.checkout.folder.path().join(format!("{id}.outputs"));
        let given = step["env"].as_object().into_iter().flatten();
        let given = given.map(|(name, value)| (name.clone(), self.expand(value)));
        let mut env: BTreeMap<String, String> = given.collect();
        env.insert("GITHUB_OUTPUT".to_owned(), outputs.display().to_string());
        let output = self.checkout.bash(step["run"].as_str()?, &env);
        for line in fs::read_to_string(outputs).unwrap_or_default().lines() {
            let (name, value) = line.split_once('=').expect("an output is `name=value`");
            self.set(&format!("steps.{id}.outputs.{name}"), value);
        }
        self.failed |= !output.status.success();
        let text = |bytes| String::from_utf8(bytes).expect("scripts print text");
        let Output { status, stdout, stderr } = output;
        Some((id, Step { code: status.code(), stdout: text(stdout), stderr: text(stderr) }))
    }

    /// Whether a step is run: what its condition says, and, unless that says otherwise, only as
    /// long as nothing has failed.
    fn holds(&self, condition: Option<&str>) -> bool {
        let condition = condition.unwrap_or_default();
        let condition = condition.trim_start_matches("${{").trim_end_matches("}}").trim();
        let terms = || condition.split("&&").map(str::trim).filter(|term| !term.is_empty());
        let regardless = terms().any(|term| term == "!cancelled()");
        let comparisons = terms().filter(|term| *term != "!cancelled()");
        (regardless || !self.failed) && { comparisons }.all(|term| self.compares(term))
    }

    /// `name == 'value'` or `name != 'value'`.
    fn compares(&self, term: &str) -> bool {
        let (name, wanted, equal) = match (term.split_once(" == "), term.split_once(" != ")) {
            (Some((name, wanted)), _) => (name, wanted, true),
            (_, Some((name, wanted))) => (name, wanted, false),
            _ => panic!("a condition that this test does not know: {term}"),
        };
        (self.value(name) == wanted.trim_matches('\'')) == equal
    }

    /// The value of an expression `a || b || …` in `${{ }}`, with what stands around it.
    fn expand(&self, value: &Value) -> String {
        let text = value.as_str().expect("values of `env` are strings");
        let Some((before, rest)) = text.split_once("${{") else { return text.to_owned() };
        let (expression, after) = rest.split_once("}}").expect("an expression ends");
        let mut values = expression.split("||").map(|name| self.value(name.trim()));
        let value = values.find(|value| !value.is_empty()).unwrap_or_default();
        format!("{before}{value}{after}")
    }

    /// What a step that was not run would have put out is empty, as on GitHub.
    fn value(&self, name: &str) -> &str {
        let known = self.values.get(name).map(String::as_str);
        known.or(name.starts_with("steps.").then_some("")).unwrap_or_else(|| panic!("no {name}"))
    }
}

/// The inputs that this repository's workflow gives to the action.
fn inputs_of_the_workflow() -> Vec<(String, String)> {
    let workflow = yaml(&read(".github/workflows/contract.yml"));
    let steps = workflow["jobs"]["gate"]["steps"].as_array().expect("the job has steps").clone();
    assert!(steps.iter().all(|step| step["run"].is_null()), "its scripts are those of the action");
    let action = steps.iter().find(|step| step["uses"] == "./").expect("it uses the action");
    let given = action["with"].as_object().expect("it gives inputs").clone();
    let text = |value: Value| value.as_str().expect("inputs are strings").to_owned();
    given.into_iter().map(|(name, value)| (name, text(value))).collect()
}

fn run_the_workflow(checkout: &Checkout) -> BTreeMap<String, Step> {
    let inputs = inputs_of_the_workflow();
    let inputs: Vec<_> = inputs.iter().map(|(name, value)| (&**name, &**value)).collect();
    Run::of(checkout, &inputs)
}

/// How many findings a SARIF report of the workflow has.
fn results(checkout: &Checkout, command: &str) -> usize {
    let path = checkout.work().join(format!("wireproof-sarif/{command}.sarif"));
    let text = fs::read_to_string(path).expect("there is a report");
    let log: Value = serde_json::from_str(&text).expect("SARIF is JSON");
    log["runs"][0]["results"].as_array().expect("a run has results").len()
}

#[test]
fn the_workflow_passes_in_a_clone_of_depth_1() {
    let checkout = Checkout::of(&[]);
    let steps = run_the_workflow(&checkout);
    for (id, Step { code, stdout, stderr }) in &steps {
        assert_eq!((*code, &**stdout), (Some(0), ""), "{id}: {stderr}");
    }
    let ids: Vec<&str> = steps.keys().map(String::as_str).collect();
    assert_eq!(ids, ["check-compat", "lint", "sarif", "version"]);
    assert_eq!((results(&checkout, "lint"), results(&checkout, "check-compat")), (0, 0));
}

/// A break, and what lint objects to: a field is gone, and its place is taken by one in the wrong
/// case.
fn broken() -> Checkout {
    Checkout::of(&[("  string session_id = 1;\n", "  int32 NotThis = 9;\n")])
}

#[test]
fn the_workflow_annotates_what_lint_and_check_compat_find() {
    let checkout = broken();
    let steps = run_the_workflow(&checkout);
    let lint = &steps["lint"];
    assert_eq!(lint.code, Some(100), "{}", lint.stderr);
    let annotation = format!("::error file={CONTRACT},line=");
    assert!(lint.stdout.starts_with(&annotation), "{}", lint.stdout);
    assert!(lint.stdout.contains("FIELD_LOWER_SNAKE_CASE"), "{}", lint.stdout);
    let compat = &steps["check-compat"];
    assert_eq!(compat.code, Some(100), "lint has failed before: {}", compat.stderr);
    assert!(compat.stdout.starts_with(&annotation), "{}", compat.stdout);
    assert!(compat.stdout.contains("FIELD_NO_DELETE"), "{}", compat.stdout);
    assert_eq!(results(&checkout, "lint"), lint.stdout.lines().count());
    assert_eq!(results(&checkout, "check-compat"), compat.stdout.lines().count());
}

/// The settings name the known findings; the action and the job of GitLab let them pass.
#[test]
fn the_known_findings_of_a_baseline_pass() {
    let checkout = broken();
    let mut wireproof = Command::new(env!("CARGO_BIN_EXE_wireproof"));
    let baseline = ["lint", "--write-baseline", "known.txt"];
    let written = wireproof.args(baseline).current_dir(checkout.work()).output();
    assert!(written.expect("the binary has been built").status.success());
    let settings = checkout.work().join("wireproof.toml");
    let text = fs::read_to_string(&settings).expect("the repository has settings");
    fs::write(&settings, format!("{text}\n[lint]\nbaseline = \"known.txt\"\n"))
        .expect("it is ours");
    let steps = run_the_workflow(&checkout);
    let lint = &steps["lint"];
    assert_eq!((lint.code, &*lint.stdout), (Some(0), ""), "{}", lint.stderr);
    assert_eq!(results(&checkout, "lint"), 0);
    let (passed, printed, report) = gitlab(&checkout, "wireproof-lint", &[]);
    assert!(passed && report == serde_json::json!([]), "{printed}");
}

#[test]
fn the_action_fetches_the_commit_before() {
    let checkout = broken();
    fs::remove_dir_all(checkout.work().join("contracts")).expect("there are releases");
    let steps = Run::of(&checkout, &[("against", "base"), ("lint", "false")]);
    assert!(!steps.contains_key("lint"));
    assert_eq!(steps["base"].code, Some(0), "{}", steps["base"].stderr);
    let compat = &steps["check-compat"];
    assert_eq!(compat.code, Some(100), "{}", compat.stderr);
    assert!(compat.stdout.contains("FIELD_NO_DELETE"), "{}", compat.stdout);
}

#[test]
fn the_action_has_nothing_to_compare_the_first_schemas_with() {
    for (checkout, input) in [
        (Checkout::of(&[]), "."),
        (Checkout::of_first_schemas(), "."),
        (Checkout::of_first_schemas(), "api"),
    ] {
        let inputs = [("against", "base"), ("lint", "false"), ("input", input), ("sarif", "out")];
        let steps = Run::of(&checkout, &inputs);
        let Step { code, stdout, stderr } = &steps["check-compat"];
        assert_eq!((*code, &**stdout), (Some(0), ""), "{stderr}");
        assert!(stderr.contains(": there is nothing to compare with\n"), "{stderr}");
        assert!(
            checkout.work().join("out/check-compat.sarif").exists(),
            "{}",
            steps["sarif"].stderr
        );
        let same =
            gitlab(&checkout, "wireproof-check-compat", &[("against", "base"), ("input", input)]);
        assert_eq!(same, (true, String::new(), serde_json::json!([])));
    }
}

/// The base of a comparison may have no schemas, and no other input: its name may be a mistake.
#[test]
fn an_input_without_schemas_is_an_error_unless_it_is_the_base() {
    let checkout = Checkout::of_first_schemas();
    git(&checkout.work(), &["fetch", "--quiet", "--unshallow"]);
    let steps = Run::of(&checkout, &[("against", ".git#ref=HEAD~1"), ("lint", "false")]);
    let compat = &steps["check-compat"];
    assert!(
        compat.code == Some(1) && compat.stderr.contains("no .proto file"),
        "{}",
        compat.stderr
    );
}

/// A template whose generated code is not there, in a clone.
fn not_generated() -> Checkout {
    let checkout = Checkout::of_first_schemas();
    let template = "version: v2\nplugins:\n  - local: [wireproof, plugin, rust]\n    out: gen\n";
    fs::write(checkout.work().join("buf.gen.yaml"), template).expect("it can be written");
    checkout
}

#[test]
fn the_generated_code_is_checked_on_request() {
    let checkout = not_generated();
    let inputs = [("lint", "false"), ("check-compat", "false")];
    assert!(!Run::of(&checkout, &inputs).contains_key("generate"), "it is off by default");
    let inputs = [&inputs[..], &[("generate", "true")]].concat();
    let annotated = Run::of(&checkout, &inputs);
    let Step { code, stdout, stderr } = &annotated["generate"];
    assert_eq!(*code, Some(100), "{stderr}");
    assert!(stdout.contains("::error file=gen/") && stdout.contains("STALE_STUB"), "{stdout}");
    let job = "wireproof-generate-check";
    let (passed, _, report) = gitlab(&checkout, job, &[]);
    assert!(!passed && report[0]["check_name"] == "STALE_STUB", "{report}");
    checkout.install(&checkout.temp());
    let generate = checkout.bash("../temp/bin/wireproof generate", &BTreeMap::new());
    assert!(generate.status.success(), "{}", String::from_utf8_lossy(&generate.stderr));
    assert_eq!(Run::of(&checkout, &inputs)["generate"].code, Some(0));
    assert_eq!(gitlab(&checkout, job, &[]), (true, String::new(), serde_json::json!([])));
    // GitLab leaves the job out unless the input is set.
    for (value, first) in [("false", "\"false\" != \"true\""), ("true", "\"true\" != \"true\"")] {
        let jobs = gitlab_jobs(&[("generate", value)]);
        assert_eq!(jobs[job]["rules"][0], serde_json::json!({ "if": first, "when": "never" }));
    }
}

#[cfg(unix)]
#[test]
fn the_action_follows_symbolic_links_only_if_it_may() {
    let checkout = Checkout::of(&[]);
    let outside = checkout.folder.path().join("outside.proto");
    let schema = "syntax = \"proto3\";\npackage agent.v2;\nmessage not_this {}\n";
    fs::write(&outside, schema).expect("it can be written");
    let link = checkout.work().join("proto/agent/v2/linked.proto");
    std::os::unix::fs::symlink(&outside, link).expect("it can be made");
    let followed = Run::of(&checkout, &[]);
    assert_eq!(followed["lint"].code, Some(100), "{}", followed["lint"].stderr);
    let refused = Run::of(&checkout, &[("disable-symlinks", "true")]);
    assert_eq!(refused["lint"].code, Some(0), "{}", refused["lint"].stdout);
    assert_eq!(refused["check-compat"].code, Some(0), "{}", refused["check-compat"].stdout);
}

#[test]
fn a_command_that_cannot_work_fails_and_leaves_no_report() {
    let checkout = Checkout::of(&[]);
    fs::write(checkout.work().join("buf.yaml"), "version: v9\n").expect("it can be written to");
    let steps = run_the_workflow(&checkout);
    assert_eq!(steps["sarif"].code, Some(0), "{}", steps["sarif"].stderr);
    assert_eq!((steps["lint"].code, steps["check-compat"].code), (Some(1), Some(1)));
    let reports =
        fs::read_dir(checkout.work().join("wireproof-sarif")).expect("the folder is there");
    assert_eq!(reports.count(), 0);
}

#[test]
fn no_value_becomes_a_part_of_a_script() {
    let action = yaml(&read("action.yml"));
    for step in action["runs"]["steps"].as_array().expect("the action has steps") {
        let Some(script) = step["run"].as_str() else { continue };
        assert_eq!(step["shell"], "bash", "{script}");
        assert!(!script.contains("${{"), "values come by `env`: {script}");
    }
}

/// An action that is not of this repository is named by its commit, which nobody can move, with
/// its version beside it.
#[test]
fn actions_of_others_are_pinned() {
    let mut pinned = 0;
    for path in ["action.yml", ".github/workflows/ci.yml", ".github/workflows/contract.yml"] {
        let text = read(path);
        for line in text.lines().filter_map(|line| line.split_once("uses: ")) {
            let (action, version) = line.1.split_once(" # v").unwrap_or((line.1, ""));
            let commit = action.split_once('@').map(|(_, commit)| commit);
            let is_commit =
                |commit: &str| commit.len() == 40 && commit.chars().all(|c| c.is_ascii_hexdigit());
            let is_pinned = commit.is_some_and(is_commit) && !version.is_empty();
            assert!(action == "./" || is_pinned, "{path}: {action}");
            pinned += usize::from(is_pinned);
        }
    }
    assert!(pinned >= 5, "only {pinned}: the files are not read as they are written");
}

#[test]
fn the_workflow_of_this_repository_runs_all_its_checks() {
    let workflow = yaml(&read(".github/workflows/ci.yml"));
    let steps = workflow["jobs"]["test"]["steps"].as_array().expect("the job has steps").clone();
    assert!(steps.iter().any(|step| step["run"] == "bash .ci/run"));
    assert!(Path::new(ROOT).join(".ci/run").exists());
}

/// Returns the jobs of the GitLab template with these inputs.
fn gitlab_jobs(inputs: &[(&str, &str)]) -> Value {
    let template = read("templates/wireproof.yml");
    let (spec, jobs) = template.split_once("\n---\n").expect("inputs first, then jobs");
    let mut jobs = jobs.to_owned();
    for (name, input) in yaml(spec)["spec"]["inputs"].as_object().expect("it has inputs") {
        let given = inputs.iter().find(|(given, _)| given == name).map(|(_, value)| *value);
        let value = given.or(input["default"].as_str()).unwrap_or("given");
        jobs = jobs.replace(&format!("$[[ inputs.{name} ]]"), value);
    }
    assert!(!jobs.contains("$[["), "every input is declared");
    yaml(&jobs)
}

/// Runs the script of a job of the GitLab template; whether it succeeds, what it prints, and its
/// report.
fn gitlab(checkout: &Checkout, job: &str, inputs: &[(&str, &str)]) -> (bool, String, Value) {
    let jobs = gitlab_jobs(inputs);
    let base = &jobs[jobs[job]["extends"].as_str().expect("the jobs have a base")];
    let env = base["variables"].as_object().expect("it has variables").iter();
    let env =
        env.map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned()));
    let env = env.collect();
    checkout.install(&checkout.work().join(".wireproof"));
    let script = jobs[job]["script"].as_array().expect("a job has a script");
    let script: Vec<&str> = script.iter().map(|line| line.as_str().expect("of lines")).collect();
    let output = checkout.bash(&script.join("\n"), &env);
    let report = base["artifacts"]["reports"]["codequality"].as_str().expect("it has a report");
    let report = fs::read_to_string(checkout.work().join(report)).expect("it was written");
    let report = serde_json::from_str(&report).expect("a report is JSON");
    (output.status.success(), String::from_utf8(output.stdout).expect("text"), report)
}

#[test]
fn the_gitlab_jobs_report_what_they_find() {
    let clean = Checkout::of(&[]);
    let broken = broken();
    for (job, rule) in [
        ("wireproof-lint", "FIELD_LOWER_SNAKE_CASE"),
        ("wireproof-check-compat", "FIELD_NO_DELETE"),
    ] {
        assert_eq!(gitlab(&clean, job, &[]), (true, String::new(), serde_json::json!([])));
        let (passed, log, report) = gitlab(&broken, job, &[]);
        assert!(!passed && log.contains(rule), "{job}: {log}");
        let names = report.as_array().expect("a report is a list").iter();
        let names: Vec<&Value> = names.map(|issue| &issue["check_name"]).collect();
        assert!(names.contains(&&Value::from(rule)), "{job}: {names:?}");
        // Below each finding the log says what to do.
        let first = log.lines().filter(|line| !line.is_empty() && !line.starts_with(' '));
        assert_eq!(names.len(), first.count(), "{log}");
        assert!(log.contains("    help: "), "{log}");
    }
    let compat = "wireproof-check-compat";
    let (passed, log, _) = gitlab(&clean, compat, &[("against", ".git#ref=HEAD")]);
    assert!(passed, "{log}");
    fs::remove_dir_all(broken.work().join("contracts")).expect("there are releases");
    let (passed, log, _) = gitlab(&broken, compat, &[("against", "base")]);
    assert!(!passed && log.contains("FIELD_NO_DELETE"), "{log}");
}
