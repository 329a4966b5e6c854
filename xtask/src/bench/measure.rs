//! Measures one run of a program: wall time, user and system time, peak memory.
//!
//! The last two come from `wait4`, which the standard library does not have. So programs are started
//! by Python, which the tests need anyway. Its own start is not measured.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use wireproof::error::{Error, Result};

/// A script that runs the program in its arguments, on the core in the first one if that is not
/// empty, and prints wall, user and system seconds, peak bytes and exit code. The peak is that of the largest process, and at least Python's own, since
/// Linux counts the memory of the process before it executes the program.
const STARTER: &str = r#"
import os, sys, time
if sys.argv[1]:
    os.sched_setaffinity(0, {int(sys.argv[1])})
null = os.open(os.devnull, os.O_RDWR)
quiet = [(os.POSIX_SPAWN_DUP2, null, 0), (os.POSIX_SPAWN_DUP2, null, 1)]
start = time.perf_counter()
process = os.posix_spawnp(sys.argv[2], sys.argv[2:], os.environ, file_actions=quiet)
_, status, usage = os.wait4(process, 0)
wall = time.perf_counter() - start
peak = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
print(wall, usage.ru_utime, usage.ru_stime, peak, os.waitstatus_to_exitcode(status))
"#;

/// The exit codes of both programs that mean success, with or without findings.
const SUCCESS: &[i32] = &[0, 100];

/// The cost of a run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Cost {
    pub(super) wall: Duration,
    /// The user and system time of all threads.
    pub(super) cpu: Duration,
    /// The largest resident set of a single process, in bytes.
    pub(super) peak: u64,
}

/// A starter of programs.
pub(super) struct Starter {
    pub(super) python: PathBuf,
    /// The working directory of the programs.
    pub(super) folder: PathBuf,
    /// The number of the only core that they may use, which needs Linux; none for all.
    pub(super) core: Option<usize>,
}

impl Starter {
    /// Runs `program`, and returns its cost. Its standard output is dropped.
    pub(super) fn run(&self, program: &Command) -> Result<Cost> {
        let mut python = Command::new(&self.python);
        let core = self.core.map_or_else(String::new, |core| core.to_string());
        python.args(["-I", "-S", "-c", STARTER, &core]).arg(program.get_program());
        python.args(program.get_args()).current_dir(&self.folder);
        let output = python.output().map_err(|error| Error::io(&self.python, error))?;
        let printed = String::from_utf8_lossy(&output.stdout);
        parse(&printed).ok_or_else(|| {
            let errors = String::from_utf8_lossy(&output.stderr);
            Error::quoting(format!("{program:?} failed:\n{}", errors.trim_end()))
        })
    }
}

/// Parses the output of the starter; none if the program failed.
fn parse(printed: &str) -> Option<Cost> {
    let mut numbers = printed.split_whitespace();
    let mut seconds = || numbers.next()?.parse().ok().map(Duration::from_secs_f64);
    let (wall, user, system) = (seconds()?, seconds()?, seconds()?);
    let peak = numbers.next()?.parse().ok()?;
    let code: i32 = numbers.next()?.parse().ok()?;
    SUCCESS.contains(&code).then_some(Cost { wall, cpu: user + system, peak })
}

/// Returns the median of each measure over several runs.
pub(super) fn median(costs: &[Cost]) -> Cost {
    Cost {
        wall: middle(costs.iter().map(|cost| cost.wall)),
        cpu: middle(costs.iter().map(|cost| cost.cpu)),
        peak: middle(costs.iter().map(|cost| cost.peak)),
    }
}

fn middle<T: Ord + Copy>(values: impl Iterator<Item = T>) -> T {
    let mut values: Vec<T> = values.collect();
    values.sort_unstable();
    values[values.len() / 2]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_successful_runs_count() {
        let cost = parse("1.5 0.25 0.5 4096 100\n").expect("findings are no failure");
        assert_eq!(cost.wall, Duration::from_millis(1500));
        assert_eq!(cost.cpu, Duration::from_millis(750));
        assert_eq!(cost.peak, 4096);
        assert_eq!(parse("1.5 0.25 0.5 4096 1"), None);
        assert_eq!(parse(""), None);
    }

    #[test]
    fn each_measure_has_its_own_median() {
        let cost = |wall, peak| Cost {
            wall: Duration::from_secs(wall),
            cpu: Duration::from_secs(7),
            peak,
        };
        assert_eq!(median(&[cost(9, 2), cost(1, 3), cost(5, 1)]), cost(5, 2));
    }
}
