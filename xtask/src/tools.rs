//! `tools`: installs the programs for tests and code generation into `.tools/`, at fixed versions.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{cargo as cargo_command, say};
use wireproof::error::{Error, Result};

/// Install the programs for tests and code generation (the real buf, protoc, plugins) into `.tools/`
#[derive(Debug, clap::Args)]
pub(crate) struct ToolsArgs {
    /// Also install the programs for the long tests (cargo-fuzz)
    #[arg(long)]
    all: bool,
}

/// A program that the tests need, and how to install it.
struct Tool {
    /// The name of its folder in `.tools/`.
    name: &'static str,
    /// The requirements of the installation.
    needs: &'static str,
    /// The environment variable that has the path of the program, for the tests.
    variable: &'static str,
    /// The packages, in the notation of the installer.
    packages: &'static [&'static str],
    /// Installs the packages into an empty folder.
    install: fn(&Path, &[&str]) -> Result<()>,
    /// Finds the program in that folder.
    program: fn(&Path) -> Option<PathBuf>,
}

/// The tools. This is the only place with the versions of programs that tests use.
const TOOLS: &[Tool] = &[
    Tool {
        name: "buf",
        needs: "npm",
        variable: "WIREPROOF_BUF",
        packages: &["@bufbuild/buf@1.75.0"],
        install: npm,
        program: buf,
    },
    Tool {
        name: "python",
        needs: "Python 3 with venv and pip",
        variable: "WIREPROOF_PYTHON",
        packages: &[
            "grpcio-tools==1.85.1",
            "grpcio==1.85.1",
            "grpcio-reflection==1.85.1",
            "protobuf==7.36.2",
            "mypy==2.4.1",
            "mypy-protobuf==5.1.0",
            // A validator of OpenAPI documents, and its dependencies.
            "openapi-spec-validator==0.9.0",
            "annotated-types==0.8.0",
            "attrs==26.1.0",
            "jsonschema==4.26.0",
            "jsonschema-path==0.5.0",
            "jsonschema-specifications==2025.9.1",
            "lazy-object-proxy==1.13.0",
            "openapi-schema-validator==0.9.0",
            "pathable==0.6.0",
            "pydantic==2.14.4",
            "pydantic-settings==2.16.3",
            "pydantic_core==2.50.5",
            "python-dotenv==1.2.4",
            "PyYAML==6.0.4",
            "referencing==0.37.0",
            "rfc3339-validator==0.1.4",
            "rpds-py==2026.9.1",
            "six==1.17.0",
            "typing-inspection==0.4.5",
            "setuptools==84.2.1",
            "types-grpcio==1.85.0.20261028",
            "types-protobuf==7.35.1.20260906",
            "typing_extensions==4.16.0",
            // What generated messages with rules are validated with, and its dependencies.
            "protovalidate==2.1.0",
            "protobuf-py==0.7.0",
            "protobuf-py-ext==0.7.0",
            "protobuf-py-pure==0.7.0",
            // The example with FastAPI, its client, and their dependencies.
            "fastapi==0.165.0",
            "httpx==0.28.1",
            "uvicorn==0.54.0",
            "annotated-doc==0.0.7",
            "anyio==4.16.0",
            "certifi==2026.10.19.post1",
            "click==8.5.1",
            "h11==0.16.0",
            "httpcore==1.0.9",
            "idna==3.20",
            "opentelemetry-api==1.45.2",
            "starlette==1.10.0",
        ],
        install: pip,
        program: python,
    },
    Tool {
        name: "go",
        needs: "Go 1.24 or newer",
        variable: "WIREPROOF_PROTOC_GEN_GO",
        packages: &[
            "google.golang.org/protobuf/cmd/protoc-gen-go@v1.36.12",
            "google.golang.org/grpc/cmd/protoc-gen-go-grpc@v1.6.2",
        ],
        install: go,
        program: protoc_gen_go,
    },
    Tool {
        // After `go`, whose installation empties the folder.
        name: "go/grpcurl",
        needs: "Go 1.24 or newer",
        variable: "WIREPROOF_GRPCURL",
        packages: &["github.com/fullstorydev/grpcurl/cmd/grpcurl@v1.9.3"],
        install: go,
        program: grpcurl,
    },
    Tool {
        name: "node",
        needs: "Node 20 or newer with npm",
        variable: "WIREPROOF_PROTOC_GEN_ES",
        packages: &[
            "@bufbuild/protoc-gen-es@2.13.0",
            "@bufbuild/protobuf@2.13.0",
            "@bufbuild/protoplugin@2.13.0",
            // Tests of the generated code: calls over gRPC, and type checks.
            "@connectrpc/connect@2.1.2",
            "@connectrpc/connect-node@2.1.2",
            "@connectrpc/connect-web@2.1.2",
            "typescript@6.0.3",
            "@types/node@20.19.43",
            "@typescript/vfs@1.6.6",
            "debug@4.4.3",
            "ms@2.1.3",
            "undici-types@6.21.0",
            // The page of agentd: its client in one file, and its test in a browser.
            "esbuild@0.28.2",
            "playwright-core@1.65.1",
        ],
        install: npm,
        program: protoc_gen_es,
    },
    Tool {
        name: "pre-commit",
        needs: "Python 3 with venv and pip",
        variable: "WIREPROOF_PRE_COMMIT",
        packages: &[
            "pre-commit==4.7.0",
            "cfgv==3.5.0",
            "distlib==0.4.4",
            "filelock==4.3.1",
            "identify==2.6.20",
            "nodeenv==1.12.0",
            "packaging==26.4",
            "platformdirs==4.14.8",
            "python-discovery==1.9.6",
            "PyYAML==6.0.4",
            "virtualenv==21.15.11",
        ],
        install: pip,
        program: pre_commit,
    },
];

