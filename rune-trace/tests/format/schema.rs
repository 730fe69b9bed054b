//! The JSON Schema of programs, generated from the table of operations.

use super::{docs, signatures};
use rune_trace::DType;
use rune_trace::op::{OpSignature, ScatterMode};
use serde_json::{Map, Value, json};

/// The schema in `docs` must match the table of operations. `RUNE_BLESS=1` writes it again.
#[test]
fn the_schema_is_that_of_the_table_of_operations() {
    let mut text = serde_json::to_string_pretty(&schema()).unwrap();
    text.push('\n');
    let path = docs("program.schema.json");
    if std::env::var_os("RUNE_BLESS").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == text,
        "docs/program.schema.json is not that of this table; `RUNE_BLESS=1 cargo test -p rune-trace --test trace format` writes it"
    );
}

fn schema() -> Value {
    let dtypes: Vec<String> = DType::ALL.iter().map(ToString::to_string).collect();
    let any_dtype = dtypes.join("|");
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A program of rune, version 1",
        "description": "See program-format.md. Types, the order of definitions, and what attributes have to do with types are checked when \
                        a program is loaded, and not here.",
        "type": "object",
        "properties": {
            "rune": { "const": 1 },
            "name": { "type": "string" },
            "inputs": { "$ref": "#/$defs/variables" },
            "constants": { "type": "array", "items": { "$ref": "#/$defs/constant" } },
            "programs": { "type": "array", "items": { "$ref": "#/$defs/program" } },
            "instructions": { "type": "array", "items": { "$ref": "#/$defs/instruction" } },
            "outputs": { "$ref": "#/$defs/names" },
        },
        "required": ["rune", "name", "inputs", "instructions", "outputs"],
        "additionalProperties": false,
        "$defs": {
            "program": object(json!({
                "symbol": { "type": "string" },
                "name": { "type": "string" },
                "inputs": { "$ref": "#/$defs/variables" },
                "instructions": { "type": "array", "items": { "$ref": "#/$defs/instruction" } },
                "outputs": { "$ref": "#/$defs/names" },
            })),
            "instruction": instruction(),
            "constant": {
                "type": "object",
                "properties": {
                    "name": { "type": "string" },
                    "type": { "$ref": "#/$defs/type" },
                    "data": { "type": "array", "items": { "$ref": "#/$defs/element" } },
                    "tensor": { "type": "string" },
                    "hash": { "type": "string", "pattern": "^[0-9a-f]{32}$" },
                },
                "required": ["name", "type"],
                "oneOf": [{ "required": ["data"] }, { "required": ["tensor"] }],
                "additionalProperties": false,
            },
            "element": {
                "anyOf": [
                    { "type": ["number", "boolean"] },
                    { "type": "string", "pattern": "^\\s*(NaN(\\(0x[0-9a-fA-F]+\\))?([+-].*j)?|[+-]?(inf(inity)?|nan)([+-].*j)?|[+-]?[0-9.].*|true|false)\\s*$" },
                ],
            },
            "variables": { "type": "array", "items": { "$ref": "#/$defs/variable" } },
            "variable": object(json!({ "name": { "type": "string" }, "type": { "$ref": "#/$defs/type" } })),
            "names": { "type": "array", "items": { "type": "string" } },
            "type": { "type": "string", "pattern": format!("^\\s*\\[\\s*([0-9]+\\s*,\\s*)*({any_dtype})\\s*\\]\\s*$") },
            "dtype": { "enum": dtypes },
            "literal": { "type": "string", "pattern": format!("^.+:({any_dtype})$") },
            "size": { "type": "integer", "minimum": 0 },
            "sizes": { "type": "array", "items": { "$ref": "#/$defs/size" } },
            "around": {
                "type": "array",
                "items": { "type": "array", "items": { "type": "integer" }, "minItems": 2, "maxItems": 2 },
            },
            "pairs": {
                "type": "array",
                "items": { "type": "array", "items": { "$ref": "#/$defs/size" }, "minItems": 2, "maxItems": 2 },
            },
            "padding": object(json!({
                "low": { "type": "integer" },
                "high": { "type": "integer" },
                "interior": { "$ref": "#/$defs/size" },
            })),
            "axis": object(json!({ "name": { "type": "string" }, "size": { "$ref": "#/$defs/size" } })),
            "policy": {
                "anyOf": [
                    { "enum": ["nothing_saveable", "everything_saveable", "dots_saveable", "dots_with_no_batch_dims_saveable"] },
                    {
                        "type": "object",
                        "properties": {
                            "save_only_these_names": { "$ref": "#/$defs/names" },
                            "save_any_names_but_these": { "$ref": "#/$defs/names" },
                            "save_anything_except_these_names": { "$ref": "#/$defs/names" },
                            "save_from_both_policies": {
                                "type": "array",
                                "items": { "$ref": "#/$defs/policy" },
                                "minItems": 2,
                                "maxItems": 2,
                            },
                        },
                        "minProperties": 1,
                        "maxProperties": 1,
                        "additionalProperties": false,
                    },
                ],
            },
            "gather_dims":
                sizes(&["offset", "collapsed", "operand_batching", "indices_batching", "start_index_map"], json!({})),
            "scatter_dims": sizes(
                &["update_window", "inserted_window", "operand_batching", "indices_batching", "scatter_map"],
                json!({}),
            ),
            "dot_dims": sizes(&["lhs_batch", "rhs_batch", "lhs_contract", "rhs_contract"], json!({})),
            "triangular": object(json!({
                "left_side": { "type": "boolean" },
                "lower": { "type": "boolean" },
                "transpose_a": { "type": "boolean" },
                "unit_diagonal": { "type": "boolean" },
            })),
            "window": sizes(
                &["dimensions", "strides", "base_dilation", "window_dilation"],
                json!({ "padding": { "$ref": "#/$defs/around" } }),
            ),
            "conv_dims": sizes(
                &["lhs", "rhs", "out", "strides", "lhs_dilation", "rhs_dilation"],
                json!({
                    "padding": { "$ref": "#/$defs/around" },
                    "feature_groups": { "$ref": "#/$defs/size" },
                    "batch_groups": { "$ref": "#/$defs/size" },
                }),
            ),
        },
    })
}

