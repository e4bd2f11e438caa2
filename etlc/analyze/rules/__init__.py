"""The analyses, one a file. To add one: a file with ``find``, a line here, a code with its page, a fixture."""

from etlc.analyze.rules import (
    average,
    cross_join,
    division,
    fan_out,
    float_equality,
    incomplete,
    join_types,
    key,
    limit,
    literals,
    not_in,
    outer_join,
    personal,
    shadow,
    star,
    sum_of_key,
    union_order,
    unread,
    zones,
)

# Each has ``find(subject)``: findings of one model.
OF_MODEL = (
    fan_out, cross_join, join_types, not_in, outer_join, limit, float_equality, division, average, zones, star,
    union_order, shadow, sum_of_key, key, literals,
)  # fmt: skip
# Each has ``find(whole)``: findings of the project as a whole.
OF_PROJECT = (unread, incomplete, personal)
