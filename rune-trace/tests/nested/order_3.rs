//! Third derivatives, with derivatives inside. Written by `scripts/vectors nested`.

use super::{check, scalar, vector, weights};
use rune_trace::{Tensor, grad, value_and_grad};

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
