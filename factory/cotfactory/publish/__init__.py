"""Publishing: a dataset folder with its card, manifest and checksums, here or on the Hub."""

from cotfactory.publish.publish import publish
from cotfactory.publish.terms import CommitPlan, Options, PublishSummary

__all__ = ["CommitPlan", "Options", "PublishSummary", "publish"]
