"""The chronicle says what the tables say, nothing else, and no more than a reader wants."""

import datetime as dt
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import market_abm
from market_abm.explain.chronicle import Sentence, chosen, chronicle
from market_abm.explain.chronicle.prices import turning_points
from market_abm.record.run import Run
from market_abm.scenario.library import scenario_names
from market_abm.scenario.loading import load_scenario

START = pd.Timestamp("2009-01-05")
WEEKS = pd.date_range(START, "2011-12-26", freq="W-MON")


@pytest.fixture(scope="module")
def scenario(known):
    return known.three_years()


def run_of(scenario, **tables):
    """A run of a flat price and of the tables given."""
    flat = [
        pd.DataFrame({"week": WEEKS, "material": "NdPr", "zone": node, "price_usd_per_kg": 20.0})
        for node in ("CN", "JP", "CN export")
    ]
    return Run(scenario, 0, {"prices": pd.concat(flat, ignore_index=True)} | tables, {})


def events(*rows):
    frame = pd.DataFrame(rows, columns=["week", "kind", "actor", "text"])
    return frame.assign(week=pd.to_datetime(frame["week"]))


def texts(run):
    return [str(sentence) for sentence in chronicle(run)]


def said(run, word):
    """The one sentence that holds a word."""
    (found,) = [text for text in texts(run) if word in text]
    return found


def test_a_calm_run_has_a_beginning_and_an_end_and_nothing_between(scenario):
    assert texts(run_of(scenario)) == [
        "2009-01: The record begins; NdPr at the gate costs 20 US$/kg",
        "2011-12: The record ends; NdPr at the gate costs 20 US$/kg, 1 times 2009",
    ]


class TestPrices:
    def test_turning_points_of_a_zigzag_are_found_and_small_moves_are_not(self):
        path = np.log([1, 1.5, 4, 3, 3.5, 1, 1.4, 0.9, 5, 4.9])

        assert turning_points(path, np.log(2)) == [(0, False), (2, True), (7, False)]

    def test_doublings_peak_and_half_follow_the_price(self, scenario):
        shape = np.interp(np.arange(len(WEEKS)), [0, 60, 98, 104, 112, 156], [1, 1, 9, 9, 2, 1.5])
        run = run_of(scenario)
        prices = run.prices.assign(price_usd_per_kg=np.tile(20 * shape, 3))

        told = texts(run_of(scenario, prices=prices))

        month = str(pd.Period(WEEKS[100], freq="M"))
        assert any(text.startswith(f"{month}: NdPr at the gate peaks at ") for text in told)
        assert sum("more than" in text for text in told) == 3  # twice, 4 and 8 times
        assert sum("has lost half of its peak price" in text for text in told) == 1

    def test_numbers_come_from_the_table(self, scenario):
        run = run_of(scenario)
        dearer = run_of(scenario, prices=run.prices.assign(price_usd_per_kg=33.0))

        assert "costs 33 US$/kg" in texts(dearer)[0]

    def test_the_widest_gap_at_the_gate_is_told(self, scenario):
        run = run_of(scenario)
        at_gate = (run.prices["zone"] == "CN export") & (run.prices["week"] == "2010-08-02")
        prices = run.prices.assign(price_usd_per_kg=run.prices["price_usd_per_kg"].where(~at_gate, 200.0))

        assert said(run_of(scenario, prices=prices), "the widest gap").startswith("2010-08")


