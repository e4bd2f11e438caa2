/* etlc
description: One row per paid order.
tags: [core]
key: [order_id]
columns:
  gross: {type: "DECIMAL(38,2)", description: "VAT included, in euros."}
checks:
  - expression: net <= gross
  - accepted_values: {column: channel, values: [web, app, phone]}
  - relationships: {column: customer_id, to: raw_customers.customer_id}
  - between: {column: gross, max: 500}
    severity: warn
    tolerate: 0.5%
    name: unusually_large
*/
select
  order_id,
  any_value(customer_id) as customer_id,
  any_value(country) as country,
  any_value(channel) as channel,
  min(ordered_at)::date as ordered_on,
  date_trunc('month', min(ordered_at))::date as month,
  count(*) as lines,
  sum(quantity)::integer as items,
  sum(gross) as gross,
  sum(net) as net
from order_lines
group by order_id
