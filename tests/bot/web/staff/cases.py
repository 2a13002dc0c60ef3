"""Cases for the staff's pages, put straight into the service's database."""

from datetime import timedelta
from typing import Any

from core.domain.staff import Role
from core.services.moderation import Moderation
from tests.bot.web.staff.conftest import Reception, Visit
from tests.services.moderation.scene import NOW, Scene

HOUR = timedelta(hours=1)


async def scene_of(reception: Reception) -> Scene:
    """An account with its meter, to hang cases on."""
    return await Scene(reception.database, reception.clock).with_meter()


async def doubtful(scene: Scene, values: tuple[int, ...] = (5778, 2542), **columns: Any) -> str:
    """A case of a reading in review."""
    return await scene.case(await scene.reading(values), **columns)


async def several(scene: Scene, count: int, **columns: Any) -> None:
    """Cases of people who want something, a minute apart, the oldest first."""
    for number in range(count):
        row = {"kind": "hand_over", "branch": "khb", "text": f"Вопрос {number:03}", "external_id": f"+7914{number:07}"}
        await scene.case(opened_at=NOW - HOUR - timedelta(minutes=count - number), **row | columns)


async def come(reception: Reception, role: Role = Role.SUPERVISOR, name: str = "irina", **columns: Any) -> Visit:
    """A visit of somebody who is signed in."""
    return reception.visit(await reception.token(await reception.hire(name, role, **columns)))


def desk(scene: Scene) -> Moderation:
    """Another skin over the same database."""
    return scene.moderation()
