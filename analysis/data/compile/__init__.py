"""Pure functions from upstream figures to our tables: data frames in, data frames out."""
