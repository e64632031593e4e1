"""The dashboard: one page, made of three files in `static`, with no build step."""

from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse
from fastapi.staticfiles import StaticFiles

STATIC = Path(__file__).with_name("static")

router = APIRouter(include_in_schema=False)
static_files = StaticFiles(directory=STATIC)


@router.get("/")
async def dashboard() -> FileResponse:
    """Return the page."""
    return FileResponse(STATIC / "index.html")
