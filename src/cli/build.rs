//! `build`: compiles an input, and writes it as an image.

use std::path::Path;

use super::findings::{self, FormatArgs};
use super::selection::SelectionArgs;
use super::{Outcome, output};
use crate::error::{Error, Result};
use crate::files;
use crate::input::{Location, Reference};
use crate::schema::image;
use crate::workspace::{Load, Loader, Options, Rules, config_override};

/// Compile an input to an image
#[derive(Debug, clap::Args)]
pub(crate) struct BuildArgs {
    /// A directory, file, image, archive or git reference
    #[arg(default_value = ".")]
    input: String,
    /// Write the image to FILE (.binpb, .json, .txtpb or .yaml, optionally with .gz or .zst) or to
    /// standard output (`-`); append `#format=json,compression=gzip` to set the format
    #[arg(short, long, value_name = "FILE", allow_hyphen_values = true)]
    output: Option<String>,
    /// Use this configuration (a file or inline data) instead of the input's own
    #[arg(long, value_name = "FILE_OR_DATA")]
    config: Option<String>,
    /// Leave out imported files
    #[arg(long)]
    exclude_imports: bool,
    /// Leave out source info: locations and comments
    #[arg(long)]
    exclude_source_info: bool,
    #[command(flatten)]
    selection: SelectionArgs,
    #[command(flatten)]
    format: FormatArgs,
}

pub(crate) fn run(args: &BuildArgs) -> Result<Outcome> {
    let config = config_override("config", args.config.as_deref())?;
    let options = Options { single_namespace: true, ..args.selection.options()? };
    let loaded = match Loader::new(options)?.load(&args.input, config.as_ref(), Rules::None)? {
        Load::Ready(loaded) => loaded,
        Load::CompileErrors(findings, texts) => {
            return findings::report(findings, args.format.error_format, &texts);
        }
    };
    let Some(output) = &args.output else {
        return findings::report(Vec::new(), args.format.error_format, &loaded.texts);
    };
    let mut set = image::of_schema(loaded.schema);
    if args.exclude_imports {
        set.file.retain(|file| !image::is_import(file));
    }
    if args.exclude_source_info {
        set.file.iter_mut().for_each(|file| file.source_code_info = None);
    }
    let Reference::Image { location, format, compression } = Reference::parse(output)? else {
        return Err(Error::new("unknown image extension")
            .at(output)
            .help("use .binpb, .json, .txtpb or .yaml, optionally followed by .gz or .zst"));
    };
    let fill = |sink: &mut files::Sink<'_>| match compression {
        image::Compression::None => image::write(&set, format, sink),
        packed => sink(&image::compress(&image::encode(&set, format)?, packed)),
    };
    match location {
        Location::Stdin => output::print_pieces(fill)?,
        Location::File(path) => files::write_pieces(Path::new(&path), fill)?,
    }
    // Dropping a large set takes time, and the process exits anyway.
    std::mem::forget(set);
    Ok(Outcome::Clean)
}
