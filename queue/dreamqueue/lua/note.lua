-- A worker notes something about the job it paints; one that has lost the job notes nothing.
-- ARGV id, holder, field, value
-- Returns 1 if it was noted, else 0
local record = K.RECORD .. ARGV[1]
local facts = redis.call('HMGET', record, 'state', 'holder')
if facts[1] ~= 'painting' or facts[2] ~= ARGV[2] then return 0 end
redis.call('HSET', record, ARGV[3], ARGV[4])
return 1
