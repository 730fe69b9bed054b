//! Reading ahead on a thread.

use rune::prelude::*;
use rune::random;
use rune::train::data::{Arrays, Batches, DataError, FromFn, Loader, Prefetched};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Waits until `count` no longer changes.
fn settled(count: &AtomicU64) -> u64 {
    let mut last = (count.load(Ordering::SeqCst), Instant::now());
    while last.1.elapsed() < Duration::from_millis(100) {
        std::thread::sleep(Duration::from_millis(5));
        let now = count.load(Ordering::SeqCst);
        if now != last.0 {
            last = (now, Instant::now());
        }
    }
    last.0
}

#[test]
fn batches_are_those_of_the_source_and_so_are_positions() {
    let loader = || Loader::new(Arrays::new(Tensor::arange(0..23, DType::I32)).unwrap(), 4).shuffled(&random::key(0));
    for ahead in [0, 1, 2, 50] {
        let (mut source, mut ahead) = (loader().epochs(3), loader().epochs(3).prefetched(ahead));
        while let Some(expected) = source.next_batch().unwrap() {
            let found = ahead.next_batch().unwrap().unwrap();
            assert_eq!(found.items.to_vec::<i32>().unwrap(), expected.items.to_vec::<i32>().unwrap());
            assert_eq!(ahead.position(), source.position());
        }
        assert!(ahead.next_batch().unwrap().is_none());
        assert!(ahead.next_batch().unwrap().is_none());
        // Seeks back to the second epoch.
        let mut second = loader();
        (0..6).for_each(|_| drop(second.next_batch().unwrap()));
        ahead.seek(&second.position()).unwrap();
        assert_eq!(ahead.position(), second.position());
        let (found, expected) = (ahead.next_batch().unwrap().unwrap(), second.next_batch().unwrap().unwrap());
        assert_eq!(found.items.to_vec::<i32>().unwrap(), expected.items.to_vec::<i32>().unwrap());
    }
}

#[test]
fn reading_ahead_is_bounded_and_ends_with_the_reader() {
    let made = Arc::new(AtomicU64::new(0));
    let alive = Arc::new(());
    let (count, held) = (made.clone(), alive.clone());
    let source = FromFn::new(move |i| {
        let _held = &held;
        count.fetch_add(1, Ordering::SeqCst);
        Ok(i)
    });
    let mut batches = Prefetched::new(source, 3);
    assert_eq!(settled(&made), 0, "nothing is read before the first batch is asked for");
    for i in 0..5 {
        assert_eq!(batches.next_batch().unwrap(), Some(i));
    }
    // The five taken, two in the queue, and one that waits for a place in the queue.
    assert_eq!(settled(&made), 5 + 3);
    drop(batches);
    assert_eq!(Arc::strong_count(&alive), 1, "the thread has ended");
}

#[test]
fn errors_and_panics_of_the_source_reach_the_consumer() {
    let source = FromFn::new(|i| if i == 2 { Err(DataError::other("the disk is gone")) } else { Ok(i) });
    let mut batches = Prefetched::new(source, 8);
    assert_eq!((batches.next_batch().unwrap(), batches.next_batch().unwrap()), (Some(0), Some(1)));
    for _ in 0..2 {
        assert_eq!(batches.next_batch().unwrap_err().to_string(), "the disk is gone");
        assert_eq!(batches.position().index, 2);
    }

    let source = FromFn::new(|i| if i == 2 { panic!("item {i} is broken") } else { Ok(i) });
    let mut batches = Prefetched::new(source, 8);
    assert_eq!((batches.next_batch().unwrap(), batches.next_batch().unwrap()), (Some(0), Some(1)));
    for _ in 0..2 {
        let error = batches.next_batch().unwrap_err();
        assert!(matches!(&error, DataError::Panicked { message } if message == "item 2 is broken"), "{error}");
    }
    assert!(matches!(batches.seek(&Default::default()), Err(DataError::Panicked { .. })));
}
