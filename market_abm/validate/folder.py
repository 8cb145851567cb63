"""The folder of a validation: page, facts, tables; each file whole or absent."""

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

from market_abm.experiment.disk import results_written, write_whole
from market_abm.record.errors import RecordError
from market_abm.record.identity import model_version
from market_abm.validate.cube import edge_frame
from market_abm.validate.page import markdown, validation_page
from market_abm.validate.study import Validation, corner_frame

PAGE, FACTS, TABLE, TEXT = "validation.html", "validation.json", "scorecard.csv", "scorecard.md"
KIND = "market_abm validation"


class ValidationFolder:
    """Where a validation is written; an earlier one is replaced, anything else is left alone."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def check_free(self) -> None:
        """Refuse, before anything is run, a place that is in use or cannot be written.

        Raises
        ------
        RecordError
            When other things than a validation stand here, or the disk refuses.
        """
        if self.path.exists() and not self.path.is_dir():
            raise RecordError(f"{self.path} is a file; choose a folder with --out.")
        held = {entry.name for entry in self.path.iterdir()} if self.path.exists() else set()
        if held - {PAGE, FACTS, TABLE, TEXT}:
            raise RecordError(f"{self.path} holds other things than a validation; choose another folder with --out.")
        with results_written(self.path):
            self.path.mkdir(parents=True, exist_ok=True)

    def write(self, found: Validation) -> None:
        """Write all files; the facts last, so that who finds them finds the rest.

        Raises
        ------
        RecordError
            When the disk refuses.
        """
        text = json.dumps(facts(found), indent=1, ensure_ascii=False, allow_nan=False) + "\n"
        table = found.card.frame().to_csv(index=False, float_format="%.10g", lineterminator="\n")
        with results_written(self.path):
            write_whole(self.path / TABLE, table.encode())
            write_whole(self.path / TEXT, markdown(found).encode())
            write_whole(self.path / PAGE, validation_page(found).encode())
            write_whole(self.path / FACTS, text.encode())


def facts(found: Validation) -> dict[str, Any]:
    """Everything about a validation for JSON; NaN is null, what never happened is the text "never"."""
    tallies = {"in": found.card.tally("in"), "out": found.card.tally("out"), "all": found.card.tally()}
    told = {
        "kind": KIND,
        "scenario": found.scenario.name,
        "version": model_version(),
        "seeds": list(found.seeds),
        "pairs": list(found.pairs),
        "runs": list(found.ids),
        "failures": dict(found.failures),
        "totals": {
            name: {"passed": one.passed, "of": one.of, "share": one.share, "interval": list(one.interval)}
            for name, one in tallies.items()
        },
        "rows": found.card.frame().to_dict("records"),
        "forecast": found.scores.to_dict("records"),
        "corners": corner_frame(found).to_dict("records"),
        "edges": edge_frame(found.edges).to_dict("records"),
    }
    plain: dict[str, Any] = _mapped(told, _number)
    return plain


def _number(value: float) -> float | str | None:
    if math.isnan(value):
        return None
    return ("never" if value > 0 else "no limit") if math.isinf(value) else value


def _mapped(found: Any, change: Callable[[float], Any]) -> Any:
    """Lists and tables with every number changed; numbers of numpy become plain ones."""
    if isinstance(found, dict):
        return {str(key): _mapped(value, change) for key, value in found.items()}
    if isinstance(found, list | tuple):
        return [_mapped(value, change) for value in found]
    if hasattr(found, "item"):
        found = found.item()
    return change(found) if isinstance(found, float) else found
