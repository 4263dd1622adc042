"""What the dashboards are made of: panels of five kinds, variables, links, and the colours of severities and limits.

Rule: every panel says in words what it shows and when to worry; every query is Prometheus's and has a name.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from grafana_foundation_sdk.builders import (
    bargauge,
    common,
    dashboard,
    prometheus,
    stat,
    statetimeline,
    table,
    timeseries,
)
from grafana_foundation_sdk.models import common as looks
from grafana_foundation_sdk.models import dashboard as model
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

SOURCE = model.DataSourceRef(type_val="prometheus", uid="${datasource}")
HERE = 'site=~"$site",instance=~"$instance"'
"""What the variables choose."""
SEVERITY_COLOURS = {
    "critical": "dark-red",
    "high": "red",
    "medium": "orange",
    "low": "yellow",
    "info": "blue",
}
GOOD, WORRYING, BAD = "green", "orange", "red"
_RULES = Path(__file__).parents[2] / "prometheus/rules/soc.yml"
_RUNBOOK = re.compile(r"runbook_url: (\S+)/\w+\.md")

Panel = timeseries.Panel | stat.Panel | table.Panel | bargauge.Panel | statetimeline.Panel
Limits = Mapping[float, str]
"""From which value on a colour holds; green below."""


class Query(NamedTuple):
    """One question and the name of its answers."""

    expression: str
    legend: str = "__auto"


class Look(NamedTuple):
    """How a panel looks, where it is not as most of its kind."""

    limits: Limits | None = None
    stacked: bool = False
    colours: Mapping[str, str] = MappingProxyType({})
    """By the name of a series."""
    wide: int | None = None
    """Of 24."""
    high: int = 8


PLAIN = Look()


class Column(NamedTuple):
    """How a table shows one field."""

    title: str
    unit: str | None = None
    limits: Limits | None = None
    link: tuple[str, str] | None = None
    """Title and address."""


class Row(NamedTuple):
    """Panels under one heading."""

    title: str
    panels: Sequence[Panel]


def runbooks() -> str:
    """Return where the runbooks are, as the alert rules say it: there is one place to change."""
    found = _RUNBOOK.search(_RULES.read_text("utf-8"))
    if found is None:
        raise ValueError(f"{_RULES} has no runbook_url")
    return found[1]


def number(title: str, says: str, query: Query, unit: str, limits: Limits | None = None) -> Panel:
    """One number, coloured by its limits."""
    made = stat.Panel().unit(unit).thresholds(_thresholds(limits)).height(4).span(4)
    made.color_mode(looks.BigValueColorMode.VALUE).graph_mode(looks.BigValueGraphMode.AREA)
    made.with_target(_target(query).instant()).no_value("0")
    return _titled(made, title, says)


def graph(title: str, says: str, queries: Sequence[Query], unit: str, look: Look = PLAIN) -> Panel:
    """Lines over time."""
    made = timeseries.Panel().unit(unit).min(0).height(look.high).span(look.wide or 12)
    made.line_width(1).fill_opacity(25 if look.stacked else 5)
    legend = common.VizLegendOptions().display_mode(looks.LegendDisplayMode.TABLE)
    made.legend(legend.placement(looks.LegendPlacement.BOTTOM).calcs(["lastNotNull", "max"]))
    shown = common.VizTooltipOptions().mode(looks.TooltipDisplayMode.MULTI)
    made.tooltip(shown.sort(looks.SortOrder.DESCENDING))
    if look.stacked:
        made.stacking(common.StackingConfig().mode(looks.StackingMode.NORMAL))
    if look.limits:
        made.thresholds(_thresholds(look.limits))
        made.thresholds_style(common.GraphThresholdsStyleConfig().mode(looks.GraphThresholdsStyleMode.DASHED))
    for name, colour in look.colours.items():
        made.override_by_name(name, [_property("color", {"mode": "fixed", "fixedColor": colour})])
    for place, query in enumerate(queries):
        made.with_target(_target(query, place).range())
    return _titled(made, title, says)


def bars(title: str, says: str, query: Query, unit: str, look: Look = PLAIN) -> Panel:
    """One bar for each series, now."""
    made = bargauge.Panel().unit(unit).min(0).height(look.high).span(look.wide or 8)
    made.thresholds(_thresholds(look.limits))
    made.display_mode(looks.BarGaugeDisplayMode.GRADIENT).orientation(looks.VizOrientation.HORIZONTAL)
    made.with_target(_target(query).instant())
    return _titled(made, title, says)


def states(
    title: str, says: str, query: Query, words: Mapping[str, tuple[str, str]], look: Look = PLAIN
) -> Panel:
    """When what was so; ``words`` gives each value a text and a colour."""
    made = statetimeline.Panel().height(look.high).span(look.wide or 12).row_height(0.8).fill_opacity(70)
    shown = {
        value: model.ValueMappingResult(text=text, color=colour) for value, (text, colour) in words.items()
    }
    made.mappings([model.ValueMap(options=shown)])
    made.with_target(_target(query).range())
    return _titled(made, title, says)


def listing(
    title: str, says: str, queries: Sequence[Query], columns: Mapping[str, Column], look: Look = PLAIN
) -> Panel:
    """A table of what is so now; queries are joined on their labels, and only the named columns are shown, in order."""
    made = table.Panel().height(look.high).span(look.wide or 24)
    for place, query in enumerate(queries):
        made.with_target(_target(query, place).instant().format(PromQueryFormat.TABLE))
    if len(queries) > 1:
        made.with_transformation(model.DataTransformerConfig(id_val="merge", options={}))
    made.with_transformation(model.DataTransformerConfig(id_val="organize", options=_organized(columns)))
    for column in columns.values():
        if told := _column_properties(column):
            made.override_by_name(column.title, told)
    return _titled(made, title, says)


def choice(
    name: str, label: str, metric: str, *, among: str = "", many: bool = True
) -> dashboard.QueryVariable:
    """A variable with the values of a label, among series that earlier variables choose."""
    made = dashboard.QueryVariable(name).label(label).datasource(SOURCE)
    made.query(f"label_values({metric}{{{among}}}, {name})").refresh(
        model.VariableRefresh.ON_TIME_RANGE_CHANGED
    )
    made.sort(model.VariableSort.ALPHABETICAL_ASC)
    if many:
        made.multi(True).include_all(True).all_value(".*")
        made.current(model.VariableOption(selected=True, text=["All"], value=["$__all"]))
    return made


def board(
    uid: str, title: str, says: str, variables: Sequence[dashboard.QueryVariable], rows: Sequence[Row]
) -> model.Dashboard:
    """Put a dashboard together; panels are numbered, so that links to one of them stay good."""
    made = dashboard.Dashboard(title).uid(uid).description(says).tags(["umbilical"])
    made.time("now-24h", "now").refresh("1m").timezone("browser").editable()
    made.tooltip(model.DashboardCursorSync.CROSSHAIR)
    made.with_variable(dashboard.DatasourceVariable("datasource").label("Prometheus").type("prometheus"))
    for variable in variables:
        made.with_variable(variable)
    made.link(
        dashboard.DashboardLink("Umbilical")
        .type(model.DashboardLinkType.DASHBOARDS)
        .tags(["umbilical"])
        .as_dropdown(True)
        .include_vars(True)
        .keep_time(True)
    )
    made.link(
        dashboard.DashboardLink("Runbooks")
        .type(model.DashboardLinkType.LINK)
        .url(f"{runbooks()}/")
        .target_blank(True)
    )
    made.annotation(_alert_marks())
    for row in rows:
        made.with_row(dashboard.Row(row.title))
        for panel in row.panels:
            made.with_panel(panel)
    built = made.build()
    for place, one in enumerate(built.panels or [], 1):
        one.id_val = place
    return built


def alerts_firing(area: str, among: str) -> Panel:
    """What Prometheus's own rules say of these sensors now, each with its runbook."""
    return listing(
        "Alerts of Prometheus",
        "Rules that fire now for what is chosen above; each name leads to its runbook. Empty is good.",
        [Query(f'ALERTS{{alertstate="firing",area=~"{area}",{among}}}')],
        {
            "alertname": Column("Alert", link=("Runbook", f"{runbooks()}/${{__value.raw}}.md")),
            "severity": Column("Severity"),
            "site": Column("Site", link=SITE_LINK),
            "instance": Column("Sensor"),
            "vendor": Column("Vendor"),
        },
    )


