//! Looks for tools. `RUNE_REQUIREMENTS=skip` omits all checks.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A change of these runs the script again, and so builds all crates again. A build that failed runs it again anyway.
const VARIABLES: [&str; 5] =
    ["RUNE_REQUIREMENTS", "CMAKE", "LIBCLANG_PATH", "MLIR_SYS_220_PREFIX", "TABLEGEN_220_PREFIX"];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    VARIABLES.iter().for_each(|name| println!("cargo::rerun-if-env-changed={name}"));
    if env::var("RUNE_REQUIREMENTS").is_ok_and(|text| text == "skip") {
        return;
    }
    let has = |feature: &str| env::var_os(format!("CARGO_FEATURE_{feature}")).is_some();
    let mut missing = Vec::new();
    if has("RUN") {
        missing.extend([c_compiler(), cmake(), libclang()]);
    }
    if has("MELIOR") {
        missing.extend([mlir("MLIR_SYS_220_PREFIX"), mlir("TABLEGEN_220_PREFIX")]);
    }
    let mut missing: Vec<String> = missing.into_iter().flatten().collect();
    missing.dedup();
    for what in &missing {
        println!(
            "cargo::error={what} (\"In your own crate\" in rune's README lists what each feature needs; RUNE_REQUIREMENTS=skip \
             omits this check)"
        );
    }
    if missing.is_empty() && has("COMPILE") && !has_iree_compiler() {
        println!(
            "cargo::warning=the IREE compiler is not found, which compiles programs at run time: run `pip install \
             iree-base-compiler==3.13.0`, or set RUNE_IREE_COMPILER to libIREECompiler; until then the host engine runs all programs"
        );
    }
}

/// What a command prints, if it exists and succeeds.
fn output(program: impl AsRef<std::ffi::OsStr>, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn c_compiler() -> Option<String> {
    // On Windows, the `cc` crate finds Microsoft's compiler in the registry.
    let named = env::var("CC").ok().filter(|name| !name.is_empty());
    let found = match &named {
        // It may come with arguments, or with a wrapper before it.
        Some(named) => named.split(' ').next().is_some_and(|first| output(first, &["--version"]).is_some()),
        None => ["cc", "clang", "gcc"].iter().any(|name| output(name, &["--version"]).is_some()) || cfg!(windows),
    };
    let what = named.unwrap_or_else(|| "cc".to_owned());
    (!found).then(|| {
        format!(
            "the feature `run` builds IREE's runtime with a C compiler, and `{what}` is not found: {}",
            install("build-essential", "xcode-select --install")
        )
    })
}

fn cmake() -> Option<String> {
    const MIN_VERSION: [u32; 2] = [3, 26];
    let program = env::var("CMAKE").ok().filter(|name| !name.is_empty()).unwrap_or_else(|| "cmake".to_owned());
    let needs =
        format!("the feature `run` builds IREE's runtime with CMake {}.{} or later", MIN_VERSION[0], MIN_VERSION[1]);
    let how = "run `pip install cmake`, or set CMAKE to its path";
    let Some(text) = output(&program, &["--version"]) else {
        return Some(format!("{needs}, and `{program}` is not found: {how}"));
    };
    let version = text.split_whitespace().nth(2).unwrap_or_default();
    let numbers: Vec<u32> = version.split('.').map_while(|part| part.parse().ok()).take(2).collect();
    (numbers.as_slice() < &MIN_VERSION[..]).then(|| format!("{needs}, and `{program}` is version {version}: {how}"))
}

fn libclang() -> Option<String> {
    let places: &[&str] = if cfg!(target_os = "macos") {
        &[
            "/Library/Developer/CommandLineTools/usr/lib",
            "/Applications/Xcode.app",
            "/opt/homebrew/opt/llvm*/lib",
            "/usr/local/opt/llvm*/lib",
        ]
    } else if cfg!(target_os = "linux") {
        &[
            "/usr/local/llvm*/lib*",
            "/usr/local/lib*/*/*",
            "/usr/local/lib*/*",
            "/usr/local/lib*",
            "/usr/lib*/*/*",
            "/usr/lib*/*",
            "/usr/lib*",
        ]
    } else {
        return None;
    };
    let is_library = |path: &Path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("libclang"));
    let holds = |place: PathBuf| {
        is_library(&place) && place.is_file()
            || place.ends_with("Xcode.app") && place.is_dir()
            || place.read_dir().into_iter().flatten().flatten().any(|entry| is_library(&entry.path()))
    };
    let named = env::var_os("LIBCLANG_PATH").map(PathBuf::from);
    let llvm = env::var("LLVM_CONFIG_PATH").unwrap_or_else(|_| "llvm-config".to_owned());
    let asked = || output(llvm, &["--libdir"]).map(PathBuf::from);
    let found = named.into_iter().any(holds)
        || places.iter().flat_map(|pattern| matching(pattern)).any(holds)
        || asked().into_iter().any(holds);
    (!found).then(|| {
        format!(
            "the feature `run` makes bindings with libclang, which is not found: {}, or set LIBCLANG_PATH to the folder that holds it",
            install("libclang-dev", "xcode-select --install")
        )
    })
}

