"""JAX functions as programs of rune, for `scripts/jaxpr-to-rune`."""
