//! Finds the command that installs a missing plugin.

use std::path::Path;

use crate::config::known_plugins::{GO, NPM, PIP, PLUGINS, PROTOC};
use crate::generate::{MissingPlugin, PROTOC_HAS};

/// Returns how to install a missing plugin.
pub(super) fn help(missing: &MissingPlugin) -> String {
    let Some(command) = command(&missing.plugin) else {
        return format!("install {}, or name its path in the template", missing.program);
    };
    if PROTOC_HAS.contains(&&*missing.plugin) {
        let instead = "`protoc_path: [python3, -m, grpc_tools.protoc]`";
        return format!("install protoc, or run `{command}` and set {instead}");
    }
    if command.starts_with(NPM) {
        let program = program_of(&missing.plugin);
        format!("run `{command}`, and set `local: node_modules/.bin/{program}`")
    } else {
        format!("run `{command}`")
    }
}

/// Returns how to install several missing plugins, each hint once.
pub(super) fn help_all<'a>(missing: impl Iterator<Item = &'a MissingPlugin>) -> String {
    let mut help: Vec<String> = Vec::new();
    for one in missing.map(self::help) {
        if !help.contains(&one) {
            help.push(one);
        }
    }
    help.join("; ")
}

/// Returns the command that installs `plugin`; none if it is not known.
fn command(plugin: &str) -> Option<String> {
    let known = PLUGINS.iter().find(|known| known.program == program_of(plugin));
    let (installer, package) = match known {
        Some(known) => (known.installer, known.package),
        None if needs_protoc(plugin) => (PIP, PROTOC),
        None => return None,
    };
    let latest = if installer == GO && !package.contains("@v") { "@latest" } else { "" };
    Some(format!("{installer} {package}{latest}"))
}

/// Returns the file name of the program that `plugin` begins with.
fn program_of(plugin: &str) -> &str {
    let program = plugin.split(' ').next().unwrap_or(plugin);
    let name = Path::new(program).file_name().and_then(|name| name.to_str()).unwrap_or(program);
    name.strip_suffix(".exe").unwrap_or(name)
}

/// Whether `plugin` is part of protoc, or runs it.
fn needs_protoc(plugin: &str) -> bool {
    PROTOC_HAS.contains(&plugin) || plugin.ends_with("plugin grpc-python")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn help_names_the_command_that_installs_a_plugin() {
        let help = |plugin: &str, program: &str| {
            help(&MissingPlugin { plugin: plugin.to_owned(), program: program.to_owned() })
        };
        assert_eq!(
            help("protoc-gen-ts_proto", "x"),
            "run `npm install --save-dev ts-proto`, and set \
             `local: node_modules/.bin/protoc-gen-ts_proto`"
        );
        assert_eq!(
            help("protoc-gen-doc", "x"),
            "run `go install github.com/pseudomuto/protoc-gen-doc/cmd/protoc-gen-doc@latest`"
        );
        assert_eq!(
            help("protoc-gen-ours --x", "protoc-gen-ours"),
            "install protoc-gen-ours, or name its path in the template"
        );
    }

    #[test]
    fn tested_plugins_are_installed_in_the_tested_version() {
        let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join("xtask/src/tools.rs");
        let tools = std::fs::read_to_string(tools).expect("the repository installs what it tests");
        for (plugin, package) in [
            ("protoc-gen-es", "@bufbuild/protoc-gen-es@2."),
            ("protoc-gen-go", "google.golang.org/protobuf/cmd/protoc-gen-go@v1."),
            (
                "/opt/protoc-gen-go-grpc.exe --x",
                "google.golang.org/grpc/cmd/protoc-gen-go-grpc@v1.",
            ),
            ("protoc-gen-mypy_grpc", "mypy-protobuf=="),
            ("python", "grpcio-tools=="),
            ("wireproof plugin grpc-python", "grpcio-tools=="),
        ] {
            let command = command(plugin).expect("the plugin is known");
            let pinned = command.rsplit(' ').next().expect("the package comes last");
            assert!(pinned.starts_with(package), "{plugin}: {command}");
            assert!(tools.contains(&format!("\"{pinned}\"")), "not the tested version: {pinned}");
        }
        assert_eq!(command("protoc-gen-ours"), None);
    }
}
