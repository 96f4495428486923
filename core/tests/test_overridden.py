"""What subclasses of `Cache` see that override its methods: what they see in 2.x, keys aside."""

import hashlib

import pytest
from flask import Flask, render_template_string

from flask_caching import Cache, SimpleCache, function_namespace, overridden
from flask_caching.overridden import PROXIES
from flask_caching.payload import Entry

#: Stands for a call that can't come: the test fails where it does.
NEVER = object()


def recording(names, calls):
    """Return a subclass of `Cache` that notes calls of these proxies, and what they gave."""

    def noting(name):
        def method(self, key, *args, **kwargs):
            given = getattr(Cache, name)(self, key, *args, **kwargs)
            calls.append((name, *args, *kwargs.items(), given))
            return given

        return method

    return type("RecordingCache", (Cache,), {name: noting(name) for name in names})


@pytest.fixture
def calls():
    return []


@pytest.fixture
def cache(app, calls):
    """Give a cache that notes all calls of proxies."""
    return recording(PROXIES, calls)(app)


@pytest.fixture
def listed(cache):
    """Give a memoized function that returns its argument in a list."""

    @cache.memoize(timeout=9)
    def listed(value):
        return [value]

    return listed


@pytest.fixture
def nothing(cache):
    """Give a memoized function that returns ``None``, which counts; and its number of calls."""

    @cache.memoize(cache_none=True)
    def nothing(value):
        nothing.calls += 1

    nothing.calls = 0
    return nothing


# -- cached ------------------------------------------------------------------------------


def test_a_miss_of_cached_gets_and_sets(cache, calls):
    @cache.cached(timeout=7, key_prefix="key")
    def answer():
        return ["value"]

    answer()

    assert calls == [("get", None), ("set", ["value"], ("timeout", 7), True)]


def test_a_hit_of_cached_gets(cache, calls):
    @cache.cached(timeout=7, key_prefix="key")
    def answer():
        return ["value"]

    answer()
    calls.clear()

    answer()

    assert calls == [("get", ["value"])]


def test_a_none_that_counts_is_looked_for_with_has(cache, calls):
    @cache.cached(cache_none=True, key_prefix="key")
    def answer():
        return None

    answer()
    answer()

    miss = [("get", None), ("has", False), ("set", None, ("timeout", None), True)]
    assert calls == [*miss, ("get", None), ("has", True)]


def test_a_forced_update_only_sets(cache, calls):
    @cache.cached(key_prefix="key", forced_update=lambda: True)
    def answer():
        return 1

    answer()

    assert calls == [("set", 1, ("timeout", None), True)]


def test_a_stale_answer_is_got_and_set_anew(cache, calls):
    @cache.cached(key_prefix="key", is_stale=lambda value: True)
    def answer():
        return 1

    answer()
    calls.clear()

    answer()

    assert calls == [("get", 1), ("set", 1, ("timeout", None), True)]


def test_delete_cached_deletes(cache, calls):
    @cache.cached(key_prefix="key")
    def answer():
        return 1

    answer()
    calls.clear()

    cache.delete_cached(answer)

    assert calls == [("delete", True)]


def test_a_view_is_kept_under_the_key_that_the_override_is_given(app):
    keys = []

    class ListeningCache(Cache):
        def get(self, key):
            keys.append(key)
            return super().get(key)

    cache = ListeningCache(app)

    @app.route("/page")
    @cache.cached()
    def page():
        return "page"

    app.test_client().get("/page")

    assert keys == ["view//page"]


# -- memoize -----------------------------------------------------------------------------


def test_a_miss_of_memoize_gets_and_sets(listed, calls):
    listed(1)

    assert calls == [("get", None), ("set", [1], ("timeout", 9), True)]


def test_a_hit_of_memoize_gets_the_value_itself(listed, calls):
    listed(1)
    calls.clear()

    listed(1)

    assert calls == [("get", [1])]


def test_a_miss_after_an_invalidation_gets_nothing(cache, listed, calls):
    listed(1)
    cache.delete_memoized(listed)
    calls.clear()

    listed(1)

    assert calls == [("get", None), ("set", [1], ("timeout", 9), True)]


