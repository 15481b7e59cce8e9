"""What differs between two editions of a book: its findings, its verdicts, and where they are printed."""
