"""What do visitors of an application on Redis notice while the server fails?"""

from __future__ import annotations

from faults.judged import assert_served
from faults.run import Plan, fault_run
from flask_caching_conformance.harness.proxy import FaultProxy
from flask_caching_conformance.harness.servers import HOST


def test_visitors_get_right_answers_in_time_whatever_the_server_does(own_server, prefix):
    plan = Plan.of_this_run()
    with FaultProxy(own_server.port) as proxy:
        config = {
            "CACHE_TYPE": "redis",
            "CACHE_REDIS_HOST": HOST,
            "CACHE_REDIS_PORT": proxy.port,
            "CACHE_KEY_PREFIX": prefix,
            "CACHE_OPTIONS": {
                "socket_timeout": plan.time_out,
                "socket_connect_timeout": plan.time_out,
            },
        }
        report = fault_run("redis", own_server, proxy, config, plan)

    assert_served(report)
