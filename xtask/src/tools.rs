//! `tools`: installs what the tests compare with and what makes the stubs, pinned, into `.tools/`.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{cargo as cargo_command, say};
use wireproof::error::{Error, Result};

/// Install what the stubs and the tests need (the real buf, protoc, plugins) into `.tools/`
#[derive(Debug, clap::Args)]
pub(crate) struct ToolsArgs {
    /// Install what only the long tests need, too (cargo-fuzz)
    #[arg(long)]
    all: bool,
}

/// One program that the tests need, and where it comes from.
struct Tool {
    /// Its folder under `.tools/`.
    name: &'static str,
    /// What has to be there to install it.
    needs: &'static str,
    /// The environment variable that tells the tests where it is.
    variable: &'static str,
    /// The packages, as the installer takes them.
    packages: &'static [&'static str],
    /// Installs the packages into an empty folder.
    install: fn(&Path, &[&str]) -> Result<()>,
    /// The program in that folder, if it is there.
    program: fn(&Path) -> Option<PathBuf>,
}

/// Every version that the tests rely on stands here and nowhere else.
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
            "protobuf==7.36.2",
            "mypy==2.4.1",
            "mypy-protobuf==5.1.0",
            // What judges OpenAPI documents, and what it needs.
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
        name: "node",
        needs: "Node 20 or newer with npm",
        variable: "WIREPROOF_PROTOC_GEN_ES",
        packages: &[
            "@bufbuild/protoc-gen-es@2.13.0",
            "@bufbuild/protobuf@2.13.0",
            "@bufbuild/protoplugin@2.13.0",
            // What tries the stubs out: calls over gRPC, and types.
            "@connectrpc/connect@2.1.2",
            "@connectrpc/connect-node@2.1.2",
            "typescript@6.0.3",
            "@types/node@20.19.43",
            "@typescript/vfs@1.6.6",
            "debug@4.4.3",
            "ms@2.1.3",
            "undici-types@6.21.0",
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

/// What the long tests need besides.
const LONG: &[Tool] = &[Tool {
    name: "cargo-fuzz",
    needs: "a C++ compiler",
    variable: "WIREPROOF_CARGO_FUZZ",
    packages: &["cargo-fuzz@0.13.2"],
    install: cargo,
    program: cargo_fuzz,
}];

/// A program that is installed, by the variable that tells the tests where it is.
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

/// Installs what is not there yet. What cannot be installed is said loudly and left out; with
/// `CI=true`, where a test that is left out would go unseen, it is an error.
pub(crate) fn install(root: &Path) -> Result<Vec<Installed>> {
    install_each(root, TOOLS)
}

/// The same for what only the long tests need.
pub(crate) fn install_long(root: &Path) -> Result<Vec<Installed>> {
    install_each(root, LONG)
}

fn install_each(root: &Path, tools: &[Tool]) -> Result<Vec<Installed>> {
    let folder = root.join(".tools");
    let _lock = lock(&folder)?;
    let ci = std::env::var("CI").is_ok_and(|value| value == "true");
    let mut installed = Vec::new();
    for tool in tools {
        match tool.ensure(&folder.join(tool.name)) {
            Ok(program) => installed.push((tool.variable, program)),
            Err(error) if ci => return Err(error),
            Err(error) => {
                say(&format!("SKIPPED: {error}\n  The tests that need {} do not run.", tool.name))
            }
        }
    }
    Ok(installed)
}

/// Two runs at once would install over each other: the second waits until the first is done.
fn lock(folder: &Path) -> Result<File> {
    let path = folder.join("lock");
    fs::create_dir_all(folder)
        .and_then(|()| File::create(&path))
        .and_then(|file| file.lock().map(|()| file))
        .map_err(|error| Error::io(&path, error))
}

impl Tool {
    /// Its program, installed anew unless the stamp in `folder` names just these packages and this
    /// folder: what Python installs knows where it lies, and does not work elsewhere.
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
            .map_err(|error| error.help(format!("{} is needed to install it", self.needs)))?;
        let program = (self.program)(folder)
            .ok_or_else(|| Error::new(format!("{} has no program for this machine", self.name)))?;
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

/// The binary itself, in the package for this platform (`buf-linux-x64`): `node_modules/.bin/buf`
/// would start Node first, at every call.
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

/// Go takes packages of one module at a time, and `GOBIN` only as an absolute path.
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

fn pre_commit(folder: &Path) -> Option<PathBuf> {
    let name = if cfg!(windows) { "Scripts/pre-commit.exe" } else { "bin/pre-commit" };
    Some(folder.join(name)).filter(|path| path.is_file())
}

/// Runs `command`; where it fails, the error holds what it said.
fn succeed(command: &mut Command) -> Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command
        .output()
        .map_err(|error| Error::new(format!("`{name}` cannot be started: {error}")))?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).trim_end().to_owned();
    Err(Error::quoting(format!("`{name}` failed ({}):\n{said}", output.status)))
}
