with products as (
  select category, product_id, product, sum(quantity) as sold, sum(gross) as revenue
  from order_lines
  group by category, product_id, product
)
select
  category,
  row_number() over (
    partition by category
    order by revenue desc, product_id
  ) as place,
  product,
  sold,
  revenue
from products
qualify place <= 3
