//! Tests of the parts of trees in files that are not tensors.

use super::storage::{load, save};
use crate::{ConvOptions, ConvPadding, Layout, PoolOptions, Static, Tensor, Tree};
use rune_ir::storage::{STATIC, StorageError, read_with, write};
use rune_ir::{Array, DType};
use rustc_hash::FxHasher;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::path::PathBuf;
use std::time::Duration;

fn structure(tree: &impl Tree) -> u64 {
    let mut hasher = FxHasher::default();
    tree.structure(&mut hasher);
    hasher.finish()
}

struct Folder(tempfile::TempDir);
impl Folder {
    fn new() -> Folder {
        Folder(tempfile::tempdir().unwrap())
    }
    fn file(&self) -> PathBuf {
        self.0.path().join("tree.safetensors")
    }
    /// Saves `tree`, and loads it into `like`.
    fn round_trip<T: Tree>(&self, tree: &T, like: &T) -> Result<T, StorageError> {
        save(self.file(), tree)?;
        load(self.file(), like)
    }
    fn json(&self) -> Option<String> {
        read_with(&self.file()).unwrap().1.map(|json| json.to_string())
    }
}

/// Checks that each tree is loaded unchanged, whichever tree it is loaded into.
#[track_caller]
fn all_come_back<T: Tree>(all: &[T]) {
    let folder = Folder::new();
    for tree in all {
        for like in all {
            let back = folder.round_trip(tree, like).unwrap();
            assert_eq!(structure(&back), structure(tree), "{:?}: {:?}", folder.json(), back.statics());
            assert_eq!(back.statics(), tree.statics(), "{:?}", folder.json());
        }
    }
}

#[derive(Tree, Clone, Debug, PartialEq)]
enum Act {
    Relu,
    Leaky(f64),
    Clipped { low: f32, high: Option<i8> },
}

#[derive(Tree)]
struct Layer {
    weight: Tensor,
    heads: usize,
    act: Act,
}

#[derive(Clone, Hash, Serialize, Deserialize)]
struct Written {
    name: String,
    sizes: Vec<u8>,
}

#[derive(Clone, Hash)]
struct Unwritten;

#[derive(Tree)]
struct Model<T: Tree> {
    layers: Vec<Layer>,
    bias: Option<Tensor>,
    dims: Vec<usize>,
    rate: f64,
    name: &'static str,
    marker: PhantomData<u8>,
    of: T,
    #[tree(static)]
    conv: ConvOptions,
    #[tree(static)]
    pool: PoolOptions,
    #[tree(static)]
    dtype: DType,
    #[tree(static)]
    timeout: Duration,
    #[tree(static)]
    written: Written,
    #[tree(static, skip)]
    function: fn(&Tensor) -> Tensor,
    #[tree(static, skip)]
    unwritten: Unwritten,
    pair: (Tensor, u64),
}

fn model(n: usize) -> Model<BTreeMap<String, i64>> {
    let x = || Tensor::scalar(n as f32);
    let act = [Act::Relu, Act::Leaky(0.1), Act::Clipped { low: -0.1, high: Some(-3) }][n % 3].clone();
    let layers = (0..2).map(|i| Layer { weight: x(), heads: n + i, act: act.clone() }).collect();
    let padding = if n == 0 { ConvPadding::Valid } else { ConvPadding::Explicit(vec![(n as isize, -1)]) };
    Model {
        layers,
        bias: None,
        dims: (0..n).collect(),
        rate: n as f64 / 10.0,
        name: ["zero", "one", "two"][n],
        marker: PhantomData,
        of: (0..n as i64).map(|i| (format!("k.{i}"), -i)).collect(),
        conv: ConvOptions::new().strides([n + 1, 1]).padding(padding).layout(Layout::ChannelsLast),
        pool: PoolOptions::new().strides(n + 1),
        dtype: DType::ALL[n],
        timeout: Duration::from_millis(n as u64),
        written: Written { name: n.to_string(), sizes: vec![1; n] },
        function: if n == 0 { Tensor::exp } else { Tensor::log },
        unwritten: Unwritten,
        pair: (x(), u64::MAX - n as u64),
    }
}

