//! Tests of the compile cache.

use super::*;

fn cached(cache: &CompileCache, material: &str) -> (CompiledModule, CacheOutcome) {
    let text = || binary("add", "tensor<4xf32>");
    let (module, outcome, _) =
        cache.get_or_compile(material, "cached", &CompileOptions::default(), text).unwrap_or_else(|e| panic!("{e}"));
    (module, outcome)
}

fn entries(dir: &std::path::Path) -> Vec<std::path::PathBuf> {
    std::fs::read_dir(dir.join("modules")).unwrap().map(|e| e.unwrap().path()).collect()
}

#[test]
fn a_module_comes_from_memory_then_disk_then_the_compiler() {
    let dir = tempfile::tempdir().unwrap();
    let cache = CompileCache::in_dir(dir.path(), 1 << 20);
    let (first, outcome) = cached(&cache, "a");
    assert_eq!(outcome, CacheOutcome::Compiled);
    assert_eq!(cached(&cache, "a").1, CacheOutcome::Memory);
    let later = CompileCache::in_dir(dir.path(), 1 << 20);
    let (second, outcome) = cached(&later, "a");
    assert_eq!(outcome, CacheOutcome::Disk);
    assert_eq!(first.bytes(), second.bytes());
    assert_eq!(second.bytes().as_ptr().align_offset(64), 0);
    let signature = Signature::new(vec![f32s(4); 2], vec![f32s(4)]);
    let f = Executable::load(&second, &Device::open("cpu").unwrap(), "main", signature, None).unwrap();
    let a = Value::from(Array::from_slice(4, &[1.0f32; 4]));
    assert_eq!(host(&f.call(&[&a, &a]).unwrap()[0]).as_slice::<f32>(), [2.0; 4]);
    later.clear();
    assert_eq!((later.usage(), cached(&later, "a").1), ((0, 0), CacheOutcome::Compiled));
}

#[test]
fn what_the_compiler_told_is_kept_with_the_module() {
    let dir = tempfile::tempdir().unwrap();
    let get = |cache: &CompileCache, files| {
        let text = || Ok::<_, CompileError>(binary("add", "tensor<4xf32>"));
        cache.get("a", "told", &CompileOptions::default(), files, text).unwrap()
    };
    let cache = CompileCache::in_dir(dir.path(), 1 << 20);
    let first = get(&cache, true);
    let report = first.report.unwrap();
    assert_eq!((first.outcome, report.statistics.dispatches, report.phases[0].0), (CacheOutcome::Compiled, 1, "input"));
    assert!(first.files.iter().any(|f| f.kind == "s" && f.text.contains("ret")), "the code is of the same compilation");
    let again = get(&cache, true);
    assert_eq!((again.outcome, &again.report, again.files.len()), (CacheOutcome::Memory, &Some(report.clone()), 0));
    let later = get(&CompileCache::in_dir(dir.path(), 1 << 20), false);
    assert_eq!((later.outcome, later.report.unwrap().statistics), (CacheOutcome::Disk, report.statistics));
    assert_eq!(later.module.bytes(), first.module.bytes());
}

#[test]
fn a_damaged_entry_is_compiled_again() {
    let dir = tempfile::tempdir().unwrap();
    cached(&CompileCache::in_dir(dir.path(), 1 << 20), "a");
    let entry = entries(dir.path()).remove(0);
    let sound = std::fs::read(&entry).unwrap();
    let mut flipped = sound.clone();
    *flipped.last_mut().unwrap() ^= 1;
    for bad in [flipped, sound[..sound.len() / 2].to_vec(), sound[..10].to_vec(), Vec::new()] {
        std::fs::write(&entry, bad).unwrap();
        assert_eq!(cached(&CompileCache::in_dir(dir.path(), 1 << 20), "a").1, CacheOutcome::Compiled);
        assert_eq!(cached(&CompileCache::in_dir(dir.path(), 1 << 20), "a").1, CacheOutcome::Disk);
    }
}

#[test]
fn a_directory_that_cannot_be_written_is_done_without() {
    let dir = tempfile::tempdir().unwrap();
    // A file in place of the directory is not writable for root either.
    let file = dir.path().join("file");
    std::fs::write(&file, "").unwrap();
    let cache = CompileCache::in_dir(file.join("cache"), 1 << 20);
    assert_eq!(cached(&cache, "a").1, CacheOutcome::Compiled);
    assert_eq!(cached(&cache, "a").1, CacheOutcome::Memory);
}

#[test]
fn the_longest_unused_entries_are_removed() {
    let dir = tempfile::tempdir().unwrap();
    let size = cached(&CompileCache::in_dir(dir.path(), 1 << 20), "a").0.bytes().len() as u64 + 64;
    let limit = 2 * size + size / 2;
    let wait = || std::thread::sleep(std::time::Duration::from_millis(20));
    for (material, outcome) in [
        ("b", CacheOutcome::Compiled),
        ("a", CacheOutcome::Disk),
        ("c", CacheOutcome::Compiled),
        ("a", CacheOutcome::Disk),
        ("b", CacheOutcome::Compiled),
    ] {
        wait();
        assert_eq!(cached(&CompileCache::in_dir(dir.path(), limit), material).1, outcome, "{material}");
    }
    assert_eq!(entries(dir.path()).len(), 2);
}

#[test]
fn threads_that_want_the_same_compile_it_once() {
    let cache = CompileCache::in_memory();
    let outcomes: Vec<CacheOutcome> = std::thread::scope(|s| {
        let threads: Vec<_> = (0..4).map(|_| s.spawn(|| cached(&cache, "a").1)).collect();
        threads.into_iter().map(|t| t.join().unwrap()).collect()
    });
    assert_eq!(outcomes.iter().filter(|&&o| o == CacheOutcome::Compiled).count(), 1, "{outcomes:?}");
}

/// This is not a test, but the other process of the next test.
#[test]
fn the_other_process() {
    if let Some(dir) = std::env::var_os("RUNE_TEST_CACHE") {
        println!("outcome {:?}", cached(&CompileCache::in_dir(dir, 1 << 20), "a").1);
    }
}

#[test]
fn processes_that_want_the_same_compile_it_once() {
    let dir = tempfile::tempdir().unwrap();
    let spawn = || {
        std::process::Command::new(std::env::current_exe().unwrap())
            .args(["cache::the_other_process", "--exact", "--nocapture"])
            .env("RUNE_TEST_CACHE", dir.path())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap()
    };
    let outputs = [spawn(), spawn()].map(|child| String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap());
    let compiled = outputs.iter().filter(|o| o.contains("outcome Compiled")).count();
    let read = outputs.iter().filter(|o| o.contains("outcome Disk")).count();
    assert_eq!((compiled, read), (1, 1), "{outputs:?}");
}
