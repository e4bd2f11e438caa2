-- A grid of all stations and all hours, the readings laid onto it, and short gaps filled.
with span as (
  select min(hour) as first_hour, max(hour) as last_hour
  from readings
),

hours as (
  select unnest(generate_series(first_hour, last_hour, interval 1 hour)) as hour
  from span
),

believed as (
  select r.*
  from readings as r
  anti join spikes as s using (station_id, hour)
),

laid_out as (
  select
    s.station_id,
    h.hour,
    b.temperature as measured,
    b.humidity,
    b.rain,
    last_value(b.temperature ignore nulls) over so_far as last_temperature,
    max(h.hour) filter (b.temperature is not null) over so_far as last_hour
  from stations as s
  cross join hours as h
  left join believed as b using (station_id, hour)
  window so_far as (
    partition by s.station_id
    order by h.hour
    rows between unbounded preceding and current row
  )
)

select
  station_id,
  hour,
  case
    when hour - last_hour <= to_hours($max_gap_hours) then last_temperature
  end as temperature,
  humidity,
  rain,
  case
    when measured is not null then 'measured'
    when hour - last_hour <= to_hours($max_gap_hours) then 'filled'
    else 'missing'
  end as quality
from laid_out
