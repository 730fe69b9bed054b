//! Readers of data, and loaders.

use rune::prelude::*;
use rune::random;
use rune::train::data::{
    Arrays, Batch, Batches, DataError, Dataset, FromFn, ImageFolder, Loader, Position, Resize, Table, TokenType,
    Tokens, idx, parse_idx,
};
use rune::train::{TrainError, average};
use std::path::Path;

fn numbers(n: usize) -> Arrays<Tensor> {
    Arrays::new(Tensor::arange(0..n, DType::I32)).unwrap()
}

/// Returns the items that count in each of the next batches.
fn take(batches: &mut impl Batches<Batch = Batch<Tensor>>, count: usize) -> Vec<Vec<i32>> {
    let next = |_| {
        let batch = batches.next_batch().unwrap().unwrap();
        let items = batch.items.to_vec::<i32>().unwrap();
        let mask = batch.mask.to_vec::<bool>().unwrap();
        items.into_iter().zip(mask).filter(|(_, counts)| *counts).map(|(item, _)| item).collect()
    };
    (0..count).map(next).collect()
}

#[test]
fn each_epoch_has_each_item_once_in_its_own_order() {
    let mut loader = Loader::new(numbers(10), 4).shuffled(&random::key(1));
    let epochs = take(&mut loader, 6);
    assert_eq!(epochs.iter().map(Vec::len).collect::<Vec<_>>(), [4, 4, 2, 4, 4, 2]);
    let (first, second) = (epochs[..3].concat(), epochs[3..].concat());
    assert_ne!(first, second);
    for mut epoch in [first.clone(), second] {
        epoch.sort();
        assert_eq!(epoch, (0..10).collect::<Vec<_>>());
    }
    // The documentation specifies the order, so it is the same in all versions.
    let order = random::permutation(&random::fold_in(&random::key(1), 0u32), &Tensor::arange(0..10, DType::I32), 0);
    assert_eq!(first, order.to_vec::<i32>().unwrap());
    let other = take(&mut Loader::new(numbers(10), 4).shuffled(&random::key(2)), 3).concat();
    assert_ne!(first, other);
}

#[test]
fn batches_continue_at_any_saved_position() {
    let loader = || Loader::new(numbers(11), 3).shuffled(&random::key(7));
    let all = take(&mut loader(), 12);
    for start in 0..12 {
        let mut before = loader();
        take(&mut before, start);
        let position = before.position();
        // The new loader has another key, which the position replaces. The loader may also be further on.
        let mut after = Loader::new(numbers(11), 3).shuffled(&random::key(8));
        take(&mut after, 2);
        after.seek(&position).unwrap();
        assert_eq!(take(&mut after, 12 - start), all[start..], "from {start}");
    }
    let error = Loader::new(numbers(12), 3).seek(&loader().position()).unwrap_err();
    assert_eq!(error.to_string(), "the position is of data with 11 items, and this data has 12");
    let far = Position { index: 12, ..loader().position() };
    assert_eq!(loader().seek(&far).unwrap_err().to_string(), "the position is after 12 of 11 items");
    let key = Position { key: Some(vec![1]), ..loader().position() };
    assert!(matches!(loader().seek(&key), Err(DataError::Position { .. })));
    assert!(matches!(FromFn::new(Ok).seek(&far), Err(DataError::OtherData { .. })));
}

