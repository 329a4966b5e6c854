//! Runs the plugins of a template, all their requests side by side.

use std::path::{Component, Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::built_in;
use super::filter;
use super::protoc;
use super::protocol::{Request, Response};
use super::request::{Asked, requests};
use super::response::{self, Lacking, Made};
use crate::config::{Plugin, Program};
use crate::error::{Error, Result};
use crate::parallel;
use crate::printable;
use crate::process::{self, Failure};
use crate::schema::Schema;

/// What plugins run in.
#[derive(Clone, Debug)]
pub struct Environment {
    /// The folder that they run in, and that their outputs are relative to.
    pub folder: PathBuf,
    /// How long one request may take.
    pub limit: Duration,
    /// Whether a plugin that is not installed is left out ([`Made::not_installed`]).
    pub may_lack: bool,
    /// What to do about a plugin that is not installed.
    pub help: fn(&Lacking) -> String,
}

/// Has `plugins` make what they make of the files of `schema` that are meant. Nothing is written.
/// An error names the plugin that failed, and what it had to say.
pub fn generate(schema: &Schema, plugins: &[Plugin], environment: &Environment) -> Result<Made> {
    let filtered = filtered(schema, plugins)?;
    let asked: Vec<Asked<'_>> =
        filtered.iter().map(|(_, part)| Asked::new(part.as_ref().unwrap_or(schema))).collect();
    let asked_about = |plugin: &Plugin| {
        let at = filtered.iter().position(|(first, _)| has_same_types(first, plugin));
        &asked[at.expect("every plugin has its part")]
    };
    let tasks: Vec<Task<'_>> = (0..)
        .zip(plugins)
        .flat_map(|(index, plugin)| {
            let requests = requests(asked_about(plugin), plugin).into_iter();
            requests.map(move |request| Task { index, plugin, request })
        })
        .collect();
    let mut answers = run_all(tasks, environment)?.into_iter().peekable();
    let mut made = Made::default();
    for (index, plugin) in plugins.iter().enumerate() {
        let out = output(&environment.folder, &plugin.out);
        let (mut own, mut lacking) = (Vec::new(), None);
        while let Some(answer) = answers.next_if(|answer| answer.index == index) {
            made.warnings.extend(answer.warnings);
            match answer.response {
                Ok(response) => own.push(response),
                Err(program) => lacking = Some(Lacking { plugin: plugin.name.clone(), program }),
            }
        }
        match lacking {
            Some(lacking) => made.lacks(index, lacking, out),
            None => made.add(index, plugins, &out, own)?,
        }
    }
    made.warnings.sort();
    made.warnings.dedup();
    Ok(made)
}

/// What `plugins` see of `schema`, once for those that see the same, each with the first of them;
/// none where that is all.
fn filtered<'p>(
    schema: &Schema,
    plugins: &'p [Plugin],
) -> Result<Vec<(&'p Plugin, Option<Schema>)>> {
    let mut filtered: Vec<(&Plugin, Option<Schema>)> = Vec::new();
    for plugin in plugins {
        if filtered.iter().any(|(first, _)| has_same_types(first, plugin)) {
            continue;
        }
        let part = match plugin.types.is_empty() && plugin.exclude_types.is_empty() {
            true => None,
            false => Some(filter::filter(schema, &plugin.types, &plugin.exclude_types)?),
        };
        filtered.push((plugin, part));
    }
    Ok(filtered)
}

fn has_same_types(one: &Plugin, other: &Plugin) -> bool {
    one.types == other.types && one.exclude_types == other.exclude_types
}

/// The canonical form of an output: `./gen/`, `x/../gen` and the absolute path are all `gen`.
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

/// What it came to.
struct Answer {
    index: usize,
    /// Where the plugin is not installed, the program that is not there.
    response: std::result::Result<Response, String>,
    warnings: Vec<String>,
}

/// Does `tasks` on all cores; after a failure no other is begun. The answers in their order.
fn run_all(tasks: Vec<Task<'_>>, environment: &Environment) -> Result<Vec<Answer>> {
    let threads = parallel::threads(tasks.len());
    let failed = AtomicBool::new(false);
    let mut answers: Vec<Option<Result<Answer>>> = tasks.iter().map(|_| None).collect();
    let queue = Mutex::new(tasks.into_iter().zip(answers.iter_mut()));
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while !failed.load(Ordering::Relaxed) {
                    let next = queue.lock().expect("no worker panics while it holds it").next();
                    let Some((task, answer)) = next else { return };
                    let result = task.run(environment);
                    failed.fetch_or(result.is_err(), Ordering::Relaxed);
                    *answer = Some(result);
                }
            });
        }
    });
    drop(queue);
    // Where one failed, those behind it may not have been begun.
    answers.into_iter().flatten().collect()
}

