"""What runs inside the Jupyter kernel of a chapter, whichever engine started it."""
