//! The signature of a compiled module.

use crate::op::{Op, Parts};
use crate::{Program, Type, types};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The types and the requirements of a compiled program. The module holds them as JSON, in the attribute
/// [`ModuleSignature::KEY`] of its function. A `.vmfb` file can therefore be checked and run on its own.
///
/// It depends only on what the program computes, and not on names or on the values of constants. Equal programs are
/// therefore compiled only once.
///
/// ```
/// use rune_ir::{DType, ModuleSignature, Type};
/// let x = Type::new(DType::F32, [2]);
/// let signature = ModuleSignature { inputs: vec![x.clone()], outputs: vec![x], ..ModuleSignature::default() };
/// let json = r#"{"rune":1,"inputs":["[2, f32]"],"outputs":["[2, f32]"]}"#;
/// assert_eq!(signature.to_json(), json);
/// assert_eq!(ModuleSignature::from_json(json).unwrap(), signature);
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ModuleSignature {
    /// The inputs of the program. They are the first arguments of the function.
    pub inputs: Vec<Type>,
    /// The constants of the program. They are the arguments after the inputs.
    pub constants: Vec<Type>,
    /// The outputs of the program.
    pub outputs: Vec<Type>,
    /// The arguments whose memory the function may overwrite, ascending.
    pub overwritten: Vec<usize>,
    /// The functions of the process that the module calls.
    pub host: Vec<HostOp>,
}

/// A function of the running process that compiled code calls.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct HostOp {
    /// The name in the module `host`.
    pub name: String,
    /// The operation that it computes. The operands are the arguments. Unsigned integers are passed as signed ones with
    /// the same bits. If the operation has effects, the last argument and the last result are tokens of type `i32`.
    pub op: Op<Type>,
    /// The types of the results.
    pub outputs: Vec<Type>,
}

/// The reason why a text is not a signature of a module.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// It is not JSON, or JSON of another form.
    #[error("its signature cannot be read: {0}")]
    Malformed(String),
    /// Another version of rune wrote it.
    #[error("its signature is of version {0}, and this rune reads version {VERSION}; compile the program again")]
    Version(u32),
}

const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Version {
    rune: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    rune: u32,
    inputs: Vec<Type>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    constants: Vec<Type>,
    outputs: Vec<Type>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    overwritten: Vec<usize>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    host: Vec<HostDocument>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct HostDocument {
    name: String,
    op: String,
    inputs: Vec<Type>,
    #[serde(default, skip_serializing_if = "serde_json::Map::is_empty")]
    attributes: serde_json::Map<String, serde_json::Value>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    programs: Vec<(String, Program)>,
    outputs: Vec<Type>,
}

impl ModuleSignature {
    /// The name of the attribute.
    pub const KEY: &'static str = "rune.signature";

    /// Returns the signature as JSON on one line.
    pub fn to_json(&self) -> String {
        let host = |h: &HostOp| HostDocument {
            name: h.name.clone(),
            op: h.op.name().to_owned(),
            inputs: h.op.operands().into_iter().cloned().collect(),
            attributes: h.op.attributes().into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
            programs: h.op.programs().into_iter().map(|(name, p)| (name.to_owned(), (**p).clone())).collect(),
            outputs: h.outputs.clone(),
        };
        let document = Document {
            rune: VERSION,
            inputs: self.inputs.clone(),
            constants: self.constants.clone(),
            outputs: self.outputs.clone(),
            overwritten: self.overwritten.clone(),
            host: self.host.iter().map(host).collect(),
        };
        serde_json::to_string(&document).expect("a signature has string keys, and its programs no constants")
    }

    /// Reads a signature. Types and operations are checked.
    ///
    /// # Errors
    /// If the text is not a signature, or has another version.
    pub fn from_json(text: &str) -> Result<ModuleSignature, SignatureError> {
        let malformed = |e: &dyn std::fmt::Display| SignatureError::Malformed(e.to_string());
        let Version { rune } = serde_json::from_str(text).map_err(|e| malformed(&e))?;
        if rune != VERSION {
            return Err(SignatureError::Version(rune));
        }
        let document: Document = serde_json::from_str(text).map_err(|e| malformed(&e))?;
        let Document { rune: _, inputs, constants, outputs, overwritten, host } = document;
        for ty in inputs.iter().chain(&constants).chain(&outputs) {
            types::check(ty).map_err(|e| malformed(&format_args!("{ty} {e}")))?;
        }
        if let Some(i) = overwritten.iter().find(|&&i| i >= inputs.len() + constants.len()) {
            return Err(malformed(&format_args!("there is no argument {i}")));
        }
        let host = host.into_iter().map(|h| {
            let programs = h.programs.into_iter().map(|(name, p)| (name, Arc::new(p))).collect();
            let parts = Parts { name: h.op, operands: h.inputs, attributes: h.attributes, programs };
            let op = Op::from_parts(parts).map_err(|e| malformed(&e))?;
            let results = types::infer(&op.map(|ty| ty)).map_err(|e| malformed(&e))?;
            if !results.iter().eq(&h.outputs) {
                return Err(malformed(&format_args!("the results of `{}` are of other types", op.name())));
            }
            Ok(HostOp { name: h.name, op, outputs: h.outputs })
        });
        let host = host.collect::<Result<Vec<_>, _>>()?;
        Ok(ModuleSignature { inputs, constants, outputs, overwritten, host })
    }
}
