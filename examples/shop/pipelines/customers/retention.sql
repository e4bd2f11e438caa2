with first_orders as (
  select customer_id, min(month) as cohort
  from orders
  group by customer_id
),

active as (
  select distinct
    f.cohort,
    datediff('month', f.cohort, o.month) as months_later,
    customer_id
  from orders as o
  join first_orders as f using (customer_id)
),

counts as (
  select cohort, months_later, count(*) as customers
  from active
  group by cohort, months_later
)

select
  cohort,
  months_later,
  customers,
  first_value(customers) over by_cohort as cohort_size,
  (100 * customers / cohort_size)::decimal(5, 1) as retained
from counts
window by_cohort as (partition by cohort order by months_later)
