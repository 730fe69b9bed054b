//! The functions of `scripts/vectors callbacks`, which programs call, and JAX's record of their calls.

use rune_ir::{DType, Type, VmapMethod};
use rune_trace::{Tensor, cond, io_callback, pure_callback_with, scan, vmap, vmap_axes};
use serde_json::Value;
use std::sync::{Arc, Mutex};

/// A function of a vector and a number, for use in a program.
pub type F<'f> = dyn Fn(&Tensor, &Tensor) -> Vec<Tensor> + Send + Sync + 'f;

/// The shapes of the arguments at each call, in order.
#[derive(Clone, Default)]
pub struct Seen(Arc<Mutex<Vec<Vec<Vec<usize>>>>>);

impl Seen {
    fn note(&self, args: [&Tensor; 2]) {
        self.0.lock().unwrap().push(args.iter().map(|x| x.shape().to_vec()).collect());
    }
    pub fn take(&self) -> Vec<Vec<Vec<usize>>> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

/// The way of calling a function. `None` means `io_callback`.
type Method = Option<VmapMethod>;

fn affine(method: Method, seen: Seen) -> Box<F<'static>> {
    Box::new(move |x, y| {
        let seen = seen.clone();
        let f = move |x: &Tensor, y: &Tensor| {
            seen.note([x, y]);
            x * 2.0 + y.unsqueeze(-1).cast(DType::F32)
        };
        vec![match method {
            Some(method) => pure_callback_with(method, f, x.ty(), (x, y)),
            None => io_callback(f, x.ty(), (x, y)),
        }]
    })
}

fn parts(method: Method, seen: Seen) -> Box<F<'static>> {
    Box::new(move |x, y| {
        let seen = seen.clone();
        let f = move |x: &Tensor, y: &Tensor| -> Result<(Tensor, (Tensor, Tensor)), String> {
            seen.note([x, y]);
            let sum = x.sum_axes(-1);
            let lanes = (&sum + y.cast(DType::F32)).shape().clone();
            let elements: Vec<usize> = lanes.iter().chain(x.shape().last()).copied().collect();
            let squares = (y * y).broadcast_to(lanes.clone());
            Ok((sum.broadcast_to(lanes), (squares, x.gt(0.0).broadcast_to(elements))))
        };
        let types = (Type::scalar(DType::F32), (Type::scalar(DType::I32), x.ty().with_dtype(DType::Bool)));
        let (sum, (squares, positive)) = match method {
            Some(method) => pure_callback_with(method, f, types, (x, y)),
            None => io_callback(f, types, (x, y)),
        };
        vec![sum, squares, positive]
    })
}

fn in_scan(f: &F<'_>, x: &Tensor, ys: &Tensor) -> Vec<Tensor> {
    scan(|carry: &Tensor, y: &Tensor| (carry + 1.0, f(&(x * carry), y)), &Tensor::scalar(1.0f32), ys).1
}

fn in_cond(f: &F<'_>, x: &Tensor, y: &Tensor) -> Vec<Tensor> {
    cond(&y.gt(15), || f(x, y), || f(&-x, &(y + 1)))
}

