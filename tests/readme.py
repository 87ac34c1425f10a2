"""The tables of the README are rendered from the code: `python -m tests.readme` writes them again."""

import json
from pathlib import Path

from app.access import ROLE_PERMISSIONS
from app.services.workflow import Workflow
from app.settings import Settings
from app.vocabularies import Permission, Role

README = Path(__file__).resolve().parent.parent / "README.md"
_WORKFLOWS = README.parent / "app/data/workflows.json"


def _roles() -> str:
    roles = list(Role)
    head = "| permission | " + " | ".join(f"`{role}`" for role in roles) + " |"
    lines = [head, "|---" * (len(roles) + 1) + "|"]
    for permission in Permission:
        marks = ["✓" if permission in ROLE_PERMISSIONS[role] else "" for role in roles]
        lines.append(f"| `{permission}` | " + " | ".join(marks) + " |")
    return "\n".join(lines)


def _workflow() -> str:
    lines = [
        "| action | tiếng Việt | from | to | who acts | permission | notes |",
        "|---|---|---|---|---|---|---|",
    ]
    content = json.loads(_WORKFLOWS.read_text(encoding="utf-8"))["workflows"][-1]
    for step in Workflow.model_validate(content["definition"]).transitions:
        notes = [
            *(["reason"] if step.reason else []),
            *({"up": ["goes to the next level"], "back": ["goes back to the sender"]}.get(step.send, [])),
            *(["body must be competent"] if step.competent else []),
            *(["only where the body is not competent"] if step.competent is False else []),
            *([f"not by the {' or '.join(sorted(step.not_by, reverse=True))}"] if step.not_by else []),
        ]
        sources = ", ".join(sorted(step.sources))
        who = {"owner": "the submitting body", "holder": "the body that holds it"}[step.acting_for]
        lines.append(
            f"| `{step.action}` | {step.label} | {sources} | {step.target} | {who} "
            f"| `{step.permission}` | {'; '.join(notes)} |"
        )
    return "\n".join(lines)


def _settings() -> str:
    lines = ["| variable | default | meaning |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        default = "" if field.default is None else f"`{field.default}`"
        lines.append(f"| `{name.upper()}` | {default} | {field.description} |")
    return "\n".join(lines)


def rendered(text: str) -> str:
    """The README with its tables as the code says they are."""
    for name, table in (("roles", _roles()), ("workflow", _workflow()), ("settings", _settings())):
        begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
        before, rest = text.split(begin)
        text = f"{before}{begin}\n{table}\n{end}{rest.split(end)[1]}"
    return text


if __name__ == "__main__":
    README.write_text(rendered(README.read_text(encoding="utf-8")), encoding="utf-8")
