"""How often the terms of a cluster name its topic: the words of true intents among the terms of their rows.

Of BANKING77 and CLINC150 every intent's rows are a cluster once: 10 to 40 of them, and as many foreign rows as make
15 % of it. The other intents are what it is told from. Counted is for how many intents a word of the name, or one of
the same stem, is among the words of the first five terms, and of the name made of them.

    python benchmarks/topic_names.py DATA_FOLDER
"""

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from topicsmith.discovery.terms import cluster_terms, name_of
from topicsmith.discovery.word_forms import stem

OUT = Path(__file__).parent / "results" / "topic_names.json"
DRAWS, FOREIGN, FIRST, AT_ONCE = 5, 0.15, 5, 12
STOPS = frozenset({"a", "i", "of", "or", "to", "up", "my", "the", "is", "by", "for", "in", "on", "not", "and", "what"})


def stems(name: str) -> set[str]:
    """The words of a name or term, by their stems."""
    return {stem(word) for word in name.casefold().replace("_", " ").replace("?", " ").split()}


def says(intent: str, words: set[str]) -> bool:
    """Whether a word of the intent's name is among ``words``; the first five letters decide for long ones."""
    wanted = stems(intent) - STOPS or stems(intent)
    return any(own == word or (len(own) > 5 and own[:5] == word[:5]) for own in wanted for word in words)


def draw(rows: dict[str, list[str]], rng: np.random.Generator) -> dict[str, tuple[bool, bool, tuple[str, ...], str]]:
    """For each intent whether its terms, and its name, say it; the terms and the name. Some are hidden at a time."""
    everything = [text for texts in rows.values() for text in texts]
    found = {}
    names = [str(name) for name in rng.permutation(sorted(rows))]
    for start in range(0, len(names), AT_ONCE):
        hidden = names[start : start + AT_ONCE]
        clusters = []
        for name in hidden:
            size = int(rng.integers(10, 41))
            own = [str(text) for text in rng.choice(rows[name], min(size, len(rows[name])), replace=False)]
            foreign = rng.choice(everything, round(FOREIGN / (1 - FOREIGN) * len(own)), replace=False)
            clusters.append([*own, *map(str, foreign)])
        others = [texts[:100] for name, texts in rows.items() if name not in hidden]
        for name, terms in zip(hidden, cluster_terms(clusters, others), strict=True):
            named = name_of(terms)
            first = set().union(*(stems(term) for term in terms[:FIRST]))
            found[name] = (says(name, first), says(name, stems(named.replace(",", ""))), terms, named)
    return found


def measured(rows: dict[str, list[str]]) -> dict[str, Any]:
    """Shares over several draws, and what the last of them gave."""
    draws = [draw(rows, np.random.default_rng(seed)) for seed in range(DRAWS)]
    by_terms = [float(np.mean([each[0] for each in found.values()])) for found in draws]
    by_name = [float(np.mean([each[1] for each in found.values()])) for found in draws]
    last = draws[-1]
    return {
        "intents": len(rows),
        "first_five_terms": {"mean": round(float(np.mean(by_terms)), 4), "sd": round(float(np.std(by_terms)), 4)},
        "name": {"mean": round(float(np.mean(by_name)), 4), "sd": round(float(np.std(by_name)), 4)},
        "examples": {name: {"name": last[name][3], "terms": last[name][2]} for name in sorted(last)[:10]},
        "not_said": {name: last[name][2][:FIRST] for name in sorted(last) if not last[name][0]},
    }


def main() -> None:
    """Measure both sets and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, help="the folder with banking77/ and clinc150/")
    folder = parser.parse_args().data
    result = {}
    for name, file in (("banking77", "banking77/banking77"), ("clinc150", "clinc150/clinc150_full")):
        table = pl.read_parquet(folder / f"{file}.parquet").filter(pl.col("split") != "test")
        if "is_oos" in table.columns:
            table = table.filter(~pl.col("is_oos"))
        rows: dict[str, list[str]] = {}
        for text, intent in table.select("text", "intent").iter_rows():
            rows.setdefault(intent, []).append(text)
        result[name] = measured(rows)
    OUT.write_text(json.dumps({"draws": DRAWS, "foreign": FOREIGN, **result}, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
