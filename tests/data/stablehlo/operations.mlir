// unary
module @jit__lambda attributes {mhlo.num_partitions = 1 : i32, mhlo.num_replicas = 1 : i32} {
  func.func public @main(%arg0: tensor<3x4xf32>) -> (tensor<3x4xf32> {jax.result_info = "result[0]"}, tensor<3x4xf32> {jax.result_info = "result[1]"}, tensor<3x4xf32> {jax.result_info = "result[2]"}, tensor<3x4xf32> {jax.result_info = "result[3]"}, tensor<3x4xf32> {jax.result_info = "result[4]"}, tensor<3x4xf32> {jax.result_info = "result[5]"}, tensor<3x4xf32> {jax.result_info = "result[6]"}, tensor<3x4xf32> {jax.result_info = "result[7]"}, tensor<3x4xf32> {jax.result_info = "result[8]"}, tensor<3x4xf32> {jax.result_info = "result[9]"}, tensor<3x4xf32> {jax.result_info = "result[10]"}, tensor<3x4xf32> {jax.result_info = "result[11]"}, tensor<3x4xf32> {jax.result_info = "result[12]"}, tensor<3x4xf32> {jax.result_info = "result[13]"}, tensor<3x4xi1> {jax.result_info = "result[14]"}, tensor<3x4xf32> {jax.result_info = "result[15]"}, tensor<3x4xf32> {jax.result_info = "result[16]"}, tensor<3x4xf32> {jax.result_info = "result[17]"}) {
    %0 = stablehlo.sine %arg0 : tensor<3x4xf32>
    %1 = stablehlo.cosine %arg0 : tensor<3x4xf32>
    %2 = stablehlo.tan %arg0 : tensor<3x4xf32>
    %3 = stablehlo.tanh %arg0 : tensor<3x4xf32>
    %4 = stablehlo.exponential %arg0 : tensor<3x4xf32>
    %5 = stablehlo.exponential_minus_one %arg0 : tensor<3x4xf32>
    %6 = stablehlo.cbrt %arg0 : tensor<3x4xf32>
    %7 = stablehlo.floor %arg0 : tensor<3x4xf32>
    %8 = stablehlo.ceil %arg0 : tensor<3x4xf32>
    %9 = call @round(%arg0) : (tensor<3x4xf32>) -> tensor<3x4xf32>
    %10 = stablehlo.round_nearest_afz %arg0 : tensor<3x4xf32>
    %11 = stablehlo.sign %arg0 : tensor<3x4xf32>
    %12 = stablehlo.abs %arg0 : tensor<3x4xf32>
    %13 = stablehlo.negate %arg0 : tensor<3x4xf32>
    %14 = stablehlo.is_finite %arg0 : (tensor<3x4xf32>) -> tensor<3x4xi1>
    %15 = chlo.erf %arg0 : tensor<3x4xf32> -> tensor<3x4xf32>
    %16 = stablehlo.negate %arg0 : tensor<3x4xf32>
    %17 = stablehlo.exponential %16 : tensor<3x4xf32>
    %cst = stablehlo.constant dense<1.000000e+00> : tensor<f32>
    %18 = stablehlo.broadcast_in_dim %cst, dims = [] : (tensor<f32>) -> tensor<3x4xf32>
    %19 = stablehlo.add %18, %17 : tensor<3x4xf32>
    %cst_0 = stablehlo.constant dense<1.000000e+00> : tensor<f32>
    %20 = stablehlo.broadcast_in_dim %cst_0, dims = [] : (tensor<f32>) -> tensor<3x4xf32>
    %21 = stablehlo.divide %20, %19 : tensor<3x4xf32>
    %22 = chlo.square %arg0 : tensor<3x4xf32> -> tensor<3x4xf32>
    return %0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %21, %22 : tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x4xi1>, tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>
  }
  func.func private @round(%arg0: tensor<3x4xf32>) -> tensor<3x4xf32> {
    %0 = stablehlo.round_nearest_even %arg0 : tensor<3x4xf32>
    return %0 : tensor<3x4xf32>
  }
}
// -----
// positive
module @jit__lambda attributes {mhlo.num_partitions = 1 : i32, mhlo.num_replicas = 1 : i32} {
  func.func public @main(%arg0: tensor<6xf32>) -> (tensor<6xf32> {jax.result_info = "result[0]"}, tensor<6xf32> {jax.result_info = "result[1]"}, tensor<6xf32> {jax.result_info = "result[2]"}, tensor<6xf32> {jax.result_info = "result[3]"}, tensor<6xf32> {jax.result_info = "result[4]"}) {
    %0 = stablehlo.log %arg0 : tensor<6xf32>
    %1 = stablehlo.log_plus_one %arg0 : tensor<6xf32>
    %2 = stablehlo.sqrt %arg0 : tensor<6xf32>
    %3 = stablehlo.rsqrt %arg0 : tensor<6xf32>
    %4 = stablehlo.power %arg0, %arg0 : tensor<6xf32>
    return %0, %1, %2, %3, %4 : tensor<6xf32>, tensor<6xf32>, tensor<6xf32>, tensor<6xf32>, tensor<6xf32>
  }
}
// -----
// chlo
#loc1 = loc("xs[0]")
#loc2 = loc("scripts/oracle/stablehlo.py":75:29 to :35)
#loc3 = loc("scripts/oracle/stablehlo.py":75:23 to :48)
#loc4 = loc("scripts/oracle/stablehlo.py":140:11 to :47)
#loc5 = loc("scripts/oracle/stablehlo.py":155:15 to :32)
#loc6 = loc("scripts/vectors":46:4 to :80)
#loc7 = loc("scripts/vectors":50:4 to :10)
#loc8 = loc("elementwise.<locals>.<lambda>.<locals>.<genexpr>"(#loc2))
#loc9 = loc("elementwise.<locals>.<lambda>"(#loc3))
#loc10 = loc("exported"(#loc4))
#loc11 = loc("main"(#loc5))
#loc12 = loc("main"(#loc6))
#loc13 = loc("<module>"(#loc7))
#loc14 = loc(callsite(#loc12 at #loc13))
#loc15 = loc(callsite(#loc11 at #loc14))
#loc16 = loc(callsite(#loc10 at #loc15))
#loc17 = loc(callsite(#loc9 at #loc16))
#loc19 = loc(callsite(#loc8 at #loc17))
#loc21 = loc("jit(<lambda>)/sinh"(#loc19))
#loc22 = loc("jit(<lambda>)/cosh"(#loc19))
#loc23 = loc("jit(<lambda>)/asinh"(#loc19))
#loc24 = loc("jit(<lambda>)/atanh"(#loc19))
#loc25 = loc("jit(<lambda>)/asin"(#loc19))
#loc26 = loc("jit(<lambda>)/acos"(#loc19))
module @jit__lambda attributes {jax.uses_shape_polymorphism = false, mhlo.num_partitions = 1 : i32, mhlo.num_replicas = 1 : i32} {
  func.func public @main(%arg0: tensor<3x4xf32> loc("xs[0]")) -> (tensor<3x4xf32> {jax.result_info = "result[0]"}, tensor<3x4xf32> {jax.result_info = "result[1]"}, tensor<3x4xf32> {jax.result_info = "result[2]"}, tensor<3x4xf32> {jax.result_info = "result[3]"}, tensor<3x4xf32> {jax.result_info = "result[4]"}, tensor<3x4xf32> {jax.result_info = "result[5]"}, tensor<3x4xf32> {jax.result_info = "result[6]"}, tensor<3x4xf32> {jax.result_info = "result[7]"}) {
    %cst = stablehlo.constant dense<0x7F800000> : tensor<3x4xf32> loc(#loc20)
    %cst_0 = stablehlo.constant dense<2.83297682> : tensor<3x4xf32> loc(#loc20)
    %cst_1 = stablehlo.constant dense<1.50140941> : tensor<3x4xf32> loc(#loc20)
    %cst_2 = stablehlo.constant dense<1.00167406> : tensor<3x4xf32> loc(#loc20)
    %cst_3 = stablehlo.constant dense<0.246640727> : tensor<3x4xf32> loc(#loc20)
    %cst_4 = stablehlo.constant dense<0.00943887047> : tensor<3x4xf32> loc(#loc20)
    %cst_5 = stablehlo.constant dense<-0.00417768164> : tensor<3x4xf32> loc(#loc20)
    %cst_6 = stablehlo.constant dense<-0.0076224613> : tensor<3x4xf32> loc(#loc20)
    %cst_7 = stablehlo.constant dense<-0.00125372503> : tensor<3x4xf32> loc(#loc20)
    %cst_8 = stablehlo.constant dense<0.00573950773> : tensor<3x4xf32> loc(#loc20)
    %cst_9 = stablehlo.constant dense<2.1858087E-4> : tensor<3x4xf32> loc(#loc20)
    %cst_10 = stablehlo.constant dense<-0.00367342844> : tensor<3x4xf32> loc(#loc20)
    %cst_11 = stablehlo.constant dense<-4.39150654E-6> : tensor<3x4xf32> loc(#loc20)
    %cst_12 = stablehlo.constant dense<0.00134934322> : tensor<3x4xf32> loc(#loc20)
    %cst_13 = stablehlo.constant dense<-3.5233877E-6> : tensor<3x4xf32> loc(#loc20)
    %cst_14 = stablehlo.constant dense<1.00950558E-4> : tensor<3x4xf32> loc(#loc20)
    %cst_15 = stablehlo.constant dense<3.43273939E-7> : tensor<3x4xf32> loc(#loc20)
    %cst_16 = stablehlo.constant dense<-2.00214257E-4> : tensor<3x4xf32> loc(#loc20)
    %cst_17 = stablehlo.constant dense<2.81022636E-8> : tensor<3x4xf32> loc(#loc20)
    %cst_18 = stablehlo.constant dense<3.000000e+00> : tensor<3x4xf32> loc(#loc20)
    %cst_19 = stablehlo.constant dense<2.500000e+00> : tensor<3x4xf32> loc(#loc20)
    %cst_20 = stablehlo.constant dense<5.000000e+00> : tensor<3x4xf32> loc(#loc20)
    %cst_21 = stablehlo.constant dense<1.000000e+00> : tensor<3x4xf32> loc(#loc)
    %0 = stablehlo.composite "chlo.sinh" %arg0 {decomposition = @chlo.sinh.impl, version = 1 : i32} : (tensor<3x4xf32>) -> tensor<3x4xf32> loc(#loc21)
    %1 = stablehlo.composite "chlo.cosh" %arg0 {decomposition = @chlo.cosh.impl, version = 1 : i32} : (tensor<3x4xf32>) -> tensor<3x4xf32> loc(#loc22)
    %2 = stablehlo.composite "chlo.asinh" %arg0 {decomposition = @chlo.asinh.impl, version = 1 : i32} : (tensor<3x4xf32>) -> tensor<3x4xf32> loc(#loc23)
    %3 = stablehlo.composite "chlo.atanh" %arg0 {decomposition = @chlo.atanh.impl, version = 1 : i32} : (tensor<3x4xf32>) -> tensor<3x4xf32> loc(#loc24)
    %4 = stablehlo.composite "chlo.asin" %arg0 {decomposition = @chlo.asin.impl, version = 1 : i32} : (tensor<3x4xf32>) -> tensor<3x4xf32> loc(#loc25)
    %5 = stablehlo.composite "chlo.acos" %arg0 {decomposition = @chlo.acos.impl, version = 1 : i32} : (tensor<3x4xf32>) -> tensor<3x4xf32> loc(#loc26)
    %6 = stablehlo.atan2 %arg0, %cst_21 : tensor<3x4xf32> loc(#loc27)
    %7 = stablehlo.negate %arg0 : tensor<3x4xf32> loc(#loc20)
    %8 = stablehlo.multiply %arg0, %7 : tensor<3x4xf32> loc(#loc20)
    %9 = stablehlo.log_plus_one %8 : tensor<3x4xf32> loc(#loc20)
    %10 = stablehlo.negate %9 : tensor<3x4xf32> loc(#loc20)
    %11 = stablehlo.compare LT, %10, %cst_20 : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xi1> loc(#loc20)
    %12 = stablehlo.subtract %10, %cst_19 : tensor<3x4xf32> loc(#loc20)
    %13 = stablehlo.sqrt %10 : tensor<3x4xf32> loc(#loc20)
    %14 = stablehlo.subtract %13, %cst_18 : tensor<3x4xf32> loc(#loc20)
    %15 = stablehlo.select %11, %12, %14 : tensor<3x4xi1>, tensor<3x4xf32> loc(#loc20)
    %16 = stablehlo.select %11, %cst_17, %cst_16 : tensor<3x4xi1>, tensor<3x4xf32> loc(#loc20)
    %17 = stablehlo.select %11, %cst_15, %cst_14 : tensor<3x4xi1>, tensor<3x4xf32> loc(#loc20)
    %18 = stablehlo.multiply %16, %15 : tensor<3x4xf32> loc(#loc20)
    %19 = stablehlo.add %17, %18 : tensor<3x4xf32> loc(#loc20)
    %20 = stablehlo.select %11, %cst_13, %cst_12 : tensor<3x4xi1>, tensor<3x4xf32> loc(#loc20)
    %21 = stablehlo.multiply %19, %15 : tensor<3x4xf32> loc(#loc20)
    %22 = stablehlo.add %20, %21 : tensor<3x4xf32> loc(#loc20)
    %23 = stablehlo.select %11, %cst_11, %cst_10 : tensor<3x4xi1>, tensor<3x4xf32> loc(#loc20)
    %24 = stablehlo.multiply %22, %15 : tensor<3x4xf32> loc(#loc20)
    %25 = stablehlo.add %23, %24 : tensor<3x4xf32> loc(#loc20)
    %26 = stablehlo.select %11, %cst_9, %cst_8 : tensor<3x4xi1>, tensor<3x4xf32> loc(#loc20)
    %27 = stablehlo.multiply %25, %15 : tensor<3x4xf32> loc(#loc20)
    %28 = stablehlo.add %26, %27 : tensor<3x4xf32> loc(#loc20)
    %29 = stablehlo.select %11, %cst_7, %cst_6 : tensor<3x4xi1>, tensor<3x4xf32> loc(#loc20)
    %30 = stablehlo.multiply %28, %15 : tensor<3x4xf32> loc(#loc20)
    %31 = stablehlo.add %29, %30 : tensor<3x4xf32> loc(#loc20)
    %32 = stablehlo.select %11, %cst_5, %cst_4 : tensor<3x4xi1>, tensor<3x4xf32> loc(#loc20)
    %33 = stablehlo.multiply %31, %15 : tensor<3x4xf32> loc(#loc20)
    %34 = stablehlo.add %32, %33 : tensor<3x4xf32> loc(#loc20)
    %35 = stablehlo.select %11, %cst_3, %cst_2 : tensor<3x4xi1>, tensor<3x4xf32> loc(#loc20)
    %36 = stablehlo.multiply %34, %15 : tensor<3x4xf32> loc(#loc20)
    %37 = stablehlo.add %35, %36 : tensor<3x4xf32> loc(#loc20)
    %38 = stablehlo.select %11, %cst_1, %cst_0 : tensor<3x4xi1>, tensor<3x4xf32> loc(#loc20)
    %39 = stablehlo.multiply %37, %15 : tensor<3x4xf32> loc(#loc20)
    %40 = stablehlo.add %38, %39 : tensor<3x4xf32> loc(#loc20)
    %41 = stablehlo.multiply %40, %arg0 : tensor<3x4xf32> loc(#loc20)
    %42 = stablehlo.abs %arg0 : tensor<3x4xf32> loc(#loc20)
    %43 = stablehlo.compare EQ, %42, %cst_21 : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xi1> loc(#loc20)
    %44 = stablehlo.multiply %arg0, %cst : tensor<3x4xf32> loc(#loc20)
    %45 = stablehlo.select %43, %44, %41 : tensor<3x4xi1>, tensor<3x4xf32> loc(#loc20)
    return %0, %1, %2, %3, %4, %5, %6, %45 : tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32> loc(#loc18)
  } loc(#loc)
  func.func private @chlo.acos.impl(%arg0: tensor<3x4xf32> loc("jit(<lambda>)/acos"(#loc19))) -> tensor<3x4xf32> {
    %cst = stablehlo.constant dense<1.000000e+00> : tensor<3x4xf32> loc(#loc26)
    %0 = stablehlo.subtract %cst, %arg0 : tensor<3x4xf32> loc(#loc26)
    %1 = stablehlo.add %cst, %arg0 : tensor<3x4xf32> loc(#loc26)
    %2 = stablehlo.multiply %0, %1 : tensor<3x4xf32> loc(#loc26)
    %3 = stablehlo.sqrt %2 : tensor<3x4xf32> loc(#loc26)
    %4 = stablehlo.atan2 %3, %arg0 : tensor<3x4xf32> loc(#loc26)
    return %4 : tensor<3x4xf32> loc(#loc26)
  } loc(#loc26)
  func.func private @chlo.asin.impl(%arg0: tensor<3x4xf32> loc("jit(<lambda>)/asin"(#loc19))) -> tensor<3x4xf32> {
    %cst = stablehlo.constant dense<1.000000e+00> : tensor<3x4xf32> loc(#loc25)
    %0 = stablehlo.subtract %cst, %arg0 : tensor<3x4xf32> loc(#loc25)
    %1 = stablehlo.add %cst, %arg0 : tensor<3x4xf32> loc(#loc25)
    %2 = stablehlo.multiply %0, %1 : tensor<3x4xf32> loc(#loc25)
    %3 = stablehlo.sqrt %2 : tensor<3x4xf32> loc(#loc25)
    %4 = stablehlo.add %cst, %3 : tensor<3x4xf32> loc(#loc25)
    %5 = stablehlo.atan2 %arg0, %4 : tensor<3x4xf32> loc(#loc25)
    %6 = stablehlo.add %5, %5 : tensor<3x4xf32> loc(#loc25)
    return %6 : tensor<3x4xf32> loc(#loc25)
  } loc(#loc25)
  func.func private @chlo.atanh.impl(%arg0: tensor<3x4xf32> loc("jit(<lambda>)/atanh"(#loc19))) -> tensor<3x4xf32> {
    %cst = stablehlo.constant dense<5.000000e-01> : tensor<3x4xf32> loc(#loc24)
    %cst_0 = stablehlo.constant dense<0x7FC00000> : tensor<3x4xf32> loc(#loc24)
    %cst_1 = stablehlo.constant dense<1.000000e+00> : tensor<3x4xf32> loc(#loc24)
    %0 = stablehlo.abs %arg0 : tensor<3x4xf32> loc(#loc24)
    %1 = stablehlo.compare GT, %0, %cst_1 : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xi1> loc(#loc24)
    %2 = stablehlo.log_plus_one %arg0 : tensor<3x4xf32> loc(#loc24)
    %3 = stablehlo.negate %arg0 : tensor<3x4xf32> loc(#loc24)
    %4 = stablehlo.log_plus_one %3 : tensor<3x4xf32> loc(#loc24)
    %5 = stablehlo.subtract %2, %4 : tensor<3x4xf32> loc(#loc24)
    %6 = stablehlo.multiply %5, %cst : tensor<3x4xf32> loc(#loc24)
    %7 = stablehlo.select %1, %cst_0, %6 : tensor<3x4xi1>, tensor<3x4xf32> loc(#loc24)
    return %7 : tensor<3x4xf32> loc(#loc24)
  } loc(#loc24)
  func.func private @chlo.asinh.impl(%arg0: tensor<3x4xf32> loc("jit(<lambda>)/asinh"(#loc19))) -> tensor<3x4xf32> {
    %cst = stablehlo.constant dense<1.000000e+00> : tensor<3x4xf32> loc(#loc23)
    %cst_0 = stablehlo.constant dense<2.000000e+00> : tensor<3x4xf32> loc(#loc23)
    %cst_1 = stablehlo.constant dense<3.40282347E+38> : tensor<3x4xf32> loc(#loc23)
    %0 = stablehlo.sign %arg0 : tensor<3x4xf32> loc(#loc23)
    %1 = stablehlo.abs %arg0 : tensor<3x4xf32> loc(#loc23)
    %2 = stablehlo.sqrt %cst_1 : tensor<3x4xf32> loc(#loc23)
    %3 = stablehlo.compare GE, %1, %2 : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xi1> loc(#loc23)
    %4 = stablehlo.log %cst_0 : tensor<3x4xf32> loc(#loc23)
    %5 = stablehlo.log %1 : tensor<3x4xf32> loc(#loc23)
    %6 = stablehlo.add %4, %5 : tensor<3x4xf32> loc(#loc23)
    %7 = stablehlo.multiply %1, %1 : tensor<3x4xf32> loc(#loc23)
    %8 = stablehlo.add %cst, %7 : tensor<3x4xf32> loc(#loc23)
    %9 = stablehlo.sqrt %8 : tensor<3x4xf32> loc(#loc23)
    %10 = stablehlo.add %cst, %9 : tensor<3x4xf32> loc(#loc23)
    %11 = stablehlo.divide %7, %10 : tensor<3x4xf32> loc(#loc23)
    %12 = stablehlo.add %1, %11 : tensor<3x4xf32> loc(#loc23)
    %13 = stablehlo.log_plus_one %12 : tensor<3x4xf32> loc(#loc23)
    %14 = stablehlo.select %3, %6, %13 : tensor<3x4xi1>, tensor<3x4xf32> loc(#loc23)
    %15 = stablehlo.multiply %0, %14 : tensor<3x4xf32> loc(#loc23)
    return %15 : tensor<3x4xf32> loc(#loc23)
  } loc(#loc23)
  func.func private @chlo.cosh.impl(%arg0: tensor<3x4xf32> loc("jit(<lambda>)/cosh"(#loc19))) -> tensor<3x4xf32> {
    %cst = stablehlo.constant dense<5.000000e-01> : tensor<3x4xf32> loc(#loc22)
    %0 = stablehlo.log %cst : tensor<3x4xf32> loc(#loc22)
    %1 = stablehlo.add %arg0, %0 : tensor<3x4xf32> loc(#loc22)
    %2 = stablehlo.exponential %1 : tensor<3x4xf32> loc(#loc22)
    %3 = stablehlo.subtract %0, %arg0 : tensor<3x4xf32> loc(#loc22)
    %4 = stablehlo.exponential %3 : tensor<3x4xf32> loc(#loc22)
    %5 = stablehlo.add %2, %4 : tensor<3x4xf32> loc(#loc22)
    return %5 : tensor<3x4xf32> loc(#loc22)
  } loc(#loc22)
  func.func private @chlo.sinh.impl(%arg0: tensor<3x4xf32> loc("jit(<lambda>)/sinh"(#loc19))) -> tensor<3x4xf32> {
    %cst = stablehlo.constant dense<1.000000e+00> : tensor<3x4xf32> loc(#loc21)
    %cst_0 = stablehlo.constant dense<5.000000e-01> : tensor<3x4xf32> loc(#loc)
    %0 = stablehlo.log %cst_0 : tensor<3x4xf32> loc(#loc21)
    %1 = stablehlo.add %arg0, %0 : tensor<3x4xf32> loc(#loc21)
    %2 = stablehlo.exponential %1 : tensor<3x4xf32> loc(#loc21)
    %3 = stablehlo.subtract %0, %arg0 : tensor<3x4xf32> loc(#loc21)
    %4 = stablehlo.exponential %3 : tensor<3x4xf32> loc(#loc21)
    %5 = stablehlo.subtract %2, %4 : tensor<3x4xf32> loc(#loc21)
    %6 = stablehlo.exponential_minus_one %arg0 : tensor<3x4xf32> loc(#loc21)
    %7 = stablehlo.add %6, %cst : tensor<3x4xf32> loc(#loc21)
    %8 = stablehlo.divide %6, %7 : tensor<3x4xf32> loc(#loc21)
    %9 = stablehlo.add %6, %8 : tensor<3x4xf32> loc(#loc21)
    %10 = stablehlo.multiply %cst_0, %9 : tensor<3x4xf32> loc(#loc21)
    %11 = stablehlo.abs %arg0 : tensor<3x4xf32> loc(#loc21)
    %12 = stablehlo.compare LT, %11, %cst : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xi1> loc(#loc21)
    %13 = stablehlo.select %12, %10, %5 : tensor<3x4xi1>, tensor<3x4xf32> loc(#loc21)
    return %13 : tensor<3x4xf32> loc(#loc21)
  } loc(#loc21)
} loc(#loc)
#loc = loc(unknown)
#loc18 = loc("jit(<lambda>)"(#loc16))
#loc20 = loc("jit(<lambda>)/erf_inv"(#loc19))
#loc27 = loc("jit(<lambda>)/atan"(#loc19))
// -----
// binary
module @jit__lambda attributes {mhlo.num_partitions = 1 : i32, mhlo.num_replicas = 1 : i32} {
  func.func public @main(%arg0: tensor<3x4xf32>, %arg1: tensor<3x4xf32>) -> (tensor<3x4xf32> {jax.result_info = "result[0]"}, tensor<3x4xf32> {jax.result_info = "result[1]"}, tensor<3x4xf32> {jax.result_info = "result[2]"}, tensor<3x4xf32> {jax.result_info = "result[3]"}, tensor<3x4xf32> {jax.result_info = "result[4]"}, tensor<3x4xf32> {jax.result_info = "result[5]"}, tensor<3x4xf32> {jax.result_info = "result[6]"}, tensor<3x4xf32> {jax.result_info = "result[7]"}) {
    %0 = stablehlo.add %arg0, %arg1 : tensor<3x4xf32>
    %1 = stablehlo.subtract %arg0, %arg1 : tensor<3x4xf32>
    %2 = stablehlo.multiply %arg0, %arg1 : tensor<3x4xf32>
    %3 = stablehlo.divide %arg0, %arg1 : tensor<3x4xf32>
    %4 = stablehlo.maximum %arg0, %arg1 : tensor<3x4xf32>
    %5 = stablehlo.minimum %arg0, %arg1 : tensor<3x4xf32>
    %6 = stablehlo.atan2 %arg0, %arg1 : tensor<3x4xf32>
    %7 = stablehlo.remainder %arg0, %arg1 : tensor<3x4xf32>
    return %0, %1, %2, %3, %4, %5, %6, %7 : tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>
  }
}
// -----
// integers
module @jit__lambda attributes {mhlo.num_partitions = 1 : i32, mhlo.num_replicas = 1 : i32} {
  func.func public @main(%arg0: tensor<7xi32>) -> (tensor<7xi32> {jax.result_info = "result[0]"}, tensor<7xi32> {jax.result_info = "result[1]"}, tensor<7xi32> {jax.result_info = "result[2]"}, tensor<7xi32> {jax.result_info = "result[3]"}, tensor<7xi32> {jax.result_info = "result[4]"}, tensor<7xi32> {jax.result_info = "result[5]"}, tensor<7xi32> {jax.result_info = "result[6]"}, tensor<7xi32> {jax.result_info = "result[7]"}, tensor<7xi32> {jax.result_info = "result[8]"}, tensor<7xi32> {jax.result_info = "result[9]"}, tensor<7xi32> {jax.result_info = "result[10]"}, tensor<7xf32> {jax.result_info = "result[11]"}) {
    %0 = stablehlo.popcnt %arg0 : tensor<7xi32>
    %1 = stablehlo.count_leading_zeros %arg0 : tensor<7xi32>
    %2 = stablehlo.not %arg0 : tensor<7xi32>
    %c = stablehlo.constant dense<2> : tensor<i32>
    %3 = stablehlo.broadcast_in_dim %c, dims = [] : (tensor<i32>) -> tensor<7xi32>
    %4 = stablehlo.shift_left %arg0, %3 : tensor<7xi32>
    %c_0 = stablehlo.constant dense<1> : tensor<i32>
    %5 = stablehlo.broadcast_in_dim %c_0, dims = [] : (tensor<i32>) -> tensor<7xi32>
    %6 = stablehlo.shift_right_arithmetic %arg0, %5 : tensor<7xi32>
    %7 = stablehlo.shift_right_logical %arg0, %arg0 : tensor<7xi32>
    %c_1 = stablehlo.constant dense<3> : tensor<i32>
    %8 = call @floor_divide(%arg0, %c_1) : (tensor<7xi32>, tensor<i32>) -> tensor<7xi32>
    %c_2 = stablehlo.constant dense<3> : tensor<i32>
    %9 = call @remainder(%arg0, %c_2) : (tensor<7xi32>, tensor<i32>) -> tensor<7xi32>
    %c_3 = stablehlo.constant dense<5> : tensor<i32>
    %10 = stablehlo.broadcast_in_dim %c_3, dims = [] : (tensor<i32>) -> tensor<7xi32>
    %11 = stablehlo.xor %arg0, %10 : tensor<7xi32>
    %c_4 = stablehlo.constant dense<6> : tensor<i32>
    %12 = stablehlo.broadcast_in_dim %c_4, dims = [] : (tensor<i32>) -> tensor<7xi32>
    %13 = stablehlo.and %arg0, %12 : tensor<7xi32>
    %c_5 = stablehlo.constant dense<1> : tensor<i32>
    %14 = stablehlo.broadcast_in_dim %c_5, dims = [] : (tensor<i32>) -> tensor<7xi32>
    %15 = stablehlo.or %arg0, %14 : tensor<7xi32>
    %16 = stablehlo.bitcast_convert %arg0 : (tensor<7xi32>) -> tensor<7xf32>
    return %0, %1, %2, %4, %6, %7, %8, %9, %11, %13, %15, %16 : tensor<7xi32>, tensor<7xi32>, tensor<7xi32>, tensor<7xi32>, tensor<7xi32>, tensor<7xi32>, tensor<7xi32>, tensor<7xi32>, tensor<7xi32>, tensor<7xi32>, tensor<7xi32>, tensor<7xf32>
  }
  func.func private @floor_divide(%arg0: tensor<7xi32>, %arg1: tensor<i32>) -> tensor<7xi32> {
    %0 = stablehlo.convert %arg1 : tensor<i32>
    %1 = stablehlo.broadcast_in_dim %0, dims = [] : (tensor<i32>) -> tensor<7xi32>
    %2 = stablehlo.divide %arg0, %1 : tensor<7xi32>
    %3 = stablehlo.sign %arg0 : tensor<7xi32>
    %4 = stablehlo.sign %0 : tensor<i32>
    %5 = stablehlo.broadcast_in_dim %4, dims = [] : (tensor<i32>) -> tensor<7xi32>
    %6 = stablehlo.compare NE, %3, %5, SIGNED : (tensor<7xi32>, tensor<7xi32>) -> tensor<7xi1>
    %7 = stablehlo.broadcast_in_dim %0, dims = [] : (tensor<i32>) -> tensor<7xi32>
    %8 = stablehlo.remainder %arg0, %7 : tensor<7xi32>
    %c = stablehlo.constant dense<0> : tensor<i32>
    %9 = stablehlo.broadcast_in_dim %c, dims = [] : (tensor<i32>) -> tensor<7xi32>
    %10 = stablehlo.compare NE, %8, %9, SIGNED : (tensor<7xi32>, tensor<7xi32>) -> tensor<7xi1>
    %11 = stablehlo.and %6, %10 : tensor<7xi1>
    %c_0 = stablehlo.constant dense<1> : tensor<i32>
    %12 = stablehlo.broadcast_in_dim %c_0, dims = [] : (tensor<i32>) -> tensor<7xi32>
    %13 = stablehlo.subtract %2, %12 : tensor<7xi32>
    %14 = call @_where(%11, %13, %2) : (tensor<7xi1>, tensor<7xi32>, tensor<7xi32>) -> tensor<7xi32>
    return %14 : tensor<7xi32>
  }
  func.func private @_where(%arg0: tensor<7xi1>, %arg1: tensor<7xi32>, %arg2: tensor<7xi32>) -> tensor<7xi32> {
    %0 = stablehlo.select %arg0, %arg1, %arg2 : tensor<7xi1>, tensor<7xi32>
    return %0 : tensor<7xi32>
  }
  func.func private @remainder(%arg0: tensor<7xi32>, %arg1: tensor<i32>) -> tensor<7xi32> {
    %0 = stablehlo.convert %arg1 : tensor<i32>
    %c = stablehlo.constant dense<0> : tensor<i32>
    %1 = stablehlo.compare EQ, %0, %c, SIGNED : (tensor<i32>, tensor<i32>) -> tensor<i1>
    %c_0 = stablehlo.constant dense<1> : tensor<i32>
    %2 = call @_where_0(%1, %c_0, %0) : (tensor<i1>, tensor<i32>, tensor<i32>) -> tensor<i32>
    %3 = stablehlo.broadcast_in_dim %2, dims = [] : (tensor<i32>) -> tensor<7xi32>
    %4 = stablehlo.remainder %arg0, %3 : tensor<7xi32>
    %c_1 = stablehlo.constant dense<0> : tensor<i32>
    %5 = stablehlo.broadcast_in_dim %c_1, dims = [] : (tensor<i32>) -> tensor<7xi32>
    %6 = stablehlo.compare NE, %4, %5, SIGNED : (tensor<7xi32>, tensor<7xi32>) -> tensor<7xi1>
    %c_2 = stablehlo.constant dense<0> : tensor<i32>
    %7 = stablehlo.broadcast_in_dim %c_2, dims = [] : (tensor<i32>) -> tensor<7xi32>
    %8 = stablehlo.compare LT, %4, %7, SIGNED : (tensor<7xi32>, tensor<7xi32>) -> tensor<7xi1>
    %c_3 = stablehlo.constant dense<0> : tensor<i32>
    %9 = stablehlo.compare LT, %2, %c_3, SIGNED : (tensor<i32>, tensor<i32>) -> tensor<i1>
    %10 = stablehlo.broadcast_in_dim %9, dims = [] : (tensor<i1>) -> tensor<7xi1>
    %11 = stablehlo.compare NE, %8, %10, UNSIGNED : (tensor<7xi1>, tensor<7xi1>) -> tensor<7xi1>
    %12 = stablehlo.and %11, %6 : tensor<7xi1>
    %13 = stablehlo.broadcast_in_dim %2, dims = [] : (tensor<i32>) -> tensor<7xi32>
    %14 = stablehlo.add %4, %13 : tensor<7xi32>
    %15 = stablehlo.select %12, %14, %4 : tensor<7xi1>, tensor<7xi32>
    return %15 : tensor<7xi32>
  }
  func.func private @_where_0(%arg0: tensor<i1>, %arg1: tensor<i32>, %arg2: tensor<i32>) -> tensor<i32> {
    %0 = stablehlo.select %arg0, %arg1, %arg2 : tensor<i1>, tensor<i32>
    return %0 : tensor<i32>
  }
}
// -----
// bytes
module @jit__lambda attributes {mhlo.num_partitions = 1 : i32, mhlo.num_replicas = 1 : i32} {
  func.func public @main(%arg0: tensor<7xui8>) -> (tensor<7xui8> {jax.result_info = "result[0]"}, tensor<7xui8> {jax.result_info = "result[1]"}, tensor<7xf32> {jax.result_info = "result[2]"}) {
    %0 = stablehlo.popcnt %arg0 : tensor<7xui8>
    %1 = stablehlo.count_leading_zeros %arg0 : tensor<7xui8>
    %2 = stablehlo.convert %arg0 : (tensor<7xui8>) -> tensor<7xf32>
    return %0, %1, %2 : tensor<7xui8>, tensor<7xui8>, tensor<7xf32>
  }
}
// -----
// compare
module @jit__lambda attributes {mhlo.num_partitions = 1 : i32, mhlo.num_replicas = 1 : i32} {
  func.func public @main(%arg0: tensor<3x4xf32>, %arg1: tensor<3x4xf32>) -> (tensor<3x4xi1> {jax.result_info = "result[0]"}, tensor<3x4xi1> {jax.result_info = "result[1]"}, tensor<3x4xi1> {jax.result_info = "result[2]"}, tensor<3x4xi1> {jax.result_info = "result[3]"}, tensor<3x4xi1> {jax.result_info = "result[4]"}, tensor<3x4xi1> {jax.result_info = "result[5]"}) {
    %0 = stablehlo.compare EQ, %arg0, %arg1, FLOAT : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xi1>
    %1 = stablehlo.compare NE, %arg0, %arg1, FLOAT : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xi1>
    %2 = stablehlo.compare LT, %arg0, %arg1, FLOAT : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xi1>
    %3 = stablehlo.compare LE, %arg0, %arg1, FLOAT : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xi1>
    %4 = stablehlo.compare GT, %arg0, %arg1, FLOAT : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xi1>
    %5 = stablehlo.compare GE, %arg0, %arg1, FLOAT : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xi1>
    return %0, %1, %2, %3, %4, %5 : tensor<3x4xi1>, tensor<3x4xi1>, tensor<3x4xi1>, tensor<3x4xi1>, tensor<3x4xi1>, tensor<3x4xi1>
  }
}
// -----
// choose
module @jit__lambda attributes {mhlo.num_partitions = 1 : i32, mhlo.num_replicas = 1 : i32} {
  func.func public @main(%arg0: tensor<3x4xf32>) -> (tensor<3x4xf32> {jax.result_info = "result[0]"}, tensor<3x4xf32> {jax.result_info = "result[1]"}, tensor<3x4xf32> {jax.result_info = "result[2]"}) {
    %cst = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %0 = stablehlo.broadcast_in_dim %cst, dims = [] : (tensor<f32>) -> tensor<3x4xf32>
    %1 = stablehlo.compare GT, %arg0, %0, FLOAT : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xi1>
    %c = stablehlo.constant dense<0> : tensor<i32>
    %2 = call @_where(%1, %arg0, %c) : (tensor<3x4xi1>, tensor<3x4xf32>, tensor<i32>) -> tensor<3x4xf32>
    %cst_0 = stablehlo.constant dense<-5.000000e-01> : tensor<f32>
    %cst_1 = stablehlo.constant dense<5.000000e-01> : tensor<f32>
    %3 = call @clip(%arg0, %cst_0, %cst_1) : (tensor<3x4xf32>, tensor<f32>, tensor<f32>) -> tensor<3x4xf32>
    %cst_2 = stablehlo.constant dense<-5.000000e-01> : tensor<f32>
    %cst_3 = stablehlo.constant dense<2.500000e-01> : tensor<f32>
    %4 = stablehlo.broadcast_in_dim %cst_2, dims = [] : (tensor<f32>) -> tensor<3x4xf32>
    %5 = stablehlo.broadcast_in_dim %cst_3, dims = [] : (tensor<f32>) -> tensor<3x4xf32>
    %6 = stablehlo.clamp %4, %arg0, %5 : tensor<3x4xf32>
    return %2, %3, %6 : tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>
  }
  func.func private @_where(%arg0: tensor<3x4xi1>, %arg1: tensor<3x4xf32>, %arg2: tensor<i32>) -> tensor<3x4xf32> {
    %0 = stablehlo.convert %arg2 : (tensor<i32>) -> tensor<f32>
    %1 = stablehlo.broadcast_in_dim %0, dims = [] : (tensor<f32>) -> tensor<3x4xf32>
    %2 = stablehlo.select %arg0, %arg1, %1 : tensor<3x4xi1>, tensor<3x4xf32>
    return %2 : tensor<3x4xf32>
  }
  func.func private @clip(%arg0: tensor<3x4xf32>, %arg1: tensor<f32>, %arg2: tensor<f32>) -> tensor<3x4xf32> {
    %0 = stablehlo.convert %arg1 : tensor<f32>
    %1 = stablehlo.broadcast_in_dim %0, dims = [] : (tensor<f32>) -> tensor<3x4xf32>
    %2 = stablehlo.maximum %1, %arg0 : tensor<3x4xf32>
    %3 = stablehlo.convert %arg2 : tensor<f32>
    %4 = stablehlo.broadcast_in_dim %3, dims = [] : (tensor<f32>) -> tensor<3x4xf32>
    %5 = stablehlo.minimum %4, %2 : tensor<3x4xf32>
    return %5 : tensor<3x4xf32>
  }
}
// -----
// halves
module @jit__lambda attributes {mhlo.num_partitions = 1 : i32, mhlo.num_replicas = 1 : i32} {
  func.func public @main(%arg0: tensor<3x4xf32>) -> (tensor<3x4xbf16> {jax.result_info = "result[0]"}, tensor<3x4xf16> {jax.result_info = "result[1]"}, tensor<3x4xf32> {jax.result_info = "result[2]"}) {
    %0 = stablehlo.convert %arg0 : (tensor<3x4xf32>) -> tensor<3x4xbf16>
    %1 = stablehlo.convert %arg0 : (tensor<3x4xf32>) -> tensor<3x4xf16>
    %2 = stablehlo.reduce_precision %arg0, format = e8m7 : tensor<3x4xf32>
    return %0, %1, %2 : tensor<3x4xbf16>, tensor<3x4xf16>, tensor<3x4xf32>
  }
}
// -----
// shapes
module @jit__lambda attributes {mhlo.num_partitions = 1 : i32, mhlo.num_replicas = 1 : i32} {
  func.func public @main(%arg0: tensor<3x4xf32>) -> (tensor<6x5xf32> {jax.result_info = "result[0]"}, tensor<3x8xf32> {jax.result_info = "result[1]"}, tensor<3x4xf32> {jax.result_info = "result[2]"}, tensor<4x3xf32> {jax.result_info = "result[3]"}, tensor<2x2xf32> {jax.result_info = "result[4]"}, tensor<2x3x4xf32> {jax.result_info = "result[5]"}, tensor<2x6xf32> {jax.result_info = "result[6]"}, tensor<5xf32> {jax.result_info = "result[7]"}, tensor<2x3xi32> {jax.result_info = "result[8]"}, tensor<2x12xf32> {jax.result_info = "result[9]"}) {
    %c = stablehlo.constant dense<0> : tensor<i32>
    %0 = call @_pad(%arg0, %c) : (tensor<3x4xf32>, tensor<i32>) -> tensor<6x5xf32>
    %1 = stablehlo.concatenate %arg0, %arg0, dim = 1 : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x8xf32>
    %2 = stablehlo.reverse %arg0, dims = [0] : tensor<3x4xf32>
    %3 = stablehlo.transpose %arg0, dims = [1, 0] : (tensor<3x4xf32>) -> tensor<4x3xf32>
    %4 = stablehlo.slice %arg0 [1:3, 0:4:2] : (tensor<3x4xf32>) -> tensor<2x2xf32>
    %5 = stablehlo.broadcast_in_dim %arg0, dims = [1, 2] : (tensor<3x4xf32>) -> tensor<2x3x4xf32>
    %6 = stablehlo.reshape %arg0 : (tensor<3x4xf32>) -> tensor<2x6xf32>
    %7 = stablehlo.iota dim = 0 : tensor<5xf32>
    %8 = stablehlo.iota dim = 1 : tensor<2x3xi32>
    %cst = stablehlo.constant dense<1.500000e+00> : tensor<f32>
    %9 = stablehlo.pad %arg0, %cst, low = [-1, 1], high = [0, 1], interior = [0, 2] : (tensor<3x4xf32>, tensor<f32>) -> tensor<2x12xf32>
    return %0, %1, %2, %3, %4, %5, %6, %7, %8, %9 : tensor<6x5xf32>, tensor<3x8xf32>, tensor<3x4xf32>, tensor<4x3xf32>, tensor<2x2xf32>, tensor<2x3x4xf32>, tensor<2x6xf32>, tensor<5xf32>, tensor<2x3xi32>, tensor<2x12xf32>
  }
  func.func private @_pad(%arg0: tensor<3x4xf32>, %arg1: tensor<i32>) -> tensor<6x5xf32> {
    %0 = stablehlo.convert %arg1 : (tensor<i32>) -> tensor<f32>
    %1 = stablehlo.pad %arg0, %0, low = [1, 0], high = [2, 1], interior = [0, 0] : (tensor<3x4xf32>, tensor<f32>) -> tensor<6x5xf32>
    return %1 : tensor<6x5xf32>
  }
}
// -----
// dynamic
module @jit__lambda attributes {mhlo.num_partitions = 1 : i32, mhlo.num_replicas = 1 : i32} {
  func.func public @main(%arg0: tensor<3x4xf32>, %arg1: tensor<i32>) -> (tensor<2x2xf32> {jax.result_info = "result[0]"}, tensor<3x4xf32> {jax.result_info = "result[1]"}, tensor<4xf32> {jax.result_info = "result[2]"}) {
    %c = stablehlo.constant dense<0> : tensor<i32>
    %0 = stablehlo.compare LT, %arg1, %c, SIGNED : (tensor<i32>, tensor<i32>) -> tensor<i1>
    %c_0 = stablehlo.constant dense<3> : tensor<i32>
    %1 = stablehlo.add %arg1, %c_0 : tensor<i32>
    %2 = stablehlo.select %0, %1, %arg1 : tensor<i1>, tensor<i32>
    %c_1 = stablehlo.constant dense<0> : tensor<i32>
    %3 = stablehlo.compare LT, %arg1, %c_1, SIGNED : (tensor<i32>, tensor<i32>) -> tensor<i1>
    %c_2 = stablehlo.constant dense<4> : tensor<i32>
    %4 = stablehlo.add %arg1, %c_2 : tensor<i32>
    %5 = stablehlo.select %3, %4, %arg1 : tensor<i1>, tensor<i32>
    %6 = stablehlo.dynamic_slice %arg0, %2, %5, sizes = [2, 2] : (tensor<3x4xf32>, tensor<i32>, tensor<i32>) -> tensor<2x2xf32>
    %7 = stablehlo.slice %arg0 [0:2, 0:2] : (tensor<3x4xf32>) -> tensor<2x2xf32>
    %c_3 = stablehlo.constant dense<0> : tensor<i32>
    %8 = stablehlo.compare LT, %arg1, %c_3, SIGNED : (tensor<i32>, tensor<i32>) -> tensor<i1>
    %c_4 = stablehlo.constant dense<3> : tensor<i32>
    %9 = stablehlo.add %arg1, %c_4 : tensor<i32>
    %10 = stablehlo.select %8, %9, %arg1 : tensor<i1>, tensor<i32>
    %c_5 = stablehlo.constant dense<0> : tensor<i32>
    %11 = stablehlo.compare LT, %arg1, %c_5, SIGNED : (tensor<i32>, tensor<i32>) -> tensor<i1>
    %c_6 = stablehlo.constant dense<4> : tensor<i32>
    %12 = stablehlo.add %arg1, %c_6 : tensor<i32>
    %13 = stablehlo.select %11, %12, %arg1 : tensor<i1>, tensor<i32>
    %14 = stablehlo.dynamic_update_slice %arg0, %7, %10, %13 : (tensor<3x4xf32>, tensor<2x2xf32>, tensor<i32>, tensor<i32>) -> tensor<3x4xf32>
    %c_7 = stablehlo.constant dense<0> : tensor<i32>
    %15 = stablehlo.compare LT, %arg1, %c_7, SIGNED : (tensor<i32>, tensor<i32>) -> tensor<i1>
    %c_8 = stablehlo.constant dense<3> : tensor<i32>
    %16 = stablehlo.add %arg1, %c_8 : tensor<i32>
    %17 = stablehlo.select %15, %16, %arg1 : tensor<i1>, tensor<i32>
    %c_9 = stablehlo.constant dense<0> : tensor<i32>
    %c_10 = stablehlo.constant dense<0> : tensor<i32>
    %18 = stablehlo.compare LT, %c_9, %c_10, SIGNED : (tensor<i32>, tensor<i32>) -> tensor<i1>
    %c_11 = stablehlo.constant dense<0> : tensor<i32>
    %c_12 = stablehlo.constant dense<4> : tensor<i32>
    %19 = stablehlo.add %c_11, %c_12 : tensor<i32>
    %c_13 = stablehlo.constant dense<0> : tensor<i32>
    %20 = stablehlo.select %18, %19, %c_13 : tensor<i1>, tensor<i32>
    %21 = stablehlo.dynamic_slice %arg0, %17, %20, sizes = [1, 4] : (tensor<3x4xf32>, tensor<i32>, tensor<i32>) -> tensor<1x4xf32>
    %22 = stablehlo.reshape %21 : (tensor<1x4xf32>) -> tensor<4xf32>
    return %6, %14, %22 : tensor<2x2xf32>, tensor<3x4xf32>, tensor<4xf32>
  }
}
// -----
// constants
module @jit__lambda attributes {mhlo.num_partitions = 1 : i32, mhlo.num_replicas = 1 : i32} {
  func.func public @main(%arg0: tensor<3x4xf32>) -> (tensor<3x4xf32> {jax.result_info = "result[0]"}, tensor<10x3x4xf32> {jax.result_info = "result[1]"}, tensor<3x4xf32> {jax.result_info = "result[2]"}, tensor<10x3x4xf32> {jax.result_info = "result[3]"}) {
    %cst = stablehlo.constant dense<[[0.000000e+00, 1.000000e+00, 2.000000e+00, 3.000000e+00], [4.000000e+00, 5.000000e+00, 6.000000e+00, 7.000000e+00], [8.000000e+00, 9.000000e+00, 1.000000e+01, 1.100000e+01]]> : tensor<3x4xf32>
    %cst_0 = stablehlo.constant dense<"0x0000000041AE093C41AE893C6185CE3C41AE093DD1192C3D61854E3DF1F0703D41AE893D09E49A3DD119AC3D994FBD3D6185CE3D29BBDF3DF1F0F03D5D13013E41AE093E2549123E09E41A3EED7E233ED1192C3EB5B4343E994F3D3E7DEA453E61854E3E4520573E29BB5F3E0D56683EF1F0703ED58B793E5D13813ECF60853E41AE893EB3FB8D3E2549923E9796963E09E49A3E7B319F3EED7EA33E5FCCA73ED119AC3E4367B03EB5B4B43E2702B93E994FBD3E0B9DC13E7DEAC53EEF37CA3E6185CE3ED3D2D23E4520D73EB76DDB3E29BBDF3E9B08E43E0D56E83E7FA3EC3EF1F0F03E633EF53ED58BF93E47D9FD3E5D13013F163A033FCF60053F8887073F41AE093FFAD40B3FB3FB0D3F6C22103F2549123FDE6F143F9796163F50BD183F09E41A3FC20A1D3F7B311F3F3458213FED7E233FA6A5253F5FCC273F18F3293FD1192C3F8A402E3F4367303FFC8D323FB5B4343F6EDB363F2702393FE0283B3F994F3D3F52763F3F0B9D413FC4C3433F7DEA453F3611483FEF374A3FA85E4C3F61854E3F1AAC503FD3D2523F8CF9543F4520573FFE46593FB76D5B3F70945D3F29BB5F3FE2E1613F9B08643F542F663F0D56683FC67C6A3F7FA36C3F38CA6E3FF1F0703FAA17733F633E753F1C65773FD58B793F8EB27B3F47D97D3F0000803F"> : tensor<10x3x4xf32>
    %c = stablehlo.constant dense<[[true, false, true, false], [true, false, true, false], [true, false, true, false]]> : tensor<3x4xi1>
    %c_1 = stablehlo.constant dense<"0x010000000000000100000000000001000000000000010000000000000100000000000001000000000000010000000000000100000000000001000000000000010000000000000100000000000001000000000000010000000000000100000000000001000000000000010000000000000100000000000001"> : tensor<10x3x4xi1>
    %0 = stablehlo.add %arg0, %cst : tensor<3x4xf32>
    %1 = stablehlo.broadcast_in_dim %arg0, dims = [1, 2] : (tensor<3x4xf32>) -> tensor<1x3x4xf32>
    %2 = stablehlo.broadcast_in_dim %1, dims = [0, 1, 2] : (tensor<1x3x4xf32>) -> tensor<10x3x4xf32>
    %3 = stablehlo.multiply %2, %cst_0 : tensor<10x3x4xf32>
    %cst_2 = stablehlo.constant dense<0x7F800000> : tensor<f32>
    %4 = call @_where(%c, %arg0, %cst_2) : (tensor<3x4xi1>, tensor<3x4xf32>, tensor<f32>) -> tensor<3x4xf32>
    %c_3 = stablehlo.constant dense<0> : tensor<i32>
    %5 = call @_where_0(%c_1, %arg0, %c_3) : (tensor<10x3x4xi1>, tensor<3x4xf32>, tensor<i32>) -> tensor<10x3x4xf32>
    return %0, %3, %4, %5 : tensor<3x4xf32>, tensor<10x3x4xf32>, tensor<3x4xf32>, tensor<10x3x4xf32>
  }
  func.func private @_where(%arg0: tensor<3x4xi1>, %arg1: tensor<3x4xf32>, %arg2: tensor<f32>) -> tensor<3x4xf32> {
    %0 = stablehlo.broadcast_in_dim %arg2, dims = [] : (tensor<f32>) -> tensor<3x4xf32>
    %1 = stablehlo.select %arg0, %arg1, %0 : tensor<3x4xi1>, tensor<3x4xf32>
    return %1 : tensor<3x4xf32>
  }
  func.func private @_where_0(%arg0: tensor<10x3x4xi1>, %arg1: tensor<3x4xf32>, %arg2: tensor<i32>) -> tensor<10x3x4xf32> {
    %0 = stablehlo.convert %arg2 : (tensor<i32>) -> tensor<f32>
    %1 = stablehlo.broadcast_in_dim %arg1, dims = [1, 2] : (tensor<3x4xf32>) -> tensor<10x3x4xf32>
    %2 = stablehlo.broadcast_in_dim %0, dims = [] : (tensor<f32>) -> tensor<10x3x4xf32>
    %3 = stablehlo.select %arg0, %1, %2 : tensor<10x3x4xi1>, tensor<10x3x4xf32>
    return %3 : tensor<10x3x4xf32>
  }
}
// -----
// reductions
module @jit__lambda attributes {mhlo.num_partitions = 1 : i32, mhlo.num_replicas = 1 : i32} {
  func.func public @main(%arg0: tensor<3x4xf32>) -> (tensor<4xf32> {jax.result_info = "result[0]"}, tensor<3xf32> {jax.result_info = "result[1]"}, tensor<f32> {jax.result_info = "result[2]"}, tensor<4xf32> {jax.result_info = "result[3]"}, tensor<i1> {jax.result_info = "result[4]"}, tensor<4xi1> {jax.result_info = "result[5]"}, tensor<3xf32> {jax.result_info = "result[6]"}, tensor<3xf32> {jax.result_info = "result[7]"}, tensor<4xf32> {jax.result_info = "result[8]"}) {
    %cst = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %0 = stablehlo.reduce(%arg0 init: %cst) applies stablehlo.add across dimensions = [0] : (tensor<3x4xf32>, tensor<f32>) -> tensor<4xf32>
    %cst_0 = stablehlo.constant dense<1.000000e+00> : tensor<f32>
    %1 = stablehlo.reduce(%arg0 init: %cst_0) applies stablehlo.multiply across dimensions = [1] : (tensor<3x4xf32>, tensor<f32>) -> tensor<3xf32>
    %cst_1 = stablehlo.constant dense<0xFF800000> : tensor<f32>
    %2 = stablehlo.reduce(%arg0 init: %cst_1) applies stablehlo.maximum across dimensions = [0, 1] : (tensor<3x4xf32>, tensor<f32>) -> tensor<f32>
    %cst_2 = stablehlo.constant dense<0x7F800000> : tensor<f32>
    %3 = stablehlo.reduce(%arg0 init: %cst_2) applies stablehlo.minimum across dimensions = [0] : (tensor<3x4xf32>, tensor<f32>) -> tensor<4xf32>
    %cst_3 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %4 = stablehlo.broadcast_in_dim %cst_3, dims = [] : (tensor<f32>) -> tensor<3x4xf32>
    %5 = stablehlo.compare GT, %arg0, %4, FLOAT : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xi1>
    %c = stablehlo.constant dense<true> : tensor<i1>
    %6 = stablehlo.reduce(%5 init: %c) applies stablehlo.and across dimensions = [0, 1] : (tensor<3x4xi1>, tensor<i1>) -> tensor<i1>
    %cst_4 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %7 = stablehlo.broadcast_in_dim %cst_4, dims = [] : (tensor<f32>) -> tensor<3x4xf32>
    %8 = stablehlo.compare GT, %arg0, %7, FLOAT : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xi1>
    %c_5 = stablehlo.constant dense<false> : tensor<i1>
    %9 = stablehlo.reduce(%8 init: %c_5) applies stablehlo.or across dimensions = [0] : (tensor<3x4xi1>, tensor<i1>) -> tensor<4xi1>
    %cst_6 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %10 = stablehlo.reduce(%arg0 init: %cst_6) applies stablehlo.add across dimensions = [1] : (tensor<3x4xf32>, tensor<f32>) -> tensor<3xf32>
    %cst_7 = stablehlo.constant dense<4.000000e+00> : tensor<f32>
    %11 = stablehlo.broadcast_in_dim %cst_7, dims = [] : (tensor<f32>) -> tensor<3xf32>
    %12 = stablehlo.divide %10, %11 : tensor<3xf32>
    %cst_8 = stablehlo.constant dense<0xFF800000> : tensor<f32>
    %13 = stablehlo.reduce(%arg0 init: %cst_8) applies stablehlo.maximum across dimensions = [1] : (tensor<3x4xf32>, tensor<f32>) -> tensor<3xf32>
    %cst_9 = stablehlo.constant dense<2.500000e-01> : tensor<f32>
    %14 = stablehlo.broadcast_in_dim %cst_9, dims = [] : (tensor<f32>) -> tensor<3xf32>
    %15 = stablehlo.maximum %14, %13 : tensor<3xf32>
    %cst_10 = stablehlo.constant dense<2.000000e+00> : tensor<f32>
    %16 = stablehlo.reduce(%arg0 init: %cst_10) applies stablehlo.add across dimensions = [0] : (tensor<3x4xf32>, tensor<f32>) -> tensor<4xf32>
    return %0, %1, %2, %3, %6, %9, %12, %15, %16 : tensor<4xf32>, tensor<3xf32>, tensor<f32>, tensor<4xf32>, tensor<i1>, tensor<4xi1>, tensor<3xf32>, tensor<3xf32>, tensor<4xf32>
  }
}
// -----
// integer_reductions
module @jit__lambda attributes {mhlo.num_partitions = 1 : i32, mhlo.num_replicas = 1 : i32} {
  func.func public @main(%arg0: tensor<3x4xi32>) -> (tensor<4xi32> {jax.result_info = "result[0]"}, tensor<3xi32> {jax.result_info = "result[1]"}, tensor<i32> {jax.result_info = "result[2]"}, tensor<4xi32> {jax.result_info = "result[3]"}, tensor<3xi32> {jax.result_info = "result[4]"}) {
    %c = stablehlo.constant dense<0> : tensor<i32>
    %0 = stablehlo.reduce(%arg0 init: %c) applies stablehlo.add across dimensions = [0] : (tensor<3x4xi32>, tensor<i32>) -> tensor<4xi32>
    %c_0 = stablehlo.constant dense<1> : tensor<i32>
    %1 = stablehlo.reduce(%arg0 init: %c_0) applies stablehlo.multiply across dimensions = [1] : (tensor<3x4xi32>, tensor<i32>) -> tensor<3xi32>
    %c_1 = stablehlo.constant dense<-2147483648> : tensor<i32>
    %2 = stablehlo.reduce(%arg0 init: %c_1) applies stablehlo.maximum across dimensions = [0, 1] : (tensor<3x4xi32>, tensor<i32>) -> tensor<i32>
    %c_2 = stablehlo.constant dense<-1> : tensor<i32>
    %3 = stablehlo.reduce(%arg0 init: %c_2) applies stablehlo.and across dimensions = [0] : (tensor<3x4xi32>, tensor<i32>) -> tensor<4xi32>
    %4 = call @argmax(%arg0) : (tensor<3x4xi32>) -> tensor<3xi32>
    return %0, %1, %2, %3, %4 : tensor<4xi32>, tensor<3xi32>, tensor<i32>, tensor<4xi32>, tensor<3xi32>
  }
  func.func private @argmax(%arg0: tensor<3x4xi32>) -> tensor<3xi32> {
    %0 = stablehlo.iota dim = 1 : tensor<3x4xi32>
    %c = stablehlo.constant dense<-2147483648> : tensor<i32>
    %c_0 = stablehlo.constant dense<0> : tensor<i32>
    %1:2 = stablehlo.reduce(%arg0 init: %c), (%0 init: %c_0) across dimensions = [1] : (tensor<3x4xi32>, tensor<3x4xi32>, tensor<i32>, tensor<i32>) -> (tensor<3xi32>, tensor<3xi32>)
     reducer(%arg1: tensor<i32>, %arg3: tensor<i32>) (%arg2: tensor<i32>, %arg4: tensor<i32>)  {
      %2 = stablehlo.compare GT, %arg1, %arg3, SIGNED : (tensor<i32>, tensor<i32>) -> tensor<i1>
      %3 = stablehlo.compare NE, %arg1, %arg1, SIGNED : (tensor<i32>, tensor<i32>) -> tensor<i1>
      %4 = stablehlo.or %2, %3 : tensor<i1>
      %5 = stablehlo.compare EQ, %arg1, %arg3, SIGNED : (tensor<i32>, tensor<i32>) -> tensor<i1>
      %6 = stablehlo.compare LT, %arg2, %arg4, SIGNED : (tensor<i32>, tensor<i32>) -> tensor<i1>
      %7 = stablehlo.and %5, %6 : tensor<i1>
      %8 = stablehlo.or %4, %7 : tensor<i1>
      %9 = stablehlo.select %4, %arg1, %arg3 : tensor<i1>, tensor<i32>
      %10 = stablehlo.select %8, %arg2, %arg4 : tensor<i1>, tensor<i32>
      stablehlo.return %9, %10 : tensor<i32>, tensor<i32>
    }
    return %1#1 : tensor<3xi32>
  }
}
// -----
// arguments
module @jit__lambda attributes {mhlo.num_partitions = 1 : i32, mhlo.num_replicas = 1 : i32} {
  func.func public @main(%arg0: tensor<3x4xf32>) -> (tensor<4xi32> {jax.result_info = "result[0]"}, tensor<3xi32> {jax.result_info = "result[1]"}, tensor<i32> {jax.result_info = "result[2]"}) {
    %0 = call @argmax(%arg0) : (tensor<3x4xf32>) -> tensor<4xi32>
    %1 = call @argmin(%arg0) : (tensor<3x4xf32>) -> tensor<3xi32>
    %2 = stablehlo.reshape %arg0 : (tensor<3x4xf32>) -> tensor<12xf32>
    %3 = call @argmax_0(%2) : (tensor<12xf32>) -> tensor<i32>
    return %0, %1, %3 : tensor<4xi32>, tensor<3xi32>, tensor<i32>
  }
  func.func private @argmax(%arg0: tensor<3x4xf32>) -> tensor<4xi32> {
    %0 = stablehlo.iota dim = 0 : tensor<3x4xi32>
    %cst = stablehlo.constant dense<0xFF800000> : tensor<f32>
    %c = stablehlo.constant dense<0> : tensor<i32>
    %1:2 = stablehlo.reduce(%arg0 init: %cst), (%0 init: %c) across dimensions = [0] : (tensor<3x4xf32>, tensor<3x4xi32>, tensor<f32>, tensor<i32>) -> (tensor<4xf32>, tensor<4xi32>)
     reducer(%arg1: tensor<f32>, %arg3: tensor<f32>) (%arg2: tensor<i32>, %arg4: tensor<i32>)  {
      %2 = stablehlo.compare GT, %arg1, %arg3, FLOAT : (tensor<f32>, tensor<f32>) -> tensor<i1>
      %3 = stablehlo.compare NE, %arg1, %arg1, FLOAT : (tensor<f32>, tensor<f32>) -> tensor<i1>
      %4 = stablehlo.or %2, %3 : tensor<i1>
      %5 = stablehlo.compare EQ, %arg1, %arg3, FLOAT : (tensor<f32>, tensor<f32>) -> tensor<i1>
      %6 = stablehlo.compare LT, %arg2, %arg4, SIGNED : (tensor<i32>, tensor<i32>) -> tensor<i1>
      %7 = stablehlo.and %5, %6 : tensor<i1>
      %8 = stablehlo.or %4, %7 : tensor<i1>
      %9 = stablehlo.select %4, %arg1, %arg3 : tensor<i1>, tensor<f32>
      %10 = stablehlo.select %8, %arg2, %arg4 : tensor<i1>, tensor<i32>
      stablehlo.return %9, %10 : tensor<f32>, tensor<i32>
    }
    return %1#1 : tensor<4xi32>
  }
  func.func private @argmin(%arg0: tensor<3x4xf32>) -> tensor<3xi32> {
    %0 = stablehlo.iota dim = 1 : tensor<3x4xi32>
    %cst = stablehlo.constant dense<0x7F800000> : tensor<f32>
    %c = stablehlo.constant dense<0> : tensor<i32>
    %1:2 = stablehlo.reduce(%arg0 init: %cst), (%0 init: %c) across dimensions = [1] : (tensor<3x4xf32>, tensor<3x4xi32>, tensor<f32>, tensor<i32>) -> (tensor<3xf32>, tensor<3xi32>)
     reducer(%arg1: tensor<f32>, %arg3: tensor<f32>) (%arg2: tensor<i32>, %arg4: tensor<i32>)  {
      %2 = stablehlo.compare LT, %arg1, %arg3, FLOAT : (tensor<f32>, tensor<f32>) -> tensor<i1>
      %3 = stablehlo.compare NE, %arg1, %arg1, FLOAT : (tensor<f32>, tensor<f32>) -> tensor<i1>
      %4 = stablehlo.or %2, %3 : tensor<i1>
      %5 = stablehlo.compare EQ, %arg1, %arg3, FLOAT : (tensor<f32>, tensor<f32>) -> tensor<i1>
      %6 = stablehlo.compare LT, %arg2, %arg4, SIGNED : (tensor<i32>, tensor<i32>) -> tensor<i1>
      %7 = stablehlo.and %5, %6 : tensor<i1>
      %8 = stablehlo.or %4, %7 : tensor<i1>
      %9 = stablehlo.select %4, %arg1, %arg3 : tensor<i1>, tensor<f32>
      %10 = stablehlo.select %8, %arg2, %arg4 : tensor<i1>, tensor<i32>
      stablehlo.return %9, %10 : tensor<f32>, tensor<i32>
    }
    return %1#1 : tensor<3xi32>
  }
  func.func private @argmax_0(%arg0: tensor<12xf32>) -> tensor<i32> {
    %0 = stablehlo.iota dim = 0 : tensor<12xi32>
    %cst = stablehlo.constant dense<0xFF800000> : tensor<f32>
    %c = stablehlo.constant dense<0> : tensor<i32>
    %1:2 = stablehlo.reduce(%arg0 init: %cst), (%0 init: %c) across dimensions = [0] : (tensor<12xf32>, tensor<12xi32>, tensor<f32>, tensor<i32>) -> (tensor<f32>, tensor<i32>)
     reducer(%arg1: tensor<f32>, %arg3: tensor<f32>) (%arg2: tensor<i32>, %arg4: tensor<i32>)  {
      %2 = stablehlo.compare GT, %arg1, %arg3, FLOAT : (tensor<f32>, tensor<f32>) -> tensor<i1>
      %3 = stablehlo.compare NE, %arg1, %arg1, FLOAT : (tensor<f32>, tensor<f32>) -> tensor<i1>
      %4 = stablehlo.or %2, %3 : tensor<i1>
      %5 = stablehlo.compare EQ, %arg1, %arg3, FLOAT : (tensor<f32>, tensor<f32>) -> tensor<i1>
      %6 = stablehlo.compare LT, %arg2, %arg4, SIGNED : (tensor<i32>, tensor<i32>) -> tensor<i1>
      %7 = stablehlo.and %5, %6 : tensor<i1>
      %8 = stablehlo.or %4, %7 : tensor<i1>
      %9 = stablehlo.select %4, %arg1, %arg3 : tensor<i1>, tensor<f32>
      %10 = stablehlo.select %8, %arg2, %arg4 : tensor<i1>, tensor<i32>
      stablehlo.return %9, %10 : tensor<f32>, tensor<i32>
    }
    return %1#1 : tensor<i32>
  }
}
// -----
// windows
module @jit__lambda attributes {mhlo.num_partitions = 1 : i32, mhlo.num_replicas = 1 : i32} {
  func.func public @main(%arg0: tensor<4x5xf32>) -> (tensor<4x5xf32> {jax.result_info = "result[0]"}, tensor<2x2xf32> {jax.result_info = "result[1]"}, tensor<4x3xf32> {jax.result_info = "result[2]"}) {
    %cst = stablehlo.constant dense<0xFF800000> : tensor<f32>
    %0 = stablehlo.broadcast_in_dim %cst, dims = [] : (tensor<f32>) -> tensor<f32>
    %1 = "stablehlo.reduce_window"(%arg0, %0) <{base_dilations = array<i64: 1, 1>, padding = dense<[[0, 1], [0, 1]]> : tensor<2x2xi64>, window_dilations = array<i64: 1, 1>, window_dimensions = array<i64: 2, 2>, window_strides = array<i64: 1, 1>}> ({
    ^bb0(%arg1: tensor<f32>, %arg2: tensor<f32>):
      %6 = stablehlo.maximum %arg1, %arg2 : tensor<f32>
      stablehlo.return %6 : tensor<f32>
    }) : (tensor<4x5xf32>, tensor<f32>) -> tensor<4x5xf32>
    %cst_0 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %2 = stablehlo.broadcast_in_dim %cst_0, dims = [] : (tensor<f32>) -> tensor<f32>
    %3 = "stablehlo.reduce_window"(%arg0, %2) <{base_dilations = array<i64: 1, 1>, padding = dense<0> : tensor<2x2xi64>, window_dilations = array<i64: 1, 1>, window_dimensions = array<i64: 2, 2>, window_strides = array<i64: 2, 2>}> ({
    ^bb0(%arg1: tensor<f32>, %arg2: tensor<f32>):
      %6 = stablehlo.add %arg1, %arg2 : tensor<f32>
      stablehlo.return %6 : tensor<f32>
    }) : (tensor<4x5xf32>, tensor<f32>) -> tensor<2x2xf32>
    %cst_1 = stablehlo.constant dense<0x7F800000> : tensor<f32>
    %4 = stablehlo.broadcast_in_dim %cst_1, dims = [] : (tensor<f32>) -> tensor<f32>
    %5 = "stablehlo.reduce_window"(%arg0, %4) <{base_dilations = array<i64: 1, 1>, padding = dense<[[0, 1], [1, 1]]> : tensor<2x2xi64>, window_dilations = array<i64: 1, 1>, window_dimensions = array<i64: 2, 3>, window_strides = array<i64: 1, 2>}> ({
    ^bb0(%arg1: tensor<f32>, %arg2: tensor<f32>):
      %6 = stablehlo.minimum %arg1, %arg2 : tensor<f32>
      stablehlo.return %6 : tensor<f32>
    }) : (tensor<4x5xf32>, tensor<f32>) -> tensor<4x3xf32>
    return %1, %3, %5 : tensor<4x5xf32>, tensor<2x2xf32>, tensor<4x3xf32>
  }
}
// -----
// window_gradient
module @jit__lambda attributes {mhlo.num_partitions = 1 : i32, mhlo.num_replicas = 1 : i32} {
  func.func public @main(%arg0: tensor<4x5xf32>) -> (tensor<4x5xf32> {jax.result_info = "result"}) {
    %cst = stablehlo.constant dense<0xFF800000> : tensor<f32>
    %0 = stablehlo.broadcast_in_dim %cst, dims = [] : (tensor<f32>) -> tensor<f32>
    %1 = "stablehlo.reduce_window"(%arg0, %0) <{base_dilations = array<i64: 1, 1>, padding = dense<[[0, 1], [0, 1]]> : tensor<2x2xi64>, window_dilations = array<i64: 1, 1>, window_dimensions = array<i64: 2, 2>, window_strides = array<i64: 1, 1>}> ({
    ^bb0(%arg1: tensor<f32>, %arg2: tensor<f32>):
      %10 = stablehlo.maximum %arg1, %arg2 : tensor<f32>
      stablehlo.return %10 : tensor<f32>
    }) : (tensor<4x5xf32>, tensor<f32>) -> tensor<4x5xf32>
    %2 = stablehlo.multiply %1, %1 : tensor<4x5xf32>
    %cst_0 = stablehlo.constant dense<3.000000e+00> : tensor<f32>
    %3 = stablehlo.broadcast_in_dim %cst_0, dims = [] : (tensor<f32>) -> tensor<4x5xf32>
    %4 = stablehlo.multiply %3, %2 : tensor<4x5xf32>
    %cst_1 = stablehlo.constant dense<1.000000e+00> : tensor<f32>
    %5 = stablehlo.broadcast_in_dim %cst_1, dims = [] : (tensor<f32>) -> tensor<4x5xf32>
    %6 = stablehlo.multiply %5, %4 : tensor<4x5xf32>
    %cst_2 = stablehlo.constant dense<0xFF800000> : tensor<f32>
    %7 = stablehlo.pad %arg0, %cst_2, low = [0, 0], high = [1, 1], interior = [0, 0] : (tensor<4x5xf32>, tensor<f32>) -> tensor<5x6xf32>
    %cst_3 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %8 = "stablehlo.select_and_scatter"(%7, %6, %cst_3) <{padding = dense<0> : tensor<2x2xi64>, window_dimensions = array<i64: 2, 2>, window_strides = array<i64: 1, 1>}> ({
    ^bb0(%arg1: tensor<f32>, %arg2: tensor<f32>):
      %10 = stablehlo.compare GE, %arg1, %arg2, FLOAT : (tensor<f32>, tensor<f32>) -> tensor<i1>
      stablehlo.return %10 : tensor<i1>
    }, {
    ^bb0(%arg1: tensor<f32>, %arg2: tensor<f32>):
      %10 = stablehlo.add %arg1, %arg2 : tensor<f32>
      stablehlo.return %10 : tensor<f32>
    }) : (tensor<5x6xf32>, tensor<4x5xf32>, tensor<f32>) -> tensor<5x6xf32>
    %9 = stablehlo.slice %8 [0:4, 0:5] : (tensor<5x6xf32>) -> tensor<4x5xf32>
    return %9 : tensor<4x5xf32>
  }
}
// -----
// running
module @jit__lambda attributes {mhlo.num_partitions = 1 : i32, mhlo.num_replicas = 1 : i32} {
  func.func public @main(%arg0: tensor<6xf32>) -> (tensor<6xf32> {jax.result_info = "result[0]"}, tensor<6xf32> {jax.result_info = "result[1]"}, tensor<6xf32> {jax.result_info = "result[2]"}, tensor<6xf32> {jax.result_info = "result[3]"}, tensor<6xf32> {jax.result_info = "result[4]"}) {
    %0 = call @cumsum(%arg0) : (tensor<6xf32>) -> tensor<6xf32>
    %1 = call @cumprod(%arg0) : (tensor<6xf32>) -> tensor<6xf32>
    %2 = call @cummax(%arg0) : (tensor<6xf32>) -> tensor<6xf32>
    %3 = call @cumlogsumexp(%arg0) : (tensor<6xf32>) -> tensor<6xf32>
    %4 = call @cummin(%arg0) : (tensor<6xf32>) -> tensor<6xf32>
    return %0, %1, %2, %3, %4 : tensor<6xf32>, tensor<6xf32>, tensor<6xf32>, tensor<6xf32>, tensor<6xf32>
  }
  func.func private @cumsum(%arg0: tensor<6xf32>) -> tensor<6xf32> {
    %0 = call @cumsum_0(%arg0) : (tensor<6xf32>) -> tensor<6xf32>
    return %0 : tensor<6xf32>
  }
  func.func private @cumsum_0(%arg0: tensor<6xf32>) -> tensor<6xf32> {
    %cst = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %0 = stablehlo.broadcast_in_dim %cst, dims = [] : (tensor<f32>) -> tensor<f32>
    %1 = "stablehlo.reduce_window"(%arg0, %0) <{base_dilations = array<i64: 1>, padding = dense<[[5, 0]]> : tensor<1x2xi64>, window_dilations = array<i64: 1>, window_dimensions = array<i64: 6>, window_strides = array<i64: 1>}> ({
    ^bb0(%arg1: tensor<f32>, %arg2: tensor<f32>):
      %2 = stablehlo.add %arg1, %arg2 : tensor<f32>
      stablehlo.return %2 : tensor<f32>
    }) : (tensor<6xf32>, tensor<f32>) -> tensor<6xf32>
    return %1 : tensor<6xf32>
  }
  func.func private @cumprod(%arg0: tensor<6xf32>) -> tensor<6xf32> {
    %0 = call @cumprod_1(%arg0) : (tensor<6xf32>) -> tensor<6xf32>
    return %0 : tensor<6xf32>
  }
  func.func private @cumprod_1(%arg0: tensor<6xf32>) -> tensor<6xf32> {
    %cst = stablehlo.constant dense<1.000000e+00> : tensor<f32>
    %0 = "stablehlo.reduce_window"(%arg0, %cst) <{base_dilations = array<i64: 1>, padding = dense<[[5, 0]]> : tensor<1x2xi64>, window_dilations = array<i64: 1>, window_dimensions = array<i64: 6>, window_strides = array<i64: 1>}> ({
    ^bb0(%arg1: tensor<f32>, %arg2: tensor<f32>):
      %1 = stablehlo.multiply %arg1, %arg2 : tensor<f32>
      stablehlo.return %1 : tensor<f32>
    }) : (tensor<6xf32>, tensor<f32>) -> tensor<6xf32>
    return %0 : tensor<6xf32>
  }
  func.func private @cummax(%arg0: tensor<6xf32>) -> tensor<6xf32> {
    %cst = stablehlo.constant dense<0xFF800000> : tensor<f32>
    %0 = stablehlo.broadcast_in_dim %cst, dims = [] : (tensor<f32>) -> tensor<f32>
    %1 = "stablehlo.reduce_window"(%arg0, %0) <{base_dilations = array<i64: 1>, padding = dense<[[5, 0]]> : tensor<1x2xi64>, window_dilations = array<i64: 1>, window_dimensions = array<i64: 6>, window_strides = array<i64: 1>}> ({
    ^bb0(%arg1: tensor<f32>, %arg2: tensor<f32>):
      %2 = stablehlo.maximum %arg1, %arg2 : tensor<f32>
      stablehlo.return %2 : tensor<f32>
    }) : (tensor<6xf32>, tensor<f32>) -> tensor<6xf32>
    return %1 : tensor<6xf32>
  }
  func.func private @cumlogsumexp(%arg0: tensor<6xf32>) -> tensor<6xf32> {
    %cst = stablehlo.constant dense<0xFF800000> : tensor<f32>
    %0 = "stablehlo.reduce_window"(%arg0, %cst) <{base_dilations = array<i64: 1>, padding = dense<[[5, 0]]> : tensor<1x2xi64>, window_dilations = array<i64: 1>, window_dimensions = array<i64: 6>, window_strides = array<i64: 1>}> ({
    ^bb0(%arg1: tensor<f32>, %arg2: tensor<f32>):
      %1 = stablehlo.maximum %arg1, %arg2 : tensor<f32>
      %2 = stablehlo.subtract %arg1, %arg2 : tensor<f32>
      %3 = stablehlo.compare NE, %2, %2, FLOAT : (tensor<f32>, tensor<f32>) -> tensor<i1>
      %4 = stablehlo.add %arg1, %arg2 : tensor<f32>
      %5 = stablehlo.abs %2 : tensor<f32>
      %6 = stablehlo.negate %5 : tensor<f32>
      %7 = stablehlo.exponential %6 : tensor<f32>
      %8 = stablehlo.log_plus_one %7 : tensor<f32>
      %9 = stablehlo.add %1, %8 : tensor<f32>
      %10 = stablehlo.select %3, %4, %9 : tensor<i1>, tensor<f32>
      stablehlo.return %10 : tensor<f32>
    }) : (tensor<6xf32>, tensor<f32>) -> tensor<6xf32>
    return %0 : tensor<6xf32>
  }
  func.func private @cummin(%arg0: tensor<6xf32>) -> tensor<6xf32> {
    %cst = stablehlo.constant dense<0x7F800000> : tensor<f32>
    %0 = stablehlo.broadcast_in_dim %cst, dims = [] : (tensor<f32>) -> tensor<f32>
    %1 = "stablehlo.reduce_window"(%arg0, %0) <{base_dilations = array<i64: 1>, padding = dense<[[0, 5]]> : tensor<1x2xi64>, window_dilations = array<i64: 1>, window_dimensions = array<i64: 6>, window_strides = array<i64: 1>}> ({
    ^bb0(%arg1: tensor<f32>, %arg2: tensor<f32>):
      %2 = stablehlo.minimum %arg1, %arg2 : tensor<f32>
      stablehlo.return %2 : tensor<f32>
    }) : (tensor<6xf32>, tensor<f32>) -> tensor<6xf32>
    return %1 : tensor<6xf32>
  }
}
// -----
// sorting
module @jit__lambda attributes {mhlo.num_partitions = 1 : i32, mhlo.num_replicas = 1 : i32} {
  func.func public @main(%arg0: tensor<9xf32>) -> (tensor<9xf32> {jax.result_info = "result[0]"}, tensor<9xi32> {jax.result_info = "result[1]"}, tensor<9xf32> {jax.result_info = "result[2]"}) {
    %0 = call @sort(%arg0) : (tensor<9xf32>) -> tensor<9xf32>
    %1 = call @argsort(%arg0) : (tensor<9xf32>) -> tensor<9xi32>
    %2 = call @sort_0(%arg0) : (tensor<9xf32>) -> tensor<9xf32>
    return %0, %1, %2 : tensor<9xf32>, tensor<9xi32>, tensor<9xf32>
  }
  func.func private @sort(%arg0: tensor<9xf32>) -> tensor<9xf32> {
    %0 = "stablehlo.sort"(%arg0) <{dimension = 0 : i64, is_stable = true}> ({
    ^bb0(%arg1: tensor<f32>, %arg2: tensor<f32>):
      %cst = stablehlo.constant dense<0.000000e+00> : tensor<f32>
      %1 = stablehlo.compare EQ, %arg1, %cst, FLOAT : (tensor<f32>, tensor<f32>) -> tensor<i1>
      %cst_0 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
      %2 = stablehlo.select %1, %cst_0, %arg1 : tensor<i1>, tensor<f32>
      %3 = stablehlo.compare NE, %arg1, %arg1, FLOAT : (tensor<f32>, tensor<f32>) -> tensor<i1>
      %cst_1 = stablehlo.constant dense<0x7FC00000> : tensor<f32>
      %4 = stablehlo.select %3, %cst_1, %2 : tensor<i1>, tensor<f32>
      %cst_2 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
      %5 = stablehlo.compare EQ, %arg2, %cst_2, FLOAT : (tensor<f32>, tensor<f32>) -> tensor<i1>
      %cst_3 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
      %6 = stablehlo.select %5, %cst_3, %arg2 : tensor<i1>, tensor<f32>
      %7 = stablehlo.compare NE, %arg2, %arg2, FLOAT : (tensor<f32>, tensor<f32>) -> tensor<i1>
      %cst_4 = stablehlo.constant dense<0x7FC00000> : tensor<f32>
      %8 = stablehlo.select %7, %cst_4, %6 : tensor<i1>, tensor<f32>
      %9 = stablehlo.compare LT, %4, %8, TOTALORDER : (tensor<f32>, tensor<f32>) -> tensor<i1>
      stablehlo.return %9 : tensor<i1>
    }) : (tensor<9xf32>) -> tensor<9xf32>
    return %0 : tensor<9xf32>
  }
  func.func private @argsort(%arg0: tensor<9xf32>) -> tensor<9xi32> {
    %0 = stablehlo.iota dim = 0 : tensor<9xi32>
    %1:2 = "stablehlo.sort"(%arg0, %0) <{dimension = 0 : i64, is_stable = true}> ({
    ^bb0(%arg1: tensor<f32>, %arg2: tensor<f32>, %arg3: tensor<i32>, %arg4: tensor<i32>):
      %cst = stablehlo.constant dense<0.000000e+00> : tensor<f32>
      %2 = stablehlo.compare EQ, %arg1, %cst, FLOAT : (tensor<f32>, tensor<f32>) -> tensor<i1>
      %cst_0 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
      %3 = stablehlo.select %2, %cst_0, %arg1 : tensor<i1>, tensor<f32>
      %4 = stablehlo.compare NE, %arg1, %arg1, FLOAT : (tensor<f32>, tensor<f32>) -> tensor<i1>
      %cst_1 = stablehlo.constant dense<0x7FC00000> : tensor<f32>
      %5 = stablehlo.select %4, %cst_1, %3 : tensor<i1>, tensor<f32>
      %cst_2 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
      %6 = stablehlo.compare EQ, %arg2, %cst_2, FLOAT : (tensor<f32>, tensor<f32>) -> tensor<i1>
      %cst_3 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
      %7 = stablehlo.select %6, %cst_3, %arg2 : tensor<i1>, tensor<f32>
      %8 = stablehlo.compare NE, %arg2, %arg2, FLOAT : (tensor<f32>, tensor<f32>) -> tensor<i1>
      %cst_4 = stablehlo.constant dense<0x7FC00000> : tensor<f32>
      %9 = stablehlo.select %8, %cst_4, %7 : tensor<i1>, tensor<f32>
      %10 = stablehlo.compare LT, %5, %9, TOTALORDER : (tensor<f32>, tensor<f32>) -> tensor<i1>
      stablehlo.return %10 : tensor<i1>
    }) : (tensor<9xf32>, tensor<9xi32>) -> (tensor<9xf32>, tensor<9xi32>)
    return %1#1 : tensor<9xi32>
  }
  func.func private @sort_0(%arg0: tensor<9xf32>) -> tensor<9xf32> {
    %0 = "stablehlo.sort"(%arg0) <{dimension = 0 : i64, is_stable = true}> ({
    ^bb0(%arg1: tensor<f32>, %arg2: tensor<f32>):
      %cst = stablehlo.constant dense<0.000000e+00> : tensor<f32>
      %2 = stablehlo.compare EQ, %arg1, %cst, FLOAT : (tensor<f32>, tensor<f32>) -> tensor<i1>
      %cst_0 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
      %3 = stablehlo.select %2, %cst_0, %arg1 : tensor<i1>, tensor<f32>
      %4 = stablehlo.compare NE, %arg1, %arg1, FLOAT : (tensor<f32>, tensor<f32>) -> tensor<i1>
      %cst_1 = stablehlo.constant dense<0x7FC00000> : tensor<f32>
      %5 = stablehlo.select %4, %cst_1, %3 : tensor<i1>, tensor<f32>
      %cst_2 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
      %6 = stablehlo.compare EQ, %arg2, %cst_2, FLOAT : (tensor<f32>, tensor<f32>) -> tensor<i1>
      %cst_3 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
      %7 = stablehlo.select %6, %cst_3, %arg2 : tensor<i1>, tensor<f32>
      %8 = stablehlo.compare NE, %arg2, %arg2, FLOAT : (tensor<f32>, tensor<f32>) -> tensor<i1>
      %cst_4 = stablehlo.constant dense<0x7FC00000> : tensor<f32>
      %9 = stablehlo.select %8, %cst_4, %7 : tensor<i1>, tensor<f32>
      %10 = stablehlo.compare LT, %5, %9, TOTALORDER : (tensor<f32>, tensor<f32>) -> tensor<i1>
      stablehlo.return %10 : tensor<i1>
    }) : (tensor<9xf32>) -> tensor<9xf32>
    %1 = stablehlo.reverse %0, dims = [0] : tensor<9xf32>
    return %1 : tensor<9xf32>
  }
}
// -----
// sorting_by_two
module @jit__lambda attributes {mhlo.num_partitions = 1 : i32, mhlo.num_replicas = 1 : i32} {
  func.func public @main(%arg0: tensor<9xi32>, %arg1: tensor<9xf32>) -> (tensor<9xi32> {jax.result_info = "result[0]"}, tensor<9xf32> {jax.result_info = "result[1]"}) {
    %0:2 = "stablehlo.sort"(%arg0, %arg1) <{dimension = 0 : i64, is_stable = true}> ({
    ^bb0(%arg2: tensor<i32>, %arg3: tensor<i32>, %arg4: tensor<f32>, %arg5: tensor<f32>):
      %cst = stablehlo.constant dense<0.000000e+00> : tensor<f32>
      %1 = stablehlo.compare EQ, %arg4, %cst, FLOAT : (tensor<f32>, tensor<f32>) -> tensor<i1>
      %cst_0 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
      %2 = stablehlo.select %1, %cst_0, %arg4 : tensor<i1>, tensor<f32>
      %3 = stablehlo.compare NE, %arg4, %arg4, FLOAT : (tensor<f32>, tensor<f32>) -> tensor<i1>
      %cst_1 = stablehlo.constant dense<0x7FC00000> : tensor<f32>
      %4 = stablehlo.select %3, %cst_1, %2 : tensor<i1>, tensor<f32>
      %cst_2 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
      %5 = stablehlo.compare EQ, %arg5, %cst_2, FLOAT : (tensor<f32>, tensor<f32>) -> tensor<i1>
      %cst_3 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
      %6 = stablehlo.select %5, %cst_3, %arg5 : tensor<i1>, tensor<f32>
      %7 = stablehlo.compare NE, %arg5, %arg5, FLOAT : (tensor<f32>, tensor<f32>) -> tensor<i1>
      %cst_4 = stablehlo.constant dense<0x7FC00000> : tensor<f32>
      %8 = stablehlo.select %7, %cst_4, %6 : tensor<i1>, tensor<f32>
      %9 = stablehlo.compare LT, %4, %8, TOTALORDER : (tensor<f32>, tensor<f32>) -> tensor<i1>
      %10 = stablehlo.compare LT, %arg2, %arg3, SIGNED : (tensor<i32>, tensor<i32>) -> tensor<i1>
      %11 = stablehlo.compare EQ, %arg2, %arg3, SIGNED : (tensor<i32>, tensor<i32>) -> tensor<i1>
      %12 = stablehlo.and %11, %9 : tensor<i1>
      %13 = stablehlo.or %10, %12 : tensor<i1>
      stablehlo.return %13 : tensor<i1>
    }) : (tensor<9xi32>, tensor<9xf32>) -> (tensor<9xi32>, tensor<9xf32>)
    return %0#0, %0#1 : tensor<9xi32>, tensor<9xf32>
  }
}
// -----
// top
#loc1 = loc("x")
#loc2 = loc("scripts/oracle/stablehlo.py":110:22 to :37)
#loc3 = loc("scripts/oracle/stablehlo.py":140:11 to :47)
#loc4 = loc("scripts/oracle/stablehlo.py":155:15 to :32)
#loc5 = loc("scripts/vectors":46:4 to :80)
#loc6 = loc("scripts/vectors":50:4 to :10)
#loc7 = loc("<lambda>"(#loc2))
#loc8 = loc("exported"(#loc3))
#loc9 = loc("main"(#loc4))
#loc10 = loc("main"(#loc5))
#loc11 = loc("<module>"(#loc6))
#loc12 = loc(callsite(#loc10 at #loc11))
#loc13 = loc(callsite(#loc9 at #loc12))
#loc14 = loc(callsite(#loc8 at #loc13))
#loc15 = loc(callsite(#loc7 at #loc14))
#loc17 = loc("jit(<lambda>)/top_k"(#loc15))
module @jit__lambda attributes {jax.uses_shape_polymorphism = false, mhlo.num_partitions = 1 : i32, mhlo.num_replicas = 1 : i32} {
  func.func public @main(%arg0: tensor<3x4xf32> loc("x")) -> (tensor<3x2xf32> {jax.result_info = "result[0]"}, tensor<3x2xi32> {jax.result_info = "result[1]"}) {
    %0:2 = stablehlo.composite "chlo.top_k" %arg0 {composite_attributes = {k = 2 : i64}, decomposition = @chlo.top_k.impl, version = 1 : i32} : (tensor<3x4xf32>) -> (tensor<3x2xf32>, tensor<3x2xi32>) loc(#loc17)
    return %0#0, %0#1 : tensor<3x2xf32>, tensor<3x2xi32> loc(#loc16)
  } loc(#loc)
  func.func private @chlo.top_k.impl(%arg0: tensor<3x4xf32> loc("jit(<lambda>)/top_k"(#loc15))) -> (tensor<3x2xf32>, tensor<3x2xi32>) {
    %0 = stablehlo.iota dim = 1 : tensor<3x4xi32> loc(#loc17)
    %1:2 = "stablehlo.sort"(%arg0, %0) <{dimension = 1 : i64, is_stable = true}> ({
    ^bb0(%arg1: tensor<f32> loc("jit(<lambda>)/top_k"(#loc15)), %arg2: tensor<f32> loc("jit(<lambda>)/top_k"(#loc15)), %arg3: tensor<i32> loc("jit(<lambda>)/top_k"(#loc15)), %arg4: tensor<i32> loc("jit(<lambda>)/top_k"(#loc15))):
      %4 = stablehlo.compare GT, %arg1, %arg2, TOTALORDER : (tensor<f32>, tensor<f32>) -> tensor<i1> loc(#loc17)
      stablehlo.return %4 : tensor<i1> loc(#loc17)
    }) : (tensor<3x4xf32>, tensor<3x4xi32>) -> (tensor<3x4xf32>, tensor<3x4xi32>) loc(#loc17)
    %2 = stablehlo.slice %1#0 [0:3, 0:2] : (tensor<3x4xf32>) -> tensor<3x2xf32> loc(#loc17)
    %3 = stablehlo.slice %1#1 [0:3, 0:2] : (tensor<3x4xi32>) -> tensor<3x2xi32> loc(#loc17)
    return %2, %3 : tensor<3x2xf32>, tensor<3x2xi32> loc(#loc17)
  } loc(#loc17)
} loc(#loc)
#loc = loc(unknown)
#loc16 = loc("jit(<lambda>)"(#loc14))
// -----
// products
module @jit__lambda attributes {mhlo.num_partitions = 1 : i32, mhlo.num_replicas = 1 : i32} {
  func.func public @main(%arg0: tensor<2x3x4xf32>, %arg1: tensor<2x4x5xf32>) -> (tensor<2x3x5xf32> {jax.result_info = "result[0]"}, tensor<3x5xf32> {jax.result_info = "result[1]"}, tensor<3xf32> {jax.result_info = "result[2]"}) {
    %0 = stablehlo.dot_general %arg0, %arg1, batching_dims = [0] x [0], contracting_dims = [2] x [1], precision = [HIGHEST, HIGHEST] : (tensor<2x3x4xf32>, tensor<2x4x5xf32>) -> tensor<2x3x5xf32>
    %1 = stablehlo.dot_general %arg0, %arg1, contracting_dims = [0, 2] x [0, 1], precision = [DEFAULT, DEFAULT] : (tensor<2x3x4xf32>, tensor<2x4x5xf32>) -> tensor<3x5xf32>
    %2 = stablehlo.slice %arg0 [0:1, 0:3, 0:4] : (tensor<2x3x4xf32>) -> tensor<1x3x4xf32>
    %3 = stablehlo.reshape %2 : (tensor<1x3x4xf32>) -> tensor<3x4xf32>
    %4 = stablehlo.slice %arg1 [0:1, 0:4, 0:1] : (tensor<2x4x5xf32>) -> tensor<1x4x1xf32>
    %5 = stablehlo.reshape %4 : (tensor<1x4x1xf32>) -> tensor<4xf32>
    %6 = stablehlo.dot_general %3, %5, contracting_dims = [1] x [0], precision = [DEFAULT, DEFAULT] : (tensor<3x4xf32>, tensor<4xf32>) -> tensor<3xf32>
    return %0, %1, %6 : tensor<2x3x5xf32>, tensor<3x5xf32>, tensor<3xf32>
  }
}
// -----
// convolution
module @jit__lambda attributes {mhlo.num_partitions = 1 : i32, mhlo.num_replicas = 1 : i32} {
  func.func public @main(%arg0: tensor<2x4x9x9xf32>, %arg1: tensor<6x2x2x3xf32>) -> (tensor<2x6x5x16xf32> {jax.result_info = "result"}) {
    %0 = stablehlo.convolution(%arg0, %arg1) dim_numbers = [b, f, 0, 1]x[o, i, 0, 1]->[b, f, 0, 1], window = {stride = [2, 1], pad = [[1, 2], [0, 1]], lhs_dilate = [1, 2], rhs_dilate = [2, 1], reverse = [false, false]} {batch_group_count = 1 : i64, feature_group_count = 2 : i64, precision_config = [#stablehlo<precision DEFAULT>, #stablehlo<precision DEFAULT>]} : (tensor<2x4x9x9xf32>, tensor<6x2x2x3xf32>) -> tensor<2x6x5x16xf32>
    return %0 : tensor<2x6x5x16xf32>
  }
}
// -----
// convolution_gradient
module @jit__lambda attributes {mhlo.num_partitions = 1 : i32, mhlo.num_replicas = 1 : i32} {
  func.func public @main(%arg0: tensor<2x5x5x3xf32>, %arg1: tensor<3x3x3x4xf32>) -> (tensor<2x5x5x3xf32> {jax.result_info = "result[0]"}, tensor<3x3x3x4xf32> {jax.result_info = "result[1]"}) {
    %0 = stablehlo.convolution(%arg0, %arg1) dim_numbers = [b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f], window = {stride = [1, 1], pad = [[1, 1], [1, 1]], lhs_dilate = [1, 1], rhs_dilate = [1, 1], reverse = [false, false]} {batch_group_count = 1 : i64, feature_group_count = 1 : i64, precision_config = [#stablehlo<precision DEFAULT>, #stablehlo<precision DEFAULT>]} : (tensor<2x5x5x3xf32>, tensor<3x3x3x4xf32>) -> tensor<2x5x5x4xf32>
    %cst = stablehlo.constant dense<2.000000e+00> : tensor<f32>
    %1 = stablehlo.broadcast_in_dim %cst, dims = [] : (tensor<f32>) -> tensor<2x5x5x4xf32>
    %2 = stablehlo.multiply %1, %0 : tensor<2x5x5x4xf32>
    %cst_0 = stablehlo.constant dense<1.000000e+00> : tensor<f32>
    %3 = stablehlo.broadcast_in_dim %cst_0, dims = [] : (tensor<f32>) -> tensor<2x5x5x4xf32>
    %4 = stablehlo.multiply %3, %2 : tensor<2x5x5x4xf32>
    %5 = stablehlo.convolution(%arg0, %4) dim_numbers = [f, 0, 1, b]x[i, 0, 1, o]->[0, 1, b, f], window = {stride = [1, 1], pad = [[1, 1], [1, 1]], lhs_dilate = [1, 1], rhs_dilate = [1, 1], reverse = [false, false]} {batch_group_count = 1 : i64, feature_group_count = 1 : i64, precision_config = [#stablehlo<precision DEFAULT>, #stablehlo<precision DEFAULT>]} : (tensor<2x5x5x3xf32>, tensor<2x5x5x4xf32>) -> tensor<3x3x3x4xf32>
    %6 = stablehlo.reverse %arg1, dims = [0, 1] : tensor<3x3x3x4xf32>
    %7 = stablehlo.convolution(%4, %6) dim_numbers = [b, 0, 1, f]x[0, 1, o, i]->[b, 0, 1, f], window = {stride = [1, 1], pad = [[1, 1], [1, 1]], lhs_dilate = [1, 1], rhs_dilate = [1, 1], reverse = [false, false]} {batch_group_count = 1 : i64, feature_group_count = 1 : i64, precision_config = [#stablehlo<precision DEFAULT>, #stablehlo<precision DEFAULT>]} : (tensor<2x5x5x4xf32>, tensor<3x3x3x4xf32>) -> tensor<2x5x5x3xf32>
    return %7, %5 : tensor<2x5x5x3xf32>, tensor<3x3x3x4xf32>
  }
}
// -----
// gather
module @jit__lambda attributes {mhlo.num_partitions = 1 : i32, mhlo.num_replicas = 1 : i32} {
  func.func public @main(%arg0: tensor<5x5xf32>, %arg1: tensor<5xi32>) -> (tensor<5x5xf32> {jax.result_info = "result[0]"}, tensor<5xf32> {jax.result_info = "result[1]"}, tensor<5x5xf32> {jax.result_info = "result[2]"}, tensor<5x1xf32> {jax.result_info = "result[3]"}) {
    %c = stablehlo.constant dense<0> : tensor<i32>
    %0 = stablehlo.broadcast_in_dim %c, dims = [] : (tensor<i32>) -> tensor<5xi32>
    %1 = stablehlo.compare LT, %arg1, %0, SIGNED : (tensor<5xi32>, tensor<5xi32>) -> tensor<5xi1>
    %c_0 = stablehlo.constant dense<5> : tensor<i32>
    %2 = stablehlo.broadcast_in_dim %c_0, dims = [] : (tensor<i32>) -> tensor<5xi32>
    %3 = stablehlo.add %arg1, %2 : tensor<5xi32>
    %4 = stablehlo.select %1, %3, %arg1 : tensor<5xi1>, tensor<5xi32>
    %5 = stablehlo.broadcast_in_dim %4, dims = [0] : (tensor<5xi32>) -> tensor<5x1xi32>
    %6 = "stablehlo.gather"(%arg0, %5) <{dimension_numbers = #stablehlo.gather<offset_dims = [1], collapsed_slice_dims = [0], start_index_map = [0], index_vector_dim = 1>, indices_are_sorted = false, slice_sizes = array<i64: 1, 5>}> : (tensor<5x5xf32>, tensor<5x1xi32>) -> tensor<5x5xf32>
    %c_1 = stablehlo.constant dense<0> : tensor<i32>
    %7 = stablehlo.broadcast_in_dim %c_1, dims = [] : (tensor<i32>) -> tensor<5xi32>
    %8 = stablehlo.compare LT, %arg1, %7, SIGNED : (tensor<5xi32>, tensor<5xi32>) -> tensor<5xi1>
    %c_2 = stablehlo.constant dense<5> : tensor<i32>
    %9 = stablehlo.broadcast_in_dim %c_2, dims = [] : (tensor<i32>) -> tensor<5xi32>
    %10 = stablehlo.add %arg1, %9 : tensor<5xi32>
    %11 = stablehlo.select %8, %10, %arg1 : tensor<5xi1>, tensor<5xi32>
    %c_3 = stablehlo.constant dense<0> : tensor<i32>
    %12 = stablehlo.broadcast_in_dim %c_3, dims = [] : (tensor<i32>) -> tensor<5xi32>
    %13 = stablehlo.compare LT, %arg1, %12, SIGNED : (tensor<5xi32>, tensor<5xi32>) -> tensor<5xi1>
    %c_4 = stablehlo.constant dense<5> : tensor<i32>
    %14 = stablehlo.broadcast_in_dim %c_4, dims = [] : (tensor<i32>) -> tensor<5xi32>
    %15 = stablehlo.add %arg1, %14 : tensor<5xi32>
    %16 = stablehlo.select %13, %15, %arg1 : tensor<5xi1>, tensor<5xi32>
    %17 = stablehlo.broadcast_in_dim %11, dims = [0] : (tensor<5xi32>) -> tensor<5x1xi32>
    %18 = stablehlo.broadcast_in_dim %16, dims = [0] : (tensor<5xi32>) -> tensor<5x1xi32>
    %19 = stablehlo.concatenate %17, %18, dim = 1 : (tensor<5x1xi32>, tensor<5x1xi32>) -> tensor<5x2xi32>
    %20 = "stablehlo.gather"(%arg0, %19) <{dimension_numbers = #stablehlo.gather<collapsed_slice_dims = [0, 1], start_index_map = [0, 1], index_vector_dim = 1>, indices_are_sorted = false, slice_sizes = array<i64: 1, 1>}> : (tensor<5x5xf32>, tensor<5x2xi32>) -> tensor<5xf32>
    %c_5 = stablehlo.constant dense<0> : tensor<i32>
    %21 = stablehlo.broadcast_in_dim %c_5, dims = [] : (tensor<i32>) -> tensor<5xi32>
    %22 = stablehlo.compare LT, %arg1, %21, SIGNED : (tensor<5xi32>, tensor<5xi32>) -> tensor<5xi1>
    %c_6 = stablehlo.constant dense<5> : tensor<i32>
    %23 = stablehlo.broadcast_in_dim %c_6, dims = [] : (tensor<i32>) -> tensor<5xi32>
    %24 = stablehlo.add %arg1, %23 : tensor<5xi32>
    %25 = stablehlo.select %22, %24, %arg1 : tensor<5xi1>, tensor<5xi32>
    %26 = stablehlo.broadcast_in_dim %25, dims = [0] : (tensor<5xi32>) -> tensor<5x1xi32>
    %27 = "stablehlo.gather"(%arg0, %26) <{dimension_numbers = #stablehlo.gather<offset_dims = [0], collapsed_slice_dims = [1], start_index_map = [1], index_vector_dim = 1>, indices_are_sorted = false, slice_sizes = array<i64: 5, 1>}> : (tensor<5x5xf32>, tensor<5x1xi32>) -> tensor<5x5xf32>
    %28 = stablehlo.broadcast_in_dim %arg1, dims = [0] : (tensor<5xi32>) -> tensor<5x1xi32>
    %29 = call @take_along_axis(%arg0, %28) : (tensor<5x5xf32>, tensor<5x1xi32>) -> tensor<5x1xf32>
    return %6, %20, %27, %29 : tensor<5x5xf32>, tensor<5xf32>, tensor<5x5xf32>, tensor<5x1xf32>
  }
  func.func private @take_along_axis(%arg0: tensor<5x5xf32>, %arg1: tensor<5x1xi32>) -> tensor<5x1xf32> {
    %c = stablehlo.constant dense<0> : tensor<i32>
    %0 = stablehlo.broadcast_in_dim %c, dims = [] : (tensor<i32>) -> tensor<5x1xi32>
    %1 = stablehlo.compare LT, %arg1, %0, SIGNED : (tensor<5x1xi32>, tensor<5x1xi32>) -> tensor<5x1xi1>
    %c_0 = stablehlo.constant dense<5> : tensor<i32>
    %2 = stablehlo.broadcast_in_dim %c_0, dims = [] : (tensor<i32>) -> tensor<5x1xi32>
    %3 = stablehlo.add %arg1, %2 : tensor<5x1xi32>
    %4 = stablehlo.select %1, %3, %arg1 : tensor<5x1xi1>, tensor<5x1xi32>
    %5 = stablehlo.reshape %4 : (tensor<5x1xi32>) -> tensor<5x1x1xi32>
    %c_1 = stablehlo.constant dense<4> : tensor<1xi32>
    %c_2 = stablehlo.constant dense<0> : tensor<i32>
    %6 = stablehlo.broadcast_in_dim %c_2, dims = [] : (tensor<i32>) -> tensor<5x1x1xi32>
    %7 = stablehlo.compare GE, %5, %6, SIGNED : (tensor<5x1x1xi32>, tensor<5x1x1xi32>) -> tensor<5x1x1xi1>
    %8 = stablehlo.broadcast_in_dim %c_1, dims = [2] : (tensor<1xi32>) -> tensor<1x1x1xi32>
    %9 = stablehlo.broadcast_in_dim %8, dims = [0, 1, 2] : (tensor<1x1x1xi32>) -> tensor<5x1x1xi32>
    %10 = stablehlo.compare LE, %5, %9, SIGNED : (tensor<5x1x1xi32>, tensor<5x1x1xi32>) -> tensor<5x1x1xi1>
    %11 = stablehlo.and %7, %10 : tensor<5x1x1xi1>
    %c_3 = stablehlo.constant dense<true> : tensor<i1>
    %12 = stablehlo.reduce(%11 init: %c_3) applies stablehlo.and across dimensions = [2] : (tensor<5x1x1xi1>, tensor<i1>) -> tensor<5x1xi1>
    %13 = "stablehlo.gather"(%arg0, %5) <{dimension_numbers = #stablehlo.gather<collapsed_slice_dims = [1], operand_batching_dims = [0], start_indices_batching_dims = [0], start_index_map = [1], index_vector_dim = 2>, indices_are_sorted = false, slice_sizes = array<i64: 1, 1>}> : (tensor<5x5xf32>, tensor<5x1x1xi32>) -> tensor<5x1xf32>
    %cst = stablehlo.constant dense<0x7FC00000> : tensor<f32>
    %14 = stablehlo.broadcast_in_dim %cst, dims = [] : (tensor<f32>) -> tensor<5x1xf32>
    %15 = stablehlo.select %12, %13, %14 : tensor<5x1xi1>, tensor<5x1xf32>
    return %15 : tensor<5x1xf32>
  }
}
// -----
// scatter
module @jit__lambda attributes {mhlo.num_partitions = 1 : i32, mhlo.num_replicas = 1 : i32} {
  func.func public @main(%arg0: tensor<5x3xf32>, %arg1: tensor<2xi32>, %arg2: tensor<2x3xf32>) -> (tensor<5x3xf32> {jax.result_info = "result[0]"}, tensor<5x3xf32> {jax.result_info = "result[1]"}, tensor<5x3xf32> {jax.result_info = "result[2]"}, tensor<5x3xf32> {jax.result_info = "result[3]"}, tensor<5x3xf32> {jax.result_info = "result[4]"}) {
    %c = stablehlo.constant dense<0> : tensor<i32>
    %0 = stablehlo.broadcast_in_dim %c, dims = [] : (tensor<i32>) -> tensor<2xi32>
    %1 = stablehlo.compare LT, %arg1, %0, SIGNED : (tensor<2xi32>, tensor<2xi32>) -> tensor<2xi1>
    %c_0 = stablehlo.constant dense<5> : tensor<i32>
    %2 = stablehlo.broadcast_in_dim %c_0, dims = [] : (tensor<i32>) -> tensor<2xi32>
    %3 = stablehlo.add %arg1, %2 : tensor<2xi32>
    %4 = stablehlo.select %1, %3, %arg1 : tensor<2xi1>, tensor<2xi32>
    %5 = stablehlo.broadcast_in_dim %4, dims = [0] : (tensor<2xi32>) -> tensor<2x1xi32>
    %6 = "stablehlo.scatter"(%arg0, %5, %arg2) <{indices_are_sorted = false, scatter_dimension_numbers = #stablehlo.scatter<update_window_dims = [1], inserted_window_dims = [0], scatter_dims_to_operand_dims = [0], index_vector_dim = 1>, unique_indices = false}> ({
    ^bb0(%arg3: tensor<f32>, %arg4: tensor<f32>):
      %31 = stablehlo.add %arg3, %arg4 : tensor<f32>
      stablehlo.return %31 : tensor<f32>
    }) : (tensor<5x3xf32>, tensor<2x1xi32>, tensor<2x3xf32>) -> tensor<5x3xf32>
    %c_1 = stablehlo.constant dense<0> : tensor<i32>
    %7 = stablehlo.broadcast_in_dim %c_1, dims = [] : (tensor<i32>) -> tensor<2xi32>
    %8 = stablehlo.compare LT, %arg1, %7, SIGNED : (tensor<2xi32>, tensor<2xi32>) -> tensor<2xi1>
    %c_2 = stablehlo.constant dense<5> : tensor<i32>
    %9 = stablehlo.broadcast_in_dim %c_2, dims = [] : (tensor<i32>) -> tensor<2xi32>
    %10 = stablehlo.add %arg1, %9 : tensor<2xi32>
    %11 = stablehlo.select %8, %10, %arg1 : tensor<2xi1>, tensor<2xi32>
    %12 = stablehlo.broadcast_in_dim %11, dims = [0] : (tensor<2xi32>) -> tensor<2x1xi32>
    %13 = "stablehlo.scatter"(%arg0, %12, %arg2) <{indices_are_sorted = false, scatter_dimension_numbers = #stablehlo.scatter<update_window_dims = [1], inserted_window_dims = [0], scatter_dims_to_operand_dims = [0], index_vector_dim = 1>, unique_indices = false}> ({
    ^bb0(%arg3: tensor<f32>, %arg4: tensor<f32>):
      %31 = stablehlo.multiply %arg3, %arg4 : tensor<f32>
      stablehlo.return %31 : tensor<f32>
    }) : (tensor<5x3xf32>, tensor<2x1xi32>, tensor<2x3xf32>) -> tensor<5x3xf32>
    %c_3 = stablehlo.constant dense<0> : tensor<i32>
    %14 = stablehlo.broadcast_in_dim %c_3, dims = [] : (tensor<i32>) -> tensor<2xi32>
    %15 = stablehlo.compare LT, %arg1, %14, SIGNED : (tensor<2xi32>, tensor<2xi32>) -> tensor<2xi1>
    %c_4 = stablehlo.constant dense<5> : tensor<i32>
    %16 = stablehlo.broadcast_in_dim %c_4, dims = [] : (tensor<i32>) -> tensor<2xi32>
    %17 = stablehlo.add %arg1, %16 : tensor<2xi32>
    %18 = stablehlo.select %15, %17, %arg1 : tensor<2xi1>, tensor<2xi32>
    %19 = stablehlo.broadcast_in_dim %18, dims = [0] : (tensor<2xi32>) -> tensor<2x1xi32>
    %20 = "stablehlo.scatter"(%arg0, %19, %arg2) <{indices_are_sorted = false, scatter_dimension_numbers = #stablehlo.scatter<update_window_dims = [1], inserted_window_dims = [0], scatter_dims_to_operand_dims = [0], index_vector_dim = 1>, unique_indices = false}> ({
    ^bb0(%arg3: tensor<f32>, %arg4: tensor<f32>):
      %31 = stablehlo.minimum %arg3, %arg4 : tensor<f32>
      stablehlo.return %31 : tensor<f32>
    }) : (tensor<5x3xf32>, tensor<2x1xi32>, tensor<2x3xf32>) -> tensor<5x3xf32>
    %c_5 = stablehlo.constant dense<0> : tensor<i32>
    %21 = stablehlo.broadcast_in_dim %c_5, dims = [] : (tensor<i32>) -> tensor<2xi32>
    %22 = stablehlo.compare LT, %arg1, %21, SIGNED : (tensor<2xi32>, tensor<2xi32>) -> tensor<2xi1>
    %c_6 = stablehlo.constant dense<5> : tensor<i32>
    %23 = stablehlo.broadcast_in_dim %c_6, dims = [] : (tensor<i32>) -> tensor<2xi32>
    %24 = stablehlo.add %arg1, %23 : tensor<2xi32>
    %25 = stablehlo.select %22, %24, %arg1 : tensor<2xi1>, tensor<2xi32>
    %26 = stablehlo.broadcast_in_dim %25, dims = [0] : (tensor<2xi32>) -> tensor<2x1xi32>
    %27 = "stablehlo.scatter"(%arg0, %26, %arg2) <{indices_are_sorted = false, scatter_dimension_numbers = #stablehlo.scatter<update_window_dims = [1], inserted_window_dims = [0], scatter_dims_to_operand_dims = [0], index_vector_dim = 1>, unique_indices = false}> ({
    ^bb0(%arg3: tensor<f32>, %arg4: tensor<f32>):
      %31 = stablehlo.maximum %arg3, %arg4 : tensor<f32>
      stablehlo.return %31 : tensor<f32>
    }) : (tensor<5x3xf32>, tensor<2x1xi32>, tensor<2x3xf32>) -> tensor<5x3xf32>
    %c_7 = stablehlo.constant dense<0> : tensor<i32>
    %28 = stablehlo.broadcast_in_dim %c_7, dims = [] : (tensor<i32>) -> tensor<1xi32>
    %cst = stablehlo.constant dense<1.000000e+00> : tensor<f32>
    %29 = stablehlo.broadcast_in_dim %cst, dims = [] : (tensor<f32>) -> tensor<3xf32>
    %30 = "stablehlo.scatter"(%arg0, %28, %29) <{indices_are_sorted = true, scatter_dimension_numbers = #stablehlo.scatter<update_window_dims = [0], inserted_window_dims = [0], scatter_dims_to_operand_dims = [0]>, unique_indices = true}> ({
    ^bb0(%arg3: tensor<f32>, %arg4: tensor<f32>):
      stablehlo.return %arg4 : tensor<f32>
    }) : (tensor<5x3xf32>, tensor<1xi32>, tensor<3xf32>) -> tensor<5x3xf32>
    return %6, %13, %20, %27, %30 : tensor<5x3xf32>, tensor<5x3xf32>, tensor<5x3xf32>, tensor<5x3xf32>, tensor<5x3xf32>
  }
}
// -----
// cond
module @jit__lambda attributes {mhlo.num_partitions = 1 : i32, mhlo.num_replicas = 1 : i32} {
  func.func public @main(%arg0: tensor<i32>, %arg1: tensor<6xf32>) -> (tensor<6xf32> {jax.result_info = "result"}) {
    %c = stablehlo.constant dense<1> : tensor<i32>
    %0 = stablehlo.compare GT, %arg0, %c, SIGNED : (tensor<i32>, tensor<i32>) -> tensor<i1>
    %1 = stablehlo.convert %0 : (tensor<i1>) -> tensor<i32>
    %2 = "stablehlo.case"(%1) ({
      %cst = stablehlo.constant dense<2.000000e+00> : tensor<f32>
      %3 = stablehlo.broadcast_in_dim %cst, dims = [] : (tensor<f32>) -> tensor<6xf32>
      %4 = stablehlo.multiply %arg1, %3 : tensor<6xf32>
      stablehlo.return %4 : tensor<6xf32>
    }, {
      %cst = stablehlo.constant dense<1.000000e+00> : tensor<f32>
      %3 = stablehlo.broadcast_in_dim %cst, dims = [] : (tensor<f32>) -> tensor<6xf32>
      %4 = stablehlo.add %arg1, %3 : tensor<6xf32>
      stablehlo.return %4 : tensor<6xf32>
    }) : (tensor<i32>) -> tensor<6xf32>
    return %2 : tensor<6xf32>
  }
}
// -----
// switch
module @jit__lambda attributes {mhlo.num_partitions = 1 : i32, mhlo.num_replicas = 1 : i32} {
  func.func public @main(%arg0: tensor<i32>, %arg1: tensor<6xf32>) -> (tensor<6xf32> {jax.result_info = "result"}) {
    %c = stablehlo.constant dense<0> : tensor<i32>
    %c_0 = stablehlo.constant dense<2> : tensor<i32>
    %0 = stablehlo.clamp %c, %arg0, %c_0 : tensor<i32>
    %1 = "stablehlo.case"(%0) ({
      %cst = stablehlo.constant dense<1.000000e+00> : tensor<f32>
      %2 = stablehlo.broadcast_in_dim %cst, dims = [] : (tensor<f32>) -> tensor<6xf32>
      %3 = stablehlo.add %arg1, %2 : tensor<6xf32>
      stablehlo.return %3 : tensor<6xf32>
    }, {
      %cst = stablehlo.constant dense<2.000000e+00> : tensor<f32>
      %2 = stablehlo.broadcast_in_dim %cst, dims = [] : (tensor<f32>) -> tensor<6xf32>
      %3 = stablehlo.multiply %arg1, %2 : tensor<6xf32>
      stablehlo.return %3 : tensor<6xf32>
    }, {
      stablehlo.return %arg1 : tensor<6xf32>
    }) : (tensor<i32>) -> tensor<6xf32>
    return %1 : tensor<6xf32>
  }
}
// -----
// fori
module @jit__lambda attributes {mhlo.num_partitions = 1 : i32, mhlo.num_replicas = 1 : i32} {
  func.func public @main(%arg0: tensor<6xf32>) -> (tensor<6xf32> {jax.result_info = "result"}) {
    %c = stablehlo.constant dense<0> : tensor<i32>
    %c_0 = stablehlo.constant dense<0> : tensor<i32>
    %0:4 = stablehlo.while(%iterArg = %arg0, %iterArg_1 = %c_0, %iterArg_2 = %c, %iterArg_3 = %arg0) : tensor<6xf32>, tensor<i32>, tensor<i32>, tensor<6xf32>
    cond {
      %c_4 = stablehlo.constant dense<5> : tensor<i32>
      %1 = stablehlo.compare LT, %iterArg_1, %c_4, SIGNED : (tensor<i32>, tensor<i32>) -> tensor<i1>
      stablehlo.return %1 : tensor<i1>
    } do {
      %1:2 = func.call @closed_call(%iterArg, %iterArg_2, %iterArg_3) : (tensor<6xf32>, tensor<i32>, tensor<6xf32>) -> (tensor<i32>, tensor<6xf32>)
      %c_4 = stablehlo.constant dense<1> : tensor<i32>
      %2 = stablehlo.add %iterArg_1, %c_4 : tensor<i32>
      stablehlo.return %iterArg, %2, %1#0, %1#1 : tensor<6xf32>, tensor<i32>, tensor<i32>, tensor<6xf32>
    }
    return %0#3 : tensor<6xf32>
  }
  func.func private @closed_call(%arg0: tensor<6xf32>, %arg1: tensor<i32>, %arg2: tensor<6xf32>) -> (tensor<i32>, tensor<6xf32>) {
    %c = stablehlo.constant dense<1> : tensor<i32>
    %0 = stablehlo.add %arg1, %c : tensor<i32>
    %1 = stablehlo.multiply %arg2, %arg0 : tensor<6xf32>
    %2 = stablehlo.convert %arg1 : (tensor<i32>) -> tensor<f32>
    %3 = stablehlo.broadcast_in_dim %2, dims = [] : (tensor<f32>) -> tensor<6xf32>
    %4 = stablehlo.add %1, %3 : tensor<6xf32>
    return %0, %4 : tensor<i32>, tensor<6xf32>
  }
}
// -----
// while
module @jit__lambda attributes {mhlo.num_partitions = 1 : i32, mhlo.num_replicas = 1 : i32} {
  func.func public @main(%arg0: tensor<6xf32>, %arg1: tensor<i32>) -> (tensor<i32> {jax.result_info = "result[0]"}, tensor<6xf32> {jax.result_info = "result[1]"}) {
    %cst = stablehlo.constant dense<[0.000000e+00, 1.000000e+00, 2.000000e+00, 3.000000e+00, 4.000000e+00, 5.000000e+00]> : tensor<6xf32>
    %c = stablehlo.constant dense<0> : tensor<i32>
    %0:5 = stablehlo.while(%iterArg = %arg1, %iterArg_0 = %arg0, %iterArg_1 = %cst, %iterArg_2 = %c, %iterArg_3 = %arg0) : tensor<i32>, tensor<6xf32>, tensor<6xf32>, tensor<i32>, tensor<6xf32>
    cond {
      %1 = stablehlo.convert %iterArg_2 : tensor<i32>
      %2 = stablehlo.compare LT, %1, %iterArg, SIGNED : (tensor<i32>, tensor<i32>) -> tensor<i1>
      stablehlo.return %2 : tensor<i1>
    } do {
      %c_4 = stablehlo.constant dense<1> : tensor<i32>
      %1 = stablehlo.add %iterArg_2, %c_4 : tensor<i32>
      %2 = stablehlo.multiply %iterArg_3, %iterArg_0 : tensor<6xf32>
      %3 = stablehlo.add %2, %iterArg_1 : tensor<6xf32>
      stablehlo.return %iterArg, %iterArg_0, %iterArg_1, %1, %3 : tensor<i32>, tensor<6xf32>, tensor<6xf32>, tensor<i32>, tensor<6xf32>
    }
    return %0#3, %0#4 : tensor<i32>, tensor<6xf32>
  }
}
// -----
// scan
#loc = loc(unknown)
#loc1 = loc("w")
#loc2 = loc("u")
#loc3 = loc("xs")
module @jit__lambda attributes {jax.uses_shape_polymorphism = false, mhlo.num_partitions = 1 : i32, mhlo.num_replicas = 1 : i32} {
  func.func public @main(%arg0: tensor<3x3xf32> loc("w"), %arg1: tensor<4x3xf32> loc("u"), %arg2: tensor<5x2x4xf32> loc("xs")) -> (tensor<2x3xf32> {jax.result_info = "result[0]"}, tensor<5x2x3xf32> {jax.result_info = "result[1]"}) {
    %c = stablehlo.constant dense<1> : tensor<i32> loc(#loc)
    %c_0 = stablehlo.constant dense<5> : tensor<i32> loc(#loc)
    %c_1 = stablehlo.constant dense<0> : tensor<i32> loc(#loc43)
    %cst = stablehlo.constant dense<0.000000e+00> : tensor<f32> loc(#loc)
    %0 = stablehlo.broadcast_in_dim %cst, dims = [] : (tensor<f32>) -> tensor<2x3xf32> loc(#loc44)
    %1 = stablehlo.broadcast_in_dim %cst, dims = [] : (tensor<f32>) -> tensor<5x2x3xf32> loc(#loc47)
    %2:6 = stablehlo.while(%iterArg = %arg2, %iterArg_2 = %arg0, %iterArg_3 = %arg1, %iterArg_4 = %c_1, %iterArg_5 = %0, %iterArg_6 = %1) : tensor<5x2x4xf32>, tensor<3x3xf32>, tensor<4x3xf32>, tensor<i32>, tensor<2x3xf32>, tensor<5x2x3xf32>
    cond {
      %3 = stablehlo.compare LT, %iterArg_4, %c_0, SIGNED : (tensor<i32>, tensor<i32>) -> tensor<i1> loc(#loc49)
      stablehlo.return %3 : tensor<i1> loc(#loc48)
    } do {
      %3 = func.call @dynamic_index_in_dim(%iterArg, %iterArg_4) : (tensor<5x2x4xf32>, tensor<i32>) -> tensor<2x4xf32> loc(#loc50)
      %4:2 = func.call @closed_call(%iterArg_2, %iterArg_3, %iterArg_5, %3) : (tensor<3x3xf32>, tensor<4x3xf32>, tensor<2x3xf32>, tensor<2x4xf32>) -> (tensor<2x3xf32>, tensor<2x3xf32>) loc(#loc51)
      %5 = func.call @dynamic_update_index_in_dim(%iterArg_6, %4#1, %iterArg_4) : (tensor<5x2x3xf32>, tensor<2x3xf32>, tensor<i32>) -> tensor<5x2x3xf32> loc(#loc52)
      %6 = stablehlo.add %iterArg_4, %c : tensor<i32> loc(#loc53)
      stablehlo.return %iterArg, %iterArg_2, %iterArg_3, %6, %4#0, %5 : tensor<5x2x4xf32>, tensor<3x3xf32>, tensor<4x3xf32>, tensor<i32>, tensor<2x3xf32>, tensor<5x2x3xf32> loc(#loc48)
    } loc(#loc48)
    return %2#4, %2#5 : tensor<2x3xf32>, tensor<5x2x3xf32> loc(#loc42)
  } loc(#loc)
  func.func private @dynamic_index_in_dim(%arg0: tensor<5x2x4xf32> loc(unknown), %arg1: tensor<i32> loc(unknown)) -> tensor<2x4xf32> {
    %c = stablehlo.constant dense<0> : tensor<i32> loc(#loc)
    %0 = stablehlo.dynamic_slice %arg0, %arg1, %c, %c, sizes = [1, 2, 4] : (tensor<5x2x4xf32>, tensor<i32>, tensor<i32>, tensor<i32>) -> tensor<1x2x4xf32> loc(#loc27)
    %1 = stablehlo.reshape %0 : (tensor<1x2x4xf32>) -> tensor<2x4xf32> loc(#loc28)
    return %1 : tensor<2x4xf32> loc(#loc)
  } loc(#loc37)
  func.func private @closed_call(%arg0: tensor<3x3xf32> loc(unknown), %arg1: tensor<4x3xf32> loc(unknown), %arg2: tensor<2x3xf32> loc(unknown), %arg3: tensor<2x4xf32> loc(unknown)) -> (tensor<2x3xf32>, tensor<2x3xf32>) {
    %0 = stablehlo.dot_general %arg2, %arg0, contracting_dims = [1] x [0] : (tensor<2x3xf32>, tensor<3x3xf32>) -> tensor<2x3xf32> loc(#loc30)
    %1 = stablehlo.dot_general %arg3, %arg1, contracting_dims = [1] x [0] : (tensor<2x4xf32>, tensor<4x3xf32>) -> tensor<2x3xf32> loc(#loc31)
    %2 = stablehlo.add %0, %1 : tensor<2x3xf32> loc(#loc32)
    %3 = stablehlo.tanh %2 : tensor<2x3xf32> loc(#loc33)
    return %3, %3 : tensor<2x3xf32>, tensor<2x3xf32> loc(#loc)
  } loc(#loc38)
  func.func private @dynamic_update_index_in_dim(%arg0: tensor<5x2x3xf32> loc(unknown), %arg1: tensor<2x3xf32> loc(unknown), %arg2: tensor<i32> loc(unknown)) -> tensor<5x2x3xf32> {
    %c = stablehlo.constant dense<0> : tensor<i32> loc(#loc)
    %0 = stablehlo.broadcast_in_dim %arg1, dims = [1, 2] : (tensor<2x3xf32>) -> tensor<1x2x3xf32> loc(#loc34)
    %1 = stablehlo.dynamic_update_slice %arg0, %0, %arg2, %c, %c : (tensor<5x2x3xf32>, tensor<1x2x3xf32>, tensor<i32>, tensor<i32>, tensor<i32>) -> tensor<5x2x3xf32> loc(#loc35)
    return %1 : tensor<5x2x3xf32> loc(#loc)
  } loc(#loc37)
} loc(#loc)
#loc4 = loc("scripts/oracle/stablehlo.py":122:30 to :106)
#loc5 = loc("scripts/oracle/stablehlo.py":140:11 to :47)
#loc6 = loc("scripts/oracle/stablehlo.py":155:15 to :32)
#loc7 = loc("scripts/vectors":46:4 to :80)
#loc8 = loc("scripts/vectors":50:4 to :10)
#loc9 = loc("scripts/oracle/stablehlo.py":122:84 to :101)
#loc10 = loc("scripts/oracle/stablehlo.py":122:62 to :67)
#loc11 = loc("scripts/oracle/stablehlo.py":122:70 to :75)
#loc12 = loc("scripts/oracle/stablehlo.py":122:62 to :75)
#loc13 = loc("scripts/oracle/stablehlo.py":122:53 to :76)
#loc14 = loc("<lambda>"(#loc4))
#loc15 = loc("exported"(#loc5))
#loc16 = loc("main"(#loc6))
#loc17 = loc("main"(#loc7))
#loc18 = loc("<module>"(#loc8))
#loc19 = loc("<lambda>"(#loc9))
#loc20 = loc("<lambda>.<locals>.<lambda>"(#loc10))
#loc21 = loc("<lambda>.<locals>.<lambda>"(#loc11))
#loc22 = loc("<lambda>.<locals>.<lambda>"(#loc12))
#loc23 = loc("<lambda>.<locals>.<lambda>"(#loc13))
#loc24 = loc(callsite(#loc17 at #loc18))
#loc25 = loc(callsite(#loc14 at #loc14))
#loc26 = loc("while/body/jit"(#loc14))
#loc27 = loc("dynamic_slice"(#loc14))
#loc28 = loc("squeeze"(#loc14))
#loc29 = loc("while/body/closed_call"(#loc14))
#loc30 = loc("dot_general"(#loc20))
#loc31 = loc("dot_general"(#loc21))
#loc32 = loc("add"(#loc22))
#loc33 = loc("tanh"(#loc23))
#loc34 = loc("broadcast_in_dim"(#loc14))
#loc35 = loc("dynamic_update_slice"(#loc14))
#loc36 = loc(callsite(#loc16 at #loc24))
#loc37 = loc("jit:"(#loc26))
#loc38 = loc("closed_call:"(#loc29))
#loc39 = loc(callsite(#loc15 at #loc36))
#loc40 = loc(callsite(#loc14 at #loc39))
#loc41 = loc(callsite(#loc19 at #loc39))
#loc42 = loc("jit(<lambda>)"(#loc39))
#loc43 = loc("jit(<lambda>)/scan"(#loc40))
#loc44 = loc("jit(<lambda>)/broadcast_in_dim"(#loc41))
#loc45 = loc(callsite(#loc14 at #loc40))
#loc46 = loc(callsite(#loc25 at #loc40))
#loc47 = loc("jit(<lambda>)/broadcast_in_dim"(#loc45))
#loc48 = loc("jit(<lambda>)/while"(#loc45))
#loc49 = loc("jit(<lambda>)/while/cond/lt"(#loc46))
#loc50 = loc("jit(<lambda>)/while/body/jit(dynamic_index_in_dim)"(#loc46))
#loc51 = loc("jit(<lambda>)/while/body/closed_call"(#loc46))
#loc52 = loc("jit(<lambda>)/while/body/jit(dynamic_update_index_in_dim)"(#loc46))
#loc53 = loc("jit(<lambda>)/while/body/add"(#loc46))
// -----
// random
module @jit__lambda attributes {mhlo.num_partitions = 1 : i32, mhlo.num_replicas = 1 : i32} {
  func.func public @main(%arg0: tensor<i32>) -> (tensor<4xf32> {jax.result_info = "result"}) {
    %c = stablehlo.constant dense<32> : tensor<i32>
    %0 = stablehlo.shift_right_logical %arg0, %c : tensor<i32>
    %1 = stablehlo.convert %0 : (tensor<i32>) -> tensor<ui32>
    %2 = stablehlo.broadcast_in_dim %1, dims = [] : (tensor<ui32>) -> tensor<1xui32>
    %c_0 = stablehlo.constant dense<-1> : tensor<i32>
    %3 = stablehlo.and %arg0, %c_0 : tensor<i32>
    %4 = stablehlo.convert %3 : (tensor<i32>) -> tensor<ui32>
    %5 = stablehlo.broadcast_in_dim %4, dims = [] : (tensor<ui32>) -> tensor<1xui32>
    %6 = stablehlo.concatenate %2, %5, dim = 0 : (tensor<1xui32>, tensor<1xui32>) -> tensor<2xui32>
    %cst = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %cst_1 = stablehlo.constant dense<1.000000e+00> : tensor<f32>
    %7 = call @_uniform(%6, %cst, %cst_1) : (tensor<2xui32>, tensor<f32>, tensor<f32>) -> tensor<4xf32>
    return %7 : tensor<4xf32>
  }
  func.func private @_uniform(%arg0: tensor<2xui32>, %arg1: tensor<f32>, %arg2: tensor<f32>) -> tensor<4xf32> {
    %0 = stablehlo.convert %arg1 : tensor<f32>
    %1 = stablehlo.convert %arg2 : tensor<f32>
    %2 = stablehlo.broadcast_in_dim %0, dims = [] : (tensor<f32>) -> tensor<1xf32>
    %3 = stablehlo.broadcast_in_dim %1, dims = [] : (tensor<f32>) -> tensor<1xf32>
    %4 = stablehlo.slice %arg0 [0:1] : (tensor<2xui32>) -> tensor<1xui32>
    %5 = stablehlo.reshape %4 : (tensor<1xui32>) -> tensor<ui32>
    %6 = stablehlo.slice %arg0 [1:2] : (tensor<2xui32>) -> tensor<1xui32>
    %7 = stablehlo.reshape %6 : (tensor<1xui32>) -> tensor<ui32>
    %8 = stablehlo.iota dim = 0 : tensor<4xui64>
    %c = stablehlo.constant dense<1> : tensor<ui64>
    %9 = stablehlo.broadcast_in_dim %c, dims = [] : (tensor<ui64>) -> tensor<4xui64>
    %10 = stablehlo.multiply %9, %8 : tensor<4xui64>
    %c_0 = stablehlo.constant dense<32> : tensor<ui64>
    %11 = stablehlo.broadcast_in_dim %c_0, dims = [] : (tensor<ui64>) -> tensor<4xui64>
    %12 = stablehlo.shift_right_logical %10, %11 : tensor<4xui64>
    %13 = stablehlo.convert %10 : (tensor<4xui64>) -> tensor<4xui32>
    %14 = stablehlo.convert %12 : (tensor<4xui64>) -> tensor<4xui32>
    %15:2 = call @threefry2x32(%5, %7, %14, %13) : (tensor<ui32>, tensor<ui32>, tensor<4xui32>, tensor<4xui32>) -> (tensor<4xui32>, tensor<4xui32>)
    %16 = stablehlo.xor %15#0, %15#1 : tensor<4xui32>
    %c_1 = stablehlo.constant dense<9> : tensor<ui32>
    %17 = stablehlo.broadcast_in_dim %c_1, dims = [] : (tensor<ui32>) -> tensor<4xui32>
    %18 = stablehlo.shift_right_logical %16, %17 : tensor<4xui32>
    %c_2 = stablehlo.constant dense<1065353216> : tensor<ui32>
    %19 = stablehlo.broadcast_in_dim %c_2, dims = [] : (tensor<ui32>) -> tensor<4xui32>
    %20 = stablehlo.or %18, %19 : tensor<4xui32>
    %21 = stablehlo.bitcast_convert %20 : (tensor<4xui32>) -> tensor<4xf32>
    %cst = stablehlo.constant dense<1.000000e+00> : tensor<f32>
    %22 = stablehlo.broadcast_in_dim %cst, dims = [] : (tensor<f32>) -> tensor<4xf32>
    %23 = stablehlo.subtract %21, %22 : tensor<4xf32>
    %24 = stablehlo.subtract %3, %2 : tensor<1xf32>
    %25 = stablehlo.broadcast_in_dim %24, dims = [0] : (tensor<1xf32>) -> tensor<4xf32>
    %26 = stablehlo.multiply %23, %25 : tensor<4xf32>
    %27 = stablehlo.broadcast_in_dim %2, dims = [0] : (tensor<1xf32>) -> tensor<4xf32>
    %28 = stablehlo.add %26, %27 : tensor<4xf32>
    %29 = stablehlo.broadcast_in_dim %2, dims = [0] : (tensor<1xf32>) -> tensor<4xf32>
    %30 = stablehlo.maximum %29, %28 : tensor<4xf32>
    return %30 : tensor<4xf32>
  }
  func.func private @threefry2x32(%arg0: tensor<ui32>, %arg1: tensor<ui32>, %arg2: tensor<4xui32>, %arg3: tensor<4xui32>) -> (tensor<4xui32>, tensor<4xui32>) {
    %c = stablehlo.constant dense<[13, 15, 26, 6]> : tensor<4xui32>
    %c_0 = stablehlo.constant dense<[17, 29, 16, 24]> : tensor<4xui32>
    %0 = stablehlo.xor %arg0, %arg1 : tensor<ui32>
    %c_1 = stablehlo.constant dense<466688986> : tensor<ui32>
    %1 = stablehlo.xor %0, %c_1 : tensor<ui32>
    %2 = stablehlo.broadcast_in_dim %arg0, dims = [] : (tensor<ui32>) -> tensor<4xui32>
    %3 = stablehlo.add %arg2, %2 : tensor<4xui32>
    %4 = stablehlo.broadcast_in_dim %arg1, dims = [] : (tensor<ui32>) -> tensor<4xui32>
    %5 = stablehlo.add %arg3, %4 : tensor<4xui32>
    %c_2 = stablehlo.constant dense<0> : tensor<i32>
    %c_3 = stablehlo.constant dense<0> : tensor<i32>
    %6:9 = stablehlo.while(%iterArg = %c_3, %iterArg_4 = %c_2, %iterArg_5 = %3, %iterArg_6 = %5, %iterArg_7 = %arg1, %iterArg_8 = %1, %iterArg_9 = %arg0, %iterArg_10 = %c, %iterArg_11 = %c_0) : tensor<i32>, tensor<i32>, tensor<4xui32>, tensor<4xui32>, tensor<ui32>, tensor<ui32>, tensor<ui32>, tensor<4xui32>, tensor<4xui32>
    cond {
      %c_12 = stablehlo.constant dense<5> : tensor<i32>
      %7 = stablehlo.compare LT, %iterArg, %c_12, SIGNED : (tensor<i32>, tensor<i32>) -> tensor<i1>
      stablehlo.return %7 : tensor<i1>
    } do {
      %7:8 = func.call @closed_call(%iterArg_4, %iterArg_5, %iterArg_6, %iterArg_7, %iterArg_8, %iterArg_9, %iterArg_10, %iterArg_11) : (tensor<i32>, tensor<4xui32>, tensor<4xui32>, tensor<ui32>, tensor<ui32>, tensor<ui32>, tensor<4xui32>, tensor<4xui32>) -> (tensor<i32>, tensor<4xui32>, tensor<4xui32>, tensor<ui32>, tensor<ui32>, tensor<ui32>, tensor<4xui32>, tensor<4xui32>)
      %c_12 = stablehlo.constant dense<1> : tensor<i32>
      %8 = stablehlo.add %iterArg, %c_12 : tensor<i32>
      stablehlo.return %8, %7#0, %7#1, %7#2, %7#3, %7#4, %7#5, %7#6, %7#7 : tensor<i32>, tensor<i32>, tensor<4xui32>, tensor<4xui32>, tensor<ui32>, tensor<ui32>, tensor<ui32>, tensor<4xui32>, tensor<4xui32>
    }
    return %6#2, %6#3 : tensor<4xui32>, tensor<4xui32>
  }
  func.func private @closed_call(%arg0: tensor<i32>, %arg1: tensor<4xui32>, %arg2: tensor<4xui32>, %arg3: tensor<ui32>, %arg4: tensor<ui32>, %arg5: tensor<ui32>, %arg6: tensor<4xui32>, %arg7: tensor<4xui32>) -> (tensor<i32>, tensor<4xui32>, tensor<4xui32>, tensor<ui32>, tensor<ui32>, tensor<ui32>, tensor<4xui32>, tensor<4xui32>) {
    %c = stablehlo.constant dense<1> : tensor<i32>
    %0 = stablehlo.add %arg0, %c : tensor<i32>
    %1 = stablehlo.slice %arg6 [0:1] : (tensor<4xui32>) -> tensor<1xui32>
    %2 = stablehlo.reshape %1 : (tensor<1xui32>) -> tensor<ui32>
    %3 = stablehlo.add %arg1, %arg2 : tensor<4xui32>
    %4 = stablehlo.broadcast_in_dim %2, dims = [] : (tensor<ui32>) -> tensor<4xui32>
    %5 = stablehlo.shift_left %arg2, %4 : tensor<4xui32>
    %c_0 = stablehlo.constant dense<32> : tensor<ui32>
    %6 = stablehlo.subtract %c_0, %2 : tensor<ui32>
    %7 = stablehlo.broadcast_in_dim %6, dims = [] : (tensor<ui32>) -> tensor<4xui32>
    %8 = stablehlo.shift_right_logical %arg2, %7 : tensor<4xui32>
    %9 = stablehlo.or %5, %8 : tensor<4xui32>
    %10 = stablehlo.xor %3, %9 : tensor<4xui32>
    %11 = stablehlo.slice %arg6 [1:2] : (tensor<4xui32>) -> tensor<1xui32>
    %12 = stablehlo.reshape %11 : (tensor<1xui32>) -> tensor<ui32>
    %13 = stablehlo.add %3, %10 : tensor<4xui32>
    %14 = stablehlo.broadcast_in_dim %12, dims = [] : (tensor<ui32>) -> tensor<4xui32>
    %15 = stablehlo.shift_left %10, %14 : tensor<4xui32>
    %c_1 = stablehlo.constant dense<32> : tensor<ui32>
    %16 = stablehlo.subtract %c_1, %12 : tensor<ui32>
    %17 = stablehlo.broadcast_in_dim %16, dims = [] : (tensor<ui32>) -> tensor<4xui32>
    %18 = stablehlo.shift_right_logical %10, %17 : tensor<4xui32>
    %19 = stablehlo.or %15, %18 : tensor<4xui32>
    %20 = stablehlo.xor %13, %19 : tensor<4xui32>
    %21 = stablehlo.slice %arg6 [2:3] : (tensor<4xui32>) -> tensor<1xui32>
    %22 = stablehlo.reshape %21 : (tensor<1xui32>) -> tensor<ui32>
    %23 = stablehlo.add %13, %20 : tensor<4xui32>
    %24 = stablehlo.broadcast_in_dim %22, dims = [] : (tensor<ui32>) -> tensor<4xui32>
    %25 = stablehlo.shift_left %20, %24 : tensor<4xui32>
    %c_2 = stablehlo.constant dense<32> : tensor<ui32>
    %26 = stablehlo.subtract %c_2, %22 : tensor<ui32>
    %27 = stablehlo.broadcast_in_dim %26, dims = [] : (tensor<ui32>) -> tensor<4xui32>
    %28 = stablehlo.shift_right_logical %20, %27 : tensor<4xui32>
    %29 = stablehlo.or %25, %28 : tensor<4xui32>
    %30 = stablehlo.xor %23, %29 : tensor<4xui32>
    %31 = stablehlo.slice %arg6 [3:4] : (tensor<4xui32>) -> tensor<1xui32>
    %32 = stablehlo.reshape %31 : (tensor<1xui32>) -> tensor<ui32>
    %33 = stablehlo.add %23, %30 : tensor<4xui32>
    %34 = stablehlo.broadcast_in_dim %32, dims = [] : (tensor<ui32>) -> tensor<4xui32>
    %35 = stablehlo.shift_left %30, %34 : tensor<4xui32>
    %c_3 = stablehlo.constant dense<32> : tensor<ui32>
    %36 = stablehlo.subtract %c_3, %32 : tensor<ui32>
    %37 = stablehlo.broadcast_in_dim %36, dims = [] : (tensor<ui32>) -> tensor<4xui32>
    %38 = stablehlo.shift_right_logical %30, %37 : tensor<4xui32>
    %39 = stablehlo.or %35, %38 : tensor<4xui32>
    %40 = stablehlo.xor %33, %39 : tensor<4xui32>
    %41 = stablehlo.broadcast_in_dim %arg3, dims = [] : (tensor<ui32>) -> tensor<4xui32>
    %42 = stablehlo.add %33, %41 : tensor<4xui32>
    %43 = stablehlo.broadcast_in_dim %arg4, dims = [] : (tensor<ui32>) -> tensor<4xui32>
    %44 = stablehlo.add %40, %43 : tensor<4xui32>
    %c_4 = stablehlo.constant dense<1> : tensor<i32>
    %45 = stablehlo.add %arg0, %c_4 : tensor<i32>
    %46 = stablehlo.convert %45 : (tensor<i32>) -> tensor<ui32>
    %47 = stablehlo.broadcast_in_dim %46, dims = [] : (tensor<ui32>) -> tensor<4xui32>
    %48 = stablehlo.add %44, %47 : tensor<4xui32>
    return %0, %42, %48, %arg4, %arg5, %arg3, %arg7, %arg6 : tensor<i32>, tensor<4xui32>, tensor<4xui32>, tensor<ui32>, tensor<ui32>, tensor<ui32>, tensor<4xui32>, tensor<4xui32>
  }
}
// -----
// barrier
module @jit__lambda attributes {mhlo.num_partitions = 1 : i32, mhlo.num_replicas = 1 : i32} {
  func.func public @main(%arg0: tensor<6xf32>) -> (tensor<6xf32> {jax.result_info = "result[0]"}, tensor<6xf32> {jax.result_info = "result[1]"}) {
    %cst = stablehlo.constant dense<1.000000e+00> : tensor<f32>
    %0 = stablehlo.broadcast_in_dim %cst, dims = [] : (tensor<f32>) -> tensor<6xf32>
    %1 = stablehlo.add %arg0, %0 : tensor<6xf32>
    %2:2 = stablehlo.optimization_barrier %arg0, %1 : tensor<6xf32>, tensor<6xf32>
    return %2#0, %2#1 : tensor<6xf32>, tensor<6xf32>
  }
}
// -----
// decomposed
#loc1 = loc("xs[0]")
module @jit__lambda attributes {jax.uses_shape_polymorphism = false, mhlo.num_partitions = 1 : i32, mhlo.num_replicas = 1 : i32} {
  func.func public @main(%arg0: tensor<3x4xf32> loc("xs[0]")) -> (tensor<3x4xf32> {jax.result_info = "result[0]"}, tensor<3x4xf32> {jax.result_info = "result[1]"}, tensor<3x4xf32> {jax.result_info = "result[2]"}) {
    %cst = stablehlo.constant dense<1.12837911> : tensor<3x4xf32> loc(#loc20)
    %cst_0 = stablehlo.constant dense<-0.37612626> : tensor<3x4xf32> loc(#loc20)
    %cst_1 = stablehlo.constant dense<0.112835854> : tensor<3x4xf32> loc(#loc20)
    %cst_2 = stablehlo.constant dense<-0.0268538129> : tensor<3x4xf32> loc(#loc20)
    %cst_3 = stablehlo.constant dense<0.00518832775> : tensor<3x4xf32> loc(#loc20)
    %cst_4 = stablehlo.constant dense<-8.0101937E-4> : tensor<3x4xf32> loc(#loc20)
    %cst_5 = stablehlo.constant dense<7.85386146E-5> : tensor<3x4xf32> loc(#loc20)
    %cst_6 = stablehlo.constant dense<-88.7228394> : tensor<3x4xf32> loc(#loc20)
    %cst_7 = stablehlo.constant dense<0.564189494> : tensor<3x4xf32> loc(#loc20)
    %cst_8 = stablehlo.constant dense<-0.282076746> : tensor<3x4xf32> loc(#loc20)
    %cst_9 = stablehlo.constant dense<0.42184633> : tensor<3x4xf32> loc(#loc20)
    %cst_10 = stablehlo.constant dense<-1.01526523> : tensor<3x4xf32> loc(#loc20)
    %cst_11 = stablehlo.constant dense<2.92101908> : tensor<3x4xf32> loc(#loc20)
    %cst_12 = stablehlo.constant dense<-7.49551868> : tensor<3x4xf32> loc(#loc20)
    %cst_13 = stablehlo.constant dense<1.297720e+01> : tensor<3x4xf32> loc(#loc20)
    %cst_14 = stablehlo.constant dense<-10.477664> : tensor<3x4xf32> loc(#loc20)
    %cst_15 = stablehlo.constant dense<0.563825965> : tensor<3x4xf32> loc(#loc20)
    %cst_16 = stablehlo.constant dense<-0.274112701> : tensor<3x4xf32> loc(#loc20)
    %cst_17 = stablehlo.constant dense<3.404880e-01> : tensor<3x4xf32> loc(#loc20)
    %cst_18 = stablehlo.constant dense<-0.494451523> : tensor<3x4xf32> loc(#loc20)
    %cst_19 = stablehlo.constant dense<0.621000468> : tensor<3x4xf32> loc(#loc20)
    %cst_20 = stablehlo.constant dense<-0.582473278> : tensor<3x4xf32> loc(#loc20)
    %cst_21 = stablehlo.constant dense<0.368742466> : tensor<3x4xf32> loc(#loc20)
    %cst_22 = stablehlo.constant dense<-0.138703942> : tensor<3x4xf32> loc(#loc20)
    %cst_23 = stablehlo.constant dense<2.326820e-02> : tensor<3x4xf32> loc(#loc20)
    %cst_24 = stablehlo.constant dense<0x7FC00000> : tensor<3x4xf32> loc(#loc21)
    %cst_25 = stablehlo.constant dense<0.000000e+00> : tensor<3x4xf32> loc(#loc)
    %cst_26 = stablehlo.constant dense<0x7F800000> : tensor<3x4xf32> loc(#loc)
    %cst_27 = stablehlo.constant dense<1.14472985> : tensor<3x4xf32> loc(#loc22)
    %cst_28 = stablehlo.constant dense<3.14159274> : tensor<3x4xf32> loc(#loc)
    %cst_29 = stablehlo.constant dense<0.918938517> : tensor<3x4xf32> loc(#loc22)
    %cst_30 = stablehlo.constant dense<2.01490307> : tensor<3x4xf32> loc(#loc)
    %cst_31 = stablehlo.constant dense<7.500000e+00> : tensor<3x4xf32> loc(#loc)
    %cst_32 = stablehlo.constant dense<8.000000e+00> : tensor<3x4xf32> loc(#loc)
    %cst_33 = stablehlo.constant dense<1.50563267E-7> : tensor<3x4xf32> loc(#loc)
    %cst_34 = stablehlo.constant dense<7.000000e+00> : tensor<3x4xf32> loc(#loc)
    %cst_35 = stablehlo.constant dense<9.98436917E-6> : tensor<3x4xf32> loc(#loc)
    %cst_36 = stablehlo.constant dense<6.000000e+00> : tensor<3x4xf32> loc(#loc)
    %cst_37 = stablehlo.constant dense<-0.138571098> : tensor<3x4xf32> loc(#loc)
    %cst_38 = stablehlo.constant dense<5.000000e+00> : tensor<3x4xf32> loc(#loc)
    %cst_39 = stablehlo.constant dense<12.5073433> : tensor<3x4xf32> loc(#loc)
    %cst_40 = stablehlo.constant dense<4.000000e+00> : tensor<3x4xf32> loc(#loc)
    %cst_41 = stablehlo.constant dense<-176.615036> : tensor<3x4xf32> loc(#loc)
    %cst_42 = stablehlo.constant dense<3.000000e+00> : tensor<3x4xf32> loc(#loc)
    %cst_43 = stablehlo.constant dense<771.323425> : tensor<3x4xf32> loc(#loc)
    %cst_44 = stablehlo.constant dense<2.000000e+00> : tensor<3x4xf32> loc(#loc)
    %cst_45 = stablehlo.constant dense<-1259.13916> : tensor<3x4xf32> loc(#loc)
    %cst_46 = stablehlo.constant dense<676.520386> : tensor<3x4xf32> loc(#loc)
    %cst_47 = stablehlo.constant dense<1.000000e+00> : tensor<3x4xf32> loc(#loc)
    %cst_48 = stablehlo.constant dense<5.000000e-01> : tensor<3x4xf32> loc(#loc)
    %0 = stablehlo.compare LT, %arg0, %cst_48 : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xi1> loc(#loc22)
    %1 = stablehlo.negate %arg0 : tensor<3x4xf32> loc(#loc22)
    %2 = stablehlo.subtract %arg0, %cst_47 : tensor<3x4xf32> loc(#loc22)
    %3 = stablehlo.select %0, %1, %2 : tensor<3x4xi1>, tensor<3x4xf32> loc(#loc22)
    %4 = stablehlo.add %3, %cst_47 : tensor<3x4xf32> loc(#loc22)
    %5 = stablehlo.divide %cst_46, %4 : tensor<3x4xf32> loc(#loc22)
    %6 = stablehlo.add %cst_47, %5 : tensor<3x4xf32> loc(#loc22)
    %7 = stablehlo.add %3, %cst_44 : tensor<3x4xf32> loc(#loc22)
    %8 = stablehlo.divide %cst_45, %7 : tensor<3x4xf32> loc(#loc22)
    %9 = stablehlo.add %6, %8 : tensor<3x4xf32> loc(#loc22)
    %10 = stablehlo.add %3, %cst_42 : tensor<3x4xf32> loc(#loc22)
    %11 = stablehlo.divide %cst_43, %10 : tensor<3x4xf32> loc(#loc22)
    %12 = stablehlo.add %9, %11 : tensor<3x4xf32> loc(#loc22)
    %13 = stablehlo.add %3, %cst_40 : tensor<3x4xf32> loc(#loc22)
    %14 = stablehlo.divide %cst_41, %13 : tensor<3x4xf32> loc(#loc22)
    %15 = stablehlo.add %12, %14 : tensor<3x4xf32> loc(#loc22)
    %16 = stablehlo.add %3, %cst_38 : tensor<3x4xf32> loc(#loc22)
    %17 = stablehlo.divide %cst_39, %16 : tensor<3x4xf32> loc(#loc22)
    %18 = stablehlo.add %15, %17 : tensor<3x4xf32> loc(#loc22)
    %19 = stablehlo.add %3, %cst_36 : tensor<3x4xf32> loc(#loc22)
    %20 = stablehlo.divide %cst_37, %19 : tensor<3x4xf32> loc(#loc22)
    %21 = stablehlo.add %18, %20 : tensor<3x4xf32> loc(#loc22)
    %22 = stablehlo.add %3, %cst_34 : tensor<3x4xf32> loc(#loc22)
    %23 = stablehlo.divide %cst_35, %22 : tensor<3x4xf32> loc(#loc22)
    %24 = stablehlo.add %21, %23 : tensor<3x4xf32> loc(#loc22)
    %25 = stablehlo.add %3, %cst_32 : tensor<3x4xf32> loc(#loc22)
    %26 = stablehlo.divide %cst_33, %25 : tensor<3x4xf32> loc(#loc22)
    %27 = stablehlo.add %24, %26 : tensor<3x4xf32> loc(#loc22)
    %28 = stablehlo.add %cst_31, %3 : tensor<3x4xf32> loc(#loc22)
    %29 = stablehlo.divide %3, %cst_31 : tensor<3x4xf32> loc(#loc22)
    %30 = stablehlo.log_plus_one %29 : tensor<3x4xf32> loc(#loc22)
    %31 = stablehlo.add %cst_30, %30 : tensor<3x4xf32> loc(#loc22)
    %32 = stablehlo.divide %28, %31 : tensor<3x4xf32> loc(#loc22)
    %33 = stablehlo.add %3, %cst_48 : tensor<3x4xf32> loc(#loc22)
    %34 = stablehlo.subtract %33, %32 : tensor<3x4xf32> loc(#loc22)
    %35 = stablehlo.multiply %34, %31 : tensor<3x4xf32> loc(#loc22)
    %36 = stablehlo.log %27 : tensor<3x4xf32> loc(#loc22)
    %37 = stablehlo.add %cst_29, %35 : tensor<3x4xf32> loc(#loc22)
    %38 = stablehlo.add %37, %36 : tensor<3x4xf32> loc(#loc22)
    %39 = stablehlo.abs %arg0 : tensor<3x4xf32> loc(#loc22)
    %40 = stablehlo.floor %39 : tensor<3x4xf32> loc(#loc22)
    %41 = stablehlo.subtract %39, %40 : tensor<3x4xf32> loc(#loc22)
    %42 = stablehlo.compare LT, %cst_48, %41 : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xi1> loc(#loc22)
    %43 = stablehlo.subtract %cst_47, %41 : tensor<3x4xf32> loc(#loc22)
    %44 = stablehlo.select %42, %43, %41 : tensor<3x4xi1>, tensor<3x4xf32> loc(#loc22)
    %45 = stablehlo.multiply %cst_28, %44 : tensor<3x4xf32> loc(#loc22)
    %46 = stablehlo.sine %45 : tensor<3x4xf32> loc(#loc22)
    %47 = stablehlo.log %46 : tensor<3x4xf32> loc(#loc22)
    %48 = stablehlo.subtract %cst_27, %47 : tensor<3x4xf32> loc(#loc22)
    %49 = stablehlo.subtract %48, %38 : tensor<3x4xf32> loc(#loc22)
    %50 = stablehlo.is_finite %47 : (tensor<3x4xf32>) -> tensor<3x4xi1> loc(#loc22)
    %51 = stablehlo.negate %47 : tensor<3x4xf32> loc(#loc22)
    %52 = stablehlo.select %50, %49, %51 : tensor<3x4xi1>, tensor<3x4xf32> loc(#loc22)
    %53 = stablehlo.select %0, %52, %38 : tensor<3x4xi1>, tensor<3x4xf32> loc(#loc22)
    %54 = stablehlo.abs %arg0 : tensor<3x4xf32> loc(#loc22)
    %55 = stablehlo.compare EQ, %54, %cst_26 : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xi1> loc(#loc22)
    %56 = stablehlo.select %55, %cst_26, %53 : tensor<3x4xi1>, tensor<3x4xf32> loc(#loc22)
    %57 = stablehlo.compare LT, %arg0, %cst_48 : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xi1> loc(#loc21)
    %58 = stablehlo.negate %arg0 : tensor<3x4xf32> loc(#loc21)
    %59 = stablehlo.subtract %arg0, %cst_47 : tensor<3x4xf32> loc(#loc21)
    %60 = stablehlo.select %57, %58, %59 : tensor<3x4xi1>, tensor<3x4xf32> loc(#loc21)
    %61 = stablehlo.add %60, %cst_47 : tensor<3x4xf32> loc(#loc21)
    %62 = stablehlo.multiply %61, %61 : tensor<3x4xf32> loc(#loc21)
    %63 = stablehlo.divide %cst_46, %62 : tensor<3x4xf32> loc(#loc21)
    %64 = stablehlo.subtract %cst_25, %63 : tensor<3x4xf32> loc(#loc21)
    %65 = stablehlo.divide %cst_46, %61 : tensor<3x4xf32> loc(#loc21)
    %66 = stablehlo.add %cst_47, %65 : tensor<3x4xf32> loc(#loc21)
    %67 = stablehlo.add %60, %cst_44 : tensor<3x4xf32> loc(#loc21)
    %68 = stablehlo.multiply %67, %67 : tensor<3x4xf32> loc(#loc21)
    %69 = stablehlo.divide %cst_45, %68 : tensor<3x4xf32> loc(#loc21)
    %70 = stablehlo.subtract %64, %69 : tensor<3x4xf32> loc(#loc21)
    %71 = stablehlo.divide %cst_45, %67 : tensor<3x4xf32> loc(#loc21)
    %72 = stablehlo.add %66, %71 : tensor<3x4xf32> loc(#loc21)
    %73 = stablehlo.add %60, %cst_42 : tensor<3x4xf32> loc(#loc21)
    %74 = stablehlo.multiply %73, %73 : tensor<3x4xf32> loc(#loc21)
    %75 = stablehlo.divide %cst_43, %74 : tensor<3x4xf32> loc(#loc21)
    %76 = stablehlo.subtract %70, %75 : tensor<3x4xf32> loc(#loc21)
    %77 = stablehlo.divide %cst_43, %73 : tensor<3x4xf32> loc(#loc21)
    %78 = stablehlo.add %72, %77 : tensor<3x4xf32> loc(#loc21)
    %79 = stablehlo.add %60, %cst_40 : tensor<3x4xf32> loc(#loc21)
    %80 = stablehlo.multiply %79, %79 : tensor<3x4xf32> loc(#loc21)
    %81 = stablehlo.divide %cst_41, %80 : tensor<3x4xf32> loc(#loc21)
    %82 = stablehlo.subtract %76, %81 : tensor<3x4xf32> loc(#loc21)
    %83 = stablehlo.divide %cst_41, %79 : tensor<3x4xf32> loc(#loc21)
    %84 = stablehlo.add %78, %83 : tensor<3x4xf32> loc(#loc21)
    %85 = stablehlo.add %60, %cst_38 : tensor<3x4xf32> loc(#loc21)
    %86 = stablehlo.multiply %85, %85 : tensor<3x4xf32> loc(#loc21)
    %87 = stablehlo.divide %cst_39, %86 : tensor<3x4xf32> loc(#loc21)
    %88 = stablehlo.subtract %82, %87 : tensor<3x4xf32> loc(#loc21)
    %89 = stablehlo.divide %cst_39, %85 : tensor<3x4xf32> loc(#loc21)
    %90 = stablehlo.add %84, %89 : tensor<3x4xf32> loc(#loc21)
    %91 = stablehlo.add %60, %cst_36 : tensor<3x4xf32> loc(#loc21)
    %92 = stablehlo.multiply %91, %91 : tensor<3x4xf32> loc(#loc21)
    %93 = stablehlo.divide %cst_37, %92 : tensor<3x4xf32> loc(#loc21)
    %94 = stablehlo.subtract %88, %93 : tensor<3x4xf32> loc(#loc21)
    %95 = stablehlo.divide %cst_37, %91 : tensor<3x4xf32> loc(#loc21)
    %96 = stablehlo.add %90, %95 : tensor<3x4xf32> loc(#loc21)
    %97 = stablehlo.add %60, %cst_34 : tensor<3x4xf32> loc(#loc21)
    %98 = stablehlo.multiply %97, %97 : tensor<3x4xf32> loc(#loc21)
    %99 = stablehlo.divide %cst_35, %98 : tensor<3x4xf32> loc(#loc21)
    %100 = stablehlo.subtract %94, %99 : tensor<3x4xf32> loc(#loc21)
    %101 = stablehlo.divide %cst_35, %97 : tensor<3x4xf32> loc(#loc21)
    %102 = stablehlo.add %96, %101 : tensor<3x4xf32> loc(#loc21)
    %103 = stablehlo.add %60, %cst_32 : tensor<3x4xf32> loc(#loc21)
    %104 = stablehlo.multiply %103, %103 : tensor<3x4xf32> loc(#loc21)
    %105 = stablehlo.divide %cst_33, %104 : tensor<3x4xf32> loc(#loc21)
    %106 = stablehlo.subtract %100, %105 : tensor<3x4xf32> loc(#loc21)
    %107 = stablehlo.divide %cst_33, %103 : tensor<3x4xf32> loc(#loc21)
    %108 = stablehlo.add %102, %107 : tensor<3x4xf32> loc(#loc21)
    %109 = stablehlo.add %cst_31, %60 : tensor<3x4xf32> loc(#loc21)
    %110 = stablehlo.divide %60, %cst_31 : tensor<3x4xf32> loc(#loc21)
    %111 = stablehlo.log_plus_one %110 : tensor<3x4xf32> loc(#loc21)
    %112 = stablehlo.add %cst_30, %111 : tensor<3x4xf32> loc(#loc21)
    %113 = stablehlo.divide %106, %108 : tensor<3x4xf32> loc(#loc21)
    %114 = stablehlo.divide %cst_34, %109 : tensor<3x4xf32> loc(#loc21)
    %115 = stablehlo.add %112, %113 : tensor<3x4xf32> loc(#loc21)
    %116 = stablehlo.subtract %115, %114 : tensor<3x4xf32> loc(#loc21)
    %117 = stablehlo.add %arg0, %cst_48 : tensor<3x4xf32> loc(#loc21)
    %118 = stablehlo.floor %117 : tensor<3x4xf32> loc(#loc21)
    %119 = stablehlo.abs %118 : tensor<3x4xf32> loc(#loc21)
    %120 = stablehlo.add %arg0, %119 : tensor<3x4xf32> loc(#loc21)
    %121 = stablehlo.multiply %cst_28, %120 : tensor<3x4xf32> loc(#loc21)
    %122 = stablehlo.cosine %121 : tensor<3x4xf32> loc(#loc21)
    %123 = stablehlo.sine %121 : tensor<3x4xf32> loc(#loc21)
    %124 = stablehlo.multiply %cst_28, %122 : tensor<3x4xf32> loc(#loc21)
    %125 = stablehlo.divide %124, %123 : tensor<3x4xf32> loc(#loc21)
    %126 = stablehlo.subtract %116, %125 : tensor<3x4xf32> loc(#loc21)
    %127 = stablehlo.select %57, %126, %116 : tensor<3x4xi1>, tensor<3x4xf32> loc(#loc21)
    %128 = stablehlo.compare LE, %arg0, %cst_25 : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xi1> loc(#loc21)
    %129 = stablehlo.floor %arg0 : tensor<3x4xf32> loc(#loc21)
    %130 = stablehlo.compare EQ, %arg0, %129 : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xi1> loc(#loc21)
    %131 = stablehlo.and %128, %130 : tensor<3x4xi1> loc(#loc21)
    %132 = stablehlo.select %131, %cst_24, %127 : tensor<3x4xi1>, tensor<3x4xf32> loc(#loc21)
    %133 = stablehlo.multiply %arg0, %arg0 : tensor<3x4xf32> loc(#loc20)
    %134 = stablehlo.negate %133 : tensor<3x4xf32> loc(#loc20)
    %135 = stablehlo.abs %arg0 : tensor<3x4xf32> loc(#loc20)
    %136 = stablehlo.divide %cst_47, %133 : tensor<3x4xf32> loc(#loc20)
    %137 = stablehlo.exponential %134 : tensor<3x4xf32> loc(#loc20)
    %138 = stablehlo.divide %cst_47, %135 : tensor<3x4xf32> loc(#loc20)
    %139 = stablehlo.multiply %137, %138 : tensor<3x4xf32> loc(#loc20)
    %140 = stablehlo.compare LT, %135, %cst_44 : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xi1> loc(#loc20)
    %141 = stablehlo.multiply %cst_23, %136 : tensor<3x4xf32> loc(#loc20)
    %142 = stablehlo.add %141, %cst_22 : tensor<3x4xf32> loc(#loc20)
    %143 = stablehlo.multiply %142, %136 : tensor<3x4xf32> loc(#loc20)
    %144 = stablehlo.add %143, %cst_21 : tensor<3x4xf32> loc(#loc20)
    %145 = stablehlo.multiply %144, %136 : tensor<3x4xf32> loc(#loc20)
    %146 = stablehlo.add %145, %cst_20 : tensor<3x4xf32> loc(#loc20)
    %147 = stablehlo.multiply %146, %136 : tensor<3x4xf32> loc(#loc20)
    %148 = stablehlo.add %147, %cst_19 : tensor<3x4xf32> loc(#loc20)
    %149 = stablehlo.multiply %148, %136 : tensor<3x4xf32> loc(#loc20)
    %150 = stablehlo.add %149, %cst_18 : tensor<3x4xf32> loc(#loc20)
    %151 = stablehlo.multiply %150, %136 : tensor<3x4xf32> loc(#loc20)
    %152 = stablehlo.add %151, %cst_17 : tensor<3x4xf32> loc(#loc20)
    %153 = stablehlo.multiply %152, %136 : tensor<3x4xf32> loc(#loc20)
    %154 = stablehlo.add %153, %cst_16 : tensor<3x4xf32> loc(#loc20)
    %155 = stablehlo.multiply %154, %136 : tensor<3x4xf32> loc(#loc20)
    %156 = stablehlo.add %155, %cst_15 : tensor<3x4xf32> loc(#loc20)
    %157 = stablehlo.multiply %cst_14, %136 : tensor<3x4xf32> loc(#loc20)
    %158 = stablehlo.add %157, %cst_13 : tensor<3x4xf32> loc(#loc20)
    %159 = stablehlo.multiply %158, %136 : tensor<3x4xf32> loc(#loc20)
    %160 = stablehlo.add %159, %cst_12 : tensor<3x4xf32> loc(#loc20)
    %161 = stablehlo.multiply %160, %136 : tensor<3x4xf32> loc(#loc20)
    %162 = stablehlo.add %161, %cst_11 : tensor<3x4xf32> loc(#loc20)
    %163 = stablehlo.multiply %162, %136 : tensor<3x4xf32> loc(#loc20)
    %164 = stablehlo.add %163, %cst_10 : tensor<3x4xf32> loc(#loc20)
    %165 = stablehlo.multiply %164, %136 : tensor<3x4xf32> loc(#loc20)
    %166 = stablehlo.add %165, %cst_9 : tensor<3x4xf32> loc(#loc20)
    %167 = stablehlo.multiply %166, %136 : tensor<3x4xf32> loc(#loc20)
    %168 = stablehlo.add %167, %cst_8 : tensor<3x4xf32> loc(#loc20)
    %169 = stablehlo.multiply %168, %136 : tensor<3x4xf32> loc(#loc20)
    %170 = stablehlo.add %169, %cst_7 : tensor<3x4xf32> loc(#loc20)
    %171 = stablehlo.select %140, %156, %170 : tensor<3x4xi1>, tensor<3x4xf32> loc(#loc20)
    %172 = stablehlo.multiply %139, %171 : tensor<3x4xf32> loc(#loc20)
    %173 = stablehlo.compare LT, %134, %cst_6 : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xi1> loc(#loc20)
    %174 = stablehlo.select %173, %cst_25, %172 : tensor<3x4xi1>, tensor<3x4xf32> loc(#loc20)
    %175 = stablehlo.compare LT, %arg0, %cst_25 : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xi1> loc(#loc20)
    %176 = stablehlo.subtract %cst_44, %174 : tensor<3x4xf32> loc(#loc20)
    %177 = stablehlo.select %175, %176, %174 : tensor<3x4xi1>, tensor<3x4xf32> loc(#loc20)
    %178 = stablehlo.multiply %arg0, %arg0 : tensor<3x4xf32> loc(#loc20)
    %179 = stablehlo.multiply %cst_5, %178 : tensor<3x4xf32> loc(#loc20)
    %180 = stablehlo.add %179, %cst_4 : tensor<3x4xf32> loc(#loc20)
    %181 = stablehlo.multiply %180, %178 : tensor<3x4xf32> loc(#loc20)
    %182 = stablehlo.add %181, %cst_3 : tensor<3x4xf32> loc(#loc20)
    %183 = stablehlo.multiply %182, %178 : tensor<3x4xf32> loc(#loc20)
    %184 = stablehlo.add %183, %cst_2 : tensor<3x4xf32> loc(#loc20)
    %185 = stablehlo.multiply %184, %178 : tensor<3x4xf32> loc(#loc20)
    %186 = stablehlo.add %185, %cst_1 : tensor<3x4xf32> loc(#loc20)
    %187 = stablehlo.multiply %186, %178 : tensor<3x4xf32> loc(#loc20)
    %188 = stablehlo.add %187, %cst_0 : tensor<3x4xf32> loc(#loc20)
    %189 = stablehlo.multiply %188, %178 : tensor<3x4xf32> loc(#loc20)
    %190 = stablehlo.add %189, %cst : tensor<3x4xf32> loc(#loc20)
    %191 = stablehlo.multiply %arg0, %190 : tensor<3x4xf32> loc(#loc20)
    %192 = stablehlo.subtract %cst_47, %191 : tensor<3x4xf32> loc(#loc20)
    %193 = stablehlo.abs %arg0 : tensor<3x4xf32> loc(#loc20)
    %194 = stablehlo.compare LT, %193, %cst_47 : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xi1> loc(#loc20)
    %195 = stablehlo.select %194, %192, %177 : tensor<3x4xi1>, tensor<3x4xf32> loc(#loc20)
    return %56, %132, %195 : tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32> loc(#loc18)
  } loc(#loc)
} loc(#loc)
#loc = loc(unknown)
#loc2 = loc("scripts/oracle/stablehlo.py":75:29 to :35)
#loc3 = loc("scripts/oracle/stablehlo.py":75:23 to :48)
#loc4 = loc("scripts/oracle/stablehlo.py":140:11 to :47)
#loc5 = loc("scripts/oracle/stablehlo.py":155:15 to :32)
#loc6 = loc("scripts/vectors":46:4 to :80)
#loc7 = loc("scripts/vectors":50:4 to :10)
#loc8 = loc("elementwise.<locals>.<lambda>.<locals>.<genexpr>"(#loc2))
#loc9 = loc("elementwise.<locals>.<lambda>"(#loc3))
#loc10 = loc("exported"(#loc4))
#loc11 = loc("main"(#loc5))
#loc12 = loc("main"(#loc6))
#loc13 = loc("<module>"(#loc7))
#loc14 = loc(callsite(#loc12 at #loc13))
#loc15 = loc(callsite(#loc11 at #loc14))
#loc16 = loc(callsite(#loc10 at #loc15))
#loc17 = loc(callsite(#loc9 at #loc16))
#loc18 = loc("jit(<lambda>)"(#loc16))
#loc19 = loc(callsite(#loc8 at #loc17))
#loc20 = loc("jit(<lambda>)/erfc"(#loc19))
#loc21 = loc("jit(<lambda>)/digamma"(#loc19))
#loc22 = loc("jit(<lambda>)/lgamma"(#loc19))
