"""The chronicle: what happened in a run, month by month, in sentences.

Every sentence comes from the run's tables and its event log; nothing knows
dates or names. What a scenario lacks has no sentence.
"""

from market_abm.explain.chronicle.holdings import holding_sentences
from market_abm.explain.chronicle.policies import policy_sentences
from market_abm.explain.chronicle.prices import price_sentences
from market_abm.explain.chronicle.projects import project_sentences
from market_abm.explain.chronicle.sentence import Sentence
from market_abm.explain.chronicle.trade import trade_sentences
from market_abm.explain.window import Window, window_of
from market_abm.record.run import Run

__all__ = ["Sentence", "chronicle", "chosen"]

TELLERS = (price_sentences, policy_sentences, holding_sentences, trade_sentences, project_sentences)
LEAST_WEIGHT = 1.0
LEAST_LINES, MOST_LINES, LINES_A_YEAR = 12, 40, 2
FATIGUE = 0.88  # each further sentence of a kind weighs this much less than the one before


def chronicle(run: Run, window: Window | None = None) -> list[Sentence]:
    """Tell everything worth telling of a run, in order of time.

    Parameters
    ----------
    window : its base is what prices and stocks are measured by; the default of the scenario when silent.

    Raises
    ------
    DateError
        When the record is too short.
    """
    measured = window or window_of(run.scenario)
    found = [sentence for teller in TELLERS for sentence in teller(run, measured)]
    first, last = (run.scenario.time.record_from, run.scenario.time.end)
    inside = [one for one in found if first <= one.month.end_time.date() and one.month.start_time.date() <= last]
    return sorted(inside, key=lambda one: (one.month, -one.weight, one.text))


def chosen(sentences: list[Sentence], most: int | None = None) -> list[Sentence]:
    """The most important sentences, in order of time.

    Of a kind the weightiest counts in full and each further one a little less,
    so that ten projects do not drown one embargo.

    Parameters
    ----------
    most : greatest number; grows with the length of the record when silent, 36 for thirteen years.
    """
    if not sentences:
        return []
    years = (sentences[-1].month - sentences[0].month).n / 12
    limit = most or int(min(max(LEAST_LINES, LEAST_LINES - 2 + LINES_A_YEAR * years), MOST_LINES))
    ranks: dict[str, int] = {}
    scored: list[tuple[float, int]] = []
    for place in sorted(range(len(sentences)), key=lambda place: -sentences[place].weight):
        one = sentences[place]
        rank = ranks[one.kind] = ranks.get(one.kind, -1) + 1
        if one.weight >= LEAST_WEIGHT:
            scored.append((-one.weight * FATIGUE**rank, place))
    return [sentences[place] for place in sorted(place for _, place in sorted(scored)[:limit])]
