//! The derive macro `Op`, for the table of operations of `rune-ir`.

mod op;

use proc_macro::TokenStream;

/// Derives what every table over the operations needs from the enum that declares them.
///
/// A field of type `V` is an operand, `Vec<V>` any number of operands, `Arc<Program>` or `Vec<Arc<Program>>` a
/// sub-program; a field marked `#[op(family)]` gives the operation its name; each other field is an attribute.
/// `#[op(name = "…")]` on a variant overrides its name, which otherwise is the variant's in snake case. Other names in
/// `#[op(…)]` on a variant declare properties, such as `recompute = RecomputeCost::Free`: see `PROPERTIES` in `op.rs`.
///
/// Also defines `Control`, with one variant for each operation that holds sub-programs.
#[proc_macro_derive(Op, attributes(op))]
pub fn derive_op(input: TokenStream) -> TokenStream {
    op::derive(syn::parse_macro_input!(input as syn::DeriveInput)).unwrap_or_else(|e| e.to_compile_error()).into()
}
