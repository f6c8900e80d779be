-- A moderator holds one waiting job aside: nobody picks it, and its fair score stays what it was.
-- ARGV id, who (JSON), why, for_ms ('' until somebody releases it), now
-- Returns "held", "again" (it was: the new reason and time count), "painting", "over" or "unknown"
local id, record, now = ARGV[1], K.RECORD .. ARGV[1], clock(ARGV[5])
local facts = redis.call('HMGET', record, 'state', 'lane', 'held')
if not facts[1] then return 'unknown' end
if facts[1] == 'ended' then return 'over' end
if facts[1] == 'painting' then return 'painting' end
local since = facts[3] and stood(facts[3], now) or now / 1000
local halt, ends = {by = cjson.decode(ARGV[2]), since = since, why = ARGV[3]}, '+inf'
if ARGV[4] ~= '' then
  ends = whole(now + ARGV[4])
  halt['until'] = (now + ARGV[4]) / 1000
end
redis.call('HSET', record, 'held', cjson.encode(halt))
redis.call('ZADD', K.ASIDE, ends, id)
keep(K.ASIDE)
redis.call('ZREM', K.LANE .. facts[2], id)
for _, scope in ipairs(scopes(id)) do redis.call('ZREM', K.PARKED .. scope.name, id) end
return facts[3] and 'again' or 'held'
