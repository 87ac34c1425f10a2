"""The shipped reference data, in one transaction. What is stored already stays as it is."""

from sqlalchemy.dialects.postgresql import insert

from app.db import Database, transaction
from app.loading.catalogue import load_catalogue
from app.loading.hierarchy import load_authorities, load_units
from app.loading.papers import load_campaigns, load_documents, load_figures
from app.models.records import ShippedData
from app.shipped import shipped_digest


async def load_reference(database: Database) -> None:
    """Load what is not there yet, by natural keys; loading again changes nothing, and never what users changed."""
    async with transaction(database) as db:
        units = await load_units(db)
        authorities = await load_authorities(db, units)
        await load_catalogue(db)
        documents = await load_documents(db, authorities)
        campaigns = await load_campaigns(db, authorities, documents)
        await load_figures(db, units, authorities, documents, campaigns)
        await db.exec(insert(ShippedData).values(digest=shipped_digest()).on_conflict_do_nothing())
