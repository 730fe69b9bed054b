//! Damaged modules and cache entries. Whatever they hold, they are rejected or read.
//!
//! `RUNE_FUZZ_SECONDS=600 cargo test -p rune-iree --test iree hostile` runs for ten minutes.

use super::*;
use rune_testing::replay;
use std::time::{Duration, Instant};

/// The number of modules in each run of the test.
const MODULES: u64 = 1000;

/// Changes bytes in a few places. Equal seeds cause equal damage.
struct Mutator(u64);

impl Mutator {
    fn new(seed: u64) -> Mutator {
        Mutator(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }
    /// Returns a number below `n` (xorshift).
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % n.max(1) as u64) as usize
    }
    /// Returns a position. Positions near the ends of the file are preferred, because the metadata of a module is
    /// there.
    fn place(&mut self, length: usize) -> usize {
        let near = self.below(4096.min(length));
        match self.below(3) {
            0 => self.below(length),
            1 => near,
            _ => length - 1 - near,
        }
    }
    fn damage(&mut self, bytes: &mut Vec<u8>) {
        const NUMBERS: [u32; 6] = [0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 0x1000_0000];
        for _ in 0..1 + self.below(4) {
            if bytes.len() < 8 {
                return;
            }
            let at = self.place(bytes.len() - 4);
            match self.below(6) {
                0 => bytes[at] ^= 1 << self.below(8),
                1 => bytes[at] = self.below(256) as u8,
                2 | 3 => bytes[at..at + 4].copy_from_slice(&NUMBERS[self.below(NUMBERS.len())].to_le_bytes()),
                4 => bytes.copy_within(at..at + 4, self.0 as usize % (at + 1)),
                _ => bytes.truncate(at + 1),
            }
        }
    }
}

/// Returns an intact module with an attribute.
fn sound() -> CompiledModule {
    let text = "func.func @main(%a: tensor<4xf32>) -> tensor<4xf32> attributes {iree.reflection = {said = \"so\"}} {\n  \
                %0 = \"stablehlo.sine\"(%a) : (tensor<4xf32>) -> tensor<4xf32>\n  return %0 : tensor<4xf32>\n}";
    compile(text, "hostile", &CompileOptions::default()).unwrap_or_else(|e| panic!("{e}"))
}

#[test]
fn what_damaged_modules_say_is_read_or_refused() {
    let sound = sound();
    assert_eq!(sound.attribute("main", "said"), Ok(Some("so".to_owned())));
    let seconds: Option<u64> = std::env::var("RUNE_FUZZ_SECONDS").ok().and_then(|s| s.parse().ok());
    let start = Instant::now();
    let from = seconds.map_or(1, |_| std::time::UNIX_EPOCH.elapsed().unwrap().as_nanos() as u64);
    let (mut tried, mut refused) = (0, 0);
    while seconds.map_or(tried < MODULES, |s| start.elapsed() < Duration::from_secs(s)) {
        let mut bytes = sound.bytes().to_vec();
        Mutator::new(from.wrapping_add(tried)).damage(&mut bytes);
        if seconds.is_some() {
            // The file keeps the bytes in case the process dies.
            std::fs::write(std::env::temp_dir().join("rune-hostile.vmfb"), &bytes).unwrap();
        }
        let said = CompiledModule::from_bytes(&bytes).map_err(|e| e.to_string());
        refused += u64::from(said.and_then(|module| module.attribute("main", "said")).is_err());
        tried += 1;
    }
    println!("{tried} modules, {refused} of them refused");
    assert!(
        refused * 10 > tried && refused < tried,
        "{refused} of {tried} modules are refused: too few or too many to tell"
    );
}

#[test]
fn modules_that_once_failed_do_no_longer() {
    let kept = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data/hostile/modules");
    replay("hostile::modules_that_once_failed_do_no_longer", &kept, |bytes| {
        let said = CompiledModule::from_bytes(bytes).map_err(|e| e.to_string());
        let _refused = said.and_then(|module| module.attribute("main", "said"));
    });
}

#[test]
fn damaged_entries_of_the_cache_are_no_modules() {
    let dir = tempfile::tempdir().unwrap();
    let cache = CompileCache::in_dir(dir.path(), 1 << 20);
    let text = || binary("add", "tensor<4xf32>");
    let (module, _, _) = cache.get_or_compile("a", "cached", &CompileOptions::default(), text).unwrap();
    let entry = cache.entries().remove(0);
    let file = dir.path().join("modules").join(&entry.key);
    let sound = std::fs::read(&file).unwrap();
    for seed in 1..200 {
        let mut bytes = sound.clone();
        Mutator::new(seed).damage(&mut bytes);
        std::fs::write(&file, &bytes).unwrap();
        let read = cache.module(&entry);
        assert_eq!(read.is_some(), bytes == sound, "damage {seed}");
        assert!(read.is_none_or(|read| read.bytes() == module.bytes()));
    }
}
