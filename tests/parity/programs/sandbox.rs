//! A folder with everything that an input can be: trees, workspaces, images, archives and git
//! repositories, all of the same two versions of a few schemas.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::parity::cases::copy_folder;
use crate::parity::generator::print::Sources;
use crate::parity::programs::tools;

/// The folder, which goes with it.
pub(crate) struct World {
    folder: tempfile::TempDir,
    /// The first commit of the repository.
    pub first_commit: String,
}

const A_OLD: &str = "syntax = \"proto3\";\npackage acme.v1;\n\nmessage A {\n  string id = 1;\n\tint32 size = 2;\n  A next = 3;\n}\n\nenum Kind {\n  KIND_NONE = 0;\n  KIND_OLD = 1;\n}\n";
const A_NEW: &str = "syntax = \"proto3\";\npackage acme.v1;\n\nmessage A {\n  bytes id = 1;\n\tint64 size = 2; /* 大 */ string after = 4;\n}\n\nenum Kind {\n  KIND_NONE = 0;\n}\n";
const B_OLD: &str = "syntax = \"proto3\";\npackage acme.v1;\nimport \"acme/v1/a.proto\";\n\nmessage B {\n  A a = 1;\n  string note = 2 [deprecated = true];\n}\n\nservice Bs {\n  rpc Get(A) returns (B);\n  rpc List(A) returns (stream B);\n}\n";
const B_NEW: &str = "syntax = \"proto3\";\npackage acme.v1;\nimport \"acme/v1/a.proto\";\n\nmessage B {\n  A a = 1;\n  string remark = 2;\n}\n\nservice Bs {\n  rpc Get(B) returns (B);\n}\n";
const G_OLD: &str = "syntax = \"proto2\";\npackage geo.v1beta1;\n\nmessage G {\n  required int32 x = 1;\n  optional group Part = 2 {\n    optional string y = 1;\n  }\n  extensions 100 to 200;\n}\n\nextend G {\n  optional string ext = 100;\n}\n";
const G_NEW: &str = "syntax = \"proto2\";\npackage geo.v1beta1;\n\nmessage G {\n  optional int32 x = 1;\n  extensions 100 to 150;\n}\n\nextend G {\n  optional bytes ext = 100;\n}\n";
const OTHER: &str = "syntax = \"proto3\";\npackage other;\n\nmessage Other {}\n";

/// The two versions of the schemas.
fn schemas(new: bool) -> Sources {
    let (a, b, g, only) = match new {
        false => (A_OLD, B_OLD, G_OLD, "gone/gone.proto"),
        true => (A_NEW, B_NEW, G_NEW, "fresh.proto"),
    };
    let files = [("acme/v1/a.proto", a), ("acme/v1/b.proto", b), ("geo/g.proto", g), (only, OTHER)];
    files.map(|(path, text)| (path.to_owned(), text.to_owned())).into()
}

/// The schemas in the folders `one` and `two`.
fn two_modules(new: bool) -> Sources {
    let module = |path: &str| if path.starts_with("acme") { "one" } else { "two" };
    schemas(new)
        .into_iter()
        .map(|(path, text)| (format!("{}/{path}", module(&path)), text))
        .collect()
}

/// Configurations: paths and what stands in them.
const CONFIGURATIONS: &[(&str, &str)] = &[
    ("conf/wire.yaml", "version: v1\nbreaking:\n  use: [WIRE]\n"),
    ("conf/v1.yaml", "version: v1\nbreaking:\n  use: [FILE]\n"),
    ("conf/v2.yaml", "version: v2\nbreaking:\n  use: [PACKAGE]\n"),
    ("conf/v1beta1.yaml", "version: v1beta1\nbreaking:\n  use: [WIRE_JSON]\n"),
    ("conf/json.json", "{\"version\": \"v1\", \"breaking\": {\"use\": [\"WIRE_JSON\"]}}"),
    ("conf/ignore.yaml", "version: v1\nbreaking:\n  use: [FILE]\n  ignore: [new/geo, geo]\n"),
    (
        "conf/only.yaml",
        "version: v2\nbreaking:\n  use: [FILE]\n  ignore_only:\n    FIELD_SAME_TYPE: [acme/v1/a.proto]\n",
    ),
    ("conf/except.yaml", "version: v1\nbreaking:\n  use: [FILE]\n  except: [FIELD_NO_DELETE]\n"),
    (
        "conf/unstable.yaml",
        "version: v1\nbreaking:\n  use: [FILE]\n  ignore_unstable_packages: true\n",
    ),
    ("conf/unknown.yaml", "version: v1\nbreaking:\n  use: [NO_SUCH_RULE]\n"),
    ("conf/nonsense.yaml", "version: [\n"),
    (
        "mods/FOLDER/buf.yaml",
        "version: v2\nmodules:\n  - path: one\n    breaking:\n      use: [WIRE_JSON]\n      ignore: [one/acme/v1/b.proto]\n  - path: two\nbreaking:\n  use: [PACKAGE]\n",
    ),
    ("works/FOLDER/buf.work.yaml", "version: v1\ndirectories: [one, two]\n"),
    ("works/FOLDER/one/buf.yaml", "version: v1\nbreaking:\n  use: [WIRE]\n"),
    ("works/FOLDER/two/buf.yaml", "version: v1\nbreaking:\n  except: [FILE_NO_DELETE]\n"),
    (
        "roots/FOLDER/buf.yaml",
        "version: v1beta1\nbuild:\n  roots: [one, two]\n  excludes: [two/gone]\nbreaking:\n  ignore: [acme/v1/b.proto]\n",
    ),
    ("own/wire/buf.yaml", "version: v2\nbreaking:\n  use: [WIRE]\n"),
    ("own/file/buf.yaml", "version: v1\nbreaking:\n  use: [FILE]\n  ignore: [geo/g.proto]\n"),
    ("own/below/buf.yaml", "version: v1\nbreaking:\n  use: [WIRE_JSON]\n"),
    ("own/bad/buf.yaml", "version: v1\nbraeking: {}\n"),
    ("nested/buf.yaml", "version: v1\n"),
    ("nested/sub/buf.yaml", "version: v1\nbreaking:\n  use: [WIRE]\n"),
    ("nested/sub/c.proto", OTHER),
    ("broken/a.proto", "syntax = \"proto3\";\n\nmessage A {\n  Missing a = 1;\n}\n"),
    ("empty/README", "no schema\n"),
    ("elsewhere/deep/README", "nothing\n"),
    ("nothing", ""),
    ("text.json", "{\"file\": \"none\"}"),
    ("mac/acme/v1/._a.proto", "\0\u{5}\u{16}\u{7}"),
    ("mac/__MACOSX/acme/v1/._b.proto", "no schema\n"),
    ("mac/__MACOSX/more.proto", "syntax = \"proto3\";\n\nmessage InAFolderThatIsRead {}\n"),
];

