module @m {
  func.func public @main() -> tensor<274877906944xf32> {
    %0 = stablehlo.constant dense<1.5> : tensor<274877906944xf32>
    return %0 : tensor<274877906944xf32>
  }
}
