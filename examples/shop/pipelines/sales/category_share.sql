with sums as (
  select
    date_trunc('month', ordered_at)::date as month,
    category,
    sum(gross) as revenue
  from order_lines
  group by month, category
)
select
  month,
  category,
  revenue,
  (100 * revenue / sum(revenue) over (partition by month))::decimal(5, 1) as share
from sums
