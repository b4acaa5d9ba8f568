"""The hub's web application, asked without a network."""

import httpx
from fastapi import FastAPI

API = "/api/v1"


def client_of(app: FastAPI, **headers: str) -> httpx.AsyncClient:
    """A client of the application itself; its errors come back as answers."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://hub", headers=headers)


def problem(answer: httpx.Response, status: int) -> str:
    """Check that an answer is a problem of a status; return its sentence."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == status
    assert body["type"] == "about:blank"
    return str(body["detail"])
