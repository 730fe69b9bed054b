//! Sorting and selection by keys. A key is an unsigned integer with the same order as the element.

use super::{AxisSplit, in_pieces};
use half::{bf16, f16};
use rune_ir::{AlignedBytes, DType, with_word};

/// The minimum number of elements for which several threads share the rows.
const PARALLEL_THRESHOLD: usize = if cfg!(test) { 16 } else { 1 << 14 };
/// The minimum number of elements of a row that is sorted by radix.
const RADIX_THRESHOLD: usize = if cfg!(test) { 6 } else { 512 };
/// The number of bits of a radix digit.
const DIGIT_BITS: usize = 11;

/// Elements ordered by a key: NaN last, all NaNs equal, 0 and -0 equal.
trait Keyed: bytemuck::Pod + Send + Sync {
    /// The number of bits of a key.
    const BITS: usize = 8 * size_of::<Self>();
    fn key(self) -> u64;
    /// Returns the element with this key. For floats, it is neither zero nor NaN.
    fn of_key(key: u64) -> Self;
    /// Returns whether other elements have the same key.
    fn shares_key(self) -> bool {
        false
    }
}
macro_rules! integers {
    ($($t:ident $unsigned:ident $flipped:expr;)*) => {$(
        impl Keyed for $t {
            #[inline(always)]
            fn key(self) -> u64 {
                u64::from(self as $unsigned ^ $flipped)
            }
            #[inline(always)]
            fn of_key(key: u64) -> $t {
                (key as $unsigned ^ $flipped) as $t
            }
        }
    )*};
}
integers! {
    u8 u8 0;
    u16 u16 0;
    u32 u32 0;
    u64 u64 0;
    i8 u8 0x80;
    i16 u16 0x8000;
    i32 u32 0x8000_0000;
    i64 u64 0x8000_0000_0000_0000;
}
macro_rules! floats {
    ($($t:ident $unsigned:ident $zero:expr;)*) => {$(
        impl Keyed for $t {
            #[inline(always)]
            fn key(self) -> u64 {
                const SIGN: $unsigned = 1 << ($unsigned::BITS - 1);
                let bits = if self == $zero { 0 } else { self.to_bits() };
                let key = if bits & SIGN != 0 { !bits } else { bits | SIGN };
                u64::from(if self.is_nan() { $unsigned::MAX } else { key })
            }
            #[inline(always)]
            fn of_key(key: u64) -> $t {
                const SIGN: $unsigned = 1 << ($unsigned::BITS - 1);
                let key = key as $unsigned;
                $t::from_bits(if key & SIGN != 0 { key ^ SIGN } else { !key })
            }
            #[inline(always)]
            fn shares_key(self) -> bool {
                self == $zero || self.is_nan()
            }
        }
    )*};
}
floats! {
    f16 u16 f16::ZERO;
    bf16 u16 bf16::ZERO;
    f32 u32 0.0;
    f64 u64 0.0;
}

/// Runs a block with a type alias for the Rust type of a dtype. `bool` is `u8`.
macro_rules! with_keyed {
    ($dtype:expr, $T:ident => $body:expr) => {
        match $dtype {
            DType::Bool => {
                type $T = u8;
                $body
            }
            dtype => super::with_any_number!(dtype, $T => $body),
        }
    };
}

/// Sorts stably by the bits `low..high` of a key, from the lowest digit on.
fn radix<T: Copy>(items: &mut Vec<T>, spare: &mut Vec<T>, low: usize, high: usize, key: impl Fn(&T) -> u64) {
    spare.clear();
    spare.extend_from_slice(items);
    for shift in (low..high).step_by(DIGIT_BITS) {
        let mask = (1u64 << DIGIT_BITS.min(high - shift)) - 1;
        let digit = |item: &T| (key(item) >> shift & mask) as usize;
        let mut begins = [0u32; 1 << DIGIT_BITS];
        items.iter().for_each(|item| begins[digit(item)] += 1);
        if begins[digit(&items[0])] as usize == items.len() {
            continue;
        }
        let mut at = 0;
        for begin in &mut begins {
            at += std::mem::replace(begin, at);
        }
        for item in items.iter() {
            let begin = &mut begins[digit(item)];
            spare[*begin as usize] = *item;
            *begin += 1;
        }
        std::mem::swap(items, spare);
    }
}

/// Working memory for one row.
#[derive(Default)]
struct Memory {
    small: [Vec<u32>; 2],
    keys: [Vec<u64>; 2],
    pairs: [Vec<(u64, u32)>; 2],
}

