"""Compiled arithmetic: arrays in, arrays out; knows nothing of the rest of the program."""
