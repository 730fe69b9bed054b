//! Policies of checkpointed functions.

use super::Op;
use serde::{Deserialize, Serialize};

/// Says which arrays a checkpointed function may keep for the backward pass. The others are recomputed. The functions
/// in `checkpoint_policies` create policies.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the functions that make them tell")]
pub enum CheckpointPolicy {
    NothingSaveable,
    EverythingSaveable,
    DotsSaveable,
    DotsWithNoBatchDimsSaveable,
    SaveOnlyTheseNames(Vec<String>),
    SaveAnyNamesButThese(Vec<String>),
    SaveAnythingExceptTheseNames(Vec<String>),
    SaveFromBothPolicies(Box<(CheckpointPolicy, CheckpointPolicy)>),
}

impl CheckpointPolicy {
    /// Returns whether to keep the result of `op`, which has these names.
    #[doc(hidden)]
    pub fn saves<V>(&self, op: &Op<V>, names: &[String]) -> bool {
        match self {
            CheckpointPolicy::NothingSaveable => false,
            CheckpointPolicy::EverythingSaveable => true,
            CheckpointPolicy::DotsSaveable => matches!(op, Op::DotGeneral { .. } | Op::Conv { .. }),
            CheckpointPolicy::DotsWithNoBatchDimsSaveable => {
                matches!(op, Op::DotGeneral { dims, .. } if dims.lhs_batch.is_empty())
            }
            CheckpointPolicy::SaveOnlyTheseNames(these) => names.iter().any(|n| these.contains(n)),
            CheckpointPolicy::SaveAnyNamesButThese(these) => {
                !names.is_empty() && !names.iter().any(|n| these.contains(n))
            }
            CheckpointPolicy::SaveAnythingExceptTheseNames(these) => !names.iter().any(|n| these.contains(n)),
            CheckpointPolicy::SaveFromBothPolicies(both) => both.0.saves(op, names) || both.1.saves(op, names),
        }
    }
}
