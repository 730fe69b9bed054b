//! Ctrl-C, in a child process, because a signal reaches all threads of a process.

#![cfg(unix)]

use rune::prelude::*;
use rune::train::data::FromFn;
use rune::train::{Checkpoints, StopReason, Trainer};
use signal_hook::consts::SIGINT;
use signal_hook::low_level::raise;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Output};

/// The environment variable with the role of the child process and the folder of its checkpoints: `role:folder`.
const ROLE: &str = "RUNE_TRAIN_CTRL_C";

fn child(role: &str, folder: &std::path::Path) -> Output {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "the_child", "--nocapture"]).env(ROLE, format!("{role}:{}", folder.display()));
    command.output().unwrap()
}

/// Does nothing, unless another test runs it in a child process.
#[test]
fn the_child() {
    let Ok(role) = std::env::var(ROLE) else { return };
    let (role, folder) = role.split_once(':').unwrap();
    let trainer = Trainer { steps: 20, checkpoints: Some(Checkpoints::new(folder)), ..Trainer::default() };
    let step = |n: Tensor, &i: &u64| {
        if i == 5 {
            raise(SIGINT).unwrap();
            println!("the step goes on");
            if role == "twice" {
                raise(SIGINT).unwrap();
            }
        }
        (n + 1i32, Tensor::scalar(1.0f32))
    };
    let done = trainer.fit(Tensor::scalar(0i32), &mut FromFn::new(Ok), step).unwrap();
    assert_eq!(done.reason, StopReason::Interrupted);
    println!("stopped after {} steps", done.step);
    // Afterwards signals are as before.
    raise(SIGINT).unwrap();
    println!("still there");
}

#[test]
fn the_first_one_saves_and_stops() {
    let folder = tempfile::tempdir().unwrap();
    let output = child("once", folder.path());
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("the step goes on\nstopped after 6 steps"), "{output:?}");
    assert!(!text.contains("still there"), "{output:?}");
    assert_eq!(output.status.signal(), Some(SIGINT), "{output:?}");
    let latest = Checkpoints::new(folder.path()).latest(&Tensor::scalar(0i32)).unwrap().unwrap();
    assert_eq!((latest.checkpoint.step, latest.checkpoint.state.item::<i32>().unwrap()), (6, 6));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(errors, "", "no bar is drawn where there is no terminal");
}

#[test]
fn the_second_one_ends_the_process() {
    let folder = tempfile::tempdir().unwrap();
    let output = child("twice", folder.path());
    assert_eq!(output.status.signal(), Some(SIGINT), "{output:?}");
    assert!(!String::from_utf8_lossy(&output.stdout).contains("stopped"), "{output:?}");
    assert_eq!(Checkpoints::new(folder.path()).steps().unwrap(), [0; 0]);
}
