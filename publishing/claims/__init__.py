"""Claims: conditions that an author attaches to a sentence, and that the findings have to satisfy.

`grammar` reads a condition, `judge` holds it against findings, `book` collects the claims of a book's text.
"""
