//! Popular plugins: their programs, their packages, and their names in buf's registry
//! (<https://buf.build/plugins>).

/// A popular plugin.
pub(crate) struct KnownPlugin {
    /// The name of its program.
    pub(crate) program: &'static str,
    /// The command that installs it, without the package.
    pub(crate) installer: &'static str,
    /// Its package, with the version that this version of wireproof is tested with, if any.
    pub(crate) package: &'static str,
    /// Its name in the registry, if that does not end like the name of the program.
    pub(super) remote: Option<&'static str>,
}

/// The command for Go packages, which need a version.
pub(crate) const GO: &str = "go install";
/// The command for Node packages. It does not install into a folder of `PATH`.
pub(crate) const NPM: &str = "npm install --save-dev";
/// The command for Python packages.
pub(crate) const PIP: &str = "pip install";
/// The package with protoc and the Python generators for messages and gRPC.
pub(crate) const PROTOC: &str = "grpcio-tools==1.85.1";
const CARGO: &str = "cargo install --locked";
const DART: &str = "dart pub global activate";

/// Sorted by program.
pub(crate) const PLUGINS: [KnownPlugin; 19] = [
    known("protoc-gen-connect-es", NPM, "@connectrpc/protoc-gen-connect-es", Some("connectrpc/es")),
    known(
        "protoc-gen-connect-go",
        GO,
        "connectrpc.com/connect/cmd/protoc-gen-connect-go",
        Some("connectrpc/go"),
    ),
    known("protoc-gen-dart", DART, "protoc_plugin", None),
    known(
        "protoc-gen-doc",
        GO,
        "github.com/pseudomuto/protoc-gen-doc/cmd/protoc-gen-doc",
        Some("community/pseudomuto-doc"),
    ),
    known("protoc-gen-es", NPM, "@bufbuild/protoc-gen-es@2.13.0", None),
    known("protoc-gen-go", GO, "google.golang.org/protobuf/cmd/protoc-gen-go@v1.36.12", None),
    known(
        "protoc-gen-go-grpc",
        GO,
        "google.golang.org/grpc/cmd/protoc-gen-go-grpc@v1.6.2",
        Some("grpc/go"),
    ),
    known(
        "protoc-gen-grpc-gateway",
        GO,
        "github.com/grpc-ecosystem/grpc-gateway/v2/cmd/protoc-gen-grpc-gateway",
        Some("grpc-ecosystem/gateway"),
    ),
    known("protoc-gen-grpc-web", NPM, "protoc-gen-grpc-web", Some("grpc/web")),
    known("protoc-gen-js", NPM, "protoc-gen-js", None),
    known("protoc-gen-mypy", PIP, "mypy-protobuf==5.1.0", Some("community/nipunn1313-mypy")),
    known(
        "protoc-gen-mypy_grpc",
        PIP,
        "mypy-protobuf==5.1.0",
        Some("community/nipunn1313-mypy-grpc"),
    ),
    known(
        "protoc-gen-openapiv2",
        GO,
        "github.com/grpc-ecosystem/grpc-gateway/v2/cmd/protoc-gen-openapiv2",
        None,
    ),
    known("protoc-gen-prost", CARGO, "protoc-gen-prost", None),
    known(
        "protoc-gen-prost-crate",
        CARGO,
        "protoc-gen-prost-crate",
        Some("community/neoeinstein-prost-crate"),
    ),
    known(
        "protoc-gen-prost-serde",
        CARGO,
        "protoc-gen-prost-serde",
        Some("community/neoeinstein-prost-serde"),
    ),
    known(
        "protoc-gen-python_betterproto",
        PIP,
        "betterproto[compiler]",
        Some("community/danielgtaylor-betterproto"),
    ),
    known("protoc-gen-tonic", CARGO, "protoc-gen-tonic", None),
    known("protoc-gen-ts_proto", NPM, "ts-proto", Some("community/stephenh-ts-proto")),
];

const fn known(
    program: &'static str,
    installer: &'static str,
    package: &'static str,
    remote: Option<&'static str>,
) -> KnownPlugin {
    KnownPlugin { program, installer, package, remote }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plugins_are_sorted() {
        assert!(PLUGINS.is_sorted_by_key(|known| known.program), "one is easier to find then");
    }
}
