"""English reasoning traces made of sentence patterns, with faults planted in some of them."""

import random
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

THINGS = ("apples", "boxes", "marbles", "tickets", "triangles", "roots", "terms", "coins", "pages")
NAMES = ("Mara", "Tom", "Ines", "Karl", "Lucy", "Omar", "Nina", "Paul", "Vera", "Hugo", "Anna")
PATTERNS = (
    "First I need to find how many {thing} {name} has after giving {n} of them away.",
    "Let me check this again, because the last step does not look right to me.",
    "So the total is \\({n} + {m} = {sum}\\), which is more than half of the {thing}.",
    "Wait, that would mean that {name} has fewer {thing} than at the start.",
    "If we divide {sum} by {m}, the remainder tells us how many {thing} are left over.",
    "Then the equation becomes \\[ {n}x^2 - {m}x + {sum} = 0, \\] and we can solve it for x.",
    "Since both sides are positive, we may take the square root without losing a solution.",
    "Alternatively, we could count the {thing} in each row and multiply by the number of rows.",
    "Hmm, but the problem says that {name} bought {m} {thing} on the second day as well.",
    "Therefore the value that we are looking for must be smaller than {sum}.",
    "Each of the {n} {thing} costs ${m}, so {name} pays ${sum} for all of them together.",
    "Maybe it is easier to write the number as a product of two factors and compare them.",
    "That gives us {sum} in the first case and {n} in the second, so the cases differ.",
    "However, this only works when the {thing} are all of the same kind.",
    "Now I will put the numbers back into the original condition to verify the result.",
    "Perhaps there is another way to see it: draw a line from the corner to the middle.",
)
FOREIGN: Mapping[str, tuple[str, ...]] = {
    "zh": (
        "首先我们需要求出剩下的苹果一共有多少个，然后再除以人数。",
        "如果把两边同时平方，就可以得到一个关于未知数的方程。",
        "等等，这里好像有一个问题，我们再检查一遍前面的步骤。",
        "因此答案应该小于第一天卖出去的数量，这与题目的条件一致。",
    ),
    "fr": (
        "Il faut d'abord trouver combien de pommes il reste après le premier jour.",
        "On peut ensuite diviser la somme par le nombre d'enfants qui sont venus.",
        "Comme les deux côtés sont positifs, nous pouvons prendre la racine carrée.",
        "Attendez, cela voudrait dire qu'elle en a moins qu'au début de la semaine.",
    ),
    "de": (
        "Zuerst müssen wir herausfinden, wie viele Äpfel nach dem ersten Tag noch übrig sind.",
        "Danach kann man die Summe durch die Anzahl der Kinder teilen, die gekommen sind.",
        "Da beide Seiten positiv sind, dürfen wir die Wurzel ziehen, ohne etwas zu verlieren.",
        "Moment, das würde bedeuten, dass sie jetzt weniger hat als am Anfang der Woche.",
    ),
}
MEAN_SENTENCES = 140  # of about 85 bytes: 12 KB a trace, as R1's are


class Planted(NamedTuple):
    """A thought, and the fault that was planted in it, or an empty name."""

    thought: str
    fault: str


def traces(megabytes: float, seed: int = 0) -> Iterator[Planted]:
    """Yields traces until so many megabytes are made; half of them are clean."""
    rng = random.Random(seed)
    made = 0
    while made < megabytes * 1e6:
        thought = prose(rng)
        fault = rng.choice(sorted(FAULTS)) if rng.random() < 0.5 else ""
        if fault:
            thought = FAULTS[fault](rng, thought)
        made += len(thought.encode())
        yield Planted(thought, fault)


def prose(rng: random.Random) -> str:
    """Returns a clean thought, of log-normal length."""
    count = int(min(20, max(0.15, rng.lognormvariate(0, 0.75))) * MEAN_SENTENCES * 0.75)
    return "".join(sentence(rng) + rng.choice((" ", " ", " ", "\n\n")) for _ in range(count))


def sentence(rng: random.Random) -> str:
    """Returns one English sentence, sometimes with a formula or a price in it."""
    n, m = rng.randrange(2, 900), rng.randrange(2, 90)
    values = {"thing": rng.choice(THINGS), "name": rng.choice(NAMES), "n": n, "m": m}
    text = rng.choice(PATTERNS)
    for slot, value in {**values, "sum": n + m}.items():
        text = text.replace(f"{{{slot}}}", str(value))
    return text


def _foreign(language: str, share: float) -> Callable[[random.Random, str], str]:
    def plant(rng: random.Random, thought: str) -> str:
        passage = ""
        while len(passage) < share * len(thought):
            passage += rng.choice(FOREIGN[language]) + " "
        at = thought.find(". ", rng.randrange(len(thought))) + 2
        return thought[:at] + passage + thought[at:]

    return plant


def _loop(rng: random.Random, thought: str) -> str:
    passage = " ".join(sentence(rng) for _ in range(rng.randrange(1, 12)))
    return thought + passage * rng.randrange(6, 40)


def _counting_loop(rng: random.Random, thought: str) -> str:
    start = rng.randrange(90)
    tried = "Let me try x = {}. The left side is {} then, the right side is {}, so this is not it. "
    return thought + "".join(tried.format(n, 7 * n, n * n) for n in range(start, start + 60))


def _wall_of_text(rng: random.Random, thought: str) -> str:
    return thought + "\n\n" + " ".join(sentence(rng) for _ in range(80))


def _wrongly_decoded(rng: random.Random, thought: str) -> str:
    return thought + f"Renée paid {rng.randrange(99)} € ".encode().decode("cp1252")


def _address(_: random.Random, thought: str) -> str:
    return thought + " Write to mara.klein@uni-ulm.de for the rest."


FAULTS: Mapping[str, Callable[[random.Random, str], str]] = {
    "2 % Chinese": _foreign("zh", 0.02),
    "5 % French": _foreign("fr", 0.05),
    "5 % German": _foreign("de", 0.05),
    "loop": _loop,
    "counting loop": _counting_loop,
    "wall of text": _wall_of_text,
    "wrongly decoded": _wrongly_decoded,
    "address": _address,
}
