"""Model documents: what is merged, what is refused, and with which words."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import pse_opt as pse
from pse_opt.components import COMPONENTS
from tests.conftest import small_tables

GOOD = {"coverage": {"floor": 0.7}, "objective": {"minimize": ["engagement", "delivery"]}}
EVEN = {"name": "regions", "measure": "range", "maximum": 0.1}


def problems(document: object, **overrides: object) -> list[str]:
    """What is wrong with a document, as a planner reads it."""
    with pytest.raises(pse.InputError) as caught:
        pse.read_policy(document, overrides.get("overrides"))
    return [str(p) for p in caught.value.problems]


def problem(document: object, **overrides: object) -> str:
    (one,) = problems(document, **overrides)
    return one


def write_model(folder: Path, name: str, text: str) -> Path:
    path = folder / name / "model.toml"
    path.parent.mkdir(parents=True)
    path.write_text(text, encoding="utf-8")
    return path


# Extending


def test_a_model_has_what_it_extends_and_its_own():
    core, equalized = pse.read_policy("core"), pse.read_policy("equalized")
    assert equalized.sections["coverage"] == core.sections["coverage"]
    assert equalized.objective == core.objective
    assert [e.name for e in equalized.equalization] == ["regions"]
    assert equalized.name == "equalized"


def test_an_own_parameter_replaces_one_and_keeps_the_others():
    policy = pse.read_policy({"extends": "core", "coverage": {"target": 0.8}})
    assert policy.sections["coverage"] == {"floor": 0.7, "target": 0.8}


def test_equalization_entries_are_merged_by_their_names():
    entries = [{"name": "regions", "maximum": 0.05}, {**EVEN, "name": "more"}]
    policy = pse.read_policy({"extends": "equalized", "equalization": entries})
    assert [(e.name, e.measure, e.maximum) for e in policy.equalization] == [
        ("regions", "range", 0.05),
        ("more", "range", 0.1),
    ]


def test_an_own_objective_replaces_the_other_altogether():
    policy = pse.read_policy({"extends": "core", "objective": {"maximize": "coverage"}})
    assert policy.objective.minimize is None
    assert policy.objective.maximize == "coverage"


def test_a_model_extends_one_that_stands_beside_it(tmp_path):
    write_model(tmp_path, "base", 'extends = "core"\n[coverage]\nfloor = 0.5\n')
    path = write_model(tmp_path, "mine", 'name = "mine"\nextends = "base"\n')
    policy = pse.read_policy(path)
    assert policy.sections["coverage"] == {"floor": 0.5, "target": 0.9}
    assert pse.read_policy(path.parent).sections == policy.sections


def test_models_that_extend_each_other_are_refused(tmp_path):
    write_model(tmp_path, "one", 'extends = "other"\n')
    path = write_model(tmp_path, "other", 'extends = "one"\n')
    assert "extend each other" in problem(path)


def test_a_model_nobody_knows_is_refused_with_the_nearest():
    assert "did you mean 'equalized'" in problem("equalised")


def test_a_document_that_is_not_toml_is_refused(tmp_path):
    assert "not a TOML document" in problem(write_model(tmp_path, "bad", "floor = = 1"))
    assert "no such file" in problem(tmp_path / "none.toml")


def test_reading_leaves_the_document_as_it_was():
    document = {**GOOD, "equalization": [dict(EVEN)]}
    pse.read_policy(document, {"coverage.floor": 0.1, "equalization.regions.maximum": 0.9})
    assert document["coverage"] == {"floor": 0.7}
    assert document["equalization"] == [EVEN]


# Overrides


def test_an_override_sets_a_parameter():
    policy = pse.read_policy("equalized", {"coverage.floor": 0.6, "solve.gap": 0.01})
    assert policy.sections["coverage"]["floor"] == 0.6
    assert policy.options.gap == 0.01
    assert policy.overrides == {"coverage.floor": 0.6, "solve.gap": 0.01}


def test_an_override_sets_a_bound_by_the_name_of_its_entry():
    policy = pse.read_policy("equalized", {"equalization.regions.maximum": 0.05})
    assert policy.equalization[0].maximum == 0.05


def test_false_removes_and_true_adds_a_section():
    overrides = {"coverage": False, "equalization": False, "last_resort": True}
    policy = pse.read_policy("equalized", overrides)
    assert set(policy.sections) == {"last_resort"}
    assert policy.equalization == ()
    assert policy.sections["last_resort"] == {"services": "all", "maximum_share": 1.0}


def test_false_removes_one_entry():
    document = {**GOOD, "equalization": [EVEN, {**EVEN, "name": "more"}]}
    policy = pse.read_policy(document, {"equalization.regions": False})
    assert [e.name for e in policy.equalization] == ["more"]


def test_an_override_of_the_objective_replaces_it():
    assert pse.read_policy("core", {"objective.maximize": "coverage"}).objective.minimize is None


def test_overrides_add_to_those_of_a_policy():
    policy = pse.read_policy(pse.read_policy("core", {"coverage.floor": 0.6}), {"solve.gap": 0.0})
    assert policy.overrides == {"coverage.floor": 0.6, "solve.gap": 0.0}
    assert policy.sections["coverage"]["floor"] == 0.6


def test_an_override_of_an_entry_nobody_knows_is_refused_with_the_nearest():
    text = problem("equalized", overrides={"equalization.region.maximum": 0.05})
    assert "no such equalization entry" in text
    assert "did you mean 'regions'" in text


@pytest.mark.parametrize("key", ["coverage", "coverage.floor.more", "equalization.regions"])
def test_an_override_that_is_no_key_is_refused_with_an_example(key):
    assert "--set" in problem("equalized", overrides={key: 0.5})


def test_the_merged_document_can_be_read_again():
    policy = pse.read_policy("equalized", {"coverage.floor": 0.6})
    again = pse.read_policy(policy.document)
    assert again.sections == policy.sections
    assert again.equalization == policy.equalization
    assert 'name = "regions"' in policy.to_toml()


# Refused


def test_an_unknown_component_is_refused_with_the_nearest_and_all():
    text = problem({**GOOD, "last_resrt": {}})
    assert "unknown component" in text
    assert "did you mean 'last_resort'" in text
    assert "single_source" in text


def test_an_unknown_parameter_is_refused_with_the_nearest():
    text = problem({**GOOD, "coverage": {"flor": 0.7}})
    assert "column coverage.flor" in text
    assert "did you mean 'floor'" in text


def test_an_unknown_measure_is_refused_with_the_nearest():
    text = problem({**GOOD, "equalization": [{**EVEN, "measure": "rang"}]})
    assert "column equalization.regions.measure" in text
    assert "did you mean 'range'" in text


def test_an_unknown_cost_term_is_refused_with_the_nearest():
    text = problem({"objective": {"minimize": ["engagment"]}})
    assert "unknown cost term" in text
    assert "did you mean 'engagement'" in text


@pytest.mark.parametrize(
    ("section", "values"),
    [
        ("coverage", {"floor": 1.2}),
        ("coverage", {"target": -0.1}),
        ("last_resort", {"maximum_share": 2}),
        ("budgets", {"scale": -1}),
        ("total_budget", {"maximum": -5}),
        ("total_budget", {"maximum": float("inf")}),
        ("solve", {"gap": 2}),
        ("solve", {"time_limit": 0}),
        ("coverage", {"floor": "high"}),
        ("single_source", {"services": 7}),
    ],
)
def test_a_value_out_of_range_is_refused_where_it_stands(section, values):
    found = problems({**GOOD, section: values})
    assert all(f"column {section}." in text for text in found)


def test_several_problems_are_reported_at_once():
    document = {
        "coverage": {"floor": 1.2, "goal": 0.9},
        "budget": {},
        "equalization": [{**EVEN, "measure": "gni"}, {"name": "b"}],
        "objective": {"minimize": ["delivry"]},
    }
    found = "\n".join(problems(document))
    wanted = ("coverage.floor", "coverage.goal", "budget", "regions.measure", "b", "delivry")
    for word in wanted:
        assert word in found


def test_a_section_that_is_no_table_is_refused():
    assert "not a table of parameters" in problem({**GOOD, "coverage": 0.7})
    assert "not a list of entries" in problem({**GOOD, "equalization": EVEN})


def test_an_objective_is_needed_and_only_one():
    assert "either minimize" in problem({"coverage": {}})
    both = {"minimize": ["delivery"], "maximize": "coverage"}
    assert "either minimize" in problem({"objective": both})
    assert "no cost term" in problem({"objective": {"minimize": []}})


def test_two_entries_of_the_same_name_are_refused():
    assert "same name" in problem({**GOOD, "equalization": [EVEN, EVEN]})


@pytest.mark.parametrize("measure", ["band", "ratio", "range", "floor"])
def test_measures_of_travel_that_make_near_people_travel_further_are_refused(measure):
    bound = {"minimum": 1.0} if measure == "floor" else {"maximum": 1.5}
    entry = {"name": "near", "level": "travel", "measure": measure, **bound}
    text = problem({**GOOD, "equalization": [entry]})
    assert "making near people travel further" in text
    assert "ceiling" in text
    ceiling = {"name": "near", "level": "travel", "measure": "ceiling", "maximum": 20}
    assert pse.read_policy({**GOOD, "equalization": [ceiling]}).equalization[0].bound == 20


@pytest.mark.parametrize(
    ("entry", "word"),
    [
        ({"measure": "floor", "maximum": 0.1}, "takes minimum and no maximum"),
        ({"measure": "range", "minimum": 0.1}, "takes maximum and no minimum"),
        ({"measure": "ratio", "maximum": 0.9}, "at least 1"),
        ({"maximum": 0.1, "index_weights": {"health": 0.0}}, "positive"),
    ],
)
def test_a_bound_that_makes_no_sense_is_refused(entry, word):
    assert word in problem({**GOOD, "equalization": [{"name": "even", **entry}]})


# With an instance


def test_services_the_instance_does_not_have_are_refused_with_the_nearest():
    document = {
        **GOOD,
        "single_source": {"services": ["halth"]},
        "equalization": [{**EVEN, "services": ["health", "scool"]}],
    }
    with pytest.raises(pse.InputError) as caught:
        pse.build_model(pse.load_instance("tiny-two-districts"), document)
    assert len(caught.value.problems) == 2
    assert "did you mean 'health'" in str(caught.value)


def test_groups_are_not_compared_where_there_are_none():
    document = {**GOOD, "equalization": [{**EVEN, "between": "groups"}]}
    with pytest.raises(pse.InputError, match="no groups to compare"):
        pse.build_model(pse.load_instance("tiny-two-districts"), document)


@pytest.fixture
def at_most_offers() -> Iterator[str]:
    """A component of a user's own: at most a number of offers are engaged."""

    @pse.component
    def at_most_offers(m, instance, *, number: int = 3):
        """At most a number of offers are engaged."""
        columns = list(m.engaged.values())
        yield pse.Row("all", [1.0] * len(columns), columns, None, number)

    yield "at_most_offers"
    del COMPONENTS["at_most_offers"]


