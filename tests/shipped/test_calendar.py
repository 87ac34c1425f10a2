"""Base salaries and working days. No database."""

from datetime import date

from tests.shipped.data import (
    CALENDAR,
)


def test_calendar_years() -> None:
    years = {row["year"]: row for row in CALENDAR["years"]}
    assert set(years) == {2024, 2025, 2026, 2027}
    assert not years[2027]["official"] and years[2027]["verification"] == "unverified"
    for year, row in years.items():
        holidays = [holiday["date"] for holiday in row["holidays"]]
        assert holidays == sorted(set(holidays))
        for day in holidays + row["working_saturdays"]:
            assert date.fromisoformat(day).year == year
        assert all(date.fromisoformat(day).weekday() == 5 for day in row["working_saturdays"])
        assert not set(holidays) & set(row["working_saturdays"])
        names = {f"{year}-01-01", f"{year}-04-30", f"{year}-05-01", f"{year}-09-02"}
        assert names <= set(holidays)
    assert years[2026]["working_saturdays"] == ["2026-01-10", "2026-08-22"]
    assert "2026-11-24" in {holiday["date"] for holiday in years[2026]["holidays"]}