def test_delete_memoized_of_one_call_deletes(cache, listed, calls):
    listed(1)
    calls.clear()

    cache.delete_memoized(listed, 1)

    assert calls == [("delete", True)]


def test_delete_memoized_of_a_function_deletes_no_entry(cache, listed, calls):
    listed(1)
    calls.clear()

    cache.delete_memoized(listed)

    assert calls == []


def test_a_memoized_none_that_counts_is_looked_for_with_has(nothing, calls):
    nothing(1)
    nothing(1)

    miss = [("get", None), ("has", False), ("set", None, ("timeout", None), True)]
    assert calls == [*miss, ("get", None), ("has", True)]
    assert nothing.calls == 1


def test_a_memoized_none_is_outdated_after_an_invalidation(cache, nothing):
    nothing(1)
    cache.delete_memoized(nothing)

    nothing(1)

    assert nothing.calls == 2


@pytest.mark.parametrize("names", [("get",), ("has",), ("set",), ("delete",), PROXIES])
def test_whatever_is_overridden_a_none_is_told_from_nothing(app, names):
    cache = recording(names, [])(app)
    computed = []

    @cache.memoize(cache_none=True)
    def nothing(value):
        computed.append(value)

    nothing(1)
    nothing(1)
    cache.delete_memoized(nothing)
    nothing(1)
    nothing(1)

    assert computed == [1, 1]


@pytest.mark.parametrize("names", [("get",), ("has",), ("set",), ("delete",), PROXIES])
def test_whatever_is_overridden_a_cached_none_is_told_from_nothing(app, names):
    cache = recording(names, [])(app)
    computed = []

    @cache.cached(cache_none=True, key_prefix="key")
    def nothing():
        computed.append(1)

    nothing()
    nothing()
    cache.delete("key")
    nothing()
    nothing()

    assert computed == [1, 1]


def test_has_alone_is_asked_about_a_memoized_none(app, calls):
    cache = recording(["has"], calls)(app)

    @cache.memoize(cache_none=True)
    def nothing():
        return None

    nothing()
    nothing()

    assert calls == [("has", False), ("has", True)]


@pytest.mark.parametrize("names", [("get",), ("set",), ("get", "set")])
def test_no_override_ever_sees_an_entry(app, calls, names):
    cache = recording(names, calls)(app)

    @cache.memoize()
    def listed(value):
        return [value]

    for _ in range(2):
        listed(1)
        listed(1)
        cache.delete_memoized(listed)

    assert calls
    assert not any(type(each) is Entry for call in calls for each in call)


def test_a_direct_call_of_a_proxy_is_seen_as_it_was_made(cache, calls):
    cache.set("key", 1, 5)
    cache.get("key")
    cache.has("key")
    cache.delete("key")

    assert calls == [("set", 1, 5, True), ("get", 1), ("has", True), ("delete", True)]


# -- what an override may do -------------------------------------------------------------


def test_an_override_may_be_an_attribute_that_is_set_before_init_app(app):
    cache = Cache()
    seen = []

    def get(key):
        seen.append(key)
        return Cache.get(cache, key)

    cache.get = get
    cache.init_app(app)

    @cache.cached(key_prefix="key")
    def answer():
        return 1

    answer()
    answer()

    assert seen == ["key", "key"]


def test_an_override_may_change_the_value(app):
    class MarkingCache(Cache):
        def set(self, key, value, timeout=None):
            return super().set(key, {"wrapped": value}, timeout=timeout)

        def get(self, key):
            found = super().get(key)
            return found and found["wrapped"]

    cache = MarkingCache(app)
    computed = []

    @cache.memoize()
    def listed(value):
        computed.append(value)
        return [value]

    seen = [listed(1), listed(1)]
    cache.delete_memoized(listed)
    seen.append(listed(1))

    assert (seen, computed) == ([[1]] * 3, [1, 1])


def test_an_override_may_change_the_key(app):
    class PrefixingCache(Cache):
        def set(self, key, value, timeout=None):
            return super().set(f"v1:{key}", value, timeout=timeout)

        def get(self, key):
            return super().get(f"v1:{key}")

    cache = PrefixingCache(app)
    computed = []

    @cache.memoize()
    def listed(value):
        computed.append(value)
        return [value]

    seen = [listed(1), listed(1)]
    cache.delete_memoized(listed)
    seen.append(listed(1))

    assert (seen, computed) == ([[1]] * 3, [1, 1])


