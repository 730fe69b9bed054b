//! Prints a run as a tree of lines.

use super::{Column, DebugOptions};
use rune_ir::Summary;
use rune_ir::interpret::Observer;
use rune_ir::program::{Types, variable_names};
use rune_ir::{Array, Instruction, Program, Type, Var};
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

/// The position in a line at which the columns begin, unless the operation is longer.
const OPERATION: usize = 34;
const fn width(column: Column) -> usize {
    match column {
        Column::Types => 37,
        Column::Values => 46,
        Column::Time => 12,
        Column::Line => 0,
    }
}

/// Prints a run as it proceeds.
pub(super) struct Printer<'a> {
    options: &'a DebugOptions,
    writer: &'a mut dyn Write,
    frames: Vec<Frame>,
    /// The number of operations since the last line that are too deep to be printed.
    folded: usize,
    /// Whether `debug_print!` also prints, and `io_callback` also calls.
    pub echo: bool,
}

/// A running program.
struct Frame {
    names: Vec<String>,
    types: Vec<Type>,
    outputs: Vec<Var>,
    /// The line that comes before its first line.
    header: Option<String>,
    /// The number of enclosing scopes and programs.
    level: usize,
    /// The scopes of the instruction that holds this program.
    base: Vec<String>,
    /// The scopes of the last line, relative to `base`.
    open: Vec<String>,
    /// Whether nothing of the program is printed, as for iterations beyond the limit.
    hidden: bool,
    /// Whether the whole program is in the requested scope.
    in_scope: bool,
    /// The time of its instructions.
    took: Duration,
    /// The running instruction, the number of times that each of its sub-programs has started, and their time.
    running: Option<Instruction>,
    begun: Vec<(*const Program, usize)>,
    inner: Duration,
}

