//! Tests of donated arguments.

use crate::engine::{device, is_on_cpu, jit};
use rune::prelude::*;
use rune::{Device, Value};
use std::sync::Arc;

fn memory(x: &Tensor) -> usize {
    match x.value().unwrap() {
        Value::Host(array) => array.bytes().as_ptr().addr(),
        Value::Device(buffer) => rune_iree::buffer_address(&*buffer).unwrap(),
    }
}

/// Returns the tensor in the memory of the test device.
fn on_device(x: Tensor) -> Tensor {
    if is_on_cpu() { x.realize().unwrap().clone() } else { x.to(&Device::Iree(device())).unwrap() }
}

fn arange(n: usize) -> Tensor {
    on_device(Tensor::arange(0..n as i32, DType::F32).reshape([n / 4, 4]))
}

fn write(table: &Tensor, row: &Tensor) -> Tensor {
    table.at(1).set(row)
}

#[test]
fn what_nobody_else_holds_is_updated_in_place() {
    let f = jit(write).donate();
    let mut table = arange(64);
    let place = memory(&table);
    for i in 0..5 {
        table = f(table, &Tensor::full([4], i as f32, DType::F32));
        assert_eq!(memory(&table), place, "step {i}");
        assert_eq!(table.i((..3, 1)).to_vec::<f32>().unwrap(), [1.0, i as f32, 9.0]);
    }
    assert_eq!(f.without_donation().compiled_programs(), 1);
    // The function that borrows its arguments uses the same compiled program.
    let other = f.without_donation()(&table, &Tensor::full([4], 7.0f32, DType::F32));
    assert_eq!((f.without_donation().compiled_programs(), memory(&table)), (1, place));
    assert_ne!(memory(&other), place);
    assert_eq!(table.i((1, 0)).item::<f32>().unwrap(), 4.0);
}

#[test]
fn what_others_hold_is_copied() {
    let f = jit(write).donate();
    let row = Tensor::full([4], -1.0f32, DType::F32);
    let before = arange(64).to_vec::<f32>().unwrap();
    // Others hold the memory: another handle, the array itself, a view, and a pending operation.
    let table = arange(64);
    let handle = table.clone();
    assert_ne!(memory(&f(table, &row)), memory(&handle));
    assert_eq!(handle.to_vec::<f32>().unwrap(), before);
    let array = handle.to_array().unwrap();
    let place = memory(&handle);
    let written = f(handle, &row);
    // The array of a tensor on a GPU is a copy.
    assert_eq!(memory(&written) == place, !is_on_cpu());
    assert_eq!(array.as_slice::<f32>(), before);
    let table = Tensor::from(array.reshaped([16, 4]));
    let view = array.reshaped([64]);
    drop(array);
    assert_ne!(memory(&f(table, &row)), view.bytes().as_ptr().addr());
    assert_eq!(view.as_slice::<f32>(), before);
    let table = arange(64);
    let doubled = &table * 2.0;
    f(table, &row);
    assert_eq!(doubled.i(1).to_vec::<f32>().unwrap(), [8.0, 10.0, 12.0, 14.0]);
}

#[test]
fn only_what_is_given_changes() {
    let both = |a: &Tensor, b: &Tensor, row: &Tensor| (a.at(0).set(row), b.at(0).set(row));
    let f = jit(both).donate();
    let (a, b, row) = (arange(32), arange(32), Tensor::full([4], 9.0f32, DType::F32));
    let (of_a, of_b) = (memory(&a), memory(&b));
    let (a, new) = f(a, &b, &row);
    assert_eq!((memory(&a), memory(&b)), (of_a, of_b));
    assert_ne!(memory(&new), of_b);
    assert_eq!((b.i((0, 0)).item::<f32>().unwrap(), new.i((0, 0)).item::<f32>().unwrap()), (0.0, 9.0));
    // The same tensor is donated and borrowed.
    let (x, y) = f(b.clone(), &b, &row);
    assert_eq!(b.to_vec::<f32>().unwrap(), arange(32).to_vec::<f32>().unwrap());
    assert_eq!(x.to_vec::<f32>().unwrap(), y.to_vec::<f32>().unwrap());
    // The donated argument holds the same tensor twice.
    let pair = jit(|(a, b): &(Tensor, Tensor), row: &Tensor| (a.at(0).set(row), b.at(1).set(row))).donate();
    let x = arange(32);
    let (a, b) = pair((x.clone(), x), &row);
    assert_eq!(a.i((..3, 0)).to_vec::<f32>().unwrap(), [9.0, 4.0, 8.0]);
    assert_eq!(b.i((..3, 0)).to_vec::<f32>().unwrap(), [0.0, 9.0, 8.0]);
    // Captured constants do not change.
    let table = arange(32);
    let inside = table.clone();
    let g = jit(move |row: &Tensor| inside.at(0).set(row)).donate();
    for _ in 0..2 {
        assert_eq!(g(row.clone()).i((1, 0)).item::<f32>().unwrap(), 4.0);
    }
    assert_eq!(table.to_vec::<f32>().unwrap(), arange(32).to_vec::<f32>().unwrap());
}

