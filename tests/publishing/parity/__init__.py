"""Whether both engines say the same, of a book with every construct that a chapter may have.

`quarto.json` is what Quarto said of it, so that the embedded engine can be held to it where there is no Quarto. When
the table of constructs or the book here changes, or Quarto prints otherwise, it is written anew where there is Quarto:

    python -m tests.publishing.parity.renew

Look at what changed in it before it is committed: it is what the embedded engine has to print.
"""
