"""The study's results: which tables, units and columns go into which design, and the findings that come out."""
