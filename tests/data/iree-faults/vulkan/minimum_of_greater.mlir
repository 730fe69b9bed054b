// The results of subgroups are padded with -1, the greatest unsigned number, for a minimum of signed ones. The fault
// depends on the size of a subgroup. This module is for size 8.
// input: 2x40xi32=7 12 17 11 16 10 15 9 14 8 13 7 12 17 11 16 10 15 9 14 8 13 7 12 17 11 16 10 15 9 14 8 13 7 12 17 11 16 10 15 9 14 8 13 7 12 17 11 16 10 15 9 14 8 13 7 12 17 11 16 10 15 9 14 8 13 7 12 17 11 16 10 15 9 14 8 13 7 12 17
// right: 2xi32=7 7
func.func @main(%x: tensor<2x40xi32>) -> tensor<2xi32> {
  %five = stablehlo.constant dense<5> : tensor<2x40xi32>
  %y = stablehlo.maximum %x, %five : tensor<2x40xi32>
  %greatest = stablehlo.constant dense<2147483647> : tensor<i32>
  %z = stablehlo.reduce(%y init: %greatest) applies stablehlo.minimum across dimensions = [1] : (tensor<2x40xi32>, tensor<i32>) -> tensor<2xi32>
  return %z : tensor<2xi32>
}
