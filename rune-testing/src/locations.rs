//! Checks the locations of panics for every public function in the sources.

use rune_ir::Program;
use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Arc, Mutex};

/// Returns the public functions in the sources below `root`, as `file::name`. `inner` names files and folders without
/// functions for users. For a macro that defines functions, the rows of its invocation are the names.
pub fn public_functions(root: &str, inner: &[&str]) -> BTreeSet<String> {
    let mut sources = Vec::new();
    let mut folders = vec![Path::new(root).to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display())) {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(root).unwrap().to_string_lossy().into_owned();
            if inner.contains(&name.as_str()) || name.ends_with("tests.rs") {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else if name.ends_with(".rs") {
                let module = path.with_extension("");
                let module = if module.ends_with("mod") { module.parent().unwrap() } else { &module };
                let stem = module.file_name().unwrap().to_string_lossy().into_owned();
                sources.push((stem, std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    let shared = sources.iter().flat_map(|(_, source)| macros(source));
    let shared = shared.filter(|(_, makes_functions)| *makes_functions).map(|(name, _)| name).collect();
    let names = |(stem, source): &(String, String)| {
        functions(source, &shared).into_iter().map(|function| format!("{stem}::{function}")).collect::<Vec<_>>()
    };
    sources.iter().flat_map(names).collect()
}

fn leading_identifier(text: &str) -> String {
    text.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect()
}

/// Returns the macros of a source file, and whether they define public functions.
fn macros(source: &str) -> BTreeMap<String, bool> {
    let (mut found, mut within) = (BTreeMap::new(), String::new());
    for text in source.lines().map(str::trim_start) {
        if let Some(name) = text.strip_prefix("macro_rules! ") {
            within = leading_identifier(name);
            found.insert(within.clone(), false);
        } else if text.starts_with("pub fn $") || text.starts_with("pub const fn $") {
            found.insert(within.clone(), true);
        }
    }
    found
}

/// Returns the names of the public functions in a source file. `shared` holds the macros of all files that define
/// public functions. The file's own macros take precedence.
fn functions(source: &str, shared: &BTreeSet<String>) -> Vec<String> {
    let source = source.split("#[cfg(test)]\nmod tests {").next().unwrap();
    let own = macros(source);
    let makes_functions = |name: &str| own.get(name).copied().unwrap_or_else(|| shared.contains(name));
    let (mut names, mut rows) = (Vec::new(), None::<usize>);
    let mut owner = String::new();
    for line in source.lines() {
        let text = line.trim_start();
        if line.starts_with("impl") && !line.ends_with('}') {
            owner = owner_of(line);
        } else if line.starts_with('}') {
            owner.clear();
        }
        for prefix in ["pub fn ", "pub const fn "] {
            if let Some(name) = text.strip_prefix(prefix).filter(|name| !name.starts_with('$')) {
                names.push(format!("{owner}{}", leading_identifier(name)));
            }
        }
        // A row of names begins at the first level of an invocation: `sum sum_axes sum_keepdims: …`, `exp = Exp,`.
        match rows {
            None => rows = line.strip_suffix("! {").is_some_and(makes_functions).then_some(0),
            Some(_) if line == "}" => rows = None,
            Some(0) if line.starts_with("    ") && !line.starts_with("     ") && !text.starts_with(['/', '#', '}']) => {
                let row = without_attributes(text);
                let row = row.split([':', '=']).next().unwrap();
                names.extend(
                    row.split(' ').map(leading_identifier).filter(|w| w.starts_with(|c: char| c.is_ascii_lowercase())),
                );
            }
            Some(_) => {}
        }
    }
    names
}

/// Removes `#[…]` between the names of a row.
fn without_attributes(row: &str) -> String {
    let mut parts = row.split("#[");
    let first = parts.next().unwrap_or_default();
    let rest = parts.map(|part| part.split_once("] ").map_or("", |(_, names)| names));
    [first].into_iter().chain(rest).collect()
}

/// Returns the functions in the sources below `root` that are documented to panic but lack `#[track_caller]`.
pub fn silent_panics(root: &str) -> Vec<String> {
    let (mut found, mut folders) = (Vec::new(), vec![Path::new(root).to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let source = std::fs::read_to_string(&path).unwrap();
            let lines: Vec<&str> = source.lines().map(str::trim).collect();
            for (i, line) in
                lines.iter().enumerate().filter(|(_, line)| line.starts_with("pub fn ") || line.starts_with("fn "))
            {
                let above = lines[..i].iter().rev().take_while(|l| l.starts_with("///") || l.starts_with("#["));
                let above: Vec<&&str> = above.collect();
                let panics = above.iter().any(|l| **l == "/// # Panics");
                if panics && !above.iter().any(|l| **l == "#[track_caller]") {
                    found.push(format!("{}: {line}", path.display()));
                }
            }
        }
    }
    found
}

/// Returns the public functions of a source file that lack `#[track_caller]`.
pub fn without_caller(path: &str) -> Vec<String> {
    let source = std::fs::read_to_string(path).unwrap();
    let lines: Vec<&str> = source.lines().map(str::trim).collect();
    let public = |i: &usize| lines[*i].starts_with("pub fn ");
    let hands_on =
        |i: usize| lines[..i].iter().rev().take_while(|l| l.starts_with("#[")).any(|l| *l == "#[track_caller]");
    (0..lines.len()).filter(public).filter(|&i| !hands_on(i)).map(|i| lines[i].to_owned()).collect()
}

/// Returns the prefix of the names of a type's functions, which is empty for tensors.
fn owner_of(line: &str) -> String {
    let mut depth = 0;
    let after = line["impl".len()..].find(|c: char| {
        depth += i32::from(c == '<') - i32::from(c == '>');
        depth == 0 && c.is_ascii_alphabetic()
    });
    let name = after.map_or("", |at| &line["impl".len() + at..]);
    let name: String = name.chars().take_while(char::is_ascii_alphanumeric).collect();
    if name.is_empty() || name == "Tensor" { String::new() } else { format!("{name}::") }
}

/// The functions that panicked, and the faults so far.
#[derive(Default)]
pub struct Seen {
    names: BTreeSet<String>,
    faults: Vec<String>,
}

impl Seen {
    /// Runs `f`, which must panic at line `line` of `file`.
    pub fn check(&mut self, name: &str, file: &str, line: u32, f: impl FnOnce()) {
        self.names.insert(name.to_owned());
        match panic_of(f) {
            None => self.faults.push(format!("{name} at {file}:{line} does not panic")),
            Some((message, place)) if place != format!("{file}:{line}") => {
                let message: String = message.chars().take(200).collect();
                self.faults.push(format!("{name} at {file}:{line} panics at {place}: {message}"));
            }
            Some(_) => {}
        }
    }
    /// Fails unless all panics were at the right lines.
    pub fn all_right(self) {
        assert!(self.faults.is_empty(), "{} faults:\n{}", self.faults.len(), self.faults.join("\n"));
        assert!(!self.names.is_empty());
    }
    /// Fails unless all panics were at the right lines, and each function in `public` panicked or is in `never`.
    pub fn finish(self, public: &BTreeSet<String>, never: &[&str]) {
        let never: BTreeSet<String> = never.iter().map(|name| (*name).to_owned()).collect();
        let mut faults = self.faults;
        let known: BTreeSet<String> = self.names.union(&never).cloned().collect();
        faults.extend(public.difference(&known).map(|name| format!("{name} is not tested")));
        faults.extend(known.difference(public).map(|name| format!("{name} is tested, and no public function")));
        faults.extend(self.names.intersection(&never).map(|name| format!("{name} panics and is said never to")));
        assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
        assert!(self.names.len() > 5);
    }
}

/// The functions whose operations were checked.
#[derive(Default)]
pub struct Traced {
    names: BTreeSet<String>,
    faults: Vec<String>,
}

impl Traced {
    /// Checks the origin of each operation of a program, including sub-programs. The line `line` of `file` calls the
    /// functions `names`.
    pub fn check(&mut self, names: &[&str], file: &str, line: u32, program: &Program) {
        self.names.extend(names.iter().map(|name| (*name).to_owned()));
        if program.instructions().is_empty() {
            self.faults.push(format!("{names:?} at {file}:{line} makes no operations"));
        }
        self.check_locations(names, file, line, program);
    }
    fn check_locations(&mut self, names: &[&str], file: &str, line: u32, program: &Program) {
        for instruction in program.instructions() {
            let loc = instruction.origin.loc.as_ref();
            if loc.is_none_or(|loc| loc.file != file || loc.line != line) {
                let loc = loc.map_or_else(|| "nowhere".to_owned(), ToString::to_string);
                self.faults.push(format!("`{}` of {names:?} at {file}:{line} is from {loc}", instruction.op.name()));
            }
            for (_, inner) in instruction.op.programs() {
                self.check_locations(names, file, line, inner);
            }
        }
    }
    /// Fails unless all operations have the right origin, and each function in `public` was checked or is in `none`.
    pub fn finish(self, public: &BTreeSet<String>, none: &[&str]) {
        let none: BTreeSet<String> = none.iter().map(|name| (*name).to_owned()).collect();
        let mut faults = self.faults;
        let known: BTreeSet<String> = self.names.union(&none).cloned().collect();
        faults.extend(public.difference(&known).map(|name| format!("{name} is not tested")));
        faults.extend(known.difference(public).map(|name| format!("{name} is tested, and no public function")));
        faults.extend(self.names.intersection(&none).map(|name| format!("{name} is said to make no operations")));
        assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
        assert!(self.names.len() > 10);
    }
}

/// Returns the panic message of `f`, and its line.
pub fn panic_of(f: impl FnOnce()) -> Option<(String, String)> {
    static HOOK: Mutex<()> = Mutex::new(());
    let _one_at_a_time = HOOK.lock().unwrap_or_else(|e| e.into_inner());
    let place = Arc::new(Mutex::new(String::new()));
    let (seen, thread) = (place.clone(), std::thread::current().id());
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if std::thread::current().id() == thread {
            let place = info.location().map(|l| format!("{}:{}", l.file(), l.line()));
            seen.lock().unwrap().push_str(&place.unwrap_or_default());
        }
    }));
    let result = catch_unwind(AssertUnwindSafe(f));
    std::panic::set_hook(before);
    let payload = result.err()?;
    let message = payload.downcast_ref::<String>().cloned();
    let message = message.or_else(|| payload.downcast_ref::<&str>().map(|s| (*s).to_owned())).unwrap_or_default();
    let place = place.lock().unwrap().clone();
    Some((message, place))
}
