select
  o.order_id,
  o.line,
  o.customer_id,
  o.ordered_at,
  o.channel,
  coalesce(l.country, 'unknown') as country,
  o.product_id,
  p.name as product,
  p.category,
  o.quantity,
  (o.quantity * o.unit_price)::decimal(10, 2) as gross,
  (o.quantity * o.unit_price / (1 + coalesce(l.vat, 0)))::decimal(10, 2) as net
from raw_orders as o
join raw_products as p using (product_id)
left join raw_customers as c using (customer_id)
left join countries as l on l.code = c.country
where o.status = 'paid'
  and o.ordered_at >= $start_date
