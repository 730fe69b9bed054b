"""Writes docs/names.md, which compares the names of JAX with those of rune, and the rows of FEATURES.md that count
them.

    .venv/bin/python scripts/vectors names      (needs jax 0.10.2)

OTHER lists names that rune has under another path, and REASONS the names that rune leaves out. The script looks up all
others in the sources.
"""

import importlib
import re
import types

from .common import ROOT

# The namespaces of JAX, and the paths of rune to search for their names.
NAMESPACES = {
    "jax": ["", "Tensor"],
    "jax.checkpoint_policies": ["checkpoint_policies"],
    "jax.numpy": ["Tensor", "special", "", "linalg"],
    "jax.lax": ["Tensor", "lax", "special", "", "linalg"],
    "jax.lax.linalg": ["linalg"],
    "jax.nn": ["Tensor", "nn"],
    "jax.nn.initializers": ["nn::init"],
    "jax.numpy.linalg": ["linalg", "Tensor"],
    "jax.numpy.fft": ["fft"],
    "jax.scipy.special": ["special", "Tensor"],
    "jax.scipy.linalg": ["linalg", "Tensor"],
    "jax.scipy.signal": ["signal"],
    "jax.scipy.optimize": ["optimize"],
    "jax.scipy.interpolate": ["interpolate", ""],
    "jax.scipy.ndimage": ["ndimage"],
    "jax.scipy.integrate": ["Tensor"],
    "jax.scipy.fft": ["fft"],
    "jax.scipy.stats": ["stats"],
    "jax.scipy.sparse.linalg": ["linalg"],
    "jax.scipy.cluster.vq": ["cluster"],
    "jax.scipy.spatial.transform": ["spatial"],
    "jax.random": ["random"],
    "jax.image": ["image"],
    "jax.ops": [""],
    "jax.tree": ["Tree", ""],
    "jax.tree_util": ["Tree", ""],
}
DISTRIBUTIONS = """bernoulli beta betabinom binom cauchy chi2 dirichlet expon gamma gennorm geom gumbel_l gumbel_r laplace logistic multinomial
multivariate_normal nbinom norm pareto poisson t truncnorm uniform vonmises wrapcauchy"""
NAMESPACES |= {f"jax.scipy.stats.{name}": [f"stats::{name}"] for name in DISTRIBUTIONS.split()}

