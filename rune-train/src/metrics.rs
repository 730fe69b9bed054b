//! Scalar metrics, as tensors on the device and as numbers.

use crate::data::{Batch, Dataset, Loader};
use crate::error::TrainError;
use rune_trace::{Tensor, Tree, TreePath};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeMap;
use std::fmt;

/// The name of a metric that is a lone tensor.
const SINGLE_METRIC: &str = "loss";

/// Numbers by name, which [`Metrics::read`] reads from a tree.
///
/// In JSON, NaN and infinities are `null`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Metrics(BTreeMap<String, f64>);

impl Metrics {
    /// Reads a tree of scalars. The names are those of the leaves, such as `accuracy` for a field; a lone tensor is
    /// `loss`. Integers and booleans become floats.
    ///
    /// ```
    /// use rune::{prelude::*, train::Metrics};
    /// #[derive(Tree)]
    /// struct Mine { loss: Tensor, right: Tensor }
    /// let metrics = Metrics::read(&Mine { loss: Tensor::scalar(0.5f32), right: Tensor::scalar(3i32) })?;
    /// assert_eq!((metrics.get("loss"), metrics.get("right")), (Some(0.5), Some(3.0)));
    /// assert_eq!(Metrics::read(&Tensor::scalar(2.0f32))?.to_string(), "loss 2");
    /// # Ok::<(), rune::train::TrainError>(())
    /// ```
    ///
    /// # Errors
    /// If a leaf is not a scalar, or cannot be computed.
    pub fn read<M: Tree>(tree: &M) -> Result<Metrics, TrainError> {
        let tensors = named(tree)?;
        let values = values(&tensors)?;
        Ok(tensors.into_iter().map(|(name, _)| name).zip(values).collect())
    }
    /// Returns the metric of this name.
    pub fn get(&self, name: &str) -> Option<f64> {
        self.0.get(name).copied()
    }
    /// Returns names and values, in the order of the names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, f64)> {
        self.0.iter().map(|(name, &value)| (name.as_str(), value))
    }
    /// Returns whether there are no metrics.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<(String, f64)> for Metrics {
    fn from_iter<I: IntoIterator<Item = (String, f64)>>(metrics: I) -> Metrics {
        Metrics(metrics.into_iter().collect())
    }
}

/// Shows names and values with four significant digits: `accuracy 0.9125, loss 0.3013`.
impl fmt::Display for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, (name, value)) in self.iter().enumerate() {
            write!(f, "{}{name} {}", if i == 0 { "" } else { ", " }, four_digits(value))?;
        }
        Ok(())
    }
}

/// Returns four significant digits.
pub(crate) fn four_digits(x: f64) -> String {
    if x == 0.0 || !x.is_finite() {
        return x.to_string();
    }
    let digits = x.abs().log10().floor() as i32;
    if !(-4..9).contains(&digits) {
        return format!("{x:.3e}");
    }
    let text = format!("{x:.*}", (3 - digits).max(0) as usize);
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

impl Serialize for Metrics {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value.is_finite().then_some(value))))
    }
}

impl<'de> Deserialize<'de> for Metrics {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Metrics, D::Error> {
        let metrics = BTreeMap::<String, Option<f64>>::deserialize(deserializer)?;
        Ok(metrics.into_iter().map(|(name, value)| (name, value.unwrap_or(f64::NAN))).collect())
    }
}

/// Returns the leaves with their names. Nothing is computed.
fn named<M: Tree>(tree: &M) -> Result<Vec<(String, Tensor)>, TrainError> {
    let mut leaves = Vec::new();
    tree.visit(&mut TreePath::default(), &mut |path, leaf| {
        let name = path.name();
        leaves.push((if name.is_empty() { SINGLE_METRIC.to_owned() } else { name }, leaf.clone()));
    });
    match leaves.iter().find(|(_, leaf)| leaf.size() != 1 || leaf.dtype().is_complex()) {
        Some((name, leaf)) => Err(TrainError::NotScalar { name: name.clone(), ty: leaf.ty().to_string() }),
        None => Ok(leaves),
    }
}

