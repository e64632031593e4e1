"""Show: publish a figure together with its words."""

from __future__ import annotations

import base64
import io
import sys
from collections.abc import Mapping
from html import escape

from IPython.core.getipython import get_ipython
from IPython.display import DisplayHandle
from matplotlib.figure import Figure
from PIL import Image

from course.plots.words import Words, describe, exact

DPI = 160


def show(
    figure: Figure, *, words: Words | Mapping[str, Words] = exact, text: str | None = None
) -> None:
    """Show a figure in the notebook, with words: as its text alternative, and inside the PNG.

    Args:
        figure: any matplotlib figure with lines or bars. It is closed afterwards.
        words: how a series is put into words, one way for all of them or {label: way}. The default
            lists every value; choose one of `peaks`, `all_under`, `runs_down` where they vary.
        text: the whole text, where computed words will not do: it does not change with the figure.

    Raises:
        ValueError: the words do not fit what is drawn; the message says what to do.
    """
    text = text or describe(figure, words)
    publish(png(figure, text), text)
    if pyplot := sys.modules.get("matplotlib.pyplot"):
        pyplot.close(figure)  # else the notebook shows a figure of pyplot a second time


def png(figure: Figure, text: str) -> bytes:
    """Return the figure as a PNG whose "Description" is the text."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=DPI, metadata={"Description": text, "Software": None})
    return buffer.getvalue()


def publish(png_bytes: bytes, text: str, handle: DisplayHandle | None = None) -> DisplayHandle:
    """Display a picture with its text, or put it in the place of an earlier one.

    In a plain script there is nowhere to show a picture: its text is printed, once.
    """
    first, handle = handle is None, handle or DisplayHandle()  # type: ignore[no-untyped-call]
    if get_ipython() is None:
        if first:
            print(text)
        return handle
    put = handle.display if first else handle.update
    bundle = {"text/html": picture(png_bytes, text), "text/plain": text}
    put(bundle, raw=True)  # type: ignore[no-untyped-call]
    return handle


def picture(png_bytes: bytes, text: str) -> str:
    """Return a PNG as HTML, which has a place for words: JupyterLab gives image/png none."""
    with Image.open(io.BytesIO(png_bytes)) as image:
        # Drawn finer than it is shown, so that text is sharp on every screen.
        width, height = (round(pixels * 96 / DPI) for pixels in image.size)
    source = f"data:image/png;base64,{base64.b64encode(png_bytes).decode()}"
    return f'<img alt="{escape(text)}" width="{width}" height="{height}" src="{source}"/>'
