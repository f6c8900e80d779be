-- A member has something against a trick; a second report of the same member replaces the first.
-- ARGV name, member, why, 1 if the trick is shipped, most reports that are kept
-- Returns how many members have reported it, or -1 for an unknown one
local name, reports = ARGV[1], K.TRICK_REPORTS .. ARGV[1]
if redis.call('HEXISTS', K.TRICKS, name) == 0 and ARGV[4] ~= '1' then return -1 end
if redis.call('HLEN', reports) < tonumber(ARGV[5]) or redis.call('HEXISTS', reports, ARGV[2]) == 1 then
  redis.call('HSET', reports, ARGV[2], ARGV[3])
end
local count = redis.call('HLEN', reports)
redis.call('HSET', K.TRICK_COUNTS, 'reports:' .. name, count)
redis.call('INCR', K.TRICKS_CHANGED)
for _, key in ipairs({reports, K.TRICK_COUNTS, K.TRICKS_CHANGED}) do keep(key) end
return count
