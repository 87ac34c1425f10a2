"""CSV as spreadsheets open it (RFC 4180): UTF-8 with a mark at its beginning, CRLF, and no cell that is a formula.

A cell that begins with `=`, `+`, `-`, `@`, a tab or a carriage return is run by spreadsheets, so what somebody typed
into a title could read the files of whoever opens the export (OWASP ASVS 5.0, 1.2.10). Such a cell gets an apostrophe
in front, which spreadsheets take as “this is text”.
"""

from collections.abc import Iterable

BYTE_ORDER_MARK = "\ufeff"
"""At the beginning of a file: without it Excel takes Vietnamese letters for those of another alphabet."""

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_QUOTED = frozenset(',"\r\n')


def csv_line(cells: Iterable[object]) -> str:
    """One record with its CRLF; None is an empty cell, anything else its `str`."""
    return ",".join(_cell("" if cell is None else str(cell)) for cell in cells) + "\r\n"


def _cell(text: str) -> str:
    if text.startswith(_FORMULA_STARTS):
        text = f"'{text}"
    if not _QUOTED.isdisjoint(text):
        text = '"' + text.replace('"', '""') + '"'
    return text
