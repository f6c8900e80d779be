-- Somebody turns a job to other words or makes it longer. While it waits its recipe is another from now on;
-- once it is begun the turn stays in the record until a worker has taken it, who knows at which step it is, and
-- the worker that has it now is told.
-- ARGV id, order, recipe as it would be from the start, what that costs in milliseconds
-- Returns "turned", "ordered", "over" or "unknown"
local record = K.RECORD .. ARGV[1]
local facts = redis.call('HMGET', record, 'state', 'cost', 'day')
if not facts[1] then return 'unknown' end
if facts[1] == 'ended' then return 'over' end
if facts[1] == 'painting' or redis.call('HEXISTS', record, 'checkpoint') == 1 then
  redis.call('HSET', record, 'turn:' .. redis.call('HINCRBY', record, 'turns', 1), ARGV[2])
  order(ARGV[2])
  return 'ordered'
end
for _, scope in ipairs(scopes(ARGV[1])) do
  local spent = K.SPENT .. scope.name .. ':' .. facts[3]
  if redis.call('EXISTS', spent) == 1 then redis.call('INCRBY', spent, whole(ARGV[4] - facts[2])) end
end
redis.call('HSET', record, 'turned', ARGV[3], 'cost', ARGV[4])
return 'turned'
