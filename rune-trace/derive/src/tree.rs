//! `#[derive(Tree)]`.

use proc_macro_crate::{FoundCrate, crate_name};
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Data, DeriveInput, Error, Fields, Ident, Result, parse_quote};

pub fn derive(mut input: DeriveInput) -> Result<TokenStream> {
    let krate = crate_path();
    for param in input.generics.type_params_mut() {
        param.bounds.push(parse_quote!(#krate::Tree));
    }
    let name = &input.ident;
    let (impl_generics, ty_generics, where_clause) = input.generics.split_for_impl();
    let (mut visit, mut map, mut structure) = (Vec::new(), Vec::new(), Vec::new());
    for (index, (path, fields)) in variants(&input)?.into_iter().enumerate() {
        let parts = parts(fields)?;
        let bind = parts.iter().map(|p| {
            let (member, var) = (&p.member, &p.var);
            quote!(#member: #var)
        });
        let pattern = quote!(#path { #(#bind),* });
        let visits = parts.iter().filter(|p| !p.is_static).map(|p| {
            let (label, var) = (&p.label, &p.var);
            quote! { path.inside(#krate::PathPart::#label, |path| #krate::Tree::visit(#var, path, leaf)); }
        });
        visit.push(quote! { #[allow(unused_variables)] #pattern => { #(#visits)* } });
        let maps = parts.iter().map(|p| {
            let (member, var) = (&p.member, &p.var);
            if p.is_static {
                quote!(#member: ::core::clone::Clone::clone(#var))
            } else {
                quote!(#member: #krate::Tree::map(#var, f))
            }
        });
        map.push(quote! { #pattern => #path { #(#maps),* }, });
        let structures = parts.iter().map(|p| {
            let var = &p.var;
            if p.is_static {
                quote! { ::core::hash::Hash::hash(#var, &mut hasher); }
            } else {
                quote! { #krate::Tree::structure(#var, hasher); }
            }
        });
        structure.push(quote! {
            #[allow(unused_variables)]
            #pattern => { ::core::hash::Hasher::write_usize(hasher, #index); #(#structures)* }
        });
    }
    Ok(quote! {
        impl #impl_generics #krate::Tree for #name #ty_generics #where_clause {
            fn visit<'tree>(
                &'tree self,
                path: &mut #krate::TreePath,
                leaf: &mut dyn FnMut(&#krate::TreePath, &'tree #krate::Tensor),
            ) {
                match self { #(#visit)* }
            }
            fn map(&self, f: &mut dyn FnMut(&#krate::Tensor) -> #krate::Tensor) -> Self {
                match self { #(#map)* }
            }
            #[allow(unused_mut)]
            fn structure(&self, mut hasher: &mut dyn ::core::hash::Hasher) {
                match self { #(#structure)* }
            }
        }
    })
}

/// Each struct or variant: its path, and its fields.
pub fn variants(input: &DeriveInput) -> Result<Vec<(TokenStream, &Fields)>> {
    let name = &input.ident;
    match &input.data {
        Data::Struct(data) => Ok(vec![(quote!(#name), &data.fields)]),
        Data::Enum(data) => {
            let path = |v: &syn::Variant| {
                let variant = &v.ident;
                quote!(#name::#variant)
            };
            Ok(data.variants.iter().map(|v| (path(v), &v.fields)).collect())
        }
        Data::Union(_) => Err(Error::new_spanned(input, "a union is no tree")),
    }
}

/// The crate that the user depends on: rune, or rune-trace alone.
pub fn crate_path() -> TokenStream {
    let found = crate_name("rune-trace").or_else(|_| crate_name("rune"));
    let name = match found {
        Ok(FoundCrate::Name(name)) => format_ident!("{name}"),
        // Within rune-trace, which names itself so.
        Ok(FoundCrate::Itself) | Err(_) => format_ident!("rune_trace"),
    };
    quote!(::#name)
}

pub struct Part {
    pub member: TokenStream,
    pub var: Ident,
    /// The part of the path, after `PathPart::`.
    pub label: TokenStream,
    pub is_static: bool,
}

pub fn parts(fields: &Fields) -> Result<Vec<Part>> {
    fields
        .iter()
        .enumerate()
        .map(|(i, field)| {
            let mut is_static = false;
            for attr in field.attrs.iter().filter(|a| a.path().is_ident("tree")) {
                attr.parse_nested_meta(|meta| {
                    is_static = meta.path.is_ident("static");
                    if is_static { Ok(()) } else { Err(meta.error("a field of a tree may be marked `static`")) }
                })?;
            }
            let member = match &field.ident {
                Some(name) => quote!(#name),
                None => {
                    let index = syn::Index::from(i);
                    quote!(#index)
                }
            };
            let label = match &field.ident {
                Some(name) => {
                    let name = name.to_string();
                    quote!(Field(#name))
                }
                None => quote!(Index(#i)),
            };
            Ok(Part { member, var: format_ident!("field{i}"), label, is_static })
        })
        .collect()
}
