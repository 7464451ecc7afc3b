"""Every error this package raises on purpose. Each says what was found and what to do.

GraphSitterDBError
├── UsageError              the call or the command line is wrong
├── RepositoryError         there is nothing there to analyse, or git cannot read it
├── AnalysisError           an analysis could not be done
├── UndecidedError          a gate lacks what it would have to compare
└── DatabaseError
    ├── DatabaseUnavailable     no server answers, or it went away
    ├── DatabaseRefused         wrong password, missing database, too few rights
    ├── DatabaseTooOld          PostgreSQL before 14
    ├── SchemaMissing           the server holds no schema of ours, or an older one
    ├── SchemaTooNew            written by a newer release
    └── EmbeddedServerError     the embedded server cannot be set up or started
"""


class GraphSitterDBError(Exception):
    """Base of all; `exit_code` is what the command line ends with."""

    exit_code = 1


class UsageError(GraphSitterDBError):
    exit_code = 2


class RepositoryError(GraphSitterDBError):
    exit_code = 3


class AnalysisError(GraphSitterDBError):
    exit_code = 4


class UndecidedError(GraphSitterDBError):
    exit_code = 3


class DatabaseError(GraphSitterDBError):
    exit_code = 5


class DatabaseUnavailable(DatabaseError):
    pass


class DatabaseRefused(DatabaseError):
    pass


class DatabaseTooOld(DatabaseError):
    pass


class SchemaMissing(DatabaseError):
    pass


class SchemaTooNew(DatabaseError):
    pass


class EmbeddedServerError(DatabaseError):
    pass