def test_what_an_override_stores_besides_does_not_depend_on_the_function(app):
    class IndexingCache(Cache):
        def set(self, key, value, timeout=None):
            super().set("index", ["a key"])
            return super().set(key, value, timeout=timeout)

    cache = IndexingCache(app)

    @cache.memoize()
    def listed(value):
        return [value]

    listed(1)
    cache.delete_memoized(listed)

    assert cache.get("index") == ["a key"]


class OwnCache(Cache):
    """Keeps values somewhere else."""

    def __init__(self, app):
        self.kept = {}
        super().__init__(app)

    def get(self, key):
        return self.kept.get(key)

    def has(self, key):
        return key in self.kept

    def set(self, key, value, timeout=None):
        self.kept[key] = value


class NearCache(Cache):
    """Keeps what it has got nearby, in front of the store."""

    def __init__(self, app):
        self.near = {}
        super().__init__(app)

    def get(self, key):
        if self.near.get(key) is None:
            self.near[key] = super().get(key)
        return self.near[key]

    def set(self, key, value, timeout=None):
        self.near.pop(key, None)
        return super().set(key, value, timeout=timeout)


@pytest.mark.parametrize("kind", [OwnCache, NearCache])
@pytest.mark.parametrize("value", ["text", None])
def test_an_override_may_answer_from_a_place_of_its_own(app, kind, value):
    cache = kind(app)
    computed = []

    @cache.memoize(cache_none=True)
    def answer(number):
        computed.append(number)
        return value

    seen = [answer(1), answer(1), answer(1)]
    cache.delete_memoized(answer)
    seen += [answer(1), answer(1)]

    assert seen == [value] * 5
    assert computed == [1, 1]


def test_what_lies_in_a_place_of_an_overrides_own_is_not_used_without_its_versions(app):
    cache = OwnCache(app)

    @cache.memoize()
    def answer(number):
        return "new"

    cache.kept[answer.make_cache_key(answer.uncached, 1)] = "of another process"

    assert answer(1) == "new"


def test_more_keys_than_are_remembered_are_computed_again(app, monkeypatch):
    monkeypatch.setattr(overridden, "REMEMBERED_KEYS", 2)
    cache = OwnCache(app)
    computed = []

    @cache.memoize()
    def answer(number):
        computed.append(number)
        return number

    seen = [answer(number) for number in (1, 2, 3, 3, 1)]

    assert seen == [1, 2, 3, 3, 1]
    assert computed == [1, 2, 3, 1]


def test_a_set_that_is_refused_does_not_make_an_older_value_valid(app):
    class FullCache(OwnCache):
        def set(self, key, value, timeout=None):
            if key in self.kept:
                return False
            return super().set(key, value, timeout)

    cache = FullCache(app)
    numbers = iter(range(5))
    answer = cache.memoize()(lambda: next(numbers))
    answer()
    cache.delete_memoized(answer)

    seen = [answer(), answer()]

    assert seen == [1, 2]


@pytest.mark.parametrize("proxy", ["get", "has", "set"])
def test_an_override_that_raises_does_not_break_the_page(app, proxy, caplog):
    def failing(self, *args, **kwargs):
        raise ConnectionError("no store")

    cache = type("FailingCache", (Cache,), {proxy: failing})(app)

    @cache.memoize(cache_none=True)
    def nothing():
        return None

    seen = [nothing(), nothing()]

    assert seen == [None, None]
    assert "no store" in caplog.text


# -- templates ---------------------------------------------------------------------------


@pytest.fixture
def render(app, calls):
    def render(timeout):
        calls.clear()
        with app.test_request_context():
            return render_template_string(f"{{% cache {timeout}, 'part' %}}x{{% endcache %}}")

    return render


def test_a_miss_of_a_fragment_gets_and_sets(cache, calls, render):
    render(5)

    assert calls == [("get", None), ("set", "x", ("timeout", 5), True)]


def test_a_hit_of_a_fragment_gets(cache, calls, render):
    render(5)

    render(5)

    assert calls == [("get", "x")]


