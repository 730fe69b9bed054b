//! Derive macros of rune: `Op`, for the table of operations, `Tree`, for what functions take and return, and `Outer`, for what
//! they return if they have a Jacobian.

mod op;
mod outer;
mod tree;

use proc_macro::TokenStream;

/// Derives what every table over the operations needs from the enum that declares them.
///
/// A field of type `V` is an operand, `Vec<V>` any number of operands, `Arc<Program>` or `Vec<Arc<Program>>` a
/// sub-program; a field marked `#[op(family)]` gives the operation its name; each other field is an attribute.
/// `#[op(name = "…")]` on a variant overrides its name, which otherwise is the variant's in snake case.
#[proc_macro_derive(Op, attributes(op))]
pub fn derive_op(input: TokenStream) -> TokenStream {
    op::derive(syn::parse_macro_input!(input as syn::DeriveInput)).unwrap_or_else(|e| e.to_compile_error()).into()
}

/// Derives `Tree` for a struct or enum whose fields are trees. A field marked `#[tree(static)]` is no tree but a part
/// of the structure: it must be `Clone + Hash`, and a function is compiled anew for each of its values.
#[proc_macro_derive(Tree, attributes(tree))]
pub fn derive_tree(input: TokenStream) -> TokenStream {
    tree::derive(syn::parse_macro_input!(input as syn::DeriveInput)).unwrap_or_else(|e| e.to_compile_error()).into()
}

/// Derives `Outer` for a struct or enum that is generic over what its leaves are: `struct Name<T = Tensor>`. Besides fields marked
/// `#[tree(static)]`, all fields are of such a parameter, or of containers of it.
#[proc_macro_derive(Outer, attributes(tree))]
pub fn derive_outer(input: TokenStream) -> TokenStream {
    outer::derive(syn::parse_macro_input!(input as syn::DeriveInput)).unwrap_or_else(|e| e.to_compile_error()).into()
}
