//! Derivatives inside of derivatives, with captures. Written by `scripts/make-nested`; what is expected is JAX's, in f64.

#![allow(unused_parens, clippy::redundant_clone, clippy::excessive_precision, reason = "written by a script")]

use rune_trace::{Tensor, grad, value_and_grad};

fn weights() -> Tensor {
    Tensor::from_slice([3], &[0.5f64, -1.0, 2.0])
}

fn scalar() -> Tensor {
    Tensor::scalar(0.7f64)
}

fn vector() -> Tensor {
    Tensor::from_slice([3], &[0.7f64, -0.4, 1.1])
}

/// Rounding in another order moves a sum by some times the precision of its greatest terms; sixth derivatives have
/// hundreds of terms, which cancel by two digits or three. A rule that is wrong is wrong in the first digit.
#[track_caller]
fn check(found: Tensor, expected: &[f64]) {
    let found = found.to_vec::<f64>().expect("a derivative can be computed");
    assert_eq!(found.len(), expected.len());
    let greatest = expected.iter().fold(1.0f64, |m, y| m.max(y.abs()));
    for (x, y) in found.iter().zip(expected) {
        assert!((x - y).abs() <= 1e-11 * greatest, "{found:?} should be {expected:?}");
    }
}

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
fn order_3_of_a_scalar_with_0_inside_4() {
    let f = grad(grad(grad(|s0: &Tensor| ((s0.clone() + s0.clone()) + s0.clone()).powi(2).cos())));
    check(f(&scalar()), &[-1706.9902466059739]);
}

#[test]
fn order_3_of_a_scalar_with_0_inside_5() {
    let f = grad(grad(grad(|s0: &Tensor| {
        (((s0.clone() + s0.clone()).sin() * s0.clone().sin()) - ((s0.clone() + s0.clone()) + s0.clone()))
    })));
    check(f(&scalar()), &[-11.331217606140951]);
}

