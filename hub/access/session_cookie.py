"""The cookie that holds a session, and where a browser may be sent after it got one."""

from fastapi.responses import Response

from hub.access.rules import SESSION_LIFE

SESSION_COOKIE = "custos_session"
CONSOLE_PATH = "/console"
ONWARD_CHARS_MAX = 200


def set_session_cookie(response: Response, session: str) -> None:
    """Hand a session to the browser; scripts and other sites' forms do not get it."""
    life_s = int(SESSION_LIFE.total_seconds())
    response.set_cookie(
        SESSION_COOKIE, session, max_age=life_s, path="/", httponly=True, samesite="lax"
    )
    response.headers["Cache-Control"] = "no-store"


def safe_path(onward: str) -> str:
    """Where to go after the login: a page of the console, and of no other place."""
    is_ours = onward.startswith(f"{CONSOLE_PATH}/") and "\\" not in onward
    is_plain = onward.isprintable() and len(onward) <= ONWARD_CHARS_MAX
    return onward if is_ours and is_plain else CONSOLE_PATH
