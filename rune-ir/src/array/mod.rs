//! Arrays in host memory, and values, which are arrays in the memory of any device.

mod digits;
mod display;
mod memory;
mod summary;

pub use display::Shown;
pub use memory::array_memory;
pub use summary::Summary;

use crate::{Complex64, DType, Element, Shape, Type, with_element};
use aligned_vec::{AVec, ConstAlign};
use memory::Memory;
use std::any::Any;
use std::fmt;
use std::sync::Arc;

/// The alignment of the memory of every array, in bytes. IREE imports memory with this alignment without copying.
pub const ALIGNMENT: usize = 64;

/// Bytes aligned to [`ALIGNMENT`].
pub type AlignedBytes = AVec<u8, ConstAlign<ALIGNMENT>>;

/// Host memory whose owner is not an [`Array`], such as an output buffer of a device that the host can read.
///
/// Safe code cannot implement it:
///
/// ```compile_fail,E0200
/// struct Mine(Vec<u8>);
/// impl rune_trace::HostMemory for Mine {
///     fn bytes(&self) -> &[u8] {
///         &self.0
///     }
/// }
/// ```
///
/// # Safety
/// As long as `self` lives, [`HostMemory::bytes`] returns the same slice each time, and nothing writes to its memory.
/// Devices rely on this: they keep the address of the memory while they hold an array over it.
#[allow(
    unsafe_code,
    reason = "the declaration is a contract, which implementations in other crates keep; it holds no unsafe code"
)]
pub unsafe trait HostMemory: Any + Send + Sync {
    /// Returns the memory itself.
    fn bytes(&self) -> &[u8];
}

#[derive(Clone)]
enum Storage {
    Owned(Arc<Memory>),
    Foreign(Arc<dyn HostMemory>),
}

/// An immutable dense array in host memory, in row-major order. It is cheap to clone.
///
/// ```
/// use rune_ir::Array;
/// let a = Array::from_vec([2, 2], vec![1.0f32, 2.0, 3.0, 4.0]);
/// assert_eq!(a.ty().to_string(), "[2, 2, f32]");
/// assert_eq!(a.as_slice::<f32>(), [1.0, 2.0, 3.0, 4.0]);
/// ```
#[derive(Clone)]
pub struct Array {
    ty: Type,
    storage: Storage,
}

impl Array {
    /// Returns an array of these elements.
    ///
    /// # Panics
    /// If the number of elements is not that of the shape.
    #[track_caller]
    pub fn from_slice<T: Element>(shape: impl Into<Shape>, elements: &[T]) -> Array {
        let ty = Type::new(T::DTYPE, shape);
        assert_eq!(ty.size(), elements.len(), "an array of type {ty} needs {} elements", ty.size());
        Array::from_bytes(ty, T::as_bytes(elements))
    }
    /// Like [`Array::from_slice`], for a vector.
    #[track_caller]
    pub fn from_vec<T: Element>(shape: impl Into<Shape>, elements: Vec<T>) -> Array {
        Array::from_slice(shape, &elements)
    }
    /// Returns a scalar.
    pub fn scalar<T: Element>(x: T) -> Array {
        Array::from_slice(Shape::scalar(), &[x])
    }
    /// Returns an array that copies the native bytes of its elements.
    ///
    /// # Panics
    /// If the number of bytes is not that of the type.
    #[track_caller]
    pub fn from_bytes(ty: Type, bytes: &[u8]) -> Array {
        assert_eq!(ty.bytes(), bytes.len(), "an array of type {ty} needs {} bytes", ty.bytes());
        Array { ty, storage: Storage::Owned(Arc::new(Memory::copy(bytes))) }
    }
    /// Returns an array that owns `bytes`.
    ///
    /// # Panics
    /// If the number of bytes is not that of the type.
    #[track_caller]
    pub fn from_aligned(ty: Type, bytes: AlignedBytes) -> Array {
        assert_eq!(ty.bytes(), bytes.len(), "an array of type {ty} needs {} bytes", ty.bytes());
        Array { ty, storage: Storage::Owned(Arc::new(Memory::new(bytes))) }
    }
    /// Returns the native bytes of the elements: the memory itself if nothing else holds it, else a copy.
    ///
    /// ```
    /// use rune_ir::Array;
    /// let x = Array::from_slice([2], &[1u8, 2]);
    /// let address = x.bytes().as_ptr();
    /// let bytes = x.into_aligned();
    /// assert_eq!((&bytes[..], bytes.as_ptr()), (&[1, 2][..], address));
    /// ```
    pub fn into_aligned(self) -> AlignedBytes {
        let memory = match self.storage {
            Storage::Owned(memory) => Arc::unwrap_or_clone(memory),
            Storage::Foreign(memory) => Memory::copy(memory.bytes()),
        };
        memory.into_bytes()
    }
    /// Returns an array over memory that `memory` owns, without a copy.
    ///
    /// # Panics
    /// If the number of bytes is not that of the type, or the memory is not aligned for the elements.
    #[track_caller]
    pub fn from_foreign(ty: Type, memory: Arc<dyn HostMemory>) -> Array {
        let bytes = memory.bytes();
        assert_eq!(ty.bytes(), bytes.len(), "an array of type {ty} needs {} bytes", ty.bytes());
        assert!(bytes.is_empty() || bytes.as_ptr().align_offset(ty.dtype.size()) == 0, "memory is not aligned");
        if bytes.is_empty() {
            return Array::zeros(ty); // an empty slice may be unaligned
        }
        Array { ty, storage: Storage::Foreign(memory) }
    }
    /// Returns an array of zeros.
    #[track_caller]
    pub fn zeros(ty: Type) -> Array {
        let memory = Memory::zeros(ty.bytes());
        Array { ty, storage: Storage::Owned(Arc::new(memory)) }
    }
    /// Returns an array whose element at index `i`, in row-major order, is `f(i)`.
    #[track_caller]
    pub fn from_fn<T: Element>(shape: impl Into<Shape>, f: impl FnMut(usize) -> T) -> Array {
        let shape = shape.into();
        let elements: Vec<T> = (0..shape.size()).map(f).collect();
        Array::from_vec(shape, elements)
    }