#[test]
fn the_last_batch_is_padded_or_left_out() {
    let types = |loader: Loader<Arrays<Tensor>>| {
        loader.map(|batch| batch.unwrap().leaves().iter().map(|leaf| leaf.ty().to_string()).collect()).collect()
    };
    let padded: Vec<Vec<String>> = types(Loader::new(numbers(5), 2).epochs(1));
    assert_eq!(padded, [["[2, i32]", "[2, bool]"]; 3]);
    let full: Vec<Vec<String>> = types(Loader::new(numbers(5), 2).epochs(2).drop_last());
    assert_eq!(full.len(), 4);
    // Padding repeats an item of the batch. It does not count, even if its value is infinite.
    let last = Loader::new(numbers(5), 2).epochs(1).last().unwrap().unwrap();
    assert_eq!(last.items.to_vec::<i32>().unwrap(), [4, 4]);
    let infinite = last.items.cast(DType::F32) / Tensor::from([1.0f32, 0.0]);
    assert_eq!(last.mean(&infinite).item::<f32>().unwrap(), 4.0);

    // Counts of half-precision values are in full precision.
    let many = Batch { items: (), mask: Tensor::from([true; 5000]) };
    let ones = Tensor::ones([5000, 20], DType::F16);
    assert_eq!(many.mean(&ones).cast(DType::F32).item::<f32>().unwrap(), 1.0);
    assert_eq!(many.weight(&ones).item::<f32>().unwrap(), 100_000.0);

    let whole = average(&Loader::new(numbers(5), 2), |batch| batch.mean(&batch.items)).unwrap();
    assert_eq!(whole.get("loss"), Some(2.0));
    let error = |loader: Loader<Arrays<Tensor>>| average(&loader, |b| b.mean(&b.items)).unwrap_err();
    let TrainError::Data { source: DataError::Empty, .. } = error(Loader::new(numbers(0), 2)) else { panic!() };
    let TrainError::Data { source: DataError::BatchSize, .. } = error(Loader::new(numbers(3), 0)) else { panic!() };
    assert!(matches!(Loader::new(numbers(3), 4).drop_last().next(), Some(Err(DataError::Empty))));
    let apart = Arrays::new((Tensor::zeros([3, 2], DType::F32), Tensor::zeros([2], DType::F32))).err().unwrap();
    assert_eq!(
        apart.to_string(),
        "items are along the first axis, but `1` is of type [2, f32], and the other arrays have 3 items"
    );
    assert!(matches!(Arrays::new(Tensor::scalar(1)), Err(DataError::Sizes { .. })));
}

#[test]
fn idx_files_of_every_type_are_read_and_damaged_ones_refused() {
    let file = |ty: u8, sizes: &[u32], elements: &[u8]| {
        let axes = sizes.len() as u8;
        let sizes = sizes.iter().flat_map(|size| size.to_be_bytes());
        [0, 0, ty, axes].into_iter().chain(sizes).chain(elements.iter().copied()).collect::<Vec<u8>>()
    };
    let read = |ty, bytes: &[u8]| parse_idx(&file(ty, &[1, 2], bytes)).unwrap();
    assert_eq!(read(0x08, &[1, 255]).to_vec::<u8>().unwrap(), [1, 255]);
    assert_eq!(read(0x09, &[1, 255]).to_vec::<i8>().unwrap(), [1, -1]);
    assert_eq!(read(0x0B, &[1, 0, 0, 1]).to_vec::<i16>().unwrap(), [256, 1]);
    assert_eq!(read(0x0C, &[0, 0, 1, 0, 255, 255, 255, 255]).to_vec::<i32>().unwrap(), [256, -1]);
    let floats: Vec<u8> = [1.5f32, -2.0].iter().flat_map(|x| x.to_be_bytes()).collect();
    assert_eq!(read(0x0D, &floats).to_vec::<f32>().unwrap(), [1.5, -2.0]);
    let doubles: Vec<u8> = [1.5f64, -2.0].iter().flat_map(|x| x.to_be_bytes()).collect();
    assert_eq!(read(0x0E, &doubles).shape().to_vec(), [1, 2]);
    assert_eq!(parse_idx(&file(0x08, &[], &[7])).unwrap().item::<u8>().unwrap(), 7);
    for (bytes, expected) in [
        (vec![0, 0], "it has 2 bytes, which is less than its header"),
        (vec![0, 0, 8, 2, 0, 0, 0, 1], "it has 8 bytes, which is less than its header"),
        (file(0x0A, &[1], &[1]), "its element type is 0x0a, and IDX has 0x08, 0x09 and 0x0b to 0x0e"),
        (file(0x0C, &[2], &[0; 9]), "it has 9 bytes of elements, and the shape [2] needs 8"),
        (file(0x0E, &[u32::MAX; 3], &[]), "its shape is too large"),
    ] {
        assert_eq!(parse_idx(&bytes).unwrap_err(), expected);
    }
    let error = idx("no/such/file").unwrap_err().to_string();
    assert!(error.starts_with("no/such/file: "), "{error}");
}

