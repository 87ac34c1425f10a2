"""The contract, one file per resource: signature, one service call, return."""

from app.routers import awards, candidates, decisions, dossiers, nominations, operation, statistics

ROUTERS = (
    candidates.router,
    dossiers.router,
    nominations.router,
    decisions.router,
    awards.router,
    statistics.router,
)
UNVERSIONED_ROUTERS = (operation.unversioned_router,)
