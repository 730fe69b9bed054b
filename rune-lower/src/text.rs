//! Writes the module as text, in MLIR's printed form.

use crate::decimal;
use crate::tree::{Attribute, Function, Id, Location, Operation, Region, TensorType};
use rune_ir::{Array, DType, Type};
use std::collections::{HashMap, HashSet};
use std::fmt::Write;

/// The number of elements beyond which MLIR prints an array as hexadecimal bytes.
const MAX_ELEMENTS: usize = 100;

/// Returns the text of a function, with or without locations and signature. `%x#` are its inputs and `%c#` its
/// constants.
pub(crate) fn function(function: &Function, locations: bool, signature: bool) -> String {
    let (out, values, names) = Default::default();
    let mut writer = Writer { out, values, names, locations, signature };
    writer.function(function);
    writer.out
}

/// The numbers for the next names in a region. Regions side by side use the same names.
#[derive(Clone, Copy, Default)]
struct Next {
    value: usize,
    argument: usize,
    conflict: usize,
}

struct Writer<'m> {
    out: String,
    /// The names and types of values.
    values: HashMap<Id, (String, &'m TensorType)>,
    /// The names, other than numbers, of values in the enclosing regions.
    names: HashSet<String>,
    locations: bool,
    signature: bool,
}

impl<'m> Writer<'m> {
    fn function(&mut self, function: &'m Function) {
        let visibility = if function.public { "" } else { "private " };
        self.out.push_str(&format!("func.func {visibility}@{}(", function.name));
        let mut next = Next::default();
        match &function.body {
            None => self.list(&function.inputs, |w, ty| w.ty(ty)),
            Some(body) => {
                let (inputs, constants) = function.named;
                for (i, (id, ty)) in body.arguments.iter().enumerate() {
                    let name = match i {
                        _ if i < inputs => format!("%x{i}"),
                        _ if i < inputs + constants => format!("%c{}", i - inputs),
                        _ => format!("%arg{i}"),
                    };
                    self.values.insert(*id, (name, ty));
                }
                next.argument = body.arguments.len();
                self.arguments(body);
            }
        }
        self.out.push(')');
        match function.outputs.as_slice() {
            [] => {}
            [ty] => {
                self.out.push_str(" -> ");
                self.ty(ty);
            }
            types => {
                self.out.push_str(" -> (");
                self.list(types, |w, ty| w.ty(ty));
                self.out.push(')');
            }
        }
        if let Some(reflection) = function.reflection.as_ref().filter(|_| self.signature) {
            self.out.push_str(" attributes {iree.reflection = ");
            self.attribute(reflection);
            self.out.push('}');
        }
        if let Some(body) = &function.body {
            self.out.push_str(" {\n");
            self.operations(&body.operations, next, 1, true);
            self.out.push('}');
        }
        self.location(&Location::Unknown);
    }

    /// Writes the arguments of a block, which already have names.
    fn arguments(&mut self, region: &'m Region) {
        self.list(&region.arguments, |w, (id, ty)| {
            w.value(*id);
            w.out.push_str(": ");
            w.ty(ty);
            w.location(&region.location);
        });
    }

    /// Writes the operations of a block. Directly in a function, operations of the dialect `func` are written without
    /// its name.
    fn operations(&mut self, operations: &'m [Operation], mut next: Next, depth: usize, in_function: bool) {
        let mut named = Vec::new();
        for operation in operations {
            self.name_results(operation, &mut next, &mut named);
        }
        for operation in operations {
            self.out.extend(std::iter::repeat_n("  ", depth));
            self.operation(operation, next, depth, in_function);
            self.location(&operation.location);
            self.out.push('\n');
        }
        for name in named {
            self.names.remove(&name);
        }
    }

    fn name_results(&mut self, operation: &'m Operation, next: &mut Next, named: &mut Vec<String>) {
        let results = &operation.results;
        let name = match results.as_slice() {
            [] => return,
            [_] if operation.name == "tensor.cast" => {
                let mut name = "cast".to_owned();
                while !self.names.insert(name.clone()) {
                    name = format!("cast_{}", next.conflict);
                    next.conflict += 1;
                }
                named.push(name.clone());
                name
            }
            _ => {
                next.value += 1;
                (next.value - 1).to_string()
            }
        };
        for (i, (id, ty)) in results.iter().enumerate() {
            let name = if results.len() > 1 { format!("%{name}#{i}") } else { format!("%{name}") };
            self.values.insert(*id, (name, ty));
        }
    }