#[test]
fn order_3_of_a_vector_with_0_inside_6() {
    let f = grad(|v0: &Tensor| {
        grad(|v0: &Tensor| {
            grad(|v0: &Tensor| {
                (((v0.clone().sum() * v0.clone().sum()).tanh() - (v0.clone().sum() * v0.clone().sum()))
                    * (v0.clone().sum().powi(2) + 2.0).log().sin())
            })(v0)
            .sin()
            .sum()
        })(v0)
        .sin()
        .sum()
    });
    check(f(&vector()), &[4.962788135831997, 4.962788135831997, 4.962788135831997]);
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
fn order_3_of_a_scalar_with_1_inside_12() {
    let f = grad(grad(grad(|s0: &Tensor| {
        (grad(|s1: &Tensor| (((s0.clone() * s0.clone()) * s0.clone()) * s1.clone().sin() * s0.clone()))(&s0.clone())
            * (s0.clone().powi(2) - s0.clone()).powi(3))
    })));
    check(f(&scalar()), &[0.10244317273847456]);
}

#[test]
fn order_3_of_a_scalar_with_1_inside_13() {
    let f = grad(grad(grad(|s0: &Tensor| {
        grad(|s1: &Tensor| ((s1.clone().sin() * 0.5).exp() * s1.clone().sin() * s0.clone()))(&s0.clone())
    })));
    check(f(&scalar()), &[-11.794248673249594]);
}

#[test]
fn order_3_of_a_vector_with_1_inside_14() {
    let f = grad(|v0: &Tensor| {
        grad(|v0: &Tensor| {
            grad(|v0: &Tensor| {
                grad(|s1: &Tensor| (((s1.clone() * s1.clone()) - s1.clone()) * s1.clone().sin() * v0.clone().sum()))(
                    &v0.clone().sum(),
                )
            })(v0)
            .sin()
            .sum()
        })(v0)
        .sin()
        .sum()
    });
    check(f(&vector()), &[39.4778745567351, 39.4778745567351, 39.4778745567351]);
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
fn order_3_of_a_scalar_with_2_inside_21() {
    let f = grad(grad(grad(|s0: &Tensor| {
        (grad(|s1: &Tensor| ((s0.clone() * s1.clone()).tanh() * s1.clone().sin() * s0.clone()))(
            &(s0.clone() * s0.clone()),
        ) * (((s0.clone() + s0.clone()) * -1.5) * 0.25))
    })));
    check(f(&scalar()), &[19.029912542152974]);
}

#[test]
fn order_3_of_a_scalar_with_2_inside_22() {
    let f = grad(grad(grad(|s0: &Tensor| {
        (grad(|s1: &Tensor| (((s1.clone() + s0.clone()).powi(2) + 2.0).log() * s1.clone().sin() * s0.clone()))(
            &s0.clone(),
        ) * ((s0.clone().powi(3) * 0.5).exp() + s0.clone().powi(3)))
    })));
    check(f(&scalar()), &[26.23115220971247]);
}

#[test]
fn order_3_of_a_vector_with_2_inside_23() {
    let f = grad(|v0: &Tensor| {
        grad(|v0: &Tensor| {
            grad(|v0: &Tensor| {
                grad(|s1: &Tensor| {
                    ({
                        let (y, d) = value_and_grad(|v2: &Tensor| (s1.clone() * v2.clone().sum().sin() * s1.clone()))(
                            &v0.clone(),
                        );
                        y + d
                    }
                    .sum()
                        * s1.clone().sin()
                        * v0.clone().sum())
                })(&v0.clone().sum())
            })(v0)
            .sin()
            .sum()
        })(v0)
        .sin()
        .sum()
    });
    check(f(&vector()), &[25763.977397378818, 25763.977397378818, 25763.977397378818]);
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
fn order_3_of_a_scalar_with_3_inside_29() {
    let f = grad(grad(grad(|s0: &Tensor| {
        grad(|s1: &Tensor| {
            ({
                let (y, d) = value_and_grad(|s2: &Tensor| {
                    ({
                        let (y, d) =
                            value_and_grad(|s3: &Tensor| (s0.clone() * s3.clone().sin() * s1.clone()))(&s2.clone());
                        y + d
                    } * s2.clone().sin()
                        * s1.clone())
                })(&s1.clone());
                y + d
            } * s1.clone().sin()
                * s0.clone())
        })(&(s0.clone() * s0.clone()))
    })));
    check(f(&scalar()), &[-32.23316468761929]);
}

#[test]
fn order_3_of_a_scalar_with_3_inside_30() {
    let f = grad(grad(grad(|s0: &Tensor| {
        grad(|s1: &Tensor| {
            (grad(|s2: &Tensor| (s0.clone().powi(3) * s2.clone().sin() * s0.clone()))(&s1.clone())
                * s1.clone().sin()
                * s0.clone())
        })(&(s0.clone() + s0.clone()))
    })));
    check(f(&scalar()), &[2.6203521595870676]);
}

#[test]
fn order_3_of_a_vector_with_3_inside_31() {
    let f = grad(|v0: &Tensor| {
        grad(|v0: &Tensor| {
            grad(|v0: &Tensor| {
                grad(|s1: &Tensor| ((s1.clone().sigmoid() - s1.clone()) * s1.clone().sin() * v0.clone().sum()))(
                    &v0.clone().sum(),
                )
            })(v0)
            .sin()
            .sum()
        })(v0)
        .sin()
        .sum()
    });
    check(f(&vector()), &[-144.7034410507915, -144.7034410507915, -144.7034410507915]);
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
fn order_3_of_a_scalar_with_0_inside_37() {
    let f = grad(grad(grad(|s0: &Tensor| {
        ((((s0.clone() * s0.clone()) * 0.25) - (s0.clone() * -1.5)) + (s0.clone().sin().powi(2) + 2.0).log())
    })));
    check(f(&scalar()), &[-1.6686282743684435]);
}

#[test]
fn order_3_of_a_vector_with_0_inside_38() {
    let f = grad(|v0: &Tensor| {
        grad(|v0: &Tensor| {
            grad(|v0: &Tensor| {
                (((v0.clone().sum() - v0.clone().sum()) * 0.5).exp() * (v0.clone().sum() + v0.clone().sum())).cos()
            })(v0)
            .sin()
            .sum()
        })(v0)
        .sin()
        .sum()
    });
    check(f(&vector()), &[-83.16197171176114, -83.16197171176114, -83.16197171176114]);
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
fn order_3_of_a_scalar_with_1_inside_43() {
    let f = grad(grad(grad(|s0: &Tensor| {
        let d = grad(|v1: &Tensor| ((v1.clone() * v1.clone()).sum() * v1.clone().sum().sin() * s0.clone()))(
            &(weights() * s0.clone()).tanh(),
        );
        d.sum()
    })));
    check(f(&scalar()), &[-11.142349307836918]);
}

#[test]
fn order_3_of_a_vector_with_1_inside_44() {
    let f = grad(|v0: &Tensor| {
        grad(|v0: &Tensor| {
            grad(|v0: &Tensor| {
                grad(|s1: &Tensor| (((s1.clone() * 0.25).powi(2) + 2.0).log() * s1.clone().sin() * v0.clone().sum()))(
                    &v0.clone().sum(),
                )
            })(v0)
            .sin()
            .sum()
        })(v0)
        .sin()
        .sum()
    });
    check(f(&vector()), &[-8.798451425190446, -8.798451425190446, -8.798451425190446]);
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
fn order_3_of_a_scalar_with_2_inside_49() {
    let f = grad(grad(grad(|s0: &Tensor| {
        grad(|s1: &Tensor| {
            (grad(|s2: &Tensor| ((s2.clone() + s0.clone()) * s2.clone().sin() * s1.clone()))(&s0.clone())
                * s1.clone().sin()
                * s0.clone())
        })(&(s0.clone() * s0.clone()))
    })));
    check(f(&scalar()), &[-49.726136306230664]);
}

#[test]
fn order_3_of_a_vector_with_2_inside_50() {
    let f = grad(|v0: &Tensor| {
        grad(|v0: &Tensor| {
            grad(|v0: &Tensor| {
                (grad(|s1: &Tensor| ((s1.clone().powi(3).powi(2) + 2.0).log() * s1.clone().sin() * v0.clone().sum()))(
                    &v0.clone().sum(),
                ) * (((v0.clone().sum() * v0.clone().sum()) * -1.5) - v0.clone().sum().sin()))
            })(v0)
            .sin()
            .sum()
        })(v0)
        .sin()
        .sum()
    });
    check(f(&vector()), &[-14744.226927911266, -14744.226927911266, -14744.226927911266]);
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
fn order_3_of_a_scalar_with_3_inside_56() {
    let f = grad(grad(grad(|s0: &Tensor| {
        grad(|s1: &Tensor| (((s1.clone() * 0.25) * s1.clone()) * s1.clone().sin() * s0.clone()))(&s0.clone())
    })));
    check(f(&scalar()), &[-0.9157361959028952]);
}

#[test]
fn order_3_of_a_vector_with_3_inside_57() {
    let f = grad(|v0: &Tensor| {
        grad(|v0: &Tensor| {
            grad(|v0: &Tensor| {
                grad(|s1: &Tensor| (s1.clone().powi(2).tanh() * s1.clone().sin() * v0.clone().sum()))(&v0.clone().sum())
            })(v0)
            .sin()
            .sum()
        })(v0)
        .sin()
        .sum()
    });
    check(f(&vector()), &[-13.266113790207157, -13.266113790207157, -13.266113790207157]);
}

#[test]
fn order_1_of_a_vector_with_0_inside_58() {
    let f = grad(|v0: &Tensor| ((v0.clone() + v0.clone()) - v0.clone()).cos().sum());
    check(f(&vector()), &[-0.644217687237691, 0.3894183423086505, -0.8912073600614354]);
}

#[test]
fn order_2_of_a_vector_with_0_inside_59() {
    let f = grad(|v0: &Tensor| {
        grad(|v0: &Tensor| (((v0.clone() * v0.clone()) - v0.clone()) - (v0.clone() - v0.clone())).sum())(v0).sin().sum()
    });
    check(f(&vector()), &[1.8421219880057702, -0.4544041893861738, 0.7247155089533468]);
}

#[test]
fn order_3_of_a_vector_with_0_inside_60() {
    let f = grad(|v0: &Tensor| {
        grad(|v0: &Tensor| {
            grad(|v0: &Tensor| {
                (((v0.clone().sum() - v0.clone().sum()) - v0.clone().sum()).sigmoid()
                    - (v0.clone().sum() * v0.clone().sum()).sigmoid())
            })(v0)
            .sin()
            .sum()
        })(v0)
        .sin()
        .sum()
    });
    check(f(&vector()), &[0.9469612015388943, 0.9469612015388943, 0.9469612015388943]);
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
fn order_3_of_a_vector_with_2_inside_65() {
    let f = grad(|v0: &Tensor| {
        grad(|v0: &Tensor| {
            grad(|v0: &Tensor| {
                grad(|s1: &Tensor| ((v0.clone() + v0.clone()).sum() * s1.clone().sin() * v0.clone().sum()))(
                    &v0.clone().sum(),
                )
            })(v0)
            .sin()
            .sum()
        })(v0)
        .sin()
        .sum()
    });
    check(f(&vector()), &[244.93188366410868, 244.93188366410868, 244.93188366410868]);
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
fn order_3_of_a_vector_with_3_inside_68() {
    let f = grad(|v0: &Tensor| {
        grad(|v0: &Tensor| {
            grad(|v0: &Tensor| {
                let d = grad(|v1: &Tensor| (v0.clone().sum().tanh() * v1.clone().sum().sin() * v0.clone().sum()))(
                    &(v0.clone() * -1.5),
                );
                d.sum()
            })(v0)
            .sin()
            .sum()
        })(v0)
        .sin()
        .sum()
    });
    check(f(&vector()), &[103.44128859088079, 103.44128859088079, 103.44128859088079]);
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

#[test]
fn order_1_of_a_vector_with_1_inside_70() {
    let f = grad(|v0: &Tensor| {
        (grad(|s1: &Tensor| (((s1.clone() + s1.clone()) + s1.clone()) * s1.clone().sin() * v0.clone().sum()))(
            &v0.clone().sum(),
        ) * v0.clone().sum().sin().powi(2).sin())
    });
    check(f(&vector()), &[0.3964761292679073, 0.3964761292679073, 0.3964761292679073]);
}

#[test]
fn order_3_of_a_vector_with_1_inside_71() {
    let f = grad(|v0: &Tensor| {
        grad(|v0: &Tensor| {
            grad(|v0: &Tensor| {
                grad(|s1: &Tensor| ((v0.clone().sum() + s1.clone()) * s1.clone().sin() * v0.clone().sum()))(
                    &(v0.clone().sum() * v0.clone().sum()),
                )
            })(v0)
            .sin()
            .sum()
        })(v0)
        .sin()
        .sum()
    });
    check(f(&vector()), &[3158.336556313006, 3158.336556313006, 3158.336556313006]);
}
