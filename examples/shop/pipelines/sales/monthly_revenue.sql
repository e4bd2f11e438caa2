with months as (
  select
    month,
    count(*) as orders,
    count(distinct customer_id) as customers,
    sum(gross) as revenue
  from orders
  group by month
)
select
  month,
  orders,
  customers,
  revenue,
  (revenue / orders)::decimal(10, 2) as average_order,
  (100 * revenue / lag(revenue) over (order by month) - 100)::decimal(6, 1) as growth,
  sum(revenue) over (partition by year(month) order by month) as year_to_date
from months
