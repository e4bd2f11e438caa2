select
  product,
  isodow(day) as weekday,              -- 1 is Monday, 7 is Sunday
  sum(baked) as baked,
  sum(left_over) as left_over,
  (100 * sum(left_over) / sum(baked))::decimal(4, 1) as left_over_percent
from sales
group by product, weekday
