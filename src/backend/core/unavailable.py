"""Bad items and bad times: whose fault is it that the work on an item has failed?

An item that fails in good times is a bad item: it is tried a few times, then put aside. When what
the work needs is away, every item fails, and none of them is to blame. Then the right thing is to
stop taking, wait, and try the same item again.
"""

import errno

from redis import exceptions


class BadItem(Exception):
    """The item itself is no good. Raise it from your own work, with the reason.

    Like any other error it counts as a failed attempt. But the log has one line for it and no
    traceback, since nothing in the code is to blame.
    """


class Unavailable(Exception):
    """What the work needs is away: a model, a database, a disk. Raise it from your own work.

    try:
        answer = await model.ask(image)
    except ModelIsDown as error:
        raise Unavailable("the detection model does not answer") from error
    """


AWAY = (
    Unavailable,
    ConnectionError,  # Python's own: any program on the network that is not there
    exceptions.ConnectionError,
    exceptions.TimeoutError,
    exceptions.OutOfMemoryError,
    exceptions.ReadOnlyError,
    exceptions.BusyLoadingError,
    exceptions.MasterDownError,
    exceptions.TryAgainError,
    exceptions.AskError,
    exceptions.ClusterDownError,
    exceptions.NoPermissionError,
)
SHORTAGES = {
    *(errno.EMFILE, errno.ENFILE, errno.ENOMEM),  # of this machine, whatever the file
    *(errno.ESTALE, errno.ENOTCONN, errno.ETIMEDOUT),  # of a disk on the network
    *(errno.EHOSTDOWN, errno.EHOSTUNREACH, errno.ENETDOWN, errno.ENETUNREACH),
}
"""Errors of the operating system that would come with any other file too."""
NOT_NOW = ("BUSY", "MISCONF", "NOREPLICAS", "UNBLOCKED", "NOAUTH", "WRONGPASS")
"""Errors of Redis without a class in redis-py: how their text begins."""

NOT_HERE = (
    exceptions.ReadOnlyError,
    exceptions.BusyLoadingError,
    exceptions.MasterDownError,
    exceptions.TryAgainError,
    exceptions.AskError,  # MovedError is one too
    exceptions.ClusterDownError,
)


def has_done_nothing(error: BaseException) -> bool:
    """Return whether the server says "not me" or "not now", and so has done nothing.

    After a failover the same name leads to another server, but a connection that lives stays with
    the old one, which is a replica now. So leave the connection, and ask again.
    """
    says = str(error) if isinstance(error, exceptions.ResponseError) else ""
    return isinstance(error, NOT_HERE) or says.startswith(("NOREPLICAS", "UNBLOCKED"))


def is_unavailable(error: BaseException) -> bool:
    """Return whether an error speaks of bad times, and not of a bad item.

    Python's own TimeoutError does not: an item on which the work never ends is a bad item. Work
    that asks a model with a deadline knows better, and can raise `Unavailable`.
    """
    if isinstance(error, exceptions.ResponseError) and str(error).startswith(NOT_NOW):
        return True
    if isinstance(error, OSError) and error.errno in SHORTAGES:
        return True
    return isinstance(error, AWAY)
