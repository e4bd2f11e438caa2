"""How fast a big project is validated: cold, warm, after one edit, and as a pre-commit hook with one file staged.

``python tests/benchmarks/thousand.py [--models 1000] [--rounds 5]`` makes a project of that many models of 15 to 40
lines in layers (staging, joins, aggregates, windows, unions, marts with keys and checks), and prints medians of whole
processes. ``--keep DIR`` leaves the project there.
"""

from __future__ import annotations

import argparse
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

COLUMNS = {
    "id": "{type: BIGINT, nullable: false, unique: true}", "customer_id": "BIGINT", "day": "DATE", "amount": '"DECIMAL(12,2)"',
    "quantity": "INTEGER", "channel": "VARCHAR", "status": "VARCHAR", "note": "VARCHAR",
}  # fmt: skip

STAGING = """\
with source as (
  select *
  from {a}
),
renamed as (
  select
    id,
    customer_id,
    day,
    cast(amount as decimal(14, 2)) as amount,
    coalesce(quantity, 0) as quantity,
    lower(trim(channel)) as channel,
    coalesce(status, 'unknown') as status
  from source
  where id is not null
)
select id, customer_id, day, amount, quantity, channel, status
from renamed
"""
JOINED = """\
with base as (
  select id, customer_id, day, amount, quantity, channel, status
  from {a}
  where day >= date '2020-01-{n:02d}'
),
other as (
  select id, amount as other_amount, quantity as other_quantity
  from {b}
)
select
  base.id,
  base.customer_id,
  base.day,
  base.amount + coalesce(other.other_amount, 0) as amount,
  base.quantity + coalesce(other.other_quantity, 0) as quantity,
  base.channel,
  case
    when base.quantity > {n} then 'large'
    when base.status in ('open', 'paid') then 'core'
    else base.status
  end as status
from base
left join other on other.id = base.id
"""
SHARES = """\
with base as (
  select id, customer_id, day, amount, quantity, channel, status
  from {a}
),
totals as (
  select
    customer_id,
    count(*) as orders,
    sum(amount) as total,
    max(day) as last_day
  from {b}
  group by customer_id
)
select
  base.id,
  base.customer_id,
  base.day,
  base.amount,
  base.quantity,
  base.channel,
  case when base.amount > {n} * totals.total / nullif(totals.orders, 0) then 'above' else base.status end as status
from base
left join totals on totals.customer_id = base.customer_id
where totals.last_day is null or base.day <= totals.last_day
"""
WINDOWS = """\
with unioned as (
  select id, customer_id, day, amount, quantity, channel, status, 0 as part from {a}
  union all
  select id, customer_id, day, amount, quantity, channel, status, 1 as part from {b}
),
ranked as (
  select
    *,
    sum(amount) over (partition by customer_id order by day, id, part) as running,
    lag(quantity) over (partition by customer_id order by day, id, part) as before,
    row_number() over (partition by id order by part) as pick
  from unioned
)
select
  id,
  customer_id,
  day,
  cast(running as decimal(14, 2)) as amount,
  coalesce(before, {n}) as quantity,
  channel,
  status
from ranked
where pick = 1
"""
MART = """\
select
  day,
  channel,
  count(*) as orders,
  count(distinct customer_id) as customers,
  sum(amount) as revenue,
  sum(quantity) as pieces,
  sum(amount) / nullif(sum(quantity), 0) as price,
  min(amount) as smallest,
  max(amount) as largest
from {a}
where status <> 'cancelled'
  and amount > {n}
group by
  day,
  channel
"""


def project(models: int, seed: int = 1) -> dict[str, str]:
    """The files of a project with this many models, the same for the same seed."""
    chance = random.Random(seed)
    sources = [f"raw_{n:03d}" for n in range(max(2, models // 20))]
    columns = "".join(f"      {name}: {kind}\n" for name, kind in COLUMNS.items())
    declared = "".join(f"  {name}:\n    path: data/{name}/*.csv\n    columns:\n{columns}" for name in sources)
    files = {
        "etlc.yaml": "project: big\n",
        "pipelines/big.yaml": f"pipeline: big\nowner: data@example.com\nsources:\n{declared}",
    }
    layers = [sources]
    made, described = 0, []
    shares = [0.2, *([0.13] * 5), 0.15]  # staging, five layers between, marts
    for level, share in enumerate(shares):
        count = models - made if level == len(shares) - 1 else round(models * share)
        layer = []
        for _ in range(count):
            kind = "stg" if level == 0 else "mart" if level == len(shares) - 1 else "int"
            name = f"{kind}_{made:04d}"
            near, far = chance.choice(layers[-1]), chance.choice(chance.choice(layers[1:] or layers))
            text = STAGING if level == 0 else MART if kind == "mart" else chance.choice((JOINED, SHARES, WINDOWS))
            files[f"pipelines/{kind}/{name}.sql"] = text.format(a=near, b=far, n=chance.randint(1, 28))
            if kind == "mart":
                described.append(f"  {name}:\n    description: Orders by day and channel.\n    key: [day, channel]\n")
                described.append("    checks:\n      - not_null: [revenue]\n      - expression: pieces >= 0\n")
            layer.append(name)
            made += 1
        layers.append(layer)
    files["pipelines/big.yaml"] += "models:\n" + "".join(described)
    return files


def seconds(command: Sequence[str], folder: Path) -> float:
    """How long a process takes. A status other than 0 is an error."""
    begun = time.perf_counter()
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return time.perf_counter() - begun


def main() -> None:
    """Make the project, measure, print."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--models", type=int, default=1000)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--keep", type=Path)
    given = arguments.parse_args()
    folder = given.keep or Path(tempfile.mkdtemp())
    try:
        measure(folder, given.models, given.rounds)
    finally:
        if given.keep is None:
            shutil.rmtree(folder)


def measure(folder: Path, models: int, rounds: int) -> None:
    """Whole processes, medians, in turns."""
    for name, text in project(models).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    git = ["git", "-c", "user.name=x", "-c", "user.email=x@example.com", "-c", "gc.auto=0"]
    for step in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "all"]):
        subprocess.run([*git, *step], cwd=folder, check=True)
    validate = [sys.executable, "-m", "etlc", "validate", "-q"]
    between = sorted(folder.glob("pipelines/int/*.sql"))
    edited = between[len(between) // 2]
    original, count = edited.read_text(), 0

    def edit() -> None:
        nonlocal count
        count += 1
        edited.write_text(
            original.replace("select", f"select /* {count} */", 1).replace("coalesce(", f"{count} + coalesce(", 1)
        )

    def stage() -> None:
        edit()
        subprocess.run([*git, "add", "-A"], cwd=folder, check=True)

    cases: dict[str, tuple[Callable[[], None], list[str]]] = {
        "cold": (lambda: shutil.rmtree(folder / ".etlc", ignore_errors=True), validate),
        "warm": (lambda: None, validate),
        "one edit": (edit, validate),
        "hook, one file staged": (stage, [*validate, "--staged"]),
    }
    for name, (before, command) in cases.items():
        taken = []
        for _ in range(rounds):
            before()
            taken.append(seconds(command, folder))
        print(
            f"{models} models, {name:22s} {statistics.median(taken):6.2f} s  ({min(taken):.2f} to {max(taken):.2f})",
            flush=True,
        )


if __name__ == "__main__":
    main()
