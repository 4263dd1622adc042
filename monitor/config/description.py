"""The text under each field of a dataclass, as style wants it to stand there; for the JSON Schema only, it is slow."""

import ast
import inspect
import textwrap
from itertools import pairwise


def texts_under_fields(record: type) -> dict[str, str]:
    """Return the text under each field of a dataclass, as style wants it to stand there."""
    try:
        source = textwrap.dedent(inspect.getsource(record))
    except OSError:  # installed without its source
        return {}
    body = ast.parse(source).body[0]
    statements = body.body if isinstance(body, ast.ClassDef) else []
    texts = {}
    for statement, following in pairwise(statements):
        match (statement, following):
            case (
                ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str(text))),
            ):
                texts[name] = " ".join(text.split())
            case _:
                pass
    return texts
