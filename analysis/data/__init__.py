"""Compile upstream files into tables; load and validate the tables."""
