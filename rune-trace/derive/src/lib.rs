//! Macros of rune: the derive macros `Tree`, for arguments and results of functions, and `GenericTree`, for results of
//! functions with a Jacobian; and `debug_print!`.

mod generic_tree;
mod print;
mod tree;

use proc_macro::TokenStream;

/// Derives `Tree` for a struct or enum whose fields are trees. A field marked `#[tree(static)]` is not a tree, but a
/// part of the structure. It must be `Clone + Hash`, and a function is compiled again for each of its values.
/// `storage::save` writes it if its type derives `Tree`, or serde's `Serialize` and `Deserialize`; otherwise, it
/// returns an error. A field marked `#[tree(static, skip)]`, such as a function, is omitted from files. `storage::load`
/// takes it from the tree that is passed to it.
#[proc_macro_derive(Tree, attributes(tree))]
pub fn derive_tree(input: TokenStream) -> TokenStream {
    tree::derive(syn::parse_macro_input!(input as syn::DeriveInput)).unwrap_or_else(|e| e.to_compile_error()).into()
}

/// Derives `GenericTree` for a struct or enum that is generic over its leaves: `struct Name<T = Tensor>`. Each field
/// that is not marked `#[tree(static)]` has the type of such a parameter, or is a container of it.
#[proc_macro_derive(GenericTree, attributes(tree))]
pub fn derive_generic_tree(input: TokenStream) -> TokenStream {
    generic_tree::derive(syn::parse_macro_input!(input as syn::DeriveInput))
        .unwrap_or_else(|e| e.to_compile_error())
        .into()
}

/// Prints the values of tensors when they are known. Outside of transformations, this is immediately. Inside a
/// transformed function, it is each time this function runs.
///
/// ```ignore
/// debug_print!("step {i}: loss = {loss:.4}, norm = {}", grad.norm());
/// ```
///
/// The format is like that of `println!`: placeholders `{}`, in order or with a number, and names of variables and
/// arguments. `{:.3}` shows floats with three digits after the point. Arguments are tensors, and Rust numbers and
/// strings, which are shown with their values at the time of tracing.
///
/// Under `grad`, `jvp` and `vjp`, the values are printed once. Under `vmap`, they are printed once for each batch
/// element if they differ between batch elements. Under `jit`, they are printed each time the compiled function is
/// called, in the order of the program. This needs a CPU, or the interpreter: compiled code on other devices cannot
/// call the process. The output goes to standard output, unless `set_debug_sink` or `capture_debug` takes it.
#[proc_macro]
pub fn debug_print(input: TokenStream) -> TokenStream {
    let print = syn::parse_macro_input!(input as print::Print);
    print.expand().unwrap_or_else(|e| e.to_compile_error()).into()
}
