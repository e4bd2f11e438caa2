"""Random queries in which CTEs, aliases and relations share their names, at every depth."""

from __future__ import annotations

from random import Random

RELATIONS = ["t", "u", "v", "w"]


class Writer:
    """Writes queries of columns x and y."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)

    def query(self, depth: int, names: list[str]) -> str:
        kind = self.random.random()
        if depth > 0 and kind < 0.35:
            return self.with_(depth, names)
        if depth > 0 and kind < 0.5:
            how = self.random.choice(["union all", "union", "intersect", "except", "union all by name"])
            return f"({self.query(depth - 1, names)}) {how} ({self.select(depth - 1, names)})"
        if depth > 0 and kind < 0.56:
            first, second = self.random.choice(names), self.random.choice(names)
            tail = f"order by (select max(x) from {first}), 1 limit (select count(*) from {second})"
            return f"{self.select(depth, names)} {tail}"
        return self.select(depth, names)

    def with_(self, depth: int, names: list[str]) -> str:
        known, parts = list(names), []
        recursive = self.random.random() < 0.4
        for _ in range(self.random.randint(1, 2)):
            name = self.random.choice([*RELATIONS, "c", "d"])
            if recursive and self.random.random() < 0.7:
                parts.append(self.recursive(depth, name, known))
            else:
                how = self.random.choice(["", "materialized ", "not materialized "])
                parts.append(f"{name}{self.random.choice(['', '(x, y)'])} as {how}({self.query(depth - 1, known)})")
            known += [name, name]
        return f"with {'recursive ' if recursive else ''}{', '.join(parts)} {self.query(depth - 1, known)}"

    def recursive(self, depth: int, name: str, known: list[str]) -> str:
        body = f"{self.select(depth - 1, known)} union all select x, y from {name} where x < 0"
        kind = self.random.random()
        if kind < 0.3:
            body = f"select x, y from {self.random.choice(known)} union all {body}"
        elif kind < 0.5:
            seen = f"select {name}.x, {name}.y from {name}, recurring.{name} as r where r.x < 0"
            return f"{name}(x, y) using key (x) as ({self.select(0, known)} union {seen})"
        return f"{name}(x, y) as ({body})"

    def select(self, depth: int, names: list[str]) -> str:
        one = self.random.choice(names)
        if depth <= 0:
            return f"select x, y from {one}"
        two, inner = self.random.choice(names), f"({self.scalar(depth - 1, names)})"
        source = self.random.choice([
            one, f"{one} as a semi join {two} as b using (x)", f"({self.query(depth - 1, names)}) as q(x, y)",
            f"{one} as a, lateral (select z.x as lx from {two} as z where z.x = a.x) as l", f"(table {one}) as q",
            f"(values (1, {inner})) as q(x, y)", f"(from {one}) as q", f"{one} as a, range({inner}) as g(n)",
        ])  # fmt: skip
        item = "a.x, a.y" if " as a" in source else self.random.choice([
            "x, y", f"x, {inner} as y", f"x, count(*) over (order by {inner}) as y",
            f"x, case when exists({self.query(depth - 1, names)}) then y end as y",
        ])  # fmt: skip
        where = self.random.choice(["", f"where 1 in {inner}", f"where exists (from {two})"])
        return f"select {item} from {source} {where}"

    def scalar(self, depth: int, names: list[str]) -> str:
        name = self.random.choice(RELATIONS)
        if depth > 0 and self.random.random() < 0.4:
            last = self.random.choice([*names, name, name])
            return f"with {name} as ({self.select(depth - 1, names)}) select max(x) from {last}"
        return f"select max(x) from {self.random.choice(names)}"
