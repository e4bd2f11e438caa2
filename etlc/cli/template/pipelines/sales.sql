select
  b.day,
  b.product,
  b.baked,
  b.sold,
  b.baked - b.sold as left_over,
  (b.sold * p.price)::decimal(10, 2) as revenue,
  (b.sold * p.price - b.baked * p.cost)::decimal(10, 2) as profit
from sales_book as b
join products as p using (product)
where b.day >= $first_day
