"""A person at the hub: an account of its own, a password of its own choice, a session in a cookie.

Shell. What a person has to do (HV-2.11.2) counts only from who has logged in, so this one does.
"""

import json
import secrets
import urllib.parse
import urllib.request
from collections.abc import Mapping
from functools import partial
from http.cookiejar import CookieJar
from typing import Any

from simulators.hub_rest import TIMEOUT_S, HubRest, HubRestError, read_answer

ROLE = "monitor"


class _Stay(urllib.request.HTTPRedirectHandler):
    """The page after a login is of no interest: the cookie came with the answer."""

    def http_error_303(self, _request: object, answer: Any, *_: object) -> Any:
        return answer


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
        return read_answer(partial(self._opener.open, timeout=TIMEOUT_S), request)
