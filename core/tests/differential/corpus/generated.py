"""Functions and calls made at random: which calls share an entry of `Cache.memoize`?

The same ones in every run. Each function is called as its signature allows and notes in which
order its calls were computed; calls that share an entry give the same number. Beside it stands
which calls are the same to Python itself.
"""

from __future__ import annotations

import inspect
import random

from flask_caching import Cache

from .record import counter, make_app, scenario

VALUES = (
    "0",
    "1",
    "2",
    "'1'",
    "1.5",
    "None",
    "True",
    "False",
    "''",
    "'a'",
    "[1]",
    "(1,)",
    "{'k': 1}",
    "b'1'",
)
DEFAULTS = ("0", "1", "None", "False", "''", "'a'", "(1,)", "()")


class Signature:
    """A signature made at random, and calls of it."""

    def __init__(
        self, dice, *, positional_only=0, plain=0, variadic=False, keyword_only=0, keywords=False
    ):
        self.dice = dice
        self.positional_only = [f"p{n}" for n in range(positional_only)]
        self.plain = [f"a{n}" for n in range(plain)]
        self.keyword_only = [f"k{n}" for n in range(keyword_only)]
        self.variadic = variadic
        self.keywords = keywords
        by_place = [*self.positional_only, *self.plain]
        optional = by_place[dice.randint(0, len(by_place)) :]
        optional += [name for name in self.keyword_only if dice.random() < 0.6]
        self.defaults = {name: dice.choice(DEFAULTS) for name in optional}

    def __str__(self):
        parts = [self._parameter(name) for name in self.positional_only]
        if self.positional_only:
            parts.append("/")
        parts += [self._parameter(name) for name in self.plain]
        if self.variadic:
            parts.append("*rest")
        elif self.keyword_only:
            parts.append("*")
        parts += [self._parameter(name) for name in self.keyword_only]
        if self.keywords:
            parts.append("**others")
        return ", ".join(parts)

    def call(self):
        """Return the text of a call's arguments."""
        dice = self.dice
        by_place = [*self.positional_only, *self.plain]
        given = len(by_place)
        while given and by_place[given - 1] in self.defaults and dice.random() < 0.4:
            given -= 1
        spelled = dice.randint(min(len(self.positional_only), given), given)
        arguments = [self._value(name) for name in by_place[:spelled]]
        named = [f"{name}={self._value(name)}" for name in by_place[spelled:given]]
        # A default may be skipped between two that are given by name.
        named += [
            f"{name}={self._value(name)}"
            for name in self.keyword_only
            if name not in self.defaults or dice.random() < 0.5
        ]
        if self.variadic and spelled == len(by_place):
            arguments += [dice.choice(VALUES) for _ in range(dice.randint(0, 2))]
        if self.keywords:
            named += [f"x{n}={dice.choice(VALUES)}" for n in range(2) if dice.random() < 0.4]
        dice.shuffle(named)
        return ", ".join([*arguments, *named])

    def _parameter(self, name):
        return f"{name}={self.defaults[name]}" if name in self.defaults else name

    def _value(self, name):
        # Often the default itself, which has to share the entry of the call without it.
        if name in self.defaults and self.dice.random() < 0.4:
            return self.defaults[name]
        return self.dice.choice(VALUES)


def _partition(numbers):
    """Return which calls gave the same: the first one of each group, for each call."""
    firsts = {}
    return [firsts.setdefault(number, place) for place, number in enumerate(numbers)]


def _play(see, place, signature, *, calls=14, kind="def"):
    cache = Cache(make_app())
    number = counter()
    texts = sorted({signature.call() for _ in range(calls)})
    name = f"made_{place}"
    scope = {"number": number, "memoize": cache.memoize(), "__name__": "made"}
    exec(_source(kind, name, str(signature)), scope)
    results = []
    for text in texts:
        try:
            results.append(eval(f"{scope['target']}({text})", scope))
        except TypeError as error:
            results.append(f"{type(error).__name__}")
    noted = {
        "of": f"{kind} {name}({signature})",
        "calls": texts,
        "shared": _partition(results),
        "python": _partition(_bound(str(signature), texts)),
    }
    see(f"{place}", noted)


def _bound(parameters, texts):
    """Return how Python itself sees the arguments of each call, defaults filled in."""
    signature = eval(f"inspect.signature(lambda {parameters}: 0)", {"inspect": inspect})
    filled = []
    for text in texts:
        call = eval(f"bind({text})", {"bind": signature.bind})
        call.apply_defaults()
        if "others" in call.arguments:
            call.arguments["others"] = sorted(call.arguments["others"].items())
        filled.append(repr(call.arguments))
    return filled


def _source(kind, name, parameters):
    if kind == "def":
        return f"@memoize\ndef {name}({parameters}):\n    return number()\ntarget = {name!r}\n"
    first, decorator = {
        "method": ("self", "@memoize"),
        "classmethod": ("cls", "@classmethod\n    @memoize"),
        "staticmethod": ("", "@staticmethod\n    @memoize"),
    }[kind]
    parameters = ", ".join(each for each in (first, parameters) if each)
    return (
        f"class Made:\n"
        f"    def __repr__(self):\n        return 'made'\n"
        f"    {decorator}\n"
        f"    def {name}({parameters}):\n        return number()\n"
        f"target = 'Made(){'.' + name}'\n"
    )


def _dice(subject):
    return random.Random(f"flask_caching {subject}")


@scenario
def plain(see):
    dice = _dice("plain")
    for place in range(60):
        _play(see, place, Signature(dice, plain=dice.randint(1, 4)))


@scenario
def variadic(see):
    dice = _dice("variadic")
    for place in range(40):
        _play(
            see,
            place,
            Signature(dice, plain=dice.randint(0, 3), variadic=True, keywords=dice.random() < 0.5),
        )


@scenario
def keywords(see):
    dice = _dice("keywords")
    for place in range(40):
        _play(see, place, Signature(dice, plain=dice.randint(0, 3), keywords=True))


@scenario
def keyword_only(see):
    dice = _dice("keyword only")
    for place in range(40):
        signature = Signature(
            dice,
            plain=dice.randint(0, 2),
            keyword_only=dice.randint(1, 3),
            variadic=dice.random() < 0.3,
            keywords=dice.random() < 0.3,
        )
        _play(see, place, signature)


@scenario
def positional_only(see):
    dice = _dice("positional only")
    for place in range(40):
        signature = Signature(dice, positional_only=dice.randint(1, 2), plain=dice.randint(0, 2))
        _play(see, place, signature)


@scenario
def everything(see):
    dice = _dice("everything")
    for place in range(40):
        signature = Signature(
            dice,
            positional_only=dice.randint(0, 2),
            plain=dice.randint(0, 2),
            variadic=dice.random() < 0.5,
            keyword_only=dice.randint(0, 2),
            keywords=dice.random() < 0.5,
        )
        _play(see, place, signature)


@scenario
def methods(see):
    dice = _dice("methods")
    for place in range(60):
        kind = ("method", "classmethod", "staticmethod")[place % 3]
        _play(
            see,
            place,
            Signature(dice, plain=dice.randint(0, 3), keywords=dice.random() < 0.3),
            kind=kind,
        )
