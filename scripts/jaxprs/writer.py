"""Programs, sub-programs, and the walk over the equations of a jaxpr."""

import json

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend import core
from jax.interpreters.partial_eval import dce_jaxpr

DTYPES = {"float8_e4m3fn": "f8e4m3fn", "float8_e5m2": "f8e5m2"}
DTYPES |= {"complex64": "c64", "complex128": "c128", "float16": "f16", "bfloat16": "bf16", "float32": "f32", "float64": "f64", "bool": "bool"}
DTYPES |= {f"{s}int{n}": f"{s[:1]}{n}" if s else f"i{n}" for s in ("", "u") for n in (8, 16, 32, 64)}


class NotConverted(NotImplementedError):
    """The JAX function has no equivalent program."""


def dtype_of(dtype):
    if jnp.issubdtype(dtype, jax.dtypes.prng_key):
        return "u32"
    name = np.dtype(dtype).name
    if name not in DTYPES:
        raise NotConverted(f"rune has no dtype `{name}`")
    return DTYPES[name]


def raw(shape, dtype):
    """Returns the shape of the array that represents this value: a random key is an array of numbers."""
    return (*shape, *dtype._impl.key_shape) if jnp.issubdtype(dtype, jax.dtypes.prng_key) else tuple(shape)


def type_of(shape, dtype):
    return "[" + ", ".join([*map(str, raw(shape, dtype)), dtype_of(dtype)]) + "]"


def typed(aval):
    return type_of(aval.shape, aval.dtype)


def is_inexact(aval):
    return jnp.issubdtype(aval.dtype, jnp.inexact)


class Document:
    """A program and its sub-programs. `equation` writes one equation of a jaxpr."""

    def __init__(self, equation):
        self.equation, self.programs = equation, []
        # The symbols of the sub-programs by their texts, because derivative rules repeat many.
        self.symbols = {}
        # The functions whose derivative rules are being written: their text, their arguments, and their results.
        self.active = []

    def program(self, f, arguments):
        closed = jax.make_jaxpr(f)(*arguments)
        writer = Writer(self)
        names = writer.inputs(closed.in_avals)
        outputs = writer.closed(closed, names)
        arrays = [{"name": name, "type": type_of(a.shape, a.dtype), "data": data(a)} for name, a in writer.arrays]
        program = {"rune": 1, "name": getattr(f, "__name__", "f"), "inputs": writer.named}
        program |= {"constants": arrays} if arrays else {}
        program |= {"programs": self.programs} if self.programs else {}
        return program | {"instructions": writer.steps, "outputs": outputs}


def data(array):
    array = np.asarray(array)
    if array.dtype.kind in "biu":
        return array.ravel().tolist()
    special = lambda e: e if np.isfinite(e) else number(e)
    return [number(e) if array.dtype.kind == "c" else special(float(e)) for e in array.ravel()]


def number(x):
    """Returns the text of a number in the format."""
    x = x[()] if isinstance(x, np.ndarray) else x
    if np.iscomplexobj(x):
        re, im = number(x.real), number(x.imag)
        return f"{re}{im if im[0] == '-' else '+' + im}j"
    if isinstance(x, (bool, np.bool_)):
        return str(bool(x)).lower()
    if isinstance(x, (int, np.integer)):
        return str(int(x))
    return "NaN" if np.isnan(x) else repr(float(x))


