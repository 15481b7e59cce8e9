"""Write anew what Quarto says of the book: `python -m tests.publishing.parity.renew`."""

import json
import sys
import tempfile
from pathlib import Path

from publishing.quarto import find_quarto
from tests.publishing.parity.book import SNAPSHOT, print_with, sources_hash, write_book

if __name__ == "__main__":
    quarto = find_quarto()
    if quarto is None or not quarto.new_enough:
        sys.exit("Quarto 1.9 or later is not on the path.")
    with tempfile.TemporaryDirectory() as folder:
        root = write_book(Path(folder))
        answer = {"quarto": quarto.version, "sources": sources_hash(root), "said": print_with("quarto", root)}
    SNAPSHOT.write_text(json.dumps(answer, indent=1, ensure_ascii=False, sort_keys=True) + "\n", encoding="utf-8")
