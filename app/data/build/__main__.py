"""Regenerate the reference data from its raw sources.

    python -m app.data.build RAW_DIRECTORY

RAW_DIRECTORY holds `documents/000.json`, `002.json`, `003.json`, `004.json`, `award_catalogue.json`,
`quang_ninh_communes.json` and `nested-divisions.json` (from the package vietnam-provinces). The product and
its tests need only the files that this program writes. `base_salaries.json` and `working_calendar.json` are
kept by hand.
"""

import sys
from pathlib import Path

from app.data.build import authorities, awards, campaigns, documents, figures, units
from app.data.build.common import read, write

PAPERS = ("000", "002", "003", "004")


def main(raw: Path) -> None:
    """Read the raw sources and write every generated file of app/data."""
    papers = {number: read(raw / "documents" / f"{number}.json") for number in PAPERS}
    territory = units.build(read(raw / "quang_ninh_communes.json"), read(raw / "nested-divisions.json"))
    write("administrative_units.json", territory)
    write("award_types.json", awards.build(read(raw / "award_catalogue.json")))
    write("authorities.json", authorities.build(territory["units"], papers))
    write("legal_documents.json", documents.build(papers))
    write("campaigns.json", campaigns.build(papers))
    write("historical_figures.json", figures.build(papers["003"]))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