impl Memory {
    /// Sorts elements stably. Elements that share a key, such as 0 and -0, keep their order.
    fn sort<T: Keyed>(&mut self, row: &mut [T]) {
        fn ascending<K: Copy + Ord + Into<u64>>([keys, spare]: &mut [Vec<K>; 2], bits: usize) {
            if keys.len() < RADIX_THRESHOLD {
                keys.sort_unstable();
            } else {
                radix(keys, spare, 0, bits, |&key| key.into());
            }
        }
        let shared: Vec<T> = row.iter().copied().filter(|x| x.shares_key()).collect();
        let alone = row.iter().filter(|x| !x.shares_key()).map(|x| x.key());
        if T::BITS <= 32 {
            self.small[0].clear();
            self.small[0].extend(alone.map(|key| key as u32));
            ascending(&mut self.small, T::BITS);
            write_in_key_order(row, self.small[0].iter().map(|&key| key.into()), &shared);
        } else {
            self.keys[0].clear();
            self.keys[0].extend(alone);
            ascending(&mut self.keys, T::BITS);
            write_in_key_order(row, self.keys[0].iter().copied(), &shared);
        }
    }

    /// Reorders `order` stably by the keys of elements `first`, `first + stride`, … of an operand.
    fn reorder<T: Keyed>(&mut self, x: &[T], first: usize, stride: usize, order: &mut [u32]) {
        let key = |&at: &u32| x[first + at as usize * stride].key();
        // The position in the order is part of the key, so that an unstable sort gives a stable order.
        let places = order.iter().map(key).zip(0u32..);
        if T::BITS <= 32 {
            self.keys[0].clear();
            self.keys[0].extend(places.map(|(key, place)| key << 32 | u64::from(place)));
            self.order_of_keys(T::BITS, order);
        } else {
            self.pairs[0].clear();
            self.pairs[0].extend(places);
            self.order_of_pairs(T::BITS, order);
        }
    }
    /// Sorts keys of this many bits, and reorders `order` accordingly. The lowest 32 bits of a key hold a position.
    fn order_of_keys(&mut self, bits: usize, order: &mut [u32]) {
        let [packed, spare] = &mut self.keys;
        if packed.len() < RADIX_THRESHOLD {
            packed.sort_unstable();
        } else {
            radix(packed, spare, 32, 32 + bits, |&x| x);
        }
        let old = order.to_vec();
        order.iter_mut().zip(packed).for_each(|(to, x)| *to = old[*x as u32 as usize]);
    }
    fn order_of_pairs(&mut self, bits: usize, order: &mut [u32]) {
        let [pairs, spare] = &mut self.pairs;
        if pairs.len() < RADIX_THRESHOLD {
            pairs.sort_unstable();
        } else {
            radix(pairs, spare, 0, bits, |x| x.0);
        }
        let old = order.to_vec();
        order.iter_mut().zip(pairs).for_each(|(to, x)| *to = old[x.1 as usize]);
    }
}

/// Writes elements in the order of their keys: negative ones, zeros, positive ones, then NaN.
fn write_in_key_order<T: Keyed>(row: &mut [T], keys: impl Iterator<Item = u64>, shared: &[T]) {
    if shared.is_empty() {
        row.iter_mut().zip(keys).for_each(|(to, key)| *to = T::of_key(key));
        return;
    }
    let zero = T::zeroed().key();
    let (zeros, nans): (Vec<T>, Vec<T>) = shared.iter().partition(|x| x.key() == zero);
    let (mut keys, mut to) = (keys.peekable(), row.iter_mut());
    let mut write = |x: T| {
        if let Some(to) = to.next() {
            *to = x;
        }
    };
    while let Some(key) = keys.next_if(|&key| key < zero) {
        write(T::of_key(key));
    }
    zeros.into_iter().for_each(&mut write);
    keys.map(T::of_key).for_each(&mut write);
    nans.into_iter().for_each(&mut write);
}

/// Sorts operands of one shape along an axis by the first operands. All operands are permuted alike.
#[derive(Clone, Debug)]
pub(crate) struct Sort {
    pub runs: AxisSplit,
    pub dtypes: Vec<DType>,
    pub num_keys: usize,
}

impl Sort {
    /// Sorts the only operand.
    pub(super) fn run_single(&self, x: &mut [u8]) {
        with_keyed!(self.dtypes[0], T => self.sort_rows::<T>(bytemuck::cast_slice_mut(x)));
    }

    fn sort_rows<T: Keyed>(&self, x: &mut [T]) {
        let AxisSplit { len, inner, .. } = self.runs;
        let piece = |memory: &mut Memory, piece: &mut [T]| {
            if inner == 1 {
                return memory.sort(piece);
            }
            for column in 0..inner {
                let mut line: Vec<T> = piece[column..].iter().copied().step_by(inner).collect();
                memory.sort(&mut line);
                piece[column..].iter_mut().step_by(inner).zip(&line).for_each(|(to, &x)| *to = x);
            }
        };
        let (shared, each) = (x.len() >= PARALLEL_THRESHOLD, len * inner);
        in_pieces(bytemuck::cast_slice_mut(x), each * size_of::<T>(), shared, &|_, x| {
            let mut memory = Memory::default();
            let x: &mut [T] = bytemuck::cast_slice_mut(x);
            x.chunks_exact_mut(each).for_each(|x| piece(&mut memory, x));
        });
    }