impl World {
    /// Makes it; `buf` builds the images.
    pub(crate) fn make(buf: &Path) -> Self {
        let folder = tools::temporary();
        let mut world = World { folder, first_commit: String::new() };
        world.trees();
        world.images(buf);
        world.archives();
        world.repositories();
        world
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    fn trees(&self) {
        for (name, new) in [("old", false), ("new", true)] {
            tools::write(&self.path(name), &schemas(new));
            for layout in ["mods", "works", "roots"] {
                tools::write(&self.path(layout).join(name), &two_modules(new));
            }
        }
        for own in ["own/wire", "own/file", "own/below/sub", "own/bad"] {
            tools::write(&self.path(own), &schemas(true));
        }
        for (path, text) in CONFIGURATIONS {
            for folder in ["old", "new"] {
                let path = path.replace("FOLDER", folder);
                tools::write(self.folder.path(), &[(path, (*text).to_owned())].into());
            }
        }
        tools::write(&self.path("nested"), &schemas(true));
        tools::write(&self.path("mac"), &schemas(true));
        std::fs::create_dir(self.path("links")).expect("a folder can be made");
        std::fs::create_dir(self.path("links/new")).expect("a folder can be made");
        for part in ["acme", "geo"] {
            let link = self.path("links/new").join(part);
            std::os::unix::fs::symlink(format!("../../new/{part}"), link).expect("a link");
        }
        std::fs::copy(self.path("new/fresh.proto"), self.path("links/new/fresh.proto"))
            .expect("a file can be copied");
    }

    fn images(&self, buf: &Path) {
        let mut wanted: Vec<(String, String)> = Vec::new();
        for side in ["old", "new"] {
            for ending in ["binpb", "bin", "json", "txtpb", "yaml"] {
                for packed in ["", ".gz", ".zst"] {
                    wanted.push((side.to_owned(), format!("{side}.{ending}{packed}")));
                }
            }
            wanted.push((format!("mods/{side}"), format!("mods-{side}.binpb")));
        }
        for (input, output) in wanted {
            let answer = tools::run(buf, self.folder.path(), &["build", &input, "-o", &output]);
            assert_eq!(answer.code, 0, "{output}: {}", answer.stderr);
        }
        let args = ["build", "new", "--exclude-source-info", "--as-file-descriptor-set"];
        let args = [&args[..], &["-o", "protoc.binpb"]].concat();
        assert_eq!(tools::run(buf, self.folder.path(), &args).code, 0);
        for (from, to) in [("binpb", "odd"), ("binpb.gz", "odd.gz"), ("binpb.zst", "odd.zst")] {
            std::fs::copy(self.path(&format!("new.{from}")), self.path(to)).expect("a copy");
        }
        self.cut("new.binpb", "cut.binpb");
    }

    /// The first half of a file.
    fn cut(&self, from: &str, to: &str) {
        let bytes = std::fs::read(self.path(from)).expect("it is there");
        std::fs::write(self.path(to), &bytes[..bytes.len() / 2]).expect("it can be written");
    }

    fn archives(&self) {
        for name in ["old", "new", "mods", "mac"] {
            let folders = if name == "mods" { vec!["mods/old", "mods/new"] } else { vec![name] };
            let tar = self.tar(&folders);
            self.put(&format!("{name}.tar"), &tar);
            for ending in ["tar.gz", "tgz"] {
                let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
                gzip.write_all(&tar).expect("memory can be written");
                self.put(&format!("{name}.{ending}"), &gzip.finish().expect("memory"));
            }
            let zstd = ruzstd::encoding::compress_to_vec(
                &tar[..],
                ruzstd::encoding::CompressionLevel::Fastest,
            );
            self.put(&format!("{name}.tar.zst"), &zstd);
            self.put(&format!("{name}.zip"), &self.zip(&folders));
        }
        for (from, to) in [("tar", "odd-tar"), ("tar.gz", "odd-targz"), ("zip", "odd-zip")] {
            std::fs::copy(self.path(&format!("new.{from}")), self.path(to)).expect("a copy");
        }
        self.cut("new.tar", "cut.tar");
        self.cut("new.zip", "cut.zip");
    }

    fn put(&self, path: &str, bytes: &[u8]) {
        std::fs::write(self.path(path), bytes).expect("it can be written");
    }

    /// Folders under their last name.
    fn tar(&self, folders: &[&str]) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        for folder in folders {
            let name = folder.rsplit('/').next().expect("it has a name");
            builder.append_dir_all(name, self.path(folder)).expect("memory can be written");
        }
        builder.into_inner().expect("memory can be written")
    }

