"""A plan is read as a spreadsheet holds it, and what contradicts the instance is reported."""

import math

import pandas as pd
import pytest

from pse_opt.errors import InputError
from pse_opt.instance import Instance
from pse_opt.plan import Plan, read_plan
from tests.conftest import only, small_tables

SIZES = {
    "offer": ["clinic", "clinic", "clinic"],
    "size": ["small", "middle", "big"],
    "capacity": [500, 800, 1000],
    "fixed_cost": [600, 1100, 1000],
    "unit_cost": [11, 10, 10],
}
DELIVERY = {"offer": ["clinic"], "region": ["north"], "service": ["health"], "share": [0.5]}


@pytest.fixture
def instance():
    return Instance.from_tables(small_tables())


@pytest.fixture
def sized():
    return Instance.from_tables(small_tables(sizes=SIZES))


def plan(instance, engaged=None, **columns):
    chosen = None if engaged is None else pd.DataFrame(engaged)
    return Plan.from_deliveries(instance, pd.DataFrame({**DELIVERY, **columns}), chosen)


def problem_of(instance, engaged=None, **columns):
    with pytest.raises(InputError) as caught:
        plan(instance, engaged, **columns)
    problem = only(caught.value)
    return problem.where, problem.row, problem.column, problem.value


def test_a_plan_is_a_table_of_shares(instance):
    made = plan(instance)
    assert made.deliveries.to_dict("records") == [
        {"offer": "clinic", "region": "north", "group": "", "service": "health", "share": 0.5}
    ]
    assert made.engagements.to_dict("records") == [{"offer": "clinic", "size": ""}]
    assert made.inferred == ()


def test_units_become_the_share_of_the_need_that_they_are(instance):
    assert plan(instance, share=[""], units=[250]).deliveries["share"].iloc[0] == 0.25


def test_where_share_and_units_are_both_given_the_share_counts(instance):
    assert plan(instance, units=[1]).deliveries["share"].iloc[0] == 0.5


def test_a_share_that_rounding_put_above_one_is_read(instance):
    assert plan(instance, share=[1 + 1e-9]).deliveries["share"].iloc[0] == 1.0


def test_columns_of_a_result_that_are_not_needed_are_passed_over(instance):
    made = plan(instance, public_cost=[12.5], provider=["state"])
    assert list(made.deliveries) == ["offer", "region", "group", "service", "share"]


def test_deliveries_to_a_need_without_demand_are_left_out():
    instance = Instance.from_tables(small_tables(needs={"demand": [0, 500]}))
    made = plan(
        instance,
        offer=["clinic"] * 2,
        region=["north", "south"],
        service=["health"] * 2,
        share=["", 0.5],
        units=[0, ""],
    )
    assert list(made.deliveries["region"]) == ["south"]


def test_last_resort_delivers_without_being_engaged(instance):
    made = plan(instance, offer=["last_resort"])
    assert made.engagements.empty
    assert len(made.deliveries) == 1


@pytest.mark.parametrize(("units", "size"), [(100, "small"), (500, "big"), (1000, "big")])
def test_a_size_not_given_is_the_cheapest_that_fits_and_said_to_be_inferred(sized, units, size):
    made = plan(sized, share=[""], units=[units])
    assert made.engagements.to_dict("records") == [{"offer": "clinic", "size": size}]
    assert made.inferred == ("clinic",)


def test_a_volume_above_every_size_takes_the_largest(sized):
    made = plan(
        sized,
        offer=["clinic"] * 2,
        region=["north", "south"],
        service=["health"] * 2,
        share=[1, 1],
    )
    assert list(made.engagements["size"]) == ["big"]


def test_a_size_given_is_kept(sized):
    made = plan(sized, size=["middle"])
    assert list(made.engagements["size"]) == ["middle"]
    assert made.inferred == ()


def test_offers_can_be_engaged_without_delivering(sized):
    made = plan(sized, engaged={"offer": ["mobile", "clinic"], "size": [math.nan, "big"]})
    assert made.engagements.to_dict("records") == [
        {"offer": "clinic", "size": "big"},
        {"offer": "mobile", "size": ""},
    ]


@pytest.mark.parametrize(
    ("columns", "place"),
    [
        ({"offer": ["clinc"]}, ("deliveries", 2, "offer", "clinc")),
        ({"region": ["nrth"]}, ("deliveries", 2, "region", "nrth")),
        ({"service": ["helth"]}, ("deliveries", 2, "service", "helth")),
        ({"share": ["half"]}, ("deliveries", 2, "share", "half")),
        ({"share": ["90"]}, ("deliveries", 2, "share", "90")),
        ({"share": [""]}, ("deliveries", 2, "share", None)),
        ({"size": ["huge"]}, ("deliveries", 2, "size", "huge")),
        ({"engaged": {"offer": ["clinc"]}}, ("plan", 2, "offer", "clinc")),
        ({"engaged": {"offer": ["clinic"], "size": ["huge"]}}, ("plan", 2, "size", "huge")),
        ({"engaged": {"provider": ["state"]}}, ("plan", None, "offer", None)),
    ],
)
def test_what_the_instance_does_not_know_is_reported(sized, columns, place):
    columns = dict(columns)
    assert problem_of(sized, columns.pop("engaged", None), **columns) == place


def test_all_problems_of_a_plan_come_together(instance):
    with pytest.raises(InputError) as caught:
        plan(instance, {"offer": ["clinc"]}, region=["nrth"], share=["half"])
    assert len(caught.value.problems) == 3


def test_the_baseline_of_an_instance_is_a_plan():
    instance = Instance.from_tables(small_tables(baseline=DELIVERY))
    assert Plan.baseline(instance).deliveries["share"].iloc[0] == 0.5


def test_without_a_baseline_there_is_none(instance):
    assert Plan.baseline(instance) is None


def test_a_plan_is_read_from_a_table_or_a_result_folder(sized, tmp_path):
    table = tmp_path / "deliveries.csv"
    table.write_text("offer,region,service,share\nclinic,north,health,0.5\n")
    assert list(read_plan(table, sized).engagements["size"]) == ["big"]
    (tmp_path / "plan.csv").write_text("offer,size,cost\nclinic,middle,5\n")
    assert list(read_plan(tmp_path, sized).engagements["size"]) == ["middle"]


def test_a_folder_that_holds_no_plan_says_what_would(instance, tmp_path):
    with pytest.raises(InputError) as caught:
        read_plan(tmp_path, instance)
    assert "deliveries.csv" in only(caught.value).message
