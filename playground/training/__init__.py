"""What happens over time: training as a generator, its thread, history, early stopping and diagnosis. No Qt."""