    fn operation(&mut self, operation: &'m Operation, next: Next, depth: usize, in_function: bool) {
        if let [(first, _), ..] = operation.results.as_slice() {
            let name = self.values[first].0.split('#').next().unwrap_or_default().to_owned();
            self.out.push_str(&name);
            if operation.results.len() > 1 {
                self.out.push_str(&format!(":{}", operation.results.len()));
            }
            self.out.push_str(" = ");
        }
        let dialect = if in_function { "" } else { "func." };
        match operation.name.as_str() {
            "func.call" => {
                self.out.push_str(&format!("{dialect}call "));
                self.attribute(&operation.attributes[0].1);
                self.out.push('(');
                self.operands(operation);
                self.out.push_str(") : ");
                self.signature(operation);
            }
            "func.return" => {
                self.out.push_str(&format!("{dialect}return"));
                if !operation.operands.is_empty() {
                    self.out.push(' ');
                    self.operands(operation);
                    self.out.push_str(" : ");
                    self.operand_types(operation);
                }
            }
            "tensor.cast" => {
                self.out.push_str("tensor.cast ");
                self.operands(operation);
                self.out.push_str(" : ");
                self.operand_types(operation);
                self.out.push_str(" to ");
                self.ty(&operation.results[0].1);
            }
            name => {
                self.out.push_str(&format!("\"{name}\"("));
                self.operands(operation);
                self.out.push(')');
                if !operation.regions.is_empty() {
                    self.out.push_str(" (");
                    for (i, region) in operation.regions.iter().enumerate() {
                        self.out.push_str(if i > 0 { ", " } else { "" });
                        self.region(region, next, depth);
                    }
                    self.out.push(')');
                }
                if !operation.attributes.is_empty() {
                    self.out.push_str(" {");
                    self.list(&operation.attributes, |w, (name, value)| {
                        w.out.push_str(name);
                        w.out.push_str(" = ");
                        w.attribute(value);
                    });
                    self.out.push('}');
                }
                self.out.push_str(" : ");
                self.signature(operation);
            }
        }
    }

    fn region(&mut self, region: &'m Region, mut next: Next, depth: usize) {
        self.out.push_str("{\n");
        for (id, ty) in &region.arguments {
            self.values.insert(*id, (format!("%arg{}", next.argument), ty));
            next.argument += 1;
        }
        if !region.arguments.is_empty() {
            self.out.extend(std::iter::repeat_n("  ", depth));
            self.out.push_str("^bb0(");
            self.arguments(region);
            self.out.push_str("):\n");
        }
        self.operations(&region.operations, next, depth + 1, false);
        self.out.extend(std::iter::repeat_n("  ", depth));
        self.out.push('}');
    }

    fn list<T>(&mut self, items: &'m [T], mut each: impl FnMut(&mut Self, &'m T)) {
        for (i, item) in items.iter().enumerate() {
            self.out.push_str(if i > 0 { ", " } else { "" });
            each(self, item);
        }
    }
    fn value(&mut self, id: Id) {
        self.out.push_str(&self.values[&id].0);
    }
    fn operands(&mut self, operation: &'m Operation) {
        self.list(&operation.operands, |w, id| w.value(*id));
    }
    fn operand_types(&mut self, operation: &'m Operation) {
        self.list(&operation.operands, |w, id| w.ty(w.values[id].1));
    }
    fn signature(&mut self, operation: &'m Operation) {
        self.out.push('(');
        self.operand_types(operation);
        self.out.push_str(") -> ");
        match operation.results.as_slice() {
            [(_, ty)] => self.ty(ty),
            results => {
                self.out.push('(');
                self.list(results, |w, (_, ty)| w.ty(ty));
                self.out.push(')');
            }
        }
    }
    fn ty(&mut self, ty: &TensorType) {
        self.out.push_str(&tensor_type(&ty.ty, ty.dynamic));
    }
    fn location(&mut self, location: &Location) {
        if self.locations {
            self.out.push_str(&format!(" loc({})", location_text(location)));
        }
    }

    fn attribute(&mut self, attribute: &Attribute) {
        self.out.push_str(&self::attribute(attribute));
    }
}

/// Returns the text of an attribute.
pub(crate) fn attribute(attribute: &Attribute) -> String {
    match attribute {
        Attribute::Bool(value) => value.to_string(),
        Attribute::Int(value) => format!("{value} : i64"),
        Attribute::Ints(values) => array("i64", values),
        Attribute::Bools(values) => array("i1", values),
        Attribute::Pairs(values) => {
            let flat: Vec<i64> = values.iter().flat_map(|&(a, b)| [a, b]).collect();
            dense(&Array::from_vec([values.len(), 2], flat))
        }
        Attribute::Splat(literal, ty) => {
            let bytes = literal.bits().to_le_bytes();
            let element = if ty.size() == 0 { String::new() } else { element(ty.dtype, &bytes[..ty.dtype.size()]) };
            format!("dense<{element}> : {}", tensor_type(ty, false))
        }
        Attribute::Dense(array) => dense(array),
        Attribute::Symbol(name) => format!("@{name}"),
        Attribute::Strings(entries) => {
            let entry = |(name, value): &(String, String)| format!("{name} = {}", quoted(value));
            format!("{{{}}}", entries.iter().map(entry).collect::<Vec<_>>().join(", "))
        }
        Attribute::StableHlo(text) => text.clone(),
    }
}

