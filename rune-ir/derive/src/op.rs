//! `#[derive(Op)]`.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Data, DeriveInput, Error, Field, Fields, Ident, Result, Type};

/// What a field of an operation is.
#[derive(PartialEq)]
enum Role {
    Operand,
    Operands,
    Program,
    Programs,
    Family,
    Attribute,
}

struct Slot<'a> {
    name: &'a Ident,
    ty: &'a Type,
    role: Role,
}

pub fn derive(input: DeriveInput) -> Result<TokenStream> {
    let Data::Enum(data) = &input.data else {
        return Err(Error::new_spanned(&input, "the table of operations is an enum"));
    };
    let enumeration = &input.ident;
    let mut arms = Arms::default();
    for variant in &data.variants {
        let Fields::Named(fields) = &variant.fields else {
            return Err(Error::new_spanned(variant, "an operation is a struct variant: its operands have names"));
        };
        let slots = fields.named.iter().map(slot).collect::<Result<Vec<_>>>()?;
        arms.add(&variant.ident, &name_of(variant)?, &slots);
    }
    let Arms { name, names, signatures, operands, map, attributes, axis, programs, with_programs, build } = arms;
    Ok(quote! {
        impl<V> #enumeration<V> {
            /// The name of this operation in programs.
            pub fn name(&self) -> &'static str {
                match self { #(#name)* }
            }
            /// The names of all operations.
            pub fn names() -> Vec<&'static str> {
                let mut all = Vec::new();
                #(#names)*
                all
            }
            /// Of what each variant is made, in the order of the table: for documents, and tests of them.
            pub fn signatures() -> Vec<crate::op::Signature> {
                vec![#(#signatures),*]
            }
            /// The operands, in the order in which programs write them.
            pub fn operands(&self) -> smallvec::SmallVec<[&V; 4]> {
                let mut all = smallvec::SmallVec::new();
                match self { #(#operands)* }
                all
            }
            /// The same operation on operands that `convert` gives, or its first error.
            pub fn try_map<'op, W, E>(&'op self, mut convert: impl FnMut(&'op V) -> Result<W, E>) -> Result<#enumeration<W>, E> {
                Ok(match self { #(#map)* })
            }
            /// The same operation on operands that `convert` gives.
            pub fn map<'op, W>(&'op self, mut convert: impl FnMut(&'op V) -> W) -> #enumeration<W> {
                match self.try_map(|v| Ok::<W, std::convert::Infallible>(convert(v))) {
                    Ok(op) => op,
                }
            }
            /// The attributes by name: all that is neither operand nor sub-program.
            pub fn attributes(&self) -> Vec<(&'static str, serde_json::Value)> {
                match self { #(#attributes)* }
            }
            /// The mapped axis that the operation is over, if it is over one.
            pub fn axis(&self) -> Option<&crate::op::NamedAxis> {
                match self { #(#axis)* }
            }
            /// The sub-programs, each with the name of its field.
            pub fn programs(&self) -> Vec<(&'static str, &std::sync::Arc<crate::Program>)> {
                let mut all = Vec::new();
                match self { #(#programs)* }
                all
            }
            /// The same operation with the programs that `convert` gives in the place of its sub-programs.
            pub fn with_programs(
                &self,
                mut convert: impl FnMut(&std::sync::Arc<crate::Program>) -> std::sync::Arc<crate::Program>,
            ) -> #enumeration<V>
            where
                V: Clone,
            {
                match self { #(#with_programs)* }
            }
            /// The operation of this name with these parts.
            ///
            /// # Errors
            /// If the name is of no operation, or a part is missing, superfluous or malformed.
            pub fn from_parts(mut parts: crate::op::Parts<V>) -> Result<#enumeration<V>, crate::op::PartsError> {
                #(#build)*
                Err(crate::op::PartsError::UnknownOp(parts.name))
            }
        }
    })
}

#[derive(Default)]
struct Arms {
    name: Vec<TokenStream>,
    names: Vec<TokenStream>,
    signatures: Vec<TokenStream>,
    operands: Vec<TokenStream>,
    map: Vec<TokenStream>,
    attributes: Vec<TokenStream>,
    axis: Vec<TokenStream>,
    programs: Vec<TokenStream>,
    with_programs: Vec<TokenStream>,
    build: Vec<TokenStream>,
}

impl Arms {
    fn add(&mut self, variant: &Ident, name: &str, slots: &[Slot]) {
        let fields: Vec<_> = slots.iter().map(|s| s.name).collect();
        let family = slots.iter().find(|s| s.role == Role::Family);
        match family {
            Some(Slot { name: f, ty, .. }) => {
                self.name.push(quote! { Self::#variant { #f, .. } => #f.name(), });
                self.names.push(quote! { all.extend(<#ty>::ALL.iter().map(|f| f.name())); });
            }
            None => {
                self.name.push(quote! { Self::#variant { .. } => #name, });
                self.names.push(quote! { all.push(#name); });
            }
        }
        self.signatures.push(signature(name, slots));
        let operands = slots.iter().filter_map(|Slot { name, role, .. }| match role {
            Role::Operand => Some(quote! { all.push(#name); }),
            Role::Operands => Some(quote! { all.extend(#name.iter()); }),
            Role::Program | Role::Programs | Role::Family | Role::Attribute => None,
        });
        self.operands.push(quote! { #[allow(unused_variables)] Self::#variant { #(#fields),* } => { #(#operands)* } });
        let mapped = slots.iter().map(|Slot { name, role, .. }| match role {
            Role::Operand => quote! { #name: convert(#name)? },
            Role::Operands => quote! { #name: #name.iter().map(&mut convert).collect::<Result<Vec<W>, E>>()? },
            Role::Program | Role::Programs | Role::Family | Role::Attribute => quote! { #name: #name.clone() },
        });
        self.map.push(quote! { Self::#variant { #(#fields),* } => Op::#variant { #(#mapped),* }, });
        let attributes = slots.iter().filter(|s| s.role == Role::Attribute).map(|Slot { name, .. }| {
            let key = name.to_string();
            quote! { (#key, crate::op::attribute(#name)) }
        });
        self.attributes
            .push(quote! { #[allow(unused_variables)] Self::#variant { #(#fields),* } => vec![#(#attributes),*], });
        self.axis.push(match slots.iter().find(|Slot { ty, .. }| quote!(#ty).to_string() == "NamedAxis") {
            Some(Slot { name, .. }) => quote! { Self::#variant { #name, .. } => Some(#name), },
            None => quote! { Self::#variant { .. } => None, },
        });
        let programs = slots.iter().filter_map(|Slot { name, role, .. }| {
            let key = name.to_string();
            match role {
                Role::Program => Some(quote! { all.push((#key, #name)); }),
                Role::Programs => Some(quote! { all.extend(#name.iter().map(|p| (#key, p))); }),
                Role::Operand | Role::Operands | Role::Family | Role::Attribute => None,
            }
        });
        self.programs.push(quote! { #[allow(unused_variables)] Self::#variant { #(#fields),* } => { #(#programs)* } });
        let with_programs = slots.iter().map(|Slot { name, role, .. }| match role {
            Role::Program => quote! { #name: convert(#name) },
            Role::Programs => quote! { #name: #name.iter().map(&mut convert).collect() },
            Role::Operand | Role::Operands | Role::Family | Role::Attribute => quote! { #name: #name.clone() },
        });
        self.with_programs.push(quote! { Self::#variant { #(#fields),* } => Op::#variant { #(#with_programs),* }, });
        self.build.push(build(variant, name, slots));
    }
}

fn signature(name: &str, slots: &[Slot]) -> TokenStream {
    let names = match slots.iter().find(|s| s.role == Role::Family) {
        Some(Slot { ty, .. }) => quote! { <#ty>::ALL.iter().map(|f| f.name()).collect() },
        None => quote! { vec![#name] },
    };
    let parts = |one: Role, several: Role| {
        let parts = slots.iter().filter(move |s| s.role == one || s.role == several);
        let parts = parts.map(|Slot { name, role, .. }| {
            let (key, many) = (name.to_string(), matches!(role, Role::Operands | Role::Programs));
            quote! { (#key, #many) }
        });
        quote! { vec![#(#parts),*] }
    };
    let (operands, programs) = (parts(Role::Operand, Role::Operands), parts(Role::Program, Role::Programs));
    let attributes = slots.iter().filter(|s| s.role == Role::Attribute).map(|Slot { name, ty, .. }| {
        let (key, ty) = (name.to_string(), quote!(#ty).to_string().replace(' ', ""));
        quote! { (#key, #ty) }
    });
    quote! {
        crate::op::Signature { names: #names, operands: #operands, attributes: vec![#(#attributes),*], programs: #programs }
    }
}

fn build(variant: &Ident, name: &str, slots: &[Slot]) -> TokenStream {
    let single = slots.iter().filter(|s| s.role == Role::Operand).count();
    let many = slots.iter().any(|s| s.role == Role::Operands);
    let mut after = single;
    let parts = slots.iter().map(|Slot { name, ty, role }| {
        let key = name.to_string();
        match role {
            Role::Operand => {
                after -= 1;
                quote! { #name: operands.next().expect("operands are counted") }
            }
            Role::Operands => quote! { #name: operands.by_ref().take(count - #single).collect() },
            Role::Program => quote! { #name: parts.program(#key)? },
            Role::Programs => quote! { #name: parts.programs(#key)? },
            Role::Family => quote! { #name },
            Role::Attribute => quote! { #name: parts.attribute::<#ty>(#key)? },
        }
    });
    let body = quote! {
        parts.expect_operands(#single, #many)?;
        let count = parts.operands.len();
        let mut operands = std::mem::take(&mut parts.operands).into_iter();
        let op = Op::#variant { #(#parts),* };
        let _ = (count, operands.next());
        parts.expect_no_more()?;
        return Ok(op);
    };
    match slots.iter().find(|s| s.role == Role::Family) {
        Some(Slot { name: f, ty, .. }) => quote! {
            if let Some(#f) = <#ty>::ALL.iter().copied().find(|f| f.name() == parts.name) { #body }
        },
        None => quote! { if parts.name == #name { #body } },
    }
}

fn slot(field: &Field) -> Result<Slot<'_>> {
    let name = field.ident.as_ref().expect("fields have names");
    let ty = &field.ty;
    let mut role = match quote!(#ty).to_string().replace(' ', "").as_str() {
        "V" => Role::Operand,
        "Vec<V>" => Role::Operands,
        "Arc<Program>" => Role::Program,
        "Vec<Arc<Program>>" => Role::Programs,
        _ => Role::Attribute,
    };
    for attr in field.attrs.iter().filter(|a| a.path().is_ident("op")) {
        attr.parse_nested_meta(|meta| {
            if meta.path.is_ident("family") {
                role = Role::Family;
                Ok(())
            } else {
                Err(meta.error("a field of an operation may be marked `family`"))
            }
        })?;
    }
    Ok(Slot { name, ty: &field.ty, role })
}

fn name_of(variant: &syn::Variant) -> Result<String> {
    let mut name = None;
    for attr in variant.attrs.iter().filter(|a| a.path().is_ident("op")) {
        attr.parse_nested_meta(|meta| {
            if meta.path.is_ident("name") {
                name = Some(meta.value()?.parse::<syn::LitStr>()?.value());
                Ok(())
            } else {
                Err(meta.error("an operation may be given a `name`"))
            }
        })?;
    }
    Ok(name.unwrap_or_else(|| snake_case(&format_ident!("{}", variant.ident).to_string())))
}

fn snake_case(name: &str) -> String {
    let mut out = String::new();
    for (i, c) in name.char_indices() {
        if c.is_uppercase() && i > 0 {
            out.push('_');
        }
        out.extend(c.to_lowercase());
    }
    out
}
