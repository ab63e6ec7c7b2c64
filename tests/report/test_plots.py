"""Figures of results: what is drawn is what the result says."""

from __future__ import annotations

from itertools import pairwise

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.colors import to_rgb

import pse_opt as pse
from pse_opt.report.network import lines_of
from pse_opt.report.style import FILLS, HATCHES, LINES, shown
from pse_opt.solving.outcome import Progress
from tests.conftest import small_tables
from tests.report.test_maps import texts


@pytest.fixture(scope="module")
def result():
    return pse.solve("tiny-two-districts", "equalized", gap=0)


def test_costs_are_bars_of_the_terms_in_their_unit(result):
    axes = pse.plot_costs(result).axes[0]
    drawn = sorted(bar.get_width() for bar in axes.patches)
    assert drawn == pytest.approx(sorted(v / 1e3 for v in result.costs.values() if v))
    assert axes.get_xlabel() == "thousand money a year"
    labels = [t.get_text() for t in axes.get_yticklabels()]
    assert set(labels) == {t.replace("_", " ") for t, v in result.costs.items() if v}


def test_who_delivers_adds_up_to_what_is_covered(result):
    axes = pse.plot_delivery(result).axes[0]
    ends = {}
    for bar in axes.patches:
        row = round(bar.get_y(), 3)
        ends[row] = max(ends.get(row, 0.0), bar.get_x() + bar.get_width())
    levels = result.levels
    covered = 100 * np.average(levels["coverage"], weights=levels["demand"])
    today = 100 * 1000 / 1500  # one clinic serves the north, as the instance says
    assert list(ends.values()) == pytest.approx([today, covered])


def test_lorenz_curves_end_at_everybody_and_are_drawn_for_today_too(result):
    axes = pse.plot_lorenz(result).axes[0]
    diagonal, today, plan = axes.lines
    for line in (diagonal, today, plan):
        assert line.get_xydata()[-1] == pytest.approx([100, 100])
    assert today.get_linestyle() == "--"
    assert np.all(plan.get_ydata() <= plan.get_xdata() + 1e-9)
    gini = result.inequality["regions"]["health"]["gini"]
    assert f"{100 * gini:.1f}%" in axes.get_title()


def test_levels_reach_from_the_least_to_the_greatest(result):
    axes = pse.plot_levels(result).axes[0]
    ranges = [line.get_xdata() for line in axes.lines if line.get_linewidth() == 1.0]
    assert ranges[-1] == pytest.approx([100 * result.levels["coverage"].min(),
                                        100 * result.levels["coverage"].max()])  # fmt: skip
    assert axes.get_xlabel() == "coverage, %"


def test_the_network_has_a_line_for_every_delivery_across_a_border():
    result = pse.solve("cn-ningxia", "core", gap=0.05, time_limit=20)
    instance, plan = result.instance, result.plan
    home = dict(zip(instance.offers["offer"], instance.offers["region"], strict=True))
    pairs = plan.deliveries[["offer", "region"]].drop_duplicates()
    abroad = sum(home.get(o) not in (None, r) for o, r in pairs.itertuples(index=False))
    assert len(lines_of(instance, plan)) == abroad > 0
    axes = pse.plot_network(instance, plan).axes[0]
    drawn = [line for line in axes.lines if line.get_color() in {c for c, _ in LINES.values()}]
    assert sum(np.isnan(line.get_xdata()).sum() for line in drawn) == abroad


def test_a_map_of_deliveries_needs_a_plan_and_can_shade_travel(result):
    with pytest.raises(ValueError, match="give one"):
        pse.plot_map(result.instance, deliveries=True)
    figure = pse.plot_map(result.instance, result.levels, plan=result.plan, level="travel")
    assert "travel, km (mean over services)" in texts(figure)
    grey = pse.plot_map(result.instance, level=None)
    assert len(grey.axes) == 1, "no scale where nothing is shaded"


def test_convergence_shows_what_was_recorded():
    moments = [Progress(1.0, None, 80.0, None), Progress(2.0, 120.0, 90.0, 0.25),
               Progress(4.0, 100.0, 99.0, 0.01)]  # fmt: skip
    axes = pse.plot_convergence(moments, unit="money").axes[0]
    plan, _, bound, _ = axes.lines
    assert plan.get_xydata().tolist() == [[2.0, 120.0], [4.0, 100.0]]
    assert bound.get_ydata()[-1] == 99.0
    with pytest.raises(ValueError, match="no moment"):
        pse.plot_convergence([])


def test_a_solve_keeps_its_history_and_ends_with_the_result():
    seen = []
    result = pse.solve("mw-districts", "equalized", gap=0.05, time_limit=30, progress=seen.append)
    assert result.history
    last = result.history[-1]
    assert last.objective == pytest.approx(result.objective, rel=1e-6)
    assert last.bound == pytest.approx(result.bound)
    pairs = [(m.objective, m.bound) for m in result.history[:-1]]
    assert all(a != b for a, b in pairwise(pairs))
    assert {(m.objective, m.bound) for m in seen} == set(pairs)
    assert result.to_dict()["history"][-1]["objective"] == last.objective
    assert "million USD a year" in texts(pse.plot_convergence(result))


def test_who_delivers_stays_apart_in_grey():
    kinds = {k: c for k, c in FILLS.items() if k not in HATCHES}
    assert len(kinds) == 3
    grey = [np.dot(to_rgb(c), (0.2126, 0.7152, 0.0722)) for c in kinds.values()]
    assert np.diff(sorted(grey)).min() > 0.15


def test_a_name_that_no_font_has_is_not_drawn_as_boxes(monkeypatch):
    from pse_opt.report import style

    monkeypatch.setattr(style, "_fonts", lambda: (style.font_manager.get_font(
        style.font_manager.findfont("DejaVu Sans")),))  # fmt: skip
    assert shown("南明区", "520102") == "520102"
    assert shown("Épinal", "88") == "Épinal"
    with mpl.rc_context({"svg.fonttype": "none"}):
        assert shown("南明区", "520102") == "南明区"


def test_drawing_leaves_the_settings_of_the_user_alone(result):
    before = dict(mpl.rcParams)
    pse.plot_levels(result)
    assert dict(mpl.rcParams) == before


def test_an_unknown_entry_and_a_result_without_a_plan_are_refused(result):
    with pytest.raises(ValueError, match="known: regions, coverage"):
        pse.plot_lorenz(result, "nowhere")
    instance = pse.Instance.from_tables(small_tables())
    empty = pse.solve(instance, "core", overrides={"coverage.floor": 1.0})
    for draw in (pse.plot_levels, pse.plot_lorenz, pse.plot_costs):
        with pytest.raises(ValueError, match="no plan"):
            draw(empty)
