"""What can go wrong in every exercise, whatever it is about; mistakes.md says the words."""

import inspect
import re
from collections.abc import Callable, Mapping
from typing import Any

from exercises.clients import BYSTANDERS, AnswersClient, Onlooker
from exercises.position import ReadersCode
from exercises.verdict import NotYet, shorten

Raised = str | Mapping[str, str]
"""What is said of an answer that raises: the name of a mistake, or several, each by a piece of what
Python says of the exception, as "KeyError" in "KeyError: 'risk_score'"."""


class Mishaps:
    """Notices what goes wrong beside the task of an exercise, and knows the verdict on it."""

    def __init__(self, code: ReadersCode) -> None:
        self.forgotten: list[str] = []
        """The calls that were never awaited, by name; "" for one without a name."""
        self.unclosed = False
        """Whether a connection of the answer's own was left open."""
        self._code = code

    def noticed(self, thing: object) -> None:
        """Take note of what the answer gave to somebody: is it a call that was never awaited?"""
        if inspect.isawaitable(thing):
            self.forgotten.append(getattr(thing, "__qualname__", ""))

    def notice(self, message: Warning | str, *_: Any, **__: Any) -> None:
        """Take note of a warning: a coroutine was never awaited, a connection never closed."""
        self.unclosed |= str(message).startswith("unclosed Connection")
        if found := re.match(r"coroutine '(.+)' was never awaited", str(message)):
            self.forgotten.append(found[1])

    def look_at(self, outcome: object) -> None:
        """See that no `await` was forgotten: by what the answer has returned or raised."""
        for thing in outcome if isinstance(outcome, list | tuple) else [outcome]:
            self.noticed(thing)
        if isinstance(outcome, BaseException) and "coroutine" in _text(outcome):
            self.forgotten.append("")
        if self.forgotten:
            raise self.forgot()

    def raised(self, error: BaseException, mistakes: Raised, client: AnswersClient) -> NotYet:
        """Return the verdict on an answer that raised this error."""
        while isinstance(error, BaseExceptionGroup):  # as a TaskGroup raises it
            error = error.exceptions[0]
        if "already awaited coroutine" in _text(error):  # what a cache around `async def` hands out
            came = f"a second call was given the result of the first: {_named(error)}"
            return NotYet("REMEMBERED", expected="each call asks anew", came=came)
        self.look_at(error)
        mistakes = {"": mistakes} if isinstance(mistakes, str) else mistakes
        fitting = (mistake for piece, mistake in mistakes.items() if piece in _named(error))
        mistake = next(fitting, "RAISED")
        unusable = "not connected", "connected in another event loop"
        if isinstance(error, RuntimeError) and any(each in _text(error) for each in unusable):
            mistake = "CLOSED" if client.closed else "OTHER_CLIENT"
        if mistake == "RAISED" and "WRONGTYPE" in _text(error):
            mistake = "WRONG_TYPE"
        if isinstance(error, MemoryError):
            mistake = "MEMORY"
        came = f"{_named(error).rstrip('.:')}{self._code.where_raised(error)}"
        return NotYet(mistake, expected="a result, no exception", came=came)

    def forgot(self) -> NotYet:
        """Return the verdict on an answer with a call that was never awaited."""
        name = self.forgotten[0].rpartition(".")[2]
        what = f"`{name}()` was called" if name else "something was called"
        came = f"{what} and not awaited"
        return NotYet("FORGOT_AWAIT", expected="every call awaited", came=came)


def unforeseen(error: BaseException) -> NotYet:
    """Return the verdict on an answer that made its check itself raise this error."""
    text = _text(error)
    if "WRONGTYPE" in text:
        return NotYet("WRONG_TYPE", expected="the type that the task describes", came=text)
    came = f"the check of it ended in {_named(error)}"
    return NotYet("UNFORESEEN", expected="what the task describes", came=came)


def misnamed(client: AnswersClient) -> NotYet | None:
    """Return the verdict on a name without the namespace, or with two; None if there was none."""
    if not client.misnamed:
        return None
    mistake, key = client.misnamed[0]
    right = client.full_name(key.replace(client.namespace, ""))
    came = f"the key `{shorten(key, 90)}`"
    return NotYet(mistake, expected=f"the key `{right}`", came=came)


async def bystanders_are_there(redis: Onlooker) -> None:
    """See that the keys which no answer has any business with are as they were."""
    for key, expire in BYSTANDERS.items():
        kind, ttl = await redis.kind(key), await redis.ttl(key)
        if kind == "none":
            raise NotYet("NOT_YOURS", expected="other keys stay", came="other keys are gone")
        as_before = ttl > expire - 100 if expire else ttl == -1
        if kind != "string" or not as_before or await redis.get(key) != "not yours":
            raise NotYet("NOT_YOURS", expected="other keys stay", came=f"`{key}` was changed")


def fit(function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    """See that this is a function which can be called with these arguments."""
    try:
        inspect.signature(function).bind(*arguments)
    except (TypeError, ValueError) as error:
        expected = f"a function that takes {len(arguments)} arguments"
        raise NotYet("WRONG_PARAMETERS", expected=expected, came=str(error)) from None


def is_result(result: object, client: AnswersClient) -> None:
    """See that the answer has returned a result, and left its client connected."""
    if inspect.isasyncgen(result) or inspect.isgenerator(result):
        raise NotYet("YIELDS", expected="a result", came="a generator")
    if client.closed:
        raise NotYet("CLOSED", expected="the client is still connected", came="it is closed")


def _text(error: BaseException) -> str:
    """Return what an exception says, or nothing where saying it fails."""
    try:
        return str(error)
    except Exception:
        return ""


def _named(error: BaseException) -> str:
    text = _text(error)
    return f"{type(error).__name__}{text and ': '}{text}"
