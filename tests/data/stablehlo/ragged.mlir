// rows.operation
module @f {
  func.func public @main(%arg0: tensor<6x3xf32>, %arg1: tensor<3x3x2xf32>, %arg2: tensor<3xi32>) -> (tensor<6x2xf32>) {
    %0 = "chlo.ragged_dot"(%arg0, %arg1, %arg2) <{precision_config = [#chlo<precision DEFAULT>, #chlo<precision DEFAULT>], ragged_dot_dimension_numbers = #chlo.ragged_dot<lhs_contracting_dimensions = [1], rhs_contracting_dimensions = [1], lhs_ragged_dimensions = [0], rhs_group_dimensions = [0]>}> : (tensor<6x3xf32>, tensor<3x3x2xf32>, tensor<3xi32>) -> tensor<6x2xf32>
    return %0 : tensor<6x2xf32>
  }
}
// -----
// rows.composite
module @f {
  func.func public @main(%arg0: tensor<6x3xf32>, %arg1: tensor<3x3x2xf32>, %arg2: tensor<3xi32>) -> (tensor<6x2xf32>) {
    %0 = stablehlo.composite "chlo.ragged_dot" %arg0, %arg1, %arg2 {composite_attributes = {precision_config = ["DEFAULT", "DEFAULT"], ragged_dot_dimension_numbers = [dense<> : tensor<0xi64>, dense<> : tensor<0xi64>, dense<1> : tensor<1xi64>, dense<1> : tensor<1xi64>, dense<0> : tensor<1xi64>, dense<0> : tensor<1xi64>]}, decomposition = @chlo.ragged_dot.impl, version = 1 : i32} : (tensor<6x3xf32>, tensor<3x3x2xf32>, tensor<3xi32>) -> tensor<6x2xf32>
    return %0 : tensor<6x2xf32>
  }
  func.func private @chlo.ragged_dot.impl(%arg0: tensor<6x3xf32> loc("jit(<lambda>)/ragged_dot_general"(#loc14)), %arg1: tensor<3x3x2xf32> loc("jit(<lambda>)/ragged_dot_general"(#loc14)), %arg2: tensor<3xi32> loc("jit(<lambda>)/ragged_dot_general"(#loc14))) -> tensor<6x2xf32> {
    %cst = stablehlo.constant dense<0.000000e+00> : tensor<6x3xf32>
    %c = stablehlo.constant dense<0> : tensor<i64>
    %0 = stablehlo.iota dim = 0 : tensor<6x1xi64>
    %1 = stablehlo.slice %arg2 [0:1] : (tensor<3xi32>) -> tensor<1xi32>
    %2 = stablehlo.reshape %1 : (tensor<1xi32>) -> tensor<i32>
    %3 = stablehlo.convert %2 : (tensor<i32>) -> tensor<i64>
    %4 = stablehlo.add %c, %3 : tensor<i64>
    %5 = stablehlo.broadcast_in_dim %c, dims = [] : (tensor<i64>) -> tensor<6x3xi64>
    %6 = stablehlo.broadcast_in_dim %4, dims = [] : (tensor<i64>) -> tensor<6x3xi64>
    %7 = stablehlo.broadcast_in_dim %0, dims = [0, 1] : (tensor<6x1xi64>) -> tensor<6x3xi64>
    %8 = stablehlo.compare GE, %7, %5 : (tensor<6x3xi64>, tensor<6x3xi64>) -> tensor<6x3xi1>
    %9 = stablehlo.compare LT, %7, %6 : (tensor<6x3xi64>, tensor<6x3xi64>) -> tensor<6x3xi1>
    %10 = stablehlo.and %8, %9 : tensor<6x3xi1>
    %11 = stablehlo.select %10, %arg0, %cst : tensor<6x3xi1>, tensor<6x3xf32>
    %12 = stablehlo.slice %arg1 [0:1, 0:3, 0:2] : (tensor<3x3x2xf32>) -> tensor<1x3x2xf32>
    %13 = stablehlo.reshape %12 : (tensor<1x3x2xf32>) -> tensor<3x2xf32>
    %14 = stablehlo.dot_general %11, %13, contracting_dims = [1] x [0] : (tensor<6x3xf32>, tensor<3x2xf32>) -> tensor<6x2xf32>
    %15 = stablehlo.slice %arg2 [1:2] : (tensor<3xi32>) -> tensor<1xi32>
    %16 = stablehlo.reshape %15 : (tensor<1xi32>) -> tensor<i32>
    %17 = stablehlo.convert %16 : (tensor<i32>) -> tensor<i64>
    %18 = stablehlo.add %4, %17 : tensor<i64>
    %19 = stablehlo.broadcast_in_dim %4, dims = [] : (tensor<i64>) -> tensor<6x3xi64>
    %20 = stablehlo.broadcast_in_dim %18, dims = [] : (tensor<i64>) -> tensor<6x3xi64>
    %21 = stablehlo.broadcast_in_dim %0, dims = [0, 1] : (tensor<6x1xi64>) -> tensor<6x3xi64>
    %22 = stablehlo.compare GE, %21, %19 : (tensor<6x3xi64>, tensor<6x3xi64>) -> tensor<6x3xi1>
    %23 = stablehlo.compare LT, %21, %20 : (tensor<6x3xi64>, tensor<6x3xi64>) -> tensor<6x3xi1>
    %24 = stablehlo.and %22, %23 : tensor<6x3xi1>
    %25 = stablehlo.select %24, %arg0, %cst : tensor<6x3xi1>, tensor<6x3xf32>
    %26 = stablehlo.slice %arg1 [1:2, 0:3, 0:2] : (tensor<3x3x2xf32>) -> tensor<1x3x2xf32>
    %27 = stablehlo.reshape %26 : (tensor<1x3x2xf32>) -> tensor<3x2xf32>
    %28 = stablehlo.dot_general %25, %27, contracting_dims = [1] x [0] : (tensor<6x3xf32>, tensor<3x2xf32>) -> tensor<6x2xf32>
    %29 = stablehlo.add %14, %28 : tensor<6x2xf32>
    %30 = stablehlo.slice %arg2 [2:3] : (tensor<3xi32>) -> tensor<1xi32>
    %31 = stablehlo.reshape %30 : (tensor<1xi32>) -> tensor<i32>
    %32 = stablehlo.convert %31 : (tensor<i32>) -> tensor<i64>
    %33 = stablehlo.add %18, %32 : tensor<i64>
    %34 = stablehlo.broadcast_in_dim %18, dims = [] : (tensor<i64>) -> tensor<6x3xi64>
    %35 = stablehlo.broadcast_in_dim %33, dims = [] : (tensor<i64>) -> tensor<6x3xi64>
    %36 = stablehlo.broadcast_in_dim %0, dims = [0, 1] : (tensor<6x1xi64>) -> tensor<6x3xi64>
    %37 = stablehlo.compare GE, %36, %34 : (tensor<6x3xi64>, tensor<6x3xi64>) -> tensor<6x3xi1>
    %38 = stablehlo.compare LT, %36, %35 : (tensor<6x3xi64>, tensor<6x3xi64>) -> tensor<6x3xi1>
    %39 = stablehlo.and %37, %38 : tensor<6x3xi1>
    %40 = stablehlo.select %39, %arg0, %cst : tensor<6x3xi1>, tensor<6x3xf32>
    %41 = stablehlo.slice %arg1 [2:3, 0:3, 0:2] : (tensor<3x3x2xf32>) -> tensor<1x3x2xf32>
    %42 = stablehlo.reshape %41 : (tensor<1x3x2xf32>) -> tensor<3x2xf32>
    %43 = stablehlo.dot_general %40, %42, contracting_dims = [1] x [0] : (tensor<6x3xf32>, tensor<3x2xf32>) -> tensor<6x2xf32>
    %44 = stablehlo.add %29, %43 : tensor<6x2xf32>
    return %44 : tensor<6x2xf32>
  }
}
// -----
// columns.operation
module @f {
  func.func public @main(%arg0: tensor<3x6xf32>, %arg1: tensor<2x2x3xf32>, %arg2: tensor<2xi32>) -> (tensor<6x2xf32>) {
    %0 = "chlo.ragged_dot"(%arg0, %arg1, %arg2) <{precision_config = [#chlo<precision DEFAULT>, #chlo<precision DEFAULT>], ragged_dot_dimension_numbers = #chlo.ragged_dot<lhs_contracting_dimensions = [0], rhs_contracting_dimensions = [2], lhs_ragged_dimensions = [1], rhs_group_dimensions = [1]>}> : (tensor<3x6xf32>, tensor<2x2x3xf32>, tensor<2xi32>) -> tensor<6x2xf32>
    return %0 : tensor<6x2xf32>
  }
}
// -----
// columns.composite
module @f {
  func.func public @main(%arg0: tensor<3x6xf32>, %arg1: tensor<2x2x3xf32>, %arg2: tensor<2xi32>) -> (tensor<6x2xf32>) {
    %0 = stablehlo.composite "chlo.ragged_dot" %arg0, %arg1, %arg2 {composite_attributes = {precision_config = ["DEFAULT", "DEFAULT"], ragged_dot_dimension_numbers = [dense<> : tensor<0xi64>, dense<> : tensor<0xi64>, dense<0> : tensor<1xi64>, dense<2> : tensor<1xi64>, dense<1> : tensor<1xi64>, dense<1> : tensor<1xi64>]}, decomposition = @chlo.ragged_dot.impl, version = 1 : i32} : (tensor<3x6xf32>, tensor<2x2x3xf32>, tensor<2xi32>) -> tensor<6x2xf32>
    return %0 : tensor<6x2xf32>
  }
  func.func private @chlo.ragged_dot.impl(%arg0: tensor<3x6xf32> loc("jit(<lambda>)/ragged_dot_general"(#loc14)), %arg1: tensor<2x2x3xf32> loc("jit(<lambda>)/ragged_dot_general"(#loc14)), %arg2: tensor<2xi32> loc("jit(<lambda>)/ragged_dot_general"(#loc14))) -> tensor<6x2xf32> {
    %cst = stablehlo.constant dense<0.000000e+00> : tensor<3x6xf32>
    %c = stablehlo.constant dense<0> : tensor<i64>
    %0 = stablehlo.iota dim = 1 : tensor<1x6xi64>
    %1 = stablehlo.slice %arg2 [0:1] : (tensor<2xi32>) -> tensor<1xi32>
    %2 = stablehlo.reshape %1 : (tensor<1xi32>) -> tensor<i32>
    %3 = stablehlo.convert %2 : (tensor<i32>) -> tensor<i64>
    %4 = stablehlo.add %c, %3 : tensor<i64>
    %5 = stablehlo.broadcast_in_dim %c, dims = [] : (tensor<i64>) -> tensor<3x6xi64>
    %6 = stablehlo.broadcast_in_dim %4, dims = [] : (tensor<i64>) -> tensor<3x6xi64>
    %7 = stablehlo.broadcast_in_dim %0, dims = [0, 1] : (tensor<1x6xi64>) -> tensor<3x6xi64>
    %8 = stablehlo.compare GE, %7, %5 : (tensor<3x6xi64>, tensor<3x6xi64>) -> tensor<3x6xi1>
    %9 = stablehlo.compare LT, %7, %6 : (tensor<3x6xi64>, tensor<3x6xi64>) -> tensor<3x6xi1>
    %10 = stablehlo.and %8, %9 : tensor<3x6xi1>
    %11 = stablehlo.select %10, %arg0, %cst : tensor<3x6xi1>, tensor<3x6xf32>
    %12 = stablehlo.slice %arg1 [0:2, 0:1, 0:3] : (tensor<2x2x3xf32>) -> tensor<2x1x3xf32>
    %13 = stablehlo.reshape %12 : (tensor<2x1x3xf32>) -> tensor<2x3xf32>
    %14 = stablehlo.dot_general %11, %13, contracting_dims = [0] x [1] : (tensor<3x6xf32>, tensor<2x3xf32>) -> tensor<6x2xf32>
    %15 = stablehlo.slice %arg2 [1:2] : (tensor<2xi32>) -> tensor<1xi32>
    %16 = stablehlo.reshape %15 : (tensor<1xi32>) -> tensor<i32>
    %17 = stablehlo.convert %16 : (tensor<i32>) -> tensor<i64>
    %18 = stablehlo.add %4, %17 : tensor<i64>
    %19 = stablehlo.broadcast_in_dim %4, dims = [] : (tensor<i64>) -> tensor<3x6xi64>
    %20 = stablehlo.broadcast_in_dim %18, dims = [] : (tensor<i64>) -> tensor<3x6xi64>
    %21 = stablehlo.broadcast_in_dim %0, dims = [0, 1] : (tensor<1x6xi64>) -> tensor<3x6xi64>
    %22 = stablehlo.compare GE, %21, %19 : (tensor<3x6xi64>, tensor<3x6xi64>) -> tensor<3x6xi1>
    %23 = stablehlo.compare LT, %21, %20 : (tensor<3x6xi64>, tensor<3x6xi64>) -> tensor<3x6xi1>
    %24 = stablehlo.and %22, %23 : tensor<3x6xi1>
    %25 = stablehlo.select %24, %arg0, %cst : tensor<3x6xi1>, tensor<3x6xf32>
    %26 = stablehlo.slice %arg1 [0:2, 1:2, 0:3] : (tensor<2x2x3xf32>) -> tensor<2x1x3xf32>
    %27 = stablehlo.reshape %26 : (tensor<2x1x3xf32>) -> tensor<2x3xf32>
    %28 = stablehlo.dot_general %25, %27, contracting_dims = [0] x [1] : (tensor<3x6xf32>, tensor<2x3xf32>) -> tensor<6x2xf32>
    %29 = stablehlo.add %14, %28 : tensor<6x2xf32>
    return %29 : tensor<6x2xf32>
  }
}
// -----
// batches.operation
module @f {
  func.func public @main(%arg0: tensor<2x5x3xf32>, %arg1: tensor<3x2x3x2xf32>, %arg2: tensor<2x3xi32>) -> (tensor<2x5x2xf32>) {
    %0 = "chlo.ragged_dot"(%arg0, %arg1, %arg2) <{precision_config = [#chlo<precision DEFAULT>, #chlo<precision DEFAULT>], ragged_dot_dimension_numbers = #chlo.ragged_dot<lhs_batching_dimensions = [0], rhs_batching_dimensions = [1], lhs_contracting_dimensions = [2], rhs_contracting_dimensions = [2], lhs_ragged_dimensions = [1], rhs_group_dimensions = [0]>}> : (tensor<2x5x3xf32>, tensor<3x2x3x2xf32>, tensor<2x3xi32>) -> tensor<2x5x2xf32>
    return %0 : tensor<2x5x2xf32>
  }
}
// -----
// batches.composite
module @f {
  func.func public @main(%arg0: tensor<2x5x3xf32>, %arg1: tensor<3x2x3x2xf32>, %arg2: tensor<2x3xi32>) -> (tensor<2x5x2xf32>) {
    %0 = stablehlo.composite "chlo.ragged_dot" %arg0, %arg1, %arg2 {composite_attributes = {precision_config = ["DEFAULT", "DEFAULT"], ragged_dot_dimension_numbers = [dense<0> : tensor<1xi64>, dense<1> : tensor<1xi64>, dense<2> : tensor<1xi64>, dense<2> : tensor<1xi64>, dense<1> : tensor<1xi64>, dense<0> : tensor<1xi64>]}, decomposition = @chlo.ragged_dot.impl, version = 1 : i32} : (tensor<2x5x3xf32>, tensor<3x2x3x2xf32>, tensor<2x3xi32>) -> tensor<2x5x2xf32>
    return %0 : tensor<2x5x2xf32>
  }
  func.func private @chlo.ragged_dot.impl(%arg0: tensor<2x5x3xf32> loc("jit(<lambda>)/ragged_dot_general"(#loc14)), %arg1: tensor<3x2x3x2xf32> loc("jit(<lambda>)/ragged_dot_general"(#loc14)), %arg2: tensor<2x3xi32> loc("jit(<lambda>)/ragged_dot_general"(#loc14))) -> tensor<2x5x2xf32> {
    %cst = stablehlo.constant dense<0.000000e+00> : tensor<2x5x3xf32>
    %c = stablehlo.constant dense<0> : tensor<2xi64>
    %0 = stablehlo.iota dim = 1 : tensor<1x5x1xi64>
    %1 = stablehlo.slice %arg2 [0:2, 0:1] : (tensor<2x3xi32>) -> tensor<2x1xi32>
    %2 = stablehlo.reshape %1 : (tensor<2x1xi32>) -> tensor<2xi32>
    %3 = stablehlo.convert %2 : (tensor<2xi32>) -> tensor<2xi64>
    %4 = stablehlo.add %c, %3 : tensor<2xi64>
    %5 = stablehlo.broadcast_in_dim %c, dims = [0] : (tensor<2xi64>) -> tensor<2x5x3xi64>
    %6 = stablehlo.broadcast_in_dim %4, dims = [0] : (tensor<2xi64>) -> tensor<2x5x3xi64>
    %7 = stablehlo.broadcast_in_dim %0, dims = [0, 1, 2] : (tensor<1x5x1xi64>) -> tensor<2x5x3xi64>
    %8 = stablehlo.compare GE, %7, %5 : (tensor<2x5x3xi64>, tensor<2x5x3xi64>) -> tensor<2x5x3xi1>
    %9 = stablehlo.compare LT, %7, %6 : (tensor<2x5x3xi64>, tensor<2x5x3xi64>) -> tensor<2x5x3xi1>
    %10 = stablehlo.and %8, %9 : tensor<2x5x3xi1>
    %11 = stablehlo.select %10, %arg0, %cst : tensor<2x5x3xi1>, tensor<2x5x3xf32>
    %12 = stablehlo.slice %arg1 [0:1, 0:2, 0:3, 0:2] : (tensor<3x2x3x2xf32>) -> tensor<1x2x3x2xf32>
    %13 = stablehlo.reshape %12 : (tensor<1x2x3x2xf32>) -> tensor<2x3x2xf32>
    %14 = stablehlo.dot_general %11, %13, batching_dims = [0] x [0], contracting_dims = [2] x [1] : (tensor<2x5x3xf32>, tensor<2x3x2xf32>) -> tensor<2x5x2xf32>
    %15 = stablehlo.slice %arg2 [0:2, 1:2] : (tensor<2x3xi32>) -> tensor<2x1xi32>
    %16 = stablehlo.reshape %15 : (tensor<2x1xi32>) -> tensor<2xi32>
    %17 = stablehlo.convert %16 : (tensor<2xi32>) -> tensor<2xi64>
    %18 = stablehlo.add %4, %17 : tensor<2xi64>
    %19 = stablehlo.broadcast_in_dim %4, dims = [0] : (tensor<2xi64>) -> tensor<2x5x3xi64>
    %20 = stablehlo.broadcast_in_dim %18, dims = [0] : (tensor<2xi64>) -> tensor<2x5x3xi64>
    %21 = stablehlo.broadcast_in_dim %0, dims = [0, 1, 2] : (tensor<1x5x1xi64>) -> tensor<2x5x3xi64>
    %22 = stablehlo.compare GE, %21, %19 : (tensor<2x5x3xi64>, tensor<2x5x3xi64>) -> tensor<2x5x3xi1>
    %23 = stablehlo.compare LT, %21, %20 : (tensor<2x5x3xi64>, tensor<2x5x3xi64>) -> tensor<2x5x3xi1>
    %24 = stablehlo.and %22, %23 : tensor<2x5x3xi1>
    %25 = stablehlo.select %24, %arg0, %cst : tensor<2x5x3xi1>, tensor<2x5x3xf32>
    %26 = stablehlo.slice %arg1 [1:2, 0:2, 0:3, 0:2] : (tensor<3x2x3x2xf32>) -> tensor<1x2x3x2xf32>
    %27 = stablehlo.reshape %26 : (tensor<1x2x3x2xf32>) -> tensor<2x3x2xf32>
    %28 = stablehlo.dot_general %25, %27, batching_dims = [0] x [0], contracting_dims = [2] x [1] : (tensor<2x5x3xf32>, tensor<2x3x2xf32>) -> tensor<2x5x2xf32>
    %29 = stablehlo.add %14, %28 : tensor<2x5x2xf32>
    %30 = stablehlo.slice %arg2 [0:2, 2:3] : (tensor<2x3xi32>) -> tensor<2x1xi32>
    %31 = stablehlo.reshape %30 : (tensor<2x1xi32>) -> tensor<2xi32>
    %32 = stablehlo.convert %31 : (tensor<2xi32>) -> tensor<2xi64>
    %33 = stablehlo.add %18, %32 : tensor<2xi64>
    %34 = stablehlo.broadcast_in_dim %18, dims = [0] : (tensor<2xi64>) -> tensor<2x5x3xi64>
    %35 = stablehlo.broadcast_in_dim %33, dims = [0] : (tensor<2xi64>) -> tensor<2x5x3xi64>
    %36 = stablehlo.broadcast_in_dim %0, dims = [0, 1, 2] : (tensor<1x5x1xi64>) -> tensor<2x5x3xi64>
    %37 = stablehlo.compare GE, %36, %34 : (tensor<2x5x3xi64>, tensor<2x5x3xi64>) -> tensor<2x5x3xi1>
    %38 = stablehlo.compare LT, %36, %35 : (tensor<2x5x3xi64>, tensor<2x5x3xi64>) -> tensor<2x5x3xi1>
    %39 = stablehlo.and %37, %38 : tensor<2x5x3xi1>
    %40 = stablehlo.select %39, %arg0, %cst : tensor<2x5x3xi1>, tensor<2x5x3xf32>
    %41 = stablehlo.slice %arg1 [2:3, 0:2, 0:3, 0:2] : (tensor<3x2x3x2xf32>) -> tensor<1x2x3x2xf32>
    %42 = stablehlo.reshape %41 : (tensor<1x2x3x2xf32>) -> tensor<2x3x2xf32>
    %43 = stablehlo.dot_general %40, %42, batching_dims = [0] x [0], contracting_dims = [2] x [1] : (tensor<2x5x3xf32>, tensor<2x3x2xf32>) -> tensor<2x5x2xf32>
    %44 = stablehlo.add %29, %43 : tensor<2x5x2xf32>
    return %44 : tensor<2x5x2xf32>
  }
}
// -----
// contracted.operation
module @f {
  func.func public @main(%arg0: tensor<3x6xf32>, %arg1: tensor<6x2xf32>, %arg2: tensor<3xi32>) -> (tensor<3x3x2xf32>) {
    %0 = "chlo.ragged_dot"(%arg0, %arg1, %arg2) <{precision_config = [#chlo<precision DEFAULT>, #chlo<precision DEFAULT>], ragged_dot_dimension_numbers = #chlo.ragged_dot<lhs_contracting_dimensions = [1], rhs_contracting_dimensions = [0], lhs_ragged_dimensions = [1]>}> : (tensor<3x6xf32>, tensor<6x2xf32>, tensor<3xi32>) -> tensor<3x3x2xf32>
    return %0 : tensor<3x3x2xf32>
  }
}
// -----
// contracted.composite
module @f {
  func.func public @main(%arg0: tensor<3x6xf32>, %arg1: tensor<6x2xf32>, %arg2: tensor<3xi32>) -> (tensor<3x3x2xf32>) {
    %0 = stablehlo.composite "chlo.ragged_dot" %arg0, %arg1, %arg2 {composite_attributes = {precision_config = ["DEFAULT", "DEFAULT"], ragged_dot_dimension_numbers = [dense<> : tensor<0xi64>, dense<> : tensor<0xi64>, dense<1> : tensor<1xi64>, dense<0> : tensor<1xi64>, dense<1> : tensor<1xi64>, dense<> : tensor<0xi64>]}, decomposition = @chlo.ragged_dot.impl, version = 1 : i32} : (tensor<3x6xf32>, tensor<6x2xf32>, tensor<3xi32>) -> tensor<3x3x2xf32>
    return %0 : tensor<3x3x2xf32>
  }
  func.func private @chlo.ragged_dot.impl(%arg0: tensor<3x6xf32> loc("jit(<lambda>)/ragged_dot_general"(#loc14)), %arg1: tensor<6x2xf32> loc("jit(<lambda>)/ragged_dot_general"(#loc14)), %arg2: tensor<3xi32> loc("jit(<lambda>)/ragged_dot_general"(#loc14))) -> tensor<3x3x2xf32> {
    %cst = stablehlo.constant dense<0.000000e+00> : tensor<3x6xf32>
    %c = stablehlo.constant dense<0> : tensor<i64>
    %0 = stablehlo.iota dim = 1 : tensor<1x6xi64>
    %1 = stablehlo.slice %arg2 [0:1] : (tensor<3xi32>) -> tensor<1xi32>
    %2 = stablehlo.reshape %1 : (tensor<1xi32>) -> tensor<i32>
    %3 = stablehlo.convert %2 : (tensor<i32>) -> tensor<i64>
    %4 = stablehlo.add %c, %3 : tensor<i64>
    %5 = stablehlo.broadcast_in_dim %c, dims = [] : (tensor<i64>) -> tensor<3x6xi64>
    %6 = stablehlo.broadcast_in_dim %4, dims = [] : (tensor<i64>) -> tensor<3x6xi64>
    %7 = stablehlo.broadcast_in_dim %0, dims = [0, 1] : (tensor<1x6xi64>) -> tensor<3x6xi64>
    %8 = stablehlo.compare GE, %7, %5 : (tensor<3x6xi64>, tensor<3x6xi64>) -> tensor<3x6xi1>
    %9 = stablehlo.compare LT, %7, %6 : (tensor<3x6xi64>, tensor<3x6xi64>) -> tensor<3x6xi1>
    %10 = stablehlo.and %8, %9 : tensor<3x6xi1>
    %11 = stablehlo.select %10, %arg0, %cst : tensor<3x6xi1>, tensor<3x6xf32>
    %12 = stablehlo.dot_general %11, %arg1, contracting_dims = [1] x [0] : (tensor<3x6xf32>, tensor<6x2xf32>) -> tensor<3x2xf32>
    %13 = stablehlo.slice %arg2 [1:2] : (tensor<3xi32>) -> tensor<1xi32>
    %14 = stablehlo.reshape %13 : (tensor<1xi32>) -> tensor<i32>
    %15 = stablehlo.convert %14 : (tensor<i32>) -> tensor<i64>
    %16 = stablehlo.add %4, %15 : tensor<i64>
    %17 = stablehlo.broadcast_in_dim %4, dims = [] : (tensor<i64>) -> tensor<3x6xi64>
    %18 = stablehlo.broadcast_in_dim %16, dims = [] : (tensor<i64>) -> tensor<3x6xi64>
    %19 = stablehlo.broadcast_in_dim %0, dims = [0, 1] : (tensor<1x6xi64>) -> tensor<3x6xi64>
    %20 = stablehlo.compare GE, %19, %17 : (tensor<3x6xi64>, tensor<3x6xi64>) -> tensor<3x6xi1>
    %21 = stablehlo.compare LT, %19, %18 : (tensor<3x6xi64>, tensor<3x6xi64>) -> tensor<3x6xi1>
    %22 = stablehlo.and %20, %21 : tensor<3x6xi1>
    %23 = stablehlo.select %22, %arg0, %cst : tensor<3x6xi1>, tensor<3x6xf32>
    %24 = stablehlo.dot_general %23, %arg1, contracting_dims = [1] x [0] : (tensor<3x6xf32>, tensor<6x2xf32>) -> tensor<3x2xf32>
    %25 = stablehlo.slice %arg2 [2:3] : (tensor<3xi32>) -> tensor<1xi32>
    %26 = stablehlo.reshape %25 : (tensor<1xi32>) -> tensor<i32>
    %27 = stablehlo.convert %26 : (tensor<i32>) -> tensor<i64>
    %28 = stablehlo.add %16, %27 : tensor<i64>
    %29 = stablehlo.broadcast_in_dim %16, dims = [] : (tensor<i64>) -> tensor<3x6xi64>
    %30 = stablehlo.broadcast_in_dim %28, dims = [] : (tensor<i64>) -> tensor<3x6xi64>
    %31 = stablehlo.broadcast_in_dim %0, dims = [0, 1] : (tensor<1x6xi64>) -> tensor<3x6xi64>
    %32 = stablehlo.compare GE, %31, %29 : (tensor<3x6xi64>, tensor<3x6xi64>) -> tensor<3x6xi1>
    %33 = stablehlo.compare LT, %31, %30 : (tensor<3x6xi64>, tensor<3x6xi64>) -> tensor<3x6xi1>
    %34 = stablehlo.and %32, %33 : tensor<3x6xi1>
    %35 = stablehlo.select %34, %arg0, %cst : tensor<3x6xi1>, tensor<3x6xf32>
    %36 = stablehlo.dot_general %35, %arg1, contracting_dims = [1] x [0] : (tensor<3x6xf32>, tensor<6x2xf32>) -> tensor<3x2xf32>
    %37 = stablehlo.reshape %12 : (tensor<3x2xf32>) -> tensor<1x3x2xf32>
    %38 = stablehlo.reshape %24 : (tensor<3x2xf32>) -> tensor<1x3x2xf32>
    %39 = stablehlo.reshape %36 : (tensor<3x2xf32>) -> tensor<1x3x2xf32>
    %40 = stablehlo.concatenate %37, %38, %39, dim = 0 : (tensor<1x3x2xf32>, tensor<1x3x2xf32>, tensor<1x3x2xf32>) -> tensor<3x3x2xf32>
    return %40 : tensor<3x3x2xf32>
  }
}
// -----
// contracted_batches.operation
module @f {
  func.func public @main(%arg0: tensor<3x5x2xf32>, %arg1: tensor<2x2x5xf32>, %arg2: tensor<2x2xi32>) -> (tensor<2x2x3x2xf32>) {
    %0 = "chlo.ragged_dot"(%arg0, %arg1, %arg2) <{precision_config = [#chlo<precision DEFAULT>, #chlo<precision DEFAULT>], ragged_dot_dimension_numbers = #chlo.ragged_dot<lhs_batching_dimensions = [2], rhs_batching_dimensions = [0], lhs_contracting_dimensions = [1], rhs_contracting_dimensions = [2], lhs_ragged_dimensions = [1]>}> : (tensor<3x5x2xf32>, tensor<2x2x5xf32>, tensor<2x2xi32>) -> tensor<2x2x3x2xf32>
    return %0 : tensor<2x2x3x2xf32>
  }
}
// -----
// batch_axis.operation
module @f {
  func.func public @main(%arg0: tensor<5x2x3xf32>, %arg1: tensor<5x3x2xf32>, %arg2: tensor<2xi32>) -> (tensor<5x2x2xf32>) {
    %0 = "chlo.ragged_dot"(%arg0, %arg1, %arg2) <{precision_config = [#chlo<precision DEFAULT>, #chlo<precision DEFAULT>], ragged_dot_dimension_numbers = #chlo.ragged_dot<lhs_batching_dimensions = [0], rhs_batching_dimensions = [0], lhs_contracting_dimensions = [2], rhs_contracting_dimensions = [1], lhs_ragged_dimensions = [0]>}> : (tensor<5x2x3xf32>, tensor<5x3x2xf32>, tensor<2xi32>) -> tensor<5x2x2xf32>
    return %0 : tensor<5x2x2xf32>
  }
}
// -----
// batch_axis.composite
module @f {
  func.func public @main(%arg0: tensor<5x2x3xf32>, %arg1: tensor<5x3x2xf32>, %arg2: tensor<2xi32>) -> (tensor<5x2x2xf32>) {
    %0 = stablehlo.composite "chlo.ragged_dot" %arg0, %arg1, %arg2 {composite_attributes = {precision_config = ["DEFAULT", "DEFAULT"], ragged_dot_dimension_numbers = [dense<0> : tensor<1xi64>, dense<0> : tensor<1xi64>, dense<2> : tensor<1xi64>, dense<1> : tensor<1xi64>, dense<0> : tensor<1xi64>, dense<> : tensor<0xi64>]}, decomposition = @chlo.ragged_dot.impl, version = 1 : i32} : (tensor<5x2x3xf32>, tensor<5x3x2xf32>, tensor<2xi32>) -> tensor<5x2x2xf32>
    return %0 : tensor<5x2x2xf32>
  }
  func.func private @chlo.ragged_dot.impl(%arg0: tensor<5x2x3xf32> loc("jit(<lambda>)/ragged_dot_general"(#loc14)), %arg1: tensor<5x3x2xf32> loc("jit(<lambda>)/ragged_dot_general"(#loc14)), %arg2: tensor<2xi32> loc("jit(<lambda>)/ragged_dot_general"(#loc14))) -> tensor<5x2x2xf32> {
    %0 = stablehlo.dot_general %arg0, %arg1, batching_dims = [0] x [0], contracting_dims = [2] x [1] : (tensor<5x2x3xf32>, tensor<5x3x2xf32>) -> tensor<5x2x2xf32>
    return %0 : tensor<5x2x2xf32>
  }
}
