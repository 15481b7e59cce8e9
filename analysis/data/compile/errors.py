"""What stops a compilation."""


class CompileError(ValueError):
    """Upstream figures cannot be made into a table; the message names file or row, and what was found."""
