-- Somebody turns a job to other words or makes it longer. While it waits its recipe is another from now on;
-- while a worker paints it the worker is told, who knows at which step it is.
-- ARGV id, order, recipe as it would be from the start, what that costs in milliseconds
-- Returns "turned", "ordered", "over" or "unknown"
local record = K.RECORD .. ARGV[1]
local facts = redis.call('HMGET', record, 'state', 'cost', 'day')
if not facts[1] then return 'unknown' end
if facts[1] == 'ended' then return 'over' end
if facts[1] == 'painting' then
  order(ARGV[2])
  return 'ordered'
end
for _, scope in ipairs(scopes(ARGV[1])) do
  local spent = K.SPENT .. scope.name .. ':' .. facts[3]
  if redis.call('EXISTS', spent) == 1 then redis.call('INCRBY', spent, whole(ARGV[4] - facts[2])) end
end
redis.call('HSET', record, 'turned', ARGV[3], 'cost', ARGV[4])
return 'turned'
