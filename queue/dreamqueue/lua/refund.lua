-- A worker that lost a job is alive, so the job did not end it: its try does not count.
-- ARGV id, holder
-- Returns 1 if it was given back, else 0
local record = K.RECORD .. ARGV[1]
local facts = redis.call('HMGET', record, 'state', 'tries', 'holder')
if facts[1] ~= 'painting' or facts[3] == ARGV[2] or tonumber(facts[2]) < 1 then return 0 end
if redis.call('HSETNX', record, 'refund:' .. ARGV[2], 1) == 0 then return 0 end
redis.call('HINCRBY', record, 'tries', -1)
return 1
