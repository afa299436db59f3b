"""flask-smorest with our strict reading: every body goes through `shared.strict_json`, every
blueprint states who may call it.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterable
from copy import deepcopy
from enum import Enum
from functools import partial, wraps
from typing import TYPE_CHECKING, Any, TypeVar

import flask_smorest
from flask import Flask, Request, Response, current_app, g, jsonify, request
from marshmallow import Schema
from webargs.core import missing
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import NotFound
from werkzeug.routing import IntegerConverter, Map, Rule, ValidationError

from shared import strict_json
from shared.access_tokens import refuse_with_duty
from shared.errors import InvalidRequest, NotAllowed
from shared.http.context import chassis, current_identity, identity_if_any
from shared.http.declared import Refused, refuses
from shared.http.errors import UnreadableBody, UnsupportedMediaType
from shared.http.examples import with_examples
from shared.http.openapi import completed, described_field
from shared.http.refusals import derived_refusals, with_refusals
from shared.http.token_extraction import bearer_identity, internal_caller
from shared.pages import MAX_IDENTIFIER

View = TypeVar("View", bound=Callable[..., Any])


def path_identifier(name: str) -> str:
    """Spell the identifier in a path; what is none, or beyond 2^53, is a 404."""
    return f"<identifier:{name}>"


class IdentifierConverter(IntegerConverter):
    """An identifier in a path. A number beyond 2^53 ends the search for a rule: werkzeug's own
    bound makes it a 405 wherever the path knows another method beside the one that was asked.
    """

    def __init__(self, url_map: Map) -> None:
        super().__init__(url_map, max=MAX_IDENTIFIER)

    def to_python(self, value: str) -> int:
        """Read the number."""
        try:
            return int(super().to_python(value))
        except ValidationError:
            raise NotFound from None


class Access(Enum):
    """Who may call a blueprint's operations; roles are narrowed per view by `requires_role`."""

    ANYBODY = "anybody"  # a token is verified if one is sent
    ANONYMOUS = "anonymous"  # no token is looked at: an expired one must not hinder a login
    TOKEN = "token"  # noqa: S105 - a kind of access, not a secret
    INTERNAL = "internal"  # the gateway's rows and other services: X-Internal-Key


class StrictParser(FlaskParser):
    """Reads JSON bodies strictly: flask-smorest's own parser lets 100,000 brackets, NaN and
    duplicate keys through.
    """

    def load_json(self, req: Request, schema: Any) -> Any:
        """Give the body's value; an empty body is an empty object, so that required fields are
        named.
        """
        body = req.get_data()
        if not body:
            return {}
        if req.mimetype and not (
            req.mimetype == "application/json" or req.mimetype.endswith("+json")
        ):
            raise UnsupportedMediaType
        try:
            value = strict_json.loads(body)
        except strict_json.UnreadableJson as error:
            raise UnreadableBody(f"The body cannot be read: {error}.") from error
        return missing if value is None else value


class Blueprint(flask_smorest.Blueprint):  # type: ignore[misc] # flask-smorest ships no types
    """A blueprint whose bodies are read strictly, described when somebody asks for the document."""

    ARGUMENTS_PARSER = StrictParser()

    def register_views_in_doc(self, api: "Api", *place: Any, **names: Any) -> None:
        """Leave the description for later."""
        api.describe_later(partial(super().register_views_in_doc, api, *place, **names))

    if TYPE_CHECKING:  # the library's decorators have no types; a view keeps its own
        get: Callable[..., Callable[[View], View]]
        post: Callable[..., Callable[[View], View]]
        put: Callable[..., Callable[[View], View]]
        patch: Callable[..., Callable[[View], View]]
        delete: Callable[..., Callable[[View], View]]
        arguments: Callable[..., Callable[[View], View]]
        response: Callable[..., Callable[[View], View]]
        alt_response: Callable[..., Callable[[View], View]]


