//! Second derivatives, with derivatives inside. Written by `scripts/vectors nested`.

use super::{check, scalar, vector, weights};
use rune_trace::{Tensor, grad, value_and_grad};

#[test]
fn order_2_of_a_scalar_with_0_inside_2() {
    let f = grad(grad(|s0: &Tensor| {
        (((s0.clone().powi(2) + 2.0).log() - s0.clone()).tanh() * (s0.clone() * 0.5).exp().powi(2))
    }));
    check(f(&scalar()), &[-0.48113161362530527]);
}

#[test]
fn order_2_of_a_scalar_with_0_inside_3() {
    let f = grad(grad(|s0: &Tensor| {
        ((((s0.clone() * -1.5) + s0.clone()) - (s0.clone() + s0.clone())) * (s0.clone() + s0.clone()).powi(2))
    }));
    check(f(&scalar()), &[-42.0]);
}

#[test]
fn order_2_of_a_scalar_with_1_inside_10() {
    let f = grad(grad(|s0: &Tensor| {
        grad(|s1: &Tensor| (((s0.clone() * 0.5) * s0.clone()) * s1.clone().sin() * s0.clone()))(&(s0.clone() * 0.25))
    }));
    check(f(&scalar()), &[1.9933859535458267]);
}

#[test]
fn order_2_of_a_vector_with_1_inside_11() {
    let f = grad(|v0: &Tensor| {
        grad(|v0: &Tensor| {
            ({
                let d = grad(|v1: &Tensor| {
                    (((v1.clone().sum() - v0.clone().sum()) * 0.25) * v1.clone().sum().sin() * v0.clone().sum())
                })(&(v0.clone() * -1.5));
                d.sum()
            } * (v0.clone() + v0.clone()).sigmoid().sum())
        })(v0)
        .sin()
        .sum()
    });
    check(f(&vector()), &[-98.69834175815276, -101.80079139681933, -95.75535359101508]);
}

#[test]
fn order_2_of_a_scalar_with_2_inside_18() {
    let f = grad(grad(|s0: &Tensor| {
        let d = grad(|v1: &Tensor| {
            (({
                let d =
                    grad(|v2: &Tensor| (s0.clone() * v2.clone().sum().sin() * s0.clone()))(&(v1.clone() * v1.clone()));
                d.sum()
            }
            .powi(2)
                + 2.0)
                .log()
                * v1.clone().sum().sin()
                * s0.clone())
        })(&(weights() * s0.clone()).powi(2));
        d.sum()
    }));
    check(f(&scalar()), &[4477.286623575699]);
}

#[test]
fn order_2_of_a_scalar_with_2_inside_19() {
    let f = grad(grad(|s0: &Tensor| {
        grad(|s1: &Tensor| {
            (({
                let d =
                    grad(|v2: &Tensor| (s0.clone() * v2.clone().sum().sin() * s1.clone()))(&(weights() * s1.clone()));
                d.sum()
            } + s0.clone())
                * s1.clone().sin()
                * s0.clone())
        })(&s0.clone())
    }));
    check(f(&scalar()), &[-38.043200316444114]);
}

#[test]
fn order_2_of_a_vector_with_2_inside_20() {
    let f = grad(|v0: &Tensor| {
        grad(|v0: &Tensor| {
            grad(|s1: &Tensor| {
                (({
                    let (y, d) =
                        value_and_grad(|s2: &Tensor| (s1.clone() * s2.clone().sin() * s1.clone()))(&s1.clone());
                    y + d
                } + s1.clone())
                    * s1.clone().sin()
                    * v0.clone().sum())
            })(&v0.clone().sum())
        })(v0)
        .sin()
        .sum()
    });
    check(f(&vector()), &[-122.18170723518656, -122.18170723518656, -122.18170723518656]);
}

#[test]
fn order_2_of_a_scalar_with_3_inside_26() {
    let f = grad(grad(|s0: &Tensor| {
        (grad(|s1: &Tensor| ((s1.clone() + s1.clone()).powi(2) * s1.clone().sin() * s0.clone()))(&s0.clone())
            * (((s0.clone() + s0.clone()) + s0.clone()) * 0.5).exp())
    }));
    check(f(&scalar()), &[224.78895903794273]);
}

