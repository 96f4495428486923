"""Where does the cache keep its files, and who else may get at them?"""

from __future__ import annotations

import hashlib
import logging
import os
import stat
from contextlib import suppress

from flask_caching.errors import ConfigError

logger = logging.getLogger(__package__)

#: The folder within `CACHE_DIR` that holds everything. Flask-Caching 2.x may use the same
#: `CACHE_DIR`: it takes each file in it for an entry of its own, but for what ends like this.
ROOT = "flask-caching.__wz_cache"


class PrivateFolders:
    """The folders of a cache within a `CACHE_DIR` that others may use, too.

    :param mode: the permissions of files, which those of folders follow.
    """

    def __init__(self, cache_dir: str, mode: int) -> None:
        self._cache_dir = cache_dir
        self._root = f"{cache_dir}/{ROOT}"
        # Whoever may read a file may enter its folder.
        self._mode = mode | (mode & 0o444) >> 2

    def of(self, prefix: str) -> str:
        """Return the path of the folder for a prefix."""
        # It keeps prefixes apart, and no secret: a system under FIPS need not mind.
        digest = hashlib.sha256(prefix.encode(), usedforsecurity=False)
        return f"{self._root}/{digest.hexdigest()[:32]}"

    def make_root(self) -> None:
        """Make the folder that holds everything.

        Made early, it can't be somebody else's later, where others may write too. Where it
        can't be made in a folder that exists, it is tried again at the first write.

        :raises ConfigError: for a path that can't be a folder, or is in foreign hands.
        """
        try:
            os.makedirs(self._cache_dir, self._mode, exist_ok=True)
        except OSError as error:
            raise ConfigError(
                "CACHE_DIR",
                f"{self._cache_dir!r} can't be used as a folder ({error.strerror}). Create it, "
                "writable for the user who runs the application, or choose another one.",
            ) from error
        try:
            self.make(self._root)
        except OSError as error:
            logger.warning(
                "%s can't be made (%s); nothing is cached while that is so.",
                self._root,
                error.strerror,
            )

    def make(self, folder: str) -> None:
        """Make a folder within `CACHE_DIR`, and those around it, where they are missing."""
        if folder == self._cache_dir:
            os.makedirs(folder, self._mode, exist_ok=True)
            return
        if not os.path.isdir(folder) or os.path.islink(folder):
            self.make(os.path.dirname(folder))
            with suppress(FileExistsError):
                os.mkdir(folder, self._mode)
                if self._mode & 0o077:  # the umask may have taken these bits away
                    os.chmod(folder, self._mode)
        if folder == self._root:
            self._check_owner()

    def _check_owner(self) -> None:
        """Refuse what somebody else has put there: its entries would be trusted."""
        found = os.lstat(self._root)
        trusted = {os.geteuid(), os.stat(self._cache_dir).st_uid}
        shared = self._mode & 0o077
        if not stat.S_ISDIR(found.st_mode) or not (shared or found.st_uid in trusted):
            raise ConfigError(
                "CACHE_DIR",
                f"{self._root!r} is no folder of this user's (it belongs to user number "
                f"{found.st_uid}). Remove it, or choose a CACHE_DIR where others can't write.",
            )
