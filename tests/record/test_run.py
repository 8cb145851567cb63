import contextlib
import datetime as dt
import errno
import gc
import os
import pickle
import subprocess
import sys
import time
import weakref
from pathlib import Path

import pandas as pd
import pytest
from fake_market import FailingMarket, FakeMarket

import market_abm
from market_abm.policy import ExportQuota
from market_abm.record import folder as folder_module
from market_abm.record import interrupt
from market_abm.record.digest import digest
from market_abm.record.errors import DateError, RunFolderError
from market_abm.record.identity import run_id
from market_abm.record.run import Run, already_in, simulate


def left_over(path: Path) -> list[str]:
    return sorted(entry.name for entry in path.iterdir())


class TestRun:
    def test_tables_are_attributes(self, run):
        assert run.prices is run.tables["prices"]

    def test_an_unknown_table_names_the_known_ones(self, run):
        with pytest.raises(AttributeError, match=r"'price'.*prices, projects, events"):
            run.price  # noqa: B018

    def test_survives_pickling(self, run):
        again = pickle.loads(pickle.dumps(run))

        assert (again.id, again.digest) == (run.id, run.digest)

    def test_tables_cannot_be_replaced(self, run):
        with pytest.raises(TypeError):
            run.tables["prices"] = pd.DataFrame()


class TestSimulate:
    def test_same_seed_gives_same_digest(self, scenario):
        one, two = (simulate(scenario, 5, market=FakeMarket) for _ in range(2))

        assert one.digest == two.digest

    def test_another_seed_gives_another_digest(self, scenario, run):
        assert simulate(scenario, 2, market=FakeMarket).digest != run.digest

    def test_progress_hears_of_every_week(self, scenario):
        heard = []

        simulate(scenario, 0, lambda *told: heard.append(told), market=FakeMarket)

        assert heard[0] == (1, 52, dt.date(2010, 1, 11))
        assert [done for done, _, _ in heard] == list(range(1, 53))

    def test_until_is_the_first_day_not_run(self, scenario):
        short = simulate(scenario, 0, until="2010-03-01", market=FakeMarket)

        assert short.prices["week"].max() == pd.Timestamp("2010-02-22")
        assert short.manifest["weeks"] == 8

    @pytest.mark.parametrize("day", ["2010-02-01", "2011-02-07", "soon", "2010-13-01"])
    def test_until_outside_the_run_or_no_date_is_refused(self, scenario, day):
        with pytest.raises(DateError, match=r"time\.record_from|year-month-day"):
            simulate(scenario, 0, until=day, market=FakeMarket)

    def test_the_model_is_closed_and_forgotten(self, scenario):
        seen = []

        class Watched(FakeMarket):
            def close(self):
                super().close()
                seen.append(weakref.ref(self))

        simulate(scenario, 0, market=Watched)
        gc.collect()

        assert seen[0]() is None

    def test_a_failing_model_is_closed_too(self, scenario):
        models = []

        class Watched(FailingMarket):
            def __init__(self, *args):
                super().__init__(*args)
                models.append(self)

        with pytest.raises(RuntimeError, match="vanished"):
            simulate(scenario, 2, market=Watched)

        assert models[0].closed

    def test_ctrl_c_inside_compiled_code_is_still_ctrl_c(self, scenario):
        class Compiled(FakeMarket):
            def step(self):
                raise SystemError("returned a result with an exception set") from KeyboardInterrupt()

        with pytest.raises(KeyboardInterrupt):
            simulate(scenario, 0, market=Compiled)

    def test_ctrl_c_that_got_lost_stops_the_run_a_week_later(self, scenario, monkeypatch):
        class Swallowing(FakeMarket):
            def step(self):
                super().step()
                if self.week_index == 3:
                    with contextlib.suppress(KeyboardInterrupt):
                        interrupt._answer(2, None)

        monkeypatch.setattr(interrupt, "_told", False)
        heard = []

        with pytest.raises(KeyboardInterrupt):
            simulate(scenario, 0, lambda *told: heard.append(told), market=Swallowing)

        assert len(heard) == 2

    def test_the_manifest_tells_the_circumstances(self, run):
        assert {"versions", "platform", "command", "started", "seconds", "weeks", "outcome"} <= set(run.manifest)
        assert {"python", "numpy", "mesa", "pandas", "market_abm"} <= set(run.manifest["versions"])


