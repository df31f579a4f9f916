"""A file that does not load, with an error that tells what is to be found."""

from __future__ import annotations

import os

raise RuntimeError(os.environ["PLANTED"])
