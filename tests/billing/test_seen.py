"""The memory of rows seen."""

from hypothesis import given
from hypothesis import strategies as st

from core.billing.seen import Seen

keys = st.integers(-(2**63), 2**63 - 1)


@given(st.lists(st.one_of(st.integers(0, 50), keys), max_size=300))
def test_it_is_a_dict_in_less_room(numbers: list[int]) -> None:
    """It answers as a dict would: the line of the first, or 0."""
    seen, model = Seen(), dict[int, int]()
    for line, key in enumerate(numbers, 1):
        assert seen.find(key) == model.get(key, 0)
        assert seen.add(key, line) == model.get(key, 0)
        model.setdefault(key, line)
    assert (len(seen), list(seen.keys)) == (len(model), list(model))


@given(st.lists(st.integers(0, 100), max_size=200), st.integers(1, 50))
def test_many_at_once_are_the_same_as_one_by_one(numbers: list[int], size: int) -> None:
    """`add_all` is `add`, repeated, also for the same key twice in a call."""
    single, many = Seen(), Seen()
    lines = list(range(1, len(numbers) + 1))
    wanted = [single.add(key, line) for key, line in zip(numbers, lines, strict=True)]
    found = []
    for start in range(0, len(numbers), size):
        found += many.add_all(numbers[start : start + size], lines[start : start + size])
    assert found == wanted


def test_it_grows_and_keys_in_runs_are_no_trouble() -> None:
    """Keys made by us come in overlapping runs; with plain probing this test would take minutes."""
    seen = Seen()
    runs = [(run << 20) + step for run in range(40) for step in range(5_000)]
    assert not any(seen.add_all(runs, [1] * len(runs)))
    assert all(seen.find(key) for key in runs)