    /// Returns the shape and dtype.
    pub fn ty(&self) -> &Type {
        &self.ty
    }
    /// Returns the shape.
    pub fn shape(&self) -> &Shape {
        &self.ty.shape
    }
    /// Returns the dtype.
    pub fn dtype(&self) -> DType {
        self.ty.dtype
    }
    /// Returns the native bytes of the elements.
    pub fn bytes(&self) -> &[u8] {
        match &self.storage {
            Storage::Owned(bytes) => bytes,
            Storage::Foreign(memory) => memory.bytes(),
        }
    }
    /// Returns the owner of the memory, unless the array itself owns it.
    pub fn foreign(&self) -> Option<&Arc<dyn HostMemory>> {
        match &self.storage {
            Storage::Owned(_) => None,
            Storage::Foreign(memory) => Some(memory),
        }
    }
    /// Returns whether nothing else holds this memory. If it returns true, all accesses by other threads happened
    /// before this call.
    ///
    /// ```
    /// use rune_ir::Array;
    /// let mut x = Array::scalar(1.0f32);
    /// assert!(x.is_unique());
    /// let y = x.clone();
    /// assert!(!x.is_unique());
    /// drop(y);
    /// assert!(x.is_unique());
    /// ```
    pub fn is_unique(&mut self) -> bool {
        match &mut self.storage {
            Storage::Owned(bytes) => Arc::get_mut(bytes).is_some(),
            Storage::Foreign(memory) => Arc::get_mut(memory).is_some(),
        }
    }
    /// Returns the elements.
    ///
    /// # Panics
    /// If `T` is not the Rust type of the dtype.
    #[track_caller]
    pub fn as_slice<T: Element>(&self) -> &[T] {
        assert_eq!(self.ty.dtype, T::DTYPE, "the elements of an array of type {} were read as {}", self.ty, T::DTYPE);
        T::cast_slice(self.bytes())
    }
    /// Returns the elements for writing: in place if nothing else holds the memory, else in a copy.
    ///
    /// # Panics
    /// If `T` is not the Rust type of the dtype.
    #[track_caller]
    pub fn make_mut<T: Element>(&mut self) -> &mut [T] {
        assert_eq!(
            self.ty.dtype,
            T::DTYPE,
            "the elements of an array of type {} were written as {}",
            self.ty,
            T::DTYPE
        );
        T::cast_slice_mut(self.bytes_mut())
    }
    /// Like [`Array::make_mut`], for the native bytes. Written bytes must be valid elements; those of `bool` are 0 and
    /// 1.
    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        if let Storage::Foreign(memory) = &self.storage {
            self.storage = Storage::Owned(Arc::new(Memory::copy(memory.bytes())));
        }
        match &mut self.storage {
            Storage::Owned(bytes) => Arc::<Memory>::make_mut(bytes).as_mut_slice(),
            Storage::Foreign(_) => unreachable!("foreign memory was copied above"),
        }
    }
    /// Returns the elements as `f64`, rounded to nearest. For complex numbers, returns the real parts.
    pub fn to_f64_vec(&self) -> Vec<f64> {
        with_element!(self.ty.dtype, T => self.as_slice::<T>().iter().map(|x| x.to_f64()).collect())
    }
    /// Returns the elements as complex numbers.
    pub fn to_complex_vec(&self) -> Vec<Complex64> {
        with_element!(self.ty.dtype, T => self.as_slice::<T>().iter().map(|x| x.to_complex()).collect())
    }
    /// Returns the same elements in another shape of the same size, without a copy.
    ///
    /// # Panics
    /// If the sizes differ.
    #[track_caller]
    pub fn reshaped(&self, shape: impl Into<Shape>) -> Array {
        let ty = self.ty.with_shape(shape);
        assert_eq!(ty.size(), self.ty.size(), "{} cannot be reshaped to {ty}", self.ty);
        Array { ty, storage: self.storage.clone() }
    }
}

