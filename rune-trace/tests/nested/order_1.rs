//! First derivatives, with derivatives inside. Written by `scripts/vectors nested`.

use super::{check, scalar, vector, weights};
use rune_trace::{Tensor, grad, value_and_grad};

#[test]
fn order_1_of_a_scalar_with_0_inside_0() {
    let f = grad(|s0: &Tensor| (((s0.clone() + s0.clone()) - s0.clone()).cos() * ((s0.clone() * 0.5).exp() * -1.5)));
    check(f(&scalar()), &[0.5572605754553339]);
}

#[test]
fn order_1_of_a_vector_with_0_inside_1() {
    let f = grad(|v0: &Tensor| (((v0.clone() + v0.clone()) + v0.clone()) + (v0.clone() - v0.clone())).sum());
    check(f(&vector()), &[3.0, 3.0, 3.0]);
}

#[test]
fn order_1_of_a_scalar_with_1_inside_7() {
    let f = grad(|s0: &Tensor| {
        grad(|s1: &Tensor| (((s0.clone() * s1.clone()) * s1.clone()) * s1.clone().sin() * s0.clone()))(&s0.clone())
    });
    check(f(&scalar()), &[3.3133685552045185]);
}

#[test]
fn order_1_of_a_scalar_with_1_inside_8() {
    let f = grad(|s0: &Tensor| {
        (grad(|s1: &Tensor| ((s1.clone() * s1.clone()).sin() * s1.clone().sin() * s0.clone()))(&s0.clone())
            * ((s0.clone() * s0.clone()) + s0.clone()).powi(3))
    });
    check(f(&scalar()), &[12.70759539510883]);
}

#[test]
fn order_1_of_a_vector_with_1_inside_9() {
    let f = grad(|v0: &Tensor| {
        (grad(|s1: &Tensor| (((s1.clone() * s1.clone()) * 0.5).exp() * s1.clone().sin() * v0.clone().sum()))(
            &v0.clone().sum(),
        ) * (v0.clone().sum().sigmoid().sin() + (v0.clone().sum() * 0.25)))
    });
    check(f(&vector()), &[16.094574368652665, 16.094574368652665, 16.094574368652665]);
}

#[test]
fn order_1_of_a_scalar_with_2_inside_15() {
    let f = grad(|s0: &Tensor| {
        let d = grad(|v1: &Tensor| {
            (({
                let d = grad(|v2: &Tensor| (s0.clone() * v2.clone().sum().sin() * s0.clone()))(&v1.clone());
                d.sum()
            }
            .powi(2)
                + 2.0)
                .log()
                * v1.clone().sum().sin()
                * s0.clone())
        })(&(weights() * s0.clone()).powi(3));
        d.sum()
    });
    check(f(&scalar()), &[-49.893671551928975]);
}

#[test]
fn order_1_of_a_scalar_with_2_inside_16() {
    let f = grad(|s0: &Tensor| {
        grad(|s1: &Tensor| {
            (({
                let (y, d) = value_and_grad(|s2: &Tensor| (s0.clone() * s2.clone().sin() * s1.clone()))(&s1.clone());
                y + d
            } * -1.5)
                * s1.clone().sin()
                * s0.clone())
        })(&(s0.clone() + s0.clone()))
    });
    check(f(&scalar()), &[6.436464405083097]);
}

#[test]
fn order_1_of_a_vector_with_2_inside_17() {
    let f = grad(|v0: &Tensor| {
        grad(|s1: &Tensor| ((s1.clone() * 0.5).cos() * s1.clone().sin() * v0.clone().sum()))(&v0.clone().sum())
    });
    check(f(&vector()), &[-1.659716879367343, -1.659716879367343, -1.659716879367343]);
}

#[test]
fn order_1_of_a_scalar_with_3_inside_24() {
    let f = grad(|s0: &Tensor| {
        ({
            let d = grad(|v1: &Tensor| {
                (grad(|s2: &Tensor| (s0.clone() * s2.clone().sin() * s0.clone()))(&s0.clone()).tanh()
                    * v1.clone().sum().sin()
                    * s0.clone())
            })(&(weights() * s0.clone()));
            d.sum()
        } * (((s0.clone() + s0.clone()) + s0.clone()) * 0.5).exp())
    });
    check(f(&scalar()), &[2.300877948929939]);
}

#[test]
fn order_1_of_a_vector_with_3_inside_25() {
    let f = grad(|v0: &Tensor| {
        (grad(|s1: &Tensor| {
            ((grad(|s2: &Tensor| (s1.clone() * s2.clone().sin() * s1.clone()))(&s1.clone()) * s1.clone())
                * s1.clone().sin()
                * v0.clone().sum())
        })(&v0.clone().sum())
            * v0.clone().sum().sigmoid().powi(3))
    });
    check(f(&vector()), &[-9.83225548226878, -9.83225548226878, -9.83225548226878]);
}

#[test]
fn order_1_of_a_scalar_with_0_inside_32() {
    let f = grad(|s0: &Tensor| {
        ((((s0.clone() - s0.clone()) + s0.clone()) + (s0.clone() * s0.clone())) - (s0.clone().powi(2) - s0.clone()))
    });
    check(f(&scalar()), &[2.0]);
}

#[test]
fn order_1_of_a_scalar_with_0_inside_33() {
    let f = grad(|s0: &Tensor| ((s0.clone() * -1.5).sin().cos() * 0.25));
    check(f(&scalar()), &[-0.14230497677846604]);
}

#[test]
fn order_1_of_a_vector_with_0_inside_34() {
    let f = grad(|v0: &Tensor| ((v0.clone() * 0.5).sum().sigmoid() * -1.5));
    check(f(&vector()), &[-0.16628465496983177, -0.16628465496983177, -0.16628465496983177]);
}

