#!lua flags=allow-oom
-- A job ends: the first end counts, and only from the try that is the newest (a worker that slept through
-- its lease comes too late).
-- KEYS record, open, waiting, member, painting, news, frame
-- ARGV id, ending, news, keep_ms, tries ("" for anyone)
-- Returns 1 if this is the end that counts, else 0
local state = redis.call('HGET', KEYS[1], 'state')
if not state or state == 'ended' then return 0 end
if ARGV[5] ~= '' and redis.call('HGET', KEYS[1], 'tries') ~= ARGV[5] then return 0 end
redis.call('HSET', KEYS[1], 'state', 'ended', 'ending', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
redis.call('ZREM', KEYS[2], ARGV[1])
redis.call('ZREM', KEYS[3], ARGV[1])
redis.call('SREM', KEYS[4], ARGV[1])
redis.call('ZREM', KEYS[5], ARGV[1])
redis.call('DEL', KEYS[7])
redis.call('XADD', KEYS[6], 'MAXLEN', '~', '10000', '*', 'news', ARGV[3])
return 1
