//! `#[derive(Op)]`.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Data, DeriveInput, Error, Expr, Field, Fields, Ident, Result, Type};

/// The role of a field of an operation.
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
        arms.add(&variant.ident, &declared(variant)?, &slots);
    }
    let Arms {
        name,
        names,
        signatures,
        operands,
        map,
        attributes,
        axis,
        programs,
        with_programs,
        build,
        control,
        to_control,
        properties,
    } = arms;
    let properties = PROPERTIES.iter().zip(properties).map(|(property, arms)| property.method(&arms));
    Ok(quote! {
        /// A view of the fields of an operation that holds sub-programs. Each such operation has one variant.
        ///
        /// Code that handles control flow and custom rules matches this view exhaustively, so a new operation with
        /// sub-programs does not compile until all of that code handles it.
        #[allow(missing_docs, reason = "the docs of the operations describe the fields")]
        #[derive(Clone, Copy, Debug)]
        pub enum Control<'op, V = crate::Var> {
            #(#control)*
        }
        impl<V> #enumeration<V> {
            /// Returns the name of this operation in programs.
            pub fn name(&self) -> &'static str {
                match self { #(#name)* }
            }
            /// Returns the names of all operations.
            pub fn names() -> Vec<&'static str> {
                let mut all = Vec::new();
                #(#names)*
                all
            }
            /// Returns the parts of each variant, in the order of the table. Documents and their tests use them.
            pub fn signatures() -> Vec<crate::op::OpSignature> {
                vec![#(#signatures),*]
            }
            /// Returns the operands, in the order in which programs write them.
            pub fn operands(&self) -> smallvec::SmallVec<[&V; 4]> {
                let mut all = smallvec::SmallVec::new();
                match self { #(#operands)* }
                all
            }
            /// Returns the same operation on the operands that `convert` returns, or the first error of `convert`.
            pub fn try_map<'op, W, E>(&'op self, mut convert: impl FnMut(&'op V) -> Result<W, E>) -> Result<#enumeration<W>, E> {
                Ok(match self { #(#map)* })
            }
            /// Returns the same operation on the operands that `convert` returns.
            pub fn map<'op, W>(&'op self, mut convert: impl FnMut(&'op V) -> W) -> #enumeration<W> {
                match self.try_map(|v| Ok::<W, std::convert::Infallible>(convert(v))) {
                    Ok(op) => op,
                }
            }
            /// Returns the attributes by name. An attribute is a field that is neither operand nor sub-program.
            pub fn attributes(&self) -> Vec<(&'static str, serde_json::Value)> {
                match self { #(#attributes)* }
            }
            /// Returns the named axis that this operation works on, if any.
            pub fn axis(&self) -> Option<&crate::op::NamedAxis> {
                match self { #(#axis)* }
            }
            /// Returns the sub-programs, each with the name of its field.
            pub fn programs(&self) -> Vec<(&'static str, &std::sync::Arc<crate::Program>)> {
                let mut all = Vec::new();
                match self { #(#programs)* }
                all
            }
            /// Returns the same operation with the sub-programs that `convert` returns.
            pub fn with_programs(
                &self,
                mut convert: impl FnMut(&std::sync::Arc<crate::Program>) -> std::sync::Arc<crate::Program>,
            ) -> #enumeration<V>
            where
                V: Clone,
            {
                match self { #(#with_programs)* }
            }
            /// Returns the view of this operation if it holds sub-programs, else `None`.
            pub fn control(&self) -> Option<Control<'_, V>> {
                match self { #(#to_control)* }
            }
            #(#properties)*
            /// Returns the operation of this name with these parts.
            ///
            /// # Errors
            /// If no operation has the name, or a part is missing, superfluous or malformed.
            pub fn from_parts(mut parts: crate::op::Parts<V>) -> Result<#enumeration<V>, crate::op::PartsError> {
                #(#build)*
                Err(crate::op::PartsError::UnknownOp(parts.name))
            }
        }
    })
}

/// A property of operations that a variant may declare, as `#[op(name)]` or `#[op(name = expression)]`. The expression
/// sees the fields of the variant, as references. A variant without a declaration has the default.
struct Property {
    name: &'static str,
    method: &'static str,
    ty: &'static str,
    /// The value for a variant that declares only the name. `None` if a declaration needs a value.
    bare: Option<&'static str>,
    default: &'static str,
    doc: &'static str,
}

const PROPERTIES: &[Property] = &[
    Property {
        name: "recompute",
        method: "recompute_cost",
        ty: "crate::op::RecomputeCost",
        bare: None,
        default: "crate::op::RecomputeCost::Expensive",
        doc: "Returns what it costs to compute the result again instead of keeping it. By default `Expensive`.",
    },
    Property {
        name: "work",
        method: "work",
        ty: "crate::op::Work",
        bare: None,
        default: "crate::op::Work::PerElement",
        doc: "Returns what the operation does for each element. By default it takes one step for each element of the result.",
    },
    Property {
        name: "fresh",
        method: "has_fresh_results",
        ty: "bool",
        bare: Some("true"),
        default: "false",
        doc: "Returns whether the results never share memory with an operand, however the operation is compiled. By default they may.",
    },
    Property {
        name: "elementwise",
        method: "is_elementwise",
        ty: "bool",
        bare: Some("true"),
        default: "false",
        doc: "Returns whether each element of the results depends only on the elements of the operands at the same position.",
    },
    Property {
        name: "effect",
        method: "is_effect",
        ty: "bool",
        bare: Some("true"),
        default: "false",
        doc: "Returns whether the operation itself, without its sub-programs, has an effect. By default it is a pure function.",
    },
    Property {
        name: "unmerged",
        method: "is_unmerged",
        ty: "bool",
        bare: Some("true"),
        default: "false",
        doc: "Returns whether two equal operations stay two. By default simplification merges them.",
    },
    Property {
        name: "unfolded",
        method: "is_unfolded",
        ty: "bool",
        bare: Some("true"),
        default: "false",
        doc: "Returns whether the operation stays if all its operands are constants. By default simplification computes it.",
    },
    Property {
        name: "flat",
        method: "is_flat",
        ty: "bool",
        bare: Some("true"),
        default: "false",
        doc: "Returns whether the derivative is zero wherever it exists.",
    },
];

impl Property {
    fn method(&self, arms: &[TokenStream]) -> TokenStream {
        let (method, doc) = (format_ident!("{}", self.method), self.doc);
        let ty: Type = syn::parse_str(self.ty).expect("the table holds types");
        quote! {
            #[doc = #doc]
            pub fn #method(&self) -> #ty {
                match self { #(#arms)* }
            }
        }
    }
    /// Returns the value for a variant with the declaration `declared`.
    fn value(&self, declared: Option<&Declared>) -> Result<Expr> {
        let text = match declared {
            Some(Declared { value: Some(value), .. }) => return Ok(value.clone()),
            Some(Declared { path, value: None }) => {
                self.bare.ok_or_else(|| Error::new_spanned(path, format!("`{}` needs a value", self.name)))?
            }
            None => self.default,
        };
        syn::parse_str(text)
    }
}

/// A property that a variant declares.
struct Declared {
    path: syn::Path,
    value: Option<Expr>,
}

/// The declarations of a variant.
struct Variant {
    name: String,
    /// One value for each of `PROPERTIES`, and whether it may use the fields.
    properties: Vec<(Expr, bool)>,
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
    control: Vec<TokenStream>,
    to_control: Vec<TokenStream>,
    /// The match arms of each property in `PROPERTIES`.
    properties: Vec<Vec<TokenStream>>,
}

impl Arms {
    fn add(&mut self, variant: &Ident, Variant { name, properties }: &Variant, slots: &[Slot]) {
        let fields: Vec<_> = slots.iter().map(|s| s.name).collect();
        self.properties.resize_with(PROPERTIES.len(), Vec::new);
        for (arms, (value, declared)) in self.properties.iter_mut().zip(properties) {
            arms.push(match declared {
                true => quote! { #[allow(unused_variables)] Self::#variant { #(#fields),* } => #value, },
                false => quote! { Self::#variant { .. } => #value, },
            });
        }
        self.view(variant, slots);
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

    /// Adds the view of a variant that holds programs.
    fn view(&mut self, variant: &Ident, slots: &[Slot]) {
        if !slots.iter().any(|s| matches!(s.role, Role::Program | Role::Programs)) {
            self.to_control.push(quote! { Self::#variant { .. } => None, });
            return;
        }
        let copied = |ty: &Type| matches!(quote!(#ty).to_string().as_str(), "usize" | "bool");
        let fields = slots.iter().map(|Slot { name, ty, role }| match role {
            Role::Operand => quote! { #name: &'op V },
            Role::Operands => quote! { #name: &'op [V] },
            Role::Program => quote! { #name: &'op std::sync::Arc<crate::Program> },
            Role::Programs => quote! { #name: &'op [std::sync::Arc<crate::Program>] },
            Role::Family | Role::Attribute if copied(ty) => quote! { #name: #ty },
            Role::Family | Role::Attribute => quote! { #name: &'op #ty },
        });
        self.control.push(quote! { #variant { #(#fields),* }, });
        let names = slots.iter().map(|s| s.name);
        let values = slots.iter().map(|Slot { name, ty, .. }| match copied(ty) {
            true => quote! { #name: *#name },
            false => quote! { #name },
        });
        self.to_control.push(quote! { Self::#variant { #(#names),* } => Some(Control::#variant { #(#values),* }), });
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
        crate::op::OpSignature { names: #names, operands: #operands, attributes: vec![#(#attributes),*], programs: #programs }
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

fn declared(variant: &syn::Variant) -> Result<Variant> {
    let mut name = None;
    let mut declared = Vec::new();
    for attr in variant.attrs.iter().filter(|a| a.path().is_ident("op")) {
        attr.parse_nested_meta(|meta| {
            if meta.path.is_ident("name") {
                name = Some(meta.value()?.parse::<syn::LitStr>()?.value());
                return Ok(());
            }
            if !PROPERTIES.iter().any(|p| meta.path.is_ident(p.name)) {
                let known = PROPERTIES.iter().map(|p| format!("`{}`", p.name)).collect::<Vec<_>>().join(", ");
                return Err(meta.error(format!("an operation may declare `name`, {known}")));
            }
            let value = if meta.input.peek(syn::Token![=]) { Some(meta.value()?.parse()?) } else { None };
            declared.push(Declared { path: meta.path, value });
            Ok(())
        })?;
    }
    let of = |p: &Property| {
        let declared = declared.iter().find(|d| d.path.is_ident(p.name));
        Ok((p.value(declared)?, declared.is_some()))
    };
    Ok(Variant {
        name: name.unwrap_or_else(|| snake_case(&variant.ident.to_string())),
        properties: PROPERTIES.iter().map(of).collect::<Result<_>>()?,
    })
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
