from monitor.catalog.speech import _speaker


def test_open_fields_take_the_ordinary_value() -> None:
    assert ("x", "a") == (_speaker.text({"f": "x"}, "f", "a"), _speaker.text({}, "f", "a"))
    assert (7, 1) == (_speaker.number({"f": 7}, "f", 1), _speaker.number({}, "f", 1))
    assert (["x"], ["x"], []) == (
        _speaker.texts({"f": ["x"]}, "f"),
        _speaker.texts({"f": "x"}, "f"),
        _speaker.texts({}, "f"),
    )
