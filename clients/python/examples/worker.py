"""A worker that dials nobody: it draws what becomes of each call. Put your provider into `dial`.

BRANCHLINE_URL=http://127.0.0.1:8080 BRANCHLINE_API_KEY=key_…:… python worker.py
"""

from __future__ import annotations

import logging
import random
import time

from branchline import Call, Client, DialRefused, Outcome, Worker


def dial(call: Call) -> Outcome:
    """Runs in a thread of its own, once for each call."""
    if not call.to.startswith("+1"):
        raise DialRefused("we dial North America only")
    # provider_ref = provider.call(call.to, caller_id=call.from_number, agent=call.agent_id)
    call.dispatched(provider_ref=f"demo-{call.id}")
    time.sleep(random.uniform(0.01, 0.1))
    if random.random() < 0.3:
        return Outcome("did_not_pick", end_reason="user_did_not_pick_up")
    return Outcome("completed", end_reason="user_disconnected", attributes={"interested": True})


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    with Client.from_env() as client:
        Worker(client, dial, at_once=20).run_until_signal()
