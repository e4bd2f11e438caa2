"""Running order and cycles."""

from __future__ import annotations

from collections.abc import Iterable, Mapping


def topological(edges: Mapping[str, Iterable[str]]) -> tuple[list[str], list[list[str]]]:
    """Order ``edges`` (node to what it needs) so that needs come first; keep the given order otherwise.

    Gives the order and the cycles. Members of a cycle are in the order too, so that all else can go on.
    Tarjan's strongly connected components, without recursion (R. Tarjan, SIAM J. Comput. 1, 1972).
    """
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    path: list[str] = []
    on_path: set[str] = set()
    order: list[str] = []
    cycles: list[list[str]] = []
    for root in edges:
        if root in index:
            continue
        work = [(root, iter(edges[root]))]
        index[root] = low[root] = len(index)
        path.append(root)
        on_path.add(root)
        while work:
            node, rest = work[-1]
            for need in rest:
                if need not in edges:
                    continue
                if need not in index:
                    index[need] = low[need] = len(index)
                    path.append(need)
                    on_path.add(need)
                    work.append((need, iter(edges[need])))
                    break
                if need in on_path:
                    low[node] = min(low[node], index[need])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == index[node]:
                    members = _component(node, path, on_path)
                    order.extend(members)
                    if len(members) > 1 or node in set(edges[node]):
                        cycles.append(_cycle(members, edges))
    return order, cycles


def _component(node: str, path: list[str], on_path: set[str]) -> list[str]:
    members = []
    while True:
        member = path.pop()
        on_path.discard(member)
        members.append(member)
        if member == node:
            return members


def _cycle(members: list[str], edges: Mapping[str, Iterable[str]]) -> list[str]:
    """One cycle through the component, shortest first by breadth: the user sees this one."""
    within = set(members)
    start = members[-1]
    before: dict[str, str] = {}
    queue = [start]
    for node in queue:
        for need in edges[node]:
            if need == start:
                cycle = [node]
                while cycle[-1] != start:
                    cycle.append(before[cycle[-1]])
                return cycle[::-1]
            if need in within and need not in before:
                before[need] = node
                queue.append(need)
    return [start]


def descendants(start: Iterable[str], readers: Mapping[str, Iterable[str]]) -> set[str]:
    """All that reads one of ``start``, directly or through others; ``start`` itself not included."""
    found: set[str] = set()
    queue = list(start)
    for node in queue:
        for reader in readers.get(node, ()):
            if reader not in found:
                found.add(reader)
                queue.append(reader)
    return found
