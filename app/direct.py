"""The direct way to a read: a route found by one look-up, its endpoint called with what its signature names.

The framework walks its routes, opens exit stacks and solves dependencies for every request; that costs several
times what the read itself does (measured: `bench/README.md`). A valid GET needs none of it. What is odd in any way
(an unknown path, a parameter that does not validate, a missing token) is handed to the framework, which answers
it; so there is one set of refusals, and `tests/test_direct.py` holds both ways against each other.
"""

import typing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import parse_qsl

from fastapi import Request, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel, TypeAdapter, ValidationError
from starlette.types import ASGIApp, Receive, Scope, Send

from app.db import Read
from app.identity import Callers, CurrentActor, bearer_token
from app.problems import Problem
from app.refusals import problem_response

_Validate = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class _Query:
    """The query model of an operation."""

    name: str
    validate: _Validate
    several: frozenset[str]

    def read(self, query_string: bytes) -> BaseModel | None:
        """The validated model; None where the framework must say what is wrong."""
        values: dict[str, Any] = {}
        if query_string:
            for name, value in parse_qsl(query_string.decode("latin-1"), keep_blank_values=True):
                if name in self.several:
                    values.setdefault(name, []).append(value)
                elif name in values:
                    return None
                else:
                    values[name] = value
        try:
            model: BaseModel = self.validate(values)
        except ValidationError:
            return None
        return model


@dataclass(frozen=True, slots=True)
class _Read:
    """An endpoint and how to call it."""

    route: APIRoute
    positions: tuple[tuple[int, str, _Validate], ...]
    query: _Query | None
    request: str | None
    actor: str | None
    reads: str | None


def _compile(route: APIRoute, prefix: str) -> _Read | None:
    """How to call an endpoint, from its signature; None where only the framework knows."""
    segments = (prefix + route.path).split("/")
    names = {segment[1:-1]: position for position, segment in enumerate(segments) if segment.startswith("{")}
    hints = typing.get_type_hints(route.endpoint, include_extras=True)
    if not (isinstance(answer := hints.pop("return"), type) and issubclass(answer, Response)):
        return None
    positions: list[tuple[int, str, _Validate]] = []
    query = request = actor = reads = None
    for name, hint in hints.items():
        inner = typing.get_args(hint)[0] if typing.get_origin(hint) is Annotated else hint
        if name in names:
            positions.append((names[name], name, TypeAdapter(hint).validator.validate_python))
        elif hint == CurrentActor:
            actor = name
        elif hint == Read:
            reads = name
        elif hint is Request:
            request = name
        elif isinstance(inner, type) and issubclass(inner, BaseModel):
            several = frozenset(n for n, f in inner.model_fields.items() if typing.get_origin(f.annotation) is list)
            query = _Query(name, inner.__pydantic_validator__.validate_python, several)
        else:
            return None
    return _Read(route, tuple(positions), query, request, actor, reads)


class DirectReads:
    """Answers valid GETs of the given routes; everything else goes on to `app`."""

    def __init__(
        self, app: ASGIApp, *, routes: Iterable[tuple[str, APIRoute]], callers: Callers, base_url: str
    ) -> None:
        self._app = app
        self._callers = callers
        self._base_url = base_url
        self._fixed: dict[str, _Read] = {}
        self._shaped: dict[tuple[str | None, ...], _Read] = {}
        for prefix, route in routes:
            if route.methods != {"GET"}:
                continue
            read = _compile(route, prefix)
            if read is None:
                continue
            if read.positions:
                places = {position for position, _, _ in read.positions}
                segments = enumerate((prefix + route.path).split("/"))
                self._shaped[tuple(None if n in places else s for n, s in segments)] = read
            else:
                self._fixed[prefix + route.path] = read
        # where parameters stand in paths of so many segments
        self._places: Mapping[int, set[frozenset[int]]] = _places(self._shaped)

    def _find(self, path: str) -> tuple[_Read, list[str]] | None:
        read = self._fixed.get(path)
        if read is not None:
            return read, []
        segments = path.split("/")
        for places in self._places.get(len(segments), ()):
            read = self._shaped.get(tuple(None if n in places else s for n, s in enumerate(segments)))
            if read is not None:
                return read, segments
        return None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http" and scope["method"] == "GET" and not scope.get("root_path"):
            found = self._find(scope["path"])
            if found is not None:
                response = await self._answer(*found, scope, receive)
                if response is not None:
                    await response(scope, receive, send)
                    return
        await self._app(scope, receive, send)

    async def _answer(self, read: _Read, segments: list[str], scope: Scope, receive: Receive) -> Response | None:
        arguments: dict[str, Any] = {}
        try:
            for position, name, validate in read.positions:
                if not segments[position]:
                    return None
                arguments[name] = validate(segments[position])
        except ValidationError:
            return None
        if read.query is None and scope["query_string"]:
            return None
        if read.query is not None:
            query = read.query.read(scope["query_string"])
            if query is None:
                return None
            arguments[read.query.name] = query
        # as the framework does, for what looks at it on the way out
        scope["route"] = read.route
        request = Request(scope, receive)
        if read.request is not None:
            arguments[read.request] = request
        state = scope["app"].state
        try:
            if read.actor is not None:
                token = bearer_token(scope["headers"])
                if token is None:
                    return None
                arguments[read.actor] = await self._callers.asking(state.database.reads, token, scope)
            if read.reads is not None:
                arguments[read.reads] = state.database.reads
            response: Response = await read.route.endpoint(**arguments)
            return response
        except Problem as problem:
            return problem_response(request, problem, self._base_url)


def _places(shaped: Iterable[tuple[str | None, ...]]) -> dict[int, set[frozenset[int]]]:
    places: dict[int, set[frozenset[int]]] = {}
    for shape in shaped:
        places.setdefault(len(shape), set()).add(frozenset(n for n, s in enumerate(shape) if s is None))
    return places
