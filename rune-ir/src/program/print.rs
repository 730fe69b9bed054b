//! The printer of the text form, which `format.md` describes.

use super::names::{self, Name, Symbols};
use super::{Instruction, Origin, Program, Transforms};
use crate::op::Literal;
use crate::{Array, Type, Value, Var};
use std::collections::HashMap;
use std::fmt;

/// The maximum number of elements of a constant in program text.
pub const INLINE: usize = 16;

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let alternate = f.alternate();
        let mut printer = Printer { f, alternate, symbols: Symbols::default(), printed: HashMap::new() };
        let symbol = printer.symbols.fresh(&self.name);
        printer.program(self, &symbol, 0)
    }
}

struct Printer<'a, 'f> {
    f: &'a mut fmt::Formatter<'f>,
    alternate: bool,
    symbols: Symbols,
    /// The symbols of the sub-programs that have been printed.
    printed: HashMap<*const Program, String>,
}

impl Printer<'_, '_> {
    fn indent(&mut self, level: usize) -> fmt::Result {
        (0..level).try_for_each(|_| self.f.write_str("    "))
    }

    fn program(&mut self, program: &Program, symbol: &str, level: usize) -> fmt::Result {
        let names = names::variables(program);
        let inputs = &names[..program.inputs as usize];
        self.indent(level)?;
        let outputs: Vec<&Type> = program.outputs.iter().map(|&v| program.ty(v)).collect();
        let inputs_ty: Vec<&Type> = program.input_types().iter().collect();
        writeln!(self.f, "def {symbol}({}): # {} -> {}", List(inputs), Types(&inputs_ty), Types(&outputs))?;
        for (name, value) in names[inputs.len()..].iter().zip(&program.constants) {
            self.indent(level + 1)?;
            write!(self.f, "{name} = constant")?;
            self.constant(value)?;
            writeln!(self.f, " # {}", value.ty())?;
        }
        for instruction in &program.instructions {
            self.instruction(program, &names, instruction, level + 1)?;
        }
        self.indent(level + 1)?;
        self.f.write_str("return")?;
        for (i, v) in program.outputs.iter().enumerate() {
            write!(self.f, "{} {}", if i == 0 { "" } else { "," }, names[v.index()])?;
        }
        self.f.write_str("\n")
    }

    fn constant(&mut self, value: &Value) -> fmt::Result {
        if value.ty().size() <= INLINE
            && let Ok(array) = value.to_host()
        {
            return write!(self.f, "([{}])", List(&elements(&array)));
        }
        match value {
            Value::Host(array) if self.alternate => write!(self.f, "(hash=\"{}\")", content_hash(array)),
            Value::Host(_) | Value::Device(_) => Ok(()),
        }
    }

    fn instruction(&mut self, p: &Program, names: &[Name], instruction: &Instruction, level: usize) -> fmt::Result {
        let op = &instruction.op;
        let programs = op.programs();
        for (_, program) in &programs {
            let key = std::sync::Arc::as_ptr(program);
            if !self.printed.contains_key(&key) {
                let symbol = self.symbols.fresh(&program.name);
                self.program(program, &symbol, level)?;
                self.printed.insert(key, symbol);
            }
        }
        self.indent(level)?;
        let results: Vec<Name> = instruction.results().map(|v| names[v.index()]).collect();
        if results.is_empty() {
            self.f.write_str("()")?;
        }
        write!(self.f, "{} = rune.{}(", List(&results), op.name())?;
        let operands = op.operands();
        let mut separator = "";
        for v in &operands {
            write!(self.f, "{separator}{}", names[v.index()])?;
            separator = ", ";
        }
        for (key, value) in op.attributes() {
            write!(self.f, "{separator}{key}={}", Json(&value))?;
            separator = ", ";
        }
        for (key, program) in programs {
            write!(self.f, "{separator}{key}=@{}", self.printed[&std::sync::Arc::as_ptr(program)])?;
            separator = ", ";
        }
        let from: Vec<&Type> = operands.iter().map(|&&v| p.ty(v)).collect();
        let to: Vec<&Type> = instruction.results().map(|v: Var| p.ty(v)).collect();
        write!(self.f, ") # {} -> {}", Types(&from), Types(&to))?;
        if self.alternate {
            self.origin(&instruction.origin)?;
        }
        self.f.write_str("\n")
    }

    fn origin(&mut self, origin: &Origin) -> fmt::Result {
        match &origin.loc {
            Some(loc) if loc.file.is_empty() || loc.file.contains(|c: char| c.is_whitespace() || c == '"') => {
                write!(self.f, " @ {}:{}:{}", names::quoted(&loc.file), loc.line, loc.column)?;
            }
            Some(loc) => write!(self.f, " @ {loc}")?,
            None if origin.scope.is_some() || origin.transforms != Transforms::NONE => self.f.write_str(" @ ?")?,
            None => {}
        }
        if let Some(scope) = &origin.scope {
            write!(self.f, " in {}", names::quoted(scope))?;
        }
        match origin.transforms {
            Transforms::NONE => Ok(()),
            transforms => write!(self.f, " by {transforms}"),
        }
    }
}

/// Returns the elements as text that parses to the same bits.
fn elements(array: &Array) -> Vec<String> {
    let dtype = array.dtype();
    array.bytes().chunks_exact(dtype.size()).map(|bytes| Literal::from_bytes(dtype, bytes).number()).collect()
}

/// Returns a hash of the elements of a constant, in hexadecimal.
pub(super) fn content_hash(array: &Array) -> String {
    blake3::hash(array.bytes()).to_hex()[..32].to_owned()
}

/// A list with commas between its items.
struct List<'a, T>(&'a [T]);

impl<T: fmt::Display> fmt::Display for List<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, item) in self.0.iter().enumerate() {
            write!(f, "{}{item}", if i == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

/// The types of operands or results: a single one, or several in parentheses.
pub struct Types<'a>(pub &'a [&'a Type]);

impl fmt::Display for Types<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            [one] => one.fmt(f),
            many => write!(f, "({})", List(many)),
        }
    }
}

/// JSON with a space after each comma and colon.
struct Json<'a>(&'a serde_json::Value);

impl fmt::Display for Json<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use serde_json::Value::{Array, Bool, Null, Number, Object, String};
        match self.0 {
            Array(items) => {
                f.write_str("[")?;
                for (i, item) in items.iter().enumerate() {
                    write!(f, "{}{}", if i == 0 { "" } else { ", " }, Json(item))?;
                }
                f.write_str("]")
            }
            Object(fields) => {
                f.write_str("{")?;
                for (i, (key, value)) in fields.iter().enumerate() {
                    write!(f, "{}{}: {}", if i == 0 { "" } else { ", " }, names::quoted(key), Json(value))?;
                }
                f.write_str("}")
            }
            Null | Bool(_) | Number(_) | String(_) => self.0.fmt(f),
        }
    }
}