# What rune has under another name or in another form. `-` means that an item of this name is another thing.
OTHER = {
    "jax": """
        Array=Tensor P=- jacobian=jacrev make_jaxpr=make_program named_scope=name_scope named_call=name_scope custom_gradient=custom_vjp
        ShapeDtypeStruct=Type typeof=Tensor::ty devices=Device::all device_put=OnDevice fwd_and_bwd=vjp
    """,
    "jax.checkpoint_policies": """
        checkpoint_dots=checkpoint_policies::dots_saveable
        checkpoint_dots_with_no_batch_dims=checkpoint_policies::dots_with_no_batch_dims_saveable
        dots_saveable=checkpoint_policies::dots_saveable
        dots_with_no_batch_dims_saveable=checkpoint_policies::dots_with_no_batch_dims_saveable
        everything_saveable=checkpoint_policies::everything_saveable
        nothing_saveable=checkpoint_policies::nothing_saveable
        save_any_names_but_these=checkpoint_policies::save_any_names_but_these
        save_anything_except_these_names=checkpoint_policies::save_anything_except_these_names
        save_from_both_policies=checkpoint_policies::save_from_both_policies
        save_only_these_names=checkpoint_policies::save_only_these_names
    """,
    "jax.numpy": """
        array=tensor asarray=Tensor::from_slice bool_=DType::Bool bool=DType::Bool int8=DType::I8 int16=DType::I16 int32=DType::I32
        int64=DType::I64 int_=DType::I32 uint=DType::U32 uint8=DType::U8 uint16=DType::U16 uint32=DType::U32 uint64=DType::U64
        float8_e4m3fn=DType::F8E4M3FN float8_e5m2=DType::F8E5M2 float16=DType::F16 bfloat16=DType::BF16 float32=DType::F32 float64=DType::F64 float_=DType::F32 single=DType::F32
        double=DType::F64 dtype=DType ndarray=Tensor number=Scalar mod=Tensor::mod_ where=where_ newaxis=NewAxis ndim=Tensor::rank
        vectorize=vmap apply_along_axis=vmap array_str=Tensor::to_string array_repr=Tensor::to_string
        frombuffer=Tensor::from_slice fromiter=Tensor::from_vec isdtype=DType::is_float issubdtype=DType::is_float
        save=storage::save_npy savez=storage::save_npz load=storage::load_npy tensorsolve=linalg::tensorsolve
        complex64=DType::C64 complex128=DType::C128 complex_=DType::C64 csingle=DType::C64 cdouble=DType::C128 vecdot=linalg::vecdot piecewise=Tensor::select copy=Tensor::copy pow=Tensor::pow round=Tensor::round
        matrix_transpose=Tensor::matrix_transpose cross=linalg::cross kron=linalg::kron astype=Tensor::astype size=Tensor::size
        shape=Tensor::shape roots=Tensor::roots from_dlpack=dlpack::import iinfo=- finfo=DType::finfo trace=Tensor::trace
    """,
    "jax.lax": """
        argmax=Tensor::argmax_axis argmin=Tensor::argmin_axis batch_matmul=Tensor::matmul bitcast_convert_type=Tensor::bitcast
        bitwise_and=Tensor::bitwise_and broadcasted_iota=Tensor::iota broadcast_to_rank=Tensor::at_least_rank
        broadcast_like=Tensor::broadcast_with broadcast_shapes=broadcast_shapes collapse=Tensor::flatten_axes
        convert_element_type=Tensor::cast conv_general_dilated_patches=Tensor::conv_patches conv=Tensor::conv
        conv_with_general_padding=Tensor::conv cumsum=Tensor::cumsum empty=Tensor::empty index_in_dim=Tensor::i index_take=Tensor::i
        erf_inv=Tensor::erf_inv expand_dims=Tensor::expand_dims pbroadcast=- reduce_and=Tensor::all_axes
        reduce_max=Tensor::max_axes reduce_min=Tensor::min_axes reduce_or=Tensor::any_axes reduce_prod=Tensor::prod_axes
        reduce_sum=Tensor::sum_axes rev=Tensor::flip round=Tensor::round scatter_add=At::add scatter_max=At::max scatter_min=At::min
        scatter_mul=At::mul scatter_sub=At::add scatter=At::set select_n=Tensor::choose DotDimensionNumbers=ir::op::DotDims
        ConvDimensionNumbers=ir::op::ConvDims GatherDimensionNumbers=ir::op::GatherDims ScatterDimensionNumbers=ir::op::ScatterDims
        conv_dimension_numbers=Layout optimization_barrier=lax::optimization_barrier bitwise_not=Tensor::bitwise_not
        bitwise_or=Tensor::bitwise_or bitwise_xor=Tensor::bitwise_xor is_finite=lax::is_finite logistic=lax::logistic
        scan=scan while_loop=while_loop all_gather=all_gather all_to_all=all_to_all axis_index=axis_index ppermute=ppermute
        reduce_window=lax::reduce_window reduce_precision=Tensor::reduce_precision top_k=Tensor::top_k fft=fft::fft
        bessel_i0e=special::i0e bessel_i1e=special::i1e lgamma=Tensor::lgamma
        igamma=special::gammainc igammac=special::gammaincc
        real=Tensor::real imag=Tensor::imag conj=Tensor::conj complex=complex igamma_grad_a=special::igamma_grad_a
        conv_general_dilated_local=Tensor::conv_local
    """,
    "jax.nn": "identity=Tensor::copy",
    "jax.nn.initializers": """
        constant=Tensor::full zeros=Tensor::zeros ones=Tensor::ones Initializer=nn::init::VarianceScaling kaiming_normal=nn::init::he_normal
        kaiming_uniform=nn::init::he_uniform xavier_normal=nn::init::glorot_normal xavier_uniform=nn::init::glorot_uniform
    """,
    "jax.random": "PRNGKey=random::key",
    "jax.scipy.special": "expit=Tensor::sigmoid erfinv=Tensor::erf_inv gammaln=Tensor::lgamma",
    "jax.scipy.optimize": "OptimizeResults=optimize::Minimum",
    "jax.scipy.stats": "gaussian_kde=stats::GaussianKde",
    "jax.tree": """
        leaves=Tree::leaves map=Tree::map flatten=Tree::leaves leaves_with_path=Tree::leaves_with_paths
        flatten_with_path=Tree::leaves_with_paths structure=Tree::structure unflatten=Tree::with_leaves static=Static
        reduce=- transpose=-
    """,
    "jax.tree_util": """
        tree_leaves=Tree::leaves tree_map=Tree::map tree_flatten=Tree::leaves tree_leaves_with_path=Tree::leaves_with_paths
        tree_flatten_with_path=Tree::leaves_with_paths tree_structure=Tree::structure tree_unflatten=Tree::with_leaves
        KeyPath=TreePath KeyEntry=PathPart DictKey=PathPart::Key GetAttrKey=PathPart::Field SequenceKey=PathPart::Index
        FlattenedIndexKey=PathPart::Index keystr=TreePath register_dataclass=Tree register_pytree_node=Tree
        register_pytree_node_class=Tree register_pytree_with_keys=Tree register_pytree_with_keys_class=Tree register_static=Static
        PyTreeDef=Static
    """,
    "jax.image": "ResizeMethod=image::ResizeMethod",
    "jax.scipy.interpolate": "RegularGridInterpolator=interpolate::RegularGridInterpolator",
    "jax.scipy.integrate": "trapezoid=Tensor::trapezoid",
}

