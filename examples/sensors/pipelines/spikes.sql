with around as (
  select
    station_id,
    hour,
    temperature,
    median(temperature::double) over (
      partition by station_id
      order by hour
      range between interval 12 hours preceding and interval 12 hours following
    ) as usual
  from readings
  where temperature is not null
)
select
  station_id,
  hour,
  temperature,
  usual::decimal(4, 1) as usual,
  (temperature - usual)::decimal(5, 1) as difference
from around
where abs(temperature - usual) > $spike_degrees
