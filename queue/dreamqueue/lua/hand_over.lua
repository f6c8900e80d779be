#!lua flags=allow-oom
-- A worker lets go of a job that another shall paint; being asked to shut down is not a failed try.
-- KEYS record
-- ARGV tries
local tries = redis.call('HGET', KEYS[1], 'tries')
if tries == ARGV[1] and redis.call('HGET', KEYS[1], 'state') == 'painting' then
  redis.call('HINCRBY', KEYS[1], 'tries', -1)
end
return tries
