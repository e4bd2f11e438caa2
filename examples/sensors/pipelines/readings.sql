select
  station_id,
  read_at as hour,
  temperature,
  humidity,
  rain,
  received_at,
  count(*) over same_hour as messages
from messages
window same_hour as (partition by station_id, read_at)
qualify row_number() over (
  partition by station_id, read_at
  order by received_at desc
) = 1
