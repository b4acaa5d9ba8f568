"""A person at the hub: an account of its own, a password of its own choice, a session in a cookie.

Shell. What a person has to do (HV-2.11.2) counts only from who has logged in, so this one does.
"""

import http.client
import json
import secrets
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from http.cookiejar import CookieJar
from typing import Any

from simulators.hub_rest import BODY_BYTES_MAX, TIMEOUT_S, HubRest, HubRestError

ROLE = "monitor"


class _Stay(urllib.request.HTTPRedirectHandler):
    """The page after a login is of no interest: the cookie came with the answer."""

    def redirect_request(self, *_: object, **__: object) -> None:
        return None


class HubPerson:
    """Somebody who works at the hub; logs in at the first question."""

    def __init__(self, base_url: str, administrator: HubRest, name: str) -> None:
        """``administrator`` makes the account; ``base_url`` without a final slash."""
        self._base_url, self._administrator, self._name = base_url, administrator, name
        self._opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}),
            urllib.request.HTTPCookieProcessor(CookieJar()),
            _Stay(),
        )
        self._has_logged_in = False

    def get(self, path: str) -> Any:
        """The JSON of a route under /api/v1.

        Raises:
            HubRestError: the hub refused or did not answer, or not with JSON.
        """
        if not self._has_logged_in:
            self._log_in()
            self._has_logged_in = True
        try:
            return json.loads(self._ask(f"/api/v1/{path}", None))
        except ValueError as error:
            raise HubRestError(f"the hub's answer cannot be read: {error}") from error

    def _log_in(self) -> None:
        first, own = secrets.token_urlsafe(16), secrets.token_urlsafe(16)
        account = {"name": self._name, "role": ROLE, "password": first}
        self._administrator.send("POST", "accounts", account)
        self._ask("/login", {"name": self._name, "password": first})
        # Nobody goes on with a password that somebody else has given out.
        self._ask("/account/password", {"old": first, "new": own, "again": own})

    def _ask(self, path: str, form: Mapping[str, str] | None) -> bytes:
        request = urllib.request.Request(
            f"{self._base_url}{path}",
            data=None if form is None else urllib.parse.urlencode(form).encode(),
            headers={"Origin": self._base_url},
        )
        try:
            with self._opener.open(request, timeout=TIMEOUT_S) as answer:
                return bytes(answer.read(BODY_BYTES_MAX))
        except urllib.error.HTTPError as error:
            with error:
                said = error.read(BODY_BYTES_MAX).decode(errors="replace")
            if error.code == http.client.SEE_OTHER:
                return b""
            raise HubRestError(f"the hub answered {error.code}: {said}") from error
        except (OSError, http.client.HTTPException) as error:
            raise HubRestError(f"the hub did not answer: {error}") from error