/// The rows of an embedding that a batch uses, and the optimizer's state for each row.
#[test]
fn states_are_trees() {
    type State = (Tensor, Vec<Tensor>);
    fn step((table, sums): &State, rows: &Tensor, by: &Tensor) -> State {
        let sum = sums[0].at(rows).add((by * by).sum_axes(-1));
        (table.at(rows).add(-0.1 * by), vec![sum])
    }
    let f = jit(step).donate();
    let start: State = (arange(400), vec![on_device(Tensor::zeros(100, DType::F32))]);
    let (rows, by) = (Tensor::from([3i32, 50]), Tensor::ones([2, 4], DType::F32));
    let expected = step(&step(&start, &rows, &by), &rows, &by);
    Tensor::realize_all(&expected.leaves()).unwrap();
    let (mut state, places) = (start, |state: &State| [memory(&state.0), memory(&state.1[0])]);
    let before = places(&state);
    for _ in 0..2 {
        state = f(state, &rows, &by);
        assert_eq!(places(&state), before);
    }
    assert_eq!(state.0.to_vec::<f32>().unwrap(), expected.0.to_vec::<f32>().unwrap());
    assert_eq!(state.1[0].to_vec::<f32>().unwrap(), expected.1[0].to_vec::<f32>().unwrap());
    // An argument that is also read keeps its values until they are read.
    let both = jit(|table: &Tensor, rows: &Tensor| (table.at(rows).add(1.0), table.take(rows, 0))).donate();
    let (table, read) = both(arange(400), &rows);
    assert_eq!(read.i((.., 0)).to_vec::<f32>().unwrap(), [12.0, 200.0]);
    assert_eq!(table.i((50, 0)).item::<f32>().unwrap(), 201.0);
}

#[test]
fn in_functions_that_are_traced_nothing_is_given() {
    let f = Arc::new(jit(write).donate());
    let (table, row) = (arange(16), Tensor::full([4], 5.0f32, DType::F32));
    let dx = grad(|row: &Tensor| (f(table.clone(), row) * 2.0).sum())(&row);
    assert_eq!(dx.to_vec::<f32>().unwrap(), [2.0; 4]);
    let rows = Tensor::from([[1.0f32; 4], [2.0; 4]]);
    let lanes = vmap(|row: &Tensor| f(table.clone(), row))(&rows);
    assert_eq!(lanes.i((.., 1, 0)).to_vec::<f32>().unwrap(), [1.0, 2.0]);
    assert_eq!(table.to_vec::<f32>().unwrap(), arange(16).to_vec::<f32>().unwrap());
}

/// Updates that read the memory that they overwrite.
#[test]
fn updates_may_be_made_of_the_argument() {
    let start = || on_device(arange(8).reshape([8]));
    let shifts: [fn(&Tensor) -> Tensor; 6] = [
        |x| x.at(1..).set(x.i(..-1)).at(0).set(0.0),
        |x| x.at(..-1).set(x.i(1..)),
        |x| x.at(2..6).set(x.i(1..5)).at(1..5).set(x.i(2..6)),
        |x| x.at(..4).set(x.i(4..)).at(4..).set(x.i(..4)),
        |x| x.at(1..).add(x.i(..-1)),
        |x| x.at(1..).set(x.i(..-1) * 2.0).at(..2).mul(x.i(6..)),
    ];
    for (i, shift) in shifts.into_iter().enumerate() {
        let expected = shift(&start()).to_vec::<f32>().unwrap();
        assert_eq!(jit(shift).donate()(start()).to_vec::<f32>().unwrap(), expected, "shift {i}");
        assert_eq!(jit(shift)(&start()).to_vec::<f32>().unwrap(), expected, "shift {i}, kept");
    }
}
