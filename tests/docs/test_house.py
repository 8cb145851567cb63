"""The house has no circle: following imports from a module never leads back to it, type-checking imports counted."""

import graphlib

import pytest

grimp = pytest.importorskip("grimp", reason="import-linter is not installed: pip install -e '.[test]'")


def test_no_module_imports_itself_by_way_of_others():
    graph = grimp.build_graph("market_abm", exclude_type_checking_imports=False, cache_dir=None)
    house = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}

    try:
        graphlib.TopologicalSorter(house).prepare()
    except graphlib.CycleError as fault:
        pytest.fail(" imports ".join(reversed(fault.args[1])))
