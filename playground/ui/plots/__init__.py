"""The charts: each asks one question of a run."""
