//! Tests of the memory of arrays in calls.

use super::*;

/// A function that writes row 1 of its argument, and does not declare it.
const SILENT_UPDATE: &str = r#"
func.func @main(%a: tensor<4x4xf32>, %row: tensor<1x4xf32>) -> tensor<4x4xf32> {
  %i = stablehlo.constant dense<1> : tensor<i32>
  %z = stablehlo.constant dense<0> : tensor<i32>
  %0 = "stablehlo.dynamic_update_slice"(%a, %row, %i, %z)
    : (tensor<4x4xf32>, tensor<1x4xf32>, tensor<i32>, tensor<i32>) -> tensor<4x4xf32>
  return %0 : tensor<4x4xf32>
}"#;

fn update_signature() -> Signature {
    let (a, row) = (Type::new(DType::F32, [4, 4]), Type::new(DType::F32, [1, 4]));
    Signature::new(vec![a.clone(), row], vec![a])
}

/// The same function, which declares it.
fn update() -> String {
    stating(SILENT_UPDATE, &update_signature(), vec![0])
}

#[test]
fn arguments_are_never_overwritten() {
    // IREE overwrites the argument of this module, so calls must pass a copy, whether or not the module declares it.
    for (device, text) in
        ["local-sync", "local-task"].into_iter().flat_map(|d| [(d, SILENT_UPDATE.to_owned()), (d, update())])
    {
        let f = load_on(device, &text, update_signature(), None);
        let a = Array::from_slice([4, 4], &[1.0f32; 16]);
        let mut last = None;
        for i in 0..2 {
            let row = Array::from_slice([1, 4], &[i as f32; 4]);
            let y = host(&f.call(&[&a.clone().into(), &row.clone().into()]).unwrap()[0]);
            assert_eq!(y.as_slice::<f32>()[3..9], [1.0, i as f32, i as f32, i as f32, i as f32, 1.0]);
            assert_eq!(a.as_slice::<f32>(), [1.0; 16]);
            assert_eq!(row.as_slice::<f32>(), [i as f32; 4]);
            last = Some(y);
        }
        // A result of an earlier call is not overwritten either.
        let y = Value::from(last.unwrap());
        let z = f.call(&[&y, &Array::from_slice([1, 4], &[9.0f32; 4]).into()]).unwrap();
        assert_eq!(host(&y).as_slice::<f32>()[4..8], [1.0; 4]);
        assert_eq!(host(&z[0]).as_slice::<f32>()[4..8], [9.0; 4]);
    }
}

/// A signature with other arguments, or a malformed one, is ignored.
#[test]
fn a_wrong_statement_of_a_module_is_not_believed() {
    let other = Signature::new(vec![f32s(4)], vec![f32s(4)]);
    let unreadable = SILENT_UPDATE.replace(
        ") -> tensor<4x4xf32> {\n  %i",
        ") -> tensor<4x4xf32> \
        attributes {iree.reflection = {rune.signature = \"{}\"}} {\n  %i",
    );
    assert_ne!(unreadable, SILENT_UPDATE);
    for text in [stating(SILENT_UPDATE, &other, vec![]), unreadable] {
        let a = Array::from_slice([4, 4], &[1.0f32; 16]);
        load(&text, update_signature())
            .call(&[&a.clone().into(), &Array::zeros(Type::new(DType::F32, [1, 4])).into()])
            .unwrap();
        assert_eq!(a.as_slice::<f32>(), [1.0; 16]);
    }
}

#[test]
fn a_value_given_away_is_updated_in_place_if_nobody_sees_it() {
    let f = load(&update(), update_signature());
    let row = Value::from(Array::from_slice([1, 4], &[7.0f32; 4]));
    let a = Array::from_slice([4, 4], &[1.0f32; 16]);
    let memory = a.bytes().as_ptr();
    let mut y = f.call_with(vec![Arg::Donate(a.into()), Arg::Borrow(&row)]).unwrap();
    assert_eq!(host(&y[0]).bytes().as_ptr(), memory, "the memory was not used again");
    let mut y = f.call_with(vec![Arg::Donate(y.remove(0)), Arg::Borrow(&row)]).unwrap();
    assert_eq!(host(&y[0]).bytes().as_ptr(), memory, "the memory of a result was not used again");
    // Something else now holds the result.
    let seen = host(&y[0]);
    let z = f.call_with(vec![Arg::Donate(y.remove(0)), Arg::Borrow(&row)]).unwrap();
    assert_ne!(host(&z[0]).bytes().as_ptr(), memory);
    assert_eq!(seen.as_slice::<f32>()[4], 7.0);
}

#[test]
fn a_value_given_away_twice_over_is_not_written_to() {
    // Both results and the argument share one memory.
    let twice = "func.func @main(%a: tensor<4x4xf32>) -> (tensor<4x4xf32>, tensor<4x4xf32>) {\n\
                 return %a, %a : tensor<4x4xf32>, tensor<4x4xf32>\n}";
    let ty = Type::new(DType::F32, [4, 4]);
    let signature = Signature::new(vec![ty.clone()], vec![ty.clone(), ty]);
    let g = load(&stating(twice, &signature, vec![]), signature);
    let f = load(&update(), update_signature());
    let row = Value::from(Array::from_slice([1, 4], &[7.0f32; 4]));
    let a = Array::from_slice([4, 4], &[1.0f32; 16]);
    let mut same = g.call(&[&a.clone().into()]).unwrap();
    f.call_with(vec![Arg::Donate(same.remove(0)), Arg::Borrow(&row)]).unwrap();
    assert_eq!(a.as_slice::<f32>(), [1.0; 16]);
    assert_eq!(host(&same[0]).as_slice::<f32>(), [1.0; 16]);
    f.call_with(vec![Arg::Donate(same.remove(0)), Arg::Borrow(&row)]).unwrap();
    assert_eq!(a.as_slice::<f32>(), [1.0; 16]);
}