impl<'a> Printer<'a> {
    pub fn new(options: &'a DebugOptions, writer: &'a mut dyn Write) -> Printer<'a> {
        Printer { options, writer, frames: Vec::new(), folded: 0, echo: true }
    }

    /// Prints a program that cannot run yet: without values and times.
    pub fn outline(&mut self, program: &Program) {
        self.enter(program, None);
        for instruction in program.instructions() {
            self.start(instruction);
            let mut seen: Vec<*const Program> = Vec::new();
            for (_, inner) in instruction.op.programs() {
                if !seen.contains(&Arc::as_ptr(inner)) {
                    seen.push(Arc::as_ptr(inner));
                    self.outline(inner);
                }
            }
            self.finish(instruction, None);
        }
        self.leave();
    }

    fn enter(&mut self, program: &Program, inputs: Option<&[Array]>) {
        let names: Vec<String> = variable_names(program).iter().map(ToString::to_string).collect();
        let known = program.inputs().len() + program.constants().len();
        let mut frame = Frame {
            types: (0..program.num_vars()).map(|v| program.ty(Var(v as u32)).clone()).collect(),
            outputs: program.outputs().to_vec(),
            header: None,
            level: 0,
            base: Vec::new(),
            open: Vec::new(),
            hidden: false,
            in_scope: self.options.scope.is_none(),
            took: Duration::ZERO,
            running: None,
            begun: Vec::new(),
            inner: Duration::ZERO,
            names,
        };
        let signature = format!("{}({})", program.name(), frame.names[..known].join(", "));
        if let Some(parent) = self.frames.last_mut() {
            let before = count_run(&mut parent.begun, program);
            let instruction = parent.running.as_ref();
            let scopes = instruction.map(scopes).unwrap_or_default();
            let depth = parent.depth(&scopes);
            frame.level = depth + 1;
            frame.in_scope = parent.in_scope || self.options.selects(&scopes);
            frame.hidden = parent.hidden || before >= self.options.iterations;
            // The role of a program in the instruction, and its name if that differs.
            let field =
                |field: &str| if field == program.name() { signature.clone() } else { format!("{field} {signature}") };
            frame.header = Some(match (instruction.and_then(|i| field_of(i, program)), before) {
                (None | Some("program"), 0) => signature.clone(),
                (None | Some("program"), _) => format!("{signature}, again"),
                (Some(name), 0) => field(name),
                (Some(name), n) => format!("{}, time {}", field(name), n + 1),
            });
            frame.base = scopes;
            self.frames.push(frame);
            return;
        }
        self.frames.push(frame);
        self.put(0, &signature);
        let constants = program.constants().iter().map(|c| c.to_host().ok());
        let values = (0..program.inputs().len()).map(|i| inputs.map(|inputs| inputs[i].clone())).chain(constants);
        for (v, array) in values.enumerate() {
            let frame = &self.frames[0];
            let columns = self.options.columns.iter().map(|&column| match column {
                Column::Types => (column, frame.types[v].to_string()),
                Column::Values => {
                    (column, array.as_ref().map_or_else(|| "not known here".to_owned(), |a| Summary::of(a).to_string()))
                }
                Column::Time | Column::Line => (column, String::new()),
            });
            let line = line(format!("│   {}", frame.names[v]), columns);
            self.put(0, &line);
        }
    }

    fn leave(&mut self) {
        let Some(frame) = self.frames.last_mut() else { return };
        let outputs: Vec<&str> = frame.outputs.iter().map(|v| frame.names[v.index()].as_str()).collect();
        let text = format!("└ return {}", outputs.join(", "));
        if !frame.hidden && frame.header.is_none() && frame.level <= self.options.max_depth {
            let level = frame.level;
            self.put(level, text.trim_end());
        }
        let inner = self.frames.pop().map_or(Duration::ZERO, |f| f.took);
        if let Some(parent) = self.frames.last_mut() {
            parent.inner += inner;
        }
    }

    fn start(&mut self, instruction: &Instruction) {
        if let Some(frame) = self.frames.last_mut() {
            frame.running = Some(instruction.clone());
            frame.begun.clear();
            frame.inner = Duration::ZERO;
        }
    }

    /// Ends an instruction. `ran` holds its results and its time, if it ran.
    fn finish(&mut self, instruction: &Instruction, ran: Option<(&[Array], Duration)>) {
        let options = self.options;
        let Some(frame) = self.frames.last_mut() else { return };
        let took = match frame.begun.is_empty() {
            true => ran.map(|(_, took)| took),
            // Excludes the time for printing the sub-programs.
            false => ran.map(|_| frame.inner),
        };
        frame.took += took.unwrap_or_default();
        let scopes = scopes(instruction);
        if frame.hidden || !(frame.in_scope || options.selects(&scopes)) {
            return;
        }
        let more: Vec<String> = frame
            .begun
            .iter()
            .filter(|(_, n)| *n > options.iterations)
            .map(|(p, n)| {
                let field = instruction.op.programs().into_iter().find(|(_, q)| Arc::as_ptr(q) == *p);
                format!("… {} {} more times", field.map_or("the same", |(field, _)| field), n - options.iterations)
            })
            .collect();
        let depth = frame.depth(&scopes);
        self.headers();
        self.open(self.frames.len() - 1, &scopes);
        if depth > options.max_depth {
            self.folded += 1;
            return;
        }
        more.iter().for_each(|text| self.put(depth + 1, text));
        let frame = &self.frames[self.frames.len() - 1];
        let line = frame.line(instruction, ran.map(|(results, _)| results), took, options, depth);
        self.put(0, &line);
    }

    /// Prints the headers of the running programs that are not printed yet.
    fn headers(&mut self) {
        for i in 1..self.frames.len() {
            if self.frames[i].header.is_none() {
                continue;
            }
            let scopes = self.frames[i].base.clone();
            self.open(i - 1, &scopes);
            let level = self.frames[i].level;
            if let Some(header) = self.frames[i].header.take()
                && level <= self.options.max_depth.saturating_add(1)
            {
                self.put(level, &header);
            }
        }
    }

    /// Closes the scopes of a program that are not in `scopes`, and opens those that are not yet open.
    fn open(&mut self, frame: usize, scopes: &[String]) {
        let frame = &mut self.frames[frame];
        let scopes = frame.relative_scopes(scopes).to_vec();
        let same = frame.open.iter().zip(&scopes).take_while(|(a, b)| a == b).count();
        frame.open.clone_from(&scopes);
        let level = frame.level;
        for (i, scope) in scopes.iter().enumerate().skip(same) {
            if level + i <= self.options.max_depth {
                self.put(level + i + 1, scope);
            }
        }
    }

    /// Writes a line at a level, and before it the number of omitted operations. A closed output is not an error.
    fn put(&mut self, level: usize, text: &str) {
        let folded = std::mem::take(&mut self.folded);
        if folded > 0 {
            let s = if folded == 1 { "" } else { "s" };
            self.put(self.options.max_depth + 2, &format!("… {folded} operation{s}"));
        }
        let _ = writeln!(self.writer, "{}{text}", "│ ".repeat(level));
    }
}

