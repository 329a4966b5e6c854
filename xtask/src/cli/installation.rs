//! Which command installs a plugin that a template names.

use std::path::Path;

use super::{tools, workspace};
use crate::generate::PROTOC_HAS;

/// Well-known plugins: the program, and the words before the package that it comes in.
const PLUGINS: [(&str, &str, &str); 17] = [
    ("protoc-gen-connect-go", GO, "connectrpc.com/connect/cmd/protoc-gen-connect-go"),
    ("protoc-gen-dart", "dart pub global activate", "protoc_plugin"),
    ("protoc-gen-doc", GO, "github.com/pseudomuto/protoc-gen-doc/cmd/protoc-gen-doc"),
    ("protoc-gen-es", NPM, "@bufbuild/protoc-gen-es"),
    ("protoc-gen-go", GO, "google.golang.org/protobuf/cmd/protoc-gen-go"),
    ("protoc-gen-go-grpc", GO, "google.golang.org/grpc/cmd/protoc-gen-go-grpc"),
    (
        "protoc-gen-grpc-gateway",
        GO,
        "github.com/grpc-ecosystem/grpc-gateway/v2/cmd/protoc-gen-grpc-gateway",
    ),
    ("protoc-gen-grpc-web", NPM, "protoc-gen-grpc-web"),
    ("protoc-gen-js", NPM, "protoc-gen-js"),
    ("protoc-gen-mypy", PIP, "mypy-protobuf"),
    ("protoc-gen-mypy_grpc", PIP, "mypy-protobuf"),
    (
        "protoc-gen-openapiv2",
        GO,
        "github.com/grpc-ecosystem/grpc-gateway/v2/cmd/protoc-gen-openapiv2",
    ),
    ("protoc-gen-prost", CARGO, "protoc-gen-prost"),
    ("protoc-gen-prost-serde", CARGO, "protoc-gen-prost-serde"),
    ("protoc-gen-python_betterproto", PIP, "betterproto[compiler]"),
    ("protoc-gen-tonic", CARGO, "protoc-gen-tonic"),
    ("protoc-gen-ts_proto", NPM, "ts-proto"),
];

/// Go installs nothing without a version.
const GO: &str = "go install";
const NPM: &str = "npm install --save-dev";
const PIP: &str = "pip install";
const CARGO: &str = "cargo install --locked";

/// The package of Python that has protoc and the generator of its gRPC stubs.
const PROTOC: &str = "grpcio-tools";

/// What to do about a plugin that is not installed, named as the template names it.
pub(super) fn help(plugin: &str) -> String {
    if workspace::root().is_ok() {
        return "`cargo xtask tools` installs it".to_owned();
    }
    match command(plugin) {
        Some(command) => format!("`{command}` installs it"),
        None => "install it, or name its path in the template".to_owned(),
    }
}

/// The same for several.
pub(super) fn help_all(plugins: &[&str]) -> String {
    let mut help: Vec<String> = plugins.iter().map(|plugin| help(plugin)).collect();
    help.dedup();
    help.join("; ")
}

/// The command that installs `plugin`, with the version that is tested here, if one is.
fn command(plugin: &str) -> Option<String> {
    let known = PLUGINS.iter().find(|(program, ..)| *program == program_of(plugin));
    let (installer, package) = match known {
        Some((_, installer, package)) => (*installer, *package),
        None if needs_protoc(plugin) => (PIP, PROTOC),
        None => return None,
    };
    let pinned = tools::pinned(package).map(str::to_owned);
    let latest = if installer == GO { "@latest" } else { "" };
    let package = pinned.unwrap_or_else(|| format!("{package}{latest}"));
    Some(format!("{installer} {package}"))
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
            let command = command(plugin).unwrap_or_default();
            assert!(command.starts_with(begin), "{plugin}: {command}");
        }
        assert_eq!(command("protoc-gen-ours"), None);
        assert!(PLUGINS.is_sorted(), "a plugin is easier to find in a sorted list");
    }
}