fn array<T: ToString>(element: &str, values: &[T]) -> String {
    match values {
        [] => format!("array<{element}>"),
        _ => format!("array<{element}: {}>", values.iter().map(T::to_string).collect::<Vec<_>>().join(", ")),
    }
}

fn dense(array: &Array) -> String {
    let (ty, size) = (array.ty(), array.dtype().size());
    let elements: Vec<&[u8]> = array.bytes().chunks(size).collect();
    let text = match elements.as_slice() {
        [] => String::new(),
        [first, rest @ ..] if rest.iter().all(|x| x == first) => element(ty.dtype, first),
        all if all.len() > MAX_ELEMENTS => {
            let mut text = String::with_capacity(2 * array.bytes().len() + 4);
            text.push_str("\"0x");
            array.bytes().iter().for_each(|byte| _ = write!(text, "{byte:02X}"));
            text + "\""
        }
        all => nested(ty.dtype, &ty.shape, all),
    };
    format!("dense<{text}> : {}", tensor_type(ty, false))
}

/// Writes nested lists, one level for each axis.
fn nested(dtype: DType, shape: &[usize], elements: &[&[u8]]) -> String {
    let Some((&n, inner)) = shape.split_first() else { return element(dtype, elements[0]) };
    let parts = elements.chunks(elements.len() / n).map(|part| nested(dtype, inner, part));
    format!("[{}]", parts.collect::<Vec<_>>().join(", "))
}

fn element(dtype: DType, bytes: &[u8]) -> String {
    if dtype.is_complex() {
        let (re, im) = bytes.split_at(bytes.len() / 2);
        return format!("({},{})", element(dtype.real(), re), element(dtype.real(), im));
    }
    let mut all = [0; 8];
    all[..bytes.len()].copy_from_slice(bytes);
    let bits = u64::from_le_bytes(all);
    let unused = 64 - 8 * bytes.len();
    match dtype {
        DType::Bool => (bits != 0).to_string(),
        DType::I8 | DType::I16 | DType::I32 | DType::I64 => ((bits << unused) as i64 >> unused).to_string(),
        DType::U8 | DType::U16 | DType::U32 | DType::U64 => bits.to_string(),
        DType::F8E4M3FN | DType::F8E5M2 | DType::F16 | DType::BF16 | DType::F32 | DType::F64 => {
            decimal::text(dtype, bits).unwrap_or_else(|| format!("0x{bits:0width$X}", width = 2 * bytes.len()))
        }
        DType::C64 | DType::C128 => unreachable!("the parts were written above"),
    }
}

pub(crate) fn tensor_type(ty: &Type, dynamic: bool) -> String {
    let element = match ty.dtype {
        DType::Bool => "i1",
        DType::I8 => "i8",
        DType::I16 => "i16",
        DType::I32 => "i32",
        DType::I64 => "i64",
        DType::U8 => "ui8",
        DType::U16 => "ui16",
        DType::U32 => "ui32",
        DType::U64 => "ui64",
        DType::F8E4M3FN => "f8E4M3FN",
        DType::F8E5M2 => "f8E5M2",
        DType::F16 => "f16",
        DType::BF16 => "bf16",
        DType::F32 => "f32",
        DType::F64 => "f64",
        DType::C64 => "complex<f32>",
        DType::C128 => "complex<f64>",
    };
    let size = |n: &usize| if dynamic { "?x".to_owned() } else { format!("{n}x") };
    format!("tensor<{}{element}>", ty.shape.iter().map(size).collect::<String>())
}

fn location_text(location: &Location) -> String {
    match location {
        Location::Unknown => "unknown".to_owned(),
        Location::Line { file, line, column } => format!("{}:{line}:{column}", quoted(file)),
        Location::Name(name, inner) if **inner == Location::Unknown => quoted(name),
        Location::Name(name, inner) => format!("{}({})", quoted(name), location_text(inner)),
    }
}

/// Returns a quoted string, escaped like in MLIR.
fn quoted(text: &str) -> String {
    let mut out = String::from('"');
    for &byte in text.as_bytes() {
        match byte {
            b'\\' => out.push_str("\\\\"),
            b' '..=b'~' if byte != b'"' => out.push(char::from(byte)),
            _ => _ = write!(out, "\\{byte:02X}"),
        }
    }
    out.push('"');
    out
}
