//! `serve`: starts the agent system with a small corpus.

use std::path::Path;
use std::process::Command;

use crate::{cargo, say};
use wireproof::error::{Error, Result};

/// Start the agent system with all its roles and a small corpus, until Ctrl-C
#[derive(Debug, clap::Args)]
pub(crate) struct ServeArgs {
    /// Arguments for agentd, for example `--grpc 127.0.0.1:0`
    #[arg(last = true, value_name = "ARGS")]
    agentd: Vec<String>,
}

/// The commands to try.
const TRY: [&str; 3] = [
    "grpcurl -plaintext -d '{\"query\": \"vacation days\", \"topK\": 1}' 127.0.0.1:50051 \
     agent.RAGService/Retrieve",
    "curl -N -H 'content-type: application/json' -d '{\"userMessage\": \"How many vacation days do \
     employees have?\"}' http://127.0.0.1:8080/v1/sessions/s-1/messages:stream",
    "PYTHONPATH=generated/python .tools/python/bin/python services/examples/retrieve.py",
];

/// The folder of the documents.
const CORPUS: &str = "services/corpus";

/// The file of all data, in a folder that git ignores.
const DATA: &str = "target/agentd.db";

pub(crate) fn run(args: &ServeArgs, root: &Path) -> Result<()> {
    let folder = root.join(CORPUS);
    let entries = std::fs::read_dir(&folder).map_err(|error| Error::io(&folder, error))?;
    let mut files: Vec<_> = entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<std::io::Result<_>>()
        .map_err(|error| Error::io(&folder, error))?;
    files.sort();
    let agentd = || {
        let mut command = cargo();
        command.args(["run", "--quiet", "--package", "agentd", "--"]).current_dir(root);
        command.args(["--data", DATA]);
        command
    };
    let mut ingest = agentd();
    ingest.arg("ingest").args(files);
    wait(&mut ingest)?;
    let commands = TRY.map(|command| format!("\n  {command}")).concat();
    say(&format!(
        "open http://127.0.0.1:8080/ in a browser, or try, in another terminal:{commands}"
    ));
    become_it(agentd().args(&args.agentd))
}

/// Runs a command in place of this process, so that who ends this process ends it.
#[cfg(unix)]
fn become_it(command: &mut Command) -> Result<()> {
    use std::os::unix::process::CommandExt as _;
    Err(Error::io(Path::new("cargo"), command.exec()))
}

#[cfg(not(unix))]
fn become_it(command: &mut Command) -> Result<()> {
    wait(command)
}

/// Runs a command to its end.
fn wait(command: &mut Command) -> Result<()> {
    let status = command.status().map_err(|error| Error::io(Path::new("cargo"), error))?;
    if status.success() { Ok(()) } else { Err(Error::new("agentd failed")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `services/tests/readme.rs` runs the commands of that page.
    #[test]
    fn the_commands_to_try_are_those_of_the_page() {
        let page = include_str!("../../services/README.md");
        assert!(page.contains(&format!("```sh\n{}\n```\n", TRY.join("\n"))));
    }
}
