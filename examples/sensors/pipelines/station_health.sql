with heard as (
  select
    station_id,
    sum(messages) as messages,
    count(*) filter (messages > 1) as hours_sent_twice
  from readings
  group by station_id
),

series as (
  select
    station_id,
    count(*) as hours,
    count(*) filter (quality = 'measured') as measured,
    count(*) filter (quality = 'filled') as filled,
    count(*) filter (quality = 'missing') as missing
  from hourly
  group by station_id
),

silences as (
  select station_id, max(hours) as longest_outage
  from outages
  group by station_id
)

select
  s.station_id,
  s.name,
  s.elevation,
  series.* exclude (station_id),
  heard.messages,
  heard.hours_sent_twice,
  coalesce(silences.longest_outage, 0) as longest_outage,
  rank() over (order by series.measured desc) as place
from stations as s
join series using (station_id)
join heard using (station_id)
left join silences using (station_id)
