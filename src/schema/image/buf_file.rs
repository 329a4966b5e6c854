//! buf's record of each file in an image: an extension of `FileDescriptorProto` with the number
//! 8042 (`buf/alpha/image/v1/image.proto`, message `ImageFileExtension`).

use crate::error::{Error, Result};
use crate::schema::descriptor::FileDescriptorProto;
use prost::Message;

/// buf's record of one file. Images that protoc wrote have none.
#[derive(Clone, PartialEq, prost::Message)]
pub struct BufFile {
    /// Whether the file was only imported: a well-known type, or part of a dependency.
    #[prost(bool, optional, tag = "1")]
    pub is_import: Option<bool>,
    /// The module that the file belongs to, if it has a name.
    #[prost(message, optional, tag = "2")]
    pub module_info: Option<ModuleInfo>,
    /// Whether the file declares no syntax.
    #[prost(bool, optional, tag = "3")]
    pub is_syntax_unspecified: Option<bool>,
    /// The indices of the dependencies that the file does not use.
    #[prost(int32, repeated, packed = "false", tag = "4")]
    pub unused_dependency: Vec<i32>,
}

/// A module at one commit.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ModuleInfo {
    /// Its name.
    #[prost(message, optional, tag = "1")]
    pub name: Option<ModuleName>,
    /// Its commit, if known.
    #[prost(string, optional, tag = "2")]
    pub commit: Option<String>,
}

/// The name of a module: `remote/owner/repository`.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ModuleName {
    /// The host of the registry.
    #[prost(string, optional, tag = "1")]
    pub remote: Option<String>,
    /// The owner.
    #[prost(string, optional, tag = "2")]
    pub owner: Option<String>,
    /// The repository.
    #[prost(string, optional, tag = "3")]
    pub repository: Option<String>,
}

impl BufFile {
    /// Returns the record that buf writes for a compiled file.
    pub fn new(is_import: bool, is_syntax_unspecified: bool, unused_dependency: Vec<i32>) -> Self {
        BufFile {
            is_import: Some(is_import),
            module_info: None,
            is_syntax_unspecified: Some(is_syntax_unspecified),
            unused_dependency,
        }
    }

    /// Returns the record with the module `name`: `remote/owner/repository`.
    #[must_use]
    pub fn of_module(self, name: Option<&str>) -> Self {
        let mut parts = name.into_iter().flat_map(|name| name.split('/')).map(str::to_owned);
        let name =
            ModuleName { remote: parts.next(), owner: parts.next(), repository: parts.next() };
        let is_whole = name.repository.is_some();
        let info = ModuleInfo { name: Some(name), commit: None };
        BufFile { module_info: is_whole.then_some(info), ..self }
    }

    /// Returns the record in `file`, if there is one.
    pub fn of(file: &FileDescriptorProto) -> Result<Option<BufFile>> {
        let Some(bytes) = &file.buf_image_file else { return Ok(None) };
        BufFile::decode(bytes.as_slice()).map(Some).map_err(|error| {
            let name = file.name();
            Error::new(format!("cannot decode buf's extension of `{name}` (field 8042): {error}"))
        })
    }

    /// Puts the record into `file`.
    pub fn write(&self, file: &mut FileDescriptorProto) {
        file.buf_image_file = Some(self.encode_to_vec());
    }

    /// Returns the name of the module that the file belongs to: `remote/owner/repository`.
    pub fn module_name(&self) -> Option<String> {
        let name = self.module_info.as_ref()?.name.as_ref()?;
        Some(format!("{}/{}/{}", name.remote(), name.owner(), name.repository()))
    }
}

/// Whether `file` is in its image only because others import it. A file without a record by buf
/// counts as a target file.
pub fn is_import(file: &FileDescriptorProto) -> bool {
    matches!(BufFile::of(file), Ok(Some(record)) if record.is_import())
}
