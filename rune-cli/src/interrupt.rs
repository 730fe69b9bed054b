//! Cleanup on Ctrl-C, so that no partial files remain.

use rune::abandon_compilations;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

/// The folders with files being written.
static FOLDERS: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());
/// Whether a signal is about to end the process.
static ENDING: AtomicBool = AtomicBool::new(false);

/// Registers a folder that files are being written to.
pub fn writes_to(folder: &Path) {
    FOLDERS.lock().unwrap_or_else(PoisonError::into_inner).insert(folder.to_owned());
}

/// Cleans up before a signal ends the process.
#[cfg(unix)]
pub fn listen() {
    use signal_hook::consts::{SIGINT, SIGTERM};
    // Without the listener, the process still ends, but temporary files stay.
    let Ok(mut signals) = signal_hook::iterator::Signals::new([SIGINT, SIGTERM]) else { return };
    std::thread::spawn(move || {
        for signal in signals.forever() {
            ENDING.store(true, Ordering::SeqCst);
            clean_up();
            // The signal's default action ends the process, so that a shell sees the cause.
            let _ = signal_hook::low_level::emulate_default_handler(signal);
        }
    });
}

#[cfg(not(unix))]
pub fn listen() {}

/// Waits for the end of the process if a signal is about to end it. A failure because of the signal is not an error to
/// report.
pub fn wait_if_ending() {
    while ENDING.load(Ordering::SeqCst) {
        std::thread::park();
    }
}

#[cfg_attr(not(unix), allow(dead_code, reason = "only the signal listener of unix calls it"))]
fn clean_up() {
    abandon_compilations();
    let ending = format!(".{}.tmp", std::process::id());
    for folder in FOLDERS.lock().unwrap_or_else(PoisonError::into_inner).iter() {
        for file in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            if file.file_name().to_str().is_some_and(|name| name.ends_with(&ending)) {
                let _ = std::fs::remove_file(file.path());
            }
        }
    }
}