class Writer:
    """The instructions of one program. The arrays of a sub-program become its inputs."""

    def __init__(self, document):
        self.document, self.steps, self.arrays, self.named, self.count = document, [], [], [], 0
        # The names of the numbers, by their text and shape.
        self.literals = {}

    def name(self, kind="z"):
        self.count += 1
        return f"{kind}{self.count - 1}"

    def inputs(self, avals):
        new = [{"name": self.name("x"), "type": typed(a)} for a in avals]
        self.named += new
        return [x["name"] for x in new]

    def steps_of(self, op, inputs, types, /, programs=None, **attributes):
        """Adds an operation with results of these types, and returns their names."""
        names = [self.name() for _ in types]
        step = {"op": op, "inputs": list(inputs)}
        if attributes:
            step["attributes"] = attributes
        if programs:
            step["programs"] = programs
        self.steps.append(step | {"results": [{"name": n, "type": t} for n, t in zip(names, types)]})
        return names

    def step(self, op, inputs, shape, dtype, /, **attributes):
        return self.steps_of(op, inputs, [type_of(shape, dtype)], **attributes)[0]

    def literal(self, value, shape, dtype):
        if dtype == jax.dtypes.float0:
            return None
        array = np.asarray(value).astype(dtype)
        if array.ndim:
            return self.constant(array)
        value = f"{number(array)}:{dtype_of(dtype)}"
        if (value, tuple(shape)) not in self.literals:
            scalar = self.literal(array, (), dtype) if shape else self.step("constant", [], (), dtype, value=value)
            self.literals[value, tuple(shape)] = self.broadcast(scalar, (), shape, (), dtype)
        return self.literals[value, tuple(shape)]

    def broadcast(self, x, shape, to, dims, dtype):
        if tuple(shape) == tuple(to):
            return x
        return self.step("broadcast_in_dim", [x], to, dtype, shape=[int(n) for n in to], dims=[int(d) for d in dims])

    def constant(self, array):
        array = jax.random.key_data(array) if jnp.issubdtype(array.dtype, jax.dtypes.prng_key) else array
        array = np.asarray(array)
        if array.dtype == jax.dtypes.float0:
            return None
        if array.ndim == 0:
            return self.literal(array, (), array.dtype)
        for name, known in self.arrays:
            if known is array:
                return name
        name = self.name("c")
        self.arrays.append((name, array))
        return name

    def closed(self, closed, arguments):
        # Tracing keeps equations that no result needs.
        jaxpr, _ = dce_jaxpr(closed.jaxpr, [True] * len(closed.jaxpr.outvars), instantiate=True)
        consts = [self.constant(c) for c in closed.consts]
        return self.equations(jaxpr, consts, arguments)

    def equations(self, jaxpr, consts, arguments):
        env = dict(zip(jaxpr.constvars, consts)) | dict(zip(jaxpr.invars, arguments))

        def read(v):
            return self.literal(v.val, v.aval.shape, v.aval.dtype) if isinstance(v, core.Literal) else env[v]

        for eqn in jaxpr.eqns:
            if eqn.outvars and all(v.aval.dtype == jax.dtypes.float0 for v in eqn.outvars):
                # Tangents of integers, which nothing reads.
                env.update(dict.fromkeys(eqn.outvars))
                continue
            results = self.document.equation(self, eqn, [read(v) for v in eqn.invars])
            env.update(zip(eqn.outvars, results))
        return [read(v) for v in jaxpr.outvars]

    def traced(self, f, avals, arguments):
        """Writes a function of JAX arrays of these types inline, and returns the names of its results."""
        return self.closed(jax.make_jaxpr(f)(*[jax.ShapeDtypeStruct(a.shape, a.dtype) for a in avals]), arguments)

    def subprogram(self, name, avals, body):
        """Returns a sub-program that `body` writes. The arrays that it needs become its first inputs."""
        writer = Writer(self.document)
        arguments = writer.inputs(avals)
        outputs = body(writer, arguments)
        arrays = writer.arrays
        first = [{"name": n, "type": type_of(a.shape, a.dtype)} for n, a in arrays]
        return Pending(name, first, writer.named, writer.steps, outputs, [a for _, a in arrays])

    def finish(self, pending, first=None, last=None):
        """Adds a sub-program to the document, with further inputs before and after its own. Returns its symbol."""
        inputs = (pending.first if first is None else first) + pending.inputs + (last or [])
        program = {"name": pending.name, "inputs": inputs, "instructions": pending.steps, "outputs": pending.outputs}
        symbols = self.document.symbols
        symbol = f"{pending.name}{len(self.document.programs)}"
        known = symbols.setdefault(json.dumps(program, default=int), symbol)
        if known == symbol:
            self.document.programs.append({"symbol": symbol} | program)
        return known


class Pending:
    def __init__(self, name, first, inputs, steps, outputs, arrays):
        self.name, self.first, self.inputs, self.steps, self.outputs, self.arrays = name, first, inputs, steps, outputs, arrays


def joined(writer, programs):
    """Gives sub-programs the arrays of all of them as first inputs. Returns their symbols, the names of the arrays, and
    these inputs."""
    arrays = [array for p in programs for array in p.arrays]
    names = [f"array{i}" for i in range(len(arrays))]
    every = [{"name": n, "type": type_of(a.shape, a.dtype)} for n, a in zip(names, arrays)]
    at = 0
    for p in programs:
        renamed = {x["name"]: names[at + i] for i, x in enumerate(p.first)}
        at += len(p.first)
        p.steps = [s | {"inputs": [renamed.get(n, n) for n in s["inputs"]]} for s in p.steps]
        p.outputs = [renamed.get(n, n) for n in p.outputs]
    return [writer.finish(p, first=every) for p in programs], [writer.constant(a) for a in arrays], every
