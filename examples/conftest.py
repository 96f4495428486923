"""Which folders hold no tests of this environment?"""

#: It is not installed here; `conformance/tests/test_third_party.py` installs and judges it.
collect_ignore = ["third_party"]
