//! Names in printed programs.

use super::Program;
use crate::Var;
use std::collections::HashMap;
use std::fmt;

/// The name of a variable: `x#` for inputs, `c#` for constants, `y#` for outputs that an instruction computes, and `z#`
/// for all others, each counted from 0.
#[derive(Clone, Copy, Debug)]
pub struct Name(char, u32);

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.0, self.1)
    }
}

/// Returns the names of all variables, in order. The program may be malformed: error messages name its variables.
pub fn variables(program: &Program) -> Vec<Name> {
    let inputs = program.inputs;
    let known = inputs + program.constants.len() as u32;
    let mut names: Vec<Name> = (0..inputs).map(|i| Name('x', i)).collect();
    names.extend((inputs..known).map(|i| Name('c', i - inputs)));
    names.resize(program.num_vars(), Name('z', 0));
    let mut outputs = 0;
    for &Var(v) in &program.outputs {
        if let Some(name) = names.get_mut(v as usize)
            && name.0 == 'z'
        {
            *name = Name('y', outputs);
            outputs += 1;
        }
    }
    for (name, i) in names.iter_mut().filter(|n| n.0 == 'z').zip(0..) {
        *name = Name('z', i);
    }
    names
}

/// Gives each program in a text its own symbol. The symbol is the program's name, quoted unless it is plain, with a
/// number if another program has that name.
#[derive(Default)]
pub(super) struct Symbols(HashMap<String, u32>);

impl Symbols {
    pub(super) fn fresh(&mut self, name: &str) -> String {
        let mut symbol = if is_plain(name) { name.to_owned() } else { quoted(name) };
        let count = self.0.entry(symbol.clone()).or_insert(0);
        if *count > 0 {
            symbol = format!("{symbol}@{count}");
        }
        *count += 1;
        symbol
    }
}

/// Returns whether the name of a program needs no quotes.
fn is_plain(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && name.chars().all(is_name_char)
}

pub(super) fn is_name_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | ':')
}

/// Returns text as a JSON string.
pub(super) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
