"""What the comparison says: how bad it is, where, and in which operation."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

Schema = bool | dict[str, Any]


class Severity(StrEnum):
    """BREAKING is forbidden inside /v1; NOTICE is allowed and needs a line in openapi/CHANGELOG.md."""

    BREAKING = "breaking"
    NOTICE = "notice"


@dataclass(frozen=True)
class Finding:
    """A difference inside one schema, with the way to it. `@Name` in the way is a named schema of the document."""

    severity: Severity
    what: str
    path: tuple[str, ...] = ()

    def below(self, *steps: str) -> "Finding":
        """The same, seen from further outside."""
        return replace(self, path=(*steps, *self.path))


@dataclass(frozen=True)
class Difference:
    """A difference between two documents, in one operation."""

    severity: Severity
    operation: str
    place: str
    # the named schema and the field in it, the same for every operation it reaches; else the place in the operation
    subject: str
    what: str


@dataclass(frozen=True)
class Change:
    """The same difference in all operations it reaches: one field of a named schema is one change."""

    severity: Severity
    subject: str
    what: str
    # in the first of the operations
    place: str
    operations: tuple[str, ...]


def grouped(differences: Iterable[Difference]) -> list[Change]:
    """One change for each subject and what happened to it, in the order in which they were found."""
    together: dict[tuple[Severity, str, str], list[Difference]] = {}
    for difference in differences:
        together.setdefault((difference.severity, difference.subject, difference.what), []).append(difference)
    return [
        Change(*key, found[0].place, tuple(dict.fromkeys(difference.operation for difference in found)))
        for key, found in together.items()
    ]


def breaking(what: str, *path: str) -> Finding:
    """What breaks a client."""
    return Finding(Severity.BREAKING, what, path)


def notice(what: str, *path: str) -> Finding:
    """What clients must be told."""
    return Finding(Severity.NOTICE, what, path)


def located(finding: Finding, operation: str, part: str) -> Difference:
    """A finding inside a schema, as a difference of the operation whose `part` (body, parameter) has that schema."""
    named = [position for position, step in enumerate(finding.path) if step.startswith("@")]
    subject = "/".join(finding.path[named[-1] :])[1:] if named else "/".join((operation, part, *finding.path))
    place = "/".join((part, *(step for step in finding.path if not step.startswith("@"))))
    return Difference(finding.severity, operation, place, subject, finding.what)


def any_breaking(findings: Iterable[Finding]) -> bool:
    """Whether one of them breaks a client."""
    return any(finding.severity is Severity.BREAKING for finding in findings)
