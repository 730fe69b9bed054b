//! The public paths of `rune`, and the aliases under which rustdoc's search finds them, read from the sources.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use syn::{Attribute, Item, UseTree, Visibility};

/// What `#[doc(alias = "…")]` names at an item.
pub type Aliases = BTreeSet<String>;

/// A function, type, trait, macro or module.
#[derive(Clone)]
struct Definition {
    public: bool,
    aliases: Aliases,
    /// The path of the module, if it is one.
    module: Option<Vec<String>>,
}

/// `use path as name`; `name` is `*` for all names of a module.
#[derive(Clone)]
struct Import {
    public: bool,
    path: Vec<String>,
    name: String,
}

#[derive(Default)]
struct Module {
    items: BTreeMap<String, Vec<Definition>>,
    imports: Vec<Import>,
}

/// A macro that defines functions in rows such as `#[doc(alias = "swish")] silu = Silu;`.
#[derive(Clone)]
struct Maker {
    /// The type whose methods the functions are.
    owner: Option<String>,
    /// The positions, among the names at the start of a row, of the names of functions.
    positions: Vec<usize>,
    separator: char,
}

/// Which of the items of one name to find: only public ones, and modules or others.
#[derive(Clone, Copy)]
struct Wanted {
    public: bool,
    module: bool,
}

/// The crate and the name of an item, and the item.
type Found = ([String; 2], Definition);

/// The modules of the crates, by the name of the crate and the names of the modules, and the members of their types.
pub struct Sources {
    modules: BTreeMap<Vec<String>, Module>,
    /// By crate and type.
    members: BTreeMap<[String; 2], BTreeMap<String, Aliases>>,
    makers: BTreeMap<String, Maker>,
    /// The module, and its macros that come before those of other modules, of each use of a macro.
    uses: Vec<Use>,
}

struct Use {
    module: Vec<String>,
    own: BTreeMap<String, Maker>,
    macro_name: String,
    tokens: TokenStream,
}