def test_del_deletes_a_fragment(cache, calls, render):
    render(5)

    render("'del'")

    assert calls == [("delete", True)]


# -- the decorators ----------------------------------------------------------------------


class HashingCache(Cache):
    """Gives both decorators another default by name, as applications do."""

    def memoize(
        self,
        timeout=None,
        make_name=None,
        unless=None,
        forced_update=None,
        response_filter=None,
        hash_method=hashlib.md5,
        cache_none=False,
        source_check=None,
        args_to_ignore=None,
    ):
        return super().memoize(
            timeout=timeout,
            make_name=make_name,
            unless=unless,
            forced_update=forced_update,
            response_filter=response_filter,
            hash_method=hash_method,
            cache_none=cache_none,
            source_check=source_check,
            args_to_ignore=args_to_ignore,
        )

    def cached(self, timeout=None, key_prefix="view/%s", hash_method=hashlib.md5, **options):
        return super().cached(
            timeout=timeout, key_prefix=key_prefix, hash_method=hash_method, **options
        )

    def _memoize_make_cache_key(
        self,
        make_name=None,
        timeout=None,
        forced_update=False,
        hash_method=hashlib.md5,
        source_check=False,
        args_to_ignore=None,
    ):
        return super()._memoize_make_cache_key(
            make_name=make_name,
            timeout=timeout,
            forced_update=forced_update,
            hash_method=hash_method,
            source_check=source_check,
            args_to_ignore=args_to_ignore,
        )


def test_a_subclass_may_pass_memoize_another_default_by_name(app):
    hashed = []

    def hash_method(*args):
        hashed.append(args)
        return hashlib.sha1(*args)

    cache = HashingCache(app)

    @cache.memoize(hash_method=hash_method)
    def listed(value):
        return [value]

    seen = [listed(1), listed(value=1)]

    assert seen == [[1], [1]]
    assert hashed


def test_a_subclass_may_pass_cached_another_default_by_name(app):
    cache = HashingCache(app)

    @app.route("/page")
    @cache.cached(query_string=True)
    def page():
        return "page"

    app.test_client().get("/page?a=1")

    pairs = str((("a", "1"),)).encode()
    assert cache.get(f"view//page{hashlib.md5(pairs).hexdigest()}") == "page"


# -- keys of memoized functions ----------------------------------------------------------


class NamingCache(Cache):
    """Makes the keys of memoized functions itself, and notes what it is given."""

    def __init__(self, app):
        self.given = []
        super().__init__(app)

    def _memoize_make_cache_key(self, **options):
        self.given.append(options)

        def make_cache_key(f, *args, **kwargs):
            return f"{f.__name__}:{args}:{kwargs}"

        return make_cache_key


def test_the_keys_of_an_override_are_used(app):
    cache = NamingCache(app)

    @cache.memoize()
    def listed(value):
        return [value]

    listed(1)

    assert cache.get("listed:(1,):{}") == [1]


def test_the_wrapper_makes_the_keys_of_the_override(app):
    cache = NamingCache(app)

    @cache.memoize()
    def listed(value):
        return [value]

    key = listed.make_cache_key(listed.uncached, 1)

    assert key == "listed:(1,):{}"


def test_an_override_is_given_the_options_by_name_as_they_were_given(app):
    cache = NamingCache(app)

    cache.memoize(make_name=str.upper, args_to_ignore=["a"])(lambda a: a)

    assert cache.given == [
        {
            "make_name": str.upper,
            "hash_method": None,
            "source_check": None,
            "args_to_ignore": ["a"],
        }
    ]


def test_an_override_may_be_an_attribute(app):
    cache = Cache(app)
    cache._memoize_make_cache_key = lambda **options: lambda f, *args: "the key"

    @cache.memoize()
    def listed(value):
        return [value]

    listed(1)

    assert cache.get("the key") == [1]


def test_what_lies_under_the_keys_of_an_override_is_outdated_by_an_invalidation(app):
    cache = NamingCache(app)

    @cache.memoize()
    def listed(value):
        return [value]

    listed(1)

    cache.delete_memoized(listed)

    assert cache.get("listed:(1,):{}") is None


