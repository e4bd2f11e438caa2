with months as (
  select
    date_trunc('month', day)::date as month,
    count(distinct day) as open_days,
    sum(revenue) as revenue,
    sum(profit) as profit
  from sales
  group by month
)
select
  month,
  open_days,
  revenue,
  profit,
  revenue - lag(revenue) over (order by month) as more_than_before
from months
