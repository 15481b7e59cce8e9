"""The conditions that a book's text sets, held against two sets of findings."""

from collections.abc import Mapping
from dataclasses import replace

from publishing.claims.book import Verdict, collect, judge_claims
from publishing.findings import Found
from publishing.project import Book
from publishing.references import scan
from publishing.source import Cell, Source, read_source


def _may_have(source: Source) -> bool:
    """Whether a chapter may hold a claim, told without pandoc."""
    captions = (str(step.options) for step in source.steps if isinstance(step, Cell))
    return any("claim" in text for text in (source.text, *captions))


def conditions(
    book: Book, here: Book, old: Mapping[str, Found], new: Mapping[str, Found]
) -> list[tuple[Verdict, Verdict]]:
    """Each claim in the text of a book, held against the old findings and the new.

    Args:
        book: the edition whose text it is.
        here: the book in whose workshop pandoc may write.
        old: findings by key.
        new: findings by key.

    Raises:
        BookError: the text cannot be read.
    """
    sources = [source for entry in book.entries if _may_have(source := read_source(book.root, entry.path))]
    if not sources:
        return []
    scans, _ = scan(replace(here, bibliography=()), sources)
    claims = collect(sources, scans)
    return list(zip(judge_claims(claims, old), judge_claims(claims, new), strict=True))
