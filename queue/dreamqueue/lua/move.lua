-- A waiting job goes to another band, at the place in it that its fair start gives.
-- ARGV id, band
-- Returns "moved", "painting", "over" or "unknown"
local record = K.RECORD .. ARGV[1]
local facts = redis.call('HMGET', record, 'state', 'score', 'lane')
if not facts[1] then return 'unknown' end
if facts[1] == 'ended' then return 'over' end
if facts[1] == 'painting' then return 'painting' end
local score = whole((tonumber(ARGV[2]) + 1) * BAND + virtual(tonumber(facts[2])))
redis.call('HSET', record, 'score', score)
redis.call('ZADD', K.WAITING, 'XX', score, ARGV[1])
redis.call('ZADD', K.LANE .. facts[3], 'XX', score, ARGV[1])
for _, scope in ipairs(scopes(ARGV[1])) do redis.call('ZADD', K.PARKED .. scope.name, 'XX', score, ARGV[1]) end
return 'moved'
