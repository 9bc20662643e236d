"""Models: from what a recipe names to files that an engine can load."""

from cotfactory.models.cache import cache_folder
from cotfactory.models.gguf import hf_folder
from cotfactory.models.resolve import gguf_file, resolve

__all__ = ["cache_folder", "gguf_file", "hf_folder", "resolve"]
