"""Overview and statistics: what the pages and files say, and to whom."""

import pytest

from bot.web.staff.bars import Column, bars, rounded
from core.domain.staff import Role
from tests.bot.web.staff.cases import come, scene_of
from tests.bot.web.staff.conftest import Reception, said
from tests.services.moderation.scene import Scene

READINGS = (
    "\ufeffОтделение;Канал;Приняты по правилам;Подтвердил абонент;Решил сотрудник;Ждём ответа абонента;На проверке;"
    "Отклонены;Исправлены или отозваны;Всего\r\n"
    "Хабаровск;'=1+1;1;0;0;0;0;0;0;1\r\n"
    "Хабаровск;SMS;2;0;0;0;1;0;0;3\r\n"
)
PAYMENTS = "\ufeffОтделение;Канал;Оплата через;Создано;Оплачено;Сумма, ₽;Возвращено;Возвраты, ₽\r\n"


async def busy(reception: Reception) -> Scene:
    """Four readings of today, one of them by a channel with the name of a formula, and a case."""
    scene = await scene_of(reception)
    for values in ((5500, 2310), (5501, 2311)):
        await scene.reading(values, status="accepted", code="accepted")
    await scene.reading((5502, 2312), status="accepted", code="accepted", channel="=1+1")
    await scene.case(await scene.reading())
    await scene.event("показания", code="format")
    return scene


async def test_the_overview_says_how_it_goes(reception: Reception) -> None:
    """Accepted, without anybody, errors in words, the queue by kind; the figures alone come again by themselves."""
    await busy(reception)
    visit = await come(reception)
    status, page, _ = await visit.get("/staff/overview")
    assert status == 200
    assert "Принято 3 Без участия сотрудников 75,0%" in said(page)
    assert "текст не разобран 1" in said(page)
    assert "сверх предела 1" in said(page)
    assert 'hx-get="/staff/overview/figures?branch=" hx-trigger="every 20s, figures"' in page
    status, again, _ = await visit.get("/staff/overview/figures")
    assert status == 200
    assert "Принято 3" in again.replace("</dt><dd><b>", " ")
    assert "<html" not in again


async def test_statistics_as_tables_and_files(reception: Reception) -> None:
    """By branch and channel; a spreadsheet takes no name of ours for a formula."""
    await busy(reception)
    visit = await come(reception)
    _, page, _ = await visit.get("/staff/statistics?period=2026-11")
    assert "Хабаровск SMS 2 0 0 0 1 0 0 3" in said(page)
    assert "Всего 3 0 0 0 1 0 0 4" in said(page)
    assert "Хабаровск 1 1 100,0%" in said(page)
    status, text, headers = await visit.get("/staff/statistics/readings.csv?period=2026-11&branch=")
    assert (status, text) == (200, READINGS)
    assert headers["Content-Disposition"] == 'attachment; filename="readings-2026-11.csv"'
    assert headers["Content-Type"] == "text/csv; charset=utf-8"
    _, text, _ = await visit.get("/staff/statistics/payments.csv?period=2026-11")
    assert text == PAYMENTS


@pytest.mark.parametrize("path", ["overview", "statistics", "statistics/readings.csv"])
async def test_of_ones_own_branches_only(reception: Reception, path: str) -> None:
    """Somebody of Amur sees nothing of Khabarovsk, whatever he asks for."""
    await busy(reception)
    visit = await come(reception, Role.AUDITOR, "oleg", branches='["amur"]')
    for query in ("", "?branch=khb", "?branch=none&period=2026-13"):
        status, page, _ = await visit.get(f"/staff/{path}{query}")
        assert status == 200
        assert "Хабаровск" not in page
        assert "сверх предела" not in page


def test_bars() -> None:
    """Series stand one upon the other, up to a round number; many labels leave some out."""
    drawn = bars([Column("1", {"sms": 30, "vk": 10}), Column("2", {}, marked=True)], ["vk", "max", "sms"])
    assert (drawn.scale, drawn.totals) == (50, (10, 0, 30))
    first, second = drawn.bars
    assert [(piece.series, piece.y, piece.height) for piece in first.pieces] == [(0, 131.6, 28.4), (2, 46.4, 85.2)]
    assert (second.pieces, second.marked, first.total) == ((), True, 40)
    assert [bar.label for bar in bars([Column(str(day), {}) for day in range(1, 31)], []).bars if bar.shows_label] == [
        str(day) for day in range(1, 31, 2)
    ]


@pytest.mark.parametrize(
    ("count", "scale"), [(0, 10), (10, 10), (11, 20), (21, 50), (51, 100), (101, 200), (999_999, 1_000_000)]
)
def test_scale(count: int, scale: int) -> None:
    """1, 2 or 5 with zeros."""
    assert rounded(count) == scale