#[test]
fn order_2_of_a_scalar_with_3_inside_27() {
    let f = grad(grad(|s0: &Tensor| {
        let d = grad(|v1: &Tensor| (((s0.clone() + s0.clone()) - s0.clone()) * v1.clone().sum().sin() * s0.clone()))(
            &(weights() * s0.clone()),
        );
        d.sum()
    }));
    check(f(&scalar()), &[-9.589822596036136]);
}

#[test]
fn order_2_of_a_vector_with_3_inside_28() {
    let f = grad(|v0: &Tensor| {
        grad(|v0: &Tensor| {
            let d = grad(|v1: &Tensor| {
                (({
                    let d =
                        grad(|v2: &Tensor| (v1.clone().sum() * v2.clone().sum().sin() * v0.clone().sum()))(&v0.clone());
                    d.sum()
                } * 0.5)
                    .exp()
                    * v1.clone().sum().sin()
                    * v0.clone().sum())
            })(&v0.clone());
            d.sum()
        })(v0)
        .sin()
        .sum()
    });
    check(f(&vector()), &[1.1817049307854894, 1.1817049307854894, 1.1817049307854894]);
}

#[test]
fn order_2_of_a_scalar_with_0_inside_35() {
    let f = grad(grad(|s0: &Tensor| {
        (((s0.clone() * s0.clone()).sin() - (s0.clone() * 0.25)) * ((s0.clone() * 0.25) - s0.clone()))
    }));
    check(f(&scalar()), &[-1.9200744656937612]);
}

#[test]
fn order_2_of_a_vector_with_0_inside_36() {
    let f = grad(|v0: &Tensor| {
        grad(|v0: &Tensor| ((v0.clone().sum().powi(2) * v0.clone().sum()) * v0.clone().sum()).powi(3))(v0).sin().sum()
    });
    check(f(&vector()), &[-6198.12539852517, -6198.12539852517, -6198.12539852517]);
}

#[test]
fn order_2_of_a_scalar_with_1_inside_40() {
    let f = grad(grad(|s0: &Tensor| {
        (grad(|s1: &Tensor| (((s1.clone() * 0.5) * 0.5).exp() * s1.clone().sin() * s0.clone()))(&s0.clone())
            * ((s0.clone().tanh() * s0.clone()) * (s0.clone() + s0.clone())))
    }));
    check(f(&scalar()), &[7.427293638473042]);
}

#[test]
fn order_2_of_a_scalar_with_1_inside_41() {
    let f = grad(grad(|s0: &Tensor| {
        ({
            let d = grad(|v1: &Tensor| ((v1.clone().sum() - s0.clone()) * v1.clone().sum().sin() * s0.clone()))(
                &(weights() * s0.clone()),
            );
            d.sum()
        } * (((s0.clone() * 0.5).exp() * 0.25) + (s0.clone() - s0.clone())))
    }));
    check(f(&scalar()), &[0.13823947191815966]);
}

#[test]
fn order_2_of_a_vector_with_1_inside_42() {
    let f = grad(|v0: &Tensor| {
        grad(|v0: &Tensor| {
            grad(|s1: &Tensor| (((s1.clone() * s1.clone()) * 0.5) * s1.clone().sin() * v0.clone().sum()))(
                &v0.clone().sum(),
            )
        })(v0)
        .sin()
        .sum()
    });
    check(f(&vector()), &[8.045242450104784, 8.045242450104784, 8.045242450104784]);
}

#[test]
fn order_2_of_a_scalar_with_2_inside_47() {
    let f = grad(grad(|s0: &Tensor| {
        let d = grad(|v1: &Tensor| {
            (grad(|s2: &Tensor| (s0.clone().sigmoid() * s2.clone().sin() * s0.clone()))(&s0.clone())
                * v1.clone().sum().sin()
                * s0.clone())
        })(&(weights() * s0.clone()).sin());
        d.sum()
    }));
    check(f(&scalar()), &[1.210854460915719]);
}

#[test]
fn order_2_of_a_vector_with_2_inside_48() {
    let f = grad(|v0: &Tensor| {
        grad(|v0: &Tensor| {
            let d = grad(|v1: &Tensor| {
                ({
                    let d = {
                        let (y, d) = value_and_grad(|v2: &Tensor| {
                            (v1.clone().sum() * v2.clone().sum().sin() * v0.clone().sum())
                        })(&v1.clone());
                        y + d
                    };
                    d.sum()
                }
                .sin()
                    * v1.clone().sum().sin()
                    * v0.clone().sum())
            })(&v0.clone().sin());
            d.sum()
        })(v0)
        .sin()
        .sum()
    });
    check(f(&vector()), &[213.02479776679618, 241.2046458846343, 193.62577146038885]);
}

