"""``umbilical schema``: the JSON Schema of what goes in and out."""

from enum import StrEnum
from typing import Annotated, Any

import typer

from monitor.cli.catalog_words import known
from monitor.cli.failure import guarded_output

EXAMPLES = """\b
Examples:
  umbilical schema alert > alert.schema.json
  umbilical schema config    for an editor that knows JSON Schema, with umbilical.toml
  umbilical schema signature > local-signatures/schema/vendor.schema.json
"""


class Subject(StrEnum):
    """What has a schema."""

    ALERT = "alert"
    FLOW = "flow"
    OBSERVATION = "observation"
    CONFIG = "config"
    SIGNATURE = "signature"


def schema(
    subject: Annotated[
        str,
        typer.Argument(
            metavar="SUBJECT",
            help=f"what to describe: {', '.join(Subject)}",
            autocompletion=lambda: list(map(str, Subject)),
            show_default=False,
        ),
    ],
) -> None:
    """Print the JSON Schema of a line, of the configuration or of a signature file."""
    import json

    chosen = Subject(known("subject", subject, Subject))
    with guarded_output():
        print(json.dumps(_schema(chosen), indent=2, ensure_ascii=False))


def _schema(subject: Subject) -> dict[str, Any]:
    if subject is Subject.CONFIG:
        from monitor.cli.kernels import keep_kernels
        from monitor.config.schema import json_schema

        keep_kernels()  # every plug-in is imported for its settings
        return json_schema()
    if subject is Subject.SIGNATURE:
        from monitor.catalog.schema import vendor_schema

        return vendor_schema()
    from monitor.export.schema import SCHEMAS

    return SCHEMAS[subject.value]()
