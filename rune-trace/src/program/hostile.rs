//! Programs from outside that are wrong: whatever stands in a file, it is refused or it works, in little time and memory.
//!
//! `RUNE_FUZZ_SECONDS=3600 cargo test --release -p rune-trace --lib hostile` goes on for an hour. What once failed is kept in
//! `tests/data/hostile` and tried again in each run.

use crate::testing::Generator;
use crate::{Program, Shape, interpret};
use serde_json::{Value as Json, json};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

/// Nothing takes longer, on any machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// All that is done with a program that was accepted. What it may take: time for its length, memory for what it says it holds.
fn exercise(program: &Program) {
    assert_eq!(program.verify(), Ok(()));
    let read = Program::parse_with(&program.to_string(), program.constants());
    assert_eq!(read.as_ref(), Ok(program), "{program}");
    let json = serde_json::to_string(program).unwrap();
    assert_eq!(&serde_json::from_str::<Program>(&json).unwrap(), program, "{program}");
    program.structural_hash();
    let simple = program.simplify();
    assert_eq!(simple.verify(), Ok(()));
    let floats: Vec<usize> =
        (0..program.input_types().len()).filter(|&i| program.input_types()[i].dtype.is_float()).collect();
    let bytes = |p: &Program| p.input_types().iter().chain(&p.output_types()).map(|t| t.bytes()).max().unwrap_or(0);
    // What is derived holds arrays of several times the size.
    if bytes(program) < 1 << 40 {
        for derived in [program.jvp(&floats), program.vjp(&floats)].into_iter().flatten() {
            assert_eq!(derived.verify(), Ok(()));
        }
    }
    let small = |p: &Program| bytes(p) < 1 << 20 && p.cost().bytes_written < 1 << 20 && p.cost().flops < 1 << 20;
    if small(program) && !program.to_string().contains("rune.while") {
        let inputs = Generator::new(1).inputs(program);
        if let Ok(results) = interpret::interpret(program, &inputs) {
            let types: Vec<_> = results.iter().map(|r| r.ty().clone()).collect();
            assert_eq!(types, program.output_types());
        }
    }
}

/// Whether `text` is a program; fails if that is not told, or the program does not work.
fn accepted(text: &str) -> bool {
    let program = match text.trim_start().starts_with('{') {
        true => serde_json::from_str::<Program>(text).ok(),
        false => Program::parse(text).ok(),
    };
    program.inspect(exercise).is_some()
}

/// Changes a program in one to a few places.
struct Vandal(Generator);

impl Vandal {
    fn text(&mut self) -> String {
        let size = 1 + self.0.below(12);
        let mut text = self.0.program(size).to_string();
        for _ in 0..1 + self.0.below(3) {
            text = self.change(&text);
        }
        text
    }
    fn change(&mut self, text: &str) -> String {
        const NUMBERS: [&str; 10] =
            ["0", "1", "-1", "3", "65", "4294967296", "9223372036854775807", "18446744073709551615", "1e999", "nan"];
        let random = &mut self.0;
        if !text.contains(char::is_alphanumeric) {
            return text.to_owned();
        }
        match random.below(5) {
            0 => {
                // Another number.
                let digits: Vec<usize> =
                    text.char_indices().filter(|(_, c)| c.is_ascii_digit()).map(|(i, _)| i).collect();
                if digits.is_empty() {
                    return text.to_owned();
                }
                let at = random.pick(&digits);
                let end = text[at..].find(|c: char| !c.is_ascii_digit()).map_or(text.len(), |n| at + n);
                format!("{}{}{}", &text[..at], random.pick(&NUMBERS), &text[end..])
            }
            1 => {
                // Two lines in each other's place, one twice, or one less.
                let mut lines: Vec<&str> = text.lines().collect();
                let (i, j) = (random.below(lines.len()), random.below(lines.len()));
                match random.below(3) {
                    0 => lines.swap(i, j),
                    1 => lines.insert(i, lines[j]),
                    _ => drop(lines.remove(i)),
                }
                lines.join("\n") + "\n"
            }
            2 => {
                // A word in the place of another.
                let words: Vec<&str> = text.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).collect();
                let (from, to) = (random.pick(&words), random.pick(&words));
                text.replacen(from, to, 1 + random.below(2))
            }
            3 => text.chars().take(random.below(text.len())).collect(),
            _ => {
                let at = random.below(text.chars().count());
                let odd = random.pick(&['(', ')', '[', ',', '"', '\\', '\0', '\u{2028}', 'é', '=', '#', ' ', '\t']);
                text.chars().enumerate().map(|(i, c)| if i == at { odd } else { c }).collect()
            }
        }
    }
    fn json(&mut self) -> String {
        let size = 1 + self.0.below(8);
        let mut json = serde_json::to_value(self.0.program(size)).unwrap();
        for _ in 0..1 + self.0.below(3) {
            let mut steps = self.0.below(200);
            self.change_json(&mut json, &mut steps);
        }
        json.to_string()
    }
    /// Changes the value that so many steps through the document lead to.
    fn change_json(&mut self, json: &mut Json, steps: &mut usize) {
        if *steps == 0 {
            let numbers =
                [json!(0), json!(-1), json!(u64::MAX), json!(i64::MIN), json!(1e300), json!(1u64 << 40), json!(2)];
            let others =
                [json!(null), json!(true), json!("x0"), json!("[9999999999, f32]"), json!([]), json!({}), json!("nan")];
            *json =
                if self.0.below(2) == 0 { numbers[self.0.below(7)].clone() } else { others[self.0.below(7)].clone() };
            *steps = usize::MAX;
            return;
        }
        if *steps == usize::MAX {
            return;
        }
        *steps -= 1;
        match json {
            Json::Array(items) => {
                if *steps == 0 && !items.is_empty() {
                    let at = self.0.below(items.len());
                    let copy = items[at].clone();
                    if self.0.below(2) == 0 {
                        items.push(copy)
                    } else {
                        drop(items.remove(at))
                    }
                    *steps = usize::MAX;
                }
                items.iter_mut().for_each(|item| self.change_json(item, steps));
            }
            Json::Object(fields) => {
                if *steps == 0 && !fields.is_empty() {
                    let key = fields.keys().nth(self.0.below(fields.len())).unwrap().clone();
                    fields.remove(&key);
                    *steps = usize::MAX;
                }
                fields.values_mut().for_each(|item| self.change_json(item, steps));
            }
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {}
        }
    }
}

