"""The contract, one file per resource: signature, one service call, return."""

from app.routers import (
    administrative_units,
    authorities,
    award_types,
    awards,
    candidates,
    decisions,
    dossiers,
    legal_documents,
    nominations,
    operation,
    statistics,
    vocabularies,
)

ROUTERS = (
    vocabularies.router,
    administrative_units.router,
    award_types.router,
    authorities.router,
    legal_documents.router,
    candidates.router,
    dossiers.router,
    nominations.router,
    decisions.router,
    awards.router,
    statistics.router,
)
UNVERSIONED_ROUTERS = (operation.unversioned_router,)
