//! The derive macro `Op`, for the table of operations of `rune-ir`.

mod op;

use proc_macro::TokenStream;

/// Derives the methods of the enum of operations: names, operands, attributes, sub-programs and properties.
///
/// A field of type `V` is an operand, and `Vec<V>` is any number of operands. `Arc<Program>` or `Vec<Arc<Program>>` is
/// a sub-program. A field marked `#[op(family)]` gives the operation its name. Each other field is an attribute. If no
/// field is marked, the name is the variant's name in snake case, unless `#[op(name = "…")]` overrides it. Other names
/// in `#[op(…)]` on a variant declare properties, such as `recompute = RecomputeCost::Free`: see `PROPERTIES` in
/// `op.rs`.
///
/// Also defines `Control`, with one variant for each operation that holds sub-programs.
#[proc_macro_derive(Op, attributes(op))]
pub fn derive_op(input: TokenStream) -> TokenStream {
    op::derive(syn::parse_macro_input!(input as syn::DeriveInput)).unwrap_or_else(|e| e.to_compile_error()).into()
}
