"""What the user decides: knobs, datasets and experiments, all immutable values; and the files that hold them."""
