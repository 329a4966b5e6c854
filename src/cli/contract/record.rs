//! `contract record`: writes interactions from the calls of a real client to a real server.

use super::{Context, INTERACTIONS, ServerArgs, interactions, listening, released, versions};
use crate::cli::selection::{create_folder, folder_of};
use crate::cli::text::counted;
use crate::cli::{Outcome, eprint, print};
use crate::contract::{self, Recording};
use crate::error::{Error, Result};
use crate::files;
use crate::printable;
use crate::report::Format;

/// Write interactions from a client's calls to a running server, which go through a proxy, until Ctrl-C
#[derive(Debug, clap::Args)]
pub(super) struct RecordArgs {
    #[command(flatten)]
    server: ServerArgs,
    /// The consumer whose client makes the calls
    #[arg(long, value_name = "NAME")]
    consumer: String,
    /// Listen on this port of 127.0.0.1; 0 for any free one
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    port: u16,
    /// The release that the client was built with [default: for each method the newest that has it]
    #[arg(long, value_name = "RELEASE")]
    release: Option<String>,
    /// Do not write the values of this field, package.Message.field (repeatable)
    #[arg(long, value_name = "FIELD")]
    redact: Vec<String>,
    /// Write this metadata of requests and responses, which is otherwise left out (repeatable)
    #[arg(long, value_name = "KEY")]
    metadata: Vec<String>,
}

pub(super) fn run(args: &RecordArgs) -> Result<Outcome> {
    super::new::check_consumer(&args.consumer)?;
    let (context, loaded) = match Context::load(Format::Text)? {
        Ok(loaded) => loaded,
        Err(outcome) => return Ok(outcome),
    };
    let Context { settings, loader } = &context;
    let released = released(settings, loader)?;
    let versions = versions(&released, &loaded.schema);
    let known = interactions(settings, loader, &versions, &[])?.interactions;
    let taken = known.into_iter().filter(|it| it.consumer == args.consumer).map(|it| it.name);
    let recording = Recording {
        consumer: args.consumer.clone(),
        release: args.release.clone(),
        metadata: args.metadata.iter().map(|key| key.to_lowercase()).collect(),
        redact: args.redact.clone(),
        taken: taken.collect(),
    };
    let folder = folder_of(loader, settings, INTERACTIONS).join(&args.consumer);
    create_folder(loader, settings, &folder)?;
    let recorded = contract::record(
        &args.server.target,
        &args.server.tls(),
        args.port,
        &recording,
        &versions,
        &listening,
    )?;
    for reason in &recorded.left_out {
        eprint(&format!("not recorded: {}\n", printable::line(reason)));
    }
    if recorded.files.is_empty() {
        return Err(Error::new("no call was recorded")
            .help("let the client call the address that was printed, then press Ctrl-C"));
    }
    for (release, text, count) in &recorded.files {
        // What was recorded cannot be recorded again, so no file is in its way.
        let names = (1..).map(|number| match number {
            1 => format!("recorded-{release}.yaml"),
            _ => format!("recorded-{release}-{number}.yaml"),
        });
        let mut paths = names.map(|name| folder.join(name));
        let Some(path) = paths.find(|path| !path.exists()) else { continue };
        files::write(&path, text.as_bytes())?;
        let shown = path.display().to_string();
        let count = counted(*count, "interaction");
        print(&format!("wrote {} with {count}\n", printable::line(&shown)))?;
    }
    Ok(Outcome::Clean)
}
