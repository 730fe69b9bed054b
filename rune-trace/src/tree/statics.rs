//! The parts of trees that are not tensors: comparison, and the form in files.

use super::{PathPart, TreePath};
use rustc_hash::FxHasher;
use serde_json::{Map, Value};
use std::hash::{Hash, Hasher};

/// The parts of a tree that are not tensors, in the shape of the tree: numbers, strings, which `Option`s are `Some`,
/// lengths, keys and variants.
///
/// ```
/// use rune_trace::{Static, Tensor, Tree};
/// #[derive(Tree)]
/// struct Layer { weight: Tensor, heads: usize }
/// let layer = |heads| Layer { weight: Tensor::scalar(1.0f32), heads };
/// let changes = layer(8).statics().changes(&layer(4).statics(), "layer");
/// assert_eq!(changes[0].to_string(), "layer.heads: 8 was 4");
/// ```
#[doc(alias = "static")]
#[doc(alias = "PyTreeDef")]
#[doc(alias = "register_static")]
#[derive(Clone, PartialEq, Debug)]
pub enum Static {
    /// A tensor, which is not part of the structure.
    Tensor,
    /// A number, boolean, character or string, or the serde form of a field that is marked `#[tree(static)]`.
    Value(Value),
    /// `None`.
    Absent,
    /// `Some`.
    Present(Box<Static>),
    /// The items of a `Vec` or an array.
    List(Vec<Static>),
    /// The fields of a struct or a tuple.
    Fields(Vec<(PathPart, Static)>),
    /// The entries of a map.
    Map(Vec<(PathPart, Static)>),
    /// The variant of an enum, and its fields.
    Variant(&'static str, Vec<(PathPart, Static)>),
    /// A value that can only be compared.
    Opaque {
        /// Its type.
        ty: &'static str,
        /// A hash that identifies the value.
        hash: u64,
        /// Whether files omit it.
        skipped: bool,
    },
}

/// A changed part of a structure: see [`Static::changes`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StaticChange {
    /// The path of the part.
    pub path: String,
    /// The new value.
    pub now: String,
    /// The previous value.
    pub before: String,
    /// Whether the part has few possible values: a boolean, a variant, or whether an `Option` is `Some`. Other parts
    /// may change at each call.
    pub is_choice: bool,
}

impl std::fmt::Display for StaticChange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {} was {}", self.path, self.now, self.before)
    }
}

/// A part that cannot be written to a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Unwritable {
    /// A value of this type.
    Opaque { name: String, ty: &'static str },
    /// Two parts with this name.
    SameName { name: String },
}

impl Static {
    /// Returns a value that can only be compared, by its hash.
    pub fn opaque<T: Hash + ?Sized>(value: &T, skipped: bool) -> Static {
        Static::Opaque { ty: std::any::type_name::<T>(), hash: hash(value), skipped }
    }

    /// Returns the differences between `before` and this structure, with paths below `root`.
    pub fn changes(&self, before: &Static, root: &'static str) -> Vec<StaticChange> {
        let mut changes = Vec::new();
        self.compare(before, &mut TreePath::root(root), &mut changes);
        changes
    }

    fn compare(&self, before: &Static, path: &mut TreePath, changes: &mut Vec<StaticChange>) {
        let named = |parts: &[(PathPart, Static)], part: &PathPart| parts.iter().find(|(p, _)| p == part).cloned();
        match (self, before) {
            (now, before) if now == before => {}
            (Static::List(now), Static::List(before)) if now.len() == before.len() => {
                for (i, (now, before)) in now.iter().zip(before).enumerate() {
                    path.inside(PathPart::Index(i), |path| now.compare(before, path, changes));
                }
            }
            (Static::Present(now), Static::Present(before)) => now.compare(before, path, changes),
            (Static::Fields(now), Static::Fields(was)) | (Static::Map(now), Static::Map(was))
                if now.iter().map(|n| &n.0).eq(was.iter().map(|w| &w.0)) =>
            {
                for ((part, now), (_, before)) in now.iter().zip(was) {
                    path.inside(part.clone(), |path| now.compare(before, path, changes));
                }
            }
            (Static::Variant(now, fields), Static::Variant(before, were)) if now == before => {
                for (part, now) in fields {
                    let before = named(were, part).map_or(Static::Absent, |(_, before)| before);
                    path.inside(part.clone(), |path| now.compare(&before, path, changes));
                }
            }
            (now, before) => {
                let choice = |s: &Static| match s {
                    Static::Absent | Static::Present(_) | Static::Variant(..) | Static::Value(Value::Bool(_)) => true,
                    Static::Tensor | Static::Value(_) | Static::List(_) | Static::Opaque { .. } => false,
                    Static::Fields(_) | Static::Map(_) => false,
                };
                changes.push(StaticChange {
                    path: path.to_string(),
                    now: now.summary(),
                    before: before.summary(),
                    is_choice: choice(now) && choice(before),
                });
            }
        }
    }

