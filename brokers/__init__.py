"""The brokers: each a folder that offers a `PLUGIN`, found by looking."""

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache

from brokers.contract import Plugin


@cache
def plugins() -> Mapping[str, Plugin]:
    """Every broker in this package by name: a folder is all that it takes to add one."""
    folders = (found.name for found in pkgutil.iter_modules(__path__) if found.ispkg)
    offered = (importlib.import_module(f"{__name__}.{name}").PLUGIN for name in folders)
    return {plugin.name: plugin for plugin in offered}
