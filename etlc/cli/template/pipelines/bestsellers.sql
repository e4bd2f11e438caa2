with months as (
  select
    date_trunc('month', day)::date as month,
    product,
    sum(sold) as sold,
    sum(revenue) as revenue
  from sales
  group by month, product
)
select
  month,
  row_number() over (
    partition by month
    order by revenue desc, product
  ) as place,
  product,
  sold,
  revenue
from months
