//! Tests that Ctrl-C leaves nothing behind.
#![cfg(unix)]

use crate::folder::Folder;
use std::process::{Command, Stdio};
use std::time::Duration;

/// Products that compile for longer than the test waits, and that are too small for host calls.
fn slow() -> String {
    let dims = "dims={\"lhs_batch\": [], \"rhs_batch\": [], \"lhs_contract\": [1], \"rhs_contract\": [0]}, out=\"f32\"";
    let mut text = "def f(x0): # [40, 40, f32] -> [40, 40, f32]\n    z0 = rune.neg(x0)\n".to_owned();
    for i in 1..120 {
        text += &format!("    z{i} = rune.dot_general(z{}, x0, {dims})\n", i - 1);
    }
    text + "    return z119\n"
}

#[test]
fn a_compilation_that_is_interrupted_leaves_nothing() {
    let folder = Folder::of(&[("slow.rune", &slow()), ("old.vmfb", "old")]);
    let temporary = tempfile::tempdir().unwrap();
    let cache = folder.path("cache");
    for (milliseconds, signal) in [(20, "INT"), (150, "TERM"), (350, "INT")] {
        let mut command = folder.command(&["compile", "slow.rune", "-o", "old.vmfb"]);
        command.env("TMPDIR", temporary.path()).env("RUNE_CACHE_DIR", &cache);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(milliseconds));
        assert_eq!(child.try_wait().unwrap(), None, "it is done before it is interrupted");
        let kill = Command::new("kill").args(["-s", signal, &child.id().to_string()]).status().unwrap();
        assert!(kill.success());
        let status = child.wait().unwrap();
        assert_eq!(status.code(), None, "it ends by the signal");
        assert_eq!(std::fs::read_dir(temporary.path()).unwrap().count(), 0, "after {milliseconds} ms");
    }
    assert_eq!(std::fs::read_to_string(folder.path("old.vmfb")).unwrap(), "old");
    assert_eq!(folder.files(), ["old.vmfb", "slow.rune"]);
}
