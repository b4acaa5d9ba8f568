"""The fields of a plain HTML form, bounded."""

from http import HTTPStatus
from urllib.parse import parse_qs

from fastapi import Request

from hub.web.problems import ProblemError

FORM_BYTES_MAX = 8 * 1024
FIELDS_MAX = 8


async def read_form(request: Request) -> dict[str, str]:
    """The fields of a form, each once.

    Raises:
        ProblemError: longer than ``FORM_BYTES_MAX``, or no form.
    """
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > FORM_BYTES_MAX:
            raise ProblemError(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"at most {FORM_BYTES_MAX} bytes"
            )
    try:
        fields = parse_qs(
            body.decode("ascii"), max_num_fields=FIELDS_MAX, errors="strict", strict_parsing=True
        )
    except ValueError as error:
        raise ProblemError(HTTPStatus.BAD_REQUEST, "this is no form") from error
    return {name: values[-1] for name, values in fields.items()}