#[test]
fn order_2_of_a_scalar_with_3_inside_54() {
    let f = grad(grad(|s0: &Tensor| {
        ({
            let d = grad(|v1: &Tensor| {
                (grad(|s2: &Tensor| {
                    (grad(|s3: &Tensor| (s2.clone() * s3.clone().sin() * s0.clone()))(&(s2.clone() + s0.clone()))
                        * s2.clone().sin()
                        * s0.clone())
                })(&(s0.clone() + s0.clone()))
                    * v1.clone().sum().sin()
                    * s0.clone())
            })(&(weights() * s0.clone()));
            d.sum()
        } * (((s0.clone() * s0.clone()) * 0.25) + (s0.clone() - s0.clone())))
    }));
    check(f(&scalar()), &[1.4377103452569366]);
}

#[test]
fn order_2_of_a_vector_with_3_inside_55() {
    let f = grad(|v0: &Tensor| {
        grad(|v0: &Tensor| {
            grad(|s1: &Tensor| {
                ({
                    let d = {
                        let (y, d) =
                            value_and_grad(|v2: &Tensor| ((s1.clone() * 0.25) * v2.clone().sum().sin() * s1.clone()))(
                                &v0.clone(),
                            );
                        y + d
                    };
                    d.sum()
                } * s1.clone().sin()
                    * v0.clone().sum())
            })(&(v0.clone().sum() * 0.25))
        })(v0)
        .sin()
        .sum()
    });
    check(f(&vector()), &[-1.217655830888668, -1.217655830888668, -1.217655830888668]);
}

#[test]
fn order_2_of_a_vector_with_0_inside_59() {
    let f = grad(|v0: &Tensor| {
        grad(|v0: &Tensor| (((v0.clone() * v0.clone()) - v0.clone()) - (v0.clone() - v0.clone())).sum())(v0).sin().sum()
    });
    check(f(&vector()), &[1.8421219880057702, -0.4544041893861738, 0.7247155089533468]);
}

#[test]
fn order_2_of_a_vector_with_1_inside_62() {
    let f = grad(|v0: &Tensor| {
        grad(|v0: &Tensor| {
            grad(|s1: &Tensor| (((s1.clone() + s1.clone()) * 0.25) * s1.clone().sin() * v0.clone().sum()))(
                &v0.clone().sum(),
            )
        })(v0)
        .sin()
        .sum()
    });
    check(f(&vector()), &[-9.760983365933699, -9.760983365933699, -9.760983365933699]);
}

#[test]
fn order_2_of_a_vector_with_2_inside_64() {
    let f = grad(|v0: &Tensor| {
        grad(|v0: &Tensor| {
            grad(|s1: &Tensor| (((s1.clone() - s1.clone()) + s1.clone()) * s1.clone().sin() * v0.clone().sum()))(
                &(v0.clone().sum() * -1.5),
            )
        })(v0)
        .sin()
        .sum()
    });
    check(f(&vector()), &[39.351772195939816, 39.351772195939816, 39.351772195939816]);
}

#[test]
fn order_2_of_a_vector_with_3_inside_67() {
    let f = grad(|v0: &Tensor| {
        grad(|v0: &Tensor| {
            grad(|s1: &Tensor| ((v0.clone() * 0.25).sum() * s1.clone().sin() * v0.clone().sum()))(&v0.clone().sum())
        })(v0)
        .sin()
        .sum()
    });
    check(f(&vector()), &[-3.863101854395124, -3.863101854395124, -3.863101854395124]);
}

#[test]
fn order_2_of_a_vector_with_0_inside_69() {
    let f = grad(|v0: &Tensor| {
        grad(|v0: &Tensor| (((v0.clone() * 0.5).sum() * -1.5) + (v0.clone().sum() * v0.clone().sum()).powi(3)))(v0)
            .sin()
            .sum()
    });
    check(f(&vector()), &[343.89332347181846, 343.89332347181846, 343.89332347181846]);
}
