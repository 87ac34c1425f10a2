"""The links of the OpenAPI document: which operation can follow which, with what of the answer.

A client generator or a test that walks the work from launch to certificate reads them. Only the way the work really
goes is linked; what else is possible at a moment is told by `allowed_actions`.
"""

from collections.abc import Iterator
from typing import Any

_NEXT: dict[str, tuple[str, ...]] = {
    "createLegalDocument": ("readLegalDocument", "readLegalDocumentCitations"),
    "createCampaign": ("readCampaign", "updateCampaign", "launchCampaign"),
    "updateCampaign": ("launchCampaign",),
    "launchCampaign": ("readCampaign", "createDeployment", "readCascade", "concludeCampaign", "cancelCampaign"),
    "concludeCampaign": ("readCampaign",),
    "createDeployment": ("readDeployment", "deployDeployment"),
    "deployDeployment": ("readDeployment", "reportDeployment"),
    "createCandidate": ("readCandidate",),
    "createDossier": ("readDossier", "updateDossier"),
    "createNomination": ("readNomination", "updateNomination", "readDossier"),
    "readDossier": ("updateDossier", "submitDossier"),
    "submitDossier": ("readNomination",),
    "readNomination": ("receiveNomination", "returnNomination", "appraiseNomination", "withdrawNomination"),
    "receiveNomination": ("appraiseNomination", "returnNomination"),
    "returnNomination": ("submitNomination",),
    "appraiseNomination": ("forwardNomination", "rejectNomination", "returnNomination"),
    "createDecision": ("readDecision", "readAward", "verifyAward"),
    "listCampaigns": ("readCampaign",),
    "listCandidates": ("readCandidate",),
    "listDossiers": ("readDossier",),
    "listNominations": ("readNomination",),
    "listDecisions": ("readDecision",),
    "listAwards": ("readAward",),
    "listLegalDocuments": ("readLegalDocument",),
    "listAuthorities": ("readAuthority", "listAuthorityChildren"),
    "listAdministrativeUnits": ("readAdministrativeUnit",),
    "listAwardTypes": ("readAwardType",),
    "listPublicCampaigns": ("readPublicCampaign", "readCampaignForBot"),
    "listHistoricalFigures": ("readHistoricalFigure",),
    "listAuditEvents": ("readAuditEvent",),
}
# (from, to) → where in the answer the path parameter stands, when it is not the id of the record itself
_ELSEWHERE = {
    ("createNomination", "readDossier"): "/dossier_id",
    ("submitDossier", "readNomination"): "/nominations/0/id",
    ("createDecision", "readAward"): "/awards/0/id",
    ("createDecision", "verifyAward"): "/awards/0/verification_code",
    ("listAwardTypes", "readAwardType"): "/items/0/code",
    ("listAuditEvents", "readAuditEvent"): "/items/0/number",
    ("listPublicCampaigns", "readPublicCampaign"): "/items/0/code",
    ("listPublicCampaigns", "readCampaignForBot"): "/items/0/code",
}


def add_links(document: dict[str, Any]) -> None:
    """Put the links into the answers that succeed."""
    operations = {operation["operationId"]: operation for operation in _operations(document)}
    for source, targets in _NEXT.items():
        answers = operations[source]["responses"]
        answer = answers["201"] if "201" in answers else answers["200"]
        answer["links"] = {target: _link(source, operations[target]) for target in targets}


def _operations(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for operations in document["paths"].values():
        yield from operations.values()


def _link(source: str, target: dict[str, Any]) -> dict[str, Any]:
    name = target["operationId"]
    same = (source, name) not in _ELSEWHERE and not source.startswith("list")
    found = _ELSEWHERE.get((source, name), "/id" if same else "/items/0/id")
    parameters = {}
    for parameter in target.get("parameters", []):
        if parameter["in"] == "path":
            parameters[f"path.{parameter['name']}"] = f"$response.body#{found}"
        elif parameter["name"] == "If-Match" and same:
            parameters["header.If-Match"] = "$response.header.ETag"
    return {"operationId": name, "description": target["summary"], "parameters": parameters}
