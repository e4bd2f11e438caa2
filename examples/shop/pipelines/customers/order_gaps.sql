with numbered as (
  select
    customer_id,
    row_number() over in_time as number,
    lead(ordered_on) over in_time - ordered_on as days
  from orders
  window in_time as (partition by customer_id order by ordered_on, order_id)
)
select
  number as after_order,
  count(*) as customers,
  count(days) as came_back,
  median(days)::decimal(6, 1) as median_days
from numbered
where number <= 10
group by number