#[test]
fn order_1_of_a_scalar_with_1_inside_39() {
    let f = grad(|s0: &Tensor| {
        (grad(|s1: &Tensor| (((s1.clone() - s0.clone()) + s0.clone()) * s1.clone().sin() * s0.clone()))(&s0.clone())
            * (((s0.clone() * 0.25) - s0.clone()) + (s0.clone() * s0.clone())))
    });
    check(f(&scalar()), &[0.46900609786065617]);
}

#[test]
fn order_1_of_a_scalar_with_2_inside_45() {
    let f = grad(|s0: &Tensor| {
        (grad(|s1: &Tensor| {
            ({
                let (y, d) = value_and_grad(|s2: &Tensor| ((s1.clone() * s1.clone()) * s2.clone().sin() * s0.clone()))(
                    &s1.clone(),
                );
                y + d
            } * s1.clone().sin()
                * s0.clone())
        })(&s0.clone())
            * (s0.clone().powi(3).cos().powi(2) + 2.0).log())
    });
    check(f(&scalar()), &[4.6448194784261325]);
}

#[test]
fn order_1_of_a_vector_with_2_inside_46() {
    let f = grad(|v0: &Tensor| {
        grad(|s1: &Tensor| {
            (grad(|s2: &Tensor| ((s2.clone() + s1.clone()) * s2.clone().sin() * s1.clone()))(&s1.clone())
                * s1.clone().sin()
                * v0.clone().sum())
        })(&(v0.clone().sum() + v0.clone().sum()))
    });
    check(f(&vector()), &[116.13488974698446, 116.13488974698446, 116.13488974698446]);
}

#[test]
fn order_1_of_a_scalar_with_3_inside_51() {
    let f = grad(|s0: &Tensor| {
        (grad(|s1: &Tensor| {
            (grad(|s2: &Tensor| ((s2.clone() * s0.clone()) * s2.clone().sin() * s0.clone()))(&s0.clone())
                * s1.clone().sin()
                * s0.clone())
        })(&s0.clone())
            * (((s0.clone() * s0.clone()) - s0.clone()) * s0.clone().tanh()))
    });
    check(f(&scalar()), &[-0.1375985746690816]);
}

#[test]
fn order_1_of_a_scalar_with_3_inside_52() {
    let f = grad(|s0: &Tensor| {
        (grad(|s1: &Tensor| (s0.clone().tanh().powi(2) * s1.clone().sin() * s0.clone()))(&s0.clone().sigmoid())
            * ((s0.clone().sin() + s0.clone()) + (s0.clone() + s0.clone())))
    });
    check(f(&scalar()), &[2.6028690797278053]);
}

#[test]
fn order_1_of_a_vector_with_3_inside_53() {
    let f = grad(|v0: &Tensor| {
        grad(|s1: &Tensor| {
            (grad(|s2: &Tensor| (v0.clone().sum() * s2.clone().sin() * s1.clone()))(&s1.clone())
                * s1.clone().sin()
                * v0.clone().sum())
        })(&v0.clone().sum())
    });
    check(f(&vector()), &[-8.75645470867962, -8.75645470867962, -8.75645470867962]);
}

#[test]
fn order_1_of_a_vector_with_0_inside_58() {
    let f = grad(|v0: &Tensor| ((v0.clone() + v0.clone()) - v0.clone()).cos().sum());
    check(f(&vector()), &[-0.644217687237691, 0.3894183423086505, -0.8912073600614354]);
}

#[test]
fn order_1_of_a_vector_with_1_inside_61() {
    let f = grad(|v0: &Tensor| {
        (grad(|s1: &Tensor| ((s1.clone().sin() * s1.clone()) * s1.clone().sin() * v0.clone().sum()))(&v0.clone().sum())
            * (v0.clone().tanh() + v0.clone()).sum())
    });
    check(f(&vector()), &[0.1059928826394696, 0.551354911849737, -0.44952876217313076]);
}

#[test]
fn order_1_of_a_vector_with_2_inside_63() {
    let f = grad(|v0: &Tensor| {
        grad(|s1: &Tensor| {
            ({
                let (y, d) =
                    value_and_grad(|s2: &Tensor| (s1.clone().powi(3) * s2.clone().sin() * s1.clone()))(&s1.clone());
                y + d
            } * s1.clone().sin()
                * v0.clone().sum())
        })(&v0.clone().sum().powi(2))
    });
    check(f(&vector()), &[-249.48329393615717, -249.48329393615717, -249.48329393615717]);
}

#[test]
fn order_1_of_a_vector_with_3_inside_66() {
    let f = grad(|v0: &Tensor| {
        grad(|s1: &Tensor| {
            ({
                let d = grad(|v2: &Tensor| {
                    (grad(|s3: &Tensor| (s3.clone() * s3.clone().sin() * s1.clone()))(&s1.clone())
                        * v2.clone().sum().sin()
                        * s1.clone())
                })(&(v0.clone() * v0.clone()));
                d.sum()
            } * s1.clone().sin()
                * v0.clone().sum())
        })(&v0.clone().sum())
    });
    check(f(&vector()), &[2.116892203477999, 17.83762203669871, -3.5997368267840812]);
}

#[test]
fn order_1_of_a_vector_with_1_inside_70() {
    let f = grad(|v0: &Tensor| {
        (grad(|s1: &Tensor| (((s1.clone() + s1.clone()) + s1.clone()) * s1.clone().sin() * v0.clone().sum()))(
            &v0.clone().sum(),
        ) * v0.clone().sum().sin().powi(2).sin())
    });
    check(f(&vector()), &[0.3964761292679073, 0.3964761292679073, 0.3964761292679073]);
}
