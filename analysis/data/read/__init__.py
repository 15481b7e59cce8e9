"""Read upstream files as they are, with every header checked."""
