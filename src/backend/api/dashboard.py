"""The dashboard: one page, made of three files in `static`, with no build step."""

from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse
from fastapi.staticfiles import StaticFiles

STATIC = Path(__file__).with_name("static")

router = APIRouter(include_in_schema=False)
static_files = StaticFiles(directory=STATIC)

# The page runs its own script and no other, talks to its own server and no other, and may be
# shown in a frame by pages of this machine (JupyterLab) and no other.
POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'self' http://localhost:* http://127.0.0.1:*",
    ]
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}


@router.get("/")
async def dashboard() -> FileResponse:
    """Return the page."""
    return FileResponse(STATIC / "index.html", headers=HEADERS)
