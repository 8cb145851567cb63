"""The folder of an explanation: page, facts, table and picture, each file whole or absent."""

import json
from pathlib import Path
from typing import Any

from market_abm.experiment.disk import results_written, write_whole
from market_abm.explain.explanation import Explanation
from market_abm.record.errors import RecordError

PAGE, FACTS, TABLE, PICTURE = "README.md", "explain.json", "contributions.csv", "picture.png"
KIND = "market_abm explanation"


class ExplanationFolder:
    """Where an explanation is written."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def check_free(self, identity: str, overwrite: bool) -> None:
        """Refuse, before anything is run, to replace what must not be replaced.

        The same explanation may be written again; another one when asked to; other things never.

        Raises
        ------
        RecordError
            When something else stands here, or the place cannot be written.
        """
        if self.path.exists() and not self.path.is_dir():
            raise RecordError(f"{self.path} is a file; choose a folder with --out.")
        held = {entry.name for entry in self.path.iterdir()} if self.path.exists() else set()
        if held - {PAGE, FACTS, TABLE, PICTURE} or (held and FACTS not in held):
            raise RecordError(f"{self.path} holds other things than an explanation; choose another folder with --out.")
        if held and not overwrite and self.held_id() != identity:
            raise RecordError(
                f"{self.path} holds another explanation (other run, seeds, periods or model); "
                "choose another folder with --out, or replace it with --force."
            )
        with results_written(self.path):
            self.path.mkdir(parents=True, exist_ok=True)

    def held_id(self) -> str:
        """Identity of the explanation that stands here; nothing when its facts cannot be read."""
        try:
            found = json.loads((self.path / FACTS).read_text("utf-8"))
        except (OSError, ValueError):
            return ""
        return str(found.get("id", "")) if isinstance(found, dict) and found.get("kind") == KIND else ""

    def write(self, found: Explanation, page: str, facts: dict[str, Any]) -> None:
        """Write all files; the facts last, so that who finds them finds the rest.

        Raises
        ------
        RecordError
            When the disk refuses.
        """
        from market_abm.explain.picture import picture_bytes

        table = found.tables().to_csv(index=False, float_format="%.10g", lineterminator="\n")
        text = json.dumps(facts, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
        with results_written(self.path):
            self.path.mkdir(parents=True, exist_ok=True)
            write_whole(self.path / TABLE, table.encode())
            write_whole(self.path / PICTURE, picture_bytes(found))
            write_whole(self.path / PAGE, page.encode())
            write_whole(self.path / FACTS, text.encode())
