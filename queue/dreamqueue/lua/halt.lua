-- A moderator halts something, or lets it go on. Said again it takes the new reason and time, and stands since it did.
-- ARGV what, who (JSON; '' lets it go on), why, for_ms ('' until somebody lets it go on), now
-- Returns 1 if that changed something, else 0
local now = clock(ARGV[5])
local stands = halts(now)
local before = stands and stands[ARGV[1]]
if ARGV[2] == '' then
  redis.call('HDEL', K.HALTS, ARGV[1])
  if before then halt_over(ARGV[1], before, now) end
  return before and 1 or 0
end
local since = before and stood(before, now) or now / 1000
local halt = {by = cjson.decode(ARGV[2]), since = since, why = ARGV[3]}
if ARGV[4] ~= '' then halt['until'] = (now + ARGV[4]) / 1000 end
redis.call('HSET', K.HALTS, ARGV[1], cjson.encode(halt))
keep(K.HALTS)
return before and 0 or 1