class TestId:
    def test_depends_on_seed_scenario_and_market(self, scenario):
        other = scenario.model_copy(update={"rules_off": ["news"]})

        ids = {
            run_id(scenario, 1),
            run_id(scenario, 2),
            run_id(other, 1),
            run_id(scenario, 1, market="mine"),
        }

        assert len(ids) == 4

    def test_does_not_depend_on_the_order_of_rows(self, scenario):
        turned = scenario.model_copy(update={"zone": dict(reversed(scenario.zone.items()))})

        assert list(turned.zone) != list(scenario.zone)
        assert run_id(turned, 1) == run_id(scenario, 1)

    def test_depends_on_the_order_of_policies(self, scenario):
        both = [
            ExportQuota(name=name, origin="CN", rounds=[(scenario.time.start, tonnes)])
            for name, tonnes in (("a", 1.0), ("b", 2.0))
        ]
        ids = {run_id(scenario.model_copy(update={"policy": rows}), 1) for rows in (both, both[::-1])}

        assert len(ids) == 2

    def test_is_known_before_the_run(self, scenario, run):
        assert run.id == run_id(scenario, 1, market="fake_market.FakeMarket")

    def test_is_the_same_in_every_process(self):
        words = (
            "from fake_market import tiny; from market_abm.record import identity;"
            "identity.model_version = lambda: 'this'; print(identity.run_id(tiny(), 1))"
        )
        here = [str(Path(__file__).parent), str(Path(market_abm.__file__).parent.parent), *sys.path]
        line = [sys.executable, "-c", words]
        said = []
        for hash_seed in "12":
            env = {**os.environ, "PYTHONPATH": os.pathsep.join(here), "PYTHONHASHSEED": hash_seed}
            said.append(subprocess.run(line, env=env, capture_output=True, text=True, check=True).stdout)

        assert said[0] == said[1]


class TestDigest:
    def test_does_not_depend_on_how_words_and_times_are_held(self, run):
        prices = run.prices.copy()
        prices["zone"] = prices["zone"].astype("category")
        prices["material"] = prices["material"].astype(object)
        prices["week"] = prices["week"].astype("datetime64[s]")

        assert digest({**run.tables, "prices": prices}) == run.digest

    def test_does_not_depend_on_the_order_of_tables(self, run):
        assert digest(dict(reversed(run.tables.items()))) == run.digest

    @pytest.mark.parametrize(
        "change",
        [
            lambda frame: frame.assign(price_usd_per_kg=frame["price_usd_per_kg"] + 1e-12),
            lambda frame: frame.assign(zone="JP"),
            lambda frame: frame.iloc[::-1],
            lambda frame: frame.iloc[:-1],
            lambda frame: frame[frame.columns[::-1]],
            lambda frame: frame.rename(columns={"zone": "place"}),
            lambda frame: frame.assign(week=frame["week"] + pd.Timedelta(days=7)),
        ],
    )
    def test_notices_every_change(self, run, change):
        assert digest({**run.tables, "prices": change(run.prices)}) != run.digest


class TestSave:
    def test_a_loaded_run_is_the_saved_one(self, run, tmp_path):
        saved = run.save(tmp_path / "deep" / "run")

        loaded = Run.load(tmp_path / "deep" / "run")

        assert (loaded.id, loaded.digest, loaded.seed) == (run.id, run.digest, 1)
        assert loaded.scenario == run.scenario
        assert loaded.manifest["digest"] == run.digest
        assert saved.path == loaded.path
        for name, frame in run.tables.items():
            pd.testing.assert_frame_equal(loaded.tables[name], frame, check_dtype=False)

    def test_saving_a_loaded_run_keeps_its_identity(self, run, tmp_path):
        run.save(tmp_path / "one")

        Run.load(tmp_path / "one").save(tmp_path / "two")

        assert Run.load(tmp_path / "two").id == run.id

    def test_an_existing_run_is_not_replaced_unasked(self, run, tmp_path):
        run.save(tmp_path / "run")

        with pytest.raises(RunFolderError, match="--force"):
            run.save(tmp_path / "run")

    def test_overwriting_replaces_the_run_and_leaves_nothing_beside_it(self, scenario, run, tmp_path):
        run.save(tmp_path / "run")
        other = simulate(scenario, 9, market=FakeMarket)

        other.save(tmp_path / "run", overwrite=True)

        assert Run.load(tmp_path / "run").digest == other.digest
        assert left_over(tmp_path) == ["run"]

    def test_what_is_no_run_is_never_replaced(self, run, tmp_path):
        (tmp_path / "thesis").mkdir()
        (tmp_path / "thesis" / "chapter.txt").write_text("years of work")

        with pytest.raises(RunFolderError, match="other things"):
            run.save(tmp_path / "thesis", overwrite=True)

        assert (tmp_path / "thesis" / "chapter.txt").exists()

    def test_an_empty_folder_may_be_used(self, run, tmp_path):
        (tmp_path / "run").mkdir()

        run.save(tmp_path / "run")

        assert Run.load(tmp_path / "run").id == run.id

    def test_a_file_in_the_way_is_named(self, run, tmp_path):
        (tmp_path / "file").write_text("")

        with pytest.raises(RunFolderError, match=r"cannot be written \(.*\).*--out"):
            run.save(tmp_path / "file" / "run")

    @pytest.mark.parametrize(
        ("number", "words"), [(errno.ENOSPC, "no space left"), (errno.EACCES, "cannot be written")]
    )
    def test_a_refusing_disk_leaves_nothing(self, run, tmp_path, monkeypatch, number, words):
        def refuse(*_args, **_kwargs):
            raise OSError(number, os.strerror(number))

        monkeypatch.setattr(pd.DataFrame, "to_parquet", refuse)

        with pytest.raises(RunFolderError, match=words):
            run.save(tmp_path / "run")

        assert left_over(tmp_path) == []

    def test_interrupted_in_the_middle_of_writing_leaves_nothing(self, run, tmp_path, monkeypatch):
        def interrupt(_path):
            raise KeyboardInterrupt

        monkeypatch.setattr(folder_module, "_sync", interrupt)

        with pytest.raises(KeyboardInterrupt):
            run.save(tmp_path / "run")

        assert left_over(tmp_path) == []

    def test_the_old_run_comes_back_when_the_new_one_cannot_take_its_place(self, run, tmp_path, monkeypatch):
        run.save(tmp_path / "run")
        rename = Path.rename

        def refuse(path, target):
            if path.suffix == ".partial":
                raise OSError(errno.EIO, "broken disk")
            return rename(path, target)

        monkeypatch.setattr(Path, "rename", refuse)
        with pytest.raises(RunFolderError, match="broken disk"):
            run.save(tmp_path / "run", overwrite=True)

        assert Run.load(tmp_path / "run").id == run.id
        assert left_over(tmp_path) == ["run"]

    def test_leftovers_of_killed_processes_are_swept_away_and_young_ones_kept(self, run, tmp_path):
        for name, age in ((".run.dead.partial", 7200), (".run.live.partial", 10)):
            (tmp_path / name).mkdir()
            os.utime(tmp_path / name, (time.time() - age,) * 2)

        run.save(tmp_path / "run")

        assert left_over(tmp_path) == [".run.live.partial", "run"]


