"""Whether a column has one of many texts, all of which are one parameter: however many there are, the
statement stays the same, and is compiled here and prepared by the database once."""

import json
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from anpr_match.backends.sql.tables import storable


def among(column: sa.ColumnElement[str], name: str) -> sa.ColumnElement[bool]:
    """Whether `column` is in the sequence of texts that the statement is given as `name`."""
    return _Among(column, sa.bindparam(name, type_=_Texts()))


def rows_of(name: str, dialect: str) -> sa.TableValuedAlias:
    """The sequence of texts that the statement is given as `name`, as a table with one column, `value`."""
    texts = sa.bindparam(name, type_=_Texts())
    if dialect == "postgresql":
        return sa.func.unnest(texts).table_valued("value", name="wanted").render_derived()
    return sa.func.json_each(texts).table_valued("value", name="wanted")


class _Texts(sa.types.TypeDecorator[Sequence[str]]):
    """An array in PostgreSQL, a JSON text in SQLite."""

    impl = sa.Text
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> sa.types.TypeEngine[Any]:
        kind = postgresql.ARRAY(sa.Text) if dialect.name == "postgresql" else sa.Text()
        return dialect.type_descriptor(kind)

    def process_bind_param(self, value: Sequence[str] | None, dialect: sa.Dialect) -> Any:
        texts = [storable(text) for text in value or ()]
        return texts if dialect.name == "postgresql" else json.dumps(texts)


class _Among(FunctionElement[bool]):
    type = sa.Boolean()
    inherit_cache = True

    def self_group(self, against: Any = None) -> "_Among":
        # Else SQLite, which has no booleans, would be asked whether it equals 1, and then uses no index.
        return self


@compiles(_Among, "postgresql")
def _in_array(element: _Among, compiler: SQLCompiler, **how: Any) -> str:
    column, texts = (compiler.process(part, **how) for part in element.clauses)
    return f"{column} = ANY ({texts})"


@compiles(_Among, "sqlite")
def _in_json(element: _Among, compiler: SQLCompiler, **how: Any) -> str:
    column, texts = (compiler.process(part, **how) for part in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({texts}))"  # noqa: S608 both are compiled already
