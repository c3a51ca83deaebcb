"""Stores on Apache Spark: the same tables and the same SQL functions, for what one machine does not hold.

`export` writes the tables of a store with the functions for Spark SQL, for which it needs no Spark. `install` makes
them known to a Spark session, and `session` starts one: these need `pip install 'recstore[spark]'`, which is imported
only when it is used.
"""

from recstore.spark.exporting import Exported, export
from recstore.spark.installing import install
from recstore.spark.session import session

__all__ = ["Exported", "export", "install", "session"]