def test_a_component_of_the_users_own_is_named_in_a_document(at_most_offers):
    costs = {"minimize": ["engagement", "delivery"]}
    document = {"coverage": {"floor": 0.2}, at_most_offers: {"number": 1}, "objective": costs}
    result = pse.solve("tiny-two-districts", document, gap=0)
    # The helpers alone can go to both districts: 600, and 300 visits at 8.
    assert result.objective == pytest.approx(3000)
    assert result.verified
    assert result.verification.unchecked == (at_most_offers,)
    none = pse.solve("tiny-two-districts", document, overrides={"at_most_offers.number": 0})
    assert none.status == "infeasible"


def test_a_component_of_the_users_own_has_its_parameters_checked(at_most_offers):
    assert "did you mean 'number'" in problem({**GOOD, at_most_offers: {"numbr": 1}})
    assert "at_most_offers.number" in problem({**GOOD, at_most_offers: {"number": "few"}})
    text = problem({**GOOD, "at_most_ofers": {}})
    assert "did you mean 'at_most_offers'" in text


def test_a_component_nobody_imported_is_unknown():
    assert "unknown component" in problem({**GOOD, "at_most_offers": {}})


def test_a_name_that_is_taken_is_refused():
    def budgets(m, instance):
        """Not ours."""

    with pytest.raises(ValueError, match="exists already"):
        pse.component(budgets)


