//! Transposes scans.

use super::partition::part;
use super::scan::{Parts, marked};
use super::subprogram::{pulled_back, sub_program, zeros};
use crate::Tensor;
use crate::tensor::lax;
use crate::transform::transpose::{Cotangents, VariableState};
use rune_ir::Type;
use rune_ir::program::dependence::DependenceKind;

/// Transposes a scan that is linear in the wanted operands: a scan in the opposite direction, which carries the
/// cotangents of the carry and the sums of the cotangents of the constants.
pub(in crate::transform) fn transpose(
    scan: &Parts<&VariableState>,
    cotangents: &[Option<Tensor>],
    acc: &mut Cotangents,
) {
    let (consts, carry) = (scan.consts.len(), scan.init.len());
    let body = scan.body;
    let wanted = scan.marks(|x| x.known_or_none().is_none(), &DependenceKind::Values);
    let (wanted_consts, rest) = wanted.split_at(consts);
    let (wanted_carry, wanted_xs) = rest.split_at(carry);
    let known = |slots: &[&VariableState], wanted: &[bool]| -> Vec<Tensor> {
        let known = slots.iter().zip(wanted).filter(|(_, w)| !**w);
        known.map(|(x, _)| x.known_or_none().expect("what is not wanted is known").clone()).collect()
    };
    let fixed = known(scan.consts, wanted_consts);
    let known_xs = known(scan.xs, wanted_xs);
    let counters = carried_values(scan, &wanted, &fixed, &known(scan.init, wanted_carry), &known_xs);

    let input_types = body.input_types();
    let zeros_of = |from: usize, wanted: &[bool]| -> Vec<Tensor> {
        marked(&input_types[from..from + wanted.len()], wanted).map(zeros).collect()
    };
    let sums = zeros_of(0, wanted_consts);
    let mut init = sums.clone();
    init.extend(
        marked(cotangents.iter().zip(&input_types[consts..]), wanted_carry)
            .map(|(ct, ty)| ct.clone().unwrap_or_else(|| zeros(ty))),
    );
    let given_ys = &cotangents[carry..];
    let stacks: Vec<Tensor> = known_xs.iter().chain(&counters).chain(given_ys.iter().flatten()).cloned().collect();
    let slices = stacks.iter().map(|x| x.ty().with_shape(&x.shape()[1..]));
    let types: Vec<Type> = fixed.iter().chain(&init).map(|x| x.ty().clone()).chain(slices).collect();
    let transposed = sub_program(&format!("{}_transpose", body.name()), types, |p| {
        let (fixed, p) = p.split_at(fixed.len());
        let (sums, p) = p.split_at(sums.len());
        let (carried, slices) = p.split_at(init.len() - sums.len());
        let (known_slices, p) = slices.split_at(known_xs.len());
        let (counters, given) = p.split_at(counters.len());
        let spread = |wanted: &[bool], known: &[Tensor]| -> Vec<Option<Tensor>> {
            let mut known = known.iter().cloned();
            wanted.iter().map(|&w| if w { None } else { known.next() }).collect()
        };
        let inputs = [spread(wanted_consts, fixed), spread(wanted_carry, counters), spread(wanted_xs, known_slices)];
        let mut carried = carried.iter().cloned();
        let mut given = given.iter().cloned();
        let carry_cts = wanted_carry.iter().map(|&w| if w { carried.next() } else { None });
        let cts = carry_cts.chain(given_ys.iter().map(|ct| ct.as_ref().and_then(|_| given.next()))).collect();
        let results = pulled_back(body, inputs.concat(), cts);
        let wanted_types = marked(input_types, &wanted);
        results
            .into_iter()
            .zip(wanted_types)
            .enumerate()
            .map(|(i, (ct, ty))| match (sums.get(i), ct) {
                (Some(sum), Some(ct)) => lax::add(sum, &ct),
                (Some(sum), None) => sum.clone(),
                (None, Some(ct)) => ct,
                (None, None) => zeros(ty),
            })
            .collect()
    });
    let how = lax::Scan { reverse: !scan.how.reverse, ..scan.how };
    let results = lax::scan(&transposed, &fixed, &init, &stacks, how);
    for (x, ct) in marked(scan.args(), &wanted).zip(results) {
        acc.accumulate(x, || ct);
    }
}

/// Returns the known parts of the carry, such as a counter, at the start of each iteration.
fn carried_values(
    scan: &Parts<&VariableState>,
    wanted: &[bool],
    fixed: &[Tensor],
    init: &[Tensor],
    xs: &[Tensor],
) -> Vec<Tensor> {
    if init.is_empty() {
        return Vec::new();
    }
    let (consts, carry) = (scan.consts.len(), scan.init.len());
    let known: Vec<bool> = wanted.iter().map(|w| !w).collect();
    let types = marked(scan.body.input_types().iter().cloned(), &known);
    let outputs: Vec<usize> = (0..carry).filter(|i| known[consts + i]).collect();
    let body = sub_program(&format!("{}_known", scan.body.name()), types, |p| {
        let mut params = p.iter().cloned();
        let inputs = known.iter().map(|&k| if k { params.next() } else { None }).collect();
        let mut results = part(scan.body, inputs, &outputs);
        results.extend_from_slice(&p[fixed.len()..fixed.len() + init.len()]);
        results
    });
    lax::scan(&body, fixed, init, xs, scan.how).split_off(init.len())
}
