//! Writes what the fuzzers begin with, to `corpus/`, and the words that they know, to `dictionaries/`.

use rune_ir::op::{NamedAxis, Op};
use rune_testing::Generator;
use rune_ir::{Array, DType, HostOp, ModuleSignature, Program, storage};
use rune_ir::storage::{npy, npz};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Random programs, of each of the two forms.
const PROGRAMS: u64 = 600;
/// Random signatures of modules.
const SIGNATURES: u64 = 100;

fn crate_path(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn seed(target: &str, name: &str, bytes: impl AsRef<[u8]>) -> anyhow::Result<()> {
    let folder = crate_path("corpus").join(target);
    std::fs::create_dir_all(&folder)?;
    Ok(std::fs::write(folder.join(name), bytes)?)
}

fn main() -> anyhow::Result<()> {
    let mut words = BTreeSet::new();
    for number in 0..PROGRAMS {
        let mut random = Generator::new(number);
        if number % 3 == 0 {
            random.axes = vec![NamedAxis { name: "i".into(), size: 3 }];
        }
        let program = random.program(1 + number as usize % 12);
        let (text, json) = (program.to_string(), program.to_json()?);
        collect(&mut words, &text);
        seed("program_text", &format!("random-{number}"), text)?;
        seed("program_json", &format!("random-{number}"), json)?;
    }
    for folder in std::fs::read_dir(crate_path("../tests/data"))? {
        for file in std::fs::read_dir(folder?.path())? {
            // Not all JSON there is a program.
            let path = file?.path();
            let Ok(program) = Program::load(&path) else { continue };
            let name = path.file_stem().unwrap_or_default().display().to_string();
            seed("program_text", &name, program.to_string())?;
            seed("program_json", &name, program.to_json()?)?;
        }
    }
    programs_with_array_files()?;
    for signature in Op::<()>::signatures() {
        words.extend(signature.names.iter().map(ToString::to_string));
        words.extend(signature.attributes.iter().map(|(name, _)| name.to_string()));
        words.extend(signature.programs.iter().map(|(name, _)| name.to_string()));
    }
    words.extend(DType::ALL.map(|d| format!("{d}]")));
    dictionary("program", &words)?;

    let mut words = BTreeSet::new();
    for file in std::fs::read_dir(crate_path("../tests/data/stablehlo"))? {
        let path = file?.path();
        if path.extension().is_some_and(|e| e == "mlir") {
            let text = std::fs::read_to_string(&path)?;
            collect(&mut words, &text);
            let name = path.file_stem().unwrap_or_default().display().to_string();
            for (i, module) in text.split("// -----\n").enumerate() {
                seed("stablehlo", &format!("{name}-{i}"), module)?;
            }
        }
    }
    known_to_the_importer(&mut words)?;
    dictionary("stablehlo", &words)?;
    arrays()
}

/// Programs of which an array is in the file beside, as the target takes it.
fn programs_with_array_files() -> anyhow::Result<()> {
    let folder = tempfolder()?;
    for (number, dtype) in DType::ALL.into_iter().enumerate() {
        let text = format!(
            "def f(x0): # [20, {dtype}] -> ([20, {dtype}], [20, {dtype}])\n    c0 = constant # [20, {dtype}]\n    return c0, x0\n"
        );
        let constant = Generator::new(number as u64).array(&format!("[20, {dtype}]").parse()?);
        let path = folder.join("program.json");
        Program::parse_with(&text, &[constant.into()])?.save(&path)?;
        let mut bytes = std::fs::read(&path)?;
        bytes.push(0);
        bytes.extend(std::fs::read(path.with_extension("safetensors"))?);
        seed("program_json", &format!("beside-{dtype}"), bytes)?;
    }
    Ok(std::fs::remove_dir_all(folder)?)
}

/// The signature that a module would have that leaves everything to the host.
fn signature(number: u64) -> ModuleSignature {
    let program = Generator::new(number).program(1 + number as usize % 5);
    let host = program.instructions().iter().map(|i| HostOp {
        name: format!("{}-{}", i.op.name(), i.first.index()),
        op: i.op.map(|&v| program.ty(v).clone()),
        outputs: i.results().map(|v| program.ty(v).clone()).collect(),
    });
    ModuleSignature {
        inputs: program.input_types().to_vec(),
        constants: program.constants().iter().map(|c| c.ty().clone()).collect(),
        outputs: program.output_types(),
        overwritten: vec![0],
        host: host.collect(),
    }
}

/// The words of a text.
fn collect(words: &mut BTreeSet<String>, text: &str) {
    let word = |c: char| c.is_alphanumeric() || ['_', '.', '@', '%', '#', '!'].contains(&c);
    let found = text.split(|c| !word(c)).filter(|w| (2..40).contains(&w.len()) && w.contains(char::is_alphabetic));
    words.extend(found.map(str::to_owned));
}

/// The names of operations and attributes that the source of the importer has.
fn known_to_the_importer(words: &mut BTreeSet<String>) -> anyhow::Result<()> {
    let source = crate_path("../rune-stablehlo/src");
    for folder in ["parse", "convert"] {
        for file in std::fs::read_dir(source.join(folder))? {
            let text = std::fs::read_to_string(file?.path())?;
            let quoted = text.split('"').skip(1).step_by(2);
            words.extend(quoted.filter(|w| (2..40).contains(&w.len()) && !w.contains([' ', '\n'])).map(str::to_owned));
        }
    }
    Ok(())
}

/// Writes the words as libFuzzer reads them.
fn dictionary(name: &str, words: &BTreeSet<String>) -> anyhow::Result<()> {
    let escaped = |word: &String| -> String {
        let byte = |b: u8| match b {
            b'"' | b'\\' | 0..0x20 | 0x7f.. => format!("\\x{b:02x}"),
            _ => char::from(b).to_string(),
        };
        format!("\"{}\"\n", word.bytes().map(byte).collect::<String>())
    };
    let folder = crate_path("dictionaries");
    std::fs::create_dir_all(&folder)?;
    Ok(std::fs::write(folder.join(name).with_extension("dict"), words.iter().map(escaped).collect::<String>())?)
}

fn tempfolder() -> anyhow::Result<PathBuf> {
    let folder = crate_path("target").join("seeds");
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}

fn arrays() -> anyhow::Result<()> {
    let folder = tempfolder()?;
    for (number, dtype) in DType::ALL.into_iter().enumerate() {
        let mut random = Generator::new(number as u64);
        let arrays: Vec<Array> = ["", "3, ", "2, 3, ", "0, 4, "]
            .map(|sizes| random.array(&format!("[{sizes}{dtype}]").parse().expect("a type")))
            .into();
        let path = folder.join("x.safetensors");
        storage::write(&path, ["a", "b2", "b10", "c"].into_iter().zip(&arrays))?;
        seed("arrays", &format!("{dtype}.safetensors"), std::fs::read(&path)?)?;
        npz::write(&path, ["a", "b2"].into_iter().zip(&arrays))?;
        seed("arrays", &format!("{dtype}.npz"), std::fs::read(&path)?)?;
        for (i, array) in arrays.iter().enumerate() {
            let mut file = Vec::new();
            npy::write(&mut file, array)?;
            seed("arrays", &format!("{dtype}-{i}.npy"), file)?;
        }
        seed("arrays", &format!("{dtype}.txt"), format!("2x3x{dtype}=1 0 1 0 1 1"))?;
        seed("arrays", &format!("{dtype}-splat.txt"), format!("[2, 3, {dtype}]=1"))?;
    }
    std::fs::remove_dir_all(folder)?;
    seed("arrays", "floats.txt", "6xf32=nan inf -inf 1e-3 -0 0x1")?;
    for number in 0..SIGNATURES {
        seed("arrays", &format!("signature-{number}.json"), signature(number).to_json())?;
    }
    let mut words = BTreeSet::new();
    let known = "NUMPY descr fortran_order shape True False dtype data_offsets __metadata__ rune inputs constants outputs overwritten host name op attributes programs nan inf true";
    words.extend(known.split(' ').map(str::to_owned));
    words.extend(DType::ALL.map(|d| d.to_string()));
    words.extend(
        ["BOOL", "I8", "I16", "I32", "I64", "U8", "U16", "U32", "U64", "F16", "BF16", "F32", "F64"].map(str::to_owned),
    );
    words.extend(
        ["|b1", "|i1", "<i2", ">i4", "<i8", "|u1", "<u2", "<u4", "<u8", "<f2", "<V2", "<f4", ">f8"].map(str::to_owned),
    );
    dictionary("arrays", &words)
}
