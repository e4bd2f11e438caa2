select
  station_id,
  hour::date as day,
  min(temperature) as coldest,
  avg(temperature)::decimal(4, 1) as mean,
  max(temperature) as warmest,
  sum(rain) as rain,
  count(*) filter (quality = 'measured') as measured_hours,
  (100 * count(*) filter (quality = 'measured') / count(*))::decimal(4, 1) as coverage
from hourly
group by station_id, day
