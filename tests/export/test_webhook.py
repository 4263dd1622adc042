import hmac
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any

import pytest

from monitor.export.webhook import EXPORTER, Settings, signature
from monitor.model.alert import Postponed, Rejected
from monitor.model.errors import ConfigError
from tests.kit.https_server import Authority
from tests.kit.receivers import http_receiver, make_origin, make_record, server_context


def made(folder: Path, url: str, **changes: Any) -> Any:
    return EXPORTER(Settings(url=url, **changes), make_origin(folder))


def test_an_alert_is_posted_as_an_object(folder: Path) -> None:
    with http_receiver() as served:
        output = made(folder, served.url("/hook"), headers={"X-Site": "north"})
        output.deliver([make_record(1)])
        output.close()
        (request,) = served.requests
    assert (request.path, request.json) == ("/hook", make_record(1))
    assert request.headers["content-type"] == "application/json"
    assert request.headers["user-agent"] == "umbilical/1.2.3"
    assert request.headers["x-site"] == "north"
    assert "webhook-signature" not in request.headers


def test_a_batch_is_an_array_even_of_one(folder: Path) -> None:
    with http_receiver() as served:
        output = made(folder, served.url(), batch=50)
        assert output.batch_size == 50
        output.deliver([make_record(1)])
        output.deliver([make_record(1), make_record(2)])
        assert [len(request.json) for request in served.requests] == [1, 2]


@pytest.mark.parametrize("name", ["ecs", "ocsf"])
def test_other_formats_are_posted_as_well(folder: Path, name: Any) -> None:
    with http_receiver() as served:
        made(folder, served.url(), format=name).deliver([make_record()])
        assert ("ecs" if name == "ecs" else "class_uid") in served.requests[0].json


def test_a_request_is_signed_over_its_time_and_body(folder: Path) -> None:
    (folder / "secret").write_text("s3cret\n")
    with http_receiver() as served:
        output = made(folder, served.url(), secret_file="secret")
        for _ in range(2):
            output.deliver([make_record(1)])
        output.deliver([make_record(2)])
        one, again, other = served.requests
    headers = one.headers
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + one.body
    expected = b64encode(hmac.digest(b"s3cret", signed, "sha256")).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    assert one.headers["webhook-id"] == again.headers["webhook-id"] != other.headers["webhook-id"]
    assert b"s3cret" not in one.body


def test_the_signature_is_that_of_standard_webhooks() -> None:
    """What the Python library of Standard Webhooks (1.0) makes of the example of its specification."""
    secret = b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    told = signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", b'{"test": 2432232314}')
    assert told == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_secret_of_standard_webhooks_is_base64(folder: Path) -> None:
    (folder / "secret").write_text("whsec_" + b64encode(b"binary\0secret").decode())
    with http_receiver() as served:
        made(folder, served.url(), secret_file="secret").deliver([make_record()])
        (request,) = served.requests
    headers = request.headers
    assert headers["webhook-signature"] == signature(
        b"binary\0secret", headers["webhook-id"], headers["webhook-timestamp"], request.body
    )
    (folder / "secret").write_text("whsec_no base64")
    with pytest.raises(ConfigError, match="what follows whsec_ is no base64"):
        made(folder, "http://a/", secret_file="secret")


def test_a_header_may_be_a_secret_in_a_file(folder: Path) -> None:
    (folder / "token").write_text("Bearer t0ken\n")
    with http_receiver() as served:
        made(folder, served.url(), header_files={"Authorization": "token"}).deliver([make_record()])
        assert served.requests[0].headers["authorization"] == "Bearer t0ken"
    (folder / "token").write_bytes(b"two\r\nlines")
    with pytest.raises(ConfigError, match="holds what no header may hold"):
        made(folder, "http://a/", header_files={"Authorization": "token"})


def test_refusals_are_told_apart(folder: Path) -> None:
    with http_receiver() as served:
        served.script.extend([400, 503, 403])
        output = made(folder, served.url("/with-a-secret-in-it"))
        for expected in (Rejected, Postponed, Postponed):
            with pytest.raises(expected) as caught:
                output.deliver([make_record()])
            assert "secret" not in str(caught.value)


def test_both_ends_show_certificates(folder: Path, authority: Authority, stranger: Authority) -> None:
    context = server_context(authority.server_file, client_ca=stranger.ca_file)
    with http_receiver(context) as served:
        url, ca = served.url(scheme="https", host="localhost"), str(authority.ca_file)
        with pytest.raises(OSError, match="localhost"):
            made(folder, url, ca_file=ca).deliver([make_record()])
        made(folder, url, ca_file=ca, certificate_file=str(stranger.server_file)).deliver([make_record()])
        assert len(served.requests) == 1
        with pytest.raises(OSError, match="its certificate is not trusted"):
            made(folder, url).deliver([make_record()])


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"url": "a.example"}, "url: give an address"),
        ({"proxy": "https://a"}, "proxy: give an address that begins with http://"),
        ({"proxy": "a"}, "proxy: give an address"),
        ({"batch": 0}, "batch: "),
        ({"timeout_ns": 0}, "timeout: "),
        ({"headers": {"a b": "c"}}, "headers: 'a b' is no name of a header"),
        ({"headers": {"Host": "c"}}, "headers: Host is made by umbilical itself"),
        ({"headers": {"a": "b\r\nc"}}, "headers: a value holds"),
        ({"header_files": {"webhook-signature": "c"}}, "header_files: webhook-signature is made"),
        ({"key_file": "a"}, "key_file: a key needs its certificate_file"),
    ],
)
def test_settings_that_make_no_sense_are_refused(changes: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        Settings(**{"url": "http://a.example/", **changes})