class TestLoad:
    @pytest.mark.parametrize("damage", ["missing", "changed", "manifest"])
    def test_a_damaged_folder_is_told(self, run, tmp_path, damage):
        run.save(tmp_path / "run")
        table, manifest = tmp_path / "run" / "prices.parquet", tmp_path / "run" / "manifest.json"
        if damage == "missing":
            table.unlink()
        elif damage == "changed":
            table.write_bytes(table.read_bytes()[:-1] + b"?")
        else:
            manifest.write_text("{")

        with pytest.raises(RunFolderError, match=r"is damaged: .*(prices.parquet|manifest.json)"):
            Run.load(tmp_path / "run")

    @pytest.mark.parametrize("name", ["nowhere", "."])
    def test_what_is_no_run_is_told(self, tmp_path, name):
        with pytest.raises(RunFolderError, match=r"does not exist|no manifest.json"):
            Run.load(tmp_path / name)

    def test_a_report_in_the_folder_is_no_damage(self, run, tmp_path):
        saved = run.save(tmp_path / "run")
        saved.report_path.write_text("<html>")

        assert Run.load(tmp_path / "run").id == run.id


class TestAlreadyIn:
    def test_finds_the_run_of_this_identity(self, run, tmp_path):
        run.save(tmp_path / "run")

        assert already_in(tmp_path / "run", run.id).digest == run.digest

    def test_a_free_place_is_nothing(self, run, tmp_path):
        assert already_in(tmp_path / "run", run.id) is None

    def test_another_run_is_refused_or_given_up(self, run, tmp_path):
        run.save(tmp_path / "run")

        with pytest.raises(RunFolderError, match=r"--out.*--force"):
            already_in(tmp_path / "run", "another")
        assert already_in(tmp_path / "run", "another", overwrite=True) is None


class TestPackage:
    def test_importing_it_imports_nothing_heavy(self):
        words = "import sys, market_abm; print({'numpy', 'pandas', 'mesa', 'pydantic'} & set(sys.modules))"

        said = subprocess.run(
            [sys.executable, "-c", words],
            cwd=Path(market_abm.__file__).parent.parent,
            capture_output=True,
            text=True,
            check=True,
        )

        assert said.stdout.strip() == "set()"

    def test_its_version_is_that_of_the_project(self):
        import tomllib

        project = Path(market_abm.__file__).parent.parent / "pyproject.toml"

        assert tomllib.loads(project.read_text())["project"]["version"] == market_abm.__version__

    def test_an_unknown_name_lists_the_public_ones(self):
        with pytest.raises(AttributeError, match="load_scenario"):
            market_abm.simulat  # noqa: B018
