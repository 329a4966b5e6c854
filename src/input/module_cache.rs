//! buf's cache of modules of a registry, in the layout that buf 1.75 writes:
//! `v3/modules/TYPE/REGISTRY/OWNER/NAME/COMMIT`, with the module's files in `files` and its
//! description in `module.yaml`. TYPE is that of the digest. Nothing is downloaded or written.

use std::env;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use tiny_keccak::{Hasher, Shake};

use super::disk::Disk;
use super::path::join;
use super::tree::Tree;
use super::{Options, Source, directory};
use crate::config::{self, Locked};
use crate::error::{Error, Result};
use crate::files::SCHEMAS;

/// The description of a module. buf writes it last.
const DESCRIPTION: &str = "module.yaml";

/// The folder with the files of a module.
const FILES: &str = "files";

/// Returns buf's cache folder: `BUF_CACHE_DIR`, else `buf` in the user's cache folder.
fn module_cache_dir() -> Option<PathBuf> {
    let variable = |name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    variable("BUF_CACHE_DIR").or_else(|| {
        let cache = variable("XDG_CACHE_HOME")
            .or_else(|| variable("LOCALAPPDATA"))
            .or_else(|| variable("HOME").map(|home| home.join(".cache")));
        Some(cache?.join("buf"))
    })
}

/// Returns the files of `module` in buf's cache; none if the cache does not have it.
///
/// # Errors
///
/// The files do not have the digest of `buf.lock`.
pub(crate) fn cached(module: &Locked, options: &Options) -> Result<Option<Source>> {
    let folder = module_cache_dir().zip(path_of(module)).map(|(cache, path)| cache.join(path));
    let Some(folder) = folder.filter(|folder| folder.join(DESCRIPTION).is_file()) else {
        return Ok(None);
    };
    let digest = digest(&folder, module)?;
    if digest != module.digest {
        let message =
            format!("{} in buf's cache does not have the digest of buf.lock", module.name);
        let help = "delete the folder, or put the module into a vendor folder";
        return Err(Error::new(message).at(folder.display().to_string()).help(help));
    }
    let Some(files) = folder.join(FILES).to_str().map(str::to_owned) else { return Ok(None) };
    let options = Options { staged: false, ..options.clone() };
    directory(&files, &options).map(Some)
}

/// Returns the path of `module` in the cache; none if its name, commit or digest has an unknown form.
fn path_of(module: &Locked) -> Option<String> {
    let is_name = |part: &str| {
        part != ".." && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.:".contains(&b))
    };
    let (kind, _) = module.digest.split_once(':')?;
    let is_hex = module.commit.len() == 32 && module.commit.bytes().all(|b| b.is_ascii_hexdigit());
    let is_known = is_hex && ["b5", "shake256"].contains(&kind);
    let parts: Vec<&str> = module.name.split('/').collect();
    (is_known && parts.len() == 3 && parts.iter().all(|part| is_name(part)))
        .then(|| format!("v3/modules/{kind}/{}/{}", module.name, module.commit))
}

/// Returns the digest of the module in `folder`, of the type that `buf.lock` has.
///
/// Both types are SHAKE256 with 64 bytes. `shake256` is the digest of a manifest: a line for each
/// file with its digest and its path, sorted by path, `buf.yaml` and `buf.lock` of v1 included. `b5`
/// is the digest of a list: the digest of the manifest of the files alone, and the sorted digests of
/// the modules that the module needs.
fn digest(folder: &Path, module: &Locked) -> Result<String> {
    let disk = Disk::new(folder);
    let description = read(&disk, DESCRIPTION)?;
    let description = config::cached_module(&description, DESCRIPTION)?;
    let mut files = Vec::new();
    for path in disk.list(FILES, "", &|_| true)? {
        let name = path.strip_prefix("files/").unwrap_or(&path).to_owned();
        files.push((name, shake256(&read(&disk, &path)?)));
    }
    if module.digest.starts_with("b5:") {
        let mut list = vec![shake256(manifest(files).as_bytes())];
        list.extend(description.deps);
        list[1..].sort_unstable();
        return Ok(shake256(list.join("\n").as_bytes()).replacen("shake256:", "b5:", 1));
    }
    for path in [description.buf_yaml, description.buf_lock].into_iter().flatten() {
        let name = path.rsplit('/').next().unwrap_or(&path).to_owned();
        files.push((name, shake256(&read(&disk, &join(".", &path))?)));
    }
    Ok(shake256(manifest(files).as_bytes()))
}

fn manifest(mut files: Vec<(String, String)>) -> String {
    files.sort_unstable();
    files.into_iter().map(|(name, digest)| format!("{digest}  {name}\n")).collect()
}

fn read(disk: &Disk, path: &str) -> Result<Vec<u8>> {
    let content = disk.read(path, SCHEMAS)?;
    content.ok_or_else(|| Error::new("a module in buf's cache is not complete").at(path))
}

fn shake256(content: &[u8]) -> String {
    let mut hasher = Shake::v256();
    hasher.update(content);
    let mut digest = [0; 64];
    hasher.finalize(&mut digest);
    let mut text = "shake256:".to_owned();
    for byte in digest {
        write!(text, "{byte:02x}").expect("a string has room");
    }
    text
}