    pub(super) fn run(&self, operands: &[&[u8]], results: &mut [AlignedBytes]) {
        let AxisSplit { outer, len, inner } = self.runs;
        let mut orders: Vec<u32> = vec![0; outer * len * inner];
        let begin = |line: usize| line / inner * len * inner + line % inner;
        let one = |memory: &mut Memory, line: usize, order: &mut [u32]| {
            order.iter_mut().zip(0..).for_each(|(to, i)| *to = i);
            for (operand, &dtype) in operands.iter().zip(&self.dtypes).take(self.num_keys).rev() {
                with_keyed!(dtype, T => memory.reorder::<T>(bytemuck::cast_slice(operand), begin(line), inner, order));
            }
        };
        let shared = orders.len() >= PARALLEL_THRESHOLD;
        in_pieces(bytemuck::cast_slice_mut(&mut orders), len * size_of::<u32>(), shared, &|first, orders| {
            let mut memory = Memory::default();
            let orders: &mut [u32] = bytemuck::cast_slice_mut(orders);
            orders.chunks_exact_mut(len).enumerate().for_each(|(i, order)| one(&mut memory, first + i, order));
        });
        for ((operand, result), dtype) in operands.iter().zip(results).zip(&self.dtypes) {
            with_word!(dtype.size(), W => {
                let (x, out): (&[W], &mut [W]) = (bytemuck::cast_slice(operand), bytemuck::cast_slice_mut(result));
                for (line, order) in orders.chunks_exact(len).enumerate() {
                    let (x, out) = (&x[begin(line)..], &mut out[begin(line)..]);
                    for (i, &from) in order.iter().enumerate() {
                        out[i * inner] = x[from as usize * inner];
                    }
                }
            });
        }
    }
}

/// The greatest elements of each row in descending order, and their indices.
#[derive(Clone, Debug)]
pub(crate) struct TopK {
    pub dtype: DType,
    /// The number of elements of a row.
    pub len: usize,
    pub k: usize,
}

impl TopK {
    pub(super) fn run(&self, x: &[u8], results: &mut [AlignedBytes]) {
        let [values, positions] = results else { super::unplanned() };
        with_keyed!(self.dtype, T => self.rows::<T>(bytemuck::cast_slice(x), bytemuck::cast_slice_mut(values), positions));
    }

    fn rows<T: Keyed>(&self, x: &[T], values: &mut [T], positions: &mut [u8]) {
        let TopK { len, k, .. } = *self;
        in_pieces(positions, k * size_of::<i32>(), x.len() >= PARALLEL_THRESHOLD, &|first, positions| {
            let mut memory = Memory::default();
            let positions: &mut [i32] = bytemuck::cast_slice_mut(positions);
            for (x, positions) in x[first * len..].chunks_exact(len).zip(positions.chunks_exact_mut(k)) {
                // The greatest element comes first; equal elements keep their order.
                let keys = x.iter().map(|x| !x.key());
                if T::BITS <= 32 {
                    k_least(keys.zip(0u64..).map(|(key, at)| key << 32 | at), len, k, &mut memory.keys[0]);
                    memory.keys[0].iter().zip(positions).for_each(|(&x, to)| *to = x as u32 as i32);
                } else {
                    k_least(keys.zip(0..), len, k, &mut memory.pairs[0]);
                    memory.pairs[0].iter().zip(positions).for_each(|(x, to)| *to = x.1 as i32);
                }
            }
        });
        let positions: &[i32] = bytemuck::cast_slice(positions);
        let rows = x.chunks_exact(len).zip(values.chunks_exact_mut(k)).zip(positions.chunks_exact(k));
        for ((x, values), positions) in rows {
            values.iter_mut().zip(positions).for_each(|(to, &at)| *to = x[at as usize]);
        }
    }
}

/// Returns the `k` least items in ascending order. Once there are `k` items, a new one is kept only if it is less than
/// the greatest of them.
fn k_least<P: Copy + Ord>(items: impl Iterator<Item = P>, len: usize, k: usize, kept: &mut Vec<P>) {
    let most = (4 * k).max(if cfg!(test) { 2 } else { 64 });
    kept.clear();
    if most >= len {
        kept.extend(items);
    } else {
        let mut greatest = None;
        for item in items {
            if greatest.is_some_and(|greatest| item > greatest) {
                continue;
            }
            kept.push(item);
            if kept.len() == most {
                kept.select_nth_unstable(k - 1);
                kept.truncate(k);
                greatest = kept.last().copied();
            }
        }
    }
    if kept.len() > k {
        kept.select_nth_unstable(k - 1);
        kept.truncate(k);
    }
    kept.sort_unstable();
}