def test_one_call_under_the_keys_of_an_override_can_be_deleted(app):
    cache = NamingCache(app)

    @cache.memoize()
    def listed(value):
        return [value]

    listed(1)
    listed(2)

    cache.delete_memoized(listed, 1)

    assert cache.get_many("listed:(1,):{}", "listed:(2,):{}") == [None, [2]]


def test_an_override_may_name_functions_as_2x_does(app):
    class ResourceCache(Cache):
        def _memoize_make_cache_key(self, make_name=None, timeout=None, **options):
            def make_cache_key(f, *args, **kwargs):
                name, _ = function_namespace(f)
                return make_name(name) if callable(make_name) else name

            return make_cache_key

    cache = ResourceCache(app)

    @cache.memoize(make_name=lambda name: name.rpartition(".")[2])
    def listed(value):
        return [value]

    listed(1)

    assert cache.get("listed") == [1]


def test_an_override_may_pass_on_what_2x_before_25_passes(app):
    cache = HashingCache(app)
    plain = Cache(app)

    @cache.memoize(args_to_ignore=["ignored"])
    def listed(value, ignored):
        return [value]

    twin = plain.memoize(hash_method=hashlib.md5, args_to_ignore=["ignored"])(listed.uncached)

    seen = [listed(1, 2), listed(1, 3), listed(2, 2)]

    assert seen == [[1], [1], [2]]
    key = listed.make_cache_key(listed.uncached, 1, 2)
    assert key == twin.make_cache_key(listed.uncached, 1, 2)


def test_where_nothing_is_overridden_the_method_is_not_asked(app, monkeypatch):
    cache = Cache(app)
    monkeypatch.setattr(Cache, "_memoize_make_cache_key", NEVER)

    @cache.memoize()
    def listed(value):
        return [value]

    seen = listed(1)

    assert seen == [1]


# -- keys for whoever stores under them itself -------------------------------------------


def test_the_keys_are_those_of_memoize(app):
    cache = Cache(app)

    @cache.memoize()
    def listed(value):
        return [value]

    listed(1)

    key = cache._memoize_make_cache_key()(listed.uncached, value=1)

    assert cache.get(key) == [1]


@pytest.fixture
def keys(app):
    """Give a function that makes keys for calls of whatever function."""
    return Cache(app)._memoize_make_cache_key(make_name=None, timeout=60)


def test_an_argument_that_the_function_does_not_take_tells_calls_apart(keys):
    def view(name):
        return name

    made = [keys(view, name="a"), keys(view, name="a", page="1"), keys(view, name="a", page="2")]

    assert len(set(made)) == 3
    assert keys(view, "a", size="5", page="1") == keys(view, "a", page="1", size="5")


def test_an_argument_that_the_function_takes_among_any_others_is_its_own(keys):
    def view(name, **options):
        return name

    made = [keys(view, name="a"), keys(view, name="a", page="1"), keys(view, page="1", name="a")]

    assert made[0] != made[1] == made[2]


def test_the_name_that_make_name_gives_counts(app):
    def view(name):
        return name

    cache = Cache(app)

    made = [cache._memoize_make_cache_key(name)(view, "a") for name in (None, str.upper, str.title)]

    assert len(set(made)) == 3


def test_delete_memoized_deletes_what_somebody_else_stored_under_such_keys(app):
    cache = Cache(app)

    def view(name):
        return name

    def decorated(name):
        return cache.get_or_set(decorated.make_cache_key(view, name), lambda: view(name))

    decorated.uncached = view
    decorated.make_cache_key = cache._memoize_make_cache_key(timeout=60)
    decorated("a")

    gone = cache.delete_memoized(decorated, "a")

    assert gone.removed
    assert cache.get(gone.key) is None


# -- several applications ----------------------------------------------------------------


def test_the_override_is_called_for_each_application(calls):
    apps = [Flask("one"), Flask("two")]
    cache = recording(["get"], calls)()
    for app in apps:
        cache.init_app(app, {"CACHE_TYPE": SimpleCache})

    @cache.cached(key_prefix="key")
    def answer():
        return cache.lookup.app.name

    for app in apps:
        with app.app_context():
            answer()
            answer()

    assert calls == [("get", None), ("get", "one"), ("get", None), ("get", "two")]