class TestPolicies:
    def test_an_embargo_is_told_with_its_length(self, scenario):
        log = events(
            ("2010-04-05", "policy", "embargo", "in force: closed (origin CN, destination JP)"),
            ("2010-06-07", "policy", "embargo", "ended: closed"),
        )
        run = run_of(scenario, events=log)

        assert said(run, "stops shipments") == "2010-04: China stops shipments to Japan, but for a leak of 5 %"
        assert said(run, "embargo on Japan") == "2010-06: The embargo on Japan ends after 9 weeks"

    def test_what_is_in_force_from_the_first_week_is_no_news(self, scenario):
        log = events((START, "policy", "embargo", "in force: closed (origin CN, destination JP)"))

        assert not any("stops shipments" in text for text in texts(run_of(scenario, events=log)))

    def test_a_cut_round_is_set_against_the_two_before_it(self, scenario):
        log = events(
            ("2009-07-06", "quota", "CN export authority", "opens a round of 20,000 t"),
            ("2010-01-04", "quota", "CN export authority", "opens a round of 22,000 t"),
            ("2010-07-05", "quota", "CN export authority", "opens a round of 7,000 t"),
        )

        assert said(run_of(scenario, events=log), "7,000 t").endswith(
            "67 % less than the mean of the two rounds before"
        )

    def test_a_tax_that_rises_is_told_from_its_dated_values(self, known):
        base = known.three_years().model_dump(exclude_none=True)
        base["policy"] = [
            {"type": "export_tax", "origin": "CN", "rate": [(dt.date(2009, 1, 1), 0.1), (dt.date(2010, 5, 1), 0.25)]}
        ]
        scenario = type(known.three_years()).model_validate(base)

        assert said(run_of(scenario, events=events(("2010-01-04", "halt", "CN", "x"))), "tax") == (
            "2010-05: China: the tax on exports rises from 10 % to 25 %"
        )


class TestHoldings:
    @staticmethod
    def activity(**columns):
        frame = pd.DataFrame({"week": WEEKS, "zone": "JP", "sector": "magnets", "need_t": 10.0, "use_t": 10.0})
        return frame.assign(**({"activity": 1.0, "lost_usd": 0.0, "cover_weeks": 10.0, "risk": 0.0} | columns))

    def test_cover_is_told_at_its_fullest_and_emptiest(self, scenario):
        cover = np.interp(np.arange(len(WEEKS)), [0, 60, 100, 150, 156], [10, 10, 31, 4, 4])
        told = [text for text in texts(run_of(scenario, activity=self.activity(cover_weeks=cover))) if "cover" in text]

        assert len(told) == 2
        assert "Makers in Japan hold 30" in told[0]
        assert "down to 4 weeks of cover, against 10 in 2009" in told[1]

    def test_fear_is_told_when_there_is_any(self, scenario):
        risk = np.where(WEEKS == "2010-10-04", 0.8, 0.5)

        assert said(run_of(scenario, activity=self.activity(risk=risk)), "afraid").startswith("2010-10")
        assert not any("afraid" in text for text in texts(run_of(scenario, activity=self.activity(risk=0.1))))

    def test_lost_work_is_told_by_year(self, scenario):
        idle = np.where((WEEKS >= "2010-10-01") & (WEEKS < "2010-11-01"), 0.5, 1.0)

        assert said(run_of(scenario, activity=self.activity(activity=idle)), "weeks of work") == (
            "2010-10: Makers in Japan lose 2 weeks of work in 2010, worth 0 US$ m"
        )

    def test_traders_are_told_at_their_fullest_and_when_half_is_sold(self, scenario):
        held = np.interp(np.arange(len(WEEKS)), [0, 80, 90, 156], [0, 500, 100, 0])
        stocks = pd.DataFrame(
            {"week": WEEKS, "material": "NdPr", "holder": "speculators", "zone": "CN", "tonnes": held}
        )
        told = [text for text in texts(run_of(scenario, stocks=stocks)) if "Traders" in text]

        assert len(told) == 2
        assert "t of NdPr" in told[0]
        assert "sold half" in told[1]

    def test_a_smuggled_share_is_told(self, scenario):
        flows = pd.DataFrame({"week": WEEKS, "material": "NdPr", "origin": "CN", "destination": "JP", "tonnes": 6.0})
        both = pd.concat([flows.assign(way="legal"), flows.assign(way="smuggled", tonnes=4.0)])

        assert "40 % of what leaves China is smuggled" in said(run_of(scenario, flows=both), "smuggled")


