"""What do the distributions say of themselves, and what lands where somebody installs them?"""

from __future__ import annotations

import configparser
import email
import json
import re
import sys
import tarfile
import zipfile
from pathlib import PurePath

import pytest
from packaging.requirements import Requirement

from .environments import ROOT, Environment, build, run

PLUGINS = {
    "filesystem": {"FileSystemCache", "filesystem"},
    "gcs": {"GoogleCloudStorageCache", "gcs"},
    "memcached": {
        *("MemcachedCache", "SASLMemcachedCache", "SpreadSASLMemcachedCache"),
        *("memcached", "saslmemcached", "spreadsaslmemcached"),
    },
    "redis": {
        *("RedisCache", "RedisClusterCache", "RedisSentinelCache"),
        *("redis", "rediscluster", "redissentinel"),
    },
    "uwsgi": {"UWSGICache", "uwsgi"},
}
OF_THE_CORE = {"NullCache", "SimpleCache", "null", "simple"}
CLIENTS = {
    "redis": "redis",
    "pylibmc": "memcached",
    "google-cloud-storage": "gcs",
    "pyuwsgi": None,
    "uwsgi": None,
}
#: Where each distribution is made, and what it can't do without.
PROJECTS = {
    "Flask-Caching": (ROOT, {"flask-caching-core", "flask-caching-filesystem"}),
    "flask-caching-core": (ROOT / "core", {"blinker", "flask", "pluggy"}),
    "flask-caching-conformance": (
        ROOT / "conformance",
        {"flask-caching-core", "hypothesis", "pytest"},
    ),
    "flask-caching-filesystem": (ROOT / "plugins/filesystem", {"flask-caching-core"}),
    "flask-caching-gcs": (
        ROOT / "plugins/gcs",
        {"flask-caching-core", "google-cloud-storage", "requests", "urllib3"},
    ),
    "flask-caching-memcached": (ROOT / "plugins/memcached", {"flask-caching-core", "pylibmc"}),
    "flask-caching-redis": (ROOT / "plugins/redis", {"flask-caching-core", "redis"}),
    "flask-caching-uwsgi": (ROOT / "plugins/uwsgi", {"flask-caching-core"}),
}
DISTRIBUTIONS = list(PROJECTS)
#: Metadata only: what asks for it gets the others.
UMBRELLA = "Flask-Caching"
ENTRY_POINTS = {
    UMBRELLA: {},
    "flask-caching-core": {"flask_caching.backends": OF_THE_CORE, "flask.commands": {"cache"}},
    "flask-caching-conformance": {
        "console_scripts": {"flask-caching-conformance"},
        "pytest11": {"flask-caching-conformance"},
    },
    **{f"flask-caching-{name}": {"flask_caching.backends": PLUGINS[name]} for name in PLUGINS},
}
CLASSIFIERS = {
    "Development Status :: 4 - Beta",
    "Framework :: Flask",
    "Intended Audience :: Developers",
    "Programming Language :: Python :: 3 :: Only",
    "Programming Language :: Python :: 3.11",
    "Programming Language :: Python :: 3.12",
    "Programming Language :: Python :: 3.13",
    "Typing :: Typed",
}
VERSIONS_PAGE = ROOT / "docs/versioning.md"
#: What a distribution may name to be reached by. None is reachable yet: there is no public address.
ADDRESSES = ("Project-URL", "Home-page", "Download-URL", "Author-email", "Maintainer-email")
#: Where a link of Markdown or HTML leads; and what stands between fences, where nothing is one.
TARGET = re.compile(r"\]\(([^)\s]*)\)|(?:src|href)=\"([^\"]*)\"")
FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
#: Each test installs from the same files, so one worker builds them.
pytestmark = pytest.mark.xdist_group("distributions")

SEEN = """
import json
from importlib.metadata import distributions
from flask_caching.registry import installed_registry

print(json.dumps({
    "backends": list(installed_registry().installed()),
    "distributions": [each.name.lower() for each in distributions()],
}))
"""


@pytest.fixture(scope="module")
def dist(tmp_path_factory):
    """Build what `make build` builds, elsewhere."""
    folder = tmp_path_factory.mktemp("dist")
    build(ROOT, folder, "--all-packages")
    return folder


