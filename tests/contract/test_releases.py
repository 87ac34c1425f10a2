"""The contract of this working copy may follow the released one; and the rules that say so."""

import copy
import json
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from app.clock import today
from app.contract import API_VERSION
from tests.contract import releases
from tests.contract.releases import FOLDER, objections, read_changelog

Document = dict[str, Any]
RELEASED: Document = json.loads((FOLDER / "released.json").read_text(encoding="utf-8"))
NOW = date(2026, 11, 21)
FIRST = f"# Nhật ký\n\n## {RELEASED['info']['version']} · 2026-11-21\n\n- Bản đầu tiên.\n"
MAJOR, MINOR, PATCH = (int(number) for number in RELEASED["info"]["version"].split("."))


def test_the_contract_of_today_may_follow_the_released_one() -> None:
    current = json.loads((FOLDER / "openapi.json").read_text(encoding="utf-8"))
    assert current["info"]["version"] == API_VERSION
    changelog = (FOLDER / "CHANGELOG.md").read_text(encoding="utf-8")
    assert objections(RELEASED, current, changelog, on=today()) == []


def version(minor: int = 0, patch: int = 0, major: int = 0) -> str:
    """A version so much above the released one."""
    return f"{MAJOR + major}.{MINOR + minor}.{PATCH + patch}"


def follow(document: Document, number: str, entry: str = "Thêm.") -> list[str]:
    """What forbids this document as this version, with this in the changelog."""
    document["info"]["version"] = number
    section = f"## {number} · 2026-12-01\n\n- {entry}\n\n" if number != version() else ""
    return objections(RELEASED, document, FIRST.replace("## ", f"{section}## ", 1), on=NOW)


def with_new_field() -> Document:
    """A harmless addition."""
    document = copy.deepcopy(RELEASED)
    document["components"]["schemas"]["Me"]["properties"]["motto"] = {"type": "string", "maxLength": 10}
    return document


def with_new_value() -> Document:
    """A change that must be announced."""
    document = copy.deepcopy(RELEASED)
    document["components"]["schemas"]["PublicStatus"]["enum"].append("archived")
    return document


def test_the_same_contract_with_other_words_needs_no_new_version() -> None:
    document = copy.deepcopy(RELEASED)
    for item in document["paths"].values():
        for operation in item.values():
            operation["description"] = "other"
    assert follow(document, version()) == []
    assert follow(document, version(patch=1)) == []


def test_an_addition_needs_a_new_minor_version() -> None:
    assert "số giữa" in follow(with_new_field(), version())[0]
    assert "số giữa" in follow(with_new_field(), version(patch=1))[0]
    assert follow(with_new_field(), version(minor=1)) == []


def test_the_same_said_otherwise_needs_a_new_patch_version() -> None:
    document = copy.deepcopy(RELEASED)
    document["components"]["schemas"]["Unused"] = {"type": "string"}
    assert "số cuối" in follow(document, version())[0]
    assert follow(document, version(patch=1)) == []


def test_a_break_is_forbidden_under_any_version() -> None:
    document = copy.deepcopy(RELEASED)
    del document["paths"]["/v1/me"]
    for number in (version(), version(minor=1)):
        assert any(line.startswith("phá vỡ: `readMe/thao tác`") for line in follow(document, number))
    assert "/v" in follow(document, version(major=1))[1]


def test_the_version_never_goes_back() -> None:
    document = copy.deepcopy(RELEASED)
    older = objections(RELEASED | {"info": {"version": version(minor=1)}}, document, FIRST, on=NOW)
    assert "không lùi" in older[0]


def test_what_must_be_announced_is_named_in_the_changelog_with_every_operation_it_reaches() -> None:
    missing = follow(with_new_value(), version(minor=1))
    assert len(missing) == 1
    entry = missing[0].partition("ví dụ: - ")[2]
    assert entry.startswith("`PublicStatus`: có thể trả về giá trị mới `archived`")
    assert "`listPublicCampaigns`" in entry
    assert follow(with_new_value(), version(minor=1), entry) == []
    assert follow(with_new_value(), version(minor=1), entry.replace("`listPublicCampaigns`, ", "")) == missing


def test_an_announcement_in_a_section_that_was_released_already_does_not_count() -> None:
    document = with_new_value()
    entry = follow(document, version(minor=1))[0].partition("ví dụ: - ")[2]
    changelog = f"## {version(minor=1)} · 2026-12-01\n\n- Khác.\n\n" + FIRST[FIRST.index("## ") :] + f"- {entry}\n"
    assert len(objections(RELEASED, document, changelog, on=NOW)) == 1


def test_a_change_of_every_operation_does_not_list_them_all() -> None:
    document = copy.deepcopy(RELEASED)
    document["components"]["schemas"]["Problem"]["properties"]["code"]["enum"].append("tired")
    (missing,) = follow(document, version(minor=1))
    assert missing.endswith("`Problem/code`: có thể trả về giá trị mới `tired`. Thao tác: mọi thao tác.")


def test_every_version_has_its_section_and_the_newest_is_on_top() -> None:
    document = copy.deepcopy(RELEASED)
    assert "thiếu đề mục" in objections(RELEASED, document, "# Nhật ký\n", on=NOW)[0]
    newer = FIRST + f"\n## {version(minor=1)} · 2026-12-01\n"
    assert "mới nhất ở trên" in objections(RELEASED, document, newer, on=NOW)[0]
    with pytest.raises(ValueError, match="1.2.0"):
        read_changelog("## Sắp tới\n")


def test_a_release_puts_the_present_contract_in_place_of_the_released_one_or_says_why_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(releases, "FOLDER", tmp_path)
    (tmp_path / "released.json").write_text(json.dumps(RELEASED), encoding="utf-8")
    (tmp_path / "openapi.json").write_text(json.dumps(with_new_field()), encoding="utf-8")
    (tmp_path / "CHANGELOG.md").write_text(FIRST, encoding="utf-8")
    assert releases.main() == 1
    assert "số giữa" in capsys.readouterr().out
    assert json.loads((tmp_path / "released.json").read_text(encoding="utf-8")) == RELEASED
    newer = with_new_field()
    newer["info"]["version"] = version(minor=1)
    (tmp_path / "openapi.json").write_text(json.dumps(newer), encoding="utf-8")
    (tmp_path / "CHANGELOG.md").write_text(
        f"## {version(minor=1)} · 2026-12-01\n\n- Thêm.\n\n{FIRST}", encoding="utf-8"
    )
    assert releases.main() == 0
    assert (tmp_path / "released.json").read_bytes() == (tmp_path / "openapi.json").read_bytes()


@pytest.mark.parametrize(
    ("change", "code", "said"), [("words", 0, "Không có thay đổi"), ("path", 1, "PHÁ VỠ"), ("", 2, "Lỗi")]
)
def test_the_command_says_in_vietnamese_what_changed_and_fails_on_a_break(
    tmp_path: Path, change: str, code: int, said: str
) -> None:
    document = copy.deepcopy(RELEASED)
    if change == "path":
        del document["paths"]["/v1/me"]
    new = tmp_path / "mới.json"
    if change:
        new.write_text(json.dumps(document), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "tests.contract.breaking", str(FOLDER / "released.json"), str(new)],
        cwd=FOLDER.parent, capture_output=True, encoding="utf-8", env={"PYTHONIOENCODING": "utf-8"}, check=False,
    )  # fmt: skip
    assert done.returncode == code, done
    assert said in done.stdout + done.stderr
