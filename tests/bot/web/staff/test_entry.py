"""Readings entered on the web: the same rules and rows as from the command line, and words for all that is refused."""

from typing import Any

import pytest

from core.domain.staff import Role
from core.storage import tables
from tests.bot.web.staff.cases import come, scene_of
from tests.bot.web.staff.conftest import Reception, said

ACCOUNT, METER = "1234567890", "12345678"
# What is entered, "right, store it" pressed or not, and what the page says; then the rows: status, values, cases.
TABLE: tuple[tuple[dict[str, str], str, list[tuple[Any, ...]], int], ...] = (
    ({"t1": "5778", "t2": "2542"}, "Принято №", [("accepted", 5778, 2542)], 0),
    ({"t1": "8900", "t2": "2542"}, "Сомнительно, не записано: необычно большой расход · 8900 / 2542", [], 0),
    ({"t1": "8900", "t2": "2542", "sure": "yes"}, "Принято №", [("accepted", 8900, 2542)], 0),
    ({"t1": "57780", "t2": "2542"}, "Сомнительно, не записано: лишняя цифра? · 5778 / 2542", [], 0),
    ({"t1": "57780", "t2": "2542", "sure": "yes"}, "Записано, решит модератор №", [("in_review", 57780, 2542)], 1),
    ({"t1": "5000", "t2": "2542"}, "Не записано: меньше предыдущего · было 5466 / 2301", [], 0),
    ({"t1": "5778"}, "Не записано: не хватает показаний", [], 0),
    ({"t1": "5778,5", "t2": "2542"}, "Не записано: нужны лицевой счёт, прибор учёта и целые показания", [], 0),
    ({"t1": "5778", "t2": "2542", "meter": "999"}, "Не записано: нет такого прибора учёта", [], 0),
    ({"t1": "5778", "t2": "2542", "account": "404404"}, "Не записано: нет такого лицевого счёта", [], 0),
    (
        {"t1": "5778", "t2": "2542", "source": "paper", "on": "2026-11-23"},
        "Не записано: день ещё не настал или прошёл больше месяца назад",
        [],
        0,
    ),
    (
        {"t1": "5778", "t2": "2542", "source": "paper", "on": "2026-11-20"},
        "Принято №",
        [("accepted", 5778, 2542)],
        0,
    ),
)


@pytest.mark.parametrize(("form", "words", "rows", "cases"), TABLE)
async def test_one(
    reception: Reception, form: dict[str, str], words: str, rows: list[tuple[Any, ...]], cases: int
) -> None:
    """What the rules say, in words; what is not stored leaves nothing behind."""
    scene = await scene_of(reception)
    visit = await come(reception, Role.OPERATOR)
    given = {"source": "operator", "account": ACCOUNT, "meter": METER, "token": "t"} | form
    _, page, _ = await visit.post("/staff/entry", given)
    assert words in said(page)
    stored = await scene.rows(tables.reading)
    assert [(row["status"], row["t1"], row["t2"]) for row in stored] == rows
    assert {(row["channel"], row["external_id"]) for row in stored} <= {(given["source"], "irina")}
    assert len(await scene.rows(tables.case)) == cases


async def test_the_account_before_its_values(reception: Reception) -> None:
    """Address masked, what was before; the look is audited. Other branches' accounts are not found."""
    scene = await scene_of(reception)
    await scene.reading((5500, 2310), status="accepted")
    visit = await come(reception, Role.OPERATOR)
    status, page, _ = await visit.post("/staff/entry/look", {"account": ACCOUNT})
    assert status == 200
    assert "*7890" in said(page)
    assert "Калинина" not in page
    assert "день было 5466 ночь было 2301" in said(page)
    assert "последнее 22.11.2026: 5500 / 2310 (принято)" in said(page)
    assert [row["what"] for row in await scene.rows(tables.audit)] == ["looked_up"]
    other = await come(reception, Role.OPERATOR, "oleg", branches='["amur"]')
    status, page, _ = await other.post("/staff/entry/look", {"account": ACCOUNT})
    assert (status, "нет такого лицевого счёта" in said(page)) == (422, True)
    assert "Прибор учёта" not in page


async def test_rehearsal(reception: Reception) -> None:
    """What would become of it, while it is typed; nothing is stored."""
    scene = await scene_of(reception)
    visit = await come(reception, Role.OPERATOR)
    form = {"account": ACCOUNT, "meter": METER, "t1": "5778"}
    _, page, _ = await visit.post("/staff/entry/rehearsal", form)
    assert "Не подойдёт:</b> не хватает показаний" in page
    _, page, _ = await visit.post("/staff/entry/rehearsal", form | {"t2": "2542"})
    assert "Будет принято" in page
    assert "553 кВт·ч" in page
    _, page, _ = await visit.post("/staff/entry/rehearsal", form | {"t1": "x"})
    assert page.strip() == ""
    assert await scene.rows(tables.reading) == []


SLIPS = f"""{ACCOUNT} {METER} 5778 2542

{ACCOUNT}\t\t5778\t2542
404404 - 1
{ACCOUNT} {METER} 8900 2542
nonsense
"""


async def test_a_stack(reception: Reception) -> None:
    """Each line by itself; what was not stored stays in the box; the same form sent twice stores nothing twice."""
    scene = await scene_of(reception)
    visit = await come(reception, Role.OPERATOR)
    form = {"source": "paper", "token": "stack", "lines": SLIPS}
    _, page, _ = await visit.post("/staff/entry/lines", form)
    assert "Записано: 1, не записано: 3" in said(page)
    assert "5778\t2542 Уже есть" in said(page)
    assert "404404 - 1 Не записано: нет такого лицевого счёта" in said(page)
    assert f">404404 - 1\n{ACCOUNT} {METER} 8900 2542\nnonsense</textarea>" in page
    await visit.post("/staff/entry/lines", form)
    assert len(await scene.rows(tables.reading)) == len(await scene.rows(tables.event)) == 1
    _, part, _ = await visit.post(
        "/staff/entry/lines", {**form, "token": "2", "lines": f"{ACCOUNT} - 8900 2542 !"}, **{"HX-Request": "true"}
    )
    assert part.strip().startswith('<tr class="stored"')


async def test_too_many_lines(reception: Reception) -> None:
    """Refused as a whole, and all of them stay in the box."""
    await scene_of(reception)
    visit = await come(reception, Role.OPERATOR)
    lines = "\n".join(f"{ACCOUNT} - {number} 2542" for number in range(5500, 5701))
    status, page, _ = await visit.post("/staff/entry/lines", {"source": "paper", "token": "t", "lines": lines})
    assert status == 422
    assert "Больше 200 строк за раз не принимаем." in said(page)
    assert page.count(f"{ACCOUNT} - ") == 201
