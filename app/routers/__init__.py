"""The contract, one file per resource: signature, one service call, return."""

from app.routers import (
    administrative_units,
    auth,
    authorities,
    award_types,
    awards,
    bot,
    campaigns,
    candidates,
    decisions,
    deployments,
    dossiers,
    legal_documents,
    me,
    nominations,
    operation,
    public,
    statistics,
    vocabularies,
)

ROUTERS = (
    public.router,
    bot.router,
    auth.router,
    me.router,
    vocabularies.router,
    administrative_units.router,
    award_types.router,
    authorities.router,
    legal_documents.router,
    campaigns.router,
    deployments.router,
    candidates.router,
    dossiers.router,
    nominations.router,
    decisions.router,
    awards.router,
    statistics.router,
)
UNVERSIONED_ROUTERS = (auth.well_known_router, operation.unversioned_router)
