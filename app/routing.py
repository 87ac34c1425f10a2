"""The route class of every router: what the contract does not name is refused, also where the framework would not."""

from collections import Counter
from collections.abc import Callable, Coroutine
from typing import Any, get_origin

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute


class StrictRoute(APIRoute):
    """Refuses a query string where the operation takes none, and a single-valued parameter that comes twice.

    The framework ignores the first, and takes the last value of the second. Names that a query model
    does not know are refused by the model, together with everything else that is wrong.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler of the framework behind a look at the query string."""
        handle = super().get_route_handler()
        models = [parameter.field_info.annotation for parameter in self.dependant.query_params]
        several = {
            name: get_origin(field.annotation) is list
            for model in models
            if model is not None
            for name, field in model.model_fields.items()
        }

        async def handle_strictly(request: Request) -> Response:
            # the common request has none, and pays for one look-up only
            if request.scope["query_string"]:
                _check(request, several)
            return await handle(request)

        return handle_strictly


def _check(request: Request, several: dict[str, bool]) -> None:
    counts = Counter(name for name, _ in request.query_params.multi_items())
    wrong = [
        {"type": "repeated_parameter", "loc": ("query", name)}
        for name, count in counts.items()
        if count > 1 and not several.get(name, True)
    ]
    if not several:
        wrong += [{"type": "extra_forbidden", "loc": ("query", name)} for name in counts]
    if wrong:
        raise RequestValidationError(wrong)
