"""The application: settings in, ASGI application out."""

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from starlette.middleware.cors import CORSMiddleware

from app.changes import Changes, stop
from app.contract import API_VERSION, build_openapi, operation_id
from app.db import Database
from app.direct import DirectWay
from app.documentation import install_documentation
from app.identity import Callers
from app.kept_answers import KeptAnswers
from app.middleware import Boundary
from app.reading_purpose import PURPOSE_HEADER
from app.refusals import install_refusals
from app.routers import ROUTERS, UNVERSIONED_ROUTERS
from app.services import audit_chain
from app.services.audit_anchors import AnchorFile
from app.settings import Settings
from app.tokens import KeyRing


def create_app(settings: Settings | None = None) -> FastAPI:
    """Build the application. Connections are opened when it starts, not here."""
    configuration = settings or Settings()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with Database.open(configuration) as database:
            app.state.database = database
            following = asyncio.create_task(app.state.changes.follow(database.reads))
            linking = asyncio.create_task(audit_chain.run(database, AnchorFile(configuration.data_dir)))
            # what exists now lives as long as the process: do not look at it in every collection
            gc.collect()
            gc.freeze()
            gc.enable()
            gc.set_threshold(50_000, 20, 20)
            yield
            await stop(following)
            await stop(linking)

    app = FastAPI(
        title="TĐKT API",
        version=API_VERSION,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=operation_id,
        lifespan=lifespan,
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.state.settings = configuration
    app.state.keys = KeyRing.load(configuration)
    app.state.callers = Callers(app.state.keys)
    app.state.changes = Changes(app.state.callers)
    app.state.kept_answers = KeptAnswers(app.state.changes)
    versioned = APIRouter(prefix="/v1")
    for router in ROUTERS:
        versioned.include_router(router)
    app.include_router(versioned)
    for router in UNVERSIONED_ROUTERS:
        app.include_router(router)
    install_documentation(app)
    install_refusals(app, base_url=configuration.base_url)

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = build_openapi(app)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # the documented way to extend it
    routes = [
        (prefix, route)
        for prefix, routers in (("/v1", ROUTERS), ("", UNVERSIONED_ROUTERS))
        for router in routers
        for route in router.routes
        if isinstance(route, APIRoute)
    ]
    app.add_middleware(DirectWay, routes=routes, callers=app.state.callers, base_url=configuration.base_url)
    app.add_middleware(
        Boundary,
        api_version=API_VERSION,
        max_body_bytes=configuration.max_body_bytes,
        base_url=configuration.base_url,
    )
    if configuration.cors_origins:
        # outermost: a portal must be able to read the last-resort answers as well
        app.add_middleware(
            CORSMiddleware,
            allow_origins=configuration.cors_origins,
            allow_methods=["GET", "HEAD", "POST", "PATCH"],
            allow_headers=[
                "Authorization",
                "Content-Type",
                "Idempotency-Key",
                "If-Match",
                "If-None-Match",
                PURPOSE_HEADER,
            ],
            # what a portal must be able to read; browsers hide every other header
            expose_headers=[
                *("ETag", "Location", "Retry-After", "X-Request-ID", "API-Version", "Idempotency-Replayed"),
                *("Deprecation", "Sunset", "Link"),
            ],
            max_age=600,
        )
    return app