# Names of other libraries that people type, where rune's name differs. tests/rune/names checks that rustdoc's search
# finds each. NumPy's names are those that `jax.numpy` lacks.
OTHER_LIBRARIES = {
    "NumPy": """
        numpy.asanyarray=Tensor::from_slice numpy.ascontiguousarray=Tensor::copy numpy.array2string=Tensor::to_string
        numpy.clongdouble=DType::C128 numpy.cumproduct=Tensor::cumprod numpy.half=DType::F16 numpy.in1d=Tensor::isin
        numpy.intc=DType::I32 numpy.intp=DType::I64 numpy.longlong=DType::I64 numpy.msort=Tensor::sort
        numpy.product=Tensor::prod numpy.putmask=where_ numpy.round_=Tensor::round numpy.row_stack=Tensor::vstack
        numpy.short=DType::I16 numpy.trapz=Tensor::trapezoid numpy.ubyte=DType::U8
    """,
    "PyTorch": """
        torch.Tensor.backward=grad torch.Tensor.bool=DType::Bool torch.Tensor.clone=Tensor::copy torch.Tensor.detach=Tensor::stop_gradient
        torch.Tensor.dim=Tensor::rank torch.Tensor.expand=Tensor::broadcast_to torch.Tensor.fill_diagonal_=Tensor::fill_diagonal
        torch.Tensor.float=DType::F32 torch.Tensor.half=DType::F16 torch.Tensor.index_put=At::set torch.Tensor.int=DType::I32
        torch.Tensor.long=DType::I64 torch.Tensor.numpy=Tensor::to_ndarray torch.Tensor.scatter=Tensor::put_along_axis
        torch.Tensor.to=Tensor::cast torch.Tensor.tolist=Tensor::to_vec torch.Tensor.type=Tensor::dtype
        torch.Tensor.view=Tensor::reshape
        torch.autograd.Function=custom_vjp torch.bmm=Tensor::matmul torch.bucketize=Tensor::digitize torch.cat=Tensor::concat
        torch.clamp_max=Tensor::minimum torch.clamp_min=Tensor::maximum torch.compile=jit
        torch.from_numpy=dlpack::import
        torch.gather=Tensor::take_along_axis torch.ger=Tensor::outer torch.histc=Tensor::histogram torch.index_add=At::add
        torch.index_select=Tensor::take torch.logcumsumexp=Tensor::cumlogsumexp torch.manual_seed=random::key
        torch.masked_select=Tensor::extract torch.mm=Tensor::matmul torch.movedim=Tensor::moveaxis torch.mv=Tensor::matvec
        torch.mvlgamma=special::multigammaln torch.narrow=Tensor::slice_in_dim torch.numel=Tensor::size torch.rand=random::uniform
        torch.randn=random::normal torch.randperm=random::permutation torch.repeat_interleave=Tensor::repeat
        torch.scatter_add=At::add torch.swapdims=Tensor::swapaxes torch.tensor=tensor
        torch.tensor_split=Tensor::array_split torch.topk=Tensor::top_k torch.unbind=Tensor::unstack torch.no_grad=no_grad
        torch.unsqueeze=Tensor::unsqueeze
        torch.nn.functional.avg_pool2d=Tensor::avg_pool
        torch.nn.functional.binary_cross_entropy_with_logits=nn::sigmoid_binary_cross_entropy
        torch.nn.functional.conv1d=Tensor::conv torch.nn.functional.conv2d=Tensor::conv torch.nn.functional.conv3d=Tensor::conv
        torch.nn.functional.conv_transpose2d=Tensor::conv_transpose
        torch.nn.functional.cross_entropy=nn::softmax_cross_entropy_with_integer_labels torch.nn.functional.dropout=nn::Dropout
        torch.nn.functional.embedding=nn::Embedding torch.nn.functional.hardsigmoid=Tensor::hard_sigmoid
        torch.nn.functional.hardswish=Tensor::hard_silu torch.nn.functional.hardtanh=Tensor::hard_tanh
        torch.nn.functional.interpolate=image::resize torch.nn.functional.kl_div=nn::kl_divergence
        torch.nn.functional.layer_norm=nn::LayerNorm torch.nn.functional.logsigmoid=Tensor::log_sigmoid
        torch.nn.functional.max_pool2d=Tensor::max_pool torch.nn.functional.mse_loss=nn::mse
        torch.nn.functional.scaled_dot_product_attention=nn::dot_product_attention
        torch.nn.functional.smooth_l1_loss=nn::huber_loss torch.nn.functional.softsign=Tensor::soft_sign
        torch.nn.functional.unfold=Tensor::conv_patches torch.nn.BatchNorm2d=nn::BatchNorm torch.nn.Conv2d=nn::Conv
        torch.nn.ConvTranspose2d=nn::ConvTranspose torch.nn.GRUCell=nn::GruCell torch.nn.LSTMCell=nn::LstmCell
        torch.nn.MultiheadAttention=nn::MultiHeadAttention torch.nn.init.kaiming_normal_=nn::init::he_normal
        torch.nn.init.xavier_uniform_=nn::init::glorot_uniform torch.nn.utils.clip_grad_norm_=optim::clip_by_global_norm
        torch.optim.Adam=optim::adam torch.optim.AdamW=optim::adamw torch.optim.RMSprop=optim::rmsprop torch.optim.SGD=optim::sgd
    """,
}

