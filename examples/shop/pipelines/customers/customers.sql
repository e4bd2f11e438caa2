with bought as (
  select
    customer_id,
    count(*) as orders,
    sum(gross) as revenue,
    min(ordered_on) as first_order,
    max(ordered_on) as last_order
  from orders
  group by customer_id
),

today as (
  select max(ordered_on) as day
  from orders
)

select
  c.customer_id,
  c.name,
  c.email,
  l.country,
  c.signed_up_on,
  coalesce(b.orders, 0) as orders,
  coalesce(b.revenue, 0) as revenue,
  b.first_order,
  b.last_order,
  case
    when b.orders is null then 'never ordered'
    when today.day - b.last_order > 120 then 'lapsed'
    when b.orders >= 5 then 'loyal'
    when b.orders >= 2 then 'regular'
    else 'new'
  end as segment
from stg_customers as c
cross join today
left join countries as l on l.code = c.country_code
left join bought as b using (customer_id)