impl Sources {
    /// Reads the crates in these folders.
    pub fn read(crates: &[(&str, PathBuf)]) -> Sources {
        let mut sources =
            Sources { modules: BTreeMap::new(), members: BTreeMap::new(), makers: BTreeMap::new(), uses: Vec::new() };
        for (name, folder) in crates {
            sources.module(&[(*name).to_owned()], &folder.join("lib.rs"), folder);
        }
        for used in std::mem::take(&mut sources.uses) {
            sources.expand(used);
        }
        sources
    }
    fn module(&mut self, path: &[String], file: &Path, folder: &Path) {
        let text = std::fs::read_to_string(file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        let parsed = syn::parse_file(&text).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        self.items(path, &parsed.items, folder);
    }
    fn items(&mut self, path: &[String], items: &[Item], folder: &Path) {
        self.modules.entry(path.to_vec()).or_default();
        // A macro of this module comes before one of the same name in another module.
        let mut own = BTreeMap::new();
        for item in items {
            self.item(path, item, folder, &mut own);
        }
    }
    #[expect(clippy::wildcard_enum_match_arm, reason = "`syn::Item` is open, and no other item has a public name")]
    fn item(&mut self, path: &[String], item: &Item, folder: &Path, own: &mut BTreeMap<String, Maker>) {
        match item {
            Item::Mod(m) if !is_test(&m.attrs) => {
                let name = m.ident.to_string();
                let inner = [path, std::slice::from_ref(&name)].concat();
                self.define(path, &name, &m.vis, &m.attrs, Some(inner.clone()));
                let below = folder.join(&name);
                match &m.content {
                    Some((_, items)) => self.items(&inner, items, &below),
                    None => {
                        let files = [folder.join(format!("{name}.rs")), below.join("mod.rs")];
                        let file =
                            files.iter().find(|file| file.exists()).unwrap_or_else(|| panic!("{name} has no file"));
                        self.module(&inner, file, &below);
                    }
                }
            }
            Item::Use(u) => {
                let mut imports = Vec::new();
                import(&u.tree, &mut Vec::new(), is_public(&u.vis), &mut imports);
                self.modules.get_mut(path).unwrap().imports.extend(imports);
            }
            Item::Fn(f) => self.define(path, &f.sig.ident.to_string(), &f.vis, &f.attrs, None),
            Item::Const(c) => self.define(path, &c.ident.to_string(), &c.vis, &c.attrs, None),
            Item::Type(t) => self.define(path, &t.ident.to_string(), &t.vis, &t.attrs, None),
            Item::Struct(s) => self.define(path, &s.ident.to_string(), &s.vis, &s.attrs, None),
            Item::Enum(e) => {
                self.define(path, &e.ident.to_string(), &e.vis, &e.attrs, None);
                for variant in &e.variants {
                    self.member(path, &e.ident.to_string(), &variant.ident.to_string(), aliases(&variant.attrs));
                }
            }
            Item::Trait(t) => {
                self.define(path, &t.ident.to_string(), &t.vis, &t.attrs, None);
                for item in &t.items {
                    if let syn::TraitItem::Fn(f) = item {
                        self.member(path, &t.ident.to_string(), &f.sig.ident.to_string(), aliases(&f.attrs));
                    }
                }
            }
            Item::Impl(i) if i.trait_.is_none() => {
                let syn::Type::Path(ty) = &*i.self_ty else { return };
                let owner = ty.path.segments.last().unwrap().ident.to_string();
                for item in &i.items {
                    if let syn::ImplItem::Fn(f) = item
                        && is_public(&f.vis)
                    {
                        self.member(path, &owner, &f.sig.ident.to_string(), aliases(&f.attrs));
                    }
                }
            }
            Item::Macro(m) => match &m.ident {
                Some(name) => {
                    if m.attrs.iter().any(|a| a.path().is_ident("macro_export")) {
                        let root = Definition { public: true, aliases: aliases(&m.attrs), module: None };
                        let items = &mut self.modules.get_mut(&path[..1]).unwrap().items;
                        items.entry(name.to_string()).or_default().push(root);
                    }
                    if let Some(maker) = maker(m.mac.tokens.clone()) {
                        own.insert(name.to_string(), maker.clone());
                        self.makers.insert(name.to_string(), maker);
                    }
                }
                None => {
                    let macro_name = m.mac.path.segments.last().unwrap().ident.to_string();
                    let (module, tokens) = (path.to_vec(), m.mac.tokens.clone());
                    self.uses.push(Use { module, own: own.clone(), macro_name, tokens });
                }
            },
            _ => {}
        }
    }
    /// Adds the functions that the use of a macro defines.
    fn expand(&mut self, Use { module, own, macro_name, tokens }: Use) {
        let Some(maker) = own.get(&macro_name).or_else(|| self.makers.get(&macro_name)).cloned() else { return };
        for (name, aliases) in rows(&maker, tokens) {
            match &maker.owner {
                Some(owner) => self.member(&module, owner, &name, aliases),
                None => {
                    let items = &mut self.modules.get_mut(&module).unwrap().items;
                    items.entry(name).or_default().push(Definition { public: true, aliases, module: None });
                }
            }
        }
    }
    fn define(
        &mut self,
        path: &[String],
        name: &str,
        vis: &Visibility,
        attrs: &[Attribute],
        module: Option<Vec<String>>,
    ) {
        let definition = Definition { public: is_public(vis), aliases: aliases(attrs), module };
        self.modules.get_mut(path).unwrap().items.entry(name.to_owned()).or_default().push(definition);
    }
    fn member(&mut self, path: &[String], owner: &str, name: &str, aliases: Aliases) {
        self.members.entry([path[0].clone(), owner.to_owned()]).or_default().insert(name.to_owned(), aliases);
    }

    /// Returns the aliases of the item that users know by this path, or `None` if there is none.
    pub fn aliases(&self, path: &str) -> Option<Aliases> {
        let names: Vec<String> = path.split("::").map(str::to_owned).collect();
        if let Some((_, found)) = self.find(&names, Wanted { public: true, module: false }, 0) {
            return Some(found.aliases);
        }
        let (member, owner) = names.split_last()?;
        let (place, _) = self.find(owner, Wanted { public: true, module: false }, 0)?;
        self.members.get(&place)?.get(member).cloned()
    }
    /// Returns the item at a path from the root of a crate.
    fn find(&self, path: &[String], wanted: Wanted, depth: usize) -> Option<Found> {
        let (root, rest) = path.split_first()?;
        if rest.is_empty() {
            let module = self.modules.contains_key(path).then(|| path.to_vec())?;
            let root = Definition { public: true, aliases: Aliases::new(), module: Some(module) };
            return Some(([path[0].clone(), path[0].clone()], root));
        }
        self.walk(std::slice::from_ref(root), rest, wanted, depth)
    }
    /// Returns the item at a path from a module.
    fn walk(&self, start: &[String], path: &[String], wanted: Wanted, depth: usize) -> Option<Found> {
        let (last, modules) = path.split_last()?;
        let mut at = start.to_vec();
        for name in modules {
            at = match &**name {
                "super" => at[..at.len() - 1].to_vec(),
                name => self.item_of(&at, name, Wanted { module: true, ..wanted }, depth)?.1.module?,
            };
        }
        self.item_of(&at, last, wanted, depth)
    }
    fn item_of(&self, module: &[String], name: &str, wanted: Wanted, depth: usize) -> Option<Found> {
        // Two modules may import all of each other.
        if depth > 16 {
            return None;
        }
        let found = self.modules.get(module)?;
        let fits = |item: &&Definition| (item.public || !wanted.public) && item.module.is_some() == wanted.module;
        if let Some(item) = found.items.get(name).into_iter().flatten().find(fits) {
            return Some(([module[0].clone(), name.to_owned()], item.clone()));
        }
        found.imports.iter().filter(|import| import.public || !wanted.public).find_map(|import| {
            let path = match &*import.name {
                "*" => [&*import.path, &[name.to_owned()]].concat(),
                own if own == name => import.path.clone(),
                _ => return None,
            };
            self.imported(module, &path, wanted.module, depth + 1)
        })
    }
    /// Returns the item at the path of a `use` in `module`.
    fn imported(&self, module: &[String], path: &[String], wants_module: bool, depth: usize) -> Option<Found> {
        let (first, rest) = path.split_first()?;
        let wanted = Wanted { public: false, module: wants_module };
        match &**first {
            "crate" => self.walk(&module[..1], rest, wanted, depth),
            "self" => self.walk(module, rest, wanted, depth),
            "super" => self.walk(&module[..module.len() - 1], rest, wanted, depth),
            root if self.modules.contains_key(&[root.to_owned()][..]) => {
                self.find(path, Wanted { public: root != module[0], ..wanted }, depth)
            }
            _ => self.walk(module, path, wanted, depth),
        }
    }
}

fn is_public(vis: &Visibility) -> bool {
    matches!(vis, Visibility::Public(_))
}

fn is_test(attrs: &[Attribute]) -> bool {
    let text = |a: &Attribute| match &a.meta {
        syn::Meta::List(list) => list.tokens.to_string(),
        syn::Meta::Path(_) | syn::Meta::NameValue(_) => String::new(),
    };
    attrs.iter().any(|a| a.path().is_ident("cfg") && text(a) == "test")
}

fn import(tree: &UseTree, path: &mut Vec<String>, public: bool, found: &mut Vec<Import>) {
    let mut add = |last: String, name: String| {
        found.push(Import { public, path: if last == "*" { path.clone() } else { [&**path, &[last]].concat() }, name });
    };
    match tree {
        UseTree::Path(inner) => {
            path.push(inner.ident.to_string());
            import(&inner.tree, path, public, found);
            path.pop();
        }
        UseTree::Name(name) => add(name.ident.to_string(), name.ident.to_string()),
        UseTree::Rename(name) => add(name.ident.to_string(), name.rename.to_string()),
        UseTree::Glob(_) => add("*".to_owned(), "*".to_owned()),
        UseTree::Group(group) => group.items.iter().for_each(|tree| import(tree, path, public, found)),
    }
}

fn aliases(attrs: &[Attribute]) -> Aliases {
    let of = |a: &Attribute| match &a.meta {
        syn::Meta::List(list) if list.path.is_ident("doc") => aliases_in(list.tokens.clone()),
        syn::Meta::Path(_) | syn::Meta::List(_) | syn::Meta::NameValue(_) => Aliases::new(),
    };
    attrs.iter().flat_map(of).collect()
}

/// The names in `alias = "…"`, or in `alias("…", "…")`.
fn aliases_in(tokens: TokenStream) -> Aliases {
    let text = tokens.to_string();
    if !text.starts_with("alias") {
        return Aliases::new();
    }
    text.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

/// Returns what a macro of one rule defines, if these are public functions.
fn maker(tokens: TokenStream) -> Option<Maker> {
    let mut groups = tokens.into_iter().filter_map(|token| match token {
        TokenTree::Group(group) => Some(group.stream()),
        TokenTree::Ident(_) | TokenTree::Punct(_) | TokenTree::Literal(_) => None,
    });
    let (pattern, body) = (groups.next()?, groups.next()?);
    let (mut functions, mut owner) = (BTreeSet::new(), None);
    defined(body, &mut functions, &mut owner);
    let row = pattern.into_iter().find_map(|token| match token {
        TokenTree::Group(group) if group.delimiter() == Delimiter::Parenthesis => Some(group.stream()),
        TokenTree::Group(_) | TokenTree::Ident(_) | TokenTree::Punct(_) | TokenTree::Literal(_) => None,
    })?;
    let separator = if row.to_string().trim_end().ends_with(',') { ',' } else { ';' };
    let positions = leading_parameters(row).into_iter().enumerate().filter(|(_, name)| functions.contains(name));
    let positions: Vec<usize> = positions.map(|(i, _)| i).collect();
    (!positions.is_empty()).then_some(Maker { owner, positions, separator })
}

/// The names `x` of `pub fn $x` in the body of a macro, and the type that they are methods of.
fn defined(body: TokenStream, functions: &mut BTreeSet<String>, owner: &mut Option<String>) {
    let tokens: Vec<TokenTree> = body.into_iter().collect();
    for (i, token) in tokens.iter().enumerate() {
        let words: Vec<String> = tokens[i..].iter().take(4).map(ToString::to_string).collect();
        if words.len() == 4 && words[..3] == ["pub", "fn", "$"] {
            functions.insert(words[3].clone());
        }
        if words[0] == "impl" {
            // The type stands before the braces.
            let end = tokens[i..].iter().position(|t| matches!(t, TokenTree::Group(_)));
            *owner = end
                .map(|end| tokens[i + end - 1].to_string())
                .filter(|name| name.starts_with(char::is_uppercase))
                .or(owner.take());
        }
        if let TokenTree::Group(group) = token {
            defined(group.stream(), functions, owner);
        }
    }
}

/// The parameters `x` of `$x:ident` at the start of a row, attributes aside.
fn leading_parameters(row: TokenStream) -> Vec<String> {
    let tokens: Vec<TokenTree> = row.into_iter().collect();
    let (mut i, mut found) = (0, Vec::new());
    while i + 1 < tokens.len() && tokens[i].to_string() == "$" {
        match &tokens[i + 1] {
            // `$(#[$doc:meta])*`
            TokenTree::Group(_) => i += 3,
            TokenTree::Ident(name) => {
                found.push(name.to_string());
                i += 4;
            }
            TokenTree::Punct(_) | TokenTree::Literal(_) => break,
        }
    }
    found
}

/// The functions of the rows of a macro, with their aliases.
fn rows(maker: &Maker, tokens: TokenStream) -> Vec<(String, Aliases)> {
    let (mut found, mut position, mut aliases, mut leading) = (Vec::new(), 0, Aliases::new(), true);
    for token in tokens {
        match token {
            TokenTree::Punct(p) if p.as_char() == maker.separator => (position, leading) = (0, true),
            TokenTree::Punct(p) if p.as_char() == '#' => {}
            TokenTree::Group(group) if leading && group.delimiter() == Delimiter::Bracket => {
                let mut inner = group.stream().into_iter();
                if inner.next().is_some_and(|t| t.to_string() == "doc")
                    && let Some(TokenTree::Group(group)) = inner.next()
                {
                    aliases.extend(aliases_in(group.stream()));
                }
            }
            TokenTree::Ident(name) if leading => {
                let aliases = std::mem::take(&mut aliases);
                if maker.positions.contains(&position) {
                    found.push((name.to_string(), aliases));
                }
                position += 1;
            }
            TokenTree::Punct(_) | TokenTree::Group(_) | TokenTree::Ident(_) | TokenTree::Literal(_) => leading = false,
        }
    }
    found
}
