from monitor.decode import _plain, _whole


def test_every_frame_that_is_plain_is_read_the_same_way() -> None:
    assert _plain.LAYERS.items() <= _whole.LAYERS.items()


def test_the_kernel_checks_its_indexes_and_has_one_signature() -> None:
    _whole.decode.load()
    assert _whole.decode.is_ready
    assert len(_whole.decode.dispatcher.signatures) == 1
    assert _whole.decode.dispatcher.targetoptions["boundscheck"] is True
