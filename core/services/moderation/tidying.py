"""What people type, as it is stored and sent: without stray spaces, a reason as a sentence, never empty."""

from dataclasses import replace

from core.services.moderation.requests import Ask, Close, Correct, Note, Refused, Reject, Reply, Request


def tidy(request: Request) -> Request:
    """The request with its words tidied up.

    Raises:
        Refused: it says nothing where something has to be said.
    """
    match request:
        case Correct() | Close():
            request = replace(request, note=_line(request.note))
        case Reject():
            request = replace(request, reason=_sentence(request.reason))
        case Ask():
            question = _line(request.question)
            request = replace(request, question=question if question[-1:] in {"", ".", "?", "!"} else f"{question}.")
        case Reply():
            lines = request.text.strip().splitlines()
            request = replace(request, text="\n".join(_line(line) for line in lines))
        case Note():
            request = replace(request, text=_line(request.text))
    _must_be_whole(request)
    return request


def _must_be_whole(request: Request) -> None:
    match request:
        case Correct(values=(), elsewhere=None):
            raise Refused("a correction needs values, or the meter or account that they belong to", "no_values")
        case Reject(reason="", code=""):
            raise Refused("a rejection needs a reason: the subscriber reads it", "no_reason")
        case Reply(text="", canned=""):
            raise Refused("there is nothing to send: the text is empty", "nothing_to_send")
        case Note(text=""):
            raise Refused("there is nothing to note: the text is empty", "nothing_to_note")


def _line(text: str) -> str:
    return " ".join(text.split())


def _sentence(text: str) -> str:
    """Without its full stop, which our text has."""
    line = _line(text).rstrip(" .")
    return line[:1].upper() + line[1:]
