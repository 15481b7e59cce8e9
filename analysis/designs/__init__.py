"""Empirical designs, one a module: DataFrame in, findings out."""
