"""What the views see of a run, a module each; their rows stand in views.py."""
