// A barrier in a loop takes a carried value without a wait: kernels read memory that the iteration before has not written
// yet. On the device `local-task`, calls fail. The inner loop prevents that rune unrolls the outer one.
// input: 4xf32=1 2 3 4
// right: 4xf32=41 82 123 164
func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %zero = stablehlo.constant dense<0> : tensor<i32>
  %one = stablehlo.constant dense<1> : tensor<i32>
  %three = stablehlo.constant dense<3> : tensor<i32>
  %n = stablehlo.constant dense<40> : tensor<i32>
  %large = stablehlo.broadcast_in_dim %x, dims = [0] : (tensor<4xf32>) -> tensor<4x16384xf32>
  %r:3 = stablehlo.while(%i = %zero, %a = %large, %b = %large) : tensor<i32>, tensor<4x16384xf32>, tensor<4x16384xf32>
    cond {
      %p = stablehlo.compare LT, %i, %n : (tensor<i32>, tensor<i32>) -> tensor<i1>
      stablehlo.return %p : tensor<i1>
    } do {
      %j = stablehlo.add %i, %one : tensor<i32>
      %c = stablehlo.optimization_barrier %b : tensor<4x16384xf32>
      %d = stablehlo.add %c, %large : tensor<4x16384xf32>
      %e = stablehlo.optimization_barrier %d : tensor<4x16384xf32>
      %m:2 = stablehlo.while(%k = %zero, %l = %a) : tensor<i32>, tensor<4x16384xf32>
        cond {
          %p = stablehlo.compare LT, %k, %three : (tensor<i32>, tensor<i32>) -> tensor<i1>
          stablehlo.return %p : tensor<i1>
        } do {
          %q = stablehlo.add %k, %one : tensor<i32>
          %o = stablehlo.negate %l : tensor<4x16384xf32>
          stablehlo.return %q, %o : tensor<i32>, tensor<4x16384xf32>
        }
      %f = stablehlo.subtract %e, %m#1 : tensor<4x16384xf32>
      stablehlo.return %j, %m#1, %f : tensor<i32>, tensor<4x16384xf32>, tensor<4x16384xf32>
    }
  %s = stablehlo.slice %r#2 [0:4, 7:8] : (tensor<4x16384xf32>) -> tensor<4x1xf32>
  %t = stablehlo.reshape %s : (tensor<4x1xf32>) -> tensor<4xf32>
  return %t : tensor<4xf32>
}
