"""The contract, one file per resource: signature, one service call, return."""

from app.routers import awards, candidates, decisions, dossiers, nominations, operation

ROUTERS = (
    candidates.router,
    dossiers.router,
    nominations.router,
    decisions.router,
    awards.router,
)
UNVERSIONED_ROUTERS = (operation.unversioned_router,)
