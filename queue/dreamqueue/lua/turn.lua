-- Somebody turns a job to other words or makes it longer. While it waits its recipe is another from now on;
-- while a worker paints it the worker is told, who knows at which step it is.
-- KEYS record, orders
-- ARGV order, recipe as it would be from the start, what that costs in milliseconds
-- Returns "turned", "ordered", "over" or "unknown"
local state = redis.call('HGET', KEYS[1], 'state')
if not state then return 'unknown' end
if state == 'ended' then return 'over' end
if state == 'painting' then
  redis.call('XADD', KEYS[2], 'MAXLEN', '~', '1000', '*', 'order', ARGV[1])
  return 'ordered'
end
redis.call('HSET', KEYS[1], 'turned', ARGV[2], 'cost', ARGV[3])
return 'turned'
