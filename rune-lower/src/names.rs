//! Names in the printed module.

/// IREE's operation that returns its operand, and that the compiler forms no kernel across.
pub(crate) const COMPUTE_BARRIER: &str = "iree_tensor_ext.compute_barrier.start";

/// Returns a name of letters, digits and underscores that does not start with a digit. Other names would need quotes.
pub(crate) fn identifier(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    let name: String = name.chars().map(plain).collect();
    if name.starts_with(|c: char| !c.is_ascii_alphabetic() && c != '_') || name.is_empty() {
        return format!("f_{name}");
    }
    name
}