/// Returns the results of the transformation `what` of `f`.
pub fn transformed(what: &str, f: &F<'_>) -> Vec<Tensor> {
    let x = Tensor::from([[0.5f32, -1.0, 2.0], [3.0, 0.25, -4.0]]);
    let y = Tensor::from([10i32, 20, 30]);
    let (x0, y0, two) = (x.i(0), y.i(0), y.i(..2));
    let f = |x: &Tensor, y: &Tensor| f(x, y);
    match what {
        "plain" => f(&x0, &y0),
        "lanes" => vmap(f)(&x, &two),
        "lanes_of_x" => vmap_axes((Some(0), None), 0, f)(&x, &y0),
        "lanes_of_y" => vmap_axes((None, Some(0)), 0, f)(&x0, &y),
        "columns_of_x" => vmap_axes((Some(1), Some(0)), 0, f)(&x, &y),
        "x_then_y" => vmap_axes((Some(0), None), 0, vmap_axes((None, Some(0)), 0, f))(&x, &y),
        "y_then_x" => vmap_axes((None, Some(0)), 0, vmap_axes((Some(0), None), 0, f))(&x, &y),
        "lanes_of_lanes" => {
            let xs = Tensor::stack(&[x.clone(), &x + 1.0, &x - 1.0], 0);
            vmap(vmap_axes((Some(0), None), 0, f))(&xs, &y)
        }
        "scan" => in_scan(&f, &x0, &y),
        "lanes_of_scan" => vmap_axes((Some(0), None), 0, |x: &Tensor, y: &Tensor| in_scan(&f, x, y))(&x, &y),
        "cond" => [in_cond(&f, &x0, &y0), in_cond(&f, &x.i(1), &y.i(1))].concat(),
        "lanes_of_cond" => vmap_axes((Some(0), None), 0, |x: &Tensor, y: &Tensor| in_cond(&f, x, y))(&x, &y0),
        "lanes_choose" => vmap(|x: &Tensor, y: &Tensor| in_cond(&f, x, y))(&x, &two),
        other => panic!("there is no transformation `{other}`"),
    }
}

/// The name of a transformation, and a function in a program.
pub type Job = (String, Box<F<'static>>);

/// Compares the results of `run` with JAX, for each transformation of each function in `wanted`. Returns the number of
/// comparisons. All transformations with one function and one method run together.
pub fn check(vectors: &str, wanted: &[&str], run: impl Fn(&[Job]) -> Vec<Vec<Tensor>>) -> usize {
    let rows: Vec<Value> = vectors.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let rows: Vec<Value> = rows.into_iter().filter(|row| wanted.contains(&row["name"].as_str().unwrap())).collect();
    for rows in rows.chunk_by(|a, b| (&a["name"], &a["method"]) == (&b["name"], &b["method"])) {
        let seen: Vec<Seen> = rows.iter().map(|_| Seen::default()).collect();
        let jobs: Vec<Job> = rows.iter().zip(&seen).map(|(row, seen)| job(row, seen)).collect();
        let results = run(&jobs);
        Tensor::realize_all(&results.concat()).unwrap();
        for ((row, results), seen) in rows.iter().zip(results).zip(seen) {
            compare(row, &results, &seen.take());
        }
    }
    rows.len()
}

fn job(row: &Value, seen: &Seen) -> Job {
    let text = |key: &str| row[key].as_str().unwrap();
    let method = match text("method") {
        "io" => None,
        "sequential" => Some(VmapMethod::Sequential),
        "sequential_unrolled" => Some(VmapMethod::SequentialUnrolled),
        "expand_dims" => Some(VmapMethod::ExpandDims),
        "broadcast_all" => Some(VmapMethod::BroadcastAll),
        other => panic!("there is no method `{other}`"),
    };
    let f = match text("name") {
        "affine" => affine(method, seen.clone()),
        "parts" => parts(method, seen.clone()),
        other => panic!("there is no function `{other}`"),
    };
    (text("transform").to_owned(), f)
}

fn compare(row: &Value, results: &[Tensor], seen: &[Vec<Vec<usize>>]) {
    let place = format!("{} {} {}", row["name"], row["method"], row["transform"]);
    let expected = row["results"].as_array().unwrap();
    assert_eq!(results.len(), expected.len(), "{place}");
    for (y, expected) in results.iter().zip(expected) {
        let shape: Vec<usize> = serde_json::from_value(expected["shape"].clone()).unwrap();
        let elements: Vec<f64> = serde_json::from_value(expected["elements"].clone()).unwrap();
        assert_eq!(y.shape().to_vec(), shape, "{place}");
        assert_eq!(y.to_array().unwrap().to_f64_vec(), elements, "{place}");
    }
    let calls: Vec<Vec<Vec<usize>>> = serde_json::from_value(row["seen"].clone()).unwrap();
    assert_eq!(seen, calls, "{place}");
}

/// Returns the results of all jobs.
pub fn all(jobs: &[Job]) -> Vec<Vec<Tensor>> {
    jobs.iter().map(|(what, f)| transformed(what, f)).collect()
}