#[test]
fn a_number_that_was_saved_comes_back() {
    let folder = Folder::new();
    let layer = |heads| Layer { weight: Tensor::scalar(1.0f32), heads, act: Act::Relu };
    assert_eq!(folder.round_trip(&layer(7), &layer(0)).unwrap().heads, 7);
    assert_eq!(folder.json().unwrap(), r#"{"act":"Relu","heads":7}"#);
}

#[test]
fn every_kind_of_part_comes_back() {
    all_come_back(&[0usize, 7, usize::MAX]);
    all_come_back(&[i64::MIN, -1, i64::MAX]);
    all_come_back(&[u64::MAX, 0]);
    all_come_back(&[i8::MIN, i8::MAX]);
    all_come_back(&[true, false]);
    all_come_back(&['a', '"', 'ß', '\u{10ffff}', '\0']);
    all_come_back(&["".to_owned(), "a\n\"\\\u{7f}é".to_owned()]);
    all_come_back(&["x", ""]);
    all_come_back(&[Some(3usize), None]);
    all_come_back(&[Some(Some(1u8)), Some(None), None]);
    all_come_back(&[Some(()), None]);
    all_come_back(&[Some(PhantomData::<u8>), None]);
    all_come_back(&[Some(BTreeMap::from([("some".to_owned(), 1u8)])), Some(BTreeMap::new()), None]);
    all_come_back(&[vec![], vec![1u8], vec![3, 4, 5]]);
    all_come_back(&[vec![], vec![vec![]], vec![vec![1u8], vec![]]]);
    all_come_back(&[vec![(), ()], vec![]]);
    all_come_back(&[[1.5f32, 2.0], [0.0, -0.0]]);
    all_come_back(&[(1u8, "a".to_owned()), (2, "b".to_owned())]);
    all_come_back(&[Box::new(1u8), Box::new(2)]);
    all_come_back(&[BTreeMap::from([(1u8, 2.0)]), BTreeMap::new(), BTreeMap::from([(3, 4.0), (5, 6.0)])]);
    all_come_back(&[BTreeMap::from([("a", vec![1u8])]), BTreeMap::from([("b.c", vec![])])]);
    all_come_back(&[Act::Relu, Act::Leaky(0.5), Act::Leaky(1.0), Act::Clipped { low: 0.0, high: None }]);
    all_come_back(&[(), ()]);
}

#[test]
fn floats_come_back_bit_for_bit() {
    let odd = f64::from_bits(0x7ff0_0000_dead_beef);
    let all =
        [0.0, -0.0, 0.1, -1e308, f64::MIN_POSITIVE, 5e-324, f64::NAN, -f64::NAN, odd, f64::INFINITY, -f64::INFINITY];
    all_come_back(&all);
    let odd = f32::from_bits(0x7f80_beef);
    all_come_back(&[0.0f32, -0.0, 0.1, f32::MAX, 1e-45, f32::NAN, odd, f32::INFINITY, f32::NEG_INFINITY, 16_777_217.0]);
    assert_eq!(0.1f32.statics(), Static::Value(0.1.into()));
    let mut state = 1u32;
    let folder = Folder::new();
    let some: Vec<f32> = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f32::from_bits(state)
    })
    .take(2000)
    .collect();
    let back = folder.round_trip(&some, &Vec::new()).unwrap();
    assert!(some.iter().map(|x| x.to_bits()).eq(back.iter().map(|x| x.to_bits())));
}

#[test]
fn a_model_comes_back_with_all_that_is_no_tensor() {
    let folder = Folder::new();
    for n in 0..3 {
        for m in 0..3 {
            let back = folder.round_trip(&model(n), &model(m)).unwrap();
            let expected = Model { function: model(m).function, ..model(n) };
            assert_eq!(structure(&back), structure(&expected), "{n} into {m}: {}", folder.json().unwrap());
            assert_eq!(back.pair.0.item::<f32>().unwrap(), n as f32);
        }
    }
    // Parts that the tensors determine are not stored again.
    save(folder.file(), &vec![(Tensor::scalar(1), Some(Tensor::scalar(2)))]).unwrap();
    assert_eq!(folder.json(), None);
}

#[test]
fn files_without_such_parts_leave_them_as_they_are() {
    let (folder, like) = (Folder::new(), Layer { weight: Tensor::scalar(0.0f32), heads: 3, act: Act::Leaky(0.5) });
    write(folder.file(), [("weight", &Array::scalar(2.0f32))]).unwrap();
    let layer = load(folder.file(), &like).unwrap();
    assert_eq!((layer.weight.item::<f32>().unwrap(), layer.heads, layer.act), (2.0, 3, Act::Leaky(0.5)));
    // A field that is newer than the file comes from the tree. The other fields come from the file.
    #[derive(Tree)]
    struct Older {
        weight: Tensor,
        heads: usize,
    }
    save(folder.file(), &Older { weight: Tensor::scalar(1.0f32), heads: 8 }).unwrap();
    let layer = load(folder.file(), &like).unwrap();
    assert_eq!((layer.heads, layer.act), (8, Act::Leaky(0.5)));
}

