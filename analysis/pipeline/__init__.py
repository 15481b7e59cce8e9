"""Thin pytask tasks: paths in, paths out."""