#[test]
fn tables_tell_the_line_and_column_of_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("table.csv");
    let table = |text: &str| {
        std::fs::write(&path, text).unwrap();
        Table::read(&path)
    };
    let at = |text: &str| text.replace(&path.display().to_string(), "table.csv");
    // A cell may hold a line break, so a row may span several lines.
    let good = table("name, x ,\"y\"\n\"a\nb\",1e3, -2\n\nc,inf,0.5\n").unwrap();
    assert_eq!((good.columns(), good.len()), (&["name", "x", "y"].map(str::to_owned)[..], 2));
    assert_eq!(good.numbers(&["y", "x"]).unwrap().to_vec::<f32>().unwrap(), [-2.0, 1000.0, 0.5, f32::INFINITY]);
    assert_eq!(good.classes("name").unwrap().1, ["a\nb", "c"]);
    let wrong = table("name,x\n\"a\nb\",1\r\n\r\n\nc,\n").unwrap();
    let error = at(&wrong.numbers(&["x"]).unwrap_err().to_string());
    assert_eq!(error, "line 6 of table.csv, column `x`: \"\" is no number");
    let error = at(&wrong.classes("x").unwrap_err().to_string());
    assert_eq!(error, "line 6 of table.csv, column `x`: the cell is empty, and a class has a name");
    let error = at(&wrong.numbers(&["z"]).unwrap_err().to_string());
    assert_eq!(error, "table.csv has 0 columns `z`; its columns are `name`, `x`");
    let twice = table("x,x\n1,2\n").unwrap();
    assert!(twice.numbers(&["x"]).unwrap_err().to_string().contains("has 2 columns `x`"));
    let error = at(&table("a,b\n1,2\n3\n").err().unwrap().to_string());
    assert!(
        error.starts_with("table.csv is not a CSV file that rune can read: ") && error.contains("line: 3"),
        "{error}"
    );
    assert!(matches!(Table::read(folder.path().join("none")), Err(DataError::Io { .. })));
    std::fs::write(&path, "a;b\n1;2\n").unwrap();
    assert_eq!(Table::read_with(&path, b';').unwrap().numbers(&["b"]).unwrap().to_vec::<f32>().unwrap(), [2.0]);
}

