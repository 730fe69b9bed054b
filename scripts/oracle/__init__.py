"""The subcommands of `scripts/vectors`. The function `main` of each module writes one suite's test vectors, or one
page."""
