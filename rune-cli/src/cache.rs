//! `rune-cli cache`.

use crate::failure::AlreadyReported;
use crate::units::{bytes, plural};
use crate::{output, style};
use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use rune::ir::ModuleSignature;
use rune::{CacheEntry, CompileCache, CompiledProgram, Type};
use serde_json::json;

/// Lists, verifies or clears the cache of compiled programs
#[derive(Args)]
#[command(after_help = "Examples:
  rune-cli cache list
  rune-cli cache show 1f0c
  rune-cli cache verify
  rune-cli cache clear

RUNE_CACHE_DIR names its folder, RUNE_CACHE_LIMIT its size, and RUNE_CACHE=off turns it off.")]
pub struct Cache {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Lists the entries, most recently used first
    List,
    /// Shows an entry: its file, its size, and its input and output types
    Show {
        /// The key, or its first characters
        key: String,
    },
    /// Removes all entries, or one entry
    Clear {
        /// The key, or its first characters
        key: Option<String>,
    },
    /// Verifies every entry; fails if one is damaged
    Verify {
        /// Remove damaged entries
        #[arg(long)]
        remove: bool,
    },
}

impl Cache {
    pub fn run(self, json: bool) -> Result<()> {
        let cache = CompileCache::global();
        let dir = cache.dir().context("there is no cache: RUNE_CACHE turns it off")?.display().to_string();
        match self.action {
            Action::List => {
                let entries = cache.entries();
                for entry in &entries {
                    let types = match signature(cache, entry) {
                        Some(s) => format!("{} -> {}", list(&s.inputs), list(&s.outputs)),
                        None => "?".to_owned(),
                    };
                    let text = format!("{}  {:>9}  {:>12}  {types}", &short_key(entry), bytes(entry.bytes), age(entry));
                    output::print_value(json, text, value(cache, entry))?;
                }
                let total: u64 = entries.iter().map(|e| e.bytes).sum();
                let summary = format!("{} of {} in {dir}", entries_of(entries.len()), bytes(total));
                if json { Ok(()) } else { output::print_value(false, summary, json!(null)) }
            }
            Action::Show { key } => {
                let entry = find(cache, &key)?;
                let module = cache.module(&entry).context("it is damaged; rune compiles it again when needed")?;
                let signature = CompiledProgram::signature_of(&module).context("it was not compiled by this rune")?;
                let mut text = format!(
                    "key        {}\nsize       {}\nused       {}\n",
                    entry.key,
                    bytes(entry.bytes),
                    age(&entry)
                );
                text += &format!("inputs     {}\noutputs    {}", list(&signature.inputs), list(&signature.outputs));
                if !signature.constants.is_empty() {
                    text += &format!("\nconstants  {}", list(&signature.constants));
                }
                let host: Vec<&str> = signature.host.iter().map(|h| h.op.name()).collect();
                if !host.is_empty() {
                    text += &format!("\non host    {}", host.join(", "));
                }
                output::print_value(json, text, value(cache, &entry))
            }
            Action::Clear { key } => {
                let (count, of) = match key {
                    None => {
                        let (count, size) = cache.usage();
                        cache.clear();
                        (count, size)
                    }
                    Some(key) => {
                        let entry = find(cache, &key)?;
                        if !cache.remove(&entry) {
                            bail!("{} cannot be removed from {dir}", entry.key);
                        }
                        (1, entry.bytes)
                    }
                };
                let text = format!("removed {} of {} from {dir}", entries_of(count), bytes(of));
                output::print_value(json, text, json!({ "removed": count, "bytes": of }))
            }
            Action::Verify { remove } => {
                let entries = cache.entries();
                let damaged: Vec<&CacheEntry> = entries.iter().filter(|e| cache.module(e).is_none()).collect();
                let (good, bad) = (style::GOOD, style::BAD);
                for entry in &damaged {
                    let removed = remove && cache.remove(entry);
                    let then = if removed { ", removed" } else { "" };
                    let text = format!("{}  {bad}damaged{bad:#}{then}", entry.key);
                    output::print_value(json, text, json!({ "key": entry.key, "sound": false, "removed": removed }))?;
                }
                let sound = entries.len() - damaged.len();
                let text = format!("{} {good}sound{good:#}, {} damaged, in {dir}", entries_of(sound), damaged.len());
                output::print_value(json, text, json!({ "sound": sound, "damaged": damaged.len() }))?;
                if damaged.is_empty() || remove { Ok(()) } else { Err(AlreadyReported.into()) }
            }
        }
    }
}

fn entries_of(n: usize) -> String {
    if n == 1 { "1 entry".to_owned() } else { format!("{n} entries") }
}

/// Returns the only entry whose key starts with `key`.
fn find(cache: &CompileCache, key: &str) -> Result<CacheEntry> {
    let mut found = cache.entries().into_iter().filter(|e| e.key.starts_with(key)).collect::<Vec<_>>();
    match found.len() {
        1 => Ok(found.remove(0)),
        0 => bail!("no entry starts with {key}"),
        n => bail!("{n} entries start with {key}; give more of the key"),
    }
}

fn short_key(entry: &CacheEntry) -> String {
    entry.key.chars().take(12).collect()
}

fn signature(cache: &CompileCache, entry: &CacheEntry) -> Option<ModuleSignature> {
    CompiledProgram::signature_of(&cache.module(entry)?)
}

fn value(cache: &CompileCache, entry: &CacheEntry) -> serde_json::Value {
    let signature = signature(cache, entry);
    let types = |types: &[Type]| types.iter().map(Type::to_string).collect::<Vec<_>>();
    let used = entry.used.duration_since(std::time::UNIX_EPOCH).map(|d| d.as_secs()).ok();
    json!({
        "key": entry.key, "bytes": entry.bytes, "used": used, "sound": cache.module(entry).is_some(),
        "inputs": signature.as_ref().map(|s| types(&s.inputs)), "outputs": signature.as_ref().map(|s| types(&s.outputs)),
    })
}

fn list(types: &[Type]) -> String {
    types.iter().map(Type::to_string).collect::<Vec<_>>().join(", ")
}

fn age(entry: &CacheEntry) -> String {
    let seconds = entry.used.elapsed().map_or(0, |age| age.as_secs());
    let ago = match seconds {
        0..60 => plural(seconds as usize, "second"),
        60..3600 => plural(seconds as usize / 60, "minute"),
        3600..86_400 => plural(seconds as usize / 3600, "hour"),
        _ => plural(seconds as usize / 86_400, "day"),
    };
    format!("{ago} ago")
}