/// The paths that a pattern with `*` at the ends of names stands for.
fn matching(pattern: &str) -> Vec<PathBuf> {
    let mut found = vec![PathBuf::from("/")];
    for part in pattern.split('/').filter(|part| !part.is_empty()) {
        let Some((start, end)) = part.split_once('*') else {
            found.iter_mut().for_each(|path| path.push(part));
            continue;
        };
        let fits = |name: &str| name.starts_with(start) && name.ends_with(end);
        let entries = found.iter().flat_map(|path| path.read_dir().into_iter().flatten().flatten());
        found = entries.filter(|entry| fits(&entry.file_name().to_string_lossy())).map(|entry| entry.path()).collect();
    }
    found
}

fn mlir(variable: &str) -> Option<String> {
    let prefix = env::var_os(variable).filter(|prefix| !prefix.is_empty()).map(PathBuf::from);
    let program = prefix.as_ref().map_or_else(|| PathBuf::from("llvm-config"), |prefix| prefix.join("bin/llvm-config"));
    let needs = "the feature `melior` needs LLVM and MLIR 22 with their headers";
    let how = format!(
        "{}, and set MLIR_SYS_220_PREFIX and TABLEGEN_220_PREFIX to the folder that holds bin/llvm-config; or leave the feature out",
        install("llvm-22-dev libmlir-22-dev libpolly-22-dev mlir-22-tools (from apt.llvm.org)", "brew install llvm@22")
    );
    let shown = program.display();
    let Some(version) = output(&program, &["--version"]) else {
        return Some(match prefix {
            Some(_) => format!("{needs}, and {shown}, which {variable} names, is not found: {how}"),
            None => format!("{needs}, and `llvm-config` is not found: {how}"),
        });
    };
    if !version.starts_with("22.") {
        return Some(format!("{needs}, and `{shown}` is of version {version}: {how}"));
    }
    let headers = output(&program, &["--includedir"]).map(PathBuf::from).unwrap_or_default();
    (!headers.join("mlir-c/IR.h").is_file())
        .then(|| format!("{needs}, and {} has no mlir-c/IR.h: {how}", headers.display()))
}

fn install(debian: &str, macos: &str) -> String {
    match cfg!(target_os = "macos") {
        true => format!("run `{macos}`"),
        false => format!("on Debian and Ubuntu, install {debian}"),
    }
}

/// Whether the compiler's library, or a Python environment that has it, is found as at run time.
fn has_iree_compiler() -> bool {
    if env::var_os("RUNE_IREE_COMPILER").is_some_and(|path| Path::new(&path).exists()) {
        return true;
    }
    let above = |variable: &str| {
        let start = env::var_os(variable).map(PathBuf::from).unwrap_or_default();
        start.ancestors().map(|dir| dir.join(".venv")).collect::<Vec<_>>()
    };
    let venvs = env::var_os("VIRTUAL_ENV").map(PathBuf::from).into_iter();
    let in_venv = |venv: PathBuf| {
        let sites = venv.join("lib").read_dir().into_iter().flatten().flatten().map(|e| e.path().join("site-packages"));
        sites.chain([venv.join("Lib/site-packages")]).any(|site| site.join("iree/compiler/_mlir_libs").is_dir())
    };
    const QUESTION: &str =
        "import importlib.util as u; print(bool(u.find_spec('iree') and u.find_spec('iree.compiler')))";
    venvs.chain(above("OUT_DIR")).chain(above("CARGO_MANIFEST_DIR")).any(in_venv)
        || output("python3", &["-c", QUESTION]).is_some_and(|text| text == "True")
}