    /// Returns a short description.
    fn summary(&self) -> String {
        match self {
            Static::Tensor => "a tensor".to_owned(),
            Static::Value(value) => shortened(value),
            Static::Absent => "None".to_owned(),
            Static::Present(_) => "Some".to_owned(),
            Static::List(items) => format!("{} items", items.len()),
            Static::Fields(fields) => format!("{} fields", fields.len()),
            Static::Map(entries) => format!("{} entries", entries.len()),
            Static::Variant(name, _) => (*name).to_owned(),
            Static::Opaque { ty, .. } => format!("another {ty}"),
        }
    }

    /// Returns the JSON for files, or `None` if the tensors determine everything.
    pub(crate) fn to_json(&self, path: &mut TreePath) -> Result<Option<Value>, Unwritable> {
        Ok(match self {
            Static::Tensor | Static::Opaque { skipped: true, .. } => None,
            Static::Value(value) => Some(value.clone()),
            Static::Absent => Some(Value::Null),
            Static::Present(some) => match some.to_json(path)? {
                None if some.holds_tensor() => None,
                None => Some(nothing()),
                Some(value) if is_marked(&value) => Some(Value::Object(Map::from_iter([(SOME.to_owned(), value)]))),
                Some(value) => Some(value),
            },
            Static::List(items) => {
                let mut values = Vec::new();
                for (i, item) in items.iter().enumerate() {
                    values.push(path.inside(PathPart::Index(i), |path| item.to_json(path))?);
                }
                let tensors_say_it = !items.is_empty() && items.iter().all(Static::holds_tensor);
                match tensors_say_it && values.iter().all(Option::is_none) {
                    true => None,
                    false => Some(values.into_iter().map(|value| value.unwrap_or_else(nothing)).collect()),
                }
            }
            Static::Fields(fields) => {
                let fields = entries(fields, path)?.into_iter().filter_map(|(name, value)| Some((name, value?)));
                let fields: Map<String, Value> = fields.collect();
                (!fields.is_empty()).then_some(Value::Object(fields))
            }
            Static::Map(map) => {
                let tensors_say_it = !map.is_empty() && map.iter().all(|(_, item)| item.holds_tensor());
                let values = entries(map, path)?;
                match tensors_say_it && values.iter().all(|(_, value)| value.is_none()) {
                    true => None,
                    // An object without entries means that nothing is stored.
                    false if values.is_empty() => Some(Value::Array(Vec::new())),
                    false => Some(values.into_iter().map(|(k, v)| (k, v.unwrap_or_else(nothing))).collect()),
                }
            }
            Static::Variant(name, fields) if fields.is_empty() => Some(Value::from(*name)),
            Static::Variant(name, fields) => {
                let fields = entries(fields, path)?.into_iter().filter_map(|(name, value)| Some((name, value?)));
                Some(Value::Object(Map::from_iter([((*name).to_owned(), Value::Object(fields.collect()))])))
            }
            Static::Opaque { ty, .. } => return Err(Unwritable::Opaque { name: path.name(), ty }),
        })
    }

