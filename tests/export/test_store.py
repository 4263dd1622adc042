from monitor.export._store import MemoryStore


def test_alerts_are_read_in_order_by_each_reader() -> None:
    store = MemoryStore(1 << 20)
    first = store.register("webhook")
    store.append([b"a", b"b", b"c"])
    reader = store.reader(first)
    assert [[one.json for one in reader.take(2)] for _ in range(3)] == [[b"a", b"b"], [b"c"], []]
    assert [one.sequence for one in store.reader(store.last_sequence - 1).take(9)] == [store.last_sequence]


def test_what_is_new_begins_with_what_comes_next() -> None:
    store = MemoryStore(1 << 20)
    store.append([b"a"])
    reader = store.reader(store.register("webhook"))
    store.append([b"b"])
    assert [one.json for one in reader.take(9)] == [b"b"]


def test_the_oldest_make_room_and_are_counted_for_those_who_lack_them() -> None:
    store = MemoryStore(200)
    store.register("slow")
    store.register("quick")
    for number in range(10):
        store.append([b"%020d" % number])
        store.advance("quick", store.last_sequence)
    assert store.size_bytes <= 200
    assert store.dropped == {"slow": 7}
    assert store.pending(0) == 3
    assert [one.sequence for one in store.reader(0).take(9)] == [8, 9, 10]


def test_a_cursor_never_goes_back_and_stays_when_its_output_leaves() -> None:
    store = MemoryStore(1 << 20)
    store.register("webhook")
    store.append([b"a", b"b"])
    store.advance("webhook", 2)
    store.advance("webhook", 1)
    store.leave("webhook")
    store.close()
    assert store.register("webhook") == 2
