//! Every command of README: run against an `agentd` with the corpus, or by the test that is named.

use std::process::Command;

use super::clients::{Stored, rust_client};
use super::{root, tool};

const README: &str = include_str!("../README.md");

/// Commands that other tests run, each with its test: they build something, do not end by themselves,
/// or need a browser's packages.
const ELSEWHERE: [(&str, &str); 11] = [
    ("cargo xtask serve", "xtask: serve::tests"),
    ("cargo xtask check", ".ci/run"),
    ("cargo test -p agentd", "this run"),
    ("cd services/examples/typescript", "web"),
    ("npm install", "web"),
    ("npm run build", "web::the_client_in_typescript_calls_by_grpc_and_by_grpc_web"),
    ("node dist/main.js", "web::the_client_in_typescript_calls_by_grpc_and_by_grpc_web"),
    ("WIREPROOF_UPDATE_CLIENT=1 cargo xtask test", "web::the_client_of_the_page_is_current"),
    (
        "PYTHONPATH=generated/python .tools/python/bin/python services/examples/fastapi_app.py",
        "clients::fastapi_is_a_gateway",
    ),
    ("curl -N -d '{\"question\"", "clients::fastapi_is_a_gateway"),
    (
        "agentd --config conversation.toml",
        "all_interactions_hold_with_every_role_in_its_own_process",
    ),
];

/// What the output of each of the others contains.
const RUN: [(&str, &str); 7] = [
    ("grpcurl -plaintext -d", "30 vacation days"),
    ("curl -N -H 'content-type: application/json'", "event: end"),
    (
        "PYTHONPATH=generated/python .tools/python/bin/python services/examples/retrieve.py",
        "Score: 0.",
    ),
    ("go run -C services/examples/go .", "30 vacation days"),
    ("cargo run -p agentd --example client", "30 vacation days"),
    ("curl -d '{\"query\"", "30 vacation days"),
    (".tools/go/grpcurl/grpcurl -plaintext", "agent.v2.RagService"),
];

/// Returns the commands of the page: the lines of `sh` blocks, and code that begins like one.
fn commands() -> Vec<String> {
    let mut commands = Vec::new();
    let mut language = None;
    for line in README.replace(" \\\n  ", " ").lines() {
        if let Some(of) = line.strip_prefix("```") {
            language = if language.is_some() { None } else { Some(of.to_owned()) };
        } else if language.as_deref() == Some("sh") {
            commands.push(line.to_owned());
        } else if language.is_none() {
            let code = line.split('`').skip(1).step_by(2);
            let starts =
                ELSEWHERE.iter().map(|(start, _)| start).chain(RUN.iter().map(|(start, _)| start));
            let starts: Vec<&&str> = starts.collect();
            let is_command = |code: &&str| starts.iter().any(|start| code.starts_with(**start));
            commands.extend(code.filter(is_command).map(str::to_owned));
        }
    }
    commands
}

/// Returns a command with the addresses and the programs of this test.
fn adapted(command: &str, stored: &Stored) -> Option<String> {
    let (grpc, gateway) = (stored.address(), &stored.system.gateway);
    let command = command
        .replace("127.0.0.1:50051", grpc)
        .replace("http://127.0.0.1:8080", gateway.trim_end_matches('/'));
    if command.contains(".tools/python") {
        let python = tool("WIREPROOF_PYTHON")?;
        let script = stored.folder.path().join("retrieve.py");
        let text = include_str!("../examples/retrieve.py").replace("localhost:50051", grpc);
        std::fs::write(&script, text).expect("it can be written");
        let command =
            command.replace(".tools/python/bin/python", &format!("{} -B", python.display()));
        return Some(
            command.replace("services/examples/retrieve.py", &script.display().to_string()),
        );
    }
    if let Some(rest) = command.split_once("grpcurl -plaintext").map(|(_, rest)| rest) {
        return Some(format!("{} -plaintext{rest}", tool("WIREPROOF_GRPCURL")?.display()));
    }
    if command.starts_with("go run") {
        tool("WIREPROOF_PROTOC_GEN_GO")?;
        return Some(format!("{command} {grpc}"));
    }
    if command.starts_with("cargo run") {
        // `cargo test` has built it.
        let client = rust_client(&stored.system.grpc);
        return Some(format!("{} {}", client.get_program().display(), stored.system.grpc));
    }
    Some(command)
}

#[test]
fn every_command_of_the_page_runs() {
    let commands = commands();
    for (start, _) in ELSEWHERE.iter().chain(&RUN) {
        let is_used = commands.iter().any(|command| command.starts_with(start));
        assert!(is_used, "the page has no command {start:?}");
    }
    let stored = Stored::start();
    for command in commands {
        if ELSEWHERE.iter().any(|(start, _)| command.starts_with(start)) {
            continue;
        }
        let known = RUN.iter().find(|(start, _)| command.starts_with(start));
        let (_, expected) = known.unwrap_or_else(|| panic!("no test runs {command:?}"));
        let Some(line) = adapted(&command, &stored) else { continue };
        let output = Command::new("sh").args(["-c", &line]).current_dir(root()).output();
        let output = output.expect("there is a shell");
        let stdout = String::from_utf8_lossy(&output.stdout);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{line}: {stdout}{stderr}");
        assert!(stdout.contains(expected), "{line}: {stdout}");
    }
}
