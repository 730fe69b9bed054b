//! Macros of rune: `Tree`, derived for what functions take and return, and `GenericTree`, for what they return if they have a Jacobian; and
//! `debug_print!`.

mod generic_tree;
mod print;
mod tree;

use proc_macro::TokenStream;

/// Derives `Tree` for a struct or enum whose fields are trees. A field marked `#[tree(static)]` is no tree but a part
/// of the structure: it must be `Clone + Hash`, and a function is compiled anew for each of its values. `storage::save` writes it if its
/// type derives `Tree`, or serde's `Serialize` and `Deserialize`, and refuses the tree otherwise; one that is marked
/// `#[tree(static, skip)]`, as a function, is left out of files, and `storage::load` takes it from the tree that it is given.
#[proc_macro_derive(Tree, attributes(tree))]
pub fn derive_tree(input: TokenStream) -> TokenStream {
    tree::derive(syn::parse_macro_input!(input as syn::DeriveInput)).unwrap_or_else(|e| e.to_compile_error()).into()
}

/// Derives `GenericTree` for a struct or enum that is generic over what its leaves are: `struct Name<T = Tensor>`. Besides fields marked
/// `#[tree(static)]`, all fields are of such a parameter, or of containers of it.
#[proc_macro_derive(GenericTree, attributes(tree))]
pub fn derive_outer(input: TokenStream) -> TokenStream {
    generic_tree::derive(syn::parse_macro_input!(input as syn::DeriveInput))
        .unwrap_or_else(|e| e.to_compile_error())
        .into()
}

/// Prints the values of tensors when they are known: at once outside of transformations, each time the function runs within them.
///
/// ```ignore
/// debug_print!("step {i}: loss = {loss:.4}, norm = {}", grad.norm());
/// ```
///
/// The format is that of `println!`: places `{}`, in order or with a number, and names of variables and arguments. `{:.3}` shows floats
/// with three digits after the point. Arguments are tensors, and numbers and texts of Rust, which are shown as they are when the
/// function is traced.
///
/// Under `grad`, `jvp` and `vjp` the values are printed, once; under `vmap` once for each lane, if they differ by lane; under `jit`
/// each time the compiled function is called, in the order of the program. It needs a CPU, or the interpreter: compiled code on other
/// devices cannot call the process. Prints go to the standard output, unless `set_debug_sink` or `capture_debug` takes them.
#[proc_macro]
pub fn debug_print(input: TokenStream) -> TokenStream {
    let print = syn::parse_macro_input!(input as print::Print);
    print.expand().unwrap_or_else(|e| e.to_compile_error()).into()
}