impl Task<'_> {
    fn run(&self, environment: &Environment) -> Result<Answer> {
        if let Some(name) = self.plugin.program.built_in() {
            let make = built_in::find(name)?;
            return self.settle(make(&self.request, environment), environment);
        }
        match &self.plugin.program {
            Program::Local(words) => self.run_program(words, environment),
            Program::Named { name, protoc } => {
                let program = [format!("protoc-gen-{name}")];
                let answer = self.run_program(
                    &program,
                    &Environment { may_lack: true, ..environment.clone() },
                )?;
                let Err(program) = answer.response else { return Ok(answer) };
                if !protoc::BUILT_IN.contains(&name.as_str()) {
                    return self.settle(Err(Failure::Absent(program)), environment);
                }
                let default = ["protoc".to_owned()];
                let words = if protoc.is_empty() { &default[..] } else { protoc };
                self.settle(protoc::run(name, words, &self.request, environment), environment)
            }
        }
    }

    fn run_program(&self, words: &[String], environment: &Environment) -> Result<Answer> {
        let name = &self.plugin.name;
        let mut command = environment.command(words);
        let ended = match process::run(&mut command, self.request.encode(), environment.limit) {
            Ok(ended) => ended,
            Err(failure) => return self.settle(Err(failure), environment),
        };
        let stderr = String::from_utf8_lossy(&ended.stderr).trim_end().to_owned();
        match ended.code {
            Some(0) => {}
            Some(code) => {
                let problem = format!("the plugin {name:?} ended with exit code {code}");
                return Err(said(problem, &stderr));
            }
            None => {
                return Err(said(format!("the plugin {name:?} was ended by a signal"), &stderr));
            }
        }
        let response = Response::read(&ended.stdout).map_err(|error| {
            let problem = format!("the plugin {name:?} answers with what is no answer: {error}");
            said(problem, &stderr)
                .help("on standard output a plugin writes one CodeGeneratorResponse")
        })?;
        self.answered(response, &stderr)
    }

    /// What a generator that is no plugin of its own came to.
    fn settle(
        &self,
        result: Result<Result<Response, String>, Failure>,
        environment: &Environment,
    ) -> Result<Answer> {
        let name = &self.plugin.name;
        match result {
            Ok(Ok(response)) => self.answered(response, ""),
            Ok(Err(why)) => Err(Error::quoting(format!("the plugin {name:?}: {why}"))),
            Err(Failure::Absent(program)) if environment.may_lack => {
                Ok(Answer { index: self.index, response: Err(program), warnings: Vec::new() })
            }
            Err(failure) => Err(not_ended(name, failure, environment)),
        }
    }

    fn answered(&self, response: Response, stderr: &str) -> Result<Answer> {
        let name = &self.plugin.name;
        let warning = response::check(&response, &self.request, self.plugin)?;
        let said = printable::lines(stderr);
        let spoken = (!said.is_empty()).then(|| format!("the plugin {name:?}: {said}"));
        let warnings = warning.into_iter().chain(spoken).collect();
        Ok(Answer { index: self.index, response: Ok(response), warnings })
    }
}

/// The error for a plugin that gave no answer.
fn not_ended(name: &str, failure: Failure, environment: &Environment) -> Error {
    match failure {
        Failure::Absent(program) => {
            let lacking = Lacking { plugin: name.to_owned(), program };
            let problem = format!("the plugin {} is not installed", lacking);
            Error::new(problem).help((environment.help)(&lacking))
        }
        failure @ (Failure::Start(_) | Failure::Output(_) | Failure::Files(_)) => {
            Error::new(format!("the plugin {name:?} {failure}"))
        }
        Failure::Late(stderr) => {
            let seconds = environment.limit.as_secs();
            let problem = format!("the plugin {name:?} has not ended after {seconds} s");
            said(problem, String::from_utf8_lossy(&stderr).trim_end())
                .help("--timeout gives it more time")
        }
    }
}

/// An error with what the plugin had to say about it.
fn said(problem: String, stderr: &str) -> Error {
    match stderr {
        "" => Error::new(problem),
        stderr => Error::quoting(format!("{problem}\n{stderr}")),
    }
}