#[test]
fn arrays_go_in_and_out_without_copies() {
    let identity = "func.func @main(%a: tensor<4xf32>) -> tensor<4xf32> {\n return %a : tensor<4xf32>\n}";
    let signature = Signature::new(vec![f32s(4)], vec![f32s(4)]);
    let identity = &stating(identity, &signature, vec![]);
    let f = load(identity, signature.clone());
    let a = Array::from_slice(4, &[1.0f32, 2.0, 3.0, 4.0]);
    let y = f.call(&[&a.clone().into()]).unwrap();
    assert_eq!(host(&y[0]).bytes().as_ptr(), a.bytes().as_ptr(), "a copy was made on the way in or out");
    let z = f.call(&[&y[0]]).unwrap();
    assert_eq!(host(&z[0]).bytes().as_ptr(), a.bytes().as_ptr(), "a result was copied on its way back in");
    let g = load_on("local-task", identity, signature, None);
    let other = g.call(&[&z[0]]).unwrap();
    assert_eq!(host(&other[0]).bytes().as_ptr(), a.bytes().as_ptr(), "a copy was made between devices of one memory");
    drop((a, y, other));
    assert_eq!(host(&z[0]).as_slice::<f32>(), [1.0, 2.0, 3.0, 4.0], "the memory outlives its first owner");
}

#[test]
fn unaligned_foreign_memory_is_copied() {
    struct Odd(Vec<u8>);
    // SAFETY: the vector does not change.
    #[allow(unsafe_code)]
    unsafe impl rune_trace::HostMemory for Odd {
        fn bytes(&self) -> &[u8] {
            &self.0[(self.0.as_ptr().align_offset(64) + 4)..][..16]
        }
    }
    let array = Array::from_foreign(f32s(4), Arc::new(Odd(vec![0; 128])));
    let f = load(&binary("add", "tensor<4xf32>"), Signature::new(vec![f32s(4); 2], vec![f32s(4)]));
    let a = Value::from(array);
    assert_eq!(host(&f.call(&[&a, &a]).unwrap()[0]).as_slice::<f32>(), [0.0; 4]);
}

/// A weak pointer also holds memory, although no array does.
#[test]
fn a_weak_pointer_to_memory_keeps_it_from_being_written_to() {
    let f = load(&update(), update_signature());
    let row = Value::from(Array::from_slice([1, 4], &[7.0f32; 4]));
    let y = f.call(&[&Array::from_slice([4, 4], &[1.0f32; 16]).into(), &row]).unwrap().remove(0);
    let (memory, weak) = match &y {
        Value::Host(array) => (array.bytes().as_ptr(), Arc::downgrade(array.foreign().unwrap())),
        Value::Device(_) => panic!("on another device"),
    };
    let z = f.call_with(vec![Arg::Donate(y), Arg::Borrow(&row)]).unwrap();
    assert!(weak.upgrade().is_none());
    assert_ne!(host(&z[0]).bytes().as_ptr(), memory);
}

/// Uses a device with its own memory. Mesa's lavapipe (Debian: `mesa-vulkan-drivers`) is one, in software.
#[cfg(feature = "vulkan")]
#[test]
fn arrays_go_to_a_device_with_memory_of_its_own_and_back() {
    let vulkan = Device::open("vulkan").unwrap();
    let options = CompileOptions::for_target(Target::vulkan("vp_android_baseline_2022").unwrap());
    let load = |text: &str, signature| {
        let module = compile(text, "test", &options).unwrap_or_else(|e| panic!("{e}"));
        Executable::load(&module, &vulkan, "main", signature, None).unwrap_or_else(|e| panic!("{e}"))
    };
    let f = load(&binary("multiply", "tensor<4xf32>"), Signature::new(vec![f32s(4); 2], vec![f32s(4)]));
    let a = Value::from(Array::from_slice(4, &[1.0f32, 2.0, 3.0, 4.0]));
    let y = f.call(&[&a, &a]).unwrap();
    assert!(matches!(y[0], Value::Device(_)));
    let z = f.call(&[&y[0], &vulkan.put(&a).unwrap()]).unwrap();
    assert_eq!(host(&z[0]).as_slice::<f32>(), [1.0, 8.0, 27.0, 64.0]);

    let f = load(&update(), update_signature());
    let row = Value::from(Array::from_slice([1, 4], &[7.0f32; 4]));
    let a = vulkan.put(&Array::from_slice([4, 4], &[1.0f32; 16]).into()).unwrap();
    let y = f.call(&[&a, &row]).unwrap().remove(0);
    assert_eq!(host(&a).as_slice::<f32>(), [1.0; 16]);
    let z = f.call_with(vec![Arg::Donate(y), Arg::Borrow(&row)]).unwrap();
    assert_eq!(host(&z[0]).as_slice::<f32>()[3..9], [1.0, 7.0, 7.0, 7.0, 7.0, 1.0]);
}