class TestProjects:
    def test_projects_that_move_together_share_a_sentence(self, scenario):
        log = events(
            ("2010-05-03", "project", "island", "is committed (private funding)"),
            ("2010-05-03", "project", "shore", "is committed (private funding)"),
        )

        assert said(run_of(scenario, events=log), "committed") == (
            "2010-05: A project outside and shore: each is committed (private funding)"
        )

    def test_a_project_that_a_state_funds_is_told_once(self, scenario):
        log = events(
            ("2010-05-03", "state funding", "JOGMEC", "takes 50% of island (130 US$ m)"),
            ("2010-05-03", "project", "island", "is committed (funded by JOGMEC)"),
        )

        assert said(run_of(scenario, events=log), "outside") == (
            "2010-05: JOGMEC takes 50 % of A project outside for 130 US$ m"
        )

    def test_votes_and_halts_are_told(self, scenario):
        log = events(
            ("2010-05-03", "vote", "JOGMEC", "is voted 438 US$ m at risk 0.67, dependence 0.93"),
            ("2010-08-02", "halt", "CN", "legal mines cut output for 4 weeks to hold the price"),
        )

        run = run_of(scenario, events=log)
        assert said(run, "voted").startswith("2010-05: JOGMEC is voted 438 US$ m")
        assert said(run, "cut output").startswith("2010-08: In China legal mines")


class TestChoice:
    @staticmethod
    def sentences(count, kind="price", weight=5.0):
        months = pd.period_range("2008-01", periods=count, freq="M")
        return [Sentence(month, kind, weight, f"{kind} {number}") for number, month in enumerate(months)]

    def test_a_long_record_is_told_in_some_forty_lines(self):
        assert 25 <= len(chosen(self.sentences(156))) <= 40

    def test_one_of_a_kind_is_not_drowned_by_many_of_another(self):
        rare = replace(self.sentences(1, "embargo")[0], weight=4.0)

        assert rare in chosen([rare, *self.sentences(156)])

    def test_what_weighs_little_is_left_out_even_when_there_is_room(self):
        assert chosen(self.sentences(5, weight=0.5)) == []

    def test_order_of_time_is_kept(self):
        months = [sentence.month for sentence in chosen(self.sentences(156))]

        assert months == sorted(months)


def test_a_real_run_is_told_from_its_tables():
    run = market_abm.run("tiny", seed=1)

    told = chronicle(run)

    first = run.prices.query("zone == 'CN export' and week < '2009-02-01'")["price_usd_per_kg"].mean()
    assert f"{first:.1f} US$/kg" in told[0].text
    assert any("opens a round of export licences for 2,000 t" in one.text for one in told)


@pytest.mark.parametrize("name", scenario_names())
def test_a_run_that_holds_prices_only_can_be_told_in_every_scenario(name):
    scenario = load_scenario(name)
    weeks = pd.date_range(scenario.time.record_from, scenario.time.end, freq="W-MON", inclusive="left")
    gate = next((zone for zone, part in scenario.zone.items() if part.export_gate), None)
    node = f"{gate} export" if gate else next(iter(scenario.zone))
    prices = pd.DataFrame({"week": weeks, "material": scenario.lead_material, "zone": node, "price_usd_per_kg": 5.0})

    assert len(chronicle(Run(scenario, 0, {"prices": prices}, {}))) == 2


def test_what_a_state_body_paid_is_told_from_the_money_of_its_party(scenario):
    bodies = load_scenario("japan-2010").state_buyer
    paid = pd.DataFrame(
        [(2010, "state:JOGMEC", "mines US", "equity", 3e6), (2011, "state:JOGMEC", "mines US", "equity", 5e6)],
        columns=["year", "payer", "payee", "purpose", "usd"],
    )
    run = run_of(scenario.model_copy(update={"state_buyer": bodies}), money=paid)

    assert "JOGMEC has paid out 5 US$ m in 2011" in said(run, "paid out")
