//! `#[derive(Tree)]`.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Data, DeriveInput, Error, Fields, Ident, Result, parse_quote};

pub fn derive(mut input: DeriveInput) -> Result<TokenStream> {
    for param in input.generics.type_params_mut() {
        param.bounds.push(parse_quote!(::rune_trace::Tree));
    }
    let name = &input.ident;
    let (impl_generics, ty_generics, where_clause) = input.generics.split_for_impl();
    let variants: Vec<(TokenStream, usize, &Fields, Option<&Ident>)> = match &input.data {
        Data::Struct(data) => vec![(quote!(#name), 0, &data.fields, None)],
        Data::Enum(data) => data
            .variants
            .iter()
            .enumerate()
            .map(|(i, v)| {
                let variant = &v.ident;
                (quote!(#name::#variant), i, &v.fields, Some(variant))
            })
            .collect(),
        Data::Union(_) => return Err(Error::new_spanned(&input, "a union is no tree")),
    };
    let (mut visit, mut map, mut structure) = (Vec::new(), Vec::new(), Vec::new());
    for (path, index, fields, _) in &variants {
        let parts = parts(fields)?;
        let bind = parts.iter().map(|p| {
            let (member, var) = (&p.member, &p.var);
            quote!(#member: #var)
        });
        let pattern = quote!(#path { #(#bind),* });
        let visits = parts.iter().filter(|p| !p.is_static).map(|p| {
            let (label, var) = (&p.label, &p.var);
            quote! { path.inside(#label, |path| ::rune_trace::Tree::visit(#var, path, leaf)); }
        });
        visit.push(quote! { #[allow(unused_variables)] #pattern => { #(#visits)* } });
        let maps = parts.iter().map(|p| {
            let (member, var) = (&p.member, &p.var);
            if p.is_static {
                quote!(#member: ::core::clone::Clone::clone(#var))
            } else {
                quote!(#member: ::rune_trace::Tree::map(#var, f))
            }
        });
        map.push(quote! { #pattern => #path { #(#maps),* }, });
        let structures = parts.iter().map(|p| {
            let var = &p.var;
            if p.is_static {
                quote! { ::core::hash::Hash::hash(#var, &mut hasher); }
            } else {
                quote! { ::rune_trace::Tree::structure(#var, hasher); }
            }
        });
        structure.push(quote! {
            #[allow(unused_variables)]
            #pattern => { ::core::hash::Hasher::write_usize(hasher, #index); #(#structures)* }
        });
    }
    Ok(quote! {
        impl #impl_generics ::rune_trace::Tree for #name #ty_generics #where_clause {
            fn visit<'tree>(
                &'tree self,
                path: &mut ::rune_trace::TreePath,
                leaf: &mut dyn FnMut(&::rune_trace::TreePath, &'tree ::rune_trace::Tensor),
            ) {
                match self { #(#visit)* }
            }
            fn map(&self, f: &mut dyn FnMut(&::rune_trace::Tensor) -> ::rune_trace::Tensor) -> Self {
                match self { #(#map)* }
            }
            #[allow(unused_mut)]
            fn structure(&self, mut hasher: &mut dyn ::core::hash::Hasher) {
                match self { #(#structure)* }
            }
        }
    })
}

struct Part {
    member: TokenStream,
    var: Ident,
    label: String,
    is_static: bool,
}

fn parts(fields: &Fields) -> Result<Vec<Part>> {
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
            let label = field.ident.as_ref().map_or_else(|| i.to_string(), Ident::to_string);
            Ok(Part { member, var: format_ident!("field{i}"), label, is_static })
        })
        .collect()
}
