"""What the user sees; the only Qt."""
