"""What each table of `data/` must look like: columns in order, form of each cell, rules across cells."""
