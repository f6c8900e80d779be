-- A worker lets go of a job that another shall paint; being asked to shut down is not a failed try.
-- ARGV id, holder
-- Returns 1 if it was its own, else 0
local record = K.RECORD .. ARGV[1]
local facts = redis.call('HMGET', record, 'state', 'holder')
if facts[1] ~= 'painting' or facts[2] ~= ARGV[2] then return 0 end
redis.call('HINCRBY', record, 'tries', -1)
redis.call('HDEL', record, 'holder')
redis.call('DEL', K.LEASE .. ARGV[1])
return 1
