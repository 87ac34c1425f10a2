"""/v1/vocabularies."""

import httpx

from app.vocabularies import VOCABULARIES, Role, Tier

URL = "/v1/vocabularies"


async def test_every_closed_list_is_public_with_both_labels(client: httpx.AsyncClient) -> None:
    answer = await client.get(URL)
    assert answer.status_code == 200
    lists = {item["name"]: item["terms"] for item in answer.json()["items"]}
    assert lists.keys() == VOCABULARIES.keys()
    assert lists["tier"][3] == {"code": "commune", "label": "Cấp xã", "label_en": "Commune"}
    assert [term["code"] for term in lists["tier"]] == list(Tier)
    assert [term["code"] for term in lists["role"]] == list(Role)
    assert all(term["label"] and term["label_en"] for terms in lists.values() for term in terms)


async def test_an_unchanged_vocabulary_is_not_sent_again(client: httpx.AsyncClient) -> None:
    first = await client.get(URL)
    assert first.headers["cache-control"] == "public, max-age=300"
    again = await client.get(URL, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert (await client.get(URL, headers={"If-None-Match": '"other"'})).content == first.content


async def test_no_statement_is_needed(client: httpx.AsyncClient) -> None:
    reads = client._transport.app.state.database.reads  # type: ignore[attr-defined]  # the transport of the application
    before = reads.statements
    await client.get(URL)
    assert reads.statements == before
