"""The contract, one file per resource: signature, one service call, return."""

from app.routers import candidates, operation

ROUTERS = (candidates.router,)
UNVERSIONED_ROUTERS = (operation.unversioned_router,)
