"""What Alembic runs: the migrations, on the connection and in the transaction that `migrate` began."""

from alembic import context

from anpr_match.backends.sql.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite cannot alter a column: Alembic copies the table instead.
    render_as_batch=True,
    # SQLite can undo changes of tables, once its driver is kept from committing before them.
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
