"""`/docs` and `/reference` without internet: Swagger UI and ReDoc are served by the product itself.

The assets are files of the `fastapi-offline` package; nothing of its code runs.
"""

import base64
import hashlib
import importlib.util
import re
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.openapi.docs import get_redoc_html, get_swagger_ui_html
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.staticfiles import StaticFiles

_ASSETS = "/docs-assets"
_REDOC = "redoc.standalone.js"
# the one thing ReDoc takes from elsewhere, the logo of its makers; an empty picture in its place
_LOGO = "https://cdn.redoc.ly/redoc/logo-mini.svg"
_NO_LOGO = "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg'/>"


# megabytes that change only with an update of the product
_KEPT = {"Cache-Control": "public, max-age=86400"}


class _Assets(StaticFiles):
    """Files that browsers keep for a day."""

    def file_response(self, *arguments: Any, **options: Any) -> Response:
        """The file, or 304."""
        response = super().file_response(*arguments, **options)
        response.headers.update(_KEPT)
        return response


def _asset_folder() -> Path:
    found = importlib.util.find_spec("fastapi_offline")
    if found is None or found.origin is None:
        raise RuntimeError("Thiếu gói fastapi-offline; hãy cài lại bằng requirements.lock.")
    return Path(found.origin).parent / "static"


def _page(html: str) -> HTMLResponse:
    """The page, with a policy that admits its own inline script by hash and nothing from elsewhere."""
    scripts = re.findall(r"<script>(.*?)</script>", html, flags=re.DOTALL)
    hashes = " ".join(f"'sha256-{base64.b64encode(hashlib.sha256(s.encode()).digest()).decode()}'" for s in scripts)
    policy = (
        f"default-src 'none'; script-src 'self' {hashes}; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data:; connect-src 'self'; font-src 'self'; worker-src 'self' blob:; frame-ancestors 'none'"
    )
    return HTMLResponse(html, headers={"Content-Security-Policy": policy, "Cache-Control": "no-cache"})


def install_documentation(app: FastAPI) -> None:
    """Add the two pages, their assets, and the way to them from the bare address."""
    folder = _asset_folder()
    swagger = get_swagger_ui_html(
        openapi_url="/openapi.json",
        title="TĐKT API",
        swagger_js_url=f"{_ASSETS}/swagger-ui-bundle.js",
        swagger_css_url=f"{_ASSETS}/swagger-ui.css",
        swagger_favicon_url="data:,",
        swagger_ui_parameters={"persistAuthorization": True, "displayRequestDuration": True, "docExpansion": "none"},
    )
    redoc = get_redoc_html(
        openapi_url="/openapi.json",
        title="TĐKT API",
        redoc_js_url=f"{_ASSETS}/{_REDOC}",
        redoc_favicon_url="data:,",
        with_google_fonts=False,
    )
    pages = {"/docs": bytes(swagger.body).decode(), "/reference": bytes(redoc.body).decode()}

    async def page(request: Request) -> Response:
        return _page(pages[request.url.path])

    async def redoc_script(_: Request) -> Response:
        script = (folder / _REDOC).read_text(encoding="utf-8")
        return Response(script.replace(_LOGO, _NO_LOGO), headers=_KEPT, media_type="text/javascript")

    async def home(_: Request) -> Response:
        return RedirectResponse("/docs")

    app.add_route("/", home, include_in_schema=False)
    for path in pages:
        app.add_route(path, page, include_in_schema=False)
    app.add_route(f"{_ASSETS}/{_REDOC}", redoc_script, include_in_schema=False)
    app.mount(_ASSETS, _Assets(directory=folder), name="docs-assets")
