"""The rules of a release: nothing breaks inside /v1, the version moves with the contract, the changelog says it.

    python -m tests.contract.releases

`openapi/released.json` is the contract that clients have; `make release` puts the present one in its place.
"""

import json
import re
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from app.clock import today
from tests.contract.breaking import Difference, Severity, compare, grouped
from tests.contract.breaking.linking import shape

FOLDER = Path(__file__).resolve().parent.parent.parent / "openapi"
_HEADING = re.compile(r"^## (\d+)\.(\d+)\.(\d+) · (\d{4}-\d{2}-\d{2})$")

Version = tuple[int, ...]


@dataclass(frozen=True)
class Section:
    """What the changelog says of one version."""

    version: Version
    day: date
    entries: tuple[str, ...]


def read_changelog(text: str) -> list[Section]:
    """The sections, newest first as they stand. An entry is a list item with its indented lines."""
    sections: list[Section] = []
    for block in re.split(r"^(?=## )", text, flags=re.MULTILINE)[1:]:
        heading, _, body = block.partition("\n")
        found = _HEADING.match(heading)
        if found is None:
            raise ValueError(f"CHANGELOG.md: đề mục phải có dạng '## 1.2.0 · 2027-01-31', không phải '{heading}'")
        entries = tuple(" ".join(entry.split()) for entry in re.split(r"^- ", body, flags=re.MULTILINE)[1:])
        version = tuple(int(number) for number in found.groups()[:3])
        sections.append(Section(version, date.fromisoformat(found[4]), entries))
    return sections


def objections(released: dict[str, Any], current: dict[str, Any], changelog: str, *, on: date) -> list[str]:
    """Everything that forbids to merge or release the present contract; empty where nothing does."""
    there = compare(released, current, today=on)
    sections = read_changelog(changelog)
    return [
        *(f"phá vỡ: {line}" for line in lines(there, Severity.BREAKING, released)),
        *_version_objections(released, current, there, on),
        *_changelog_objections(released, current, there, sections),
    ]


def lines(differences: Sequence[Difference], severity: Severity, released: dict[str, Any]) -> list[str]:
    """One line a change with the operations it reaches, ready for the changelog."""
    everywhere = {
        operation["operationId"]
        for item in released["paths"].values()
        for operation in item.values()
        if isinstance(operation, dict) and "operationId" in operation
    }
    written = []
    for change in grouped(differences):
        if change.severity is severity:
            names = ", ".join(f"`{name}`" for name in change.operations)
            reached = "mọi thao tác" if everywhere <= set(change.operations) else names
            written.append(f"`{change.subject}`: {change.what}. Thao tác: {reached}.")
    return written


def _version(document: dict[str, Any]) -> Version:
    return tuple(int(number) for number in document["info"]["version"].split("."))


def _version_objections(
    released: dict[str, Any], current: dict[str, Any], there: Sequence[Difference], on: date
) -> list[str]:
    before, after = _version(released), _version(current)
    said = f"API_VERSION là {current['info']['version']}, bản đã phát hành là {released['info']['version']}"
    if after[0] != before[0]:
        return [f"{said}: số đầu chỉ đổi cùng đường dẫn /v{after[0]}"]
    if shape(released) == shape(current):
        return [f"{said}: không lùi phiên bản"] if after < before else []
    # what the old contract would break of the new one is what the new one has more
    if (there or compare(current, released, today=on)) and after[:2] <= before[:2]:
        return [f"{said}: hợp đồng đổi điều khách hàng thấy được, hãy tăng số giữa trong app/contract.py"]
    return [f"{said}: hợp đồng đổi cách viết, hãy tăng số cuối trong app/contract.py"] if after <= before else []


def _changelog_objections(
    released: dict[str, Any], current: dict[str, Any], there: Sequence[Difference], sections: list[Section]
) -> list[str]:
    found = []
    versions = [section.version for section in sections]
    if versions != sorted(set(versions), reverse=True):
        found.append("CHANGELOG.md: mỗi phiên bản một đề mục, mới nhất ở trên")
    if _version(current) not in versions:
        found.append(f"CHANGELOG.md: thiếu đề mục cho {current['info']['version']}")
    said = [entry for section in sections if section.version > _version(released) for entry in section.entries]
    for line in lines(there, Severity.NOTICE, released):
        # the words are the author's; what stands in `…` is what frontend teams search for
        marked = re.findall(r"`[^`]+`", line)
        if not any(all(mark in entry for mark in marked) for entry in said):
            found.append(f"CHANGELOG.md: thiếu mục, ví dụ: - {line}")
    return found


def main() -> int:
    """Check the present contract against the released one, and release it if nothing forbids that."""
    current, released = FOLDER / "openapi.json", FOLDER / "released.json"
    old, new = (json.loads(path.read_text(encoding="utf-8")) for path in (released, current))
    changelog = (FOLDER / "CHANGELOG.md").read_text(encoding="utf-8")
    against = objections(old, new, changelog, on=today())
    if against:
        print("Chưa phát hành được:", *against, sep="\n  ")
        return 1
    shutil.copyfile(current, released)
    print(f"Đã phát hành hợp đồng {new['info']['version']}: openapi/released.json")
    return 0


if __name__ == "__main__":
    sys.exit(main())
