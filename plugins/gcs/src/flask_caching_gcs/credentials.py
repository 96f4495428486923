"""How long may an operation wait for a token?

Google's credentials fetch one within the request that needs it, and try again for half a minute
where nobody answers. An operation of a cache must not take that long, so the token is fetched
on a thread of its own, once for all who wait, and they give up after their time. The fetching
goes on, and a later operation finds its result.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from google.auth.credentials import Credentials, TokenState
from google.auth.exceptions import RefreshError, TransportError

from flask_caching.processes import PerProcess


class PunctualCredentials(Credentials):
    """Credentials whose token comes in time, or not at all.

    :param inner: the `google.auth.credentials.Credentials` that fetch it.
    :param patience: seconds to wait.
    """

    def __init__(self, inner: Any, patience: float) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._inner = inner
        self._patience = patience
        self._fetching = PerProcess(_Fetching)

    def before_request(self, request: Any, method: str, url: str, headers: Any) -> None:
        def fetch() -> None:
            self._inner.before_request(request, method, url, {})

        state = self._inner.token_state
        if state is TokenState.STALE:  # good for some minutes yet
            self._fetching().begin(fetch)
            self._inner.apply(headers)
            return
        if state is TokenState.INVALID:
            self._wait_for(fetch)
        self._inner.before_request(request, method, url, headers)

    def refresh(self, request: Any) -> None:
        self._wait_for(lambda: self._inner.refresh(request))

    @property
    def universe_domain(self) -> str:
        return str(self._inner.universe_domain)

    @property
    def quota_project_id(self) -> Any:
        return self._inner.quota_project_id

    def with_quota_project(self, quota_project_id: str) -> PunctualCredentials:
        return PunctualCredentials(self._inner.with_quota_project(quota_project_id), self._patience)

    def _wait_for(self, fetch: Callable[[], None]) -> None:
        fetched = self._fetching().begin(fetch)
        try:
            fetched.result(self._patience)
        except TimeoutError as error:
            raise _no_token(f"no token came within {self._patience} seconds") from error


class _Fetching:
    """What a process fetches at the moment, if anything."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._fetched: Future[None] | None = None

    def begin(self, fetch: Callable[[], None]) -> Future[None]:
        """Fetch, unless that goes on already."""
        with self._lock:
            if self._fetched is None or self._fetched.done():
                self._fetched = _on_a_thread(fetch)
            return self._fetched


def is_refusal(error: Exception) -> bool:
    """Tell credentials that were refused from a place that gives no answer."""
    return (
        isinstance(error, RefreshError)
        and not error.retryable
        and not isinstance(error.__cause__, TransportError)
    )


def _on_a_thread(fetch: Callable[[], None]) -> Future[None]:
    fetched: Future[None] = Future()

    def run() -> None:
        try:
            fetch()
            fetched.set_result(None)
        except BaseException as error:  # noqa: BLE001 (raised again for whoever waits)
            fetched.set_exception(error)

    try:  # a daemon: nobody waits for it when the process ends
        threading.Thread(target=run, daemon=True).start()
    except RuntimeError as error:  # the system gives no more threads
        fetched.set_exception(_no_token(str(error)))
    return fetched


def _no_token(problem: str) -> RefreshError:
    return RefreshError(problem, retryable=True)  # type: ignore[no-untyped-call]
