"""What the scripts that export modules from JAX share, and the functions that they export."""