/// Compares types and bytes: a NaN equals itself, and 0 does not equal -0.
impl PartialEq for Array {
    fn eq(&self, other: &Array) -> bool {
        self.ty == other.ty && self.bytes() == other.bytes()
    }
}
impl Eq for Array {}

impl fmt::Debug for Array {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 16;
        write!(f, "{} ", self.ty)?;
        with_element!(self.ty.dtype, T => {
            let xs = self.as_slice::<T>();
            f.debug_list().entries(xs.iter().take(SHOWN).map(|x| Text(x.to_text(None)))).finish()?;
            if xs.len() > SHOWN { write!(f, "…")?; }
        });
        Ok(())
    }
}

/// A number, shown as it is.
struct Text(String);

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An array in the memory of a device that the host cannot read directly. The device may still compute its elements.
pub trait DeviceBuffer: Any + Send + Sync {
    /// Returns the shape and dtype.
    fn ty(&self) -> &Type;
    /// Returns the name of the device.
    fn device(&self) -> &str;
    /// Returns whether the elements are computed, or cannot be.
    fn is_ready(&self) -> bool;
    /// Waits until the elements are computed.
    ///
    /// # Errors
    /// The message of the device, if the elements cannot be computed.
    fn wait(&self) -> Result<(), String>;
    /// Waits until the elements are computed, and returns a copy in host memory.
    ///
    /// # Errors
    /// The message of the device.
    fn to_host(&self) -> Result<Array, String>;
}

/// An array with known elements, in the memory of any device.
#[derive(Clone)]
pub enum Value {
    /// In host memory.
    Host(Array),
    /// In the memory of a device.
    Device(Arc<dyn DeviceBuffer>),
}

impl Value {
    /// Returns the shape and dtype.
    pub fn ty(&self) -> &Type {
        match self {
            Value::Host(array) => array.ty(),
            Value::Device(buffer) => buffer.ty(),
        }
    }
    /// Returns the array in host memory: itself, or a copy from the device.
    ///
    /// # Errors
    /// The message of the device.
    pub fn to_host(&self) -> Result<Array, String> {
        match self {
            Value::Host(array) => Ok(array.clone()),
            Value::Device(buffer) => buffer.to_host(),
        }
    }
    /// Returns whether the elements are computed, or cannot be. A device may compute them after the call that returned
    /// the value. A value in host memory is ready.
    pub fn is_ready(&self) -> bool {
        match self {
            Value::Host(_) => true,
            Value::Device(buffer) => buffer.is_ready(),
        }
    }
    /// Waits until the elements are computed.
    ///
    /// # Errors
    /// The message of the device, if the elements cannot be computed.
    pub fn block_until_ready(&self) -> Result<(), String> {
        match self {
            Value::Host(_) => Ok(()),
            Value::Device(buffer) => buffer.wait(),
        }
    }
}
impl From<Array> for Value {
    fn from(array: Array) -> Value {
        Value::Host(array)
    }
}
impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Host(array) => array.fmt(f),
            Value::Device(buffer) => write!(f, "{} on {}", buffer.ty(), buffer.device()),
        }
    }
}