#[track_caller]
fn load_error<T: Tree>(folder: &Folder, like: &T) -> String {
    let error = load(folder.file(), like).map(|_| ()).unwrap_err().to_string();
    error.strip_prefix(&folder.file().display().to_string()).unwrap().to_owned()
}

#[test]
fn what_has_no_place_in_the_tree_is_refused_with_its_name() {
    let folder = Folder::new();
    let layers = |heads: &[usize]| -> Vec<Layer> {
        let weight = Tensor::scalar(1.0f32);
        heads.iter().map(|&heads| Layer { weight: weight.clone(), heads, act: Act::Leaky(1.0) }).collect()
    };
    #[derive(Tree)]
    struct Other {
        weight: Tensor,
        heads: u8,
        act: Older,
    }
    #[derive(Tree)]
    enum Older {
        Relu,
    }
    save(folder.file(), &layers(&[300, 2])).unwrap();
    let other = |()| Other { weight: Tensor::scalar(1.0f32), heads: 0, act: Older::Relu };
    let expected = " does not hold this tree:\n  `0.heads` is 300 in the file, where u8 is expected\n  \
                    `0.act` is {\"Leaky\":{\"0\":1.0}} in the file, where a variant that the type has is expected\n  \
                    `1.act` is {\"Leaky\":{\"0\":1.0}} in the file, where a variant that the type has is expected";
    assert_eq!(load_error(&folder, &vec![other(()), other(())]), expected);
    // A field that no longer exists.
    let weights: Vec<(Tensor,)> = vec![(Tensor::scalar(1.0f32),)];
    save(folder.file(), &(Tensor::scalar(1.0f32), 5u8)).unwrap();
    assert_eq!(
        load_error(&folder, &weights[0]),
        " does not hold this tree:\n  `1` is 5 in the file, where nothing is expected"
    );
    // Tensors are reported once, and not again with the values that contain them.
    save(folder.file(), &layers(&[1, 2])).unwrap();
    assert_eq!(
        load_error(&folder, &layers(&[1])),
        " does not hold this tree:\n  `1.weight` of type [f32] is in the file and not in the tree"
    );
    assert_eq!(
        load_error(&folder, &layers(&[1, 2, 3])),
        " does not hold this tree:\n  `2.weight` of type [f32] is missing"
    );
}

#[derive(Tree)]
enum Either {
    Left(Tensor),
    Right(Tensor, usize),
}

#[test]
fn variants_with_tensors_are_those_of_the_tree() {
    let (folder, x) = (Folder::new(), || Tensor::scalar(1.0f32));
    assert!(matches!(folder.round_trip(&Either::Right(x(), 2), &Either::Right(x(), 1)).unwrap(), Either::Right(_, 2)));
    assert!(matches!(folder.round_trip(&Either::Left(x()), &Either::Left(x())).unwrap(), Either::Left(_)));
    let expected =
        " does not hold this tree:\n  `0` is {\"Left\":{}} in the file, where the variant of the tree is expected";
    save(folder.file(), &(Either::Left(x()),)).unwrap();
    assert_eq!(load_error(&folder, &(Either::Right(x(), 1),)), expected);
}

