//! Tests `docs/cli.md`: its program and its commands run in order, and must print what the document shows.
//! `RUNE_BLESS=1` writes the actual output into the document.

use crate::folder::Folder;
use std::fs;

/// The program at the beginning of the document.
#[allow(dead_code, reason = "its `main` is only run")]
mod train_step {
    include!("train_step.rs");

    /// Runs it in a folder. Only one test may do so.
    pub fn run_in(folder: &std::path::Path) {
        std::env::set_current_dir(folder).unwrap();
        main().unwrap();
    }
}

const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/cli.md");

/// A command of the document, and the lines of its output.
struct Shown {
    command: String,
    output: std::ops::Range<usize>,
}

/// Returns the commands in the blocks that begin with ```console. Each command follows a `$ `, and precedes its output.
fn commands(lines: &[&str]) -> Vec<Shown> {
    let mut found: Vec<Shown> = Vec::new();
    let mut inside = false;
    for (i, line) in lines.iter().enumerate() {
        if line.starts_with("```") {
            inside = *line == "```console";
        } else if let Some(command) = line.strip_prefix("$ ").filter(|_| inside) {
            found.push(Shown { command: command.to_owned(), output: i + 1..i + 1 });
        } else if let Some(last) = found.last_mut().filter(|_| inside) {
            last.output.end = i + 1;
        }
    }
    found
}

/// Returns a line without the parts that differ between runs and processors: times, numbers of speed or of code for
/// this machine, and the last digits of results.
fn steady(line: &str) -> String {
    let of_here =
        ["calls per second", "times as fast", "median ", " for llvm-cpu,"].iter().any(|phrase| line.contains(phrase));
    let word = |word: &str| {
        let bare = word.trim_end_matches([',', ':']);
        let unit = ["ns", "µs", "ms", "s"].iter().find_map(|unit| bare.strip_suffix(unit));
        let number = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_digit() || c == '.' || c == ',');
        match word.parse::<f64>() {
            _ if unit.is_some_and(number) || of_here && number(bare) => "_".to_owned(),
            Ok(x) if word.contains('.') => format!("{x:.3e}"),
            Ok(_) | Err(_) => word.to_owned(),
        }
    };
    line.split_whitespace().map(word).collect::<Vec<_>>().join(" ")
}

#[test]
fn the_walk_through_is_real() {
    let text = fs::read_to_string(DOCUMENT).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert!(text.contains(include_str!("train_step.rs")), "the program in docs/cli.md is not train_step.rs");
    let folder = Folder::of(&[]);
    train_step::run_in(&folder.path(""));
    let shown = commands(&lines);
    assert!(shown.len() > 15, "only {} commands are read", shown.len());

    let bless = std::env::var_os("RUNE_BLESS").is_some();
    let (mut wrong, mut new, mut next) = (String::new(), String::new(), 0);
    for Shown { command, output } in shown {
        let ran = folder.shell(&format!("{{ {command}\n}} 2>&1"));
        let printed = String::from_utf8(ran.stdout).unwrap();
        let expected = &lines[output.clone()];
        if !printed.lines().map(steady).eq(expected.iter().map(|line| steady(line))) {
            wrong += &format!("$ {command}\n{printed}\nand not\n{}\n\n", expected.join("\n"));
        }
        lines[next..output.start].iter().for_each(|line| new += &format!("{line}\n"));
        new += &printed;
        next = output.end;
    }
    lines[next..].iter().for_each(|line| new += &format!("{line}\n"));
    if bless {
        fs::write(DOCUMENT, new).unwrap();
    } else {
        assert!(wrong.is_empty(), "docs/cli.md is not what is printed (RUNE_BLESS=1 writes it):\n{wrong}");
    }
}