/// The tools that some machines cannot have. Tests that need one of them are skipped there, also
/// with `CI=true`.
const OPTIONAL_TOOLS: &[Tool] = &[Tool {
    name: "chromium",
    needs: "Debian 12 with apt-get and its package lists",
    variable: "WIREPROOF_CHROMIUM",
    // Of Debian's own archive. In the one for security updates, a version is soon replaced.
    packages: &["chromium=150.0.7871.100-1~deb12u1", "chromium-common=150.0.7871.100-1~deb12u1"],
    install: apt,
    program: chromium,
}];

/// The tools that only the long tests need.
const LONG_TOOLS: &[Tool] = &[Tool {
    name: "cargo-fuzz",
    needs: "a C++ compiler",
    variable: "WIREPROOF_CARGO_FUZZ",
    packages: &["cargo-fuzz@0.13.2"],
    install: cargo,
    program: cargo_fuzz,
}];

/// The environment variable and the path of an installed program.
pub(crate) type Installed = (&'static str, PathBuf);

pub(crate) fn run(args: &ToolsArgs, root: &Path) -> Result<()> {
    let mut installed = install(root)?;
    if args.all {
        installed.extend(install_long(root)?);
    }
    for (variable, program) in installed {
        println!("{variable}={}", program.display());
    }
    Ok(())
}

/// Installs missing tools. A tool that cannot be installed is reported and left out. With `CI=true`,
/// where nobody would notice the skipped tests, it is an error.
pub(crate) fn install(root: &Path) -> Result<Vec<Installed>> {
    let mut installed = install_each(root, TOOLS, in_ci())?;
    installed.extend(install_each(root, OPTIONAL_TOOLS, false)?);
    Ok(installed)
}

/// Installs missing tools for the long tests, like [`install`].
pub(crate) fn install_long(root: &Path) -> Result<Vec<Installed>> {
    install_each(root, LONG_TOOLS, in_ci())
}

fn in_ci() -> bool {
    std::env::var("CI").is_ok_and(|value| value == "true")
}

/// Installs missing tools. One that cannot be installed is an error if all are `required`; else it is
/// reported.
fn install_each(root: &Path, tools: &[Tool], required: bool) -> Result<Vec<Installed>> {
    let folder = root.join(".tools");
    let _lock = lock(&folder)?;
    let mut installed = Vec::new();
    for tool in tools {
        match tool.ensure(&folder.join(tool.name)) {
            Ok(program) => installed.push((tool.variable, program)),
            Err(error) if required => return Err(error),
            Err(error) => {
                say(&format!("SKIPPED: {error}\n  Tests that need {} are skipped.", tool.name))
            }
        }
    }
    Ok(installed)
}

/// Waits for other runs to finish, and locks the folder, so that two runs do not install over each
/// other.
fn lock(folder: &Path) -> Result<File> {
    let path = folder.join("lock");
    fs::create_dir_all(folder)
        .and_then(|()| File::create(&path))
        .and_then(|file| file.lock().map(|()| file))
        .map_err(|error| Error::io(&path, error))
}

impl Tool {
    /// Returns the path of the program. Installs it again unless the stamp in `folder` names the same
    /// packages and the same folder, since a Python environment does not work after a move.
    fn ensure(&self, folder: &Path) -> Result<PathBuf> {
        let stamp = folder.join("stamp");
        let here = std::path::absolute(folder).map_err(|error| Error::io(folder, error))?;
        let wanted = format!("{}\n{}", self.packages.join("\n"), here.display());
        if fs::read_to_string(&stamp).is_ok_and(|found| found == wanted)
            && let Some(program) = (self.program)(folder)
        {
            return Ok(program);
        }
        if folder.exists() {
            fs::remove_dir_all(folder).map_err(|error| Error::io(folder, error))?;
        }
        fs::create_dir_all(folder).map_err(|error| Error::io(folder, error))?;
        say(&format!("installing {}", self.packages.join(" ")));
        (self.install)(folder, self.packages)
            .map_err(|error| error.help(format!("it needs {}", self.needs)))?;
        let program = (self.program)(folder)
            .ok_or_else(|| Error::new(format!("no program for this platform: {}", self.name)))?;
        fs::write(&stamp, wanted).map_err(|error| Error::io(&stamp, error))?;
        Ok(program)
    }
}

fn npm(folder: &Path, packages: &[&str]) -> Result<()> {
    let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
    let mut command = Command::new(npm);
    command.args(["install", "--no-audit", "--no-fund", "--loglevel=error", "--prefix"]);
    succeed(command.arg(folder).args(packages))
}

/// Finds the binary in the package for this platform (`buf-linux-x64`). `node_modules/.bin/buf` would
/// start Node at every call.
fn buf(folder: &Path) -> Option<PathBuf> {
    let name = if cfg!(windows) { "bin/buf.exe" } else { "bin/buf" };
    let packages = fs::read_dir(folder.join("node_modules/@bufbuild")).ok()?.flatten();
    let platform = packages.filter(|package| package.file_name() != "buf");
    platform.map(|package| package.path().join(name)).find(|path| path.is_file())
}

fn pip(folder: &Path, packages: &[&str]) -> Result<()> {
    let host = if cfg!(windows) { "python" } else { "python3" };
    succeed(Command::new(host).args(["-m", "venv"]).arg(folder))?;
    let program = python(folder).ok_or_else(|| Error::new("the new venv has no Python"))?;
    let mut command = Command::new(program);
    command.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
    succeed(command.args(packages))
}

fn python(folder: &Path) -> Option<PathBuf> {
    let name = if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" };
    Some(folder.join(name)).filter(|path| path.is_file())
}

/// Installs Go packages. `go install` accepts packages of one module only, and `GOBIN` must be
/// absolute.
fn go(folder: &Path, packages: &[&str]) -> Result<()> {
    let folder = std::path::absolute(folder).map_err(|error| Error::io(folder, error))?;
    packages.iter().try_for_each(|package| {
        succeed(Command::new("go").args(["install", package]).env("GOBIN", &folder))
    })
}

fn protoc_gen_go(folder: &Path) -> Option<PathBuf> {
    let name = format!("protoc-gen-go{}", std::env::consts::EXE_SUFFIX);
    Some(folder.join(name)).filter(|path| path.is_file())
}

fn grpcurl(folder: &Path) -> Option<PathBuf> {
    let name = format!("grpcurl{}", std::env::consts::EXE_SUFFIX);
    Some(folder.join(name)).filter(|path| path.is_file())
}

fn protoc_gen_es(folder: &Path) -> Option<PathBuf> {
    let name = if cfg!(windows) { "protoc-gen-es.cmd" } else { "protoc-gen-es" };
    Some(folder.join("node_modules/.bin").join(name)).filter(|path| path.is_file())
}

fn cargo(folder: &Path, packages: &[&str]) -> Result<()> {
    let mut command = cargo_command();
    command.args(["install", "--quiet", "--locked", "--root"]).arg(folder);
    succeed(command.args(packages))
}

fn cargo_fuzz(folder: &Path) -> Option<PathBuf> {
    let name = format!("bin/cargo-fuzz{}", std::env::consts::EXE_SUFFIX);
    Some(folder.join(name)).filter(|path| path.is_file())
}

/// Starts the unpacked browser with the unpacked libraries.
const START_CHROMIUM: &str = r#"#!/bin/sh
root=$(dirname "$(readlink -f "$0")")
libraries=$root/usr/lib/$(uname -m)-linux-gnu
export LD_LIBRARY_PATH="$libraries:$libraries/pulseaudio"
exec "$root/usr/lib/chromium/chromium" "$@"
"#;

/// Unpacks packages of Debian, and the libraries that this machine does not have, without installing
/// them: that would need root.
fn apt(folder: &Path, packages: &[&str]) -> Result<()> {
    let folder = std::path::absolute(folder).map_err(|error| Error::io(folder, error))?;
    let cache = folder.join("cache");
    let archives = cache.join("archives");
    let partial = archives.join("partial");
    fs::create_dir_all(&partial).map_err(|error| Error::io(&partial, error))?;
    let mut command = Command::new("apt-get");
    command.args(["install", "--download-only", "--quiet", "--yes", "--no-install-recommends"]);
    // These are for machines where the packages are installed, or newer ones.
    command.args(["--reinstall", "--allow-downgrades", "-o", "Debug::NoLocking=1", "-o"]);
    command.arg(format!("Dir::Cache={}", cache.display()));
    succeed(command.args(packages))?;
    let entries = fs::read_dir(&archives).map_err(|error| Error::io(&archives, error))?;
    for archive in entries.flatten().map(|entry| entry.path()).filter(|path| path.is_file()) {
        succeed(Command::new("dpkg").arg("-x").args([&archive, &folder]))?;
    }
    fs::remove_dir_all(&cache).map_err(|error| Error::io(&cache, error))?;
    let start = folder.join("start");
    fs::write(&start, START_CHROMIUM).map_err(|error| Error::io(&start, error))?;
    succeed(Command::new("chmod").arg("+x").arg(&start))
}

fn chromium(folder: &Path) -> Option<PathBuf> {
    Some(folder.join("start")).filter(|path| path.is_file())
}

fn pre_commit(folder: &Path) -> Option<PathBuf> {
    let name = if cfg!(windows) { "Scripts/pre-commit.exe" } else { "bin/pre-commit" };
    Some(folder.join(name)).filter(|path| path.is_file())
}

/// Runs `command`. If it fails, the error has its output.
fn succeed(command: &mut Command) -> Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output =
        command.output().map_err(|error| Error::new(format!("cannot start `{name}`: {error}")))?;
    if output.status.success() {
        return Ok(());
    }
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text).trim_end().to_owned();
    Err(Error::quoting(format!("`{name}` failed ({}):\n{text}", output.status)))
}