    fn holds_tensor(&self) -> bool {
        match self {
            Static::Tensor => true,
            Static::Value(_) | Static::Absent | Static::Opaque { .. } => false,
            Static::Present(some) => some.holds_tensor(),
            Static::List(items) => items.iter().any(Static::holds_tensor),
            Static::Fields(parts) | Static::Map(parts) | Static::Variant(_, parts) => {
                parts.iter().any(|(_, part)| part.holds_tensor())
            }
        }
    }
}

/// The key that wraps a present value if the value is `null`, or an object with only this key, which would be
/// ambiguous.
pub(super) const SOME: &str = "some";

/// Returns whether a present value would be read as something else.
fn is_marked(value: &Value) -> bool {
    value.is_null() || value.as_object().is_some_and(|map| map.len() == 1 && map.contains_key(SOME))
}

/// Returns the placeholder for a value that is not stored.
fn nothing() -> Value {
    Value::Object(Map::new())
}

fn entries(parts: &[(PathPart, Static)], path: &mut TreePath) -> Result<Vec<(String, Option<Value>)>, Unwritable> {
    let mut values: Vec<(String, Option<Value>)> = Vec::new();
    for (part, item) in parts {
        let name = part.name();
        let value = path.inside(part.clone(), |path| {
            if values.iter().any(|(n, _)| *n == name) {
                return Err(Unwritable::SameName { name: path.name() });
            }
            item.to_json(path)
        })?;
        values.push((name, value));
    }
    Ok(values)
}

/// Returns the hash of a value, within one process.
pub(super) fn hash<T: Hash + ?Sized>(value: &T) -> u64 {
    let mut hasher = FxHasher::default();
    value.hash(&mut hasher);
    hasher.finish()
}

/// Returns JSON on one line, abbreviated.
pub(crate) fn shortened(value: &Value) -> String {
    const MAX_TEXT: usize = 80;
    let text = value.to_string();
    match text.char_indices().nth(MAX_TEXT) {
        None => text,
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

/// Reads an integer from JSON.
pub(super) fn integer(value: &Value) -> Option<i128> {
    value.as_i64().map(i128::from).or_else(|| value.as_u64().map(i128::from))
}

/// Returns a float as JSON. NaN and infinities, which JSON lacks, are strings. An unusual NaN is written with its bits.
pub(super) fn float(x: f64) -> Value {
    match serde_json::Number::from_f64(x) {
        Some(number) => Value::Number(number),
        None if x.is_nan() && x.to_bits() != f64::NAN.to_bits() => Value::from(format!("NaN:{:#x}", x.to_bits())),
        None => Value::from(x.to_string()),
    }
}

/// Reads a float that [`float`] wrote.
pub(super) fn read_float(value: &Value) -> Option<f64> {
    let text = match value {
        Value::Number(number) => return number.as_f64(),
        Value::String(text) => text,
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return None,
    };
    match text.strip_prefix("NaN:0x") {
        Some(bits) => u64::from_str_radix(bits, 16).ok().map(f64::from_bits).filter(|x| x.is_nan()),
        None => text.parse().ok().filter(|x: &f64| !x.is_finite()),
    }
}

/// Returns a 32-bit float as JSON: the shortest decimal that is read as this float.
pub(super) fn float32(x: f32) -> Value {
    let wide = f64::from(x);
    if x.is_nan() && x.to_bits() != f32::NAN.to_bits() {
        return Value::from(format!("NaN:{:#x}", x.to_bits()));
    }
    let shortest = x.to_string().parse().unwrap_or(wide);
    float(if (shortest as f32).to_bits() == x.to_bits() { shortest } else { wide })
}

/// Reads a float that [`float32`] wrote.
pub(super) fn read_float32(value: &Value) -> Option<f32> {
    if let Some(bits) = value.as_str().and_then(|text| text.strip_prefix("NaN:0x")) {
        return u32::from_str_radix(bits, 16).ok().map(f32::from_bits).filter(|x| x.is_nan());
    }
    let wide = read_float(value)?;
    let x = wide as f32;
    (x.is_infinite() == wide.is_infinite()).then_some(x)
}
