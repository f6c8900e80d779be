-- A worker notes something about the job it paints; one that has lost the job notes nothing.
-- ARGV id, holder, and fields with their values ('' removes a field)
-- Returns 1 if it was noted, else 0
local record = K.RECORD .. ARGV[1]
local facts = redis.call('HMGET', record, 'state', 'holder')
if facts[1] ~= 'painting' or facts[2] ~= ARGV[2] then return 0 end
for i = 3, #ARGV, 2 do
  if ARGV[i + 1] == '' then
    redis.call('HDEL', record, ARGV[i])
  else
    redis.call('HSET', record, ARGV[i], ARGV[i + 1])
    if string.sub(ARGV[i], 1, 5) == 'kept:' then need(ARGV[1], {[ARGV[i + 1]] = true}, redis.call('PTTL', record)) end
  end
end
return 1
