"""Mutants: what a seed makes of a project, and of a query. The same seed makes the same on every machine."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

import yaml

from tests.hardness.corpus import Texts, around, projects, queries

QUERIES_A_SEED = 5
_MOST = 200_000

_SCALARS = """\
null true no on 0 -1 10.00 1e999 -0 0x1f 0o17 .inf .nan 1_000 012 1:30 2024-01-01 2024-02-30 2024-01-01T10:00:00+25:00
9999-12-31 0000-00-00 a a.b a b _etlc_x SELECT $start_date $nope ${env:HOME} ${env:} ../x /etc/passwd C:\\x data/*.csv ** ~ .
s3://b/x 'q' "q" {{ ref('a') }} @x % 5% 0.1% -5% 4GB 30s 2w DECIMAL(12,2) DECIMAL(99,2) INTEGER[] STRUCT(a INTEGER) MAP
csv parquet xlsx x.y x.y.z error warn auto table view full [ ] { } *a &a !!str | > - ? : , # é 日本 😀 İ ß \u202e \u2028
(((( )))) '; drop -- /* */ \\ [unclosed ^(a+)+$ \\1 (?<x>a) select+1 from+nope count(*)+over+() this raw_orders""".split()
_SCALARS = [text.replace("+", " ") for text in _SCALARS] + ["", " ", "9" * 400, "9" * 5000, "x" * 10_000, "a b c"]
_KEYS = """\
project warehouse pipelines params defaults limits allow memory threads temp pipeline description owner tags sources models
outputs tests path rows format options columns checks type nullable unique sql key materialize incremental publish not_null
accepted_values column values relationships to between min max matches regex row_count fresh within expression severity
tolerate name model partition_by given expect version default use with connection sla << 1 on null""".split()
_PIECES = ["\n", "\r\n", "\r", "  ", "\t", ": ", ":", "- ", "-", "[", "]", "{", "}", ",", "'", '"', "|", "|2-", ">", "&a ", "*a", "*owner",
    "!!str ", "!x ", "<<: *a", "#", " #", "? ", "\0", "\x07", "\x7f", "\x85", "\ufeff", "\u2028", "\ud800", "\udfff", "\uffff", "é", "😀", "%", "@",
    "`", "\\", "\\x", '"\\ud800"', '"\\0"', "---\n", "...\n", "%YAML 1.1\n", "null", "/* etlc", "*/", "/*", "--", "<<<<<<< x\n", "=======\n",
    "models:", "sql: |\n", "$", "$$", ";", "[" * 300, "{a: " * 250, "- " * 300, "(" * 500, "9" * 6000, "a" * 70_000, "[1,2],\n" * 5000]  # fmt: skip
_TOKEN = re.compile(r"\s+|--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|\$?\w+|[<>!=|:&*+-]{2,3}|.", re.DOTALL)
_POOL = """\
all analyze and anti any array as asc asof at attach begin between both by call case cast check collate column columns commit copy
create cross cube current_date current_timestamp cycle default delete desc describe detach distinct do drop else end enum escape
except exclude execute exists explain export extract false fetch filter first following for force foreign from full glob group
grouping+sets having if ignore+nulls ilike import in inner insert install intersect interval into is isnull join lambda last
lateral left like limit load local macro map materialized merge natural not notnull null nulls+first offset on only or order
ordinality over overlaps partition percent pivot position positional pragma preceding prepare primary qualify range recursive
references rename repeatable replace respect+nulls returning right rollup row rows sample select semi set show similar+to some
struct summarize symmetric table tablesample ties to top trailing trim true try_cast truncate unbounded union unique unpivot
update use using vacuum values variadic view when where window with within+group without zone
group+by order+by union+all union+all+by+name left+join asof+join positional+join using+sample order+by+all group+by+all
t u region orders customers m0 m1 x y z name d s l f k j this order_id amount status day lower upper sum count avg max min list
array_agg string_agg row_number rank lag lead first any_value unnest range generate_series read_csv query query_table getenv
regexp_matches json_extract struct_pack struct_extract list_transform list_filter list_reduce map_from_entries strftime strptime
date_trunc date_diff epoch_ms now random coalesce nullif if ifnull greatest hash md5 format printf array_value bitstring
quantile_cont mode histogram approx_count_distinct arg_max unpivot_list columns_ make_date to_days decode encode error typeof
integer bigint hugeint varchar blob bit uuid json date time timestamp timestamptz decimal(12,2) decimal(39,2) struct(a+integer) integer[]
integer[3] map(integer,varchar) union(a+integer) enum('a','b') varchar+collate+nocase
0 1 -1 1.5 1e400 .5 5. 1_000 0x1F 123456789012345678901234567890123456789012345 '' 'a' 'it''s' e'\\n' e'\\' x'ab' '2024-01-31' date+'2024-02-30'
interval+'1'+day $n $start_date $nope $1 ? @x :x #1 "x" "" "a""b" $$a$$ $t$a$t$ [1,2] [] {'a':1} {} map+{} (1,2) ()
( ) [ ] { } , ; . .. * ** + - / // % ^ & | || ~ ~~ !~ = == <> != < <= > >= <=> :: : := -> ->> => ? ! @ # $ ' " ` \\ /* */ -- %s
{{+ref('a')+}} 'data/x.csv' "data/x.csv" main.t information_schema.tables lambda+x:+x+1 x+->+x+1 columns(*) columns('x.*')
*+exclude+(x) *+replace+(1+as+x) from+t select+1 é 日本 😀 \u00a0 \u2019 \u201c \u202e \u2028 \x07 \x7f""".split()
_POOL = [text.replace("+", " ") if len(text) > 1 else text for text in _POOL]
_NESTS: tuple[tuple[str, str], ...] = (
    ("(", ")"), ("(select ", ")"), ("[", "]"), ("not ", ""), ("- ", ""), ("case when x then ", " end"), ("lower(", ")"), ("{'a': ", "}"),
    ("x + (", ")"), ("select * from (", ") q"), ("with q as (", ") select * from q"), ("cast(", " as varchar)"), ("list_transform(l, e -> ", ")"),
)  # fmt: skip


def spec(seed: int) -> Texts:
    """A project with one to four mutations."""
    dice = random.Random(f"spec {seed}")
    texts = dict(dice.choice(projects()))
    for _ in range(dice.choice((1, 1, 1, 2, 2, 3, 4))):
        name = dice.choice(sorted(texts))
        if name.endswith(".sql") and dice.random() < 0.3:
            texts[name] = _encoded(_query(texts[name].decode("utf-8", "replace"), dice))
        elif not name.endswith(".sql") and dice.random() < 0.6:
            texts[name] = _structure(texts[name], dice)
        elif dice.random() < 0.03:
            texts[
                dice.choice((f"pipelines/{dice.choice(_KEYS)}.sql", "blocks/b.yaml", name.upper(), "pipelines/z.yml"))
            ] = texts.pop(name)
        else:
            texts[name] = _bytes(texts[name], dice)
    return texts


def queries_of(seed: int, tpcds: bool = False) -> list[str]:
    """Some queries, each with one to four mutations."""
    dice = random.Random(f"sql {seed}")
    return [_query(dice.choice(queries(tpcds)), dice) for _ in range(QUERIES_A_SEED)]


def sql(seed: int, tpcds: bool = False) -> Texts:
    """A project around those queries."""
    return around(queries_of(seed, tpcds))


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


# -- YAML as a tree


def _structure(data: bytes, dice: random.Random) -> bytes:
    """The text of a changed tree; the text as it stands where it has no tree."""
    try:
        root = yaml.compose(data.decode(), yaml.SafeLoader)
    except (yaml.YAMLError, ValueError, RecursionError):
        return _bytes(data, dice)
    if root is None:
        return _bytes(data, dice)
    for _ in range(dice.choice((1, 1, 2, 3))):
        nodes = _nodes(root)
        node = dice.choice(nodes)
        dice.choice(_CHANGES)(node, nodes, dice)
    flow = dice.choice((None, None, True, False))
    for node in _nodes(root):
        if flow is not None and not isinstance(node, yaml.ScalarNode):
            node.flow_style = flow
    try:
        text = yaml.serialize(root, Dumper=yaml.SafeDumper, width=dice.choice((20, 120, 10_000)), allow_unicode=True)
    except (yaml.YAMLError, ValueError, RecursionError, AttributeError, TypeError):
        return _bytes(data, dice)
    return _encoded(text)[:_MOST]


def _nodes(root: yaml.Node) -> list[yaml.Node]:
    found: dict[int, yaml.Node] = {}
    queue = [root]
    while queue:
        node = queue.pop()
        if id(node) not in found:
            found[id(node)] = node
            queue += _children(node)
    return list(found.values())


def _children(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [part for pair in node.value for part in pair]
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def _plain(text: str, dice: random.Random) -> yaml.ScalarNode:
    return yaml.ScalarNode("tag:yaml.org,2002:str", text, style=dice.choice((None, None, "'", '"', "|")))


def _delete(node: yaml.Node, nodes: list[yaml.Node], dice: random.Random) -> None:
    if not isinstance(node, yaml.ScalarNode) and node.value:
        node.value.pop(dice.randrange(len(node.value)))


def _double(node: yaml.Node, nodes: list[yaml.Node], dice: random.Random) -> None:
    if not isinstance(node, yaml.ScalarNode) and node.value:
        node.value.insert(dice.randrange(len(node.value) + 1), dice.choice(node.value))


def _swap(node: yaml.Node, nodes: list[yaml.Node], dice: random.Random) -> None:
    other = dice.choice(nodes)
    if type(node) is type(other):
        node.value, other.value = other.value, node.value


def _graft(node: yaml.Node, nodes: list[yaml.Node], dice: random.Random) -> None:
    """Put a node where another stands: the same one twice is an alias, one that holds itself a circle."""
    other = dice.choice(nodes)
    if isinstance(node, yaml.MappingNode) and node.value:
        place = dice.randrange(len(node.value))
        key, value = node.value[place]
        node.value[place] = (key, other) if dice.random() < 0.9 else (other, value)
    elif isinstance(node, yaml.SequenceNode):
        node.value.append(other)


def _retype(node: yaml.Node, nodes: list[yaml.Node], dice: random.Random) -> None:
    """Another value, or a list or a map where a value stood."""
    made: list[yaml.Node] = [_plain(dice.choice(_SCALARS), dice)]
    made.append(
        yaml.SequenceNode(
            "tag:yaml.org,2002:seq", [_plain(dice.choice(_SCALARS), dice) for _ in range(dice.randrange(3))]
        )
    )
    made.append(
        yaml.MappingNode(
            "tag:yaml.org,2002:map", [(_plain(dice.choice(_KEYS), dice), _plain(dice.choice(_SCALARS), dice))]
        )
    )
    new = dice.choice(made)
    if isinstance(node, yaml.MappingNode) and node.value:
        place = dice.randrange(len(node.value))
        node.value[place] = (node.value[place][0], new)
    elif isinstance(node, yaml.SequenceNode) and node.value:
        node.value[dice.randrange(len(node.value))] = new


def _rename(node: yaml.Node, nodes: list[yaml.Node], dice: random.Random) -> None:
    if isinstance(node, yaml.MappingNode) and node.value:
        place = dice.randrange(len(node.value))
        key = dice.choice(_KEYS) if dice.random() < 0.6 else dice.choice(_SCALARS)
        node.value[place] = (_plain(key, dice), node.value[place][1])


def _add(node: yaml.Node, nodes: list[yaml.Node], dice: random.Random) -> None:
    if isinstance(node, yaml.MappingNode):
        node.value.append((_plain(dice.choice(_KEYS), dice), dice.choice(nodes)))


def _deepen(node: yaml.Node, nodes: list[yaml.Node], dice: random.Random) -> None:
    if isinstance(node, yaml.SequenceNode) and node.value:
        deep: yaml.Node = _plain("x", dice)
        for _ in range(dice.choice((3, 190, 199, 205))):
            deep = yaml.SequenceNode("tag:yaml.org,2002:seq", [deep], flow_style=True)
        node.value[0] = deep


def _misspell(node: yaml.Node, nodes: list[yaml.Node], dice: random.Random) -> None:
    if isinstance(node, yaml.ScalarNode) and node.value:
        place = dice.randrange(len(node.value))
        node.value = node.value[:place] + dice.choice(("", "x", "é", " ", ".", "\n")) + node.value[place + 1 :]


_CHANGES: tuple[Callable[[yaml.Node, list[yaml.Node], random.Random], None], ...] = (
    _delete, _double, _swap, _graft, _retype, _retype, _rename, _add, _deepen, _misspell,
)  # fmt: skip


# -- any text as bytes


def _bytes(data: bytes, dice: random.Random) -> bytes:
    at = dice.randrange(len(data) + 1)
    to = min(len(data), at + dice.choice((1, 1, 3, 20, 200)))
    piece = _encoded(dice.choice(_PIECES))
    match dice.randrange(10):
        case 0:
            return data[:at] + bytes([dice.randrange(256)]) + data[at + 1 :]
        case 1:
            return data[:at]
        case 2:
            return data[:at] + data[to:]
        case 3:
            return (data[:at] + data[at:to] * dice.choice((2, 2, 2, 100)) + data[to:])[:_MOST]
        case 4:
            return data.replace(b"\n", dice.choice((b"\r\n", b"\r", b"\n\n", b"\n\t")))
        case 5:
            return b"\xef\xbb\xbf" + data if dice.random() < 0.7 else data.decode("utf-8", "replace").encode("utf-16")
        case 6:
            lines = data.split(b"\n")
            line = dice.randrange(len(lines))
            lines[line] = dice.choice((b"\t", b" ", b"  ", b"- ")) + lines[line]
            return b"\n".join(lines)
        case _:
            return (data[:at] + piece + data[to if dice.random() < 0.3 else at :])[:_MOST]


# -- SQL as tokens


def _query(text: str, dice: random.Random) -> str:
    tokens = _TOKEN.findall(text) or [" "]
    for _ in range(dice.choice((1, 1, 2, 3, 4))):
        at, other = dice.randrange(len(tokens) + 1), dice.randrange(len(tokens) + 1)
        low, high = min(at, other), max(at, other)
        new = dice.choice(_POOL)
        match dice.randrange(12):
            case 0 | 1:
                tokens[at : at + 1] = [new]
            case 2 | 3:
                tokens[at:at] = [" ", new, " "]
            case 4:
                tokens[at : at + 1] = []
            case 5:
                tokens[at:at] = tokens[at : at + dice.choice((1, 2, 5))]
            case 6 if at < len(tokens) and other < len(tokens):
                tokens[at], tokens[other] = tokens[other], tokens[at]
            case 7:
                tokens[low:high] = []
            case 8:
                left, right = dice.choice(_NESTS)
                times = dice.choice((1, 1, 2, 5, 40))
                tokens[low:high] = [left * times, *tokens[low:high], right * times]
            case 9:
                donor = _TOKEN.findall(dice.choice(queries(False)))
                first = dice.randrange(len(donor))
                tokens[at:at] = [" ", *donor[first : first + dice.choice((1, 4, 12, 100))], " "]
            case 10:
                tokens[at:at] = [
                    dice.choice(
                        (
                            "/* ",
                            "*/",
                            "-- ",
                            "\n",
                            "'",
                            '"',
                            "$$",
                            "\u00a0",
                            "\ufeff",
                            "\ud800",
                            ";",
                            "\r",
                            "e'",
                            "/* etlc\n",
                        )
                    )
                ]
            case _:
                piece = "".join(tokens[low:high])
                tokens[low:high] = [piece.upper() if dice.random() < 0.5 else piece[: len(piece) // 2]]
        tokens = tokens or [" "]
    return "".join(tokens)[:_MOST]
