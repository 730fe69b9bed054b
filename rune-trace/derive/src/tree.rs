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
    let (mut statics, mut restore) = (Vec::new(), Vec::new());
    for (index, (path, fields)) in variants(&input)?.into_iter().enumerate() {
        let parts = parts(fields)?;
        statics.push(arm_of_statics(&krate, &input, index, &path, &parts));
        restore.push(arm_of_restore(&krate, &input, index, &path, &parts));
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
    let restore = match &input.data {
        Data::Enum(_) => quote! {
            let ::core::option::Option::Some(whole) = found else {
                return like.map(|like| #krate::Tree::map(like, &mut ::core::clone::Clone::clone));
            };
            let (variant, found) = at.variant(whole)?;
            match variant {
                #(#restore)*
                _ => at.refuse("a variant that the type has", whole),
            }
        },
        Data::Struct(_) | Data::Union(_) => quote!(#(#restore)*),
    };
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
            fn statics(&self) -> #krate::Static {
                match self { #(#statics)* }
            }
            fn restore(
                like: ::core::option::Option<&Self>,
                found: ::core::option::Option<&#krate::StaticValue>,
                at: &mut #krate::Restore,
            ) -> ::core::option::Option<Self> {
                #restore
            }
        }
    })
}

/// Returns the static part of a struct or variant.
fn arm_of_statics(
    krate: &TokenStream,
    input: &DeriveInput,
    index: usize,
    path: &TokenStream,
    parts: &[Part],
) -> TokenStream {
    let bind = parts.iter().map(|p| {
        let (member, var) = (&p.member, &p.var);
        quote!(#member: #var)
    });
    let fields = parts.iter().map(|p| {
        let (label, var, probe) = (&p.label, &p.var, p.probe(krate));
        let statics = match (p.is_static, p.is_skipped) {
            (false, _) => quote!(#krate::Tree::statics(#var)),
            (true, false) => quote!({ #probe.statics(#var) }),
            (true, true) => quote!(#krate::Static::opaque(#var, true)),
        };
        quote!((#krate::PathPart::#label, #statics))
    });
    let fields = quote!(::std::vec::Vec::from([#(#fields),*]));
    let statics = match variant_name(input, index) {
        Some(name) => quote!(#krate::Static::Variant(#name, #fields)),
        None => quote!(#krate::Static::Fields(#fields)),
    };
    quote!(#path { #(#bind),* } => #statics,)
}

/// Returns the code that restores a struct or variant from a file: the arm of a variant, or the body for a struct.
fn arm_of_restore(
    krate: &TokenStream,
    input: &DeriveInput,
    index: usize,
    path: &TokenStream,
    parts: &[Part],
) -> TokenStream {
    let bind: Vec<TokenStream> = (parts.iter())
        .map(|p| {
            let (member, var) = (&p.member, &p.var);
            quote!(#member: #var)
        })
        .collect();
    let finals = parts.iter().map(|p| {
        let (member, var) = (&p.member, &p.var);
        quote!(#member: #var?)
    });
    let (vars, labels): (Vec<_>, Vec<_>) = parts.iter().map(|p| (&p.var, &p.label)).unzip();
    let nones = parts.iter().map(|p| {
        let ty = &p.ty;
        quote!(::core::option::Option::None::<&#ty>)
    });
    let reads = parts.iter().map(|p| {
        let (label, var, probe) = (&p.label, &p.var, p.probe(krate));
        let read = match (p.is_static, p.is_skipped) {
            (false, _) => quote!(#krate::Tree::restore(#var, found, at)),
            (true, false) => quote!({ #probe.restore(#var, found, at) }),
            (true, true) => quote!({ let (_, _) = (found, at); #var.cloned() }),
        };
        quote! { let #var = at.field(fields, #krate::PathPart::#label, |found, at| #read); }
    });
    let read = quote! {
        #[allow(unused_variables)]
        let fields = at.fields(found, &[#(#krate::PathPart::#labels),*])?;
        #(#reads)*
        ::core::option::Option::Some(#path { #(#finals),* })
    };
    let likes = quote! {
        #[allow(unused_variables, clippy::unused_unit)]
        let (#(#vars,)*) = match like {
            ::core::option::Option::Some(#path { #(#bind),* }) => (#(::core::option::Option::Some(#vars),)*),
            _ => (#(#nones,)*),
        };
    };
    match variant_name(input, index) {
        None => quote! { #likes #read },
        Some(name) => quote! {
            #name => {
                #likes
                if ::core::matches!(like, ::core::option::Option::Some(#path { .. })) {
                    #read
                } else {
                    at.read_as_one("the variant of the tree", whole, |at| { #read })
                }
            }
        },
    }
}

/// Returns the name of a variant, or `None` for a struct.
fn variant_name(input: &DeriveInput, index: usize) -> Option<String> {
    match &input.data {
        Data::Enum(data) => Some(data.variants[index].ident.to_string()),
        Data::Struct(_) | Data::Union(_) => None,
    }
}

/// Returns the path and the fields of the struct or of each variant.
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

/// Returns the crate on which the user depends: rune, or rune-trace alone.
pub fn crate_path() -> TokenStream {
    let found = crate_name("rune-trace").or_else(|_| crate_name("rune-jit"));
    let name = match found {
        // The library in the package `rune-jit` is named `rune`, unless the user renames it.
        Ok(FoundCrate::Name(name)) if name == "rune_jit" => format_ident!("rune"),
        Ok(FoundCrate::Name(name)) => format_ident!("{name}"),
        // Within rune-trace, which has an alias for itself.
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
    /// Whether files omit the field.
    pub is_skipped: bool,
    pub ty: syn::Type,
}

impl Part {
    /// Returns the expression that selects the file format of a static field by its type.
    fn probe(&self, krate: &TokenStream) -> TokenStream {
        let ty = &self.ty;
        quote! {
            #[allow(unused_imports)]
            use #krate::{ViaHash as _, ViaSerde as _, ViaTree as _};
            (&&&#krate::StaticField::<#ty>(::core::marker::PhantomData))
        }
    }
}

pub fn parts(fields: &Fields) -> Result<Vec<Part>> {
    fields
        .iter()
        .enumerate()
        .map(|(i, field)| {
            let (mut is_static, mut is_skipped) = (false, false);
            for attr in field.attrs.iter().filter(|a| a.path().is_ident("tree")) {
                attr.parse_nested_meta(|meta| {
                    is_static |= meta.path.is_ident("static");
                    is_skipped |= meta.path.is_ident("skip");
                    if meta.path.is_ident("static") || meta.path.is_ident("skip") {
                        return Ok(());
                    }
                    Err(meta.error("a field of a tree may be marked `static`, and `static, skip`"))
                })?;
                if is_skipped && !is_static {
                    let message = "only a field that is `static` may be skipped: `#[tree(static, skip)]`";
                    return Err(Error::new_spanned(attr, message));
                }
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
            let ty = field.ty.clone();
            Ok(Part { member, var: format_ident!("field{i}"), label, is_static, is_skipped, ty })
        })
        .collect()
}