impl Frame {
    /// Returns the scopes that do not enclose the program.
    fn relative_scopes<'s>(&self, scopes: &'s [String]) -> &'s [String] {
        scopes.strip_prefix(&self.base[..]).unwrap_or(scopes)
    }
    /// Returns the nesting depth of an instruction in these scopes.
    fn depth(&self, scopes: &[String]) -> usize {
        self.level + self.relative_scopes(scopes).len()
    }
    fn line(
        &self,
        instruction: &Instruction,
        results: Option<&[Array]>,
        took: Option<Duration>,
        options: &DebugOptions,
        depth: usize,
    ) -> String {
        let (op, origin) = (&instruction.op, &instruction.origin);
        let name = |v: Var| self.names[v.index()].as_str();
        let operands: Vec<&str> = op.operands().into_iter().map(|&v| name(v)).collect();
        let named: Vec<&str> = instruction.results().map(name).collect();
        let named = if named.is_empty() { String::new() } else { format!("{} = ", named.join(", ")) };
        let mark = match origin.transforms {
            t if t.is_backward() => "◀ ",
            t if t.is_tangent() => "∂ ",
            _ => "  ",
        };
        let operation = format!("{}{mark}{named}{}({})", "│ ".repeat(depth + 1), op.name(), operands.join(", "));
        let columns = options.columns.iter().map(|&column| {
            let text = match column {
                Column::Types => {
                    let from: Vec<&Type> = op.operands().into_iter().map(|v| &self.types[v.index()]).collect();
                    let to: Vec<&Type> = instruction.results().map(|v| &self.types[v.index()]).collect();
                    format!("{} -> {}", Types(&from), Types(&to))
                }
                Column::Values => {
                    let summaries: Vec<String> =
                        results.into_iter().flatten().map(|a| Summary::of(a).to_string()).collect();
                    summaries.join("; ")
                }
                Column::Time => took.map(|t| format!("{:.3} ms", t.as_secs_f64() * 1e3)).unwrap_or_default(),
                Column::Line => origin.loc.as_ref().map(ToString::to_string).unwrap_or_default(),
            };
            (column, text)
        });
        line(operation, columns)
    }
}

/// Returns an operation and its columns as one line, aligned if they fit.
fn line(operation: String, columns: impl Iterator<Item = (Column, String)>) -> String {
    let (mut line, mut at) = (operation, OPERATION);
    for (column, text) in columns {
        let length = line.chars().count();
        line.extend(std::iter::repeat_n(' ', at.saturating_sub(length).max(2)));
        line.push_str(&text);
        at += width(column);
    }
    line.truncate(line.trim_end().len());
    line
}

/// Returns the name scopes of an instruction, outermost first.
fn scopes(instruction: &Instruction) -> Vec<String> {
    let scope = instruction.origin.scope.as_deref().unwrap_or_default();
    scope.split('/').filter(|s| !s.is_empty()).map(str::to_owned).collect()
}

/// Returns the role of a sub-program in an instruction.
fn field_of(instruction: &Instruction, program: &Program) -> Option<&'static str> {
    instruction.op.programs().into_iter().find(|(_, p)| std::ptr::eq(&***p, program)).map(|(field, _)| field)
}

/// Returns the number of times that a program has started before, and counts this time.
fn count_run(begun: &mut Vec<(*const Program, usize)>, program: &Program) -> usize {
    let key = std::ptr::from_ref(program);
    let at = begun.iter().position(|(p, _)| *p == key).unwrap_or_else(|| {
        begun.push((key, 0));
        begun.len() - 1
    });
    begun[at].1 += 1;
    begun[at].1 - 1
}

impl DebugOptions {
    /// Returns whether operations in these scopes are requested.
    fn selects(&self, scopes: &[String]) -> bool {
        let Some(wanted) = &self.scope else { return true };
        let wanted: Vec<&str> = wanted.split('/').filter(|s| !s.is_empty()).collect();
        wanted.is_empty() || scopes.windows(wanted.len()).any(|w| w.iter().eq(&wanted))
    }
}

impl Observer for Printer<'_> {
    fn runs_io_callbacks(&self) -> bool {
        self.echo
    }
    fn begin(&mut self, program: &Program, inputs: &[Array]) {
        self.enter(program, Some(inputs));
    }
    fn before(&mut self, instruction: &Instruction, _operands: &[Array]) {
        self.start(instruction);
    }
    fn after(&mut self, instruction: &Instruction, _operands: &[Array], results: &[Array], took: Duration) {
        self.finish(instruction, Some((results, took)));
    }
    fn end(&mut self, _program: &Program, _outputs: &[Array]) {
        self.leave();
    }
    fn print(&mut self, text: &str) {
        if self.echo {
            rune_ir::interpret::emit(text);
        }
    }
}
