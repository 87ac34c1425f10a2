"""Anchors of the audit chain: copies of its head in a file outside of the database.

Who owns the database can compute the whole chain anew; then it fits itself, but not the anchors written before. The
file is only added to. A copy of it on another machine, or the head printed in a report, is worth more than the file.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from app import clock

ANCHOR_FILE = "audit-anchors.jsonl"
"""Its name in DATA_DIR. One line an anchor: `{"position": 1234, "hash": "<64 hex digits>", "at": "<UTC>"}`."""


class UnreadableAnchor(Exception):
    """A line that is no anchor; the argument is its number, from 1."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """The head of the chain at some moment."""

    position: int
    hash: bytes


class AnchorFile:
    """The file of one installation."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / ANCHOR_FILE

    def add(self, anchor: Anchor) -> None:
        """Add an anchor, and wait until it is on the disk; one that stands in the last line is not written again."""
        content = f'"position": {anchor.position}, "hash": "{anchor.hash.hex()}"'
        written = self._text()
        if content in written[-400:].rstrip("\n").rpartition("\n")[2]:
            return
        # after a crash in the middle of a line the next one begins for itself
        begin = "\n" if written and not written.endswith("\n") else ""
        line = f'{begin}{{{content}, "at": "{clock.now().isoformat()}"}}\n'
        self.path.parent.mkdir(parents=True, exist_ok=True)
        # one short write at the end: of several processes none writes into the line of another
        descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(descriptor, line.encode())
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def read(self) -> Mapping[int, bytes]:
        """Hash by position, of several anchors of a position the first; raises `UnreadableAnchor`."""
        found: dict[int, bytes] = {}
        for number, line in enumerate(self._text().splitlines(), 1):
            anchor = _read(line, number)
            found.setdefault(anchor.position, anchor.hash)
        return found

    def _text(self) -> str:
        try:
            return self.path.read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return ""


def _read(line: str, number: int) -> Anchor:
    try:
        content = json.loads(line)
        anchor = Anchor(int(content["position"]), bytes.fromhex(content["hash"]))
    except (ValueError, TypeError, KeyError):
        raise UnreadableAnchor(number) from None
    if anchor.position < 1 or len(anchor.hash) != 32:
        raise UnreadableAnchor(number)
    return anchor
