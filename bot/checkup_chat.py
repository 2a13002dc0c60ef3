"""What `meterline doctor` looks at about the staff's group in a messenger."""

import asyncio

from bot.checkup import SECONDS, Finding, Verdict
from bot.registry import lines
from bot.settings import Settings
from core.ports.posts import Posts


async def staff_chat(settings: Settings) -> list[Finding]:
    """Whether we are in the staff's group, and whether anybody can open a case from there."""
    section, check = settings.staff_chat, "staff chat"
    if not section.enabled:
        return []
    channel = next(line.channel for line in lines(settings) if line.channel.name == section.channel)
    assert isinstance(channel, Posts)  # noqa: S101 - the settings name no other
    channel.attend(section.chat)
    try:
        await channel.open()
        async with asyncio.timeout(SECONDS):
            wrong = await channel.probe_group(section.chat)
    except TimeoutError:
        wrong = ["no answer in time: see whether a firewall is between"]
    finally:
        await channel.close()
    findings = [Finding(check, Verdict.FAULT, words.partition(": ")[0], words.partition(": ")[2]) for words in wrong]
    if not (settings.server.public_url and settings.staff.enabled):
        todo = "set server.public_url, and staff.enabled"
        findings.append(Finding(check, Verdict.WARNING, "posts have no button that opens the case", todo))
    return findings or [Finding(check, Verdict.OK, f"we are in the group in {section.channel}")]