SITE_LINK = ("This site", "/d/umbilical-site?var-site=${__value.raw}&${__url_time_range}")
SENSOR_LINK = ("This sensor", "/d/umbilical-sensor?var-instance=${__value.raw}&${__url_time_range}")
DEVICE_LINK = ("This device", "/d/umbilical-device?var-device=${__value.raw}&${__url_time_range}")


def _alert_marks() -> dashboard.AnnotationQuery:
    """Mark on every graph when a critical rule began to fire."""
    made = (
        dashboard.AnnotationQuery().name("Critical alerts").datasource(SOURCE).enable(True).icon_color("red")
    )
    return made.expr('ALERTS{alertstate="firing",severity="critical",alertname=~"Umbilical.*"}')


def _organized(columns: Mapping[str, Column]) -> dict[str, object]:
    return {
        "includeByName": dict.fromkeys(columns, True),
        "indexByName": {name: place for place, name in enumerate(columns)},
        "renameByName": {name: column.title for name, column in columns.items()},
    }


def _target(query: Query, place: int = 0) -> prometheus.Dataquery:
    name = chr(ord("A") + place)
    return (
        prometheus.Dataquery()
        .expr(query.expression)
        .legend_format(query.legend)
        .ref_id(name)
        .datasource(SOURCE)
    )


def _titled(made: Panel, title: str, says: str) -> Panel:
    made.title(title).description(says).datasource(SOURCE)
    return made


def _thresholds(limits: Limits | None) -> dashboard.ThresholdsConfig:
    first = model.Threshold(value=None, color=GOOD)
    steps = [model.Threshold(value=value, color=colour) for value, colour in (limits or {}).items()]
    if steps and steps[0].value == 0:
        first, *steps = [model.Threshold(value=None, color=steps[0].color), *steps[1:]]
    return dashboard.ThresholdsConfig().mode(model.ThresholdsMode.ABSOLUTE).steps([first, *steps])


def _column_properties(column: Column) -> list[model.DynamicConfigValue]:
    told = []
    if column.unit is not None:
        told.append(_property("unit", column.unit))
    if column.limits is not None:
        steps = _thresholds(column.limits).build().to_json()
        told.append(_property("thresholds", steps))
        told.append(_property("custom.cellOptions", {"type": "color-text"}))
    if column.link is not None:
        title, url = column.link
        told.append(_property("links", [{"title": title, "url": url}]))
    return told


def _property(name: str, value: object) -> model.DynamicConfigValue:
    return model.DynamicConfigValue(id_val=name, value=value)
