"""Programs, sub-programs, and the walk over the equations of a jaxpr."""

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend import core

DTYPES = {"float8_e4m3fn": "f8e4m3fn", "float8_e5m2": "f8e5m2"}
DTYPES |= {"float16": "f16", "bfloat16": "bf16", "float32": "f32", "float64": "f64", "bool": "bool"}
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
    """Returns the shape of the array that represents this value: a random key is two numbers."""
    return (*shape, 2) if jnp.issubdtype(dtype, jax.dtypes.prng_key) else tuple(shape)


def type_of(shape, dtype):
    return "[" + ", ".join([*map(str, raw(shape, dtype)), dtype_of(dtype)]) + "]"


def typed(aval):
    return type_of(aval.shape, aval.dtype)


def is_float(aval):
    return jnp.issubdtype(aval.dtype, jnp.floating)


class Document:
    """A program and its sub-programs. `equation` writes one equation of a jaxpr."""

    def __init__(self, equation):
        self.equation, self.programs = equation, []
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
    special = lambda e: e if np.isfinite(e) else "NaN" if np.isnan(e) else "inf" if e > 0 else "-inf"
    return [special(float(e)) for e in array.ravel()]


class Writer:
    """The instructions of one program. The arrays of a sub-program become its inputs."""

    def __init__(self, document):
        self.document, self.steps, self.arrays, self.named, self.count = document, [], [], [], 0

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
        number = np.asarray(value).astype(dtype)
        if number.ndim:
            return self.constant(number)
        wide = float(number)
        text = str(bool(number)).lower() if number.dtype.kind == "b" else str(int(number)) if number.dtype.kind in "iu" else repr(wide)
        text = {"nan": "NaN"}.get(text, text)
        scalar = self.step("constant", [], (), dtype, value=f"{text}:{dtype_of(dtype)}")
        return self.broadcast(scalar, (), shape, (), dtype)

    def broadcast(self, x, shape, to, dims, dtype):
        if tuple(shape) == tuple(to):
            return x
        return self.step("broadcast_in_dim", [x], to, dtype, shape=[int(n) for n in to], dims=[int(d) for d in dims])

    def constant(self, array):
        array = jax.random.key_data(array) if jnp.issubdtype(array.dtype, jax.dtypes.prng_key) else array
        array = np.asarray(array)
        if array.ndim == 0:
            return self.literal(array, (), array.dtype)
        for name, known in self.arrays:
            if known is array:
                return name
        name = self.name("c")
        self.arrays.append((name, array))
        return name

    def closed(self, closed, arguments):
        return self.equations(closed.jaxpr, [self.constant(c) for c in closed.consts], arguments)

    def equations(self, jaxpr, consts, arguments):
        env = dict(zip(jaxpr.constvars, consts)) | dict(zip(jaxpr.invars, arguments))

        def read(v):
            return self.literal(v.val, v.aval.shape, v.aval.dtype) if isinstance(v, core.Literal) else env[v]

        for eqn in jaxpr.eqns:
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
        symbol = f"{pending.name}{len(self.document.programs)}"
        inputs = (pending.first if first is None else first) + pending.inputs + (last or [])
        self.document.programs.append(
            {"symbol": symbol, "name": pending.name, "inputs": inputs, "instructions": pending.steps, "outputs": pending.outputs}
        )
        return symbol


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
