"""What is overdue, as conditions on rows of the views. `now` is bound to the log's own time, YYYY-MM-DD HH:MM:SS.mmm in UTC.

What went through the last step of its escalation has no deadline any more, and is overdue until somebody ends it.
"""

from typing import Final

_NO_DEADLINE: Final = "toUnixTimestamp64Milli(deadline) = 0"
PASSED: Final = f"(NOT {_NO_DEADLINE} AND deadline < toDateTime64({{now:String}}, 3, 'UTC'))"

# Of `open_tasks`: only an escalation says who had it before.
TASK_AT_END: Final = f"({_NO_DEADLINE} AND arrayExists(said -> startsWith(said, 'from:'), evidence))"
TASK: Final = f"({PASSED} OR {TASK_AT_END})"

# Of `disputes`. While one waits for the customer its owner's clock stands still.
DISPUTE: Final = f"""(status NOT IN ('closed', 'waiting_customer')
    AND ({PASSED} OR ({_NO_DEADLINE} AND escalations > 0)))"""
