"""The bulk room: more text than one sitting or one machine translates, shard by shard.

Enters: a model's folder, and files of lines, JSON lines or Parquet. Leaves: a folder with one finished file for each of
them, in the same format and order. Must not know: how a sentence is translated, argv.

A shard is finished or not there: it is written aside and renamed. So whatever is killed, the same call again translates
what is missing and nothing twice. What each was translated from is noted, so that a shard of the same name that holds
something else is refused.
"""

from regard.bulk.job import Job, Progress, translate_shards
from regard.bulk.shard import shard_files, translate_shard

__all__ = ["Job", "Progress", "shard_files", "translate_shard", "translate_shards"]