#[test]
fn images_are_cut_or_stretched_to_one_size() {
    let folder = tempfile::tempdir().unwrap();
    let image = |name: &str, width, height, color: fn(u32, u32) -> [u8; 3]| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        image::RgbImage::from_fn(width, height, |x, y| image::Rgb(color(x, y))).save(path).unwrap();
    };
    // Red, green and blue thirds: the middle is green.
    let thirds: fn(u32, u32) -> [u8; 3] = |x, _| [[255, 0, 0], [0, 255, 0], [0, 0, 255]][x as usize / 8];
    image("b/2.png", 24, 8, thirds);
    image("b/1.jpg", 8, 8, |_, _| [200, 200, 200]);
    image("a/x.PNG", 4, 4, |x, y| [x as u8, y as u8, 9]);
    std::fs::write(folder.path().join("b/notes.txt"), "no image").unwrap();
    std::fs::write(folder.path().join("readme.md"), "no class").unwrap();

    let open = |resize| ImageFolder::open(folder.path(), 4, 4, resize).unwrap();
    let images = open(Resize::Crop);
    assert_eq!((images.classes(), images.len()), (&["a", "b"].map(str::to_owned)[..], 3));
    let (pixels, classes) = images.items(&[2, 0]).unwrap();
    assert_eq!(pixels.ty().to_string(), "[2, 4, 4, 3, u8]");
    assert_eq!(classes.to_vec::<i32>().unwrap(), [1, 0]);
    assert_eq!(pixels.i((0, 1, 1)).to_vec::<u8>().unwrap(), [0, 255, 0]);
    assert_eq!(pixels.i((1, 3, 2)).to_vec::<u8>().unwrap(), [2, 3, 9], "an image of the size is left as it is");
    let (stretched, _) = open(Resize::Stretch).items(&[2]).unwrap();
    // Resizing blends neighbours, so the left third is not only red at its border to the green one.
    let [red, green, blue] = stretched.i((0, 0, 0)).to_vec::<u8>().unwrap()[..] else { panic!() };
    assert!(red > 200 && green < 50 && blue == 0, "{red} {green} {blue}");

    std::fs::write(folder.path().join("a/y.png"), "cut off").unwrap();
    let error = open(Resize::Crop).items(&[0, 1]).unwrap_err().to_string();
    assert!(error.contains("y.png cannot be decoded: "), "{error}");
    std::fs::create_dir(folder.path().join("c")).unwrap();
    let error = |path: &Path| ImageFolder::open(path, 4, 4, Resize::Crop).err().unwrap().to_string();
    assert!(error(folder.path()).contains("there are no PNG or JPEG files in "));
    assert!(
        error(&folder.path().join("c"))
            .ends_with("does not hold images in one folder for each class: it has no folders")
    );
}

#[test]
fn tokens_of_every_size_are_mapped() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tokens.bin");
    for (ty, largest) in [(TokenType::U8, 255), (TokenType::U16, 65_535), (TokenType::U32, i32::MAX as u32)] {
        Tokens::write(&path, ty, [0, 1, largest, 2, 3]).unwrap();
        let tokens = Tokens::open(&path, ty).unwrap();
        assert_eq!(tokens.get(1..4).unwrap(), [1, largest as i32, 2], "{ty:?}");
        let windows = tokens.windows(2).unwrap();
        assert_eq!(
            windows.items(&[1, 0]).unwrap().to_vec::<i32>().unwrap(),
            [largest as i32, 2, 3, 0, 1, largest as i32]
        );
        assert_eq!((windows.len(), tokens.windows_every(2, 1).unwrap().len()), (2, 3));
        let (learned, held_out) = tokens.split(0.6);
        assert_eq!((learned.len(), held_out.get(0..2).unwrap()), (3, vec![2, 3]));
        let error = held_out.windows(2).err().unwrap().to_string();
        assert!(error.ends_with("2 tokens are too few for a piece of 3"), "{error}");
    }
    let error = Tokens::write(&path, TokenType::U16, [1, 65_536]).unwrap_err().to_string();
    assert!(error.ends_with("token 1 is 65536, which does not fit into 2 bytes"), "{error}");
    // The earlier file is still there.
    assert_eq!(Tokens::open(&path, TokenType::U32).unwrap().len(), 5);
    Tokens::write(&path, TokenType::U32, [1, 1 << 31]).unwrap();
    let error = Tokens::open(&path, TokenType::U32).unwrap().get(0..2).unwrap_err().to_string();
    assert!(error.ends_with("token 1 is 2147483648, and indices of tokens are i32"), "{error}");
    std::fs::write(&path, [0; 5]).unwrap();
    let error = Tokens::open(&path, TokenType::U16).err().unwrap().to_string();
    assert!(error.ends_with("5 bytes are no whole number of tokens of 2 bytes"), "{error}");
    let text = Tokens::from_bytes("plain text");
    assert_eq!(text.get(0..5).unwrap(), [112, 108, 97, 105, 110]);
    assert!(text.windows_every(2, 0).is_err());
}
