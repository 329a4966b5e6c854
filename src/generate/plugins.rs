//! Runs the plugins of a template, with all their requests in parallel.

use std::path::{Component, Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use super::built_in;
use super::environment::{Environment, RunError};
use super::filter;
use super::protoc;
use super::protocol::{Request, Response};
use super::request::{RequestSource, requests};
use super::response::{self, GeneratedOutputs, MissingPlugin};
use crate::config::{Plugin, Program};
use crate::error::{Error, Result};
use crate::parallel;
use crate::printable;
use crate::process::{self, Failure};
use crate::schema::Schema;

/// Runs `plugins` on the target files of `schema`. Nothing is written.
///
/// # Errors
///
/// A plugin fails. The error names it, and quotes what it wrote to standard error.
pub fn generate(
    schema: &Schema,
    plugins: &[Plugin],
    environment: &Environment,
) -> Result<GeneratedOutputs> {
    let filtered = filtered(schema, plugins)?;
    let sources: Vec<RequestSource<'_>> = filtered
        .iter()
        .map(|(_, part)| RequestSource::new(part.as_ref().unwrap_or(schema)))
        .collect();
    let source_of = |plugin: &Plugin| {
        let at = filtered.iter().position(|(first, _)| has_same_types(first, plugin));
        &sources[at.expect("every plugin has its part")]
    };
    let tasks: Vec<Task<'_>> = (0..)
        .zip(plugins)
        .flat_map(|(index, plugin)| {
            let requests = requests(source_of(plugin), plugin).into_iter();
            requests.map(move |request| Task { index, plugin, request })
        })
        .collect();
    let mut results = run_all(tasks, environment)?.into_iter().peekable();
    let mut outputs = GeneratedOutputs::default();
    for (index, plugin) in plugins.iter().enumerate() {
        let out = output(&environment.folder, &plugin.out);
        let (mut responses, mut missing) = (Vec::new(), None);
        while let Some(result) = results.next_if(|result| result.index == index) {
            match result.outcome {
                Outcome::Responded(response, warnings) => {
                    responses.push(response);
                    outputs.warnings.extend(warnings);
                }
                Outcome::Missing(plugin) => missing = Some(plugin),
            }
        }
        match missing {
            Some(missing) => outputs.record_missing(index, missing, out),
            None => outputs.add(index, plugins, &out, responses)?,
        }
    }
    outputs.warnings.sort();
    outputs.warnings.dedup();
    Ok(outputs)
}

/// Filters `schema` for `plugins`, once for all plugins with the same types. Each result comes with
/// the first of these plugins; none stands for the whole schema.
fn filtered<'p>(
    schema: &Schema,
    plugins: &'p [Plugin],
) -> Result<Vec<(&'p Plugin, Option<Schema>)>> {
    let mut filtered: Vec<(&Plugin, Option<Schema>)> = Vec::new();
    for plugin in plugins {
        if filtered.iter().any(|(first, _)| has_same_types(first, plugin)) {
            continue;
        }
        let is_whole = plugin.types.is_empty() && plugin.exclude_types.is_empty();
        let filter = || filter::filter(schema, &plugin.types, &plugin.exclude_types);
        filtered.push((plugin, (!is_whole).then(filter).transpose()?));
    }
    Ok(filtered)
}

fn has_same_types(one: &Plugin, other: &Plugin) -> bool {
    one.types == other.types && one.exclude_types == other.exclude_types
}

/// Returns the canonical form of an output: `./gen/`, `x/../gen` and the absolute path are all
/// `gen`.
fn output(folder: &Path, out: &str) -> String {
    let mut path = PathBuf::new();
    for part in folder.join(out).components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => _ = path.pop(),
            part => path.push(part),
        }
    }
    let path = path.strip_prefix(folder).unwrap_or(&path);
    match path.to_string_lossy() {
        path if path.is_empty() => ".".to_owned(),
        path => path.into_owned(),
    }
}

/// One request to one plugin.
struct Task<'a> {
    index: usize,
    plugin: &'a Plugin,
    request: Request<'a>,
}

/// The result of a task.
struct TaskResult {
    /// The index of the plugin.
    index: usize,
    outcome: Outcome,
}

/// The outcome of a request that did not fail.
enum Outcome {
    /// The response of the plugin, and warnings about it.
    Responded(Response, Vec<String>),
    /// The plugin is not installed, and may be missing.
    Missing(MissingPlugin),
}

/// Runs `tasks` on all cores and returns their results in order. After a failure no other task is
/// started.
fn run_all(tasks: Vec<Task<'_>>, environment: &Environment) -> Result<Vec<TaskResult>> {
    let threads = parallel::threads(tasks.len());
    let failed = AtomicBool::new(false);
    let mut results: Vec<Option<Result<TaskResult>>> = tasks.iter().map(|_| None).collect();
    let queue = Mutex::new(tasks.into_iter().zip(results.iter_mut()));
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while !failed.load(Ordering::Relaxed) {
                    let next = queue.lock().expect("no worker panics while it holds it").next();
                    let Some((task, slot)) = next else { return };
                    let outcome = task.run(environment);
                    failed.fetch_or(outcome.is_err(), Ordering::Relaxed);
                    *slot = Some(outcome.map(|outcome| TaskResult { index: task.index, outcome }));
                }
            });
        }
    });
    drop(queue);
    // After a failure, later tasks may not have been started.
    results.into_iter().flatten().collect()
}

