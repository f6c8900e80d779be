-- Somebody turns a job to other words or makes it longer. While it waits its recipe is another from now on;
-- once it is begun the turn stays in the record until a worker has taken it, who knows at which step it is, and
-- the worker that has it now is told.
-- KEYS record, orders
-- ARGV order, recipe as it would be from the start, what that costs in milliseconds
-- Returns "turned", "ordered", "over" or "unknown"
local state = redis.call('HGET', KEYS[1], 'state')
if not state then return 'unknown' end
if state == 'ended' then return 'over' end
if state == 'painting' or redis.call('HEXISTS', KEYS[1], 'checkpoint') == 1 then
  local number = redis.call('HINCRBY', KEYS[1], 'turns', 1)
  redis.call('HSET', KEYS[1], 'turn:' .. number, ARGV[1])
  redis.call('XADD', KEYS[2], 'MAXLEN', '~', '1000', '*', 'order', ARGV[1])
  return 'ordered'
end
redis.call('HSET', KEYS[1], 'turned', ARGV[2], 'cost', ARGV[3])
return 'turned'
