import pytest

from monitor.detect._image import MAX_URL, MIN_IMAGE_BYTES, Image, Part, image, path_says_firmware
from monitor.model.observation import Value
from tests.kit.facts import make_observation

ELF, SQUASHFS, JSON = "7f454c46" + "00" * 12, "68737173" + "00" * 12, "7b22" + "61" * 14


def answer(**changes: Value) -> Image | None:
    fields: dict[str, Value] = {
        "http.status": 200,
        "http.host": "dl.acme.example",
        "http.path": "/data",
        "http.body_bytes": 50_000,
        "http.body_complete": True,
        "http.body_prefix": SQUASHFS,
        "http.body_sha256": "ab" * 32,
    }
    fields |= {f"http.{name}": value for name, value in changes.items()}
    return image(make_observation("http_response", fields))


def test_a_whole_answer_is_an_image_with_its_hash() -> None:
    assert answer() == Image(
        url="dl.acme.example/data",
        path="/data",
        bytes_seen=50_000,
        complete=True,
        sha256="ab" * 32,
        magic="squashfs",
        part=None,
        says_firmware=True,
    )


def test_a_container_of_anything_does_not_say_firmware() -> None:
    seen = answer(body_prefix=ELF)
    assert seen is not None
    assert (seen.magic, seen.says_firmware) == ("elf", False)


def test_a_path_says_firmware_of_unknown_bytes() -> None:
    seen = answer(body_prefix="00" * 16, path="/fota/AC100.bin?imei=1")
    assert seen is not None
    assert (seen.magic, seen.says_firmware) == (None, True)


@pytest.mark.parametrize(
    "changes",
    [
        {"status": 404},
        {"status": 304},
        {"body_prefix": JSON},
        {"body_bytes": MIN_IMAGE_BYTES - 1},
    ],
)
def test_errors_pages_and_small_answers_are_no_image(changes: dict[str, Value]) -> None:
    assert answer(**changes) is None


def test_an_answer_that_nobody_took_for_data_is_no_image() -> None:
    fields: dict[str, Value] = {"http.status": 200, "http.body_bytes": 50_000, "http.path": "/fota/a.bin"}
    assert image(make_observation("http_response", fields)) is None


def test_a_body_cut_short_is_as_large_as_it_was_said_to_be() -> None:
    seen = answer(body_bytes=100, content_length=900_000, body_complete=False)
    assert seen is not None
    assert (seen.bytes_seen, seen.complete) == (100, False)


def test_a_small_part_of_a_large_whole_is_an_image_without_a_hash() -> None:
    seen = answer(status=206, content_range="bytes 512-1023/90000", body_bytes=512, body_prefix=JSON)
    assert seen is not None
    assert (seen.part, seen.sha256, seen.magic) == (Part(512, 1023, 90_000), None, None)


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ("bytes 0-1023/*", Part(0, 1023, None)),
        ("bytes 9-1/20000", None),
        ("bytes 0-99999999999999999999/*", None),
        ("lines 0-1/2", None),
        ("", None),
    ],
)
def test_content_ranges_are_read_or_left_alone(stated: str, expected: Part | None) -> None:
    seen = answer(status=206, content_range=stated)
    assert seen is not None
    assert seen.part == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/fota/v1", True),
        ("/FW/AC100", True),
        ("/a/AC100_R02.BIN", True),
        ("/x.pac?token=1", True),
        ("/delta/7", True),
        ("/photos.zip", False),
        ("/rotation/robot", False),
        ("/index.php?file=fota.bin", False),
        ("", False),
    ],
)
def test_paths_of_updaters_are_told_from_others(path: str, *, expected: bool) -> None:
    assert path_says_firmware(path) is expected


def test_a_url_without_a_host_names_the_remote() -> None:
    fields: dict[str, Value] = {
        "http.status": 200,
        "http.body_bytes": 5000,
        "http.body_prefix": ELF,
        "http.path": "/a",
    }
    named = image(make_observation("http_response", fields, remote_name="a.example"))
    bare = image(make_observation("http_response", fields))
    assert named is not None
    assert bare is not None
    assert (named.url, bare.url) == ("a.example/a", "198.51.100.7/a")


def test_a_hostile_url_is_cut() -> None:
    seen = answer(path="/" + "x" * 100_000)
    assert seen is not None
    assert (len(seen.url), len(seen.path)) == (MAX_URL, MAX_URL)
