// The start of the slice is rounded down to a multiple of four, because IREE loads vectors of four numbers.
// input: 8x8xf32=0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 56 57 58 59 60 61 62 63
// right: 8x4xf32=1 4 9 16 81 100 121 144 289 324 361 400 625 676 729 784 1089 1156 1225 1296 1681 1764 1849 1936 2401 2500 2601 2704 3249 3364 3481 3600
func.func @main(%x: tensor<8x8xf32>) -> tensor<8x4xf32> {
  %s = stablehlo.multiply %x, %x : tensor<8x8xf32>
  %y = stablehlo.slice %s [0:8, 1:5] : (tensor<8x8xf32>) -> tensor<8x4xf32>
  return %y : tensor<8x4xf32>
}
