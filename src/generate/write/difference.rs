//! Differences between the outputs and the generated files.

/// A difference between a file and what was generated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// The content of a listed file: the old one, and the generated one.
    Changed(String, String),
    /// The content of a file that no manifest lists, so that it may be hand-written: the old one,
    /// and the generated one.
    Foreign(String, String),
    /// A generated file does not exist.
    Missing,
    /// A file of an earlier run was not generated again.
    Stale,
    /// A file looks generated, but no plugin generated it and no manifest lists it.
    Unowned,
    /// The manifest does not list a generated file.
    Unlisted,
    /// The manifest differs, though it lists every file.
    Manifest,
    /// An archive has the right content, but not the comment of `generate`.
    Unmarked,
    /// Something that `generate` never removes is in the way.
    InTheWay(Obstacle),
    /// An earlier run was interrupted.
    Interrupted,
}

/// Something in the way of a generated file. No flag removes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// A symbolic link: it may lead out of the output.
    Link,
    /// A folder in place of a file.
    Folder,
    /// A file in place of a folder.
    File,
    /// Neither a file nor a folder: a pipe, a device.
    Special,
}

impl Obstacle {
    /// Returns the problem, without the subject. It is part of fingerprints and must stay as it is.
    pub fn problem(self) -> &'static str {
        match self {
            Obstacle::Link => "is a symbolic link, which may lead out of the output folder",
            Obstacle::Folder => "is a folder, where `generate` would write a file",
            Obstacle::File => "is a file, where `generate` would make a folder",
            Obstacle::Special => "is neither a file nor a folder",
        }
    }

    /// Returns how to solve it.
    pub fn help(self) -> &'static str {
        match self {
            Obstacle::Link => "delete the link",
            Obstacle::Folder => "move the folder: `generate` deletes none, with or without --force",
            Obstacle::File => "move the file, or name another `out` in the template",
            Obstacle::Special => "move it",
        }
    }
}
