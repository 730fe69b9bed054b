//! Exchanges arrays with a producer and a consumer that are written here, in the way of other libraries.
#![allow(unsafe_code, reason = "the tests play the other library")]

use rune_ir::dlpack::abi::{
    self, DLDataType, DLDevice, DLManagedTensor, DLManagedTensorVersioned, DLPackVersion, DLTensor,
};
use rune_ir::dlpack::{self, DlpackError};
use rune_ir::{Array, DType, Element, Type, with_element};
use serde_json::Value;
use std::collections::BTreeSet;
use std::ffi::c_void;
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The memory of the other library.
struct Producer {
    memory: Vec<u64>,
    shape: Vec<i64>,
    strides: Option<Vec<i64>>,
    deleted: Arc<AtomicUsize>,
}

unsafe extern "C" fn delete(raw: *mut DLManagedTensorVersioned) {
    // SAFETY: `produce` made both boxes, and the importer calls this once.
    unsafe {
        let structure = Box::from_raw(raw);
        let producer = Box::from_raw(structure.manager_ctx.cast::<Producer>());
        producer.deleted.fetch_add(1, Ordering::SeqCst);
    }
}
unsafe extern "C" fn delete_unversioned(raw: *mut DLManagedTensor) {
    // SAFETY: as above.
    unsafe {
        let structure = Box::from_raw(raw);
        let producer = Box::from_raw(structure.manager_ctx.cast::<Producer>());
        producer.deleted.fetch_add(1, Ordering::SeqCst);
    }
}

/// A description of an array. Tests change it before they produce the array.
#[derive(Clone)]
struct Given {
    bytes: Vec<u8>,
    shape: Vec<i64>,
    strides: Option<Vec<i64>>,
    dtype: DLDataType,
    device: i32,
    version: u32,
    flags: u64,
    ndim: Option<i32>,
    offset: u64,
}

impl Given {
    fn floats(numbers: &[f32], shape: &[i64]) -> Given {
        Given {
            bytes: numbers.iter().flat_map(|x| x.to_ne_bytes()).collect(),
            shape: shape.to_vec(),
            strides: None,
            dtype: DLDataType { code: abi::FLOAT, bits: 32, lanes: 1 },
            device: abi::CPU,
            version: 1,
            flags: 0,
            ndim: None,
            offset: 0,
        }
    }
    /// Returns the description, its owner, and a counter of its deletions.
    fn described(&self) -> (DLTensor, *mut c_void, Arc<AtomicUsize>) {
        let deleted = Arc::new(AtomicUsize::new(0));
        let mut memory = vec![0u64; self.bytes.len().div_ceil(8) + 1];
        bytemuck::cast_slice_mut(&mut memory)[..self.bytes.len()].copy_from_slice(&self.bytes);
        let (shape, strides) = (self.shape.clone(), self.strides.clone());
        let producer = Producer { memory, shape, strides, deleted: deleted.clone() };
        let producer = Box::leak(Box::new(producer));
        let tensor = DLTensor {
            data: producer.memory.as_mut_ptr().cast(),
            device: DLDevice { device_type: self.device, device_id: 0 },
            ndim: self.ndim.unwrap_or(self.shape.len() as i32),
            dtype: self.dtype,
            shape: producer.shape.as_mut_ptr(),
            strides: producer.strides.as_mut().map_or(std::ptr::null_mut(), |s| s.as_mut_ptr()),
            byte_offset: self.offset,
        };
        (tensor, (&raw mut *producer).cast(), deleted)
    }
    fn import(&self) -> (Result<Array, DlpackError>, Arc<AtomicUsize>) {
        let (dl_tensor, manager_ctx, deleted) = self.described();
        let version = DLPackVersion { major: self.version, minor: 0 };
        let structure =
            DLManagedTensorVersioned { version, manager_ctx, deleter: Some(delete), flags: self.flags, dl_tensor };
        let raw = NonNull::from(Box::leak(Box::new(structure)));
        // SAFETY: the structure describes the memory of its producer, which nothing writes to.
        (unsafe { dlpack::import(raw) }, deleted)
    }
    fn import_unversioned(&self) -> (Result<Array, DlpackError>, Arc<AtomicUsize>) {
        let (dl_tensor, manager_ctx, deleted) = self.described();
        let structure = DLManagedTensor { dl_tensor, manager_ctx, deleter: Some(delete_unversioned) };
        let raw = NonNull::from(Box::leak(Box::new(structure)));
        // SAFETY: as above.
        (unsafe { dlpack::import_unversioned(raw) }, deleted)
    }
}

fn count(deleted: &Arc<AtomicUsize>) -> usize {
    deleted.load(Ordering::SeqCst)
}

const SIX: [f32; 6] = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];

