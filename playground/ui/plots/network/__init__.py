"""The network as a picture: what is drawn of it (graph.py, matrices.py), and the widget that shows it (view.py)."""
