-- A worker that paints a job says that it lives. One that has lost the job is told so.
-- ARGV id, holder, lease_ms
-- Returns 1 if the job is still its own, else 0
local facts = redis.call('HMGET', K.RECORD .. ARGV[1], 'state', 'holder')
if facts[2] ~= ARGV[2] then return 0 end
if facts[1] == 'painting' then redis.call('SET', K.LEASE .. ARGV[1], '1', 'PX', ARGV[3]) end
return 1