#[test]
fn memory_is_shared_until_the_last_array_is_gone() {
    for strides in [None, Some(vec![3, 1])] {
        let given = Given { strides, ..Given::floats(&SIX, &[2, 3]) };
        for import in [Given::import, Given::import_unversioned] {
            let (array, deleted) = import(&given);
            let array = array.unwrap();
            assert_eq!((array.as_slice::<f32>(), array.ty()), (&SIX[..], &Type::new(DType::F32, [2, 3])));
            assert!(array.foreign().is_some(), "it was copied");
            let other = array.reshaped([6]);
            drop(array);
            assert_eq!(count(&deleted), 0);
            std::thread::spawn(move || drop(other)).join().unwrap();
            assert_eq!(count(&deleted), 1);
        }
    }
}

#[test]
fn other_orders_are_copied() {
    /// Shape, strides, offset, and the elements in row-major order.
    type Case = (&'static [i64], &'static [i64], u64, &'static [f32]);
    let cases: [Case; 5] = [
        // By columns, backward, every second element, one row repeated, and from the middle.
        (&[3, 2], &[1, 3], 0, &[1.0, 4.0, 2.0, 5.0, 3.0, 6.0]),
        (&[3], &[-1], 8, &[3.0, 2.0, 1.0]),
        (&[3], &[2], 0, &[1.0, 3.0, 5.0]),
        (&[2, 2], &[0, 1], 4, &[2.0, 3.0, 2.0, 3.0]),
        (&[2, 2], &[3, 1], 4, &[2.0, 3.0, 5.0, 6.0]),
    ];
    for (shape, strides, offset, expected) in cases {
        let given = Given { strides: Some(strides.to_vec()), offset, ..Given::floats(&SIX, shape) };
        let (array, deleted) = given.import();
        let array = array.unwrap();
        assert_eq!(array.as_slice::<f32>(), expected);
        assert!(array.foreign().is_none());
        assert_eq!(count(&deleted), 1, "the structure of a copy is given back at once");
    }
}

#[test]
fn the_first_element_may_be_anywhere() {
    let given = Given { offset: 8, ..Given::floats(&SIX, &[4]) };
    let (array, deleted) = given.import();
    let array = array.unwrap();
    assert_eq!(array.as_slice::<f32>(), &SIX[2..]);
    assert!(array.foreign().is_some());
    drop(array);
    assert_eq!(count(&deleted), 1);
    // Unaligned elements are copied.
    let mut bytes = vec![0u8];
    bytes.extend(SIX.iter().flat_map(|x| x.to_ne_bytes()));
    let given = Given { bytes, offset: 1, ..Given::floats(&SIX, &[6]) };
    let (array, deleted) = given.import();
    assert_eq!((array.unwrap().as_slice::<f32>(), count(&deleted)), (&SIX[..], 1));
}

#[test]
fn sizes_of_one_and_none_have_any_strides() {
    let given = Given { strides: Some(vec![77, 1, -5]), ..Given::floats(&SIX, &[1, 6, 1]) };
    assert!(given.import().0.unwrap().foreign().is_some());
    let given = Given { strides: Some(vec![i64::MAX, 1]), ..Given::floats(&[], &[0, 3]) };
    let (array, deleted) = given.import();
    assert_eq!((array.unwrap().ty(), count(&deleted)), (&Type::new(DType::F32, [0, 3]), 1));
    let scalar = Given::floats(&[7.0], &[]).import().0.unwrap();
    assert_eq!(scalar.as_slice::<f32>(), [7.0]);
}

#[test]
fn every_dtype_goes_out_and_in() {
    for dtype in DType::ALL {
        let array = with_element!(dtype, T => Array::from_fn([2, 3], |i| <T as Element>::from_f64((i % 2) as f64)));
        let exported = dlpack::export(array.clone());
        let structure = exported.structure();
        assert_eq!(structure.version, abi::VERSION);
        assert_eq!(structure.flags, abi::READ_ONLY);
        assert_eq!(usize::from(structure.dl_tensor.dtype.bits), 8 * dtype.size());
        // SAFETY: rune keeps two numbers for two axes.
        let strides = unsafe { std::slice::from_raw_parts(structure.dl_tensor.strides, 2) };
        assert_eq!(strides, [3, 1]);
        // SAFETY: the structure was just made and is imported once.
        let back = unsafe { dlpack::import(exported.into_raw()) }.unwrap();
        assert_eq!(back, array, "{dtype}");
        assert_eq!(back.bytes().as_ptr(), array.bytes().as_ptr(), "{dtype} was copied");
    }
}

/// `scripts/vectors dlpack` writes what NumPy and JAX put into their structures.
#[test]
fn arrays_of_numpy_and_jax_are_read() {
    let (mut versioned, mut shared, mut dtypes) = (0, 0, BTreeSet::new());
    for line in include_str!("dlpack.jsonl").lines() {
        let json: Value = serde_json::from_str(line).unwrap();
        let number = |value: &Value| value.as_u64().unwrap();
        let list =
            |value: &Value| value.as_array().map(|list| list.iter().map(|n| n.as_i64().unwrap()).collect::<Vec<i64>>());
        let bytes = |key: &str| -> Vec<u8> {
            let digits = json[key].as_str().unwrap();
            (0..digits.len() / 2).map(|i| u8::from_str_radix(&digits[2 * i..2 * i + 2], 16).unwrap()).collect()
        };
        let label = json["label"].as_str().unwrap();
        let dtype: DType = json["dtype"].as_str().unwrap().parse().unwrap();
        let given = Given {
            bytes: bytes("memory"),
            shape: list(&json["shape"]).unwrap(),
            strides: list(&json["strides"]),
            dtype: DLDataType {
                code: number(&json["code"]) as u8,
                bits: number(&json["bits"]) as u8,
                lanes: number(&json["lanes"]) as u16,
            },
            device: json["device"][0].as_i64().unwrap() as i32,
            version: json["version"][0].as_u64().unwrap_or(1) as u32,
            flags: json["flags"].as_u64().unwrap_or(0),
            ndim: None,
            offset: number(&json["first"]),
        };
        let is_versioned = !json["version"].is_null();
        let (array, deleted) = if is_versioned { given.import() } else { given.import_unversioned() };
        let array = array.unwrap_or_else(|e| panic!("{label}: {e}"));
        assert_eq!(array.dtype(), dtype, "{label}");
        let shape: Vec<i64> = array.shape().iter().map(|&n| n as i64).collect();
        assert_eq!((shape, array.bytes()), (given.shape.clone(), &bytes("elements")[..]), "{label}");
        // Rows follow each other in these, so nothing is copied.
        let dense = given.bytes == bytes("elements") && !given.bytes.is_empty();
        assert_eq!(array.foreign().is_some(), dense, "{label}");
        drop(array);
        assert_eq!(count(&deleted), 1, "{label}");
        versioned += usize::from(is_versioned);
        shared += usize::from(dense);
        dtypes.insert(dtype);
    }
    assert!(versioned > 20 && shared > 40 && dtypes.len() == DType::ALL.len(), "{versioned} {shared} {dtypes:?}");
}

#[test]
fn what_nothing_else_holds_is_written_in_place() {
    let array = Array::from_slice([4096], &vec![1.0f32; 4096]);
    let address = array.bytes().as_ptr();
    let exported = dlpack::export_unversioned(array);
    let data = exported.structure().dl_tensor.data.cast::<f32>();
    assert_eq!(data.cast_const().cast(), address);
    // SAFETY: the consumer of such a structure may write to it.
    unsafe { *data = 5.0 };
    // SAFETY: the structure was just made and is imported once.
    let back = unsafe { dlpack::import_unversioned(exported.into_raw()) }.unwrap();
    assert_eq!(back.as_slice::<f32>()[0], 5.0);
    // A shared array is copied, so that the consumer writes to its own copy.
    let exported = dlpack::export_unversioned(back.clone());
    assert_ne!(exported.structure().dl_tensor.data.cast_const().cast(), back.bytes().as_ptr());
}

#[test]
fn an_export_that_nobody_takes_is_freed() {
    let (array, deleted) = Given::floats(&SIX, &[6]).import();
    let exported = dlpack::export(array.unwrap());
    assert_eq!(count(&deleted), 0);
    drop(exported);
    assert_eq!(count(&deleted), 1);
}

#[test]
fn malformed_structures_are_given_back() {
    let good = Given::floats(&SIX, &[2, 3]);
    let dtype = |code, bits, lanes| DLDataType { code, bits, lanes };
    let cases = [
        (Given { version: 2, ..good.clone() }, "DLPack 2.0"),
        (Given { device: 2, ..good.clone() }, "device of kind 2"),
        (Given { dtype: dtype(abi::FLOAT, 8, 1), ..good.clone() }, "8 bits"),
        (Given { dtype: dtype(abi::FLOAT, 32, 4), ..good.clone() }, "4 lanes"),
        (Given { ndim: Some(-1), ..good.clone() }, "-1 axes"),
        (Given { ndim: Some(i32::MAX), ..good.clone() }, "2147483647 axes"),
        (Given { shape: vec![2, -3], ..good.clone() }, "size -3"),
        (Given { shape: vec![i64::MAX, 3], ..good.clone() }, "more elements than memory"),
        (Given { strides: Some(vec![i64::MAX, 1]), ..good.clone() }, "beyond any memory"),
        (Given { strides: Some(vec![i64::MIN, 1]), ..good.clone() }, "beyond any memory"),
        (
            Given { bytes: vec![0, 1, 2], shape: vec![3], dtype: dtype(abi::BOOL, 8, 1), ..good },
            "element 2 of an array of booleans has the byte 2",
        ),
    ];
    for (given, message) in cases {
        let (array, deleted) = given.import();
        let error = array.unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
        assert_eq!(count(&deleted), 1, "{error}");
    }
}