def test_a_bound_that_cannot_bind_is_warned_about():
    document = {**GOOD, "equalization": [{**EVEN, "maximum": 0.5}]}
    result = pse.solve("tiny-two-districts", document)
    assert "cannot bind" in "\n".join(str(w) for w in result.warnings)


def test_a_bound_is_not_called_idle_for_floors_that_do_not_hold():
    tables = small_tables(standards={"service": ["health"], "floor": [0.8]})
    document = {"objective": GOOD["objective"], "equalization": [{**EVEN, "maximum": 0.5}]}
    result = pse.solve(pse.Instance.from_tables(tables), document)
    assert result.objective == pytest.approx(0), "no floor holds without the section coverage"
    assert not [w for w in result.warnings if "cannot bind" in str(w)]


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        ({"title.x": 1}, "it has no parameters"),
        ({"coverage.floor": -0.1}, "too small. Remedy: write at least 0"),
        ({"coverage.floor": 1.5}, "too great. Remedy: write at most 1"),
        ({"coverage.floor": "much"}, "not a number. Remedy: write a number, without quotes"),
        ({"coverage.target": "much"}, "not a number"),
        ({"solve.seed": 1.5}, "not a whole number"),
        ({"solve.time_limit": 0}, "too small. Remedy: write more than 0"),
        ({"equalization.regions.name": "a b"}, "use letters, digits, - and _ only"),
        ({"equalization.regions.services": 3}, "not known"),
    ],
)
def test_a_wrong_value_is_told_in_plain_words_with_a_remedy(overrides, said):
    with pytest.raises(pse.InputError) as caught:
        pse.read_policy("equalized", overrides)
    assert len(caught.value.problems) == 1
    assert said in str(caught.value)
    assert "Input should be" not in str(caught.value)


