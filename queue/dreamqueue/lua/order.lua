#!lua flags=allow-oom
-- Somebody cancels or stops a job. While it waits it ends at once, and arq forgets it; while a worker paints
-- it the worker is told, and the order stays in the record for the worker that may repaint it.
-- KEYS record, open, waiting, member, painting, news, orders, lane, payload
-- ARGV id, order, ending, news, keep_ms
-- Returns "ended", "ordered", "over" or "unknown"
local state = redis.call('HGET', KEYS[1], 'state')
if not state then return 'unknown' end
if state == 'ended' then return 'over' end
if state == 'painting' then
  redis.call('HSET', KEYS[1], 'order', ARGV[2])
  redis.call('XADD', KEYS[7], 'MAXLEN', '~', '1000', '*', 'order', ARGV[2])
  return 'ordered'
end
redis.call('HSET', KEYS[1], 'state', 'ended', 'ending', ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[5])
redis.call('ZREM', KEYS[2], ARGV[1])
redis.call('ZREM', KEYS[3], ARGV[1])
redis.call('SREM', KEYS[4], ARGV[1])
redis.call('ZREM', KEYS[5], ARGV[1])
redis.call('ZREM', KEYS[8], ARGV[1])
redis.call('DEL', KEYS[9])
redis.call('XADD', KEYS[6], 'MAXLEN', '~', '10000', '*', 'news', ARGV[4])
return 'ended'
