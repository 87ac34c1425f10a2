"""The count of hostile input counts what it says, and sees every change."""

import pytest
from sqlalchemy import text

from tests import hostile
from tests.hostile import Count
from tests.make import Make


@pytest.fixture(autouse=True)
def counts(monkeypatch: pytest.MonkeyPatch) -> dict[hostile.Kind, Count]:
    """Counts of their own, so that these are not in the table."""
    own: dict[hostile.Kind, Count] = {kind: Count() for kind in hostile.COUNTS}
    monkeypatch.setattr(hostile, "COUNTS", own)
    return own


def test_what_is_served_is_not_counted_as_refused(counts: dict[hostile.Kind, Count]) -> None:
    assert hostile.table() == []
    with hostile.refused("token", 3):
        pass
    with pytest.raises(AssertionError), hostile.refused("token"):
        raise AssertionError("it was served")
    assert counts["token"] == Count(tried=4, refused=3, changed=0)
    assert hostile.table()[1].split()[-3:] == ["4", "3", "0"]


@pytest.mark.parametrize(
    "change",
    [
        "update authority set name = name || ' ' where key = 'ubnd-phuong-uong-bi'",
        "delete from calendar_day where day = (select min(day) from calendar_day)",
        'insert into calendar_day select (jsonb_populate_record(d, \'{"day": "2099-01-01"}\')).* from calendar_day d limit 1',
    ],
    ids=["a letter", "a row less", "a row more"],
)
async def test_a_change_is_seen(make: Make, counts: dict[hostile.Kind, Count], change: str) -> None:
    with pytest.raises(AssertionError, match="changed"):
        async with hostile.unchanged("payload", make.connection):
            await make.connection.execute(text(change.replace(":", r"\:")))
    assert counts["payload"] == Count(tried=1, refused=0, changed=1)


async def test_nothing_is_seen_where_nothing_changes(make: Make, counts: dict[hostile.Kind, Count]) -> None:
    async with hostile.unchanged("payload", make.connection, 2):
        await make.connection.execute(text("select 1"))
    assert counts["payload"] == Count(tried=2, refused=2, changed=0)