fn values(tensors: &[(String, Tensor)]) -> Result<Vec<f64>, TrainError> {
    let pending: Vec<Tensor> = tensors.iter().map(|(_, t)| t).filter(|t| t.is_pending()).cloned().collect();
    if !pending.is_empty() {
        Tensor::realize_all(&pending).map_err(TrainError::Read)?;
    }
    let value = |(_, t): &(String, Tensor)| Ok(t.to_array().map_err(TrainError::Read)?.to_f64_vec()[0]);
    tensors.iter().map(value).collect()
}

/// The metrics of the steps since the last log. They stay tensors, so the host does not wait for the device.
#[derive(Default)]
pub(crate) struct Window {
    steps: Vec<Vec<(String, Tensor)>>,
}

/// The means over a window, and the first value in it that is not finite: its metric, the value, and the number of
/// later steps.
pub(crate) struct Means {
    pub metrics: Metrics,
    pub non_finite: Option<(String, f64, usize)>,
}

impl Window {
    pub fn push<M: Tree>(&mut self, metrics: &M) -> Result<(), TrainError> {
        self.steps.push(named(metrics)?);
        Ok(())
    }
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }
    pub fn len(&self) -> usize {
        self.steps.len()
    }
    /// Reads the metrics of all steps, and clears the window.
    pub fn take(&mut self) -> Result<Means, TrainError> {
        let steps = std::mem::take(&mut self.steps);
        let mut sums: BTreeMap<String, (f64, f64)> = BTreeMap::new();
        let mut non_finite = None;
        let all: Vec<(String, Tensor)> = steps.iter().flatten().cloned().collect();
        let mut all = values(&all)?.into_iter();
        for (i, step) in steps.iter().enumerate() {
            for (name, value) in step.iter().map(|(name, _)| name).zip(&mut all) {
                if !value.is_finite() && non_finite.is_none() {
                    non_finite = Some((name.clone(), value, steps.len() - 1 - i));
                }
                let (sum, count) = sums.entry(name.clone()).or_default();
                (*sum, *count) = (*sum + value, *count + 1.0);
            }
        }
        Ok(Means { metrics: sums.into_iter().map(|(name, (sum, count))| (name, sum / count)).collect(), non_finite })
    }
}

/// Returns the means of metrics over all items of a loader. `f` returns the means over a batch, which this function
/// weights by the number of items that count. The position of the loader does not change.
///
/// Batches are padded, so `f` must use the mask, as [`Batch::mean`] does.
///
/// ```
/// use rune::{prelude::*, train::{average, data::{Arrays, Loader}}};
/// let loader = Loader::new(Arrays::new(Tensor::from([1.0f32, 2.0, 6.0]))?, 2);
/// let metrics = average(&loader, |batch| batch.mean(&batch.items))?;
/// assert_eq!(metrics.get("loss"), Some(3.0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// If a batch cannot be read, if there is none, or if the metrics are not scalars.
pub fn average<D: Dataset, M: Tree>(
    loader: &Loader<D>,
    mut f: impl FnMut(&Batch<D::Items>) -> M,
) -> Result<Metrics, TrainError> {
    let mut sums: BTreeMap<String, f64> = BTreeMap::new();
    let mut total = 0.0;
    for (step, batch) in (1..).zip(loader.once()) {
        let batch = batch.map_err(|source| TrainError::Data { step, source })?;
        let count = batch.count().map_err(TrainError::Read)? as f64;
        for (name, value) in Metrics::read(&f(&batch))?.0 {
            *sums.entry(name).or_default() += count * value;
        }
        total += count;
    }
    if total == 0.0 {
        return Err(TrainError::Nothing);
    }
    Ok(sums.into_iter().map(|(name, sum)| (name, sum / total)).collect())
}
