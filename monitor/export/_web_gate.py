"""Who may ask: the right host name, not too often, and with a password where there are passwords.

Rule: every refusal says what to do about it, and nothing else about the sensor.
"""

from http import HTTPStatus
from ipaddress import ip_address
from threading import Lock

from monitor.export._token_bucket import TokenBucket
from monitor.export._web_http import Answer, Request
from monitor.export._web_users import Doorkeeper, Entrance
from monitor.export.prometheus import Settings, parsed
from monitor.export.web_config import RateLimit, WebConfig

_REALM = 'Basic realm="umbilical", charset="UTF-8"'


class Gate:
    """Lets requests through, or says why not; threads share it."""

    def __init__(self, settings: Settings) -> None:
        self._checks_names = parsed(settings.listen).is_local
        self._names = {"localhost", *(name.lower() for name in settings.host_names)}
        self._doorkeeper = Doorkeeper()
        self._lock = Lock()
        self._limit: RateLimit | None = None
        self._bucket: TokenBucket | None = None

    def refusal(self, request: Request, config: WebConfig) -> Answer | None:
        """Return the answer to who may not ask, None for everybody else."""
        if self._checks_names and not self._knows_name(request.header("host")):
            return Answer.text(
                HTTPStatus.MISDIRECTED_REQUEST,
                "Not asked under a name of this server; add it to host_names in [export.prometheus].",
            )
        bucket = self._bucket_for(config.rate_limit)
        if bucket is not None and not bucket.take():
            return Answer.text(HTTPStatus.TOO_MANY_REQUESTS, "Too many requests.", Retry_After="1")
        entrance = self._doorkeeper.entrance(config.users, request.header("authorization"))
        if entrance is Entrance.LATER:
            return Answer.text(HTTPStatus.TOO_MANY_REQUESTS, "Too many wrong passwords.", Retry_After="5")
        if entrance is Entrance.CLOSED:
            return Answer.text(
                HTTPStatus.UNAUTHORIZED, "A name and a password are needed.", WWW_Authenticate=_REALM
            )
        return None

    def _knows_name(self, host: str) -> bool:
        """An address is nobody's page; a name could be anybody's, pointed at this machine (DNS rebinding)."""
        name = host.lower().rpartition(":")[0] if not host.endswith("]") and ":" in host else host.lower()
        return name in self._names or not host or _is_address(name.strip("[]"))

    def _bucket_for(self, limit: RateLimit | None) -> TokenBucket | None:
        """The bucket stays as long as its limit does, whatever else in the file changes."""
        with self._lock:
            if limit != self._limit:
                self._limit = limit
                self._bucket = None if limit is None else TokenBucket(limit.interval_seconds, limit.burst)
            return self._bucket


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
