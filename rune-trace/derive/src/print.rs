//! `debug_print!`.

use crate::tree::crate_path;
use proc_macro2::TokenStream;
use quote::quote;
use syn::parse::{Parse, ParseStream};
use syn::{Error, Expr, Ident, LitStr, Result, Token};

/// A format, and the arguments that follow it.
pub struct Print {
    format: LitStr,
    args: Vec<(Option<Ident>, Expr)>,
}

impl Parse for Print {
    fn parse(input: ParseStream) -> Result<Print> {
        let format = input.parse()?;
        let mut args: Vec<(Option<Ident>, Expr)> = Vec::new();
        while !input.is_empty() {
            input.parse::<Token![,]>()?;
            if input.is_empty() {
                break;
            }
            let name = if input.peek(Ident) && input.peek2(Token![=]) && !input.peek2(Token![==]) {
                let name = input.parse()?;
                input.parse::<Token![=]>()?;
                Some(name)
            } else {
                None
            };
            let expr: Expr = input.parse()?;
            if name.is_none() && args.iter().any(|(name, _)| name.is_some()) {
                return Err(Error::new_spanned(&expr, "arguments without a name come before those with one"));
            }
            args.push((name, expr));
        }
        Ok(Print { format, args })
    }
}

/// A placeholder in a format: the text before it, the index of its argument, and the number of digits.
struct Place {
    before: String,
    arg: usize,
    precision: Option<usize>,
}

impl Print {
    pub fn expand(mut self) -> Result<TokenStream> {
        let given = self.args.len();
        let (places, end) = self.places()?;
        if let Some(unused) = (0..given).find(|i| places.iter().all(|p| p.arg != *i)) {
            return Err(Error::new_spanned(&self.args[unused].1, "the format has no place for this argument"));
        }
        let krate = crate_path();
        if places.is_empty() {
            return Ok(quote!(#krate::debug_print_parts(&[], #end)));
        }
        let exprs = self.args.iter().map(|(_, expr)| expr);
        let places = places.iter().map(|Place { before, arg, precision }| {
            let (arg, precision) = (syn::Index::from(*arg), option(*precision));
            quote!((#before, args.#arg as &dyn #krate::DebugArg, #precision))
        });
        Ok(quote! {
            match (#(&(#exprs),)*) {
                args => #krate::debug_print_parts(&[#(#places),*], #end),
            }
        })
    }

    /// Returns the placeholders of the format, and the text after the last one. Variables named in the format become
    /// arguments.
    fn places(&mut self) -> Result<(Vec<Place>, String)> {
        let format = self.format.value();
        let fail = |message: String| Err(Error::new(self.format.span(), message));
        let (mut places, mut text, mut rest) = (Vec::new(), String::new(), format.chars().peekable());
        let (positional, mut next) = (self.args.iter().filter(|(name, _)| name.is_none()).count(), 0);
        let mut args = self.args.clone();
        while let Some(c) = rest.next() {
            match c {
                '{' | '}' if rest.peek() == Some(&c) => text.extend(rest.next()),
                '{' => {
                    let mut closed = false;
                    let inside: String =
                        rest.by_ref().take_while(|&c| !std::mem::replace(&mut closed, c == '}') && c != '}').collect();
                    if !closed {
                        return fail("a `{` has no `}`; `{{` prints a brace".to_owned());
                    }
                    let (name, spec) = inside.split_once(':').unwrap_or((&inside, ""));
                    let precision = match spec.trim_end().strip_prefix('.').map(str::parse::<u8>) {
                        None if spec.trim_end().is_empty() => None,
                        Some(Ok(digits)) => Some(usize::from(digits)),
                        None | Some(Err(_)) => {
                            return fail(format!(
                                "`{{{inside}}}`: tensors are printed with `{{}}`, or with three digits after the point with `{{:.3}}`"
                            ));
                        }
                    };
                    let name = name.trim();
                    let arg = if name.is_empty() {
                        next += 1;
                        next - 1
                    } else if let Ok(index) = name.parse::<usize>() {
                        index
                    } else if let Some(named) = args.iter().position(|(n, _)| n.as_ref().is_some_and(|n| n == name)) {
                        named
                    } else {
                        let Ok(mut variable) = syn::parse_str::<Ident>(name) else {
                            return fail(format!(
                                "`{name}` is not the name of a variable; give expressions as arguments, `{{}}`"
                            ));
                        };
                        variable.set_span(self.format.span());
                        args.push((Some(variable.clone()), syn::parse_quote!(#variable)));
                        args.len() - 1
                    };
                    let is_position = name.is_empty() || name.parse::<usize>().is_ok();
                    if is_position && arg >= positional {
                        return fail(format!("the format has a place for argument {arg}, and {positional} are given"));
                    }
                    places.push(Place { before: std::mem::take(&mut text), arg, precision });
                }
                '}' => return fail("a `}` has no `{`; `}}` prints a brace".to_owned()),
                c => text.push(c),
            }
        }
        self.args = args;
        Ok((places, text))
    }
}

fn option(x: Option<usize>) -> TokenStream {
    match x {
        Some(x) => quote!(::core::option::Option::Some(#x)),
        None => quote!(::core::option::Option::None),
    }
}

#[cfg(test)]
mod tests {
    use super::Print;

    /// Returns the error message for these arguments of the macro.
    fn error(args: &str) -> String {
        let expanded = syn::parse_str::<Print>(args).and_then(Print::expand);
        expanded.map_or_else(|e| e.to_string(), |tokens| tokens.to_string())
    }

    #[test]
    fn mistakes_are_told_when_compiling() {
        for (args, message) in [
            (r#""{x""#, "a `{` has no `}`"),
            (r#""x}""#, "a `}` has no `{`"),
            (r#""{:?}", x"#, "`{:?}`: tensors are printed with `{}`"),
            (r#""{:>8}", x"#, "`{:>8}`: tensors are printed with `{}`"),
            (r#""{} {}", x"#, "the format has a place for argument 1, and 1 are given"),
            (r#""{2}", x, y"#, "the format has a place for argument 2, and 2 are given"),
            (r#""{x + y}""#, "`x + y` is not the name of a variable"),
            (r#""{}", x, y"#, "the format has no place for this argument"),
            (r#""{a} {}", a = x, y"#, "arguments without a name come before those with one"),
            (r#"x"#, "expected string literal"),
        ] {
            let found = error(args);
            assert!(found.contains(message), "{args}: {found}");
        }
    }
}
