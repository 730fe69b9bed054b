"""The subcommands of `scripts/vectors`: each module writes the test vectors of one suite, or one page, by its function `main`."""