# What rune leaves out, and why. The first pattern that matches counts.
REASONS = [
    (r"jax", r"make_mesh|set_mesh",
     "meshes of devices: the ranks of `World` in `rune-distributed` form one list, and programs name axes with `vmap_named` and `named_axes`"),
    (r"jax", r"NamedSharding|Shard|make_array_from_.*|reshard|P",
     "arrays divided among devices: each rank of `rune-distributed` holds its part as an ordinary tensor"),
    (r"jax", r"shard_map|smap|pmap|auto_pcast|remove_size_one_mesh_axis.*", "functions divided among devices: `spmd` of `rune-distributed` runs one program per rank"),
    (r"jax", r"process_.*|host_.*|(local_)?device_count|local_devices|default_backend", "ranks: `World` of `rune-distributed`; devices: `Device::all`"),
    (r"jax", r".*_ref|Ref|freeze", "tensors do not change: `at(…)` returns a changed copy"),
    (r"jax", r"ds", "slices of Rust: `x.i(2..5)`, or `dynamic_slice_in_dim` for a start that is computed"),
    (r"jax", r"memory|thread_guard", "memory spaces and threads of JAX's own runtime"),
    (r"jax", r"effects_barrier", "calls wait for their effects"),
    (r"jax", r"copy_to_host_async|device_get", "reading a tensor (`to_vec`, `item`) copies it to the host"),
    (r"jax", r"live_arrays|array_garbage.*", "memory belongs to tensors and is freed with them: there is no list of arrays, and nothing for a collector to do"),
    (r"jax", r"transfer_guard.*", "transfers are not guarded: a call moves its arguments to the device that it runs on"),
    (r"jax", r"clear_caches", "a function of `jit` frees its programs with itself; compiled code on disk: `CompileCache::clear`"),
    (r"jax", r"default_matmul_precision", "a product has the precision of its operands' dtype: there is no faster mode to choose"),
    (r"jax", r"enable_x64", "dtypes of 64 bits are always there"),
    (r"jax", r"numpy_dtype_promotion|numpy_rank_promotion", "nothing is promoted: operands of different dtypes are an error, and shapes always broadcast"),
    (r"jax", r"default_prng_impl|enable_custom_prng|legacy_prng_key|threefry_partitionable|debug_key_reuse",
     "there is one generator, JAX's Threefry, and a key is an ordinary tensor, whose use is not counted"),
    (r"jax", r"check_tracer_leaks|checking_leaks", "reading a traced tensor is an error, inside its function and after it"),
    (r"jax", r"disable_jit|no_execution|no_tracing", "the engine is an argument or a variable: `Jit::on`, `RUNE_DEVICE`, `RUNE_TIER`"),
    (r"jax", r"explain_cache_misses|log_compiles", "`LOG_JIT=1` prints each compilation and its reason"),
    (r"jax", r"enable_checks", "programs are verified when they are built or loaded"),
    (r"jax", r"ensure_compile_time_eval", "tensors that depend on no argument can be read while a function is traced"),
    (r"jax", r"allow_f16_reductions", "sums of half-precision numbers accumulate in `f32`"),
    (r"jax", r"softmax_custom_jvp", "`softmax` has one derivative"),
    (r"jax", r"jax2tf.*", "export to TensorFlow"),
    (r"jax", r"print_environment_info", "`rune-cli devices`, and `compiler_revision`"),
    (r"jax", r"config|make_user_context", "there is no global configuration: settings are arguments, static fields, or variables of the environment (README.md)"),
    (r"jax", r"closure_convert", "a traced tensor that a closure captures becomes an input by itself"),
    (r"jax", r"float0", "integers have no tangents"),
    (r"jax", r"ad", "`grad_argnums` says which derivatives are wanted"),
    (r"jax", r"checkpoint_policies", "a module, listed below"),
    (r"jax\.checkpoint_policies", r".*offload.*", "moving residuals to the host's memory: rune computes them again or keeps them on the device"),
    (r"jax\.lax\.linalg", r".*_p", "a primitive: rune's are the variants of `Op`"),
    (r"jax\.lax\.linalg", r"E.*Implementation|SvdAlgorithm|qdwh", "a choice between algorithms that rune does not offer"),
    (r"jax\.lax\.linalg", r"cholesky_update|ormqr|symmetric_product|tridiagonal|lu_pivots_to_permutation",
     "rare: `cholesky` of the sum, `householder_product` and a product, `gehrd` of a Hermitian matrix; `lu` returns the permutation"),
    (r"jax\.lax", r".*_p|.*_p\d*", "a primitive: rune's are the variants of `Op`"),
    (r"jax\.numpy", r"float[48]_.*|float6_.*|float8_.*|u?int[124]", "of rare hardware: `f8e4m3fn` and `f8e5m2` are those of NVIDIA, Intel and Arm"),
    (r"jax\.numpy", r"c_|r_|s_|index_exp|mgrid|ogrid", "Python's indexing syntax: `meshgrid`, `concat`, and index expressions"),
    (r"jax\.numpy", r"inexact|generic|flexible|floating|integer|signedinteger|unsignedinteger|character|object_|complexfloating|ComplexWarning",
     "NumPy's hierarchy of types: `DType::is_float` and the like"),
    (r"jax\.numpy", r"iinfo", "constants of Rust: `i32::MAX`, `i32::BITS`"),
    (r"jax\.numpy", r"can_cast|promote_types|result_type", "rune promotes nothing"),
    (r"jax\.numpy", r"get_printoptions|set_printoptions|printoptions", "global state: a precision is given by `{:.3}`"),
    (r"jax\.numpy", r"ufunc|frompyfunc", "functions of Python: `vmap` maps any function of Rust"),
    (r"jax\.numpy", r"apply_over_axes", "reductions take several axes at once: `sum_axes`"),
    (r"jax\.numpy", r"iterable|isscalar", "types of Rust say so"),
    (r"jax\.numpy", r"fromfile|fromstring", "Rust reads files and parses text: `std::fs::read`, `str::parse`, then `Tensor::from_slice`"),
    (r"jax\.numpy", r"place", "`where_`"),
    (r"jax\.numpy", r"einsum_path", "`einsum` chooses the order of its products"),
    (r"jax\.numpy", r"iscomplexobj|isrealobj", "the dtype says so"),
    (r"jax\.numpy", r"e|pi|inf|nan|euler_gamma", "a constant of Rust: `std::f64::consts`"),
    (r"jax\.numpy", r"sort_complex", "`sort` orders complex numbers"),
    (r"jax\.lax", r"p?send|precv|ragged_all_to_all|axis_name.*|pcast|psend", "communication between devices"),
    (r"jax\.lax", r".*(shape_tuple|permutations|dimension_numbers|DimensionNumbers|padtype_to_pads)", "a helper of JAX's own"),
    (r"jax\.lax", r"Precision.*|AccuracyMode|Tolerance|DotAlgorithm.*|RoundingMethod|GatherScatterMode|FftType|RandomAlgorithm|CompilerVariant.*",
     "an option that rune's operations do not have"),
    (r"jax\.lax", r"after_all|create_token|composite|dce_sink|stage|platform_dependent|shape_as_value|with_sharding_constraint|sharding_.*|reshard|pvary|"
     r"optimization_barrier.*", "a part of JAX's compilation or sharding"),
    (r"jax\.lax", r"pbroadcast", "`all_gather`, then a row"),
    (r"jax\.lax", r"rng_bit_generator|rng_uniform", "random numbers come from keys: `random`"),
    (r"jax\.lax", r"scatter_apply|scaled_dot", "rare: `at(…)` with a read between, a product of block-scaled low precision"),
    (r"jax\.random", r"clone|key_.*|wrap_key_data|random_gamma_p", "a key is an ordinary tensor, and primitives are variants of `Op`"),
    (r"jax\.scipy\.spatial\.transform", r".*", "quaternions of another field: a crate of rotations on the host, or their formulas on tensors"),
    (r"jax\.tree(_util)?", r"(tree_)?(all|reduce|reduce_associative|broadcast|transpose|map_with_path)|all_leaves|is_tree_node|treedef_.*|flatten_one_level.*|default_registry|Partial",
     "an iterator of Rust over the leaves that `visit` shows, or Rust's own types: structure is a type there"),
    (r"jax\.nn", r".*scaled.*", "a product of block-scaled low precision"),
]


