"""A hub on one machine: one address, and for each learner a JupyterLab with the course.

`make hub` starts it. README.md beside this file says how to use it, and what it keeps apart.
"""

import os
import secrets
import sys
from pathlib import Path
from typing import Any

COURSE = Path(__file__).parents[1]
STATE = Path(os.environ.get("HUB_STATE", COURSE / "hub/state"))
IDLE_SECONDS = os.environ.get("HUB_IDLE_SECONDS", "3600")
"""How long a server may be idle before it is ended."""
UNIX_USERS = os.environ.get("HUB_UNIX_USERS") == "1"
"""Whether each learner is a Unix user of their own; needs root."""


def password_of(whom: str) -> str:
    """Return a password that is made at the first start, and kept in a file for you alone."""
    file = STATE / f"password_of_{whom}"
    if not file.exists():
        file.write_text(secrets.token_urlsafe(24))
    return file.read_text().strip()


os.umask(0o077)
STATE.mkdir(parents=True, exist_ok=True)
os.chdir(STATE)  # where the hub keeps who there is, and the secret of its cookies

c: Any = get_config()  # type: ignore[name-defined]  # noqa: F821 - JupyterHub calls this file with it
c.JupyterHub.ip = "127.0.0.1"  # and no other: for others, put a web server with TLS in front
c.ConfigurableHTTPProxy.command = [f"{COURSE}/.venv/node_modules/.bin/configurable-http-proxy"]

c.Authenticator.admin_users = {"teacher"}
if UNIX_USERS:
    c.JupyterHub.authenticator_class = "pam"
    c.PAMAuthenticator.allowed_groups = {"learners"}
    c.JupyterHub.spawner_class = "jupyterhub.spawner.LocalProcessSpawner"
else:
    c.JupyterHub.authenticator_class = "shared-password"
    c.Authenticator.allow_existing_users = True  # those whom the teacher has added
    c.SharedPasswordAuthenticator.admin_password = password_of("teacher")
    c.SharedPasswordAuthenticator.user_password = password_of("learners")
    c.JupyterHub.spawner_class = "simple"
    c.SimpleLocalProcessSpawner.home_dir_template = f"{STATE}/learners/{{username}}"

c.Spawner.cmd = ["sh", f"{COURSE}/hub/learner.sh"]
c.Spawner.default_url = "/lab/tree/notebooks/00_start_here.ipynb"
c.Spawner.env_keep.append("ALLOWED_HOSTS")  # the names under which the dashboard may be opened
# On a Monday morning all come at once, and the machine is slow for a minute or two.
c.Spawner.start_timeout = c.Spawner.http_timeout = 600

needs = ["list:users", "read:users:activity", "read:servers", "delete:servers"]
c.JupyterHub.load_roles = [{"name": "culler", "scopes": needs, "services": ["culler"]}]
culler = [sys.executable, "-m", "jupyterhub_idle_culler", f"--timeout={IDLE_SECONDS}"]
c.JupyterHub.services = [{"name": "culler", "command": culler}]