class Api(flask_smorest.Api):  # type: ignore[misc] # flask-smorest ships no types
    """Registers blueprints with their access rule and writes OpenAPI 3.1 when it is asked for the
    first time: most processes never are, and describing takes longer than everything else at the
    start.
    """

    DEFAULT_ERROR_RESPONSE_NAME = None

    def __init__(self, app: Flask) -> None:
        self._rules: dict[str, Access] = {}
        self._open_before_duties: set[str] = set()
        self._parameters: dict[str, frozenset[str]] = {}
        self._undescribed: deque[Callable[[], None]] = deque()
        self._one_at_a_time = threading.Lock()
        super().__init__(app)
        self.ma_plugin.converter.add_attribute_function(described_field)
        app.before_request(self._check_access)
        app.before_request(self._refuse_unknown_parameters)
        app.add_url_rule("/openapi.json", "openapi", lambda: jsonify(self.document()))
        self.spec.components.security_scheme("token", {"type": "http", "scheme": "bearer"})
        self.spec.components.security_scheme(
            "internal", {"type": "apiKey", "in": "header", "name": "X-Internal-Key"}
        )

    def _register_error_handlers(self) -> None:
        """Leave errors to `shared.http.errors`."""

    def _register_responses(self) -> None:
        self.describe_later(super()._register_responses)

    def register(
        self, blueprint: Blueprint, access: Access, *, is_open_before_duties: bool = False
    ) -> None:
        """Register a blueprint and who may call it; `is_open_before_duties` lets also those in who
        have to do something before anything else (`Identity.duty`).
        """
        self._rules[blueprint.name] = access
        if is_open_before_duties:
            self._open_before_duties.add(blueprint.name)
        self.register_blueprint(blueprint)

    def describe_later(self, description: Callable[[], None]) -> None:
        """Keep a part of the description until the document is asked for."""
        self._undescribed.append(description)

    def document(self) -> dict[str, Any]:
        """Give the OpenAPI document, security, refusals and examples included."""
        with self._one_at_a_time:
            while self._undescribed:
                self._undescribed.popleft()()
            document = deepcopy(self.spec.to_dict())  # the specification stays as it was
            document = _with_security(document, self._rules)
            nouns = {tag["name"]: tag.get("description", "") for tag in document.get("tags", [])}
            document = completed(document, self._app, nouns)
            document = with_refusals(document, self._app, self._derived)
            return with_examples(document, self._app.name)

    def _derived(self, rule: Rule, operation: dict[str, Any]) -> Iterable[Refused]:
        blueprint = rule.endpoint.rpartition(".")[0]
        access = self._rules[blueprint]
        return derived_refusals(
            rule,
            operation,
            asks_for_token=access is not Access.ANONYMOUS,
            has_duties=access is not Access.ANONYMOUS and blueprint not in self._open_before_duties,
        )

    def _check_access(self) -> None:
        if request.blueprint is None or request.blueprint not in self._rules:
            return
        rule = self._rules[request.blueprint]
        if rule is Access.INTERNAL:
            internal_caller(chassis().settings.internal_key)
        if rule is Access.ANONYMOUS:
            return
        identity = bearer_identity(chassis().verifier, is_required=rule is Access.TOKEN)
        if identity is not None and request.blueprint not in self._open_before_duties:
            refuse_with_duty(identity)
        g.identity = identity

    def _refuse_unknown_parameters(self) -> None:
        """Refuse query parameters the operation does not know: a misspelled filter would answer
        with everything.
        """
        endpoint = request.endpoint
        if request.blueprint not in self._rules or endpoint is None or not request.args:
            return
        if endpoint not in self._parameters:
            self._parameters[endpoint] = _query_parameters(current_app.view_functions[endpoint])
        unknown = sorted(request.args.keys() - self._parameters[endpoint])
        if unknown:
            raise InvalidRequest(errors={name: ["Unknown parameter."] for name in unknown})


def _query_parameters(view: Callable[..., Any]) -> frozenset[str]:
    """Give the names a view's `arguments(…, location="query")` reads."""
    arguments = getattr(view, "_apidoc", {}).get("arguments", {}).get("parameters", [])
    schemas = [each["schema"] for each in arguments if each.get("in") == "query"]
    made = [schema() if isinstance(schema, type) else schema for schema in schemas]
    return frozenset(
        field.data_key or name for schema in made for name, field in schema.load_fields.items()
    )


def _with_security(document: dict[str, Any], rules: dict[str, Access]) -> dict[str, Any]:
    schemes: dict[Access, list[dict[str, list[str]]]] = {
        Access.TOKEN: [{"token": []}],
        Access.ANYBODY: [{}, {"token": []}],
        Access.ANONYMOUS: [{}],
        Access.INTERNAL: [{"internal": []}],
    }
    for path in document.get("paths", {}).values():
        for operation in path.values():
            if isinstance(operation, dict) and operation.get("tags"):
                operation["security"] = schemes[rules[operation["tags"][0]]]
    return document


def with_identity(view: View) -> View:
    """Hand the verified caller to the view as `identity`."""

    @wraps(view)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return current_app.ensure_sync(view)(*args, identity=current_identity(), **kwargs)

    return wrapper  # type: ignore[return-value] # same view, one argument fewer


def with_identity_if_any(view: View) -> View:
    """Hand the verified caller to the view as `identity`; None where no token was sent to an
    operation that is open to anybody.
    """

    @wraps(view)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return current_app.ensure_sync(view)(*args, identity=identity_if_any(), **kwargs)

    return wrapper  # type: ignore[return-value] # same view, one argument fewer


def requires_role(*roles: str) -> Callable[[View], View]:
    """Let only these roles call the view, and hand it the caller as `identity`; anybody else
    gets NotAllowed.
    """

    def decorator(view: View) -> View:
        @wraps(view)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            identity = current_identity()
            if identity.role not in roles:
                raise NotAllowed
            return current_app.ensure_sync(view)(*args, identity=identity, **kwargs)

        return refuses(NotAllowed)(wrapper)  # type: ignore[return-value] # one argument fewer

    return decorator


def json_answer(value: object, status: int = 200) -> Response:
    """Answer a hot read: a plain, already spelled value dumped without a schema."""
    return Response(strict_json.dumps(value), status=status, content_type="application/json")


def dumped(schema: type[Schema] | Schema, value: object) -> object:
    """Dump one value by a schema, for answers that are stored (idempotency) or merged."""
    made = schema() if isinstance(schema, type) else schema
    return made.dump(value)
