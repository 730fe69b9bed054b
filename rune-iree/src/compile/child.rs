//! Runs `iree-compile` in a child process. This process survives a crash or a hang of the child. If this process ends,
//! the child ends too, on Linux.

use super::limits::Limits;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// The polling interval. The shortest compilation takes a hundred times as long.
const PAUSE: Duration = Duration::from_millis(4);
/// The maximum size of the compiler's output to keep. The compiler can print the whole program in each of many
/// messages.
const MAX_OUTPUT: u64 = 8 << 20;

/// The reason why a run of the compiler ended.
pub(super) enum ExitReason {
    /// The process exited.
    Exited(ExitStatus),
    /// It exceeded the time limit.
    TimedOut(Duration),
    /// The result is no longer wanted.
    Cancelled,
}

/// A run of the compiler.
pub(super) struct CompilerRun<'a> {
    pub executable: &'a Path,
    pub arguments: Vec<OsString>,
    /// The standard input.
    pub input: File,
    /// The folder for its temporary files.
    pub folder: &'a Path,
    /// Whether it runs at the lowest priority and on one core.
    pub background: bool,
    pub limits: Limits,
    /// Called every few milliseconds. The run is cancelled if it returns false.
    pub go_on: &'a mut dyn FnMut() -> bool,
}

/// Runs the compiler until it ends. Returns the reason and its standard error.
pub(super) fn run(run: CompilerRun<'_>) -> io::Result<(ExitReason, String)> {
    let CompilerRun { executable, arguments, input, folder, background, limits, go_on } = run;
    let mut command = wrapped(executable, background, limits);
    command.args(arguments).env("TMPDIR", folder);
    // It would take half a minute to symbolize the stack trace of a crash.
    command.env("LLVM_DISABLE_SYMBOLIZATION", "1").env("LLVM_DISABLE_CRASH_REPORT", "1");
    command.stdin(input).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn()?;
    let stderr = child.stderr.take().map(reader);
    let running = Running::register(child);
    let start = Instant::now();
    let ended = loop {
        if let Some(status) = running.child().try_wait()? {
            break ExitReason::Exited(status);
        }
        if let Some(limit) = limits.time.filter(|limit| start.elapsed() > *limit) {
            break ExitReason::TimedOut(limit);
        }
        if !go_on() {
            break ExitReason::Cancelled;
        }
        thread::sleep(PAUSE);
    };
    // This ends the process if it still runs, so that the reader sees the end of its output.
    drop(running);
    let stderr = stderr.and_then(|reader| reader.join().ok()).unwrap_or_default();
    Ok((ended, stderr))
}

/// Reads the output of the compiler in a separate thread, so that a full pipe does not block the compiler.
fn reader(mut from: impl Read + Send + 'static) -> JoinHandle<String> {
    thread::spawn(move || {
        let mut stderr = Vec::new();
        let _ = from.by_ref().take(MAX_OUTPUT).read_to_end(&mut stderr);
        let _ = io::copy(&mut from, &mut io::sink());
        String::from_utf8_lossy(&stderr).into_owned()
    })
}

/// Returns the command that runs the compiler within its limits, and that ends with this process.
#[cfg(unix)]
fn wrapped(executable: &Path, background: bool, limits: Limits) -> Command {
    // A crash leaves no core dump. A limit that the system lacks is omitted.
    const SCRIPT: &str = "ulimit -c 0; [ \"$0\" = 0 ] || ulimit -d \"$0\" 2>/dev/null; exec \"$@\"";
    let found = |tool: &str| ["/usr/bin", "/bin"].iter().map(|dir| Path::new(dir).join(tool)).find(|p| p.is_file());
    let mut words: Vec<PathBuf> = Vec::new();
    if let (true, Some(setpriv)) = (cfg!(target_os = "linux"), found("setpriv")) {
        words.extend([setpriv, "--pdeathsig".into(), "KILL".into(), "--".into()]);
    }
    words.extend(["/bin/sh".into(), "-c".into(), SCRIPT.into(), limits.memory.div_ceil(1024).to_string().into()]);
    if let (true, Some(nice)) = (background, found("nice")) {
        words.extend([nice, "-n".into(), "19".into()]);
    }
    words.push(executable.to_owned());
    let mut command = Command::new(&words[0]);
    command.args(&words[1..]);
    command
}

