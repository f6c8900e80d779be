-- A worker notes something about the job it paints; one that has lost the job notes nothing.
-- KEYS record
-- ARGV tries, field, value
-- Returns 1 if it was noted, else 0
if redis.call('HGET', KEYS[1], 'state') ~= 'painting' then return 0 end
if redis.call('HGET', KEYS[1], 'tries') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], ARGV[2], ARGV[3])
return 1
