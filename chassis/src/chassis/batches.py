"""Statements that work through many rows a batch at a time, so that no transaction is long."""

from sqlalchemy import ColumnElement, Delete, Table, any_, bindparam, delete, func, literal_column, select


def delete_batch(table: Table, *conditions: ColumnElement[bool]) -> Delete:
    """Build a statement that deletes ``:most`` rows at most, and waits for none that somebody has locked.

    PostgreSQL's DELETE knows no LIMIT, so a sub-query selects the rows by where they lie.
    """
    ctid: ColumnElement[object] = literal_column(f"{table.name}.ctid")
    batch = select(ctid).select_from(table).where(*conditions).limit(bindparam("most"))
    batch = batch.with_for_update(skip_locked=True, of=table).correlate(None)
    return delete(table).where(ctid == any_(func.array(batch.scalar_subquery())))
