import json
from hashlib import sha256

from monitor.alert.identity import alert_id


def test_the_id_is_a_hash_of_detector_and_identity() -> None:
    by_hand = sha256(json.dumps(["vendor_contact", "acme.fota-check", "meter-17"]).encode()).hexdigest()
    assert by_hand[:16] == alert_id("vendor_contact", ("acme.fota-check", "meter-17"))


def test_identities_that_join_to_the_same_text_have_different_ids() -> None:
    assert len({alert_id("d", one) for one in (("a", "b"), ("a\x1fb",), ("ab",), ("a,b",))}) == 4


def test_an_identity_of_hostile_text_has_an_id() -> None:
    assert len(alert_id("d", ("\ud800\x00\u202e",))) == 16
