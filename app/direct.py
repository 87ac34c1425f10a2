"""The direct way to an operation: a route found by one look-up, its endpoint called with what its signature names.

The framework walks its routes, opens exit stacks and solves dependencies for every request; that costs several
times what the operation itself does (measured: `bench/README.md`). A valid request needs none of it. What is odd in
any way (an unknown path, a value that does not validate, another media type, a missing token) is handed to the
framework, body and all, which answers it; so there is one set of refusals, and `tests/test_direct.py` holds both
ways against each other.
"""

import json
import typing
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import NoneType
from typing import Annotated, Any
from urllib.parse import parse_qsl

from fastapi import Request, Response, params
from fastapi.routing import APIRoute
from pydantic import BaseModel, TypeAdapter, ValidationError
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.db import Read
from app.identity import Callers, CurrentActor, bearer_token
from app.problems import Problem
from app.refusals import problem_response
from app.writes import Write

_Validate = Callable[[Any], Any]
_Headers = Iterable[tuple[bytes, bytes]]
_JSON = frozenset({b"application/json", b"application/json; charset=utf-8", b"application/json;charset=utf-8"})


class _Odd(Exception):
    """Not a plain request: the framework says what is wrong with it, or knows more."""


def _header(headers: _Headers, name: bytes) -> bytes | None:
    """The value of a header, of several the first, as the framework takes it."""
    return next((value for key, value in headers if key == name), None)


@dataclass(frozen=True, slots=True)
class _Query:
    """The query model of an operation."""

    name: str
    validate: _Validate
    several: frozenset[str]

    def read(self, query_string: bytes) -> BaseModel:
        """The validated model."""
        values: dict[str, Any] = {}
        if query_string:
            for name, value in parse_qsl(query_string.decode("latin-1"), keep_blank_values=True):
                if name in self.several:
                    values.setdefault(name, []).append(value)
                elif name in values:
                    raise _Odd
                else:
                    values[name] = value
        model: BaseModel = self.validate(values)
        return model


@dataclass(frozen=True, slots=True)
class _Body:
    """The body of an operation."""

    name: str
    validate: _Validate
    required: bool

    def read(self, body: bytes | None, headers: _Headers) -> BaseModel | None:
        """The validated model, in the framework's own steps: JSON by the standard library, then pydantic."""
        if body is None:
            raise _Odd
        if not body and not self.required:
            return None
        if (_header(headers, b"content-type") or b"").lower() not in _JSON:
            raise _Odd
        try:
            values = json.loads(body)
        except (ValueError, RecursionError):
            raise _Odd from None
        model: BaseModel = self.validate(values)
        return model


@dataclass(frozen=True, slots=True)
class _Writing:
    """What an unsafe operation writes with (`app/writes.py`), and the headers that takes."""

    name: str
    begin: Callable[..., Awaitable[Write[Any]]]
    headers: tuple[tuple[str, bytes, _Validate], ...]

    def read(self, headers: _Headers) -> dict[str, str | None]:
        """The validated headers."""
        found: dict[str, str | None] = {}
        for name, header, validate in self.headers:
            value = _header(headers, header)
            found[name] = None if value is None else validate(value.decode("latin-1"))
        return found


@dataclass(slots=True)
class _Operation:
    """An endpoint and how to call it."""

    route: APIRoute
    positions: list[tuple[int, str, _Validate]] = field(default_factory=list)
    query: _Query | None = None
    body: _Body | None = None
    writing: _Writing | None = None
    request: str | None = None
    actor: str | None = None
    reads: str | None = None

    def read(self, segments: list[str], scope: Scope, body: bytes | None) -> dict[str, Any]:
        """The validated values of path, query and body."""
        arguments: dict[str, Any] = {}
        for position, name, validate in self.positions:
            if not segments[position]:
                raise _Odd
            arguments[name] = validate(segments[position])
        if self.query is None and scope["query_string"]:
            raise _Odd
        if self.query is not None:
            arguments[self.query.name] = self.query.read(scope["query_string"])
        if self.body is not None:
            arguments[self.body.name] = self.body.read(body, scope["headers"])
        return arguments


def _model_of(hint: Any) -> tuple[type[BaseModel] | None, bool]:
    """The model of a body or query, and whether it must be given."""
    members = [member for member in typing.get_args(hint) if member is not NoneType]
    required = len(members) == len(typing.get_args(hint))
    inner = hint if required else members[0]
    return (inner, required) if isinstance(inner, type) and issubclass(inner, BaseModel) else (None, required)


def _writing(name: str, hint: Any) -> _Writing | None:
    """How a parameter of `app/writes.py` is made; None for any other parameter."""
    inner, *extras = typing.get_args(hint) or (None,)
    if not (isinstance(kind := typing.get_origin(inner), type) and issubclass(kind, Write)):
        return None
    begin = next(extra.dependency for extra in extras if isinstance(extra, params.Depends))
    assert begin is not None
    headers = []
    for parameter, annotation in typing.get_type_hints(begin, include_extras=True).items():
        for extra in typing.get_args(annotation)[1:]:
            if isinstance(extra, params.Header):
                assert extra.alias is not None
                validate = TypeAdapter(annotation).validator.validate_python
                headers.append((parameter, extra.alias.lower().encode(), validate))
    return _Writing(name, begin, tuple(headers))