@pytest.fixture
def environment(tmp_path, dist):
    """Make an empty environment; what is called installs into it, and tells what is there."""
    made = Environment(tmp_path, dist)

    def install(*requirements):
        made.install(*requirements)
        return json.loads(made.run("python", "-I", "-c", SEEN))

    return install


def wheel_of(dist, name):
    (wheel,) = dist.glob(f"{name.lower().replace('-', '_')}-[0-9]*.whl")
    return zipfile.ZipFile(wheel)


def sdist_of(dist, name):
    (sdist,) = dist.glob(f"{name.lower().replace('-', '_')}-[0-9]*.tar.gz")
    return tarfile.open(sdist)


def read(path):
    return path.read_text(encoding="utf-8")


def files_in(dist):
    return sorted([*dist.glob("*.whl"), *dist.glob("*.tar.gz")])


def information_of(wheel, file):
    """Return the text of a file of the wheel's metadata."""
    (path,) = [name for name in wheel.namelist() if name.endswith(f".dist-info/{file}")]
    return wheel.read(path).decode()


def metadata_of(dist, name):
    with wheel_of(dist, name) as wheel:
        return email.message_from_string(information_of(wheel, "METADATA"))


def sources_of(project):
    """List what lies in a project's packages, as their users import it."""
    source = project / "src"
    return {
        path.relative_to(source).as_posix()
        for path in source.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_every_distribution_is_built_as_a_wheel_and_as_a_source(dist):
    files = sorted(path.name for path in dist.iterdir() if path.suffix in {".whl", ".gz"})

    assert len([name for name in files if name.endswith(".whl")]) == len(DISTRIBUTIONS) == 8
    assert len([name for name in files if name.endswith(".tar.gz")]) == len(DISTRIBUTIONS)


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_a_distribution_says_what_it_is(dist, name):
    metadata = metadata_of(dist, name)

    assert metadata["Name"] == name
    assert metadata["Author"] == "The Flask-Caching plugins authors"
    assert metadata["License-Expression"] == "BSD-3-Clause"
    assert metadata["License-File"] == "LICENSE"
    assert metadata["Requires-Python"] == ">=3.11"
    assert "ndependent implementation" in metadata["Summary"]
    assert "cache" in metadata["Keywords"].split(",")
    assert set(metadata.get_all("Classifier")) >= CLASSIFIERS


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_a_distribution_names_no_address_that_nobody_answers_at(dist, name):
    metadata = metadata_of(dist, name)

    assert {address: metadata[address] for address in ADDRESSES if metadata[address]} == {}


def test_only_the_umbrella_is_refused_by_pypi(dist):
    refused = [
        name
        for name in DISTRIBUTIONS
        if "Private :: Do Not Upload" in metadata_of(dist, name).get_all("Classifier")
    ]

    assert refused == [UMBRELLA]


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_a_distribution_says_what_it_needs_and_since_which_version(dist, name):
    needed = [Requirement(text) for text in metadata_of(dist, name).get_all("Requires-Dist")]

    unbounded = [
        str(each)
        for each in needed
        if each.name.lower() != name.lower()  # its own extras
        and not any(bound.operator == ">=" for bound in each.specifier)
    ]
    assert unbounded == []
    always = {each.name for each in needed if "extra" not in str(each.marker)}
    assert always == PROJECTS[name][1]


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_the_page_of_versions_names_what_is_needed(dist, name):
    page = read(VERSIONS_PAGE)
    needed = [Requirement(text) for text in metadata_of(dist, name).get_all("Requires-Dist")]

    foreign = [each for each in needed if not each.name.lower().startswith("flask-caching")]
    named = [f"{each.name}{each.specifier}" for each in foreign]
    assert [text for text in named if f"`{text}`" not in page] == []


def test_the_page_of_versions_names_what_is_tested():
    page = read(VERSIONS_PAGE)
    pins = (ROOT / "core/tests/flask_versions").glob("*.txt")
    tested = re.findall(r"^flask==(.*)$", "\n".join(map(read, pins)), re.MULTILINE)
    pythons = [each.rpartition(" ")[2] for each in CLASSIFIERS if re.search(r"3\.\d+$", each)]

    assert f"| {', '.join(sorted(tested))}, on each of these Pythons |" in page
    assert f"| {', '.join(sorted(pythons))} | each of them |" in page


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_a_distribution_takes_the_others_of_this_state(dist, name):
    needed = [Requirement(text) for text in metadata_of(dist, name).get_all("Requires-Dist")]

    for each in needed:
        if each.name.startswith("flask-caching-"):
            assert metadata_of(dist, each.name)["Version"] in each.specifier


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_a_distribution_is_found_by_its_entry_points(dist, name):
    points = configparser.ConfigParser(delimiters="=")
    points.optionxform = str  # names keep their case
    with wheel_of(dist, name) as wheel:
        if name != UMBRELLA:
            points.read_string(information_of(wheel, "entry_points.txt"))

    assert {group: set(points[group]) for group in points.sections()} == ENTRY_POINTS[name]


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_a_wheel_has_its_packages_and_nothing_else(dist, name):
    with wheel_of(dist, name) as wheel:
        files = set(wheel.namelist())
    described = {file for file in files if ".dist-info/" in file}

    assert files - described == sources_of(PROJECTS[name][0])
    assert {file.partition(".dist-info/")[2] for file in described} <= {
        *("METADATA", "WHEEL", "RECORD", "entry_points.txt", "licenses/LICENSE")
    }
    packages = {file.partition("/")[0] for file in files - described}
    assert {f"{package}/py.typed" for package in packages} <= files
    assert bool(packages) is (name != UMBRELLA)


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_a_source_distribution_has_what_is_built_and_tested(dist, name):
    with sdist_of(dist, name) as sdist:
        files = {PurePath(*PurePath(member).parts[1:]) for member in sdist.getnames()}

    beside = {"CHANGELOG.md"} if name == UMBRELLA else {"src", "tests"}
    always = {".gitignore", "LICENSE", "PKG-INFO", "README.md", "pyproject.toml"}
    assert {file.parts[0] for file in files} == always | beside
    left_behind = {"__pycache__", ".hypothesis", ".pytest_cache", "build", "dist"}
    assert [file for file in files if left_behind & set(file.parts)] == []


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_a_readme_leads_to_no_place_that_an_index_has_not(dist, name):
    metadata = metadata_of(dist, name)
    shown = metadata.get_payload()
    written = read(PROJECTS[name][0] / "README.md")

    assert metadata["Description-Content-Type"] == "text/markdown"
    targets = [a or b for a, b in TARGET.findall(FENCED.sub("", shown))]
    assert [target for target in targets if not target.startswith("https://")] == []
    assert FENCED.findall(shown) == FENCED.findall(written)
    assert shown.startswith("# ")


def test_an_index_would_take_and_show_them(dist):
    said = run([sys.executable, "-m", "twine", "--no-color", "check", "--strict", *files_in(dist)])

    assert said.count("PASSED") == 2 * len(DISTRIBUTIONS)


def test_a_wheel_is_the_same_from_the_repository_and_from_the_source_distribution(dist, tmp_path):
    build(ROOT, tmp_path, "--all-packages", "--wheel")  # the others were made of the sdists

    made = {path.name: path.read_bytes() for path in tmp_path.glob("*.whl")}
    assert len(made) == len(DISTRIBUTIONS)
    differing = [name for name, wheel in made.items() if (dist / name).read_bytes() != wheel]
    assert differing == []


@pytest.mark.parametrize("plugin", PLUGINS)
def test_the_core_and_one_plugin_bring_that_backend_only(environment, plugin):
    seen = environment("flask-caching-core", f"flask-caching-{plugin}")

    assert set(seen["backends"]) == OF_THE_CORE | PLUGINS[plugin]
    foreign = {client for client, owner in CLIENTS.items() if owner != plugin}
    assert not foreign & set(seen["distributions"])
    ours = {name for name in seen["distributions"] if name.startswith("flask-caching")}
    assert ours == {"flask-caching-core", f"flask-caching-{plugin}"}


def test_the_umbrella_satisfies_what_asks_for_flask_caching(environment):
    seen = environment("Flask-Caching[redis]==2.5.1+plugins.1", "flask-caching<3,>=2.1.0")

    assert set(seen["backends"]) == OF_THE_CORE | PLUGINS["filesystem"] | PLUGINS["redis"]
    assert not {"pylibmc", "google-cloud-storage", "cachelib"} & set(seen["distributions"])
