"""Legal documents and what they cite. No database."""

import json
from collections import Counter

from app import vocabularies as v
from tests.shipped.data import (
    BODY,
    DOCUMENT,
    DOCUMENTS,
    codes,
    known,
)


def test_documents_and_citations_resolve() -> None:
    rows = DOCUMENTS["documents"]
    assert len(DOCUMENT) == len(rows)
    assert codes(rows, "type") <= known(v.DocumentType)
    assert codes(rows, "validity") <= known(v.DocumentValidity)
    assert {r["purpose"] for row in rows for r in row["recipients"]} <= known(v.RecipientPurpose)
    assert {d["level"] for row in rows for d in row["doubts"]} <= known(v.DoubtLevel)
    for row in rows:
        assert row["issuer"] is None or row["issuer"] in BODY
        assert row["issuer_name"] and row["title"]
        if row["number_symbol"]:
            assert row["number_symbol"].startswith(row["number"]) and row["number_symbol"].endswith(row["symbol"])
        else:
            assert row["number"] is None and row["symbol"] is None
    edges = [(c["from"], c["to"], c["relation"], c["section"]) for c in DOCUMENTS["citations"]]
    assert len(edges) == len(set(edges))
    assert {relation for _, _, relation, _ in edges} <= known(v.CitationRelation)
    assert all(a in DOCUMENT and b in DOCUMENT and a != b for a, b, _, _ in edges)


def test_the_four_papers_cite_what_they_cite() -> None:
    papers = {row["paper"]: row["key"] for row in DOCUMENTS["documents"] if row["paper"]}
    assert set(papers) == {"000", "002", "003", "004"}
    cited = Counter(c["from"] for c in DOCUMENTS["citations"] if c["source_id"])
    assert {paper: cited[key] for paper, key in papers.items()} == {"000": 21, "002": 10, "003": 19, "004": 11}
    doubts = {paper: len(DOCUMENT[key]["doubts"]) for paper, key in papers.items()}
    assert doubts == {"000": 9, "002": 8, "003": 23, "004": 9}


def test_business_key_tells_the_two_169_apart() -> None:
    keys = [
        (row["issuer_name"], row["number_symbol"], json.dumps(row["issued_on"]))
        for row in DOCUMENTS["documents"]
        if row["number_symbol"]
    ]
    assert len(keys) == len(set(keys))
    days = sorted(r["issued_on"]["value"] for r in DOCUMENTS["documents"] if r["number_symbol"] == "169/KH-UBND")
    assert days == ["2024-07-11", "2025-06-26"]
    (directive,) = (row for row in DOCUMENTS["documents"] if row["number_symbol"] == "34-CT/TW")
    assert directive["issued_on"] == {"value": "2014-04-07", "precision": "day"}
    assert sum(c["to"] == directive["key"] for c in DOCUMENTS["citations"]) == 2
