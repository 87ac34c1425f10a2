"""`python -m tests.contract.breaking OLD NEW`: the differences in Vietnamese; 1 where one breaks clients."""

import json
import sys
from pathlib import Path

from app.clock import today
from tests.contract.breaking import Severity, compare, grouped

_TITLES = {Severity.BREAKING: "PHÁ VỠ (không được phép trong /v1)", Severity.NOTICE: "CẦN BÁO (ghi vào CHANGELOG.md)"}


def main(arguments: list[str]) -> int:
    """Compare two files."""
    if len(arguments) != 2:
        print("Cách dùng: python -m tests.contract.breaking BẢN_CŨ.json BẢN_MỚI.json", file=sys.stderr)
        return 2
    try:
        old, new = (json.loads(Path(name).read_text(encoding="utf-8")) for name in arguments)
        differences = compare(old, new, today=today())
    except (OSError, ValueError) as error:
        print(f"Lỗi: {error}", file=sys.stderr)
        return 2
    for severity, title in _TITLES.items():
        changes = [change for change in grouped(differences) if change.severity is severity]
        if changes:
            print(f"{title}: {len(changes)}")
        for change in changes:
            print(f"  {change.subject}: {change.what}")
            print(f"      {change.place}; thao tác: {', '.join(change.operations)}")
    if not differences:
        print("Không có thay đổi nào phá vỡ hoặc cần báo.")
    return int(any(difference.severity is Severity.BREAKING for difference in differences))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
