"""What chapters show: numbers, tables, figures, maps."""
