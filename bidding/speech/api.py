"""GET /halls/{lot}/speech: which voice there is, and each announcement as a sound, public like its text."""

from __future__ import annotations

import asyncio
from typing import Any, Literal

from fastapi import APIRouter, Response

from bidding.deps import Deps
from bidding.speech.engine import SpeechEngine, open_engine
from bidding.speech.sentences import sentence
from bidding.speech.studio import Studio
from ceremony.errors import Refusal
from opening_hall.hall import stream
from opening_hall.state import State

WAV = "audio/wav"
#: What was announced stays announced.
KEPT = "public, max-age=86400"


def router(deps: Deps) -> APIRouter:
    """The voice of each hall."""
    engine = open_engine(deps.settings.speech)
    return routes(deps, engine)


def routes(deps: Deps, engine: SpeechEngine | None) -> APIRouter:
    """The same with an engine at hand."""
    api = APIRouter(prefix="/halls/{lot}/speech", tags=["hall"])
    studio = Studio(engine, deps.settings.data_dir / "speech") if engine is not None else None

    def hall(lot: str) -> State:
        _, state = deps.halls.state(stream(lot))
        if state.setup is None:
            raise Refusal("unknown-hall")
        return state

    @api.get("")
    def voice(lot: str) -> dict[str, Any]:
        hall(lot)
        return {"engine": studio.engine.name if studio else None}

    @api.get("/{what}.wav")
    async def sound(lot: str, what: str, lang: Literal["zh", "en"] = "zh") -> Response:
        if studio is None:
            raise Refusal("no-voice")
        text = await asyncio.to_thread(lambda: sentence(hall(lot), what, lang))
        spoken = await asyncio.to_thread(studio.sound, text, lang)
        return Response(spoken, media_type=WAV, headers={"Cache-Control": KEPT})

    return api
