//! Reads `tests/vectors`, which `scripts/vectors ops` writes: operations on known inputs, with JAX's results.

use super::tolerance::precision;
use rune_ir::op::{Op, Parts};
use rune_ir::{Array, DType, Element, Type};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

/// One operation on known inputs.
pub struct Case {
    /// The label of the case.
    pub label: String,
    /// The operation on positions in `inputs`.
    pub op: Op<usize>,
    /// The operands.
    pub inputs: Vec<Array>,
    /// The results.
    pub outputs: Vec<Array>,
    /// The derivatives, if the case has some: cotangents of the inputs, tangents of the outputs.
    pub derivatives: Option<Derivatives>,
    /// The results of transformations by name: see [`super::transforms`].
    pub transformed: BTreeMap<String, Vec<Array>>,
}

/// The derivatives of an operation in the directions [`tangent`] and [`cotangent`]. `None` for arrays without floats.
pub struct Derivatives {
    pub vjp: Vec<Option<Array>>,
    pub jvp: Vec<Option<Array>>,
}

impl Case {
    /// Returns the name of the operation.
    pub fn name(&self) -> &'static str {
        self.op.name()
    }
    /// Returns the main dtype: that of the main operand, or of the result if there is no operand.
    pub fn dtype(&self) -> DType {
        let first = self.inputs.get(if self.name() == "select" { 1 } else { 0 });
        first.unwrap_or(&self.outputs[0]).dtype()
    }
    /// Returns the least precise float dtype of the operands and results.
    pub fn least_precise(&self) -> Option<DType> {
        let floats = self.inputs.iter().chain(&self.outputs).map(Array::dtype).filter(|d| d.is_float());
        floats.max_by(|a, b| precision(*a).total_cmp(&precision(*b)))
    }
    /// Returns the operation on its operands.
    pub fn on_inputs(&self) -> Op<&Array> {
        self.op.map(|&i| &self.inputs[i])
    }
    /// Returns the name of the case for messages.
    pub fn title(&self) -> String {
        let inputs: Vec<String> = self.inputs.iter().map(|x| x.ty().to_string()).collect();
        format!("{} {} ({})", self.name(), self.label, inputs.join(", "))
    }
}

/// Returns the tangent of input `k`, of a float type. Its element `i` is `((7 (i + 3k) mod 11) - 5) / 4`.
pub fn tangent(k: usize, ty: &Type) -> Array {
    floats(ty, |i| ((7 * (i + 3 * k) % 11) as f64 - 5.0) / 4.0)
}

/// Returns the cotangent of output `k`, of a float type. Its element `i` is `((i + 2k) mod 5 + 1) / 2`.
pub fn cotangent(k: usize, ty: &Type) -> Array {
    floats(ty, |i| ((i + 2 * k) % 5 + 1) as f64 / 2.0)
}

fn floats(ty: &Type, f: impl Fn(usize) -> f64) -> Array {
    rune_ir::with_element!(ty.dtype, T => Array::from_fn(ty.shape.clone(), |i| T::from_f64(f(i))))
}

/// Returns all cases of all files, in order.
pub fn load(folder: &Path) -> Vec<Case> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut files: Vec<_> = entries.map(|e| e.expect("the folder can be listed").path()).collect();
    files.retain(|f| f.extension().is_some_and(|e| e == "jsonl"));
    files.sort();
    let mut cases = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).expect("the file can be read");
        for (number, line) in text.lines().enumerate() {
            let case = serde_json::from_str(line).map_err(|e| e.to_string()).and_then(|row| parse(&row));
            cases.push(case.unwrap_or_else(|e| panic!("{}:{}: {e}", file.display(), number + 1)));
        }
    }
    cases
}

fn parse(row: &Value) -> Result<Case, String> {
    let text = |key: &str| row[key].as_str().ok_or_else(|| format!("`{key}` is no text"));
    let arrays = |key: &str| -> Result<Vec<Option<Array>>, String> {
        row[key].as_array().ok_or_else(|| format!("`{key}` is no list"))?.iter().map(array).collect()
    };
    let inputs: Vec<Array> = arrays("in")?.into_iter().flatten().collect();
    let outputs: Vec<Array> = arrays("out")?.into_iter().flatten().collect();
    let parts = Parts {
        name: text("op")?.to_owned(),
        operands: (0..inputs.len()).collect(),
        attributes: row["attrs"].as_object().cloned().unwrap_or_default(),
        programs: Vec::new(),
    };
    let op = Op::from_parts(parts).map_err(|e| e.to_string())?;
    let derivatives = match row.get("vjp") {
        Some(_) => Some(Derivatives { vjp: arrays("vjp")?, jvp: arrays("jvp")? }),
        None => None,
    };
    let mut transformed = BTreeMap::new();
    for name in ["vmap", "vmap_grad", "grad_vmap", "jvp_grad", "grad_grad"] {
        let Some(results) = row.get(name).and_then(Value::as_array) else { continue };
        // Under `vmap`, there is a list of results for each set of mapped operands.
        let flat = results.iter().flat_map(|x| x.as_array().map_or(std::slice::from_ref(x), Vec::as_slice));
        let arrays: Result<Vec<Option<Array>>, String> = flat.map(array).collect();
        transformed.insert(name.to_owned(), arrays?.into_iter().flatten().collect());
    }
    Ok(Case { label: text("case")?.to_owned(), op, inputs, outputs, derivatives, transformed })
}

/// Reads an array from its type, a space, and its bytes in base64.
fn array(value: &Value) -> Result<Option<Array>, String> {
    let Some(text) = value.as_str() else { return Ok(None) };
    let end = text.find(']').ok_or("an array begins with its type")? + 1;
    let ty: Type = text[..end].parse().map_err(|e| format!("{e}"))?;
    let bytes = base64(text[end..].trim()).ok_or("an array is no base64")?;
    if bytes.len() != ty.bytes() {
        return Err(format!("an array of type {ty} has {} bytes", bytes.len()));
    }
    Ok(Some(Array::from_bytes(ty, &bytes)))
}

fn base64(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut count) = (0u32, 0);
    for c in text.trim_end_matches('=').bytes() {
        let six = match c {
            b'A'..=b'Z' => c - b'A',
            b'a'..=b'z' => c - b'a' + 26,
            b'0'..=b'9' => c - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(six);
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count) as u8);
        }
    }
    Some(out)
}
