"""Whether the estimators can be trusted and how fast they are: `report validate` and `report bench`."""
