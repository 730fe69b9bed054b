//! The JSON form of programs, which `format.md` describes.

use super::file_error::{DocumentError, SaveError};
use super::names::{self, Name, Symbols};
use super::parse_error::ParseProblem;
use super::print::content_hash;
use super::{BuildError, Instruction, Loc, Origin, Program, ProgramBuilder, Transform, Transforms};
use crate::op::{Literal, Parts};
use crate::storage;
use crate::{Array, Element, Op, Type, Value, Var, types, with_element};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::Arc;

/// The version of the format.
pub(super) const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Document {
    pub(super) rune: u32,
    name: String,
    inputs: Vec<Variable>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    constants: Vec<Constant>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    programs: Vec<SubProgram>,
    instructions: Vec<Step>,
    outputs: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SubProgram {
    symbol: String,
    name: String,
    inputs: Vec<Variable>,
    instructions: Vec<Step>,
    outputs: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Variable {
    name: String,
    #[serde(rename = "type")]
    ty: Type,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Constant {
    name: String,
    #[serde(rename = "type")]
    ty: Type,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    data: Option<Vec<Json>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tensor: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hash: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    op: String,
    inputs: Vec<String>,
    #[serde(default, skip_serializing_if = "serde_json::Map::is_empty")]
    attributes: serde_json::Map<String, Json>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    programs: Vec<(String, String)>,
    results: Vec<Variable>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    loc: Option<SourceLocation>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    transforms: Vec<Transform>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SourceLocation {
    file: String,
    line: u32,
    column: u32,
}

/// Adds the position, in words and as a JSON pointer, to an error.
fn at<T>(
    place: impl Fn() -> String,
    pointer: impl fmt::Display,
    result: Result<T, impl Into<ParseProblem>>,
) -> Result<T, DocumentError> {
    result.map_err(|problem| DocumentError {
        place: place(),
        pointer: pointer.to_string(),
        problem: Box::new(problem.into()),
    })
}

impl Document {
    /// Returns the document of a program, and the arrays of more than `inline` elements, which it refers to by name.
    ///
    /// # Errors
    /// If a constant cannot be fetched from its device, or the program calls a function of this process.
    pub(super) fn of(program: &Program, inline: usize) -> Result<(Document, BTreeMap<String, Array>), SaveError> {
        if let Some(callback) = program.callback() {
            let (function, loc) = (callback.name().to_owned(), callback.loc().clone());
            return Err(SaveError::Callback { program: program.name.clone(), function, loc });
        }
        let names = names::variables(program);
        let mut writer = Writer { symbols: Symbols::default(), written: HashMap::new(), programs: Vec::new() };
        writer.symbols.fresh(&program.name);
        let mut tensors = BTreeMap::new();
        let mut constants = Vec::new();
        for (name, value) in names[program.inputs as usize..].iter().zip(&program.constants) {
            let (name, array) = (name.to_string(), value.to_host().map_err(SaveError::Device)?);
            let mut constant = Constant { name, ty: array.ty().clone(), data: None, tensor: None, hash: None };
            if array.ty().size() <= inline || !storage::is_stored(array.dtype()) {
                constant.data = Some(elements(&array));
            } else {
                constant.tensor = Some(constant.name.clone());
                constant.hash = Some(content_hash(&array));
                tensors.insert(constant.name.clone(), array);
            }
            constants.push(constant);
        }
        let (inputs, instructions, outputs) = writer.function(program, &names);
        let name = program.name.clone();
        let programs = writer.programs;
        Ok((Document { rune: VERSION, name, inputs, constants, programs, instructions, outputs }, tensors))
    }

    /// Returns whether the document refers to arrays in the file beside it.
    pub(super) fn has_tensors(&self) -> bool {
        self.constants.iter().any(|c| c.tensor.is_some())
    }

    /// Returns the program of a document, with the arrays that it refers to.
    pub(super) fn program(self, tensors: &BTreeMap<String, Array>) -> Result<Program, DocumentError> {
        if self.rune != VERSION {
            return at(|| "the document".to_owned(), "/rune", Err(ParseProblem::Version(self.rune)));
        }
        let mut reader = Reader { programs: HashMap::new() };
        for (index, p) in self.programs.into_iter().enumerate() {
            let place = || format!("sub-program `{}`", p.symbol);
            let pointer = format!("/programs/{index}");
            let here = (place(), pointer.as_str());
            let program = reader.function(here, p.name, p.inputs, vec![], p.instructions, &p.outputs)?;
            match reader.programs.insert(p.symbol.clone(), Arc::new(program)) {
                None => {}
                Some(_) => return at(place, pointer, Err(ParseProblem::Redefined(p.symbol.clone()))),
            }
        }
        let mut constants = Vec::new();
        for (index, c) in self.constants.into_iter().enumerate() {
            let place = || format!("constant `{}`", c.name);
            let value = at(place, format_args!("/constants/{index}"), value(&c, index, tensors))?;
            constants.push((c.name, value));
        }
        let here = ("the program".to_owned(), "");
        reader.function(here, self.name, self.inputs, constants, self.instructions, &self.outputs)
    }
}

fn elements(array: &Array) -> Vec<Json> {
    with_element!(array.dtype(), T => array.as_slice::<T>().iter().map(|&x| {
        let literal = Literal::new(x);
        // `f64` holds every float exactly.
        match array.dtype() {
            dtype if dtype.is_complex() => literal.number().into(),
            dtype if dtype.is_float() => serde_json::Number::from_f64(Element::to_f64(x)).map_or_else(|| literal.number().into(), Json::from),
            _ => literal.number().parse().unwrap_or(Json::Null),
        }
    }).collect())
}

fn value(c: &Constant, index: usize, tensors: &BTreeMap<String, Array>) -> Result<Value, ParseProblem> {
    types::check(&c.ty)?;
    let missing = |found: &str| ParseProblem::Constant { index, ty: c.ty.clone(), found: found.to_owned() };
    match (&c.data, &c.tensor) {
        (Some(data), None) => {
            let (expected, found) = (c.ty.size(), data.len());
            if expected != found {
                return Err(ParseProblem::Count { what: "elements", expected, found });
            }
            let mut bytes = Vec::with_capacity(c.ty.bytes());
            for element in data {
                let text = element.as_str().map_or_else(|| element.to_string(), str::to_owned);
                let literal = Literal::parse_number(c.ty.dtype, &text);
                let literal = literal.ok_or(ParseProblem::Expected { what: "an element", found: text })?;
                bytes.extend_from_slice(&literal.bits().to_le_bytes()[..c.ty.dtype.size()]);
            }
            Ok(Array::from_bytes(c.ty.clone(), &bytes).into())
        }
        (None, Some(name)) => {
            let array = tensors.get(name).ok_or_else(|| missing("is not in the file beside"))?;
            if *array.ty() != c.ty {
                return Err(missing(&format!("the file beside has one of type {}", array.ty())));
            }
            if c.hash.as_ref().is_some_and(|h| *h != content_hash(array)) {
                return Err(missing("the file beside has one with other elements"));
            }
            Ok(array.clone().into())
        }
        (None, None) | (Some(_), Some(_)) => {
            Err(ParseProblem::Expected { what: "either `data` or `tensor`", found: "none or both".to_owned() })
        }
    }
}

struct Writer {
    symbols: Symbols,
    written: HashMap<*const Program, String>,
    programs: Vec<SubProgram>,
}

impl Writer {
    fn function(&mut self, program: &Program, names: &[Name]) -> (Vec<Variable>, Vec<Step>, Vec<String>) {
        let name = |v: &Var| names[v.index()].to_string();
        let variable = |v: Var| Variable { name: name(&v), ty: program.ty(v).clone() };
        let mut steps = Vec::with_capacity(program.instructions.len());
        for instruction in &program.instructions {
            let Instruction { op, origin, .. } = instruction;
            let mut programs = Vec::new();
            for (field, p) in op.programs() {
                programs.push((field.to_owned(), self.sub_program(p)));
            }
            let loc = origin.loc.as_ref();
            steps.push(Step {
                op: op.name().to_owned(),
                inputs: op.operands().into_iter().map(name).collect(),
                attributes: op.attributes().into_iter().map(|(key, value)| (key.to_owned(), value)).collect(),
                programs,
                results: instruction.results().map(variable).collect(),
                loc: loc.map(|l| SourceLocation { file: l.file.clone().into_owned(), line: l.line, column: l.column }),
                scope: origin.scope.as_ref().map(|s| s.to_string()),
                transforms: origin.transforms.iter().collect(),
            });
        }
        (program.inputs().map(variable).collect(), steps, program.outputs.iter().map(name).collect())
    }

    /// Returns the symbol of a sub-program. At its first use, writes the program.
    fn sub_program(&mut self, program: &Arc<Program>) -> String {
        let key = Arc::as_ptr(program);
        if let Some(symbol) = self.written.get(&key) {
            return symbol.clone();
        }
        let (inputs, instructions, outputs) = self.function(program, &names::variables(program));
        let (symbol, name) = (self.symbols.fresh(&program.name), program.name.clone());
        self.programs.push(SubProgram { symbol: symbol.clone(), name, inputs, instructions, outputs });
        self.written.insert(key, symbol.clone());
        symbol
    }
}

struct Reader {
    programs: HashMap<String, Arc<Program>>,
}

impl Reader {
    fn function(
        &self,
        (place, pointer): (String, &str),
        name: String,
        inputs: Vec<Variable>,
        constants: Vec<(String, Value)>,
        instructions: Vec<Step>,
        outputs: &[String],
    ) -> Result<Program, DocumentError> {
        let here = || place.clone();
        let mut vars = HashMap::new();
        let mut types = Vec::new();
        for (i, Variable { name, ty }) in inputs.into_iter().enumerate() {
            let pointer = format!("{pointer}/inputs/{i}");
            at(|| format!("input `{name}` of {place}"), &pointer, types::check(&ty))?;
            at(here, pointer, assign(&mut vars, name, Var(types.len() as u32)))?;
            types.push(ty);
        }
        let mut values = Vec::new();
        for (name, value) in constants {
            let pointer = format_args!("{pointer}/constants/{}", values.len());
            at(here, pointer, assign(&mut vars, name, Var((types.len() + values.len()) as u32)))?;
            values.push(value);
        }
        let mut builder = ProgramBuilder::new(name, types, values);
        for (i, step) in instructions.into_iter().enumerate() {
            let op = step.op.clone();
            let pointer = format_args!("{pointer}/instructions/{i}");
            at(|| format!("instruction {i} (`{op}`) of {place}"), pointer, self.step(&mut builder, &mut vars, step))?;
        }
        let pointer = format!("{pointer}/outputs");
        let outputs = outputs.iter().map(|name| var(&vars, name)).collect::<Result<Vec<_>, _>>();
        at(here, &pointer, builder.finish(at(here, &pointer, outputs)?))
    }

    fn step(&self, b: &mut ProgramBuilder, vars: &mut HashMap<String, Var>, step: Step) -> Result<(), ParseProblem> {
        let operands = step.inputs.iter().map(|name| var(vars, name)).collect::<Result<Vec<_>, _>>()?;
        let mut programs = Vec::new();
        for (field, symbol) in step.programs {
            match self.programs.get(&symbol) {
                Some(program) => programs.push((field, program.clone())),
                None => return Err(ParseProblem::UnknownProgram(symbol)),
            }
        }
        let op = Op::from_parts(Parts { name: step.op, operands, attributes: step.attributes, programs })?;
        let loc = step.loc.map(|p| Loc { file: p.file.into(), line: p.line, column: p.column });
        let transforms = step.transforms.into_iter().fold(Transforms::NONE, Transforms::then);
        let results = b.push(op, Origin { loc, scope: step.scope.map(Arc::from), transforms })?;
        let (expected, found) = (results.len(), step.results.len());
        if expected != found {
            return Err(ParseProblem::Count { what: "results", expected, found });
        }
        for (stated, v) in step.results.into_iter().zip(results) {
            let found = b.ty(v).ok_or(BuildError::Unassigned(v))?;
            if *found != stated.ty {
                return Err(ParseProblem::Types { stated: stated.ty.to_string(), found: found.to_string() });
            }
            assign(vars, stated.name, v)?;
        }
        Ok(())
    }
}

fn assign(vars: &mut HashMap<String, Var>, name: String, var: Var) -> Result<(), ParseProblem> {
    match vars.contains_key(&name) {
        true => Err(ParseProblem::Reassigned(name)),
        false => {
            vars.insert(name, var);
            Ok(())
        }
    }
}

fn var(vars: &HashMap<String, Var>, name: &str) -> Result<Var, ParseProblem> {
    vars.get(name).copied().ok_or_else(|| ParseProblem::UnknownVariable(name.to_owned()))
}
