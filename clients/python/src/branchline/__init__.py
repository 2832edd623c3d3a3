"""Client of Branchline: outbound-call lead workflows over HTTP.

    from branchline import Client

    with Client("http://127.0.0.1:8080") as client:
        workflow = client.create_workflow(title="Spring")

Types of what is sent and answered are in `branchline.models`.
"""

from . import models
from ._version import VERSION as __version__
from .asking import UNSET, Unset
from .client import Client
from .downloads import Download
from .events import EventStream
from .problems import (
    BadRequest,
    BranchlineError,
    ClientClosed,
    Conflict,
    ConnectionFailed,
    Forbidden,
    KeyReused,
    NotFound,
    Problem,
    ServerFault,
    StaleRevision,
    TooLarge,
    TooManyRequests,
    Unauthorized,
    Unavailable,
)
from .retry import NO_RETRY, Retry
from .times import read_time, write_time
from .worker import Call, DialRefused, Outcome, Worker

__all__ = [
    "NO_RETRY",
    "UNSET",
    "BadRequest",
    "BranchlineError",
    "Call",
    "Client",
    "ClientClosed",
    "Conflict",
    "ConnectionFailed",
    "DialRefused",
    "Download",
    "EventStream",
    "Forbidden",
    "KeyReused",
    "NotFound",
    "Outcome",
    "Problem",
    "Retry",
    "ServerFault",
    "StaleRevision",
    "TooLarge",
    "TooManyRequests",
    "Unauthorized",
    "Unavailable",
    "Unset",
    "Worker",
    "__version__",
    "models",
    "read_time",
    "write_time",
]
