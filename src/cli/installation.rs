//! Which command installs a plugin that a template names.

use std::path::Path;

use super::{tools, workspace};
use crate::config::known_plugins::{GO, NPM, PIP, PLUGINS};
use crate::generate::{Lacking, PROTOC_HAS};

/// The package of Python that has protoc and the generator of its gRPC stubs.
const PROTOC: &str = "grpcio-tools";

/// What to do about a plugin that is not installed.
pub(super) fn help(lacking: &Lacking) -> String {
    let Some((command, is_pinned)) = command(&lacking.plugin) else {
        return format!("install {}, or name its path in the template", lacking.program);
    };
    if is_pinned && workspace::root().is_ok() {
        return "`cargo xtask tools` installs it".to_owned();
    }
    if PROTOC_HAS.contains(&&*lacking.plugin) {
        let instead = "`protoc_path: [python3, -m, grpc_tools.protoc]`";
        return format!("install protoc, or: `{command}` and {instead}");
    }
    match command.starts_with(NPM) {
        true => format!(
            "`{command}` installs it, and `local: node_modules/.bin/{}` names it",
            program_of(&lacking.plugin)
        ),
        false => format!("`{command}` installs it"),
    }
}

/// The same for several.
pub(super) fn help_all<'a>(lacking: impl Iterator<Item = &'a Lacking>) -> String {
    let mut help: Vec<String> = Vec::new();
    for one in lacking.map(self::help) {
        if !help.contains(&one) {
            help.push(one);
        }
    }
    help.join("; ")
}

/// The command that installs `plugin`, with the version that is tested here, if one is, and whether
/// one is.
fn command(plugin: &str) -> Option<(String, bool)> {
    let known = PLUGINS.iter().find(|known| known.program == program_of(plugin));
    let (installer, package) = match known {
        Some(known) => (known.installer, known.package),
        None if needs_protoc(plugin) => (PIP, PROTOC),
        None => return None,
    };
    let pinned = tools::pinned(package).map(str::to_owned);
    let is_pinned = pinned.is_some();
    let latest = if installer == GO { "@latest" } else { "" };
    let package = pinned.unwrap_or_else(|| format!("{package}{latest}"));
    Some((format!("{installer} {package}"), is_pinned))
}

/// The file name of the program that `plugin` begins with.
fn program_of(plugin: &str) -> &str {
    let program = plugin.split(' ').next().unwrap_or(plugin);
    let name = Path::new(program).file_name().and_then(|name| name.to_str()).unwrap_or(program);
    name.strip_suffix(".exe").unwrap_or(name)
}

/// Whether it is a part of protoc, or asks it.
fn needs_protoc(plugin: &str) -> bool {
    PROTOC_HAS.contains(&plugin) || plugin.ends_with("plugin grpc-python")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_named_with_what_to_do() {
        let help = |plugin: &str, program: &str| {
            help(&Lacking { plugin: plugin.to_owned(), program: program.to_owned() })
        };
        // These tests run in this repository.
        assert_eq!(help("protoc-gen-go", "protoc-gen-go"), "`cargo xtask tools` installs it");
        assert_eq!(
            help("protoc-gen-ts_proto", "x"),
            "`npm install --save-dev ts-proto` installs it, and \
             `local: node_modules/.bin/protoc-gen-ts_proto` names it"
        );
        assert_eq!(
            help("protoc-gen-ours --x", "protoc-gen-ours"),
            "install protoc-gen-ours, or name its path in the template"
        );
    }

    #[test]
    fn well_known_plugins_have_the_version_that_is_tested() {
        for (plugin, begin) in [
            ("protoc-gen-go", "go install google.golang.org/protobuf/cmd/protoc-gen-go@v1."),
            (
                "/opt/bin/protoc-gen-go-grpc.exe --x",
                "go install google.golang.org/grpc/cmd/protoc-gen-go-grpc@v1.",
            ),
            ("protoc-gen-mypy_grpc", "pip install mypy-protobuf=="),
            ("python", "pip install grpcio-tools=="),
            ("wireproof plugin grpc-python", "pip install grpcio-tools=="),
            (
                "protoc-gen-doc",
                "go install github.com/pseudomuto/protoc-gen-doc/cmd/protoc-gen-doc@latest",
            ),
            ("protoc-gen-ts_proto", "npm install --save-dev ts-proto"),
        ] {
            let (command, is_pinned) = command(plugin).unwrap_or_default();
            assert_eq!(is_pinned, !begin.ends_with("@latest") && !begin.ends_with("ts-proto"));
            assert!(command.starts_with(begin), "{plugin}: {command}");
        }
        assert_eq!(command("protoc-gen-ours"), None);
    }
}