    fn zip(&self, folders: &[&str]) -> Vec<u8> {
        let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        let options = zip::write::SimpleFileOptions::default();
        for folder in folders {
            let outer = self.path(folder);
            let mut open = vec![outer.clone()];
            while let Some(path) = open.pop() {
                if path.is_dir() {
                    let entries = path.read_dir().expect("it can be listed");
                    open.extend(entries.map(|entry| entry.expect("it can be read").path()));
                    continue;
                }
                let name = path.strip_prefix(outer.parent().expect("it has one"));
                let name = name.expect("it is below").to_str().expect("plain names");
                writer.start_file(name, options).expect("memory can be written");
                let bytes = std::fs::read(&path).expect("it can be read");
                writer.write_all(&bytes).expect("memory can be written");
            }
        }
        writer.finish().expect("memory can be written").into_inner()
    }

    /// `repo` with two commits and what can be made of it.
    fn repositories(&mut self) {
        let repo = self.path("repo");
        std::fs::create_dir(&repo).expect("a folder can be made");
        git(&repo, &["init", "--quiet", "--initial-branch", "main", "."]);
        let config = "version: v2\nmodules:\n  - path: proto\n";
        tools::write(&repo, &[("buf.yaml".to_owned(), config.to_owned())].into());
        copy_folder(&self.path("old"), &repo.join("proto"));
        commit(&repo, "first");
        git(&repo, &["tag", "v1"]);
        git(&repo, &["tag", "--annotate", "--message", "one", "v1-annotated"]);
        self.first_commit = git(&repo, &["rev-parse", "HEAD"]).trim().to_owned();
        git(&repo, &["branch", "side"]);
        std::fs::remove_dir_all(repo.join("proto")).expect("it is there");
        copy_folder(&self.path("new"), &repo.join("proto"));
        commit(&repo, "second");
        let here = self.folder.path();
        git(here, &["clone", "--quiet", "--bare", "repo", "bare.git"]);
        git(&repo, &["worktree", "add", "--quiet", "../worktree", "-b", "elsewhere"]);
        let url = format!("file://{}", repo.display());
        git(here, &["clone", "--quiet", "--depth", "1", &url, "shallow"]);
        self.superproject();
    }

    /// `super`, whose submodule is `repo`: at its first commit in the tag `v1`, at its second one
    /// afterwards.
    fn superproject(&self) {
        let folder = self.path("super");
        std::fs::create_dir(&folder).expect("a folder can be made");
        git(&folder, &["init", "--quiet", "--initial-branch", "main", "."]);
        let config = "version: v2\nmodules:\n  - path: sub/proto\n";
        tools::write(&folder, &[("buf.yaml".to_owned(), config.to_owned())].into());
        let url = format!("file://{}", self.path("repo").display());
        let file = ["-c", "protocol.file.allow=always"];
        git(&folder, &[&file[..], &["submodule", "--quiet", "add", &url, "sub"]].concat());
        let sub = folder.join("sub");
        git(&sub, &["checkout", "--quiet", "v1"]);
        commit(&folder, "first");
        git(&folder, &["tag", "v1"]);
        git(&sub, &["checkout", "--quiet", "main"]);
        commit(&folder, "second");
    }
}

fn commit(folder: &Path, message: &str) {
    git(folder, &["add", "--all"]);
    git(folder, &["commit", "--quiet", "--message", message]);
}

/// Runs git as nobody in particular.
fn git(folder: &Path, args: &[&str]) -> String {
    let mut command = Command::new("git");
    command.args(args).current_dir(folder);
    for who in ["GIT_AUTHOR", "GIT_COMMITTER"] {
        command
            .env(format!("{who}_NAME"), "nobody")
            .env(format!("{who}_EMAIL"), "nobody@localhost");
    }
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    let output = command.output().expect("git is there");
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}
