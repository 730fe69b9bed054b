use super::*;

#[test]
#[should_panic(expected = "map2: the trees have different structures")]
fn trees_of_different_structure_have_no_pairs() {
    let x = Tensor::scalar(1.0f32);
    (Some(x.clone()), vec![x.clone()]).map2(&(None, vec![x.clone(), x]), &mut |x, _| x.clone());
}
