"""Publishing: a dataset folder with its card, manifest and checksums, here or on the Hub."""

from cotfactory.publish.publish import Options, PublishSummary, publish

__all__ = ["Options", "PublishSummary", "publish"]
