"""Documents as they come in over REST and go out again: bounded, never run, never without a reason.

Source: CS-P1.
"""

import base64
from http import HTTPStatus
from typing import Annotated

from fastapi import Path, Response
from pydantic import BaseModel, ConfigDict, Field

from hub.web.context import NO_NUL
from hub.web.problems import ProblemError

DOCUMENT_BYTES_MAX = 512 * 1024
_BASE64_CHARS_MAX = 4 * ((DOCUMENT_BYTES_MAX + 2) // 3)

DocumentNote = Annotated[str, Field(min_length=1, max_length=1_000, pattern=NO_NUL)]
Sha256 = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")]


class DocumentOrder(BaseModel):
    """A document to be kept, and what there is to say of it."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=120, pattern=r"^[^\x00-\x1f\x7f]*$")
    content_b64: str = Field(max_length=_BASE64_CHARS_MAX)
    note: DocumentNote

    def content(self) -> bytes:
        """The document itself.

        Raises:
            ProblemError: it is no base64, or larger than ``DOCUMENT_BYTES_MAX``.
        """
        try:
            content = base64.b64decode(self.content_b64, validate=True)
        except ValueError as error:
            detail = "content_b64 is no base64"
            raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, detail) from error
        if len(content) > DOCUMENT_BYTES_MAX:
            detail = f"a document has at most {DOCUMENT_BYTES_MAX} bytes"
            raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, detail)
        return content


def reason_given(unmask: str | None) -> str:
    """Why a document has to be shown: people stand in it.

    Raises:
        ProblemError: nobody said why.
    """
    if unmask is None:
        detail = "a document may name people: say why it is needed, ?unmask=<reason>"
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, detail)
    return unmask


def download(content: bytes | None, sha256: str) -> Response:
    """A document, to be saved and never to be run.

    Raises:
        ProblemError: there is none.
    """
    if content is None:
        raise ProblemError(HTTPStatus.NOT_FOUND, "no such document")
    headers = {
        "Content-Disposition": f'attachment; filename="{sha256[:16]}.bin"',
        "X-Content-Type-Options": "nosniff",
    }
    return Response(content, media_type="application/octet-stream", headers=headers)