#[test]
fn what_has_no_text_is_refused_when_it_is_saved() {
    #[derive(Tree)]
    struct Holds<T: Clone + Hash + Tree> {
        #[tree(static)]
        inner: T,
        #[tree(static)]
        function: fn(&Tensor) -> Tensor,
    }
    #[derive(Tree)]
    struct Odd {
        x: Tensor,
        #[tree(static)]
        odd: Unwritten,
    }
    #[derive(Tree)]
    struct Large {
        #[tree(static)]
        large: u128,
    }
    let (folder, x) = (Folder::new(), || Tensor::scalar(1.0f32));
    save(folder.file(), &x()).unwrap();
    let error_text = |error: StorageError| error.to_string().replace(&folder.file().display().to_string(), "file");
    let error = error_text(save(folder.file(), &vec![Odd { x: x(), odd: Unwritten }]).unwrap_err());
    assert_eq!(
        error,
        "file is not written: `0.odd` is a `rune_trace::tree::static_tests::Unwritten`, which is no tensor and has no text; derive \
         `Tree`, or serde's `Serialize` and `Deserialize`, for it, or mark the field `#[tree(static, skip)]` to leave it out of files"
    );
    let error = error_text(save(folder.file(), &Holds { inner: 1u8, function: Tensor::exp }).unwrap_err());
    assert!(error.starts_with("file is not written: `function` is a `"), "{error}");
    let error = error_text(save(folder.file(), &Large { large: u128::MAX }).unwrap_err());
    assert!(error.starts_with("file is not written: `large` is a `u128`"), "{error}");
    assert_eq!(folder.round_trip(&Large { large: 7 }, &Large { large: 0 }).unwrap().large, 7);
    save(folder.file(), &x()).unwrap();
    // Two keys with the same text.
    #[derive(PartialEq, Eq, PartialOrd, Ord, Clone, Hash)]
    struct Vague(u8);
    impl std::fmt::Display for Vague {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("key")
        }
    }
    let error = error_text(save(folder.file(), &BTreeMap::from([(Vague(0), 1u8), (Vague(1), 2)])).unwrap_err());
    assert_eq!(error, "file is not written: two leaves of the tree have the name `key`");
    // A chain that is too long to be read again.
    #[derive(Tree)]
    enum Chain {
        End,
        Then(Box<Chain>),
    }
    let chain = (0..200).fold(Chain::End, |chain, _| Chain::Then(Box::new(chain)));
    assert!(matches!(save(folder.file(), &chain), Err(StorageError::Nested { .. })));
    assert!(load(folder.file(), &x()).is_ok(), "the file before is left");
}

#[test]
fn keys_that_cannot_be_made_of_text_are_those_of_the_tree() {
    #[derive(PartialEq, Eq, PartialOrd, Ord, Clone, Hash, Debug)]
    struct Name(String);
    impl std::fmt::Display for Name {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str(&self.0)
        }
    }
    let map =
        |names: &[&str], n: u8| -> BTreeMap<Name, u8> { names.iter().map(|k| (Name((*k).to_owned()), n)).collect() };
    let folder = Folder::new();
    let back = folder.round_trip(&map(&["a", "b"], 1), &map(&["a", "b", "c"], 2)).unwrap();
    assert_eq!(back, map(&["a", "b"], 1));
    assert_eq!(
        load_error(&folder, &map(&["a"], 0)),
        " does not hold this tree:\n  `b` is 1 in the file, where no key is expected"
    );
}

#[test]
fn hostile_metadata_is_refused() {
    let folder = Folder::new();
    let like = (vec![Tensor::scalar(1.0f32), Tensor::scalar(2.0f32)], Some(3usize));
    save(folder.file(), &like).unwrap();
    let bytes = std::fs::read(folder.file()).unwrap();
    let at = 8 + u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let with = |statics: &str| {
        let header: serde_json::Value = serde_json::from_slice(&bytes[8..at]).unwrap();
        let mut header = header.as_object().unwrap().clone();
        header["__metadata__"] = serde_json::json!({ STATIC: statics });
        let header = serde_json::to_vec(&header).unwrap();
        let file = [&(header.len() as u64).to_le_bytes()[..], &header, &bytes[at..]].concat();
        std::fs::write(folder.file(), file).unwrap();
        load(folder.file(), &like)
    };
    assert_eq!(with(r#"{"1":4}"#).unwrap().1, Some(4));
    assert_eq!(with("{}").unwrap().1, Some(3));
    for wrong in
        [r#"{"0":[]}"#, r#"{"0":[{}]}"#, r#"{"0":[{},{},{}]}"#, r#"{"0":[1,2]}"#, "[]", "7", "null", r#"{"2":1}"#]
    {
        assert!(matches!(with(wrong), Err(StorageError::Differs { .. })), "{wrong}");
    }
    for wrong in ["", "{", &"[".repeat(100_000)] {
        assert!(matches!(with(wrong), Err(StorageError::Malformed { .. })), "{wrong}");
    }
    for wrong in [r#"{"1":-1}"#, r#"{"1":1.5}"#, r#"{"1":"7"}"#, r#"{"1":true}"#] {
        assert!(matches!(with(wrong), Err(StorageError::Differs { .. })), "{wrong}");
    }
}
