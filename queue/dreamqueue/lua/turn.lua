-- Somebody turns a job to other words or makes it longer. While it waits its recipe is another from now on;
-- once it is begun the turn stays in the record until a worker has taken it, who knows at which step it is, and
-- the worker that has it now is told. What it costs more is asked of the day, and paid for in virtual time.
-- Sent again with the same nonce, because the answer was lost, it changes nothing.
-- ARGV id, order, recipe as it would be from the start, what that costs in milliseconds, owner, nonce
-- Returns {"turned"}, {"ordered"}, {"over"}, {"unknown"} or {"day", index of the scope, has}
local record = K.RECORD .. ARGV[1]
local facts = redis.call('HMGET', record, 'state', 'cost', 'day', 'turn_nonce', 'turn_said')
if not facts[1] then return {'unknown'} end
if facts[1] == 'ended' then return {'over'} end
if facts[4] == ARGV[6] then return {facts[5]} end
local more = tonumber(ARGV[4]) - tonumber(facts[2])
local own = scopes(ARGV[1])
for index, scope in ipairs(own) do
  local spent = tonumber(redis.call('GET', K.SPENT .. scope.name .. ':' .. facts[3]) or '0')
  if more > 0 and scope.day_ms and spent + more > scope.day_ms then return {'day', index, whole(spent)} end
end
for _, scope in ipairs(own) do
  local spent = K.SPENT .. scope.name .. ':' .. facts[3]
  if redis.call('EXISTS', spent) == 1 then redis.call('INCRBY', spent, whole(more)) end
end
local paid = redis.call('HGET', K.FAIR, 'member:' .. ARGV[5])
if paid then redis.call('HSET', K.FAIR, 'member:' .. ARGV[5], whole(math.max(0, paid + more))) end
redis.call('HSET', record, 'cost', ARGV[4])
local said = 'turned'
if facts[1] == 'painting' or redis.call('HEXISTS', record, 'checkpoint') == 1 then
  redis.call('HSET', record, 'turn:' .. redis.call('HINCRBY', record, 'turns', 1), ARGV[2])
  order(ARGV[2])
  said = 'ordered'
else
  redis.call('HSET', record, 'turned', ARGV[3])
end
redis.call('HSET', record, 'turn_nonce', ARGV[6], 'turn_said', said)
return {said}
