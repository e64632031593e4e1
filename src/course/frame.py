"""Show a web page that this machine serves, from wherever the reader's browser looks."""

import json
import os
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

from IPython.display import HTML
from jupyter_core.paths import jupyter_runtime_dir


def address(url: str) -> str:
    """Return where the reader's browser finds the page at `url`, as `http://127.0.0.1:54321`.

    From another machine, it is Jupyter's server that shows it, if it has jupyter-server-proxy.
    """
    base = os.environ.get("JUPYTERHUB_SERVICE_PREFIX")
    if base is None and find_spec("jupyter_server_proxy"):
        # What the server has written of itself. To import jupyter_server takes more than a second.
        server = Path(jupyter_runtime_dir(), f"jpserver-{os.environ.get('JPY_PARENT_PID')}.json")
        base = json.loads(server.read_text())["base_url"] if server.exists() else None
    return f"{base}proxy/{urlsplit(url).port}/" if base else url


def framed(url: str, *, name: str, height: int) -> HTML:
    """Return a page in a frame of so many pixels, and a link that opens it in a tab."""
    link = f'<p><a href="{address(url)}" target="_blank">Open {name} in a tab</a></p>'
    shape = f'width="100%" height="{height}" frameborder="0"'
    frame = f'<iframe src="{address(url)}" title="{name}" {shape}></iframe>'
    return HTML(link + frame)  # type: ignore[no-untyped-call]
