"""Campaigns of the papers. No database."""

from collections import Counter

from app import vocabularies as v
from tests.shipped.data import (
    BODY,
    CAMPAIGN,
    CAMPAIGNS,
    DOCUMENT,
    codes,
    known,
)


def test_campaign_references_and_terms() -> None:
    rows = CAMPAIGNS["campaigns"]
    assert len(CAMPAIGN) == len(rows)
    assert codes(rows, "method") <= known(v.CampaignMethod)
    assert codes(rows, "scope") <= known(v.CampaignScope)
    assert codes(rows, "level") <= known(v.AuthorityLevel)
    assert codes(rows, "state") <= {"launched", "concluded"}
    for row in rows:
        assert row["launcher"] is None or row["launcher"] in BODY
        assert row["launch_document"] is None or row["launch_document"] in DOCUMENT
        assert row["parent"] is None or row["parent"] in CAMPAIGN
        assert row["sources"]
        for reward in row["rewards"]:
            assert reward["level"] in known(v.AuthorityLevel)
            assert reward["occasion"] in known(v.RewardOccasion)
            assert set(reward["recipients"]) <= known(v.RecipientKind)
        for phase in row["phases"]:
            assert phase["review"]["kind"] in known(v.ReviewKind)
        for link in row["links"]:
            assert set(link["campaigns"]) <= set(CAMPAIGN)
        seen: list[str] = []
        key: str | None = row["key"]
        while key is not None:
            assert key not in seen
            seen.append(key)
            key = CAMPAIGN[key]["parent"]


def test_every_mention_of_a_campaign_is_placed_once() -> None:
    mentions = Counter(source["id"] for row in CAMPAIGNS["campaigns"] for source in row["sources"])
    assert set(mentions.values()) == {1}
    assert Counter(mention[:3] for mention in mentions) == {"000": 18, "002": 6, "003": 24, "004": 21}


def test_plan_53_stands_under_the_province_and_the_nation() -> None:
    ward = CAMPAIGN["uong-bi-doi-moi-sang-tao-chuyen-doi-so"]
    province = CAMPAIGN[ward["parent"]]
    nation = CAMPAIGN[province["parent"]]
    assert DOCUMENT[ward["launch_document"]]["number_symbol"] == "53/KH-UBND"
    assert DOCUMENT[province["launch_document"]]["number_symbol"] == "153/KH-UBND"
    assert nation["title"] == "Cả nước thi đua đổi mới sáng tạo và chuyển đổi số"
    assert nation["launcher"] == "thu-tuong-chinh-phu"
    assert [len(ward[part]) for part in ("purposes", "requirements", "contents", "criteria", "rewards")] == [
        4,
        6,
        9,
        5,
        4,
    ]
    first, second = ward["phases"]
    assert first["ends"] == second["starts"] == {"value": "2027", "precision": "year"}
    doubted = [reward for reward in ward["rewards"] if reward["doubt"]]
    assert [(reward["level"], reward["form"]) for reward in doubted] == [("province", "Giấy khen")]


def test_plan_345_stands_under_281_and_39() -> None:
    city = CAMPAIGN["cam-pha-thi-dua-chao-mung-dai-hoi-dang"]
    province = CAMPAIGN[city["parent"]]
    chain = [city, province, CAMPAIGN[province["parent"]]]
    symbols = [DOCUMENT[row["launch_document"]]["number_symbol"] for row in chain]
    assert symbols == ["345/KH-UBND", "281/KH-UBND", "39/CT-TTg"]
    targets = [row["target"] for row in city["requirements"] if row["target"]]
    assert [(t["operator"], t["value"]) for t in targets][:2] == [("=", "100"), (">=", "1")]
