//! The content of a repository's objects, through long-lived `git cat-file --batch` processes.

use super::command::{Git, cannot_run};
use crate::error::{Error, Result};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::sync::Mutex;

/// A store of objects that any number of threads may read: each uses an idle process, or starts
/// one.
pub(super) struct Objects {
    git: Git,
    idle: Mutex<Vec<Batch>>,
}

impl Objects {
    pub(super) fn new(git: Git) -> Self {
        Objects { git, idle: Mutex::new(Vec::new()) }
    }

    /// Returns the content of the file with the name `name` in git (an id, `REVISION:PATH`), of at
    /// most `limit` bytes; none if there is no such object or if it is not a file.
    pub(super) fn read(&self, name: &str, limit: u64) -> Result<Option<Vec<u8>>> {
        if name.contains('\n') {
            return Ok(None);
        }
        match self.stored(name, limit) {
            Ok(Some(content)) => Ok(Some(content)),
            // The object may be missing in a partial clone.
            _ if self.git.promisor().is_some() => self.fetched(name, limit),
            other => other,
        }
    }

    fn stored(&self, name: &str, limit: u64) -> Result<Option<Vec<u8>>> {
        let mut batch = match self.take_idle() {
            Some(batch) => batch,
            None => Batch::start(&self.git.offline())?,
        };
        let content = batch.request(name, limit)?;
        // After a failure the process is not reused: it may be in the middle of a response.
        self.idle.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).push(batch);
        Ok(content)
    }

    /// Reads an object with a separate process, which may fetch it and has a time limit.
    fn fetched(&self, name: &str, limit: u64) -> Result<Option<Vec<u8>>> {
        let ended = self.git.read(&["cat-file", "blob", name], move |stdout| {
            crate::files::read_bounded(stdout, limit)
        });
        let ended = ended.map_err(|error| error.at(name))?;
        Ok((ended.code == Some(0)).then_some(ended.stdout))
    }

    fn take_idle(&self) -> Option<Batch> {
        self.idle.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).pop()
    }
}

/// A process that reads one request per line. Each response is a header line and the content.
struct Batch {
    child: Child,
    requests: Option<ChildStdin>,
    responses: BufReader<ChildStdout>,
}

impl Batch {
    fn start(git: &Git) -> Result<Self> {
        let mut command = git.command(&["cat-file", "--batch"]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().map_err(|error| cannot_run(&error))?;
        let requests = child.stdin.take();
        let responses = child.stdout.take().expect("it was asked to be piped");
        Ok(Batch { child, requests, responses: BufReader::new(responses) })
    }

    fn request(&mut self, name: &str, limit: u64) -> Result<Option<Vec<u8>>> {
        self.exchange(name, limit)
            .map_err(|error| Error::new(format!("git cat-file failed: {error}")).at(name))
    }

    fn exchange(&mut self, name: &str, limit: u64) -> io::Result<Option<Vec<u8>>> {
        let requests = self.requests.as_mut().expect("it is open until this is dropped");
        requests.write_all(format!("{name}\n").as_bytes())?;
        requests.flush()?;
        let mut header = String::new();
        self.responses.read_line(&mut header)?;
        let mut words = header.trim_end().rsplit(' ');
        let Some(size) = words.next().and_then(|size| size.parse::<u64>().ok()) else {
            // The header is `NAME missing` or `NAME ambiguous`; empty if the process has died.
            return if header.is_empty() {
                Err(io::ErrorKind::UnexpectedEof.into())
            } else {
                Ok(None)
            };
        };
        let is_file = words.next() == Some("blob");
        let size = usize::try_from(size).ok().filter(|size| *size as u64 <= limit);
        let size = size.ok_or_else(|| {
            io::Error::other(format!("the file is larger than the limit of {} MiB", limit >> 20))
        })?;
        let mut content = vec![0; size + 1];
        self.responses.read_exact(&mut content)?;
        content.truncate(size);
        Ok(is_file.then_some(content))
    }
}

impl Drop for Batch {
    fn drop(&mut self) {
        // It only reads, so it can be killed, even while it writes an object that is not read.
        drop(self.requests.take());
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