def _compile(route: APIRoute, path: str) -> _Operation | None:
    """How to call an endpoint, from its signature; None where only the framework knows."""
    names = {segment[1:-1]: position for position, segment in enumerate(path.split("/")) if segment.startswith("{")}
    hints = typing.get_type_hints(route.endpoint, include_extras=True)
    if not (isinstance(answer := hints.pop("return"), type) and issubclass(answer, Response)):
        return None
    found = _Operation(route)
    for name, hint in hints.items():
        inner = typing.get_args(hint)[0] if typing.get_origin(hint) is Annotated else hint
        model, required = _model_of(inner)
        if name in names:
            found.positions.append((names[name], name, TypeAdapter(hint).validator.validate_python))
        elif hint == CurrentActor:
            found.actor = name
        elif hint == Read:
            found.reads = name
        elif hint is Request:
            found.request = name
        elif (writing := _writing(name, hint)) is not None:
            found.writing = writing
        elif model is not None and inner is hint:
            found.body = _Body(name, model.__pydantic_validator__.validate_python, required)
        elif model is not None:
            several = frozenset(n for n, f in model.model_fields.items() if typing.get_origin(f.annotation) is list)
            found.query = _Query(name, model.__pydantic_validator__.validate_python, several)
        else:
            return None
    return found


class DirectWay:
    """Answers valid requests for the given routes; everything else goes on to `app`."""

    def __init__(
        self, app: ASGIApp, *, routes: Iterable[tuple[str, APIRoute]], callers: Callers, base_url: str
    ) -> None:
        self._app = app
        self._callers = callers
        self._base_url = base_url
        self._fixed: dict[tuple[str, str], _Operation] = {}
        self._shaped: dict[tuple[str, tuple[str | None, ...]], _Operation] = {}
        for prefix, route in routes:
            path = prefix + route.path
            operation = _compile(route, path)
            for method in route.methods or () if operation is not None else ():
                assert operation is not None
                if operation.positions:
                    places = {position for position, _, _ in operation.positions}
                    segments = enumerate(path.split("/"))
                    self._shaped[method, tuple(None if n in places else s for n, s in segments)] = operation
                else:
                    self._fixed[method, path] = operation
        # where parameters stand in paths of so many segments
        self._places: Mapping[int, set[tuple[int, ...]]] = _places(shape for _, shape in self._shaped)

    def _find(self, method: str, path: str) -> tuple[_Operation, list[str]] | None:
        operation = self._fixed.get((method, path))
        if operation is not None:
            return operation, []
        segments = path.split("/")
        for places in self._places.get(len(segments), ()):
            shape: list[str | None] = [*segments]
            for place in places:
                shape[place] = None
            operation = self._shaped.get((method, tuple(shape)))
            if operation is not None:
                return operation, segments
        return None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http" and not scope.get("root_path"):
            found = self._find(scope["method"], scope["path"])
            if found is not None:
                body: bytes | None = b""
                if found[0].body is not None:
                    body, receive = await _received(receive)
                try:
                    response = await self._answer(*found, scope, receive, body)
                except _Odd:
                    pass
                else:
                    await response(scope, receive, send)
                    return
        await self._app(scope, receive, send)

    async def _answer(
        self, operation: _Operation, segments: list[str], scope: Scope, receive: Receive, body: bytes | None
    ) -> Response:
        try:
            arguments = operation.read(segments, scope, body)
            headers = operation.writing.read(scope["headers"]) if operation.writing is not None else {}
        except ValidationError:
            raise _Odd from None
        # as the framework does, for what looks at it on the way out
        scope["route"] = operation.route
        request = Request(scope, receive)
        state = scope["app"].state
        try:
            actor = None
            if operation.actor is not None or operation.writing is not None:
                token = bearer_token(scope["headers"])
                if token is None:
                    raise _Odd
                actor = await self._callers.asking(state.database.reads, token, scope)
            if operation.actor is not None:
                arguments[operation.actor] = actor
            if operation.writing is not None:
                arguments[operation.writing.name] = await operation.writing.begin(request, actor, **headers)
            if operation.request is not None:
                arguments[operation.request] = request
            if operation.reads is not None:
                arguments[operation.reads] = state.database.reads
            response: Response = await operation.route.endpoint(**arguments)
            return response
        except Problem as problem:
            return problem_response(request, problem, self._base_url)


async def _received(receive: Receive) -> tuple[bytes | None, Receive]:
    """The whole body, None where the caller went away, and a `receive` that tells all of it again."""
    messages: list[Message] = []
    more = True
    while more:
        messages.append(await receive())
        more = messages[-1].get("more_body", False)
    told = iter(messages)

    async def again() -> Message:
        return next(told, None) or await receive()

    if messages[-1]["type"] != "http.request":
        return None, again
    return b"".join(message.get("body", b"") for message in messages), again


def _places(shapes: Iterable[tuple[str | None, ...]]) -> dict[int, set[tuple[int, ...]]]:
    places: dict[int, set[tuple[int, ...]]] = {}
    for shape in shapes:
        places.setdefault(len(shape), set()).add(tuple(n for n, s in enumerate(shape) if s is None))
    return places
