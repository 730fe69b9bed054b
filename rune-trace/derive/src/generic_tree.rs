//! `#[derive(GenericTree)]`.

use super::tree::{crate_path, parts, variants};
use proc_macro2::TokenStream;
use quote::quote;
use syn::{DeriveInput, Error, GenericParam, Result, parse_quote};

pub fn derive(mut input: DeriveInput) -> Result<TokenStream> {
    let krate = crate_path();
    if input.generics.type_params().next().is_none() {
        let message = "leaves can be replaced by trees only where their type is a parameter: write `struct Name<T = Tensor>`, \
                       with `T` in the place of `Tensor`";
        return Err(Error::new_spanned(&input.ident, message));
    }
    for param in input.generics.type_params_mut() {
        param.bounds.push(parse_quote!(#krate::GenericTree));
    }
    let name = &input.ident;
    let replaced = input.generics.params.iter().map(|param| match param {
        GenericParam::Type(param) => {
            let name = &param.ident;
            quote!(<#name as #krate::GenericTree>::Of<Leaf>)
        }
        GenericParam::Const(param) => {
            let name = &param.ident;
            quote!(#name)
        }
        GenericParam::Lifetime(param) => {
            let name = &param.lifetime;
            quote!(#name)
        }
    });
    let replaced = quote!(#name<#(#replaced),*>);
    let mut arms = Vec::new();
    for (path, fields) in variants(&input)? {
        let parts = parts(fields)?;
        let bind = parts.iter().map(|p| {
            let (member, var) = (&p.member, &p.var);
            quote!(#member: #var)
        });
        let maps = parts.iter().map(|p| {
            let (member, var) = (&p.member, &p.var);
            match p.is_static {
                true => quote!(#member: ::core::clone::Clone::clone(#var)),
                false => quote!(#member: #krate::GenericTree::map_trees(#var, f)),
            }
        });
        arms.push(quote! { #path { #(#bind),* } => #path { #(#maps),* }, });
    }
    let (impl_generics, ty_generics, where_clause) = input.generics.split_for_impl();
    Ok(quote! {
        impl #impl_generics #krate::GenericTree for #name #ty_generics #where_clause {
            type Of<Leaf: #krate::Tree> = #replaced;
            fn map_trees<Leaf: #krate::Tree>(
                &self,
                f: &mut dyn FnMut(&#krate::Tensor) -> Leaf,
            ) -> Self::Of<Leaf> {
                match self { #(#arms)* }
            }
        }
    })
}