#[cfg(not(unix))]
fn wrapped(executable: &Path, _: bool, _: Limits) -> Command {
    Command::new(executable)
}

/// The running compilers of this process.
static RUNNING: Mutex<BTreeMap<u64, Arc<Mutex<Child>>>> = Mutex::new(BTreeMap::new());

/// A process. Dropping it kills and reaps the process.
struct Running {
    number: u64,
    child: Arc<Mutex<Child>>,
}

impl Running {
    fn register(child: Child) -> Running {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let (number, child) = (COUNT.fetch_add(1, Ordering::Relaxed), Arc::new(Mutex::new(child)));
        lock(&RUNNING).insert(number, child.clone());
        Running { number, child }
    }
    fn child(&self) -> MutexGuard<'_, Child> {
        lock(&self.child)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        lock(&RUNNING).remove(&self.number);
        end(&mut self.child());
    }
}

/// Kills and reaps a process. Does nothing if it has ended.
fn end(child: &mut Child) {
    let _ = child.kill();
    let _ = child.wait();
}

/// Ends all compilers of this process.
pub(super) fn end_all() {
    let all: Vec<_> = lock(&RUNNING).values().cloned().collect();
    all.iter().for_each(|child| end(&mut lock(child)));
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    const NO_LIMITS: Limits = Limits { memory: 0, time: None };

    /// Runs a shell script in place of the compiler.
    fn script(text: &str, limits: Limits, go_on: &mut dyn FnMut() -> bool) -> (ExitReason, String) {
        let folder = tempfile::tempdir().unwrap();
        let arguments = ["-c", text].map(OsString::from).to_vec();
        let (executable, folder) = (Path::new("/bin/sh"), folder.path());
        let input = File::open("/dev/null").unwrap();
        run(CompilerRun { executable, arguments, input, folder, background: true, limits, go_on }).unwrap()
    }

    #[test]
    fn a_long_output_is_cut_and_read_to_its_end() {
        let (ended, stderr) = script("yes | head -c 10000000 >&2; exit 3", NO_LIMITS, &mut || true);
        assert!(matches!(ended, ExitReason::Exited(status) if status.code() == Some(3)));
        assert_eq!(stderr.len() as u64, MAX_OUTPUT);
    }

    #[test]
    fn a_process_that_takes_too_long_or_is_unwanted_is_ended() {
        let start = Instant::now();
        let limits = Limits { time: Some(Duration::from_secs(2)), ..NO_LIMITS };
        let (ended, stderr) = script("echo so far >&2; exec sleep 60", limits, &mut || true);
        assert!(matches!(ended, ExitReason::TimedOut(_)));
        assert_eq!(stderr, "so far\n");
        let mut looks = 0;
        let mut thrice = || {
            looks += 1;
            looks < 3
        };
        let (ended, _) = script("exec sleep 60", NO_LIMITS, &mut thrice);
        assert!(matches!(ended, ExitReason::Cancelled));
        assert!(start.elapsed() < Duration::from_secs(20));
    }

    #[test]
    fn the_limits_hold_in_the_process() {
        let limits = Limits { memory: 64 << 20, ..NO_LIMITS };
        let (_, stderr) = script("ulimit -d >&2; ulimit -c >&2; nice >&2", limits, &mut || true);
        assert_eq!(stderr, "65536\n0\n19\n");
        let (_, stderr) = script("ulimit -d >&2", NO_LIMITS, &mut || true);
        assert_eq!(stderr, "unlimited\n");
    }
}