def test_an_equalization_entry_that_is_no_table_is_refused():
    document = {"objective": {"minimize": ["delivery"]}, "equalization": ["a"]}
    with pytest.raises(pse.InputError, match="not a table"):
        pse.read_policy(document)


def test_a_total_budget_is_given_once():
    document = {
        "objective": {"maximize": "coverage"},
        "total_budget": {"maximum": 10, "share": 0.5},
    }
    with pytest.raises(pse.InputError, match="only one can hold"):
        pse.solve("tiny-two-districts", document)


def test_two_entries_of_one_name_are_refused_before_they_are_merged():
    twice = [{**EVEN, "name": "x", "maximum": 0.0}, {**EVEN, "name": "x", "maximum": 0.3}]
    with pytest.raises(pse.InputError, match="two entries have the same name"):
        pse.read_policy({"extends": "core", "equalization": twice})


def test_a_model_without_a_name_is_called_after_its_file(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text('extends = "core"\n[coverage]\nfloor = 0.5\n')
    policy = pse.read_policy(path)
    assert policy.name == "mine"
    assert policy.title == ""
    assert policy.sections["coverage"]["floor"] == 0.5


def test_what_a_model_extends_is_a_name_and_is_not_set_afterwards():
    with pytest.raises(pse.InputError, match="not the name of a model"):
        pse.read_policy({"extends": 5})
    with pytest.raises(pse.InputError, match="cannot be set"):
        pse.read_policy("core", {"extends": "equalized"})


@pytest.mark.parametrize(
    "change",
    [{"services": []}, {"services": ["a", "a"]}, {"index_weights": {"health": 2.0}}],
)
def test_an_entry_that_would_do_nothing_is_refused(change):
    with pytest.raises(pse.InputError, match="services"):
        pse.read_policy({"extends": "core", "equalization": [{**EVEN, **change}]})


def test_an_entry_with_nobody_to_compare_is_warned_about():
    document = {
        "objective": GOOD["objective"],
        "equalization": [{**EVEN, "between": "jurisdictions", "maximum": 0.1}],
    }
    tables = small_tables(jurisdictions=None)
    tables["regions"] = tables["regions"].drop(columns="jurisdiction")
    result = pse.solve(pse.Instance.from_tables(tables), document)
    assert "nobody to compare" in "\n".join(str(w) for w in result.warnings)
