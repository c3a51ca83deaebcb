"""The stranger's own tests: the suites that recstore ships. They run where the package is installed."""

from __future__ import annotations

from typing import ClassVar

import pytest

from recstore.testing import CatalogSuite, LoaderSuite

LINES = """id,name,colours,height
1,Rose,red|white,120
2,Tulip,red|yellow,40
3,Daisy,white,20
4,Sunflower,yellow,250
5,Lavender,purple,60
6,Foxglove,purple|white,150
7,Poppy,red,70
8,,red,10
9,Iris,purple,not a number
"""


@pytest.fixture(scope="session")
def herbarium(tmp_path_factory):
    path = tmp_path_factory.mktemp("herbarium") / "plants.csv"
    path.write_text(LINES)
    return path


class TestHerbarium(LoaderSuite):
    loader = "herbarium"

    @pytest.fixture(scope="class")
    def source(self, herbarium):
        return herbarium


class TestPlants(CatalogSuite):
    catalog, loader = "plants", "herbarium"
    options: ClassVar[dict[str, object]] = {"max_reject_rate": 0.5, "height_matters": 0.5}

    @pytest.fixture(scope="class")
    def source(self, herbarium):
        return herbarium

    def test_its_own_function_answers(self, con):
        found = con.execute("SELECT name FROM plants_of_colour('red')").fetchall()
        assert found == [("Rose",), ("Poppy",), ("Tulip",)]