def split_names(text):
    return dict(pair.split("=") for pair in text.split())


def shared_macros(sources):
    """Returns the macros that other modules use to define functions, with the type of these functions."""
    found = set()
    for source in sources:
        for name in re.findall(r"^pub\(super\) use (\w+);$", source, re.M):
            body = re.search(rf"macro_rules! {name} \{{\n(.*?)\n\}}", source, re.S)
            if body and "pub fn $" in body.group(1):
                found.add((name, "Tensor" if re.search(r"impl (\$crate::)?Tensor", body.group(1)) else None))
    return found


def public_items():
    """Returns the paths of rune's public items: functions by module, types and variants by name."""
    items = set()
    shared = shared_macros(path.read_text() for path in (ROOT / "rune-trace/src").rglob("*.rs"))
    for crate in ("rune-ir/src", "rune-trace/src", "rune-nn/src", "src"):
        for path in sorted((ROOT / crate).rglob("*.rs")):
            if path.name.endswith("tests.rs"):
                continue
            source = path.read_text().split("#[cfg(test)]\nmod tests {")[0]
            stem = path.parent.name if path.name == "mod.rs" else path.stem
            places = {stem, path.parent.name, f"{path.parent.name}::{stem}", ""}
            owner, makers, within, rows = None, set(shared), "", False
            for line in source.split("\n"):
                text = line.strip()
                if line.startswith("impl") and not line.endswith("}"):
                    found = re.match(r"impl(?:<.*?>)? (?:.* for )?(\w+)", line)
                    owner = found.group(1) if found else None
                elif line.startswith("}"):
                    owner, rows = None, False
                if found := re.match(r"macro_rules! (\w+)", text):
                    within = found.group(1)
                if found := re.match(r"pub (?:const |unsafe )?fn (\$?\w+)", text):
                    name = found.group(1)
                    if name.startswith("$"):
                        before = source[: source.index(line)].split("macro_rules!")[-1]
                        tensor = re.search(r"impl (\$crate::)?Tensor", before) and stem != "segment"
                        makers.add((within, "Tensor" if tensor else None))
                    else:
                        items.update([f"{owner}::{name}"] if owner else [f"{p}::{name}".removeprefix("::") for p in places])
                if found := re.match(r"(?:pub )?(?:struct|enum|trait|type|const|static) (\w+)", text):
                    items.add(found.group(1))
                if found := re.match(r"    (\w+)(?:\(.*\)|,| \{|$| = )", line):
                    items.add(f"{within}::{found.group(1)}")
                for maker, of in makers:
                    if line.startswith(maker + "! {"):
                        rows = (of,)
                if rows and re.match(r"    [a-z]", line):
                    for name in re.split("[:=]", re.sub(r"#\[.*?\]", "", text))[0].split():
                        if re.fullmatch(r"[a-z]\w*", name):
                            items.update([f"{rows[0]}::{name}"] if rows[0] else [f"{p}::{name}".removeprefix("::") for p in places])
            for trait in re.finditer(r"pub (?:unsafe )?trait (\w+).*?\{(.*?)\n\}", source, re.S):
                items.update(f"{trait.group(1)}::{name}" for name in re.findall(r"^    fn (\w+)", trait.group(2), re.M))
            for enum in re.finditer(r"pub enum (\w+) \{(.*?)\n\}", source, re.S):
                for variant in re.findall(r"^    ([A-Z]\w*)", enum.group(2), re.M):
                    items.add(f"{enum.group(1)}::{variant}")
            for name in re.findall(r"pub use [^;]*?(\w+) as (\w+)", source):
                items.add(name[1])
    # A method of the standard library, and a macro.
    items.update({"Tensor::to_string", "tensor"})
    return items


