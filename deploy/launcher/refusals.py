"""What keeps the launcher from starting; each message is one clear line for the operator."""


class Refused(Exception):
    """The platform cannot be started here and now."""


class BadSetting(Refused):
    """A variable or the Procfile says something that cannot be used."""


class DataFolderUnusable(Refused):
    """The data folder cannot be written."""


class AlreadyRunning(Refused):
    """Another launcher runs on the same data folder."""


class PortTaken(Refused):
    """Another program listens on a port that is needed."""


class MigrationFailed(Refused):
    """A service could not bring its database up to date."""
