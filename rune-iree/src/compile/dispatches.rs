//! The code of each dispatch, from the files that the compiler writes.

use std::io;
use std::path::Path;

/// One form of a dispatch.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DispatchFile {
    /// The name of the dispatch, such as `main_dispatch_0`.
    pub dispatch: String,
    /// The form: `mlir` (after configuration), `optimized.ll`, `s`, `ptx`, `metal`, `spirv.mlir`, `rocmasm`.
    pub kind: &'static str,
    /// The text.
    pub text: String,
}

/// The forms with one file for each dispatch: `module_DISPATCH_….KIND`.
const SEPARATE: [&str; 2] = ["metal", "spirv.mlir"];
/// The forms with one file for all dispatches. It holds a function for each dispatch, after linking.
const LINKED: [&str; 4] = ["optimized.ll", "s", "ptx", "rocmasm"];

/// Reads the dispatches from the folder of `--iree-hal-dump-executable-files-to`, sorted by number. Each dispatch has a
/// file `configured_module_DISPATCH.mlir`.
pub(crate) fn read(folder: &Path) -> io::Result<Vec<DispatchFile>> {
    let names = std::fs::read_dir(folder)?.map(|e| Ok(e?.file_name().to_string_lossy().into_owned()));
    let mut names = names.collect::<io::Result<Vec<String>>>()?;
    names.sort();
    let text = |name: &str| Ok(String::from_utf8_lossy(&std::fs::read(folder.join(name))?).into_owned());
    let of_kind =
        |kind: &str| names.iter().filter(move |n| n.strip_suffix(kind).is_some_and(|n| n.ends_with('.'))).collect();
    let dispatch = |name: &String| Some(name.strip_prefix("configured_module_")?.strip_suffix(".mlir")?.to_owned());
    let mut dispatches: Vec<String> = names.iter().filter_map(dispatch).collect();
    dispatches.sort_by_key(|d| (number(d), d.clone()));

    let mut files = Vec::new();
    for dispatch in &dispatches {
        let text = text(&format!("configured_module_{dispatch}.mlir"))?;
        files.push(DispatchFile { dispatch: dispatch.clone(), kind: "mlir", text });
    }
    for kind in SEPARATE {
        let of_kind: Vec<&String> = of_kind(kind);
        for dispatch in &dispatches {
            let start = format!("module_{dispatch}_");
            for name in of_kind.iter().filter(|name| name.starts_with(&start)) {
                files.push(DispatchFile { dispatch: dispatch.clone(), kind, text: text(name)? });
            }
        }
    }
    for kind in LINKED {
        let of_kind: Vec<&String> = of_kind(kind);
        let linked = of_kind.into_iter().map(|name| text(name)).collect::<io::Result<Vec<String>>>()?;
        for dispatch in &dispatches {
            if let Some(text) = linked.iter().find_map(|text| function(text, kind, dispatch)) {
                files.push(DispatchFile { dispatch: dispatch.clone(), kind, text });
            }
        }
    }
    Ok(files)
}

/// Returns the number of a dispatch: `main_dispatch_7` is number 7. Dispatches without a number, such as the packing of
/// constants, come last.
fn number(dispatch: &str) -> u64 {
    dispatch.rsplit_once("_dispatch_").and_then(|(_, n)| n.parse().ok()).unwrap_or(u64::MAX)
}

/// Returns the function of a dispatch from a file of all dispatches, without debug information. The name of the
/// function begins with the name of the dispatch.
fn function(text: &str, kind: &str, dispatch: &str) -> Option<String> {
    let own = |name: &str| name.strip_prefix(dispatch).is_some_and(|rest| rest.starts_with('_'));
    let named = |line: &str| match kind {
        "optimized.ll" => {
            line.strip_prefix("define ")?.split_once(" @")?.1.split_once('(').map(|(name, _)| name.to_owned())
        }
        "ptx" => Some(line.split_once(".entry ")?.1.trim_end_matches('(').to_owned()),
        _ => {
            line.strip_suffix(':').or_else(|| line.split_once(": ").map(|(name, _)| name.trim_end())).map(str::to_owned)
        }
    };
    let mut lines = text.lines();
    let first = lines.find(|line| named(line).is_some_and(|name| own(&name)))?;
    let name = named(first)?;
    let size = format!("\t.size\t{name},");
    let mut found = vec![first];
    for line in lines {
        let assembly = kind == "s" || kind == "rocmasm";
        if assembly && line.starts_with(&size) {
            break;
        }
        let debugging =
            ["\t.cfi_", "\t.loc\t", "\t.file\t", ".Ltmp", ".Lfunc_"].iter().any(|start| line.starts_with(start));
        if !(assembly && debugging) {
            found.push(line.split(", !dbg !").next().unwrap_or(line));
        }
        if !assembly && line == "}" {
            break;
        }
    }
    Some(found.join("\n") + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dispatches_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let assembly = "\t.text\nmain_dispatch_10_sum:\n\tnop\n\t.size\tmain_dispatch_10_sum, 4\n\
                        main_dispatch_1_mul:\n.Lfunc_begin0:\n\t.loc\t1 2\n\tret\n\t.size\tmain_dispatch_1_mul, 4\nexp:\n";
        let llvm =
            "define void @exp() {\n}\ndefine internal i32 @main_dispatch_1_mul(ptr %0) {\n  ret i32 0, !dbg !7\n}\n";
        for (name, text) in [
            ("configured_module_main_dispatch_10.mlir", "ten"),
            ("configured_module_main_dispatch_1.mlir", "one"),
            ("configured_module__encoding_0.mlir", "pack"),
            ("module_main_dispatch_1.mlir", ""),
            ("module_f_linked_embedded_elf_x86_64.s", assembly),
            ("module_f_linked_embedded_elf_x86_64.so", ""),
            ("module_f_linked_embedded_elf_x86_64.codegen.ll", ""),
            ("module_f_linked_embedded_elf_x86_64.optimized.ll", llvm),
            ("module_main_dispatch_10_metal_msl_fb0.metal", "kernel"),
        ] {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let files = read(folder.path()).unwrap();
        let found: Vec<_> = files.iter().map(|f| (f.dispatch.as_str(), f.kind, f.text.as_str())).collect();
        let (one, ten) = ("main_dispatch_1", "main_dispatch_10");
        let expected = [
            (one, "mlir", "one"),
            (ten, "mlir", "ten"),
            ("_encoding_0", "mlir", "pack"),
            (ten, "metal", "kernel"),
            (one, "optimized.ll", "define internal i32 @main_dispatch_1_mul(ptr %0) {\n  ret i32 0\n}\n"),
            (one, "s", "main_dispatch_1_mul:\n\tret\n"),
            (ten, "s", "main_dispatch_10_sum:\n\tnop\n"),
        ];
        assert_eq!(found, expected);
    }
}