def lookup(items, namespace, name):
    other = split_names(OTHER.get(namespace, "")).get(name)
    if other == "-":
        return None
    if other is not None:
        return other if other in items or other.split("::")[-1] in items else None
    for place in NAMESPACES[namespace]:
        path = f"{place}::{name}" if place else name
        if path in items:
            return path
    return None


def reason(namespace, name):
    for where, pattern, why in REASONS:
        if re.fullmatch(where, namespace) and re.fullmatch(pattern, name):
            return why
    return None


def module_of(namespace):
    try:
        return importlib.import_module(namespace)
    except ModuleNotFoundError:
        parent, _, last = namespace.rpartition(".")
        return getattr(importlib.import_module(parent), last)


def groups():
    """Returns the namespaces of each section of the page."""
    found = {}
    for namespace in NAMESPACES:
        of_distribution = namespace.startswith("jax.scipy.stats.")
        found.setdefault("jax.scipy.stats.*" if of_distribution else namespace, []).append(namespace)
    return found


def main():
    items = public_items()
    text = [
        "# The names of JAX",
        "",
        "This page lists the public names of JAX 0.10.2 by namespace, and where rune has them: each path starts at `rune::`.",
        "Common names of NumPy and PyTorch follow. Rustdoc's search finds all of them. `scripts/vectors names` writes this page, and",
        "`tests/rune/names` checks it.",
        "",
    ]
    rows = []
    for title, namespaces in groups().items():
        have, out, missing = {}, {}, []
        for namespace in namespaces:
            module = module_of(namespace)
            short = (lambda n: n) if title == namespace else (lambda n: f"{namespace}.{n}".removeprefix(title.removesuffix("*")))
            for name in dir(module):
                if name.startswith("_") or isinstance(getattr(module, name), types.ModuleType):
                    continue
                if path := lookup(items, namespace, name):
                    have[f"{namespace}.{name}"] = path
                elif why := reason(namespace, name):
                    out.setdefault(why, []).append(short(name))
                else:
                    missing.append(short(name))
        count = len(have) + sum(map(len, out.values())) + len(missing)
        text += [f"## {title}", "", f"{count} names: rune has {len(have)}.", ""]
        text += ["| JAX | rune |", "|---|---|"] + [f"| `{n}` | `{path}` |" for n, path in have.items()] + [""]
        if out:
            text += ["Left out:", ""] + [f"- {why}: {' '.join(f'`{n}`' for n in group)}" for why, group in out.items()] + [""]
        if missing:
            text += [f"Missing: {' '.join(f'`{n}`' for n in missing)}", ""]
        left = f"; {sum(map(len, out.values()))} are left out, with the reason" if out else ""
        lacking = f"; {len(missing)} {'is' if len(missing) == 1 else 'are'} missing" if missing else ""
        state = "done" if not missing else "partial"
        rows.append(f"| names of `{title}` | JAX | {state}: {len(have)} of {count} ([list](docs/names.md)){left}{lacking} | "
                    "`tests/rune/names/mod.rs::names_of_jax_are_where_the_table_says` |")
        print(f"{title}: {len(have)} of {count}{lacking}: {' '.join(missing)}")
    for library, names in OTHER_LIBRARIES.items():
        text += [f"## {library}", "", f"Names of {library} that rune has under another name.", ""]
        text += [f"| {library} | rune |", "|---|---|"]
        text += [f"| `{name}` | `{path}` |" for name, path in sorted(split_names(names).items())] + [""]
    (ROOT / "docs" / "names.md").write_text("\n".join(text).rstrip() + "\n")
    features = (ROOT / "FEATURES.md").read_text()
    start, end = "<!-- names: written by scripts/vectors names -->\n", "<!-- end of names -->\n"
    if start not in features:
        features = features.rstrip() + "\n\n## Names\n\n" + start + end
    before, rest = features.split(start)
    after = rest.split(end)[1]
    table = "\n| feature | known from | state | tests and examples, or the reason |\n|---|---|---|---|\n" + "\n".join(rows) + "\n\n"
    (ROOT / "FEATURES.md").write_text(before + start + table + end + after)
