"""CSV: what is written is what a reader gets back, and no cell is a formula."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.csv_text import csv_line

STARTS = ("=", "+", "-", "@", "\t", "\r")
cells = st.text(max_size=40) | st.builds(str.__add__, st.sampled_from(STARTS), st.text(max_size=20))


def read(text: str) -> list[list[str]]:
    """As a strict reader of RFC 4180 reads it."""
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))


@given(st.lists(st.lists(cells, min_size=2, max_size=6), max_size=6))
def test_what_is_written_is_read_again_but_for_the_apostrophe(records: list[list[str]]) -> None:
    guarded = [[f"'{cell}" if cell.startswith(STARTS) else cell for cell in record] for record in records]
    assert read("".join(map(csv_line, records))) == guarded


@given(st.lists(cells, min_size=2, max_size=6))
def test_no_cell_begins_like_a_formula(record: list[str]) -> None:
    [found] = read(csv_line(record))
    assert not any(cell.startswith(STARTS) for cell in found)


@given(st.lists(cells, min_size=2, max_size=6))
def test_a_record_is_one_line_with_crlf(record: list[str]) -> None:
    line = csv_line(record)
    assert line.endswith("\r\n") and len(read(line)) == 1


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        (None, ""),
        (0, "0"),
        (-5, "'-5"),
        ("Nguyễn Thị Lan", "Nguyễn Thị Lan"),
        ("a,b", '"a,b"'),
        ('“a” "b"', '"“a” ""b"""'),
        ("a\nb", '"a\nb"'),
        ('=HYPERLINK("http://x","y")', '"\'=HYPERLINK(""http://x"",""y"")"'),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\r=1", '"\'\r=1"'),
    ],
)
def test_cells(cell: object, written: str) -> None:
    assert csv_line([cell, "x"]) == f"{written},x\r\n"
