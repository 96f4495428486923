"""What must be mended before the application can work, and what may pass?"""

from __future__ import annotations

import logging

from google.api_core.exceptions import BadRequest, Forbidden, Unauthorized
from google.auth.exceptions import DefaultCredentialsError

from flask_caching.display import shown_error
from flask_caching.errors import ConfigError

from .buckets import Buckets, ReadyBucket
from .clients import NO_CREDENTIALS
from .credentials import is_refusal
from .driver import STORE_ERRORS, Times

logger = logging.getLogger(__package__)


def check_at_start(buckets: Buckets | ReadyBucket, times: Times) -> None:
    """Ask for the bucket, once.

    Whoever may use the objects of a bucket need not be allowed to see the bucket itself, so a
    403 says nothing. A service that can't be reached is a line in the log.

    :raises ConfigError: where there is no such bucket, or the credentials are refused.
    """
    try:
        with buckets.borrowed() as bucket:
            found = bucket.exists(timeout=times, retry=None)
    except Forbidden:
        return
    except BadRequest as error:
        raise _no_bucket(buckets.name, f"can't be a bucket's name ({error.message})") from error
    except STORE_ERRORS as error:
        if _is_about_credentials(error):
            raise ConfigError(
                "CACHE_OPTIONS", f"the credentials for Google Cloud are refused. {NO_CREDENTIALS}"
            ) from error
        logger.warning(
            "The bucket %r can't be reached (%s); nothing is cached while that is so.",
            buckets.name,
            shown_error(error),
        )
        return
    if not found:
        raise _no_bucket(buckets.name, "does not exist")


def _no_bucket(name: str, problem: str) -> ConfigError:
    return ConfigError(
        "CACHE_GCS_BUCKET",
        f"{name!r} {problem}. Correct the name, or create the bucket: "
        f"gcloud storage buckets create gs://{name} --soft-delete-duration=0",
    )


def _is_about_credentials(error: Exception) -> bool:
    # Anonymous ones that are refused can't be refreshed, which is a DefaultCredentialsError.
    return isinstance(error, DefaultCredentialsError | Unauthorized) or is_refusal(error)
