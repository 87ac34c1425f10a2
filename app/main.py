"""The application: settings in, ASGI application out."""

import asyncio
import gc
import logging
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
from app.production import refuse_weak
from app.reading_purpose import PURPOSE_HEADER
from app.refusals import install_refusals
from app.routers import ROUTERS, UNVERSIONED_ROUTERS
from app.sealing import Sealer
from app.secret_files import SecretFileError
from app.services import audit_chain
from app.services.audit_anchors import AnchorFile
from app.settings import Settings
from app.tokens import KeyRing

logger = logging.getLogger("tdkt")

KEY_PERIOD_SECONDS = 2.0
"""A revoked key must be void everywhere within five seconds."""


async def _follow_keys(keys: KeyRing, callers: Callers) -> None:
    """Read the file of the keys again where it was changed, until cancelled."""
    while True:
        await asyncio.sleep(KEY_PERIOD_SECONDS)
        try:
            if keys.reload():
                callers.forget_tokens()
                logger.info("the signing keys were changed and read again")
        except SecretFileError as error:
            logger.error("the signing keys were changed and cannot be read; the old ones stay: %s", error)


def create_app(settings: Settings | None = None) -> FastAPI:
    """Build the application. Connections are opened when it starts, not here."""
    configuration = settings or Settings()
    refuse_weak(configuration)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with Database.open(configuration) as database:
            app.state.database = database
            tasks = [
                asyncio.create_task(app.state.changes.follow(database.reads)),
                asyncio.create_task(_follow_keys(app.state.keys, app.state.callers)),
                asyncio.create_task(audit_chain.run(database, AnchorFile(configuration.data_dir))),
            ]
            # what exists now lives as long as the process: do not look at it in every collection
            gc.collect()
            gc.freeze()
            gc.enable()
            gc.set_threshold(50_000, 20, 20)
            yield
            for task in tasks:
                await stop(task)

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
    app.state.sealer = Sealer.load(configuration)
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
                *("Authorization", "Content-Type", "Idempotency-Key", "If-Match", "If-None-Match", "X-Request-ID"),
                PURPOSE_HEADER,
            ],
            # what a portal must be able to read; browsers hide every other header
            expose_headers=[
                *("ETag", "Location", "Retry-After", "X-Request-ID", "API-Version", "Idempotency-Replayed"),
                *("Deprecation", "Sunset", "Link", "Content-Disposition", "RateLimit", "RateLimit-Policy"),
            ],
            max_age=600,
        )
    return app