/// Returns the schema of an object with exactly these required fields.
fn object(properties: Value) -> Value {
    let required: Vec<&String> = properties.as_object().unwrap().keys().collect();
    json!({ "type": "object", "required": required, "properties": properties, "additionalProperties": false })
}

fn sizes(lists: &[&str], others: Value) -> Value {
    let mut properties = others.as_object().unwrap().clone();
    properties.extend(lists.iter().map(|name| (name.to_string(), json!({ "$ref": "#/$defs/sizes" }))));
    object(properties.into())
}

fn instruction() -> Value {
    let names: Vec<&str> = signatures().iter().flat_map(|s| s.names.clone()).collect();
    let mut transforms = rune_trace::Transform::ALL.iter().map(|t| t.name()).collect::<Vec<_>>();
    transforms.sort_unstable();
    json!({
        "type": "object",
        "properties": {
            "op": { "enum": names },
            "inputs": { "$ref": "#/$defs/names" },
            "attributes": { "type": "object" },
            "programs": {
                "type": "array",
                "items": { "type": "array", "items": { "type": "string" }, "minItems": 2, "maxItems": 2 },
            },
            "results": { "$ref": "#/$defs/variables" },
            "loc": object(json!({
                "file": { "type": "string" },
                "line": { "$ref": "#/$defs/size" },
                "column": { "$ref": "#/$defs/size" },
            })),
            "scope": { "type": "string" },
            "transforms": { "type": "array", "items": { "enum": transforms } },
        },
        "required": ["op", "inputs", "results"],
        "additionalProperties": false,
        "allOf": signatures().iter().map(of_signature).collect::<Vec<_>>(),
    })
}

/// Returns the schema of an instruction with one of these names.
fn of_signature(s: &OpSignature) -> Value {
    let condition = match &s.names[..] {
        [one] => json!({ "const": one }),
        several => json!({ "enum": several }),
    };
    let single = s.operands.iter().filter(|(_, many)| !many).count();
    let mut inputs = json!({ "minItems": single });
    if single == s.operands.len() {
        inputs["maxItems"] = single.into();
    }
    let attributes: Map<String, Value> =
        s.attributes.iter().map(|(name, ty)| ((*name).to_owned(), attribute(ty))).collect();
    let fields: Vec<&str> = s.programs.iter().map(|(name, _)| *name).collect();
    let single = s.programs.iter().filter(|(_, many)| !many).count();
    let mut programs = json!({ "items": { "prefixItems": [{ "enum": fields }] }, "minItems": single });
    if single == s.programs.len() {
        programs["maxItems"] = single.into();
    }
    if fields.is_empty() {
        programs = json!({ "maxItems": 0 });
    }
    let mut required = Vec::new();
    required.extend((!attributes.is_empty()).then_some("attributes"));
    required.extend((single > 0).then_some("programs"));
    json!({
        "if": { "properties": { "op": condition }, "required": ["op"] },
        "then": {
            "properties": { "inputs": inputs, "attributes": object(attributes.into()), "programs": programs },
            "required": required,
        },
    })
}

/// Returns the schema of an attribute of this Rust type.
fn attribute(ty: &str) -> Value {
    let defined = |name: &str| json!({ "$ref": format!("#/$defs/{name}") });
    match ty {
        "usize" => defined("size"),
        "i32" => json!({ "type": "integer", "minimum": i32::MIN, "maximum": i32::MAX }),
        "bool" => json!({ "type": "boolean" }),
        "String" => json!({ "type": "string" }),
        "DType" => defined("dtype"),
        "Literal" => defined("literal"),
        "Shape" | "Dims" => defined("sizes"),
        "Vec<Padding>" => json!({ "type": "array", "items": defined("padding") }),
        "Vec<(usize,usize)>" => defined("pairs"),
        // A function of the process. A document that holds one is rejected.
        "Callback" => json!(false),
        "Vec<Type>" => json!({ "type": "array", "items": defined("type") }),
        "Option<VmapMethod>" => {
            use rune_trace::VmapMethod::{BroadcastAll, ExpandDims, Sequential, SequentialUnrolled};
            let none: Option<rune_trace::VmapMethod> = None;
            json!({ "enum": [none, Some(Sequential), Some(SequentialUnrolled), Some(ExpandDims), Some(BroadcastAll)] })
        }
        "CheckpointPolicy" => defined("policy"),
        "NamedAxis" => defined("axis"),
        "Box<GatherDims>" => defined("gather_dims"),
        "Box<ScatterDims>" => defined("scatter_dims"),
        "Box<DotDims>" => defined("dot_dims"),
        "Triangular" => defined("triangular"),
        "Box<Window>" => defined("window"),
        "Box<ConvDims>" => defined("conv_dims"),
        "ScatterMode" => {
            use ScatterMode::{Add, Max, Min, Mul, Set};
            json!({ "enum": [Set, Add, Mul, Min, Max] })
        }
        other => panic!(
            "how an attribute of type `{other}` is written in JSON has to be message here, and in docs/program-format.md"
        ),
    }
}
