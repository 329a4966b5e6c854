//! The compilers that wireproof is compared with: protoc, protox and the real buf.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use prost::Message;
use wireproof::schema::descriptor::FileDescriptorSet;

use super::tree::Tree;

/// protoc in one Python process for many trees: starting Python takes longer than compiling.
pub(crate) struct Protoc {
    python: PathBuf,
    running: Option<Running>,
}

struct Running {
    child: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

/// A line is a call of protoc, its arguments between tabs; answered by its exit code.
const SCRIPT: &str = r#"
import pathlib, sys, grpc_tools
from grpc_tools import protoc
include = "-I" + str(pathlib.Path(grpc_tools.__file__).parent / "_proto")
for line in sys.stdin:
    print(protoc.main(["protoc", *line.rstrip("\n").split("\t"), include]), flush=True)
"#;

impl Protoc {
    /// protoc of the Python that `WIREPROOF_PYTHON` names, or that `cargo xtask tools` installed.
    pub(crate) fn find() -> Option<Protoc> {
        let given = std::env::var_os("WIREPROOF_PYTHON").map(PathBuf::from);
        let installed = Path::new(env!("CARGO_MANIFEST_DIR")).join(".tools/python/bin/python");
        let python = given.unwrap_or(installed);
        python.exists().then_some(Protoc { python, running: None })
    }

    /// What protoc makes of `tree`; none if it does not take it.
    pub(crate) fn compile(&mut self, tree: &Tree) -> Option<FileDescriptorSet> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let image = folder.path().join("image.binpb");
        // By a file: the paths of the corpus are longer than a command line may be.
        let list = folder.path().join("list");
        let arguments: Vec<String> = tree.paths.iter().map(|path| format!("{path}\n")).collect();
        std::fs::write(&list, arguments.concat()).expect("it can be written");
        let question = [
            format!("-I{}", tree.root.display()),
            format!("-o{}", image.display()),
            "--include_imports".to_owned(),
            "--include_source_info".to_owned(),
            "--retain_options".to_owned(),
            format!("@{}", list.display()),
        ];
        if self.ask(&question.join("\t"))? != "0" {
            return None;
        }
        let bytes = std::fs::read(image).expect("protoc wrote it");
        Some(FileDescriptorSet::decode(&*bytes).expect("protoc wrote it"))
    }

    /// The answer to a line; none if protoc fell over it, and then the next one starts anew.
    fn ask(&mut self, question: &str) -> Option<String> {
        let running = self.running.get_or_insert_with(|| Running::start(&self.python));
        let mut answer = String::new();
        let asked = writeln!(running.questions, "{question}").and_then(|()| {
            running.questions.flush()?;
            running.answers.read_line(&mut answer)
        });
        if asked.is_ok_and(|bytes| bytes > 0) {
            return Some(answer.trim().to_owned());
        }
        self.running = None;
        None
    }
}

impl Running {
    fn start(python: &Path) -> Running {
        let mut command = Command::new(python);
        command.args(["-c", SCRIPT]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.stderr(Stdio::null()).spawn().expect("Python starts");
        let questions = child.stdin.take().expect("it is piped");
        let answers = BufReader::new(child.stdout.take().expect("it is piped"));
        Running { child, questions, answers }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It ends on its own when nothing is asked any more; it may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What protox makes of `tree`; none if it does not take it.
pub(crate) fn protox(tree: &Tree) -> Option<FileDescriptorSet> {
    let mut compiler = protox::Compiler::new([&tree.root]).ok()?;
    compiler.include_source_info(true).include_imports(true);
    compiler.open_files(tree.paths.iter().map(|path| tree.root.join(path))).ok()?;
    let bytes = compiler.encode_file_descriptor_set();
    Some(FileDescriptorSet::decode(&*bytes).expect("protox wrote it"))
}

/// What buf makes of `tree`; none if it does not take it.
pub(crate) fn buf(buf: &Path, tree: &Tree) -> Option<FileDescriptorSet> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let image = folder.path().join("image.binpb");
    let mut command = Command::new(buf);
    command.args(["build", ".", "--config", "{\"version\":\"v2\"}", "-o"]).arg(&image);
    command.current_dir(&tree.root).env("BUF_CACHE_DIR", folder.path());
    let output = command.output().expect("buf starts");
    output.status.success().then(|| {
        let bytes = std::fs::read(image).expect("buf wrote it");
        FileDescriptorSet::decode(&*bytes).expect("buf wrote it")
    })
}
