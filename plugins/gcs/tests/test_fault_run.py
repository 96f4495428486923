"""What do visitors of an application on Google Cloud Storage notice while the service fails?"""

from __future__ import annotations

from faults.judged import assert_served
from faults.run import Plan, fault_run
from flask_caching_conformance.harness.proxy import FaultProxy
from flask_caching_conformance.harness.servers import HOST

from .conftest import options_for


def test_visitors_get_right_answers_in_time_whatever_the_service_does(lasting_emulator, prefix):
    bucket = lasting_emulator.new_bucket()
    plan = Plan.of_this_run()
    with FaultProxy(lasting_emulator.port) as proxy:
        options = options_for(f"http://{HOST}:{proxy.port}")
        config = {
            "CACHE_TYPE": "gcs",
            "CACHE_GCS_BUCKET": bucket,
            "CACHE_KEY_PREFIX": prefix,
            "CACHE_OPTIONS": {
                **options,
                "connect_timeout": plan.time_out,
                "reply_timeout": plan.time_out,
            },
        }
        report = fault_run("gcs", lasting_emulator, proxy, config, plan)

    assert_served(report)