fn kept() -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data/hostile")
}

/// The greatest memory that this process ever took, in KiB, where the system tells.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    status.lines().find_map(|l| l.strip_prefix("VmHWM:"))?.split_whitespace().next()?.parse().ok()
}

#[test]
fn programs_that_once_failed_do_no_longer() {
    let files = std::fs::read_dir(kept()).unwrap();
    for file in files {
        let path = file.unwrap().path();
        accepted(&std::fs::read_to_string(&path).unwrap());
    }
}

#[test]
fn whatever_stands_in_a_file_is_refused_or_works() {
    let seconds: Option<u64> = std::env::var("RUNE_FUZZ_SECONDS").ok().and_then(|s| s.parse().ok());
    let start = Instant::now();
    let from = seconds.map_or(0, |_| std::time::UNIX_EPOCH.elapsed().unwrap().as_nanos() as u64);
    let goes_on = |tried: u64| match seconds {
        Some(seconds) => start.elapsed() < Duration::from_secs(seconds),
        None => tried < 600,
    };
    let (mut tried, mut worked, mut failed) = (0, 0, Vec::new());
    while goes_on(tried) {
        let mut vandal = Vandal(Generator::new(from.wrapping_add(tried)));
        let text = if tried % 2 == 0 { vandal.text() } else { vandal.json() };
        if seconds.is_some() {
            // In case not this test but the process fails.
            std::fs::write(std::env::temp_dir().join("rune-hostile"), &text).unwrap();
        }
        let began = Instant::now();
        let result = catch_unwind(AssertUnwindSafe(|| accepted(&text)));
        if result.is_err() || began.elapsed() > PATIENCE {
            let name = format!(
                "{}.{}",
                blake3::hash(text.as_bytes()).to_hex().split_at(12).0,
                ["rune", "json"][tried as usize % 2]
            );
            std::fs::write(kept().join(&name), &text).unwrap();
            failed.push(name);
        }
        worked += u64::from(result.unwrap_or(false));
        tried += 1;
    }
    println!("{tried} texts, {worked} of them programs, at most {} MiB", peak_memory().unwrap_or(0) / 1024);
    assert!(failed.is_empty(), "kept in {}: {failed:?}", kept().display());
    assert!(tried < 100 || worked * 50 > tried, "{worked} of {tried} texts are programs: too few to tell");
}

/// Shapes that no memory holds, and depths that no stack does.
#[test]
fn what_is_too_large_is_refused_before_it_is_allocated() {
    let huge = Shape::from_iter([usize::MAX / 2, 3]);
    assert_eq!(huge.checked_size(), None);
    assert!(!accepted(&format!(
        "def f(x0): # [{}, 3, f32] -> [{}, 3, f32]\n    return x0\n",
        usize::MAX / 2,
        usize::MAX / 2
    )));
    let mut nested = String::new();
    for depth in 0..5000 {
        nested += &format!("{}def f{depth}(x0): # [f32] -> [f32]\n", " ".repeat(depth));
    }
    assert!(!accepted(&nested));
    let lists = format!("{{\"rune\": 1, \"name\": {}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(!accepted(&lists));
}
