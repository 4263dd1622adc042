from monitor.export._token_bucket import TokenBucket


def test_so_many_at_once_and_then_one_in_each_interval() -> None:
    now = [0.0]
    bucket = TokenBucket(0.5, 3, clock=lambda: now[0])
    assert [bucket.take() for _ in range(4)] == [True, True, True, False]
    now[0] = 0.49
    assert not bucket.take()
    now[0] = 0.5
    assert [bucket.take(), bucket.take()] == [True, False]


def test_a_long_silence_does_not_save_up_more_than_the_burst() -> None:
    now = [0.0]
    bucket = TokenBucket(1.0, 2, clock=lambda: now[0])
    now[0] = 1e9
    assert [bucket.take() for _ in range(3)] == [True, True, False]
