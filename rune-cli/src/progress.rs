//! A progress line on the terminal for work that takes more than a second.

use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::Duration;

/// Runs `work`, and shows its progress if it takes long. `work` receives a function that reports its current step.
pub fn with_progress<T>(what: &str, work: impl FnOnce(&dyn Fn(&str)) -> T) -> T {
    if !std::io::stderr().is_terminal() {
        return work(&|_| {});
    }
    let (sender, receiver) = channel::<String>();
    let what = what.to_owned();
    let shown = std::thread::spawn(move || {
        let mut step = String::new();
        let mut bar: Option<ProgressBar> = None;
        let mut wait = Duration::from_secs(1);
        loop {
            match receiver.recv_timeout(wait) {
                Ok(next) => step = next,
                // A second has passed.
                Err(RecvTimeoutError::Timeout) => {
                    bar.get_or_insert_with(line);
                    wait = Duration::from_millis(100);
                }
                Err(RecvTimeoutError::Disconnected) => break,
            }
            if let Some(bar) = &bar {
                let step = if step.is_empty() { String::new() } else { format!(": {step}") };
                bar.set_message(format!("{what}{step}"));
                bar.tick();
            }
        }
        if let Some(bar) = bar {
            bar.finish_and_clear();
        }
    });
    let done = work(&reporter(&sender));
    drop(sender);
    // The line is removed before anything else is written.
    let _ = shown.join();
    done
}

fn reporter(sender: &Sender<String>) -> impl Fn(&str) {
    let sender = sender.clone();
    // Without a listener, the report is not needed.
    move |step| drop(sender.send(step.to_owned()))
}

fn line() -> ProgressBar {
    let style = ProgressStyle::with_template("{spinner} {msg} ({elapsed})");
    ProgressBar::new_spinner().with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()))
}