impl Task<'_> {
    fn run(&self, environment: &Environment) -> Result<Outcome> {
        if let Some(name) = self.plugin.program.built_in() {
            let make = built_in::find(name)?;
            return self.finish(make(&self.request, environment), environment);
        }
        match &self.plugin.program {
            Program::Local(words) => self.run_program(words, environment),
            Program::Named { name, protoc } => self.run_named(name, protoc, environment),
        }
    }

    /// Runs `protoc-gen-NAME`, or else the generator of that name in protoc.
    fn run_named(
        &self,
        name: &str,
        protoc: &[String],
        environment: &Environment,
    ) -> Result<Outcome> {
        let program = [format!("protoc-gen-{name}")];
        let optional = Environment { allow_missing: true, ..environment.clone() };
        let missing = match self.run_program(&program, &optional)? {
            Outcome::Missing(missing) => missing,
            outcome => return Ok(outcome),
        };
        if !protoc::BUILT_IN.contains(&name) {
            return self.finish(Err(Failure::NotFound(missing.program).into()), environment);
        }
        let default = ["protoc".to_owned()];
        let words = if protoc.is_empty() { &default[..] } else { protoc };
        self.finish(protoc::run(name, words, &self.request, environment), environment)
    }

    fn run_program(&self, words: &[String], environment: &Environment) -> Result<Outcome> {
        let name = &self.plugin.name;
        let mut command = environment.command(words);
        let ended = match process::run(&mut command, self.request.encode(), environment.limit) {
            Ok(ended) => ended,
            Err(failure) => return self.finish(Err(failure.into()), environment),
        };
        let stderr = String::from_utf8_lossy(&ended.stderr).trim_end().to_owned();
        match ended.code {
            Some(0) => {}
            Some(code) => {
                let problem = format!("the plugin {name:?} ended with exit code {code}");
                return Err(quoting(problem, &stderr));
            }
            None => {
                let problem = format!("the plugin {name:?} was ended by a signal");
                return Err(quoting(problem, &stderr));
            }
        }
        let response = Response::read(&ended.stdout).map_err(|error| {
            let problem =
                format!("the plugin {name:?} wrote an invalid CodeGeneratorResponse: {error}");
            quoting(problem, &stderr).help("a plugin writes nothing else to standard output")
        })?;
        self.responded(response, &stderr)
    }

    /// Returns the outcome of a generator that gave `result`.
    fn finish(
        &self,
        result: Result<Response, RunError>,
        environment: &Environment,
    ) -> Result<Outcome> {
        let name = &self.plugin.name;
        match result {
            Ok(response) => self.responded(response, ""),
            Err(RunError::Refused(why)) => {
                Err(Error::quoting(format!("the plugin {name:?}: {why}")))
            }
            Err(RunError::Failed(Failure::NotFound(program))) if environment.allow_missing => {
                Ok(Outcome::Missing(MissingPlugin { plugin: name.clone(), program }))
            }
            Err(RunError::Failed(failure)) => Err(failed(name, failure, environment)),
        }
    }

    /// Checks `response`, and makes a warning of what its plugin wrote to standard error.
    fn responded(&self, response: Response, stderr: &str) -> Result<Outcome> {
        let name = &self.plugin.name;
        let warning = response::check(&response, &self.request, self.plugin)?;
        let quoted = printable::lines(stderr);
        let stderr = (!quoted.is_empty()).then(|| format!("the plugin {name:?}: {quoted}"));
        Ok(Outcome::Responded(response, warning.into_iter().chain(stderr).collect()))
    }
}

/// Returns the error for a plugin that did not run, or not to its end.
fn failed(name: &str, failure: Failure, environment: &Environment) -> Error {
    match failure {
        Failure::NotFound(program) => {
            let missing = MissingPlugin { plugin: name.to_owned(), program };
            Error::new(format!("the plugin {missing} is not installed"))
                .help((environment.help)(&missing))
        }
        failure @ (Failure::Start(_) | Failure::Output(_) | Failure::Files(_)) => {
            Error::new(format!("the plugin {name:?} {failure}"))
        }
        Failure::TimedOut(stderr) => {
            let seconds = environment.limit.as_secs();
            let problem = format!("the plugin {name:?} timed out after {seconds} s");
            quoting(problem, String::from_utf8_lossy(&stderr).trim_end())
                .help("raise the limit with --timeout")
        }
    }
}

/// Returns an error with what the plugin wrote to standard error.
fn quoting(problem: String, stderr: &str) -> Error {
    match stderr {
        "" => Error::new(problem),
        stderr => Error::quoting(format!("{problem}\n{stderr}")),
    }
}
