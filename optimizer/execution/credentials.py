"""Users and passwords by driver: from the environment, or from a file that nobody else may read. Never shown."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import SecretStr, TypeAdapter, ValidationError

from optimizer.config.base import Section
from optimizer.config.files import read_document
from optimizer.errors import InputError


class Login(Section):
    """A user and a password, or a token as password; without a user that of the driver."""

    user: str | None = None
    password: SecretStr = SecretStr("")


_FORM = TypeAdapter(dict[str, Login])


@dataclass(frozen=True)
class Credentials:
    """Logins by driver: ``CURTAIL_LUXOS_USER`` and ``CURTAIL_LUXOS_PASSWORD`` come before those of the file.

    >>> found = Credentials({"CURTAIL_BRAIINS_PASSWORD": "x"}).of("braiins")
    >>> found.password, found.password.get_secret_value()
    (SecretStr('**********'), 'x')
    """

    environment: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)
    kept: Mapping[str, Login] = field(default_factory=dict, repr=False)

    def of(self, driver: str) -> Login:
        """The login for a driver; an empty one where none is given."""
        kept = self.kept.get(driver, Login())
        user = self.environment.get(f"CURTAIL_{driver.upper()}_USER", kept.user)
        password = self.environment.get(f"CURTAIL_{driver.upper()}_PASSWORD")
        return Login(user=user, password=kept.password if password is None else SecretStr(password))


def credentials_in(file: Path | None) -> Credentials:
    """Those of the environment, and of a file such as ``braiins: {user: root, password: x}``. Raises InputError."""
    if file is None:
        return Credentials()
    try:
        mode = file.stat().st_mode
    except OSError as error:
        raise InputError(f"{file}: {error.strerror}") from None
    if stat.S_IMODE(mode) & 0o077:
        raise InputError(f"{file}: others may read it (mode {stat.S_IMODE(mode):o}); run: chmod 600 {file}")
    try:
        document = read_document(file)
        if not document.faults:
            return Credentials(kept=_FORM.validate_python(document.data, strict=False))
        where = "; ".join(f"line {fault.line}" for fault in document.faults)
    except ValidationError as error:
        where = "; ".join(".".join(map(str, fault["loc"])) for fault in error.errors())
    except InputError as error:
        where = "; ".join(f"line {fault.line}" for fault in error.faults)
    form = "must be as in `luxos: {user: root, password: x}`"  # what stands there is never shown
    raise InputError(f"{file}: {form} ({where or 'not YAML'})")
