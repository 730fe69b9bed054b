//! Folders with programs, in which the binary runs.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

pub const SQUARE: &str = "\
def square(x0): # [4, f32] -> [4, f32]
    y0 = rune.mul(x0, x0) # ([4, f32], [4, f32]) -> [4, f32]
    return y0
";
pub const SQUARE_JSON: &str = r#"{ "rune": 1, "name": "square",
  "inputs": [{ "name": "x0", "type": "[4, f32]" }],
  "instructions": [{ "op": "mul", "inputs": ["x0", "x0"], "results": [{ "name": "y0", "type": "[4, f32]" }] }],
  "outputs": ["y0"] }
"#;
/// Sorts two operands by the first along the last axis. On CPUs, this is a host call.
pub const SORT: &str = r#"{ "rune": 1, "name": "sorted",
  "inputs": [{ "name": "k", "type": "[2, 3, f32]" }, { "name": "v", "type": "[2, 3, i32]" }],
  "instructions": [
    { "op": "sort", "inputs": ["k", "v"], "attributes": { "dimension": 1, "num_keys": 1 },
      "results": [{ "name": "a", "type": "[2, 3, f32]" }, { "name": "b", "type": "[2, 3, i32]" }] },
    { "op": "neg", "inputs": ["a"], "results": [{ "name": "c", "type": "[2, 3, f32]" }] }],
  "outputs": ["c", "b"] }
"#;
pub const CONSTANT: &str = r#"{ "rune": 1, "name": "shifted",
  "inputs": [{ "name": "x", "type": "[2, f32]" }],
  "constants": [{ "name": "w", "type": "[2, f32]", "data": [10, 20] }],
  "instructions": [{ "op": "add", "inputs": ["x", "w"], "results": [{ "name": "y", "type": "[2, f32]" }] }],
  "outputs": ["y"] }
"#;

/// A temporary folder in which the binary runs.
pub struct Folder(TempDir);

impl Folder {
    pub fn of(files: &[(&str, &str)]) -> Folder {
        let folder = Folder(TempDir::new().unwrap());
        files.iter().for_each(|(name, text)| fs::write(folder.path(name), text).unwrap());
        folder
    }
    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rune-cli"));
        command.args(args).current_dir(self.0.path()).env_remove("RUNE_DEVICE").env_remove("LOG_JIT");
        command.env("RUNE_CACHE_DIR", Path::new(env!("CARGO_TARGET_TMPDIR")).join("cli-cache"));
        command
    }
    pub fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }
    /// Runs a shell script in the folder.
    pub fn shell(&self, script: &str) -> Output {
        let command = self.command(&[]);
        let binary = Path::new(command.get_program()).parent().unwrap();
        let path = format!("{}:{}", binary.display(), std::env::var("PATH").unwrap());
        let mut shell = Command::new("sh");
        shell.args(["-c", script]).current_dir(self.0.path()).env("PATH", path);
        shell.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        for (name, _) in command.get_envs().filter(|(_, value)| value.is_none()) {
            shell.env_remove(name);
        }
        shell.output().unwrap()
    }
    /// Runs the command, and returns its output. Asserts that it succeeds.
    pub fn prints(&self, args: &[&str]) -> String {
        let output = self.run(args);
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{args:?}");
        String::from_utf8(output.stdout).unwrap()
    }
    /// Runs the command, and returns its error message. Asserts that it exits with `code`.
    pub fn fails(&self, code: i32, args: &[&str]) -> String {
        let output = self.run(args);
        let message = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{args:?}: {message}");
        assert_eq!(String::from_utf8_lossy(&output.stdout), "", "{args:?}");
        assert!(message.starts_with("error: ") && !message.contains("panicked"), "{message}");
        message
    }
    /// Runs the command, and returns its standard error.
    pub fn fails_with(&self, args: &[&str]) -> String {
        String::from_utf8(self.run(args).stderr).unwrap()
    }
    pub fn files(&self) -> Vec<String> {
        let name = |e: std::io::Result<fs::DirEntry>| e.unwrap().file_name().into_string().unwrap();
        let mut files: Vec<String> = fs::read_dir(self.0.path()).unwrap().map(name).collect();
        files.sort();
        files
    }
}
