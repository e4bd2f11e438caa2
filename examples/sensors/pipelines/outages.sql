-- Gaps and islands: hours of one gap share the distance between the hour and their number.
with holes as (
  select
    station_id,
    hour,
    hour - to_hours(row_number() over (partition by station_id order by hour)) as island
  from hourly
  where quality <> 'measured'
)
select
  station_id,
  min(hour) as began_at,
  max(hour) as ended_at,
  count(*) as hours
from holes
group by station_id, island
having count(*) > 1
